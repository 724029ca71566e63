package main_test

import (
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
