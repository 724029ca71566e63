package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPing asks after the daemon of a state directory: one that is not there, that starts, is well, is not, has fallen
// silent, and has ended.
func TestPing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	now := time.Date(2018, time.November, 9, 9, 0, 0, 0, time.UTC)
	at := now
	expect := func(want string) {
		t.Helper()
		err := Ping(Source{StateDir: dir}, at)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	expect("no daemon runs on")
	if _, err := os.Stat(dir); err == nil {
		t.Error("asking has made the directory")
	}
	unlock, err := lockDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	expect("its first pass has not ended")
	leave := func(wrong error) {
		t.Helper()
		if err := leaveHealth(dir, now, wrong); err != nil {
			t.Fatal(err)
		}
	}
	leave(nil)
	expect("")
	leave(errHalted)
	expect(errHalted.Error())
	leave(nil)
	// a clock that was set back says nothing of the daemon
	for _, off := range []time.Duration{tickPatience, -tickPatience} {
		at = now.Add(off)
		expect("")
		at = now.Add(off + off/10)
		expect("has said nothing of itself since 2018-11-09 09:00:00")
	}
	at = now
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	expect("chmod 0775 " + dir)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	expect("no daemon runs on")
	for range 100 { // a daemon that starts while others ask gets its lock
		expect("no daemon runs on")
		unlock, err := lockDirectory(dir)
		if err := errors.Join(err, forgetHealth(dir)); err != nil {
			t.Fatal(err)
		}
		expect("its first pass has not ended")
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
	}
}
