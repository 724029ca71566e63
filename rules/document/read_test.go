package document_test

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

// within fails if f is not done in ten seconds: whoever waits for a pipe waits for ever.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it hangs")
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, size int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe, held := filepath.Join(dir, "pipe"), filepath.Join(dir, "held")
	for _, path := range []string{pipe, held} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	writer, err := os.OpenFile(held, os.O_RDWR, 0) // somebody has it open and writes nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = writer.Close() }()
	giant := file("giant", 0)
	if err := os.Truncate(giant, 1<<40); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ path, want string }{
		"the largest file":                  {file("largest", 1<<20), ""},
		"one byte more":                     {file("more", 1<<20+1), "it has 1048577 bytes; at most 1048576 are read"},
		"a terabyte":                        {giant, "it has 1099511627776 bytes; at most 1048576 are read"},
		"a pipe that nobody writes to":      {pipe, "it is no regular file"},
		"a pipe that somebody has open":     {held, "it is no regular file"},
		"a device without an end":           {"/dev/zero", "it is no regular file"},
		"a directory":                       {dir, "it is no regular file"},
		"a file that grows as it is read":   {"/proc/self/mem", "read /proc/self/mem"},
		"a file that says it has no length": {"/proc/self/cmdline", ""},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func() {
				_, err := document.Read(tc.path)
				if got := message(err); !strings.Contains(got, tc.want) || (err == nil) != (tc.want == "") {
					t.Errorf("%q, want %q", got, tc.want)
				}
				dir, base := filepath.Split(tc.path)
				if strings.HasPrefix(dir, "/dev") || strings.HasPrefix(dir, "/proc") || base == "pipe" {
					return // opening a pipe is for the file system; see app
				}
				if _, err := document.ReadIn(
					os.DirFS(dir),
					base,
				); !strings.Contains(message(err), tc.want) ||
					(err == nil) != (tc.want == "") {
					t.Errorf("in a file system %v, want %q", err, tc.want)
				}
			})
		})
	}
	if _, err := document.Read(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent file: %v", err)
	}
	if _, err := document.ReadIn(fstest.MapFS{}, "absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent file of a file system: %v", err)
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
