// Package burst is a harness for tests that break things: the real program, built as it is shipped, on a real database,
// in the middle of many reminders to many units, with a mail server that keeps what arrives. What became of the
// reminders is counted from what arrived and from the database, never from what the daemon says of itself.
package burst

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"qixian/notify/smtp/smtptest"
	"qixian/scheduler/store"
)

// Office is the address of the office that gets what a unit cannot.
const Office = "office@example.invalid"

// Options say how large a burst is and what it runs on. Zero values mean the defaults.
type Options struct {
	Driver string // store.SQLite, the default, or store.MySQL
	DSN    string // of an empty database on a MySQL
	Units  int    // default 50
	Alarms int    // default 10; each unit is reminded of each

	Sink  smtptest.Options // what the mail server offers; with StartTLS the program insists on it
	Relay string           // host:port of another mail server that takes the place of the burst's own
	// where the state directories and an SQLite file lie; default: a directory of the burst's own
	Dir    string
	Config string // further lines of the configuration file

	Connections int           // to the mail server, of each daemon; default 4, as the program's
	Look        time.Duration // how often the outbox is looked at between passes; default 1 s
	ResendAfter time.Duration // default 10 min
	Timeout     time.Duration // of the mail server for one message; default 10 s

	OwnClocks bool // each daemon has a clock of its own, as hosts have; else one clock is everybody's
}

// Burst is a catalogue with events on record, whose reminders are to be sent.
type Burst struct {
	Sink  *smtptest.Server
	Clock *Clock // of the commands, and of all daemons unless they have their own

	o      Options
	dir    string
	before map[string]string // deadlines, before anything was broken

	finishing bool // nothing is broken any more

	mu      sync.Mutex
	daemons []*Daemon
	clocks  map[string]*Clock
	listed  map[string]bool // messages that `qixian status` has shown as uncertain, by key
	held    map[string]bool // messages that the database had as uncertain when it was asked
}

// New makes a burst: files, a mail server, and a database in which the events stand. No daemon runs yet, and nothing is
// promised.
func New(t testing.TB, o Options) *Burst {
	t.Helper()
	if built.binary == "" {
		t.Fatal("there is no program: TestMain must call burst.Build or burst.BuildClocked")
	}
	o = defaults(o)
	b := &Burst{o: o, dir: t.TempDir(), clocks: map[string]*Clock{}, listed: map[string]bool{}, held: map[string]bool{}}
	if b.o.Dir == "" {
		b.o.Dir = b.dir
	}
	b.Clock = newClock(t, filepath.Join(b.dir, "clock"))
	b.Sink = smtptest.New(t, o.Sink).Listen(t)
	b.catalogue(t)
	b.configure(t, commands, o.DSN)
	b.Run(t, "event", "add", "--from-csv", filepath.Join(b.dir, "alarms.csv"))
	b.before = b.deadlines(t)
	if len(b.before) != o.Alarms {
		t.Fatalf("%d deadlines of %d events", len(b.before), o.Alarms)
	}
	t.Cleanup(func() { b.tell(t) })
	return b
}

func defaults(o Options) Options {
	if o.Driver == "" {
		o.Driver = store.SQLite
	}
	if o.Units == 0 {
		o.Units = 50
	}
	if o.Alarms == 0 {
		o.Alarms = 10
	}
	if o.ResendAfter == 0 {
		o.ResendAfter = 10 * time.Minute
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Look == 0 {
		o.Look = time.Second
	}
	if o.Connections == 0 {
		o.Connections = 4
	}
	return o
}

// Promised is how many reminders there are.
func (b *Burst) Promised() int { return b.o.Units * b.o.Alarms }

// DSN names the burst's database, on a MySQL.
func (b *Burst) DSN() string { return b.o.DSN }

// Dir holds the catalogue (catalogue/), the contacts and the configuration files: what a reload reads.
func (b *Burst) Dir() string { return b.dir }

// commands is the name of the configuration that commands have.
const commands = "commands"

// Run runs one command of the program on the burst's configuration, which must succeed, and returns what it printed.
func (b *Burst) Run(t testing.TB, args ...string) string {
	t.Helper()
	out, err := b.Try(args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Try is Run for a command that may fail; the error holds what it printed.
func (b *Burst) Try(args ...string) (string, error) {
	cmd := exec.Command(built.binary, append(args, "--config", filepath.Join(b.dir, commands+".yaml"))...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), clockVariable+"="+b.Clock.path)
	cmd.WaitDelay = time.Second
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	late := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf(
			"qixian %s: %w\n%s%s",
			strings.Join(args, " "),
			err,
			out.String(),
			errOut.String(),
		)
	}
	return out.String(), nil
}

// Pass lets time pass for everybody.
func (b *Burst) Pass(t testing.TB, by time.Duration) {
	t.Helper()
	b.Clock.Pass(t, by)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.clocks {
		c.Pass(t, by)
	}
}

// clock returns the clock of a daemon.
func (b *Burst) clock(t testing.TB, name string) *Clock {
	t.Helper()
	if !b.o.OwnClocks {
		return b.Clock
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.clocks[name] == nil {
		b.clocks[name] = newClock(t, filepath.Join(b.dir, name+".clock"))
	}
	return b.clocks[name]
}

// running are the daemons that run.
func (b *Burst) running() []*Daemon {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ds []*Daemon
	for _, d := range b.daemons {
		if d.Running() {
			ds = append(ds, d)
		}
	}
	return ds
}

// tell keeps what each daemon wrote where it is asked for, and logs the end of it if the test has failed.
func (b *Burst) tell(t testing.TB) {
	logs, err := filepath.Glob(filepath.Join(b.dir, "*.log"))
	if err != nil {
		t.Log(err)
	}
	for _, path := range logs {
		data, err := os.ReadFile(path)
		if err = errors.Join(err, keep(t.Name(), path, data)); err != nil {
			t.Log(err)
		}
		if t.Failed() {
			t.Logf("%s\n%s", path, data[max(0, len(data)-8000):])
		}
	}
}
