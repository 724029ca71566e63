package store_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestSessionSettings holds that a session is set as the store relies on, whatever the DSN says, but for time-outs,
// which are the DSN's.
func TestSessionSettings(t *testing.T) {
	const query = "SELECT @@autocommit, @@time_zone, @@sql_mode, @@completion_type, @@sql_select_limit, @@sql_safe_updates, @@sql_big_selects," +
		" @@innodb_lock_wait_timeout, @@wait_timeout"
	relied := []string{
		"1", "+08:00", "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION", "NO_CHAIN", "18446744073709551615", "0", "1",
	}
	o := storetest.Options(t, store.MySQL)
	for params, timeouts := range map[string][]string{
		"": {"10", "60"},
		"?autocommit=0&time_zone=%27%2B00:00%27&sql_mode=%27%27&completion_type=1&sql_select_limit=1&tx_isolation=%27SERIALIZABLE%27&sql_big_selects=0": {"10", "60"},
		"?innodb_lock_wait_timeout=3&wait_timeout=30": {"3", "30"},
	} {
		by := o
		by.DSN += params
		s := storetest.Reopen(t, by)
		rows, err := storetest.Rows(s.SQL(), query)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(append(slices.Clip(relied), timeouts...), rows[0]); d != "" {
			t.Errorf("%s: session (-want +got):\n%s", params, d)
		}
		// Servers call them tx_… or transaction_….
		rows, err = storetest.Rows(
			s.SQL(),
			"SHOW SESSION VARIABLES WHERE Variable_name RLIKE '^(tx|transaction)_(isolation|read_only)$'",
		)
		if err != nil || len(rows) == 0 {
			t.Fatalf("%v, %v", rows, err)
		}
		for _, row := range rows {
			if row[1] != "READ-COMMITTED" && row[1] != "OFF" {
				t.Errorf("%s: %s is %s", params, row[0], row[1])
			}
		}
	}
}

// TestSessionRefused lets the server know, or allow, one variable less: what is relied on refuses it, and the rest is
// left out with a warning. Behind the proxy a real server refuses a word that was put in the variable's place.
func TestSessionRefused(t *testing.T) {
	for _, tt := range []struct{ word, instead, refused string }{
		{"autocommit", "autocommix", "autocommit = 1"},
		{"sql_mode", "sql_mods", "sql_mode = "},
		{"time_zone", "time_zome", "time_zone = '+08:00'"},
		{"READ COMMITTED", "READ COMMITTEE", "transaction isolation READ COMMITTED"},
		{"sql_select_limit", "table_open_cache", "sql_select_limit = "}, // of the server alone
		{"sql_select_limit", "sql_select_limix", ""},
		{"completion_type", "completion_typo", ""},
		{"innodb_lock_wait_timeout", "innodb_lock_wait_timeoux", ""},
		{"wait_timeout = 60", "port_timeout = 60", ""},
	} {
		t.Run(tt.word, func(t *testing.T) {
			var log bytes.Buffer
			o, p := startProxy(t, storetest.Options(t, store.MySQL))
			p.word, p.instead = tt.word, tt.instead
			o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
			s, err := store.Open(t.Context(), o)
			if err == nil {
				t.Cleanup(func() { _ = s.Close() })
				if err := s.SetSetting(t.Context(), "name", "value"); err != nil {
					t.Error(err)
				}
			}
			variable, _, _ := strings.Cut(tt.word, " ")
			switch {
			case tt.refused == "" && err != nil:
				t.Errorf("opened with %v", err)
			case tt.refused == "" && strings.Count(log.String(), "left out\" variable="+variable) != 1:
				t.Errorf("no warning of %s:\n%s", variable, log.String())
			case tt.refused == "":
			case err == nil,
				!strings.Contains(err.Error(), "refuses to set "+tt.refused),
				!strings.Contains(err.Error(), "; use MySQL 8.0"):
				t.Errorf("opened with %v, want one about %s", err, tt.refused)
			}
		})
	}
}

// TestExisting holds that what is not there is not made, and an old schema stays as it is, where only what exists is
// wanted.
func TestExisting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		o := storetest.Options(t, driver)
		o.Existing = true
		if _, err := store.Open(
			t.Context(),
			o,
		); err == nil ||
			!strings.Contains(err.Error(), store.ErrNoDatabase.Error()) {
			t.Errorf("without a database: %v", err)
		}
		made := o
		made.Existing = false
		if driver == store.SQLite {
			if files, _ := filepath.Glob(o.Path + "*"); len(files) != 0 {
				t.Errorf("made %v", files)
			}
		}
		old := store.OpenAt(t, made, 8)
		if _, err := store.Open(
			t.Context(),
			o,
		); err == nil ||
			!strings.Contains(err.Error(), "start the daemon, which brings it up to date") {
			t.Errorf("with an old schema: %v", err)
		}
		if got := old.SchemaVersion(t.Context()); got != 8 {
			t.Errorf("the schema has version %d", got)
		}
		storetest.Reopen(t, made)
		storetest.Reopen(t, o)
	})
}
