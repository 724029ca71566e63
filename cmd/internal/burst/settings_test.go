package burst_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestServerSettings delivers a burst on a MariaDB that its administrator has set oddly. Sessions set what they rely
// on, so that nothing is lost.
func TestServerSettings(t *testing.T) {
	storetest.Require(t, store.MySQL)
	m := burst.StartMariaDB(t)
	for _, setting := range []string{
		"autocommit=0", "sql_select_limit=1", "wait_timeout=1", "completion_type=1", "sql_safe_updates=1", "time_zone='-11:00'",
		"tx_isolation='SERIALIZABLE'", "tx_read_only=1", "sql_mode='ANSI,ORACLE'", "max_join_size=1",
	} {
		t.Run(setting, func(t *testing.T) {
			name, _, _ := strings.Cut(setting, "=")
			dsn := m.DSN(t)
			m.Exec(t, "SET GLOBAL "+setting)
			defer m.Exec(t, "SET GLOBAL "+name+"=DEFAULT")
			// The test looks at the database by the same DSN. The program sets these by itself, whatever the DSN says.
			dsn += "?sql_select_limit=1000000&sql_big_selects=1"
			b := burst.New(t, burst.Options{Driver: store.MySQL, DSN: dsn, Units: 10, Alarms: 3})
			b.Serve(t, "one")
			if a := b.Finish(t, time.Minute); !a.Good() || a.Doubled > 0 {
				t.Errorf("delivered: %s", a)
			}
		})
	}
}

// TestServerRefuses starts the daemon on servers that cannot be worked with: it says so before it is ready, and what to
// do.
func TestServerRefuses(t *testing.T) {
	storetest.Require(t, store.MySQL)
	for _, tt := range []struct {
		name    string
		options []string // of the server
		set     string   // once there is a schema
		want    string
	}{
		{"statements in the binary log", []string{"--log-bin", "--binlog-format=STATEMENT"}, "", "set binlog_format=ROW"},
		{"the same, later", []string{"--log-bin", "--binlog-format=ROW"}, "binlog_format='STATEMENT'", "set binlog_format=ROW"},
		{"read-only", nil, "read_only=1", "name the primary in the DSN"},
		{"encrypted alone", nil, "require_secure_transport=1", "add tls=true to the DSN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := burst.StartMariaDB(t, tt.options...)
			dsn := m.DSN(t)
			if tt.set != "" {
				storetest.Reopen(t, store.Options{Driver: store.MySQL, DSN: dsn})
				m.Exec(t, "SET GLOBAL "+tt.set)
			}
			refused(t, "database: {driver: mysql, dsn_file: dsn}\n", dsn, tt.want)
		})
	}
}

// TestFileRefuses is TestServerRefuses for an SQLite database.
func TestFileRefuses(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a file system")
	}
	run := func(t *testing.T, name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	disk := func(t *testing.T) string {
		t.Helper()
		dir := t.TempDir()
		run(t, "mount", "-t", "tmpfs", "-o", "mode=0700,size=2m", "qixian-test", dir)
		t.Cleanup(func() { run(t, "umount", "--lazy", dir) })
		s, err := store.Open(t.Context(), file(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  string
	}{
		"full disk": {func(_ *testing.T, dir string) {
			// as much of it as there is room for
			_ = os.WriteFile(filepath.Join(dir, "full"), make([]byte, 4<<20), 0o600)
		}, "room on it"},
		"file read-only": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, "qixian.db")
			run(t, "mount", "--bind", path, path)
			t.Cleanup(func() { run(t, "umount", path) })
			run(t, "mount", "-o", "remount,bind,ro", path)
		}, "read-only"},
		"directory read-only": {func(t *testing.T, dir string) { run(t, "mount", "-o", "remount,ro", dir) }, "read-only"},
		"no database": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "qixian.db"), bytes.Repeat([]byte("text "), 4096), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "move it away and restore a backup"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := disk(t)
			tt.spoil(t, dir)
			refused(t, "database: {driver: sqlite, path: "+filepath.Join(dir, "qixian.db")+"}\n", "", tt.want)
		})
	}
}

// file makes an empty database file as the program does.
func file(t *testing.T, dir string) store.Options {
	t.Helper()
	path := filepath.Join(dir, "qixian.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return store.Options{Driver: store.SQLite, Path: path}
}

// refused starts a daemon that must end for its database (exit 4) before it is ready, and say a word.
func refused(t *testing.T, config, dsn, want string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"qixian.yaml": "state_dir: state\n" + config, "dsn": dsn} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, burst.Binary(), "serve", "--config", filepath.Join(dir, "qixian.yaml"))
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 4 || !strings.Contains(string(out), want) ||
		strings.Contains(string(out), "msg=ready") {
		t.Errorf("serve: exit %d, want %q:\n%s", code, want, out)
	}
}
