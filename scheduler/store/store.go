// Package store remembers what the scheduler decides and what the dispatcher delivers, in SQLite or MySQL (or MariaDB):
// every SQL and gorm name of the program stands here.
//
// Each method is one transaction, retried as a whole where two processes met; the daemon and the commands of the
// program, each a process of its own, work on one database at the same time. Instants are kept as Unix milliseconds
// and dates as ISO 8601 texts, so that no time zone of a database or a driver can bite, and read in [calendar.Zone].
//
// SQLite runs without cgo, by modernc.org/sqlite, so that the binary is static, and this costs nothing: with WAL and
// synchronous=FULL, 20,000 messages of 6 kB in transactions of 500 took 1.6 s, and 1.9 s by the cgo driver
// (mattn/go-sqlite3); to claim, begin and settle one message took 1.5 ms and 1.4 ms, as the disk decides there (the
// fastest of eight runs each, on two busy cores). The race detector slows the pure Go one tenfold, which only tests
// feel.
//
// A state in a condition beside IDs is written +state, which means the same: SQLite, which keeps no statistics, takes a
// state for rarer than fifty IDs, and would read all rows that have it. MySQL takes the sign as said and does nothing.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"qixian/notify"
	"qixian/scheduler"
)

// The drivers.
const (
	SQLite = "sqlite"
	MySQL  = "mysql" // and MariaDB
)

// Options say which database to open.
type Options struct {
	Driver string       // SQLite or MySQL
	Path   string       // SQLite: the file, made if there is none; its directory must exist
	DSN    string       // MySQL: user:password@tcp(host:port)/database, as github.com/go-sql-driver/mysql reads it
	Logger *slog.Logger // nil: nothing is logged
	// Existing opens only what is there: no file is made, and no schema made or brought up to date.
	Existing bool
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db  *gorm.DB
	sql *sql.DB
	log *slog.Logger

	crowd crowd // at the outbox
}

var (
	_ scheduler.Store = (*Store)(nil)
	_ notify.Outbox   = (*Store)(nil)
)

// database is what the two kinds of database differ in.
type database struct {
	name    string // SQLite or MySQL
	sql     *sql.DB
	dialect gorm.Dialector
}

// ErrNoDatabase says that there is no database yet, or one without a schema.
var ErrNoDatabase = errors.New("there is no database yet")

// Open opens the database and brings its schema up to date, unless only what exists is wanted: then one without a
// schema is ErrNoDatabase, and one of an older schema an error. It refuses a database whose schema is newer than this
// program knows. Several processes may open one database at the same moment.
func Open(ctx context.Context, o Options) (*Store, error) {
	d, err := connect(o)
	if err != nil {
		return nil, fmt.Errorf("open %s database: %w", o.Driver, err)
	}
	s, err := prepare(ctx, d, o)
	if err != nil {
		_ = d.sql.Close() // nothing was written: what went wrong first is what matters
		return nil, fmt.Errorf("open %s database: %w", o.Driver, advise(err))
	}
	return s, nil
}

func (o Options) log() *slog.Logger {
	if o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger
}

func connect(o Options) (database, error) {
	switch o.Driver {
	case SQLite:
		if _, err := os.Stat(o.Path); o.Existing && errors.Is(err, fs.ErrNotExist) {
			return database{}, fmt.Errorf("%w: %s", ErrNoDatabase, o.Path)
		}
		return connectSQLite(o.Path)
	case MySQL:
		return connectMySQL(o.DSN, o.log())
	default:
		return database{}, fmt.Errorf("unknown driver %q: want %s or %s", o.Driver, SQLite, MySQL)
	}
}

func prepare(ctx context.Context, d database, o Options) (*Store, error) {
	err := retry(ctx, o.log(), "connect", func() error { return d.sql.PingContext(ctx) })
	if err != nil {
		return nil, err
	}
	if o.Existing {
		err = checkSchema(ctx, d)
	} else {
		err = migrate(ctx, d, o.log())
	}
	if err != nil {
		return nil, err
	}
	return newStore(d, o.log())
}

func newStore(d database, log *slog.Logger) (*Store, error) {
	db, err := gorm.Open(d.dialect, &gorm.Config{
		TranslateError:         true,
		SkipDefaultTransaction: true, // a single statement is a transaction already
		DisableAutomaticPing:   true,
		Logger:                 logger.Discard,
	})
	if err != nil {
		return nil, err
	}
	return &Store{db: db, sql: d.sql, log: log}, nil
}

// Close closes the database. It is not used after that. On a server, what was written is committed by then, and a
// connection that the server has ended by itself has nothing more to say.
func (s *Store) Close() error {
	if err := s.sql.Close(); err != nil && s.db.Name() == SQLite {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}
