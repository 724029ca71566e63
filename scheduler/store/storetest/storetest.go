// Package storetest opens real databases for tests: SQLite always, MySQL or MariaDB where the environment names a
// server.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"qixian/scheduler/store"
)

// The environment that tests of MySQL need: the DSN of a server on which databases may be made, such as
// .ci/with-mariadb sets it. Without it they are skipped, unless the environment says that they must not be.
const (
	envMySQL   = "QIXIAN_TEST_MYSQL"
	envRequire = "QIXIAN_REQUIRE_MYSQL" // 1: a server is required
	envCI      = "CI"                   // true: likewise
)

// Each runs a test once on every kind of database.
func Each(t *testing.T, test func(t *testing.T, driver string)) {
	t.Helper()
	for _, name := range []string{store.SQLite, store.MySQL} {
		t.Run(name, func(t *testing.T) {
			Require(t, name)
			test(t, name)
		})
	}
}

// Require skips the test if there is no such database to be had, or fails it where one is required. It is for tests
// that open it later, such as in a testing/synctest bubble, in which a test cannot be skipped.
func Require(t testing.TB, name string) {
	t.Helper()
	switch {
	case name != store.MySQL || os.Getenv(envMySQL) != "":
	case os.Getenv(envCI) == "true" || os.Getenv(envRequire) == "1":
		t.Fatalf("%s is not set: run the tests by .ci/with-mariadb", envMySQL)
	default:
		t.Skipf("%s is not set", envMySQL)
	}
}

// Options returns what opens a new, empty database of the test's own, which goes with it.
func Options(t testing.TB, name string) store.Options {
	t.Helper()
	Require(t, name)
	if name == store.SQLite {
		return store.Options{Driver: name, Path: filepath.Join(t.TempDir(), "qixian.db")}
	}
	return store.Options{Driver: name, DSN: newDatabase(t)}
}

// Open opens a new, empty database of the test's own, and closes it with the test.
func Open(t testing.TB, name string) *store.Store {
	t.Helper()
	return Reopen(t, Options(t, name))
}

// Reopen opens a database once more, as another process would, and closes it with the test.
func Reopen(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newDatabase makes a database on the server and returns its DSN.
func newDatabase(t testing.TB) string {
	t.Helper()
	cfg, err := driver.ParseDSN(os.Getenv(envMySQL))
	if err != nil {
		t.Fatal(err)
	}
	name := "qixian_test_" + strings.ToLower(rand.Text())
	execute(t, cfg, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, cfg, "DROP DATABASE "+name) })
	own := cfg.Clone()
	own.DBName = name
	return own.FormatDSN()
}

// execute runs one statement on a connection of its own, also when the test is over.
func execute(t testing.TB, cfg *driver.Config, statement string) {
	t.Helper()
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
