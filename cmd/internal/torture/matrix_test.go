package torture_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/notify/smtp/smtptest"
	"qixian/scheduler/store"
)

// fault is one line of the matrix: a way to break things.
type fault struct {
	name string
	// on names the databases; nil: both.
	on []string
	// options changes the burst that is broken.
	options func(o *burst.Options)
	// place, if any, makes the database of the burst; else an SQLite file lies where it always does, and one MariaDB
	// serves all.
	place func(t *testing.T, r *ordeal, o *burst.Options)
	// promising is whether the fault breaks off the pass that promises the messages, which is tried again at the next
	// full minute only: so few injections meet that pass, and the others the sending.
	promising bool
	// strike injects the fault once, for the i-th time, and undoes it where it does not pass by itself.
	strike func(t *testing.T, r *ordeal, i int)
	// doubled returns how many mails the fault may have had sent again, with the same Message-ID: those that were
	// between the final dot and the record of it when it struck.
	doubled func(r *ordeal) int
	// felt is what the daemon writes, at the level of debug, where the fault has met it; nil: what it writes is not
	// looked at.
	felt *regexp.Regexp
}

// ordeal is a burst under way to which a fault happens.
type ordeal struct {
	*burst.Burst
	*rand.Rand
	driver string
	d      *burst.Daemon
	server *burst.MariaDB // nil on SQLite
	dsn    string         // by which the daemon reaches the database, if that is not the way of all others
	proxy  *proxy         // on that way, if there is one
	disk   string         // a small file system, if the database lies on one

	// as many mails are taken quickly, and what follows is in flight while the next fault comes
	quick        atomic.Int64
	injected     int
	inDoubt      int // faults that may have left one mail between the final dot and the record of it
	refused      int // mails to units that were refused for good: the office must have what they said
	maybeRefused int // mails to units that may have been taken as refused for good
}

// TestMatrix breaks a burst in every way there is, on every database, and counts what became of it.
func TestMatrix(t *testing.T) {
	torture(t)
	shared := burst.StartMariaDB(t)
	for _, f := range slices.Concat(daemonFaults(), smtpFaults(), databaseFaults()) {
		for _, driver := range []string{store.SQLite, store.MySQL} {
			if f.on != nil && !slices.Contains(f.on, driver) {
				continue
			}
			t.Run(f.name+"/"+driver, func(t *testing.T) {
				t.Parallel()
				f.run(t, driver, shared)
			})
		}
	}
}

// patience is how long one step may take: on a busy machine, with a lock that is held for long.
const patience = 10 * time.Minute

func (f fault) run(t *testing.T, driver string, shared *burst.MariaDB) {
	random, seed := torture(t)
	began := time.Now()
	// A message in doubt rests for a day by the daemon's clock, so that its one resend comes when the fault is over.
	o := burst.Options{Driver: driver, Units: 10 * injections, Alarms: 10, ResendAfter: 24 * time.Hour}
	r := &ordeal{Rand: random, driver: driver}
	if f.options != nil {
		f.options(&o)
	}
	if f.felt != nil {
		o.Config = "log: {level: debug}"
	}
	switch {
	case f.place != nil:
		f.place(t, r, &o)
	case driver == store.MySQL:
		r.server, o.DSN = shared, shared.DSN(t)
	}
	r.Burst = burst.New(t, o)
	r.Sink.Pace(r.dawdle)
	early := 0
	if f.promising {
		early = 1 + injections/25
		r.breakPromises(t, f, early)
	} else {
		r.serve(t)
	}
	for i := early; i < injections; i++ {
		// Spread over nine tenths of the burst, so that mails are under way to the end.
		at := r.Promised() * 9 / 10 * (100*i + r.IntN(100)) / (100 * injections)
		r.quick.Store(int64(at))
		r.AwaitMails(t, at, patience)
		if f.doubled != nil {
			r.Look(t)
		}
		if r.Sink.Count() >= r.Promised() {
			t.Fatalf("all mails have arrived after %d injections", r.injected)
		}
		f.strike(t, r, i)
		r.injected++
	}
	r.Sink.Mend()
	r.Sink.Pace(nil)
	if !r.d.Running() {
		r.serve(t)
	}
	a := r.Finish(t, patience)
	most := 0
	if f.doubled != nil {
		most = f.doubled(r)
	}
	if !a.Good() || a.Doubled > most || a.Office < r.refused || a.Office > r.refused+r.maybeRefused {
		t.Errorf(
			"%s; at most %d mails were in doubt, %d were refused, and %d may have been",
			a,
			most,
			r.refused,
			r.maybeRefused,
		)
	}
	if f.felt != nil {
		met := len(f.felt.FindAllString(r.d.Log(), -1))
		t.Logf("the daemon has met the fault %d times", met)
		if met < r.injected/10 {
			t.Errorf("%d injections, and the daemon has met the fault %d times", r.injected, met)
		}
	}
	t.Log(a)
	results.add(
		row{
			f.name,
			map[string]string{store.SQLite: "SQLite", store.MySQL: "MariaDB"}[driver],
			r.injected,
			a,
			time.Since(began),
			seed,
		},
	)
}

// dawdle has the mail server take few mails a second while a fault is injected, so that the burst outlasts the faults.
func (r *ordeal) dawdle() {
	if int64(r.Sink.Count()) > r.quick.Load() {
		time.Sleep(100 * time.Millisecond)
	}
}

// breakPromises injects a fault while messages are promised, with a mail server that takes none yet.
func (r *ordeal) breakPromises(t *testing.T, f fault, times int) {
	t.Helper()
	r.Sink.On(smtptest.Fault{At: smtptest.Greeting, Reply: "421 4.3.2 not yet", Drop: true})
	r.serve(t)
	for i := range times {
		r.AwaitPromised(t, 1+r.Promised()*(100*i+r.IntN(80))/(100*times), patience)
		f.strike(t, r, i)
		r.injected++
	}
	r.AwaitPromised(t, r.Promised(), patience)
	r.Sink.Mend()
}

// serve starts the daemon, or starts it again.
func (r *ordeal) serve(t *testing.T) {
	t.Helper()
	if r.dsn != "" {
		r.d = r.ServeOn(t, "one", r.dsn)
		return
	}
	r.d = r.Serve(t, "one")
}

// between draws a duration.
func (r *ordeal) between(low, high time.Duration) time.Duration {
	return low + time.Duration(r.Int64N(int64(high-low)+1))
}

// pick draws one of several.
func pick[T any](r *ordeal, from ...T) T { return from[r.IntN(len(from))] }

// each is the bound of a fault that may leave in doubt, every time, all that can be.
func each(r *ordeal) int { return r.injected * r.InDoubt() }

// doubts is the bound of a fault that leaves a mail in doubt now and then.
func doubts(r *ordeal) int { return r.inDoubt }
