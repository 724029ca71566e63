package store

import (
	"context"
	"log/slog"
	"testing"

	"gorm.io/driver/mysql"
)

// OpenAt opens a database whose schema is as it was after so many migrations.
func OpenAt(t *testing.T, o Options, version int) *Store {
	t.Helper()
	d, err := connect(o)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := loadMigrations(d.name)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if err := migrateTo(t.Context(), d, steps[:version], log); err != nil {
		t.Fatal(err)
	}
	s, err := newStore(d, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Migrations returns the statements of every migration of a kind of database, in order.
func Migrations(t *testing.T, driver string) []string {
	t.Helper()
	steps, err := loadMigrations(driver)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range steps {
		all = append(all, s.statements...)
	}
	return all
}

// SchemaVersion is the number of the last migration that the database has had.
func (s *Store) SchemaVersion(ctx context.Context) int { return schemaVersion(ctx, s.sql) }

// Session returns how a connection by this DSN is encrypted, and whether the server may ask for files.
func Session(t *testing.T, dsn string) (encryption string, files bool) {
	t.Helper()
	d, err := connectMySQL(dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.sql.Close() })
	cfg := d.dialect.(*mysql.Dialector).DSNConfig
	return cfg.TLSConfig, cfg.AllowAllFiles
}
