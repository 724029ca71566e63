package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestBackup backs up beside a running daemon and restores elsewhere, where everything stands as it did.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	d := serve(t, dir, nil)
	box := filepath.Join(dir, "qixian-data", "mail", "new")
	eventually(t, 20*time.Second, "a mail arrives", func() bool { return len(list(box)) > 0 })
	must(
		t,
		dir,
		"event",
		"add",
		"policy-published",
		"--unit",
		"县环保局",
		"--ref",
		"宁政发〔2026〕12号",
		"--title",
		"大气污染防治办法 𠮷🕘",
	)

	file := filepath.Join(dir, "office.backup")
	if out := must(t, dir, "backup", file); !strings.Contains(out, "1 events") || !strings.Contains(out, "to "+file) {
		t.Errorf("backup said %q", out)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.part")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := qixian(
		t,
		dir,
		"backup",
		file,
	); code != 1 ||
		!strings.Contains(stderr, "it exists; --force writes over it") {
		t.Errorf("over a file: exit %d, %s", code, stderr)
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != string(first) {
		t.Errorf("the file that was there is changed, %v", err)
	}
	must(t, dir, "backup", "--force", file)
	stdout, stderr, code := qixian(t, dir, "backup", "-")
	if code != 0 || !strings.HasPrefix(stdout, "\x1f\x8b") || !strings.Contains(stderr, "backed up ") {
		t.Errorf("to a pipe: exit %d, %q, %s", code, stdout[:min(len(stdout), 20)], stderr)
	}

	if _, stderr, code := qixian(
		t,
		dir,
		"restore",
		file,
	); code != 1 ||
		!strings.Contains(stderr, "qixian serve is running") {
		t.Errorf("under a daemon: exit %d, %s", code, stderr)
	}
	d.stop(t)
	if _, stderr, code := qixian(
		t,
		dir,
		"restore",
		file,
	); code != 1 ||
		!strings.Contains(stderr, "it is not empty: there are rows in") {
		t.Errorf("over a database: exit %d, %s", code, stderr)
	}
	must(t, dir, "backup", "--force", file) // without a daemon
	write(t, filepath.Join(dir, "cut"), string(first[:len(first)/2]))
	if _, stderr, code := qixian(
		t,
		dir,
		"restore",
		"cut",
		"--state-dir",
		"elsewhere",
	); code != 1 ||
		!strings.Contains(stderr, "cut off") {
		t.Errorf("half a file: exit %d, %s", code, stderr)
	}
	if left := list(filepath.Join(dir, "elsewhere")); strings.Join(left, " ") != "qixian.lock" {
		t.Errorf("half a file left %v behind", left)
	}
	key, err := os.ReadFile(filepath.Join(dir, "qixian-data", "signing-key")) // which no backup holds
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "elsewhere", "signing-key"), string(key))
	if out := must(
		t,
		dir,
		"restore",
		file,
		"--state-dir",
		"elsewhere",
	); !strings.Contains(out, "1 events") ||
		!strings.Contains(out, "(sqlite, schema ") {
		t.Errorf("restore said %q", out)
	}
	for _, command := range [][]string{{"status", "--all", "--format", "json"}, {"event", "list"}} {
		was, is := must(t, dir, command...), must(t, dir, append(command, "--state-dir", "elsewhere")...)
		if diff := cmp.Diff(was, is); diff != "" {
			t.Errorf("%s (-was +is):\n%s", command[0], diff)
		}
	}
	if out := must(t, dir, "event", "list", "--state-dir", "elsewhere"); !strings.Contains(out, "大气污染防治办法 𠮷🕘") {
		t.Errorf("events:\n%s", out)
	}
}

// TestBackupRefuses names what keeps a backup or a restore from being made; nothing is left behind.
func TestBackupRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "text"), "no backup")
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"backup", "file"}, 1, "name the daemon's configuration with --config"},
		{[]string{"backup"}, 2, "expected \"<file>\""},
		{[]string{"restore", "none"}, 1, "no such file"},
		{[]string{"restore", "text"}, 1, "no backup of qixian"},
		{[]string{"restore", dir}, 1, "is a directory"},
	} {
		if _, stderr, code := qixian(t, dir, tt.args...); code != tt.code || !strings.Contains(stderr, tt.want) {
			t.Errorf("%v: exit %d, %s", tt.args, code, stderr)
		}
	}
	if left := list(
		dir,
	); strings.Join(left, " ") != "qixian-data text" ||
		strings.Join(list(filepath.Join(dir, "qixian-data")), " ") != "qixian.lock" {
		t.Errorf("left behind: %v", left)
	}
}
