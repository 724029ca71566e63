package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPing asks after the daemon as a container's health check does: before there is one, while it runs, and after it
// was killed.
func TestPing(t *testing.T) {
	dir := t.TempDir()
	if _, stderr, code := qixian(
		t,
		dir,
		"status",
		"--ping",
	); code != 1 ||
		!strings.Contains(stderr, "no daemon runs on qixian-data") {
		t.Errorf("without a daemon: exit %d, %s", code, stderr)
	}
	if left := list(dir); len(left) != 0 {
		t.Errorf("asking has made %v", left)
	}
	d := serve(t, dir, nil)
	eventually(t, 30*time.Second, "the daemon is well", func() bool {
		_, _, code := qixian(t, dir, "status", "--ping")
		return code == 0
	})
	if _, stderr, code := qixian(t, dir, "status", "--ping", "--state-dir", "another"); code != 1 {
		t.Errorf("of another directory: exit %d, %s", code, stderr)
	}
	d.kill()
	if _, stderr, code := qixian(
		t,
		dir,
		"status",
		"--ping",
	); code != 1 ||
		!strings.Contains(stderr, "no daemon runs on") {
		t.Errorf("of a dead daemon: exit %d, %s", code, stderr)
	}
}

// TestLookingMakesNothing runs every command that only looks, and those that answer for what is on record, where
// nothing is: they say so, and leave nothing behind.
func TestLookingMakesNothing(t *testing.T) {
	const none = "there is no database yet"
	for _, tt := range []struct {
		args []string
		want string // in what is written to standard error; empty: it succeeds
	}{
		{[]string{"status"}, none},
		{[]string{"status", "--all", "--format", "json"}, none},
		{[]string{"status", "--ping"}, "no daemon runs on"},
		{[]string{"event", "list"}, none},
		{[]string{"event", "withdraw", "x", "--reason", "x"}, none},
		{[]string{"event", "move", "x", "--at", "2026-11-01", "--reason", "x"}, none},
		{[]string{"contact", "list"}, none},
		{[]string{"contact", "clear", "a@b.example.invalid", "--reason", "x"}, none},
		{[]string{"report"}, none},
		{[]string{"backup", "file"}, none},
		{[]string{"backup", "-"}, none},
		{[]string{"done", "x", "--note", "x"}, none},
		{[]string{"extend", "x", "--to", "2030-01-01", "--reason", "x"}, none},
		{[]string{"reload", "--pid", "1000000000"}, ""},
		{[]string{"check"}, ""},
		{[]string{"obligations"}, ""},
		{[]string{"agenda", "--from", "2026-11-01", "--to", "2026-11-30"}, ""},
		{[]string{"agenda", "--from", "2026-11-01", "--to", "2026-11-30", "--format", "ics"}, ""},
		{[]string{"explain", "air-quality@2026-11"}, ""},
		{[]string{"preview", "--from", "2026-11-02", "--to", "2026-11-03"}, ""},
		{[]string{"calendar", "show", "2026"}, ""},
		{[]string{"version"}, ""},
	} {
		dir := t.TempDir()
		_, stderr, code := qixian(t, dir, tt.args...)
		if tt.want != "" && (code != 1 || !strings.Contains(stderr, tt.want)) {
			t.Errorf("%v: exit %d, %s; want %q", tt.args, code, stderr, tt.want)
		}
		if tt.want == "" && code != 0 && tt.args[0] != "check" && tt.args[0] != "reload" {
			t.Errorf("%v: exit %d, %s", tt.args, code, stderr)
		}
		if left := list(dir); len(left) != 0 {
			t.Errorf("%v has made %v", tt.args, left)
		}
	}
}

// mends finds the command that an error names.
var mends = regexp.MustCompile(`chmod (0[0-7]{3}) (\S+)`)

// TestOpenToOthers lets others into what is the daemon's own: every command that opens it refuses alike, and names the
// command that mends it.
func TestOpenToOthers(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "accounts.yaml"), "accounts:\n  zhang: "+strings.TrimSpace(hash(t, dir))+"\n")
	write(
		t,
		filepath.Join(dir, "qixian.yaml"),
		"state_dir: state\nweb: {listen: '127.0.0.1:0', url: 'http://127.0.0.1', accounts: accounts.yaml}\n",
	)
	with := func(args ...string) []string { return append(args, "--config", "qixian.yaml") }
	d := serve(t, dir, nil, with()...)
	eventually(t, 30*time.Second, "the daemon is well", func() bool {
		_, _, code := qixian(t, dir, with("status", "--ping")...)
		return code == 0
	})
	d.stop(t)
	// on which a start runs without the accounts
	if err := os.Remove(filepath.Join(dir, "state", "last-good.json")); err != nil {
		t.Fatal(err)
	}
	all := [][]string{{"check"}, {"serve"}}
	data := append(
		slices.Clip(all),
		[]string{"status"},
		[]string{"event", "list"},
		[]string{"event", "add", "recall-ordered"},
		[]string{"contact", "list"},
		[]string{
			"backup",
			"-",
		},
		[]string{"restore", "qixian.yaml"},
		[]string{"report"},
		[]string{"done", "x", "--note", "x"},
	)
	for _, tt := range []struct {
		path     string
		mode     os.FileMode
		commands [][]string
	}{
		{"state", 0o777, data},
		{"state", 0o703, data},
		{"state/qixian.db", 0o604, data},
		{"state/qixian.db", 0o602, data},
		{"state/signing-key", 0o604, all},
		{"state/signing-key", 0o602, all},
		{"accounts.yaml", 0o666, all},
		{"accounts.yaml", 0o602, all},
	} {
		path := filepath.Join(dir, tt.path)
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		var advice []string
		for _, args := range tt.commands {
			stdout, stderr, code := qixian(t, dir, with(args...)...)
			advice = mends.FindStringSubmatch(stdout + stderr)
			if want := map[bool]int{true: 3, false: 1}[args[0] == "serve"]; code != want || advice == nil {
				t.Errorf("%s with mode %04o: %v: exit %d, %s%s", tt.path, tt.mode, args, code, stdout, stderr)
			}
		}
		if advice == nil {
			continue
		}
		mend := exec.Command("chmod", advice[1:]...)
		mend.Dir = dir
		if out, err := mend.CombinedOutput(); err != nil {
			t.Errorf("%v: %v, %s", advice, err, out)
		}
		must(t, dir, with("status")...)
		if stdout, _, _ := qixian(t, dir, with("check")...); strings.Contains(stdout, "chmod") {
			t.Errorf("after %v: %s", advice, stdout)
		}
	}
}

// hash is the line of accounts.yaml of a password.
func hash(t *testing.T, dir string) string {
	t.Helper()
	cmd := exec.Command(binary, "account", "hash")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader("a-long-enough-password\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
