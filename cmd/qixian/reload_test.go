package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReloadTells reloads a running daemon as administrators do: its word comes where no secret can be read, names what
// takes a restart and what was refused, and a reload that looks elsewhere says so and makes nothing.
func TestReloadTells(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "qixian.yaml")
	write(t, config, "state_dir: state\n")
	notify, env := notifySocket(t)
	d := serve(t, dir, env, "--config", config)
	await(t, notify, "READY=1")

	secret := filepath.Join(dir, "secret.yaml")
	write(
		t,
		secret,
		"state_dir: state\ndatabase: {driver: mysql, dsn_file: credential:dsn}\nmail: {smtp: {host: h, username: u, password_file: credential:p}}\n",
	)
	if stdout, stderr, code := qixian(
		t,
		dir,
		"reload",
		"--config",
		secret,
		"--pid",
		pid(d),
	); code != 0 ||
		stdout+stderr != "" {
		t.Errorf("where no secret can be read: exit %d\n%s%s", code, stdout, stderr)
	}

	write(
		t,
		config,
		"state_dir: state\noffice_contact: 电话1\nsigning_key_file: other\nmail: {retry_interval: 11s}\nlog: {level: debug}\n",
	)
	for range 2 { // the second time as well: nobody has started it again
		_, stderr, code := qixian(t, dir, "reload", "--config", config, "--pid", pid(d))
		if want := "these changes take a restart: mail.retry_interval, signing_key_file\n"; code != 0 ||
			!strings.HasSuffix(stderr, want) {
			t.Errorf("exit %d, want %s in\n%s", code, want, stderr)
		}
	}
	if log := d.output(t); !strings.Contains(log, `keys="mail.retry_interval signing_key_file"`) {
		t.Errorf("the log does not name them:\n%s", log)
	}

	elsewhere := t.TempDir()
	_, stderr, code := qixian(t, elsewhere, "reload", "--pid", pid(d))
	if code != 1 || !strings.Contains(stderr, "the daemon was signalled") ||
		!strings.Contains(stderr, "give the daemon's with --config") {
		t.Errorf("without --config: exit %d\n%s", code, stderr)
	}
	if made := list(elsewhere); len(made) > 0 {
		t.Errorf("without --config it made %v", made)
	}
	if err := os.WriteFile(config, []byte("state_dir: state\noffice: 某单位\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := qixian(
		t,
		dir,
		"reload",
		"--config",
		secret,
		"--pid",
		pid(d),
	); code != 1 ||
		!strings.Contains(stderr, "某单位") {
		t.Errorf("refused: exit %d\n%s", code, stderr)
	}
}
