package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestOtherSigningKey has a second host, with another signing key, start on a database and restore its backup: both are
// refused, with what to do, until the key is adopted on purpose.
func TestOtherSigningKey(t *testing.T) {
	dir := t.TempDir()
	d := serve(t, dir, nil)
	box := filepath.Join(dir, "qixian-data", "mail", "new")
	eventually(t, 20*time.Second, "a mail arrives", func() bool { return len(list(box)) > 0 })
	d.stop(t)
	shown := must(t, dir, "key", "show")
	keyFile := filepath.Join(dir, "qixian-data", "signing-key")
	key, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(shown, strings.TrimSpace(string(key))) || strings.Count(shown, strings.Fields(shown)[2]) != 2 {
		t.Errorf("key show:\n%s", shown)
	}
	must(t, dir, "backup", "office.backup")

	if err := os.Remove(keyFile); err != nil { // the next start makes another
		t.Fatal(err)
	}
	if _, stderr, code := qixian(
		t,
		dir,
		"serve",
	); code != 1 || !strings.Contains(stderr, "the database is that of signing key") ||
		!strings.Contains(stderr, "qixian key adopt --reason") {
		t.Errorf("serve with another key: exit %d, %s", code, stderr)
	}
	_, stderr, code := qixian(t, dir, "restore", "office.backup", "--state-dir", "elsewhere")
	if code != 1 || !strings.Contains(stderr, "this host has no signing key") ||
		!strings.Contains(stderr, "restore --adopt-key") {
		t.Errorf("restore without the key: exit %d, %s", code, stderr)
	}
	if left := list(filepath.Join(dir, "elsewhere")); strings.Join(left, " ") != "qixian.lock" {
		t.Errorf("a refused restore left %v behind", left)
	}
	if _, _, code := qixian(t, dir, "restore", "office.backup", "--state-dir", "elsewhere", "--adopt-key"); code != 2 {
		t.Errorf("adopted without a reason: exit %d", code)
	}
	must(t, dir, "restore", "office.backup", "--state-dir", "elsewhere", "--adopt-key", "--reason", "旧机损坏")

	must(t, dir, "key", "adopt", "--reason", "密钥文件遗失")
	d = serve(t, dir, nil)
	d.stop(t)
}

// TestKeyAdoptedUnderADaemon replaces the key file of a running daemon and adopts the new key: reload names the file,
// the adoption names the daemon, and the daemon says so, lets nobody in and sends nothing until it is started anew.
func TestKeyAdoptedUnderADaemon(t *testing.T) {
	dir := t.TempDir()
	address, window := freeAddress(t), freeAddress(t)
	write(t, filepath.Join(dir, "qixian.yaml"), fmt.Sprintf(
		"state_dir: qixian-data\nwatch: {listen: %q}\nweb: {listen: %q, url: 'http://%s'}\nmail: {retry_interval: 1s}\n",
		address,
		window,
		window,
	))
	with := func(args ...string) []string { return append(args, "--config", "qixian.yaml") }
	ping := func() (string, int) {
		_, stderr, code := qixian(t, dir, with("status", "--ping")...)
		return stderr, code
	}
	box := filepath.Join(dir, "qixian-data", "mail", "new")
	d := serve(t, dir, nil, with()...)
	eventually(t, 30*time.Second, "the daemon is well", func() bool { _, code := ping(); return code == 0 })

	key := filepath.Join(dir, "qixian-data", "signing-key")
	write(t, key, strings.Repeat("ab", 32)+"\n")
	_, stderr, code := qixian(t, dir, with("reload", "--pid", pid(d))...)
	if code != 0 || !strings.Contains(stderr, "signing_key_file (the file has key ") {
		t.Errorf("reload: exit %d, %s", code, stderr)
	}
	if said, code := ping(); code != 0 {
		t.Errorf("with its own key still in the database: exit %d, %s", code, said)
	}
	out := must(t, dir, with("key", "adopt", "--reason", "密钥文件\u202e泄露")...)
	if !strings.Contains(out, "a daemon runs on ") {
		t.Errorf("key adopt:\n%s", out)
	}
	eventually(t, 30*time.Second, "the daemon says so", func() bool {
		said, code := ping()
		return code == 1 && strings.Contains(said, "the database is another signing key's")
	})
	if ready, in := status(address, "/readyz"), status(window, "/office"); ready != 503 || in != 503 {
		t.Errorf("/readyz: %d, the window: %d", ready, in)
	}
	before := len(list(box))
	must(t, dir, with("event", "add", "recall-ordered", "--unit", "县食药监局", "--ref", "1")...)
	eventually(t, 90*time.Second, "a tick passes", func() bool {
		return strings.Contains(d.output(t), "nothing is decided")
	})
	if after := len(list(box)); after != before {
		t.Errorf("%d mails under a key that is no more", after-before)
	}
	d.stop(t)

	d = serve(t, dir, nil, with()...)
	eventually(t, 30*time.Second, "the mail is sent", func() bool { return len(list(box)) > before })
	eventually(t, 30*time.Second, "it is well again", func() bool { _, code := ping(); return code == 0 })
	d.stop(t)
}
