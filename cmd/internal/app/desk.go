package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"qixian/rules"

	"qixian/configs"
	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/report"
	"qixian/scheduler/store"
	"qixian/scheduler/web/link"
)

// tableName is what the overview calls the built-in table.
const tableName = "2018年宁阳县政务公开重点工作任务分解表"

// Desk is an open database with a scheduler on it: what a command works at, beside a daemon that may be running.
type Desk struct {
	Scheduler *scheduler.Scheduler
	store     *store.Store
}

// OpenDesk opens the database that the configuration names. It makes none and brings none up to date: an empty one
// would say that all is well, and a daemon of another version may be at work on it.
func OpenDesk(ctx context.Context, in *Inputs, log *slog.Logger) (*Desk, error) {
	st, err := openStore(ctx, in.Config, log)
	if err != nil {
		return nil, err
	}
	return newDesk(in, writing{}, st, log)
}

// MakeDesk is OpenDesk for what may be recorded before the daemon is first started: where there is no database, it is
// made.
func MakeDesk(ctx context.Context, in *Inputs, log *slog.Logger) (*Desk, error) {
	desk, err := OpenDesk(ctx, in, log)
	if !errors.Is(err, store.ErrNoDatabase) {
		return desk, err
	}
	st, err := makeStore(ctx, in.Config, log)
	if err != nil {
		return nil, err
	}
	return newDesk(in, writing{}, st, log)
}

// writing is what writing mails takes; its zero value is enough where none are.
type writing struct {
	// makes Message-IDs, and the codes by which mails are answered where there is an inbox
	signer   *notify.Signer
	links    *link.Maker            // makes the links by which units answer on the web; nil: there is no window
	promised func(scheduler.Letter) // called for each mail that a pass has promised; nil: nobody wants to know
}

// newDesk returns a desk at which mails may be written. The store is closed if it fails.
func newDesk(in *Inputs, w writing, st *store.Store, log *slog.Logger) (*Desk, error) {
	options := schedulerOptions(in, st, log)
	options.Promised = w.promised
	if w.signer != nil {
		options.IDs = w.signer
		if in.Config.Mail.Inbox.Host != "" {
			options.Coder = w.signer
		}
	}
	if w.links != nil {
		options.Links = w.links
	}
	sched, err := scheduler.New(options)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return &Desk{Scheduler: sched, store: st}, nil
}

// openStore opens a database that is there, as it is.
func openStore(ctx context.Context, cfg configs.Config, log *slog.Logger) (*store.Store, error) {
	options, err := storeOptions(cfg)
	if err != nil {
		return nil, err
	}
	if err := guard(cfg); err != nil {
		return nil, err
	}
	options.Logger, options.Existing = log, true
	st, err := store.Open(ctx, options)
	return st, startFirst(err)
}

// startFirst adds to the error of a database that is not there what to do about it.
func startFirst(err error) error {
	if errors.Is(err, store.ErrNoDatabase) {
		return fmt.Errorf(
			"%w; start the daemon first (qixian serve), or name the daemon's configuration with --config",
			err,
		)
	}
	return err
}

// makeStore opens the database, and makes it or brings it up to date where that is to be done.
func makeStore(ctx context.Context, cfg configs.Config, log *slog.Logger) (*store.Store, error) {
	options, err := storeOptions(cfg)
	if err != nil {
		return nil, err
	}
	if err := guard(cfg); err != nil {
		return nil, err
	}
	if err := makeDatabase(cfg); err != nil {
		return nil, err
	}
	options.Logger = log
	return store.Open(ctx, options)
}

// Close closes the database.
func (d *Desk) Close() error { return d.store.Close() }

// Events lists the events on record, newest first.
func (d *Desk) Events(ctx context.Context) ([]scheduler.Event, error) { return d.store.Events(ctx, 0) }

func storeOptions(cfg configs.Config) (store.Options, error) {
	if cfg.Database.Driver == "sqlite" {
		return store.Options{Driver: "sqlite", Path: cfg.Database.Path}, nil
	}
	dsn := cfg.Database.DSN
	if cfg.Database.DSNFile != "" {
		var err error
		if dsn, err = cfg.Database.DSNFile.Read(); err != nil {
			return store.Options{}, err
		}
	}
	return store.Options{Driver: cfg.Database.Driver, DSN: dsn}, nil
}

// makeDatabase makes the SQLite file and its directory for their owner alone: the database holds mail addresses.
func makeDatabase(cfg configs.Config) error {
	if cfg.Database.Driver != "sqlite" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(cfg.Database.Path), 0o700); err != nil {
		return fmt.Errorf("make state directory: %w", err)
	}
	f, err := os.OpenFile(cfg.Database.Path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	return errors.Join(handOver(f), f.Close())
}

// schedulerOptions are the office's habits; st is nil for a preview, which needs none.
func schedulerOptions(in *Inputs, st scheduler.Store, log *slog.Logger) scheduler.Options {
	cfg := in.Config
	delivery := fmt.Sprintf("邮件服务器 %s:%d", cfg.Mail.SMTP.Host, cfg.Mail.SMTP.Port)
	if cfg.Mail.Transport == "maildir" {
		delivery = "服务器上的邮箱目录 " + cfg.Mail.Maildir
	}
	return scheduler.Options{
		Plan:          in.Plan,
		Store:         st,
		Built:         built(),
		Office:        cfg.Office,
		Reach:         cfg.Contact,
		Table:         tableName,
		Delivery:      delivery,
		MadeUp:        cfg.Mail.Transport == "maildir",
		Logger:        log,
		Authenticates: cfg.Mail.Inbox.AuthservID != "",
		ReplyTo:       cfg.Mail.ReplyTo,
		Desk:          officeURL(cfg),
		DigestAt:      cfg.Hours.Digest,
		WorkFrom:      cfg.Hours.From,
		WorkTo:        cfg.Hours.To,
		Weekly:        cfg.Watch.Weekly,
		Reports: scheduler.Reports{
			Writer:  report.Writer{},
			Monthly: cfg.Reports.Monthly,
			Yearly:  cfg.Reports.Yearly,
			Ranking: cfg.Reports.Ranking,
		},
	}
}

// officeURL is where the office signs in; empty: nowhere.
func officeURL(cfg configs.Config) string {
	if cfg.Web.Listen == "" || cfg.Web.Accounts == "" {
		return ""
	}
	return cfg.Web.URL + "/office"
}

// lease is how long a message that nobody is heard of again stays in the hands that have it: longer than dialling and
// one message take, twice over. Daemons on one database need the same.
func lease(cfg configs.Config) time.Duration { return 2*cfg.Mail.SMTP.Timeout + 30*time.Second }

// Record is what the database has of one key.
type Record struct {
	Key       string
	Events    []rules.Event
	Deadlines []Tracked // those with the key, by unit; none if it is not tracked
}

// Tracked is a deadline with what people have said of it.
type Tracked struct {
	scheduler.Deadline
	scheduler.History
}

// Recorded returns the events on record and what is on record of a key, or of a deadline's number, for commands that
// only look: without a database there is nothing.
func Recorded(ctx context.Context, in *Inputs, name string) (Record, error) {
	desk, err := OpenDesk(ctx, in, slog.New(slog.DiscardHandler))
	if errors.Is(err, store.ErrNoDatabase) {
		return Record{Key: name}, nil
	}
	if err != nil {
		return Record{}, err
	}
	r, err := desk.record(ctx, name)
	return r, errors.Join(err, desk.Close())
}

func (d *Desk) record(ctx context.Context, name string) (Record, error) {
	key, _, err := d.Scheduler.Named(ctx, name, "")
	if err != nil {
		return Record{}, err
	}
	r := Record{Key: key}
	recorded, err := d.Events(ctx)
	if err != nil {
		return r, err
	}
	for _, e := range recorded {
		e.Record = e.ID
		r.Events = append(r.Events, e.Event)
	}
	tracked, err := d.store.Find(ctx, key, "")
	if err != nil {
		return r, err
	}
	for _, dl := range tracked {
		said, err := d.store.History(ctx, dl.ID)
		if err != nil {
			return r, err
		}
		r.Deadlines = append(r.Deadlines, Tracked{dl, said})
	}
	return r, nil
}

// PreviewOptions are what a preview needs: the daemon's own habits, and no database. Its mails look as the daemon's do,
// but are signed with a key that everybody knows: their links open nothing, and their codes answer nothing, whoever
// gets to see them.
func PreviewOptions(in *Inputs) (scheduler.Options, error) {
	o := schedulerOptions(in, nil, slog.New(slog.DiscardHandler))
	key := make([]byte, keySize)
	if in.Config.Web.Listen != "" {
		links, err := link.New(key, in.Config.Web.URL, in.Config.Web.LinkDays)
		if err != nil {
			return o, err
		}
		o.Links = links
	}
	signer, err := notify.NewSigner(key, notify.Domain(in.Config.Mail.FromAddress))
	if err != nil {
		return o, err
	}
	o.IDs = signer
	if in.Config.Mail.Inbox.Host != "" {
		o.Coder = signer
	}
	return o, nil
}
