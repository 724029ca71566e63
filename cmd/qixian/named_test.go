package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"qixian/notify"
)

// TestEventNeedsADatabase records an event where nobody has said which database is meant, and there is none: it is
// refused, and nothing made, as no daemon would see it. Where somebody has said it, the event may come before the
// daemon's first start.
func TestEventNeedsADatabase(t *testing.T) {
	dir := t.TempDir()
	add := []string{"event", "add", "policy-published", "--unit", "县环保局", "--ref", "a", "--at", "2026-11-20T10:00"}
	stdout, stderr, code := qixian(t, dir, add...)
	if code != 1 || stdout != "" || !strings.Contains(stderr, "there is no database yet") {
		t.Errorf("nothing named: exit %d, %s%s", code, stdout, stderr)
	}
	if left := list(dir); len(left) != 0 {
		t.Errorf("it made %v", left)
	}
	write(t, filepath.Join(dir, "qixian.yaml"), "state_dir: state\n")
	must(t, dir, append(add, "--config", "qixian.yaml")...)
	must(t, dir, append(add, "--state-dir", "other")...)
	for _, variable := range []string{"QIXIAN_CONFIG=qixian.yaml", "STATE_DIRECTORY=third"} {
		cmd := exec.Command(binary, add...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), variable)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v, %s", variable, err, out)
		}
	}
	must(t, dir, append(add, "--state-dir", "qixian-data")...)
	must(t, dir, add...) // as `make run` has made it
}

// TestReloadOfAnother gives reload a process that is not the daemon: it is told so, and lives on.
func TestReloadOfAnother(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "qixian.yaml")
	write(t, config, "state_dir: state\n")
	notify, env := notifySocket(t)
	d := serve(t, dir, env, "--config", config)
	await(t, notify, "READY=1")
	other := exec.Command("sleep", "600")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- other.Wait() }()
	pidOf := other.Process.Pid
	_, stderr, code := qixian(t, dir, "reload", "--config", config, "--pid", strconv.Itoa(pidOf))
	want := "process " + strconv.Itoa(
		pidOf,
	) + " is not the daemon of the state directory " + filepath.Join(
		dir,
		"state",
	)
	if code != 1 || !strings.Contains(stderr, want) || !strings.Contains(stderr, "that is "+pid(d)) {
		t.Errorf("exit %d, %s; want %s", code, stderr, want)
	}
	must(t, dir, "reload", "--config", config, "--pid", pid(d)) // had it been signalled, it would be gone by now
	select {
	case err := <-ended:
		t.Errorf("the other process ended: %v", err)
	default:
		_ = other.Process.Kill()
		if err := <-ended; err == nil {
			t.Error("a process that was killed ended well")
		}
	}
}

// TestMistakesInTheConfiguration breaks qixian.yaml and another file under a running daemon: reload tells of both,
// status shows what the daemon works on, and the daemon is as well as before.
func TestMistakesInTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	config, override := filepath.Join(dir, "qixian.yaml"), filepath.Join(dir, "overrides.d", "10.yaml")
	write(t, override, "obligations: {}\n")
	write(t, config, "state_dir: state\noverrides: overrides.d\n")
	d := serve(t, dir, nil, "--config", config)
	eventually(t, 30*time.Second, "the daemon is well", func() bool {
		_, _, code := qixian(t, dir, "status", "--ping", "--config", config)
		return code == 0
	})
	write(t, config, "state_dir: state\noverrides: overrides.d\nofice: 甲\nhours: {digest: noon}\n")
	write(t, override, "obligations:\n  air-qualty: {rule: {every: month}}\n")
	_, stderr, code := qixian(t, dir, "reload", "--config", config, "--pid", pid(d))
	for _, want := range []string{"ofice", "noon", "air-qualty"} {
		if code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("reload: exit %d, without %s:\n%s", code, want, stderr)
		}
	}
	stdout, stderr, code := qixian(t, dir, "status", "--config", config)
	if code != 0 || !strings.Contains(stdout, "项：绿") || !strings.Contains(stderr, "by which it runs") {
		t.Errorf("status: exit %d\n%s%s", code, stdout, stderr)
	}
	if _, stderr, code := qixian(t, dir, "status", "--ping", "--config", config); code != 0 {
		t.Errorf("ping: exit %d, %s", code, stderr)
	}
	d.stop(t)
	_, stderr, code = qixian(t, dir, "status", "--ping", "--config", config)
	if code != 1 || !strings.Contains(stderr, "no daemon runs on ") || !strings.Contains(stderr, "ofice") {
		t.Errorf("ping of none: exit %d, %s", code, stderr)
	}
}

// TestReportFormat asks for a file that is none of the formats a report has.
func TestReportFormat(t *testing.T) {
	dir := t.TempDir()
	must(t, dir, "event", "add", "policy-published", "--unit", "县环保局", "--state-dir", "state")
	for _, name := range []string{"通报.pdf", "通报.xls", "通报", "通报.docx"} {
		_, stderr, code := qixian(t, dir, "report", "--state-dir", "state", "--out", name)
		if code != 2 || !strings.Contains(stderr, ".json, .html, .xlsx, .csv or .txt") {
			t.Errorf("%s: exit %d, %s", name, code, stderr)
		}
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	must(t, dir, "report", "--state-dir", "state", "--out", "通报.txt")
	must(t, dir, "report", "--state-dir", "state", "--out", "通报", "--format", "html")
}

// TestPreviewTwice previews into a maildir that has mails in it already.
func TestPreviewTwice(t *testing.T) {
	dir := t.TempDir()
	args := []string{"preview", "--from", "2026-11-02", "--to", "2026-11-03", "--maildir", "box"}
	must(t, dir, args...)
	before := list(filepath.Join(dir, "box", "new"))
	_, stderr, code := qixian(t, dir, args...)
	if code != 1 || !strings.Contains(stderr, "it is not empty; name an empty or a new directory") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if after := list(filepath.Join(dir, "box", "new")); len(before) == 0 || len(after) != len(before) {
		t.Errorf("%d mails before, %d after", len(before), len(after))
	}
}

// TestFilesThatOthersMayWrite opens each file and directory of the configuration to everybody: nothing takes it, and
// what is said mends it.
func TestFilesThatOthersMayWrite(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "overrides.d", "10.yaml"), "obligations: {}\n")
	write(t, filepath.Join(dir, "contacts.yaml"), "contacts: {县环保局: [a@example.invalid]}\n")
	write(t, filepath.Join(dir, "qixian.yaml"), "state_dir: state\noverrides: overrides.d\ncontacts: contacts.yaml\n")
	for path, mode := range map[string]os.FileMode{
		"qixian.yaml": 0o666, "contacts.yaml": 0o602, "overrides.d": 0o777, "overrides.d/10.yaml": 0o646,
	} {
		if err := os.Chmod(filepath.Join(dir, path), mode); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"check"}, {"serve"}} {
			stdout, stderr, code := qixian(t, dir, append(args, "--config", "qixian.yaml")...)
			want := path + ": mode 0" + strconv.FormatInt(int64(mode), 8) + " lets others write it; chmod 0"
			if code == 0 || !strings.Contains(stdout+stderr, want) {
				t.Errorf("%v: exit %d, %s%s; want %s", args, code, stdout, stderr, want)
			}
		}
		if err := os.Chmod(filepath.Join(dir, path), mode&0o755); err != nil {
			t.Fatal(err)
		}
		must(t, dir, "check", "--config", "qixian.yaml")
	}
}

// TestKeyAdvice opens the signing key to everybody: there is one thing to do about it, and it is enough.
func TestKeyAdvice(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "qixian.yaml"), "state_dir: state\n")
	d := serve(t, dir, nil, "--config", "qixian.yaml")
	eventually(t, 30*time.Second, "the daemon is well", func() bool {
		_, _, code := qixian(t, dir, "status", "--ping", "--config", "qixian.yaml")
		return code == 0
	})
	d.stop(t)
	key := filepath.Join(dir, "state", "signing-key")
	if err := os.Chmod(key, 0o666); err != nil {
		t.Fatal(err)
	}
	stdout, _, code := qixian(t, dir, "check", "--config", "qixian.yaml")
	if code != 1 || strings.Count(stdout, "chmod") != 1 || !strings.Contains(stdout, "chmod 0600 ") {
		t.Errorf("exit %d, %s", code, stdout)
	}
}

// TestValuesAreNamed gives commands values that are wrong: each is named, with what would be right.
func TestValuesAreNamed(t *testing.T) {
	dir := t.TempDir()
	must(t, dir, "event", "add", "recall-ordered", "--unit", "县食药监局", "--ref", "1", "--state-dir", "qixian-data")
	was := notify.MadeUpAddress("县环保局")
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"mail", "test", "foo"}, 1, `"foo": `},
		{
			[]string{"contact", "clear", "foo@b.example.invalid", "--reason", "好了"},
			1,
			`no unit has the address "foo@b.example.invalid"`,
		},
		{[]string{"contact", "clear", was, "--reason", "好了"}, 1, "it is not marked as bad"},
		{
			[]string{
				"contact", "replace", "县环保局", "new@b.example.invalid", "--was", "old@b.example.invalid", "--reason", "换了",
			},
			1,
			"it goes to " + was,
		},
		{[]string{"extend", "x", "--to", "2026-11-31", "--reason", "等"}, 2, "--to: "},
		{[]string{"extend", "x", "--to", "2026/12/31 9:00", "--reason", "等"}, 2, "--to: "},
		{[]string{"extend", "x", "--to", "2026/12/31", "--reason", "等"}, 1, "no such deadline"},
		{[]string{"calendar", "add", "2026-11-30", "-1"}, 2, "calendar add -- DATE -N"},
	} {
		_, stderr, code := qixian(t, dir, tt.args...)
		if code != tt.code || !strings.Contains(stderr, tt.want) {
			t.Errorf("%v: exit %d, %s; want %d, %s", tt.args, code, stderr, tt.code, tt.want)
		}
	}
	write(
		t,
		filepath.Join(dir, "qixian.yaml"),
		"mail: {from: 政务 <a@b.example.invalid>}\nhours: {from: '17:30', to: '08:30'}\n",
	)
	stdout, _, code := qixian(t, dir, "check", "--config", "qixian.yaml")
	for _, want := range []string{
		"qixian.yaml:1:14: want from: {name: …, address: name@domain}",
		"the working hours end before they begin: from 17:30, to 08:30",
	} {
		if code != 1 || !strings.Contains(stdout, want) {
			t.Errorf("exit %d, %s; want %s", code, stdout, want)
		}
	}
}

// TestPlacesOfFiles names files and directories that are not there: each is told once, with the place of its key, beside
// whatever else is wrong.
func TestPlacesOfFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "qixian.yaml"), `ofice: 甲
overrides: nosuch1
mail:
  transport: smtp
  smtp: {host: h.example.invalid, username: u, password_file: nosuch2, ca_file: nosuch3}
`)
	stdout, _, code := qixian(t, dir, "check", "--config", "qixian.yaml")
	for _, want := range []string{
		"qixian.yaml:1:1: ",
		"qixian.yaml:2:12: overrides: ",
		"qixian.yaml:5:63: mail.smtp.password_file: read secret: there is no such file",
		"qixian.yaml:5:81: mail.smtp.ca_file: read certificate authorities",
	} {
		if code != 1 || strings.Count(stdout, want) != 1 {
			t.Errorf("exit %d, want %s in\n%s", code, want, stdout)
		}
	}
	if strings.Count(stdout, "nosuch1") != 1 || strings.Contains(stdout, "\n: ") {
		t.Errorf("told twice, or without a place:\n%s", stdout)
	}
	for _, key := range []string{"seeds", "calendar"} {
		write(t, filepath.Join(dir, "qixian.yaml"), key+": nosuch\n")
		stdout, _, code := qixian(t, dir, "check", "--config", "qixian.yaml")
		if code != 1 || !strings.HasSuffix(stdout, "problems: 1\n") || !strings.HasPrefix(stdout, "qixian.yaml:1:") {
			t.Errorf("%s: exit %d\n%s", key, code, stdout)
		}
	}
}
