package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"qixian/scheduler/store/archive"
)

// BackupOptions say what a backup notes of itself.
type BackupOptions struct {
	Now     time.Time
	Program string // the version that writes it
}

// Backup writes everything that a database holds to w, as it was at one moment, and returns how many rows of each
// table. Daemons that work on it go on working: it takes no lock that a writer waits for, and its memory does not grow
// with the database. What is written counts only if no error is returned. It changes nothing, not even an old schema.
//
// Which tables and columns there are, the database says itself, so that no migration can be forgotten here.
func Backup(ctx context.Context, o Options, b BackupOptions, w io.Writer) (rows map[string]int, err error) {
	d, err := connectSnapshot(o)
	if err != nil {
		return nil, fmt.Errorf("back up database: %w", err)
	}
	defer func() { err = errors.Join(err, d.sql.Close()) }()
	rows, err = d.backup(ctx, b, w)
	if err != nil {
		return nil, fmt.Errorf("back up database: %w", err)
	}
	return rows, nil
}

// connectSnapshot prepares a pool of its own: the store's on SQLite has one connection, whose transactions are all a
// writer's.
func connectSnapshot(o Options) (database, error) {
	o.Existing = true
	d, err := connect(o)
	if err != nil || o.Driver != SQLite {
		return d, err
	}
	return connectSQLiteReadOnly(o.Path)
}

// beginSnapshot begins a transaction that sees one moment only: on SQLite that of its first look. There it reads past
// writers (WAL), and they past it; on MySQL it reads old versions of the rows (REPEATABLE READ), and locks none. A
// reader of the archive may be slow, and the server waits for it.
var beginSnapshot = map[string][]string{
	SQLite: {"BEGIN"},
	MySQL: {
		"SET SESSION net_write_timeout = 3600",
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
	},
}

func (d database) backup(ctx context.Context, b BackupOptions, w io.Writer) (rows map[string]int, err error) {
	var c *sql.Conn
	err = retry(ctx, slog.New(slog.DiscardHandler), "connect", func() (err error) {
		c, err = d.sql.Conn(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	for _, statement := range beginSnapshot[d.name] {
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return nil, fmt.Errorf("begin snapshot: %w", err)
		}
	}
	defer func() {
		_, end := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		if err == nil {
			err = end
		}
	}()
	version := schemaVersion(ctx, c)
	if version == 0 {
		return nil, ErrNoDatabase
	}
	tables, err := describe(ctx, c, d.name)
	if err != nil {
		return nil, err
	}
	a, err := archive.NewWriter(w, archive.Header{Schema: version, Driver: d.name, At: b.Now, Program: b.Program})
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if err := d.backupTable(ctx, c, t, a); err != nil {
			return nil, fmt.Errorf("read table %s: %w", t.name, err)
		}
	}
	return a.Rows(), a.Close()
}

// backupTable writes a table in the order of its primary key, so that a row that names another of its table comes after
// it, and two backups of one database are alike.
func (d database) backupTable(ctx context.Context, r reader, t table, a *archive.Writer) error {
	if err := a.Table(archive.Table{Name: t.name, Columns: t.names()}); err != nil {
		return err
	}
	values := make([]any, len(t.columns))
	into := make([]any, len(t.columns))
	for i, c := range t.columns {
		if c.integer {
			into[i] = new(sql.NullInt64)
		} else {
			into[i] = new(sql.NullString)
		}
	}
	query := "SELECT " + quoteNames(d.name, t.names()...) + " FROM " + quoteNames(d.name, t.name)
	if len(t.key) > 0 {
		query += " ORDER BY " + quoteNames(d.name, t.key...)
	}
	return each(ctx, r, query, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range into {
			values[i] = nil
			switch v := v.(type) {
			case *sql.NullInt64:
				if v.Valid {
					values[i] = v.Int64
				}
			case *sql.NullString:
				if v.Valid {
					values[i] = v.String
				}
			}
		}
		return a.Row(values)
	})
}

// placeholders returns n rows of so many values, as an INSERT has them.
func placeholders(n, width int) string {
	row := "(?" + strings.Repeat(",?", width-1) + ")"
	return row + strings.Repeat(","+row, n-1)
}
