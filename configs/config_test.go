package configs_test

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/configs"
	"qixian/rules/document"
)

var update = flag.Bool("update", false, "rewrite the expected messages")

// TestExample loads the example configuration as it is shipped: it says what the defaults are, so it must equal them.
func TestExample(t *testing.T) {
	got, err := configs.Load("qixian.yaml", "/unused")
	if err != nil {
		t.Fatal(err)
	}
	want := configs.Default("/var/lib/qixian")
	want.File = "qixian.yaml"
	want.Overrides, want.Contacts = "overrides.d", "contacts.yaml"
	want.ResolveState()
	want.Places, want.Web.TrustedProxiesAt = got.Places, got.Web.TrustedProxiesAt
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("the example differs from the defaults (-want +got):\n%s", diff)
	}
}

func TestContactsExample(t *testing.T) {
	got, err := configs.LoadContacts("contacts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < 3 || got[0].Unit != "县政府办公室" || got[0].At.Line == 0 {
		t.Errorf("contacts = %+v", got)
	}
}

// TestBad reads files with one mistake each; the message expected stands beside each.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			var err error
			if strings.Contains(file, "contacts-") {
				_, err = configs.LoadContacts(file)
			} else {
				_, err = configs.Load(file, "state")
			}
			if err == nil {
				t.Fatal("no problem was found")
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, readErr := os.ReadFile(golden)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if diff := cmp.Diff(string(want), err.Error()+"\n"); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The same mistakes as the office reads them.
func TestBadInChinese(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		_, err := configs.Load(file, "state")
		if strings.Contains(file, "contacts-") {
			_, err = configs.LoadContacts(file)
		}
		ps, ok := errors.AsType[document.Problems](err)
		if !ok {
			t.Fatalf("%s: %v; want problems", file, err)
		}
		all.WriteString(ps.Chinese() + "\n")
	}
	const golden = "testdata/bad-chinese.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), all.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "password")
	if err := os.WriteFile(path, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := configs.Secret(path).Read(); err != nil || got != "correct horse" {
		t.Errorf("Read() = %q, %v", got, err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if got, err := configs.Secret("credential:password").Read(); err != nil || got != "correct horse" {
		t.Errorf("credential: Read() = %q, %v", got, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := configs.Secret(path).Read(); err == nil || !strings.Contains(err.Error(), "chmod 0600") {
		t.Errorf("a file that a group may read: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := configs.Secret("credential:password").Read(); err == nil {
		t.Error("an empty secret was accepted")
	}
}

// TestSecretGuards holds whose files are believed, whatever link names them, and that nothing of them is in an error.
func TestSecretGuards(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link := func(name, to string) string {
		path := filepath.Join(dir, name)
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const secret = "do-not-print"
	good := file("good", secret, 0o600)
	if got, err := configs.Secret(link("link", good)).Read(); err != nil || got != secret {
		t.Errorf("by a link of our own: %q, %v", got, err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{
		file("read", secret, 0o644): "chmod 0600",
		link("read-link", "read"):   "chmod 0600",
		link("loop", "loop"):        "too many levels",
		link("nowhere", "none"):     "no such file",
		dir:                         "not a regular file",
		pipe:                        "not a regular file",
		link("device", "/dev/zero"): "not a regular file",
		file("large", strings.Repeat(secret, 10_000), 0o600): "larger than",
		file("blank", " \n", 0o600):                          "empty",
	}
	// Whoever writes the secret in place of its file's name must not find it in the journal.
	for _, slip := range []string{secret, "qixian:" + secret + "@tcp(127.0.0.1:3306)/qixian", strings.Repeat(secret, 100), secret + "/" + secret} {
		bad[filepath.Join(dir, slip)] = "there is no such file below " + dir + ";"
	}
	if os.Geteuid() == 0 {
		others, anothers := file("others", secret, 0o600), link("anothers", good)
		for _, path := range []string{others, anothers} {
			if err := os.Lchown(path, 12345, 12345); err != nil {
				t.Fatal(err)
			}
			bad[path] = "belongs to user 12345"
		}
	}
	for path, want := range bad {
		if got, err := configs.Secret(
			path,
		).Read(); err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %q, %v, want %q", path, got, err, want)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", filepath.Join(dir, "credentials"))
	if _, err := configs.Secret("credential:../good").Read(); err == nil {
		t.Error("a credential was read from outside the directory of credentials")
	}
}

// TestInTheClear holds where mails may be sent without encryption.
func TestInTheClear(t *testing.T) {
	for smtp, good := range map[string]bool{
		"host: 127.0.0.1, tls: none": true, "host: localhost, tls: none": true, "host: '::1', tls: none": true, "host: 10.1.2.3, tls: none": true,
		"host: 'fd00::1', tls: none": true, "host: 203.0.113.1, tls: none": false, "host: relay, tls: none": false, "host: relay, tls: in-the-clear": true,
		"host: relay, tls: in-the-clear, username: u, password_file: p": false, "host: 127.0.0.1, tls: none, username: u, password_file: p": false,
	} {
		path := filepath.Join(t.TempDir(), "qixian.yaml")
		if err := os.WriteFile(path, []byte("mail: {transport: smtp, smtp: {"+smtp+"}}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := configs.Load(path, "state")
		if (err == nil) != good || c.Mail.SMTP.TLS != "none" && good {
			t.Errorf("%s: %q, %v", smtp, c.Mail.SMTP.TLS, err)
		}
	}
}

// TestDSN holds which DSNs may stand in a configuration file.
func TestDSN(t *testing.T) {
	for dsn, good := range map[string]bool{
		"qixian@tcp(127.0.0.1:3306)/qixian": true, "qixian@tcp([::1]:3306)/qixian?tls=true": true, "qixian@unix(/run/mysqld/mysqld.sock)/qixian": true,
		"tcp(127.0.0.1:3306)/qixian": true, "qixian:p@tcp(127.0.0.1:3306)/qixian": false, "qixian:p@ss(@tcp(h:1)/q": false, "q:p": false,
		"mysql://q:p@h:1/q": false, "qixian:p/ss@unix(/s)/q": false,
	} {
		path := filepath.Join(t.TempDir(), "qixian.yaml")
		if err := os.WriteFile(path, fmt.Appendf(nil, "database: {driver: mysql, dsn: %q}\n", dsn), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := configs.Load(path, "state"); (err == nil) != good {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"qixian.yaml", "contacts.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "qixian.yaml")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := configs.Load(path, "state"); err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("an error that names no file: %v", err)
		}
		if _, err := configs.LoadContacts(path); err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("an error that names no file: %v", err)
		}
	})
}
