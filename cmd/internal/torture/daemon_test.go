package torture_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
)

func daemonFaults() []fault {
	return []fault{
		{name: "kill -9 of the daemon", options: connections(4), strike: killDaemon, doubled: each},
		{name: "kill -9 of the daemon, one connection", options: connections(1), strike: killDaemon, doubled: each},
		{name: "kill -9 of the daemon, 16 connections", options: connections(16), strike: killDaemon, doubled: each},
		{name: "clock steps back and forth", strike: stepClock},
		{name: "machine asleep for three days", strike: sleep, doubled: each},
		{name: "configuration gone or nonsense", strike: spoilFiles},
	}
}

// connections has the daemon send on so many at most, and that many more mails to send: a kill leaves up to four for
// each in doubt, which rest until the last one is over, and there must be others to go on with.
func connections(n int) func(*burst.Options) {
	return func(o *burst.Options) { o.Connections, o.Units = n, o.Units*max(1, n/2) }
}

// killDaemon kills it at any moment, and starts it again.
func killDaemon(t *testing.T, r *ordeal, _ int) {
	if r.IntN(2) == 0 {
		r.during(t, r.d.Kill)
	} else {
		time.Sleep(r.between(0, 20*time.Millisecond))
		r.d.Kill()
	}
	r.Look(t)
	r.serve(t)
}

// stepClock sets the clock off by hours, in both directions, within a day of the true time, while mails are under way:
// by a clock that is behind what is on record no reminder is promised, so all are promised before.
func stepClock(t *testing.T, r *ordeal, _ int) {
	r.AwaitPromised(t, r.Promised(), patience)
	to := r.between(-24*time.Hour, 24*time.Hour).Truncate(time.Second)
	r.Clock.Step(t, to-r.Clock.Stepped())
}

// sleep stops the daemon as a machine that goes to sleep does, and lets it wake three days later, on lines that are
// dead. Every few weeks somebody sets the clock right, so that nothing is late.
func sleep(t *testing.T, r *ordeal, _ int) {
	const nap, limit = 72 * time.Hour, 30 * 24 * time.Hour
	by := nap
	if r.Clock.Stepped()+nap > limit {
		r.AwaitPromised(t, r.Promised(), patience)
		by = -r.Clock.Stepped()
	}
	night := func() {
		r.d.Freeze()
		r.Clock.Step(t, by)
		if r.IntN(2) == 0 {
			r.Sink.HangUp()
		}
		r.d.Thaw()
	}
	if r.IntN(3) > 0 {
		r.during(t, night)
		return
	}
	time.Sleep(r.between(0, 20*time.Millisecond))
	night()
}

// spoilFiles takes away, or spoils, what a reload reads, lets the daemon reload, and puts it back.
func spoilFiles(t *testing.T, r *ordeal, _ int) {
	r.Await(t, "the daemon is ready", patience, r.d.Ready) // before that it could not start without them
	name := pick(r, "catalogue", filepath.Join("catalogue", "all.yaml"), "contacts.yaml", "one.yaml")
	path := filepath.Join(r.Dir(), name)
	aside := filepath.Join(r.Dir(), "aside")
	if err := os.Rename(path, aside); err != nil {
		t.Fatal(err)
	}
	if name != "catalogue" && r.IntN(3) > 0 {
		if err := os.WriteFile(path, []byte(r.nonsense()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused := strings.Count(r.d.Log(), "reload refused")
	r.d.Reload()
	r.Await(
		t,
		"a reload of "+name+" is refused",
		patience,
		func() bool { return strings.Count(r.d.Log(), "reload refused") > refused },
	)
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(aside, path); err != nil {
		t.Fatal(err)
	}
	taken := strings.Count(r.d.Log(), "msg=reloaded")
	r.d.Reload()
	r.Await(
		t,
		"a reload is taken up",
		patience,
		func() bool { return strings.Count(r.d.Log(), "msg=reloaded") > taken },
	)
}

// nonsense is no configuration.
func (r *ordeal) nonsense() string {
	noise := make([]byte, 100+r.IntN(5000))
	for i := range noise {
		noise[i] = byte(r.IntN(256))
	}
	return pick(
		r,
		string(
			noise,
		),
		"units: [",
		"- 1\n- 2\n",
		"\x00",
		"{{{{",
		"a: &a [*a]\n",
		"office: 办公室\noffice: 办公室\n",
		"<html><body>404</body></html>",
		"units:\n\tTab: {}\n",
		strings.Repeat("[", 5000),
		"contacts: 7\nunits: 7\n",
	)
}
