package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qixian/configs"
)

// TestServiceUser reads whom a unit runs the daemon as, and takes no unit of another configuration.
func TestServiceUser(t *testing.T) {
	unit := filepath.Join(t.TempDir(), "qixian.service")
	for text, want := range map[string]string{
		"ExecStart=qixian serve --config /etc/qixian/qixian.yaml\nDynamicUser=yes\n":             "qixian",
		"ExecStart=qixian serve --config /etc/qixian/qixian.yaml\nDynamicUser=yes\nUser=clerk\n": "clerk",
		"ExecStart=qixian serve --config /etc/qixian/qixian.yaml\n#User=other\n":                 "root",
		"ExecStart=qixian serve --config /etc/other.yaml\nUser=clerk\n":                          "",
	} {
		if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := serviceUser(
			[]string{"/none", unit},
			"/etc/qixian/qixian.yaml",
		); got != want ||
			ok != (want != "") {
			t.Errorf("%q: %q, %t", text, got, ok)
		}
	}
	if shipped, ok := serviceUser(
		[]string{"../../../configs/qixian.service"},
		"/etc/qixian/qixian.yaml",
	); shipped != "qixian" ||
		!ok {
		t.Errorf("the shipped unit: %q, %t", shipped, ok)
	}
}

// TestLookAs names every file that a service without rights cannot read, and for a secret the way by which it gets it.
func TestLookAs(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	prepare(t, dir)
	cfg := configs.Default(filepath.Join(dir, "state"))
	cfg.Contacts, cfg.Overrides, cfg.Mail.Templates = filepath.Join(
		dir,
		"contacts.yaml",
	), filepath.Join(
		dir,
		"overrides",
	), filepath.Join(
		dir,
		"templates",
	)
	cfg.Mail.SMTP.CAFile, cfg.Web.Accounts = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "none.yaml")
	cfg.Mail.SMTP.PasswordFile, cfg.Mail.Inbox.PasswordFile = configs.Secret(
		filepath.Join(dir, "password"),
	), "credential:imap"
	cfg.ResolveState()
	for path, mode := range map[string]os.FileMode{"overrides": 0o755, "overrides/a.yaml": 0o600, "templates": 0o700, "ca.pem": 0o644} {
		if err := os.Chmod(filepath.Join(dir, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	eyes, known := EyesOf("no-such-user")
	if known {
		t.Fatal("there is a user of this name")
	}
	got := LookAs(cfg, eyes).Err().Error()
	for _, want := range []string{
		"contacts.yaml keeps the service's user no-such-user out (owner ", "overrides/a.yaml keeps", "templates keeps",
		"password keeps the service's user no-such-user out", "LoadCredential=NAME:" + filepath.Join(dir, "password") + " in the unit",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	for _, not := range []string{"ca.pem", "imap", "none.yaml", "signing"} {
		if strings.Contains(got, not) {
			t.Errorf("%s is said in\n%s", not, got)
		}
	}
}
