package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"qixian/rules/document"
)

func put(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func hardLink(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

func TestDirectory(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "d")
	secret := put(t, filepath.Join(top, "secret"), "of the state directory")
	put(t, filepath.Join(dir, "a.yaml"), "a")
	put(t, filepath.Join(dir, "sub", "b.yaml"), "b")
	if err := fstest.TestFS(directory(dir), "a.yaml", "sub/b.yaml"); err != nil {
		t.Error(err)
	}
	hardLink(t, "sub/b.yaml", filepath.Join(dir, "beside.yaml"))
	hardLink(t, "../secret", filepath.Join(dir, "up.yaml"))
	hardLink(t, secret, filepath.Join(dir, "away.yaml"))
	hardLink(t, "..", filepath.Join(dir, "parent"))
	hardLink(t, "nowhere", filepath.Join(dir, "broken.yaml"))
	hardLink(t, "loop.yaml", filepath.Join(dir, "loop.yaml"))
	hardLink(t, "/dev/zero", filepath.Join(dir, "zero.yaml"))
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a.yaml": "", "beside.yaml": "",
		"up.yaml": "leads out of the directory", "away.yaml": "leads out of the directory", "broken.yaml": "or nowhere", "loop.yaml": "or nowhere",
		"zero.yaml": "leads out of the directory", "pipe.yaml": "no regular file", "sub": "no regular file",
		"parent/secret": "escapes", "../secret": "invalid argument", "sub/../../secret": "invalid argument", secret: "invalid argument", "": "invalid argument",
		"a.yaml\x00": "invalid argument",
	} {
		data, err := document.ReadIn(directory(dir), name)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %q, %v; want %q", name, data, err, want)
		}
	}
	if _, err := directory(filepath.Join(top, "absent")).Open("a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent directory: %v", err)
	}
}

// TestNoPipeHoldsUp puts what cannot be read wherever the configuration names a file: each is a problem that says
// where, and none is waited for.
func TestNoPipeHoldsUp(t *testing.T) {
	top := t.TempDir()
	config := filepath.Join(top, "qixian.yaml")
	put(
		t,
		config,
		"office: 县政府办公室\nseeds: seeds\ncalendar: calendar\noverrides: overrides.d\ncontacts: contacts.yaml\nmail:\n  templates: templates\n",
	)
	want := map[string]string{
		"seeds/units.yaml":     "",
		"calendar/2018.yaml":   "",
		"overrides.d/x.yaml":   "",
		"templates/digest.txt": "",
		"contacts.yaml":        "",
	}
	for name := range want {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error)
	go func() {
		_, err := Load(Source{ConfigFile: config})
		done <- err
	}()
	select {
	case err := <-done:
		for name := range want {
			if err == nil || !strings.Contains(err.Error(), filepath.Base(name)) ||
				strings.Count(err.Error(), "no regular file") != len(want) {
				t.Errorf("%s is not named: %v", name, err)
			}
		}
	case <-time.After(10 * time.Second):
		t.Fatal("loading waits for a pipe")
	}
	if _, err := Load(
		Source{ConfigFile: "/dev/zero"},
	); err == nil ||
		!strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a device as configuration: %v", err)
	}
}
