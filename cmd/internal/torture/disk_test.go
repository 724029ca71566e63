package torture_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
)

// mount makes a small file system in memory, for as long as the test runs.
func mount(t *testing.T, size string) string {
	t.Helper()
	administrator(t)
	dir := t.TempDir()
	as(t, "mount", "-t", "tmpfs", "-o", "mode=0700,size="+size, "qixian-torture", dir)
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "--lazy", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v\n%s", err, out)
		}
	})
	return dir
}

// rooted places the burst as ever, for a fault that takes root.
func rooted(t *testing.T, _ *ordeal, _ *burst.Options) {
	t.Helper()
	administrator(t)
}

// onDisk places the state directory and an SQLite database on a small disk.
func onDisk(t *testing.T, r *ordeal, o *burst.Options) {
	t.Helper()
	r.disk = mount(t, "256m")
	o.Dir = r.disk
}

// serverOnDisk places a MariaDB's data on a small disk.
func serverOnDisk(t *testing.T, r *ordeal, o *burst.Options) {
	t.Helper()
	r.disk = mount(t, "512m")
	r.server = burst.NewMariaDB(t, r.disk)
	o.DSN = r.server.DSN(t)
}

// fillDisk leaves no room at all for a moment.
func fillDisk(t *testing.T, r *ordeal, _ int) {
	path := filepath.Join(r.disk, "full")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	block := make([]byte, 1<<20)
	for size := len(block); size > 0; {
		if _, err := f.Write(block[:size]); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(r.between(100*time.Millisecond, 1500*time.Millisecond))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if r.server == nil {
		return
	}
	// It may have given up, or be about to, which takes a while, and its service manager would start it again.
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		r.server.Start(t)
	}
}

// makeFilesReadOnly lets nothing be written to the database's files: under the daemon's hands, or, as after a fault of
// the disk, by a file system that is mounted read-only when it starts.
func makeFilesReadOnly(t *testing.T, r *ordeal, i int) {
	dir := filepath.Dir(r.DatabaseFile())
	if i%5 == 4 {
		restartReadOnly(t, r, dir)
		return
	}
	files, err := filepath.Glob(r.DatabaseFile() + "*")
	if err != nil {
		t.Fatal(err)
	}
	as(t, "chattr", append([]string{"+i"}, files...)...)
	t.Cleanup(func() { _ = exec.Command("chattr", append([]string{"-i"}, files...)...).Run() }) // if the test ends here
	time.Sleep(r.between(100*time.Millisecond, 2*time.Second))
	as(t, "chattr", append([]string{"-i"}, files...)...)
}

// restartReadOnly kills the daemon, and lets it start on a file system that cannot be written, which it must refuse.
func restartReadOnly(t *testing.T, r *ordeal, dir string) {
	r.d.Kill()
	r.inDoubt++
	as(t, "mount", "--bind", dir, dir)
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() }) // if the test ends here
	as(t, "mount", "-o", "remount,bind,ro", dir)
	r.serve(t)
	for end := time.Now().Add(patience); r.d.Running(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the daemon runs on a file system that it cannot write to")
		}
	}
	as(t, "umount", dir)
	r.serve(t)
}

// as runs one command as the administrator of the machine.
func as(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// administrator skips a test that only root can do; CI is root.
func administrator(t *testing.T) {
	t.Helper()
	switch {
	case os.Geteuid() == 0:
	case os.Getenv("CI") == "true":
		t.Fatal("only root may mount a file system")
	default:
		t.Skip("only root may mount a file system")
	}
}
