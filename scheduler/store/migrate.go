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

// conn is a database, or a transaction on one.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

const selectVersion = "SELECT COALESCE(MAX(version), 0) FROM schema_migrations"

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

// migrate brings the schema up to date. Several processes may do so at once: on SQLite the first is alone, and the
// others find it done.
//
// On MySQL each statement commits by itself, and no lock holds on every node of a cluster. So they all do it: a
// statement that has been run already is no mistake, and of those who record a step one succeeds and the others look
// again. That asks two things of the steps there. Running a statement once more, in the order of its file, changes
// nothing. And no step undoes what an earlier one made, as one who was held up may run the earlier one's statements
// after it.
func migrate(ctx context.Context, d database, log *slog.Logger) error {
	steps, err := loadMigrations(d.name)
	if err != nil {
		return err
	}
	return migrateTo(ctx, d, steps, log)
}

// checkSchema holds that a database has the schema that this program knows, and changes nothing.
func checkSchema(ctx context.Context, d database) error {
	steps, err := loadMigrations(d.name)
	if err != nil {
		return err
	}
	switch version := schemaVersion(ctx, d.sql); {
	case version == 0:
		return ErrNoDatabase
	case version < len(steps):
		return fmt.Errorf(
			"its schema has version %d and this program needs version %d: start the daemon, which brings it up to date",
			version,
			len(steps),
		)
	case version > len(steps):
		return errNewer(version, len(steps))
	}
	return nil
}

func errNewer(version, known int) error {
	return fmt.Errorf(
		"its schema has version %d and this program knows versions up to %d: install the qixian that wrote it, or a newer one",
		version,
		known,
	)
}

// migrateTo does so as far as these steps go; a database that has had more is refused.
func migrateTo(ctx context.Context, d database, steps []migration, log *slog.Logger) error {
	// A command that opens a database in use has nothing to do here, and must not wait for the writer to find that out.
	// An error says that there is no such table yet.
	var version int
	if err := d.sql.QueryRowContext(ctx, selectVersion).Scan(&version); err == nil && version == len(steps) {
		return nil
	}
	// Every step can be done twice, so that one that was cut off, as another node of a cluster does, is tried again.
	return retryIf(ctx, log, "migrate schema", transientOrUnclear, func() error {
		if d.name == MySQL {
			return apply(ctx, d.sql, d.name, steps, log)
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

// apply runs and records the steps that the database has not had.
func apply(ctx context.Context, c conn, name string, steps []migration, log *slog.Logger) error {
	if _, err := c.ExecContext(ctx, versionTable[name]); err != nil {
		return err
	}
	for {
		var version int
		if err := c.QueryRowContext(ctx, selectVersion).Scan(&version); err != nil {
			return err
		}
		switch {
		case version > len(steps):
			return errNewer(version, len(steps))
		case version == len(steps):
			return nil
		}
		if err := applyStep(ctx, c, name, steps[version], log); err != nil {
			return err
		}
	}
}

func applyStep(ctx context.Context, c conn, name string, step migration, log *slog.Logger) error {
	for _, statement := range step.statements {
		if _, err := c.ExecContext(ctx, statement); err != nil && !doneBefore(err) {
			return fmt.Errorf("apply migration %s: %w", step.name, err)
		}
	}
	_, err := c.ExecContext(ctx, recordVersion[name], step.version, step.name)
	if my, ok := errors.AsType[*driver.MySQLError](err); ok && my.Number == mysqlDuplicate {
		return nil // another process was quicker, and its record is read next
	}
	if err != nil {
		return fmt.Errorf("record migration %s: %w", step.name, err)
	}
	log.LogAttrs(ctx, slog.LevelInfo, "schema migrated", slog.String("migration", step.name))
	return nil
}

// Error codes by which MySQL says that a statement has been run already: by this process, which was cut off and starts
// over, or by another.
const (
	mysqlDuplicate    = 1062 // of a row
	mysqlColumnExists = 1060
	mysqlKeyExists    = 1061
	mysqlNoSuchColumn = 1091 // or key, to be dropped
	mysqlColumnGone   = 1054 // of which something was to be copied, before it was dropped
)

func doneBefore(err error) bool {
	my, ok := errors.AsType[*driver.MySQLError](err)
	return ok &&
		slices.Contains([]uint16{mysqlColumnExists, mysqlKeyExists, mysqlNoSuchColumn, mysqlColumnGone}, my.Number)
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
