package app

import (
	"runtime/debug"
	"testing"
)

// TestMemory holds that what work takes is given back, and never while mails go out.
func TestMemory(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(atRest)
	defer debug.SetGCPercent(before)
	percent := func() int {
		now := debug.SetGCPercent(atRest)
		debug.SetGCPercent(now)
		return now
	}
	m := &memory{}
	var sent func()
	for i, step := range []struct {
		do   func()
		want int
	}{
		{m.rest, atRest},
		{m.work, atWork},
		{m.rest, atRest},
		{func() { sent = m.send() }, atWork},
		{m.work, atWork},
		{m.rest, atWork},
		{func() { sent() }, atRest},
		{func() { sent = m.send() }, atWork},
		{func() { sent() }, atWork},
		{m.rest, atRest},
		{m.rest, atRest},
	} {
		if step.do(); percent() != step.want {
			t.Errorf("step %d: %d %%, want %d", i, percent(), step.want)
		}
	}
	t.Setenv("GOGC", "50")
	if m.work(); percent() != atRest {
		t.Errorf("GOGC is set, and it is %d %%", percent())
	}
}
