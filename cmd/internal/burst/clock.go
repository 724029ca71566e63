package burst

import (
	"encoding/binary"
	"os"
	"sync"
	"testing"
	"time"
)

// clockVariable names, in the program's environment, the file of its clock.
const clockVariable = "QIXIAN_BURST_CLOCK"

// Clock is the clock of one daemon, or of all: the machine's own, but for what it was told.
type Clock struct {
	path string

	mu              sync.Mutex
	stepped, passed time.Duration
}

func newClock(t testing.TB, path string) *Clock {
	t.Helper()
	c := &Clock{path: path}
	c.set(t, 0, 0)
	return c
}

// Step sets the clock on the wall forward, or back, by whole seconds: no time passes. It is also what a machine that
// slept finds, together with Freeze and Thaw.
func (c *Clock) Step(t testing.TB, by time.Duration) {
	t.Helper()
	c.set(t, by, 0)
}

// Pass lets whole seconds pass, by the clock on the wall and by the monotonic one, so that a back-off, a lease or a
// pause ends.
func (c *Clock) Pass(t testing.TB, by time.Duration) {
	t.Helper()
	c.set(t, 0, by)
}

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.stepped + c.passed)
}

// Stepped is how far the clock on the wall is off, all steps together.
func (c *Clock) Stepped() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stepped
}

func (c *Clock) set(t testing.TB, step, pass time.Duration) {
	t.Helper()
	if !built.clock && step+pass != 0 {
		t.Fatal("the program takes the time from no Clock: TestMain must call burst.BuildClocked")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stepped += step
	c.passed += pass
	f, err := os.OpenFile(c.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	// Programs have the file mapped into memory: it is written in place.
	words := binary.NativeEndian.AppendUint64(nil, uint64(c.stepped/time.Second))
	words = binary.NativeEndian.AppendUint64(words, uint64(c.passed/time.Second))
	if _, err := f.WriteAt(words, 0); err != nil {
		t.Fatal(err)
	}
}
