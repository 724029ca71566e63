package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestOpenTogether holds that daemons which start at the same moment migrate once.
func TestOpenTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		o := storetest.Options(t, driver)
		var g sync.WaitGroup
		for range racers {
			g.Go(func() {
				s, err := store.Open(t.Context(), o)
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Ping(t.Context()); err != nil {
					t.Error(err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
		var n, version int
		var name string
		var at int64
		s := storetest.Reopen(t, o)
		err := s.SQL().QueryRowContext(
			t.Context(),
			"SELECT COUNT(*), MAX(version), MAX(name), MAX(applied_at) FROM schema_migrations",
		).
			Scan(
				&n,
				&version,
				&name,
				&at,
			)
		if err != nil {
			t.Fatal(err)
		}
		if n != version || !strings.HasPrefix(name, fmt.Sprintf("%04d_", version)) || at < now.UnixMilli() {
			t.Errorf("%d migrations up to version %d, %s, at %d", n, version, name, at)
		}
	})
}

func TestOpenNewer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		o := storetest.Options(t, driver)
		s := storetest.Reopen(t, o)
		if _, err := s.SQL().ExecContext(
			t.Context(),
			"INSERT INTO schema_migrations (version, name, applied_at) VALUES (9999, '9999_later', 1)",
		); err != nil {
			t.Fatal(err)
		}
		_, err := store.Open(t.Context(), o)
		if err == nil ||
			!strings.Contains(err.Error(), "its schema has version 9999 and this program knows versions up to") {
			t.Errorf("opened with %v", err)
		}
	})
}

// TestOpenCutOff holds that a migration which was cut off between two statements starts over.
func TestOpenCutOff(t *testing.T) {
	o := storetest.Options(t, store.MySQL)
	s := storetest.Reopen(t, o)
	for _, statement := range []string{"DELETE FROM schema_migrations", "DROP TABLE deliveries", "DROP TABLE settings"} {
		if _, err := s.SQL().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := storetest.Reopen(t, o).SetSetting(t.Context(), "a", "b"); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		o    store.Options
		want string
	}{
		{store.Options{}, `unknown driver ""`},
		{store.Options{Driver: "postgres"}, `unknown driver "postgres": want sqlite or mysql`},
		{store.Options{Driver: store.SQLite}, "no path"},
		{store.Options{Driver: store.SQLite, Path: t.TempDir() + "/none/qixian.db"}, "unable to open database file"},
		{store.Options{Driver: store.MySQL, DSN: "no DSN"}, "invalid DSN"},
		{store.Options{Driver: store.MySQL, DSN: "user@tcp(127.0.0.1:1)/"}, "names no database"},
		{store.Options{Driver: store.MySQL, DSN: "user@tcp(127.0.0.1:1)/qixian"}, "connection refused"},
	}
	for _, tt := range tests {
		s, err := store.Open(t.Context(), tt.o)
		if err == nil {
			_ = s.Close()
			t.Errorf("%v was opened", tt.o)
		} else if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %q", tt.o, err, tt.want)
		}
	}
}

// TestOpenPath holds that a path is a path, whatever characters it has.
func TestOpenPath(t *testing.T) {
	o := store.Options{Driver: store.SQLite, Path: t.TempDir() + "/期限 100%?a=b#c&d.db"}
	if err := storetest.Reopen(t, o).SetSetting(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	if got, err := storetest.Reopen(t, o).Setting(t.Context(), "a"); got != "b" || err != nil {
		t.Errorf("the setting is %q, %v", got, err)
	}
}

// TestSession holds what the DSN cannot change.
func TestSession(t *testing.T) {
	o := storetest.Options(t, store.MySQL)
	o.DSN += "?clientFoundRows=false&charset=latin1&sql_mode=''&innodb_lock_wait_timeout=3"
	s := storetest.Reopen(t, o)
	for name, want := range map[string]string{
		"sql_mode": "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION", "character_set_client": "utf8mb4", "character_set_results": "utf8mb4",
		"collation_connection": "utf8mb4_bin", "innodb_lock_wait_timeout": "3",
	} {
		var got string
		if err := s.SQL().QueryRowContext(t.Context(), "SELECT @@"+name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
	for range 2 { // rows are counted as found, whether or not their values change
		res, err := s.SQL().ExecContext(t.Context(), "UPDATE schema_migrations SET name = 'same' WHERE version = 1")
		if err != nil {
			t.Fatal(err)
		}
		if n, err := res.RowsAffected(); n != 1 || err != nil {
			t.Errorf("%d rows are affected, %v; want 1", n, err)
		}
	}
	s = storetest.Open(t, store.SQLite)
	for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		var got string
		if err := s.SQL().QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
}
