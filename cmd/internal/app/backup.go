package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"qixian/configs"
	"qixian/scheduler/store"
)

// Backup writes everything in the configuration's database to w while a daemon may be at work on it, and returns how
// many rows of each table. It reads nothing of the configuration but where the database is.
func Backup(ctx context.Context, s Source, program string, now time.Time, w io.Writer) (map[string]int, error) {
	cfg, err := Configure(s)
	if err != nil {
		return nil, err
	}
	options, err := storeOptions(cfg)
	if err != nil {
		return nil, err
	}
	if err := guard(cfg); err != nil {
		return nil, err
	}
	options.Existing = true
	rows, err := store.Backup(ctx, options, store.BackupOptions{Now: now, Program: program}, w)
	return rows, startFirst(err)
}

// Restore fills the configuration's database, which must be empty, from a backup. A backup of a database that is
// another signing key's is refused, unless adopt says, for the audit, that this host's key takes its place. It holds
// the lock of the state directory meanwhile, so that no daemon there is at work on it. A database file that it has made
// itself is gone again if it fails.
func Restore(
	ctx context.Context,
	s Source,
	f io.ReadSeeker,
	now time.Time,
	adopt *Adoption,
) (r store.Restored, err error) {
	cfg, err := Configure(s)
	if err != nil {
		return r, err
	}
	options, err := storeOptions(cfg)
	if err != nil {
		return r, err
	}
	if err := guard(cfg); err != nil {
		return r, err
	}
	unlock, err := lockDirectory(cfg.StateDir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	key, err := hostKey(cfg, now, adopt)
	if err != nil {
		return r, err
	}
	_, absent := os.Stat(cfg.Database.Path)
	if err := makeDatabase(cfg); err != nil {
		return r, err
	}
	r, err = store.Restore(ctx, options, f, store.RestoreOptions{Now: now, Resend: cfg.Mail.ResendAfter, Key: key})
	err = explainKey(cfg, err, "qixian restore --adopt-key --reason TEXT FILE")
	if err != nil && errors.Is(absent, fs.ErrNotExist) {
		return r, errors.Join(err, removeDatabase(cfg))
	}
	return r, err
}

// databaseFiles are the endings of an SQLite database and of the files that SQLite keeps beside it.
var databaseFiles = []string{"", "-wal", "-shm", "-journal"}

// removeDatabase removes an SQLite database with all its files.
func removeDatabase(cfg configs.Config) error {
	if cfg.Database.Driver != store.SQLite {
		return nil
	}
	var errs []error
	for _, end := range databaseFiles {
		if err := os.Remove(cfg.Database.Path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove database: %w", err))
		}
	}
	return errors.Join(errs...)
}
