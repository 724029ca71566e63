package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strconv"
	"strings"

	driver "github.com/go-sql-driver/mysql"
)

//go:embed migrations
var migrations embed.FS

// migration is one step of the schema. Steps are numbered from 1 and never change once released.
type migration struct {
	version    int
	name       string // of its file, without the ending
	statements []string
}

// conn is a connection, or a transaction on one.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

const (
	// lockSeconds is how long one process waits for another's migration.
	lockSeconds = 30

	selectVersion = "SELECT COALESCE(MAX(version), 0) FROM schema_migrations"
	// mysqlLock is bound to the database's name: a server may hold several of ours.
	mysqlLock = "SHA1(CONCAT('qixian/', DATABASE()))"
)

// versionTable makes the table in which migrations are recorded.
var versionTable = map[string]string{
	SQLite: "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT",
	MySQL: "CREATE TABLE IF NOT EXISTS schema_migrations (version INT NOT NULL PRIMARY KEY, name VARCHAR(128) NOT NULL, applied_at BIGINT NOT NULL)" +
		" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
}

// recordVersion records a migration, at the database's own time.
var recordVersion = map[string]string{
	SQLite: "INSERT INTO schema_migrations (version, name, applied_at) VALUES (?, ?, CAST(unixepoch('subsec') * 1000 AS INTEGER))",
	MySQL:  "INSERT INTO schema_migrations (version, name, applied_at) VALUES (?, ?, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED))",
}

// migrate brings the schema up to date, alone: the others wait, and find it done.
func migrate(ctx context.Context, d database, log *slog.Logger) error {
	steps, err := loadMigrations(d.name)
	if err != nil {
		return err
	}
	// A command that opens a database in use has nothing to do here, and must not wait for the writer to find that out. An
	// error says that there is no such table yet.
	var version int
	if err := d.sql.QueryRowContext(ctx, selectVersion).Scan(&version); err == nil && version == len(steps) {
		return nil
	}
	return retry(ctx, log, "migrate schema", func() error {
		if d.name == MySQL {
			return migrateMySQL(ctx, d, steps, log)
		}
		return migrateSQLite(ctx, d, steps, log)
	})
}

// migrateSQLite applies all steps in one transaction, which has the write lock from its start.
func migrateSQLite(ctx context.Context, d database, steps []migration, log *slog.Logger) error {
	tx, err := d.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := apply(ctx, tx, d.name, steps, log); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// migrateMySQL applies the steps under a lock of the server's, which ends with the connection that does the work.
func migrateMySQL(ctx context.Context, d database, steps []migration, log *slog.Logger) (err error) {
	c, err := d.sql.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	var got sql.NullInt64
	if err := c.QueryRowContext(ctx, "SELECT GET_LOCK("+mysqlLock+", ?)", lockSeconds).Scan(&got); err != nil {
		return err
	}
	if got.Int64 != 1 {
		return fmt.Errorf("another process has been migrating the schema for %d seconds", lockSeconds)
	}
	defer func() {
		_, unlock := c.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+mysqlLock+")")
		err = errors.Join(err, unlock)
	}()
	return apply(ctx, c, d.name, steps, log)
}

// apply runs and records the steps that the database has not had.
func apply(ctx context.Context, c conn, name string, steps []migration, log *slog.Logger) error {
	if _, err := c.ExecContext(ctx, versionTable[name]); err != nil {
		return err
	}
	var version int
	if err := c.QueryRowContext(ctx, selectVersion).Scan(&version); err != nil {
		return err
	}
	if version > len(steps) {
		return fmt.Errorf("its schema has version %d and this program knows versions up to %d: install the qixian that wrote it, or a newer one",
			version, len(steps))
	}
	for _, step := range steps[version:] {
		for _, statement := range step.statements {
			if _, err := c.ExecContext(ctx, statement); err != nil && !doneBefore(err) {
				return fmt.Errorf("apply migration %s: %w", step.name, err)
			}
		}
		if _, err := c.ExecContext(ctx, recordVersion[name], step.version, step.name); err != nil {
			return fmt.Errorf("record migration %s: %w", step.name, err)
		}
		log.LogAttrs(ctx, slog.LevelInfo, "schema migrated", slog.String("migration", step.name))
	}
	return nil
}

// Error codes by which MySQL says that a statement which alters a table has been run already: it commits each one by itself, so a
// migration that was cut off starts over.
const (
	mysqlColumnExists = 1060
	mysqlKeyExists    = 1061
	mysqlNoSuchColumn = 1091 // or key, to be dropped
)

func doneBefore(err error) bool {
	my, ok := errors.AsType[*driver.MySQLError](err)
	return ok && slices.Contains([]uint16{mysqlColumnExists, mysqlKeyExists, mysqlNoSuchColumn}, my.Number)
}

// loadMigrations reads the steps of one kind of database, which are numbered without a gap.
func loadMigrations(name string) ([]migration, error) {
	files, err := fs.Glob(migrations, path.Join("migrations", name, "*.sql"))
	if err != nil {
		return nil, err
	}
	steps := make([]migration, len(files))
	for i, file := range files {
		text, err := migrations.ReadFile(file)
		if err != nil {
			return nil, err
		}
		base := strings.TrimSuffix(path.Base(file), ".sql")
		number, _, _ := strings.Cut(base, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s is not number %d", base, i+1)
		}
		steps[i] = migration{version: version, name: base, statements: split(string(text))}
	}
	return steps, nil
}

// split cuts a migration into statements, each ended by a semicolon at the end of a line.
func split(text string) []string {
	var statements []string
	for part := range strings.SplitSeq(text, ";\n") {
		if part = strings.TrimSpace(part); part != "" {
			statements = append(statements, part)
		}
	}
	return statements
}
