package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestDenied runs check as a user without rights: what it may not read is told from what is not there, and a secret's
// way is named.
func TestDenied(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	dir := t.TempDir()
	program, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "qixian"), string(program))
	write(t, filepath.Join(dir, "password"), "secret")
	write(t, filepath.Join(dir, "contacts.yaml"), "contacts: {县政府办公室: [a@example.invalid]}")
	write(t, filepath.Join(dir, "closed", "dkim"), "key")
	write(t, filepath.Join(dir, "overrides.d", "a.yaml"), "obligations: {}")
	config := filepath.Join(dir, "qixian.yaml")
	write(
		t,
		config,
		"contacts: contacts.yaml\noverrides: overrides.d\nstate_dir: state\nmail: {transport: smtp, smtp: {host: h, username: u, password_file: password, dkim: {domain: d, selector: s, key_file: closed/dkim}}}\n",
	)
	for path, mode := range map[string]os.FileMode{filepath.Dir(dir): 0o755, dir: 0o755, "qixian": 0o755, "qixian.yaml": 0o644, "password": 0o600, "contacts.yaml": 0o600, "closed": 0o700, "overrides.d": 0o755, "overrides.d/a.yaml": 0o600} {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "qixian"), "check", "--config", config)
		cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s is missing in\n%s", w, out.String())
			}
		}
		if strings.Contains(out.String(), "no such file") {
			t.Errorf("something is called absent:\n%s", out.String())
		}
	}
	check(
		"contacts.yaml keeps user 65534 out (owner 0, group 0, mode 0600)",
		"overrides.d/a.yaml: cannot be read: permission denied",
	)
	for _, name := range []string{"contacts.yaml", "overrides.d/a.yaml"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check(
		"password keeps user 65534 out (owner 0, group 0, mode 0600); a service gets a secret by LoadCredential=NAME:FILE",
		"closed keeps user 65534 out",
	)
	if stdout, stderr, _ := qixian(
		t,
		dir,
		"check",
		"--config",
		config,
		"--as",
		"no-such-user",
	); !strings.Contains(stdout, "LoadCredential=NAME:"+filepath.Join(dir, "password")) ||
		!strings.Contains(stderr, "DynamicUser") {
		t.Errorf("as root: %s%s", stdout, stderr)
	}
	if err := os.Chmod(config, 0o600); err != nil {
		t.Fatal(err)
	}
	check("qixian.yaml keeps user 65534 out")
}
