package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"qixian/notify"
	"qixian/scheduler/store/archive"
)

const (
	// restoreRows and restoreBytes bound one INSERT: few round trips, and packets that every server takes
	// (max_allowed_packet).
	restoreRows  = 50
	restoreBytes = 1 << 20
	// gap is added to the fence of every message that has not ended, and to the ids that new messages get: more than
	// there can have been since the backup, so that a daemon which has a message from then in its hands settles none
	// here.
	gap = 1_000_000
)

// Restored is what a restore has brought back.
type Restored struct {
	Header archive.Header
	Rows   map[string]int // by table
	// Uncertain counts the messages of which it was not known at the moment of the backup whether they would arrive.
	Uncertain int
}

// RestoreOptions say how a backup is taken over.
type RestoreOptions struct {
	Now    time.Time
	Resend time.Duration // after Now, what was being sent is sent once more
	Key    HostKey
}

// Restore fills an empty database with a backup, all of it or nothing, and brings its schema up to date. Nobody else
// may work on the database. The archive is read twice: first whole, to see that it is, and only then is the database
// touched.
//
// Messages that were in a daemon's hands are in nobody's now: what was being sent is uncertain, and sent once more. Who
// the daemons were is forgotten. The backup of another signing key's database is refused with an [OtherKeyError],
// unless the host's is to be adopted.
//
// A backup of an older schema goes into a database without tables, which is first made as that schema has it. (MySQL
// commits each statement that makes a table by itself, so such tables, empty, are left behind where the restore then
// fails, and the next one takes them as they are.)
func Restore(ctx context.Context, o Options, f io.ReadSeeker, ro RestoreOptions) (Restored, error) {
	header, err := verify(f)
	if err != nil {
		return Restored{}, err
	}
	d, err := connect(o)
	if err != nil {
		return Restored{}, fmt.Errorf("restore database: %w", err)
	}
	restored := Restored{Header: header}
	err = d.restore(ctx, o.log(), f, &restored, ro)
	if err = errors.Join(err, d.sql.Close()); err != nil {
		return Restored{}, fmt.Errorf("restore database: %w", advise(err))
	}
	return restored, nil
}

// verify reads an archive to its end.
func verify(f io.Reader) (archive.Header, error) {
	a, err := archive.NewReader(f)
	if err != nil {
		return archive.Header{}, err
	}
	for a.NextTable() {
	}
	return a.Header, a.Err()
}

func (d database) restore(
	ctx context.Context,
	log *slog.Logger,
	f io.ReadSeeker,
	r *Restored,
	ro RestoreOptions,
) error {
	steps, err := loadMigrations(d.name)
	if err != nil {
		return err
	}
	if v := r.Header.Schema; v < 1 || v > len(steps) {
		return fmt.Errorf(
			"the backup's schema has version %d and this program knows versions up to %d: install the qixian that wrote it, %q, or a newer one",
			v,
			len(steps),
			r.Header.Program,
		)
	}
	if err := retry(ctx, log, "connect", func() error { return d.sql.PingContext(ctx) }); err != nil {
		return err
	}
	// Rows are looked for before the first table is made, and again by the transaction that fills them.
	if err := d.checkEmpty(ctx, d.sql); err != nil {
		return err
	}
	if v := schemaVersion(ctx, d.sql); v != 0 && v != r.Header.Schema {
		return fmt.Errorf(
			"its schema has version %d already, and the backup's has version %d: name a database without tables",
			v,
			r.Header.Schema,
		)
	}
	if err := migrateTo(ctx, d, steps[:r.Header.Schema], log); err != nil {
		return err
	}
	s, err := newStore(d, log)
	if err != nil {
		return err
	}
	err = s.write(ctx, "fill tables", func(tx *gorm.DB) error {
		if err := d.fill(ctx, tx, f, r); err != nil {
			return err
		}
		return ro.Key.settle(tx)
	})
	if err != nil {
		return err
	}
	if err := migrateTo(ctx, d, steps, log); err != nil {
		return err
	}
	return s.freeAll(ctx, r, ro.Now, ro.Resend)
}

// checkEmpty refuses a database that has a row in any table, and names those tables.
func (d database) checkEmpty(ctx context.Context, r reader) error {
	tables, err := describe(ctx, r, d.name)
	if err != nil {
		return err
	}
	var full []string
	for _, t := range tables {
		var some bool
		if err := r.QueryRowContext(
			ctx,
			"SELECT EXISTS (SELECT 1 FROM "+quoteNames(d.name, t.name)+")",
		).Scan(
			&some,
		); err != nil {
			return err
		}
		if some {
			full = append(full, t.name)
		}
	}
	if len(full) > 0 {
		slices.Sort(full)
		return fmt.Errorf(
			"it is not empty: there are rows in %s; a backup is restored into an empty database only",
			strings.Join(full, ", "),
		)
	}
	return nil
}

// sqlTx is the transaction below gorm's: the rows of a backup have no Go type.
type sqlTx interface {
	conn
	reader
}

// fill inserts every row of the archive, and holds that its tables and columns are those of the database, neither more
// nor fewer.
func (d database) fill(ctx context.Context, tx *gorm.DB, f io.ReadSeeker, r *Restored) error {
	c, ok := tx.Statement.ConnPool.(sqlTx)
	if !ok {
		return fmt.Errorf("%T is no transaction", tx.Statement.ConnPool)
	}
	if err := d.checkEmpty(ctx, c); err != nil {
		return err
	}
	tables, err := describe(ctx, c, d.name)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	a, err := archive.NewReader(f)
	if err != nil {
		return err
	}
	for a.NextTable() {
		t := a.Table()
		i := slices.IndexFunc(tables, func(real table) bool { return real.name == t.Name })
		if i < 0 {
			return fmt.Errorf("the backup has a table %s, which schema version %d has not", t.Name, a.Header.Schema)
		}
		if !slices.Equal(slices.Sorted(slices.Values(t.Columns)), slices.Sorted(slices.Values(tables[i].names()))) {
			return fmt.Errorf(
				"the backup has columns of table %s that are not those of schema version %d",
				t.Name,
				a.Header.Schema,
			)
		}
		if err := d.fillTable(ctx, c, a); err != nil {
			return fmt.Errorf("fill table %s: %w", t.Name, err)
		}
	}
	if err := a.Err(); err != nil {
		return err
	}
	r.Rows = a.Rows()
	if len(r.Rows) != len(tables) {
		return fmt.Errorf(
			"the backup has %d of the %d tables of schema version %d",
			len(r.Rows),
			len(tables),
			a.Header.Schema,
		)
	}
	return raiseFences(tx)
}

// fillTable inserts the rows of the archive's current table, many at a time. The names in the statement are the
// database's own.
func (d database) fillTable(ctx context.Context, c conn, a *archive.Reader) error {
	t := a.Table()
	into := "INSERT INTO " + quoteNames(d.name, t.Name) + " (" + quoteNames(d.name, t.Columns...) + ") VALUES "
	var values []any
	rows, size, first := 0, 0, 1
	flush := func() error {
		if rows == 0 {
			return nil
		}
		if _, err := c.ExecContext(ctx, into+placeholders(rows, len(t.Columns)), values...); err != nil {
			return fmt.Errorf("rows %d to %d: %w", first, first+rows-1, err)
		}
		first += rows
		values, rows, size = values[:0], 0, 0
		return nil
	}
	for a.NextRow() {
		for _, v := range a.Row() {
			if text, ok := v.(string); ok {
				size += len(text)
			}
			values = append(values, v)
		}
		if rows++; rows == restoreRows || size >= restoreBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// raiseFences makes sure that nobody who had a message's lease after the backup was taken holds it here.
func raiseFences(tx *gorm.DB) error {
	return tx.Model(&messageRow{}).Where("state IN ?", []messageState{pending, claimed, sending}).
		Update("fence", gorm.Expr("fence + ?", gap)).Error
}

// freeAll takes every message out of the hands of daemons that are not here. What it leaves undone where it is cut off,
// the daemons do.
func (s *Store) freeAll(ctx context.Context, r *Restored, now time.Time, resend time.Duration) error {
	err := s.write(
		ctx,
		"forget daemons",
		func(tx *gorm.DB) error { return tx.Where("1 = 1").Delete(&daemonRow{}).Error },
	)
	if err != nil {
		return err
	}
	if err := s.skipIDs(ctx); err != nil {
		return err
	}
	held, err := s.Held(ctx)
	if err != nil {
		return err
	}
	if _, err := s.Recover(ctx, now, resend, held); err != nil {
		return err
	}
	r.Uncertain = len(slices.DeleteFunc(held, func(h notify.Hold) bool { return !h.Begun }))
	return nil
}

// skipIDs makes sure that no new message gets an id that one had after the backup was taken. On SQLite a daemon from
// then has another file.
func (s *Store) skipIDs(ctx context.Context) error {
	if s.db.Name() != MySQL {
		return nil
	}
	return s.write(ctx, "skip message ids", func(tx *gorm.DB) error {
		var last int64
		if err := tx.Model(&messageRow{}).Select("COALESCE(MAX(id), 0)").Scan(&last).Error; err != nil {
			return err
		}
		return tx.Exec(fmt.Sprintf("ALTER TABLE messages AUTO_INCREMENT = %d", last+gap)).Error
	})
}
