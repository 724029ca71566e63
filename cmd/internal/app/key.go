package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"qixian/configs"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// adoptCommand takes the signing key of a host into use.
const adoptCommand = "qixian key adopt --reason TEXT"

// Adoption is a person's word that a database is this host's signing key's from now on.
type Adoption struct{ By, Reason string }

// entry is what the audit keeps of an adoption.
func (a Adoption) entry(now time.Time, fingerprint string) scheduler.Entry {
	detail, _ := json.Marshal(map[string]string{"reason": a.Reason}) // never fails
	return scheduler.Entry{At: now, By: a.By, Action: "key.adopt", Target: fingerprint, Detail: string(detail)}
}

// Keys are the fingerprints of two signing keys, which should be one.
type Keys struct {
	Host     string // of the key file; empty: there is none yet
	Database string // of the key that the database is of; empty: no daemon has noted one yet
}

// SigningKeys returns the fingerprints of the host's signing key and of the database's.
func SigningKeys(ctx context.Context, s Source) (k Keys, err error) {
	cfg, st, err := openKeys(ctx, s)
	if err != nil {
		return k, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if k.Host, err = presentKey(cfg); err != nil {
		return k, err
	}
	k.Database, err = st.SigningKey(ctx)
	return k, err
}

// AdoptKey makes the database that of this host's signing key, and reports false if it is already; alive are the
// daemons that run on it, whose key may be the one before.
func AdoptKey(
	ctx context.Context,
	s Source,
	now time.Time,
	a Adoption,
) (adopted bool, alive []scheduler.Daemon, err error) {
	if a.Reason, err = scheduler.Reason(a.Reason); err != nil {
		return false, nil, err
	}
	cfg, st, err := openKeys(ctx, s)
	if err != nil {
		return false, nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	ours, err := signer(cfg)
	if err != nil {
		return false, nil, err
	}
	adopted, err = st.AdoptKey(ctx, ours.KeyFingerprint(), a.entry(now, ours.KeyFingerprint()))
	if err != nil {
		return false, nil, err
	}
	ds, err := st.Daemons(ctx)
	return adopted, slices.DeleteFunc(ds, func(d scheduler.Daemon) bool { return !d.Alive(now) }), err
}

// mayWrite returns an OtherKeyError if somebody has made the database another signing key's since the daemon started:
// what it would sign from now on is nobody's once a daemon with that key runs. A database that cannot be asked is for
// whoever writes to it to notice.
func (d *Daemon) mayWrite(ctx context.Context) error {
	theirs, err := d.watch.store.SigningKey(ctx)
	if err != nil {
		return d.watch.disowned()
	}
	if theirs == "" || theirs == d.signer.KeyFingerprint() {
		if d.watch.held(true) {
			d.log.Info("the database is that of this daemon's signing key again, it goes on")
		}
		return nil
	}
	other := &store.OtherKeyError{Database: theirs, Host: d.signer.KeyFingerprint()}
	if d.watch.held(false) {
		d.log.Error("another signing key was adopted: this daemon writes and sends nothing, restart it with that key",
			"error", other)
	}
	return other
}

// keyFile says what has become of the key file under a running daemon, which goes by the key that it has read at its
// start; nothing where the file still holds that.
func (d *Daemon) keyFile() []string {
	switch is, err := presentKey(d.started); {
	case err != nil:
		return []string{"signing_key_file (" + err.Error() + ")"}
	case is == "":
		return []string{"signing_key_file (the file is gone)"}
	case is != d.signer.KeyFingerprint():
		return []string{fmt.Sprintf("signing_key_file (the file has key %s, the daemon runs with %s)",
			is, d.signer.KeyFingerprint())}
	}
	return nil
}

func openKeys(ctx context.Context, s Source) (configs.Config, *store.Store, error) {
	cfg, err := Configure(s)
	if err != nil {
		return cfg, nil, err
	}
	st, err := openStore(ctx, cfg, slog.New(slog.DiscardHandler))
	return cfg, st, err
}

// presentKey returns the fingerprint of the host's signing key, and nothing where a daemon would make one.
func presentKey(cfg configs.Config) (string, error) {
	if _, err := os.Lstat(string(cfg.SigningKey)); isMade(cfg) && errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	s, err := signer(cfg)
	if err != nil {
		return "", err
	}
	return s.KeyFingerprint(), nil
}

// hostKey is what a restore has to know of the host's signing key, which is made only where it is to be adopted.
func hostKey(cfg configs.Config, now time.Time, adopt *Adoption) (store.HostKey, error) {
	if adopt == nil {
		fingerprint, err := presentKey(cfg)
		return store.HostKey{Fingerprint: fingerprint}, err
	}
	reason, err := scheduler.Reason(adopt.Reason)
	if err != nil {
		return store.HostKey{}, err
	}
	s, err := signer(cfg)
	if err != nil {
		return store.HostKey{}, err
	}
	entry := Adoption{adopt.By, reason}.entry(now, s.KeyFingerprint())
	return store.HostKey{Fingerprint: s.KeyFingerprint(), Adopt: &entry}, nil
}

// explainKey adds to a refusal because of the signing key what to do about it; any other error it returns as it is.
func explainKey(cfg configs.Config, err error, command string) error {
	if _, ok := errors.AsType[*store.OtherKeyError](err); !ok {
		return err
	}
	return fmt.Errorf(
		"%w: put that key's file at %s; or, if it is lost, take this host's into use by %s: reply codes, links and return addresses of mails "+
			"already sent end then, and a mail that is sent twice has two Message-IDs",
		err,
		cfg.SigningKey,
		command,
	)
}
