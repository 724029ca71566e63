package main_test

import (
	"bytes"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestServeOnDefaults is what a newcomer sees: real mails in a real mailbox, on any day and at any hour, and commands
// that work meanwhile.
func TestServeOnDefaults(t *testing.T) {
	dir := t.TempDir()
	notify, env := notifySocket(t)
	d := serve(t, dir, env)
	box := filepath.Join(dir, "qixian-data", "mail", "new")
	eventually(t, 10*time.Second, "a mail arrives", func() bool { return len(list(box)) > 0 })
	await(t, notify, "READY=1")
	await(t, notify, "WATCHDOG=1")

	out := d.output(t)
	if !strings.Contains(out, "due next:") || !strings.Contains(out, "mails go to: ") {
		t.Errorf("it does not say what is due next and where the mails are:\n%s", out)
	}
	overview := ""
	for _, name := range list(box) {
		m := readMail(t, filepath.Join(box, name))
		if m.Header.Get("X-Qixian-Kind") == "overview" {
			overview = m.Header.Get("To")
		}
		for _, h := range []string{"Message-Id", "Date", "Subject", "From", "To"} {
			if m.Header.Get(h) == "" {
				t.Errorf("%s: no %s", name, h)
			}
		}
		if got := m.Header.Get("Auto-Submitted"); got != "auto-generated" {
			t.Errorf("Auto-Submitted: %q", got)
		}
	}
	if overview == "" {
		t.Error("the office got no overview")
	}

	added := must(
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
		"大气污染防治办法",
	)
	if !strings.Contains(added, "policy-interpretation@e") {
		t.Fatalf("event add:\n%s", added)
	}
	if again := must(
		t,
		dir,
		"event",
		"add",
		"policy-published",
		"--unit",
		"县环保局",
		"--ref",
		"宁政发〔2026〕12号",
		"--at",
		eventTime(t, dir),
	); !strings.Contains(
		again,
		"：此前已登记，",
	) {
		t.Errorf("the same event twice:\n%s", again)
	}
	key := deadlineKey(t, added, "policy-interpretation")
	if out := must(t, dir, "done", key, "--url", "https://www.example.invalid/1"); !strings.Contains(out, "办结") {
		t.Errorf("done:\n%s", out)
	}
	if _, stderr, code := qixian(t, dir, "done", key, "--url", "https://www.example.invalid/1"); code != 1 {
		t.Errorf("done twice: exit %d, %s", code, stderr)
	}
	if out := must(t, dir, "explain", key); !strings.Contains(out, "工作日") {
		t.Errorf("explain:\n%s", out)
	}
	if _, stderr, code := qixian(t, dir, "serve"); code != 1 || !strings.Contains(stderr, "another qixian serve") {
		t.Errorf("a second daemon on the same directory: exit %d, %s", code, stderr)
	}
	if code := d.stop(t); code != 0 {
		t.Errorf("stopped with %d:\n%s", code, d.output(t))
	}
	await(t, notify, "STOPPING=1")
}

// deadlineKey finds the key of a rule's deadline in what a command has printed.
func deadlineKey(t *testing.T, printed, rule string) string {
	t.Helper()
	key := regexp.MustCompile(rule + `@e[0-9a-f]+`).FindString(printed)
	if key == "" {
		t.Fatalf("no deadline of %s in\n%s", rule, printed)
	}
	return key
}

func eventTime(t *testing.T, dir string) string {
	t.Helper()
	var events []map[string]string
	decode(t, must(t, dir, "event", "list", "--format", "json"), &events)
	return events[0]["at"]
}

// TestReload breaks an override and mends it: the old plan runs on, and the exit code, the log and a mail to the office
// say so.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	override := filepath.Join(dir, "overrides.d", "10-office.yaml")
	write(t, override, "obligations:\n  air-quality: {rule: {every: month, due: {day: 20}}}\n")
	config := filepath.Join(dir, "qixian.yaml")
	write(t, config, "state_dir: state\noverrides: overrides.d\n")
	notify, env := notifySocket(t)
	d := serve(t, dir, env, "--config", config)
	await(t, notify, "READY=1")
	reload := []string{"reload", "--config", config, "--pid", pid(d)}

	good, err := os.ReadFile(override)
	if err != nil {
		t.Fatal(err)
	}
	write(t, override, "obligations:\n  air-qualty: {rule: {evry: month}}\n")
	stdout, stderr, code := qixian(t, dir, reload...)
	if code != 1 || !strings.Contains(stderr, "10-office.yaml:2:") || !strings.Contains(stderr, "air-quality") {
		t.Errorf("reload of a bad file: exit %d\n%s%s", code, stdout, stderr)
	}
	box, told := filepath.Join(dir, "state", "mail", "new"), ""
	eventually(t, 20*time.Second, "the office is told", func() bool {
		for _, name := range list(box) {
			raw, err := os.ReadFile(filepath.Join(box, name))
			if err != nil || !bytes.Contains(raw, []byte("X-Qixian-Kind: trouble")) {
				continue
			}
			if told = textOf(t, raw); strings.Contains(told, "规则文件") { // others are about the calendar
				return true
			}
		}
		return false
	})
	for _, want := range []string{
		"【系统告警】规则文件有2处错误，未生效，原规则照常执行", "■ 给系统管理员", "systemctl reload qixian",
		"10-office.yaml 第2行第3列：没有编号为“air-qualty”的事项（是否应为“air-quality”）；要新增事项，请写明 new: true",
		`10-office.yaml:2:3: no obligation "air-qualty" is known; did you mean "air-quality"?; to add one, write new: true`,
	} {
		if !strings.Contains(told, want) {
			t.Errorf("want %s in\n%s", want, told)
		}
	}
	if !strings.Contains(d.output(t), "the old plan runs on") {
		t.Errorf("the log does not say so:\n%s", d.output(t))
	}
	write(t, override, string(good))
	if stdout, stderr, code := qixian(t, dir, reload...); code != 0 {
		t.Errorf("reload of the mended file: exit %d\n%s%s", code, stdout, stderr)
	}
	await(t, notify, "RELOADING=1")
}

// notifySocket stands in for the service manager: it collects what the daemon says of itself (sd_notify(3)).
func notifySocket(t *testing.T) (<-chan string, []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	said := make(chan string, 100)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				close(said)
				return
			}
			said <- string(buf[:n])
		}
	}()
	return said, []string{"NOTIFY_SOCKET=" + path}
}

// await waits until the daemon has said word.
func await(t *testing.T, said <-chan string, word string) {
	t.Helper()
	patience := time.After(20 * time.Second)
	for {
		select {
		case s := <-said:
			if strings.Contains(s, word) {
				return
			}
		case <-patience:
			t.Fatalf("the daemon has not said %s", word)
		}
	}
}

func list(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

func readMail(t *testing.T, path string) *mail.Message {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	m, err := mail.ReadMessage(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return m
}
