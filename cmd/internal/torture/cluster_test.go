package torture_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/notify/smtp/smtptest"
	"qixian/scheduler/store"
)

const (
	// leaseTimeout is longer than a daemon is frozen, so that no time-out hides what a lease that has ended does.
	leaseTimeout = time.Minute
	// lease is what the daemons make of that.
	lease = 10*time.Minute + 2*leaseTimeout
	// resendAfter is when they send once more what is uncertain.
	resendAfter = 10 * time.Minute
)

var trio = []string{"one", "two", "three"}

// clusterOptions is a burst of 5,000 reminders to 500 units for 50 injections, and of fewer for fewer.
func clusterOptions(dsn string) burst.Options {
	return burst.Options{
		Driver:      store.MySQL,
		DSN:         dsn,
		Units:       min(500, 10*injections),
		Alarms:      10,
		Connections: 1,
		Timeout:     leaseTimeout,
		ResendAfter: resendAfter,
	}
}

// TestDaemonsShare lets three daemons send what one has sent before, with nothing in their way, to a mail server that
// takes its time for each mail.
func TestDaemonsShare(t *testing.T) {
	_, seed := torture(t)
	db := burst.StartMariaDB(t)
	rate := map[int]float64{}
	for _, n := range []int{1, len(trio)} {
		dsn := db.DSN(t)
		f := newFleet(t, clusterOptions(dsn))
		b, began := f.b, time.Now()
		b.Sink.On(smtptest.Fault{At: smtptest.Final, Hold: func(string) { time.Sleep(10 * time.Millisecond) }})
		for _, name := range trio[:n] {
			f.serve(t, name, dsn)
		}
		b.AwaitMails(t, 1, time.Minute)
		begun := time.Now()
		b.AwaitMails(t, b.Promised(), patience)
		rate[n] = float64(b.Promised()) / time.Since(begun).Seconds()
		f.finish(t, row{fault: fmt.Sprintf("none, %d daemons", n), database: store.MySQL, seed: seed}, began, 0)
	}
	t.Logf(
		"one daemon sends %.0f mails a second, three send %.0f: %.2f times as many",
		rate[1],
		rate[3],
		rate[3]/rate[1],
	)
}

// TestDaemonKilled kills one of three again and again, and starts it anew.
func TestDaemonKilled(t *testing.T) {
	dice, seed := torture(t)
	begun := time.Now()
	dsn := burst.StartMariaDB(t).DSN(t)
	f := newFleet(t, clusterOptions(dsn))
	for _, name := range trio {
		f.serve(t, name, dsn)
	}
	f.again(t, dice, injections, func(int) {
		victim := trio[dice.IntN(len(trio))]
		f.daemon(victim).Kill()
		time.Sleep(time.Duration(dice.IntN(100)) * time.Millisecond) // dead for a moment, or for a while
		f.serve(t, victim, dsn)
	})
	f.finish(
		t,
		row{fault: "three daemons, one killed", database: store.MySQL, injected: injections, seed: seed},
		begun,
		injections,
	)
}

// TestDaemonFrozen freezes one of three until the others have taken what it had in its hands, and lets it wake up: it
// must not send that.
func TestDaemonFrozen(t *testing.T) {
	for _, tt := range []struct {
		name    string
		points  []smtptest.Verb // at which it waits for the mail server when it is frozen; none: wherever it is
		doubled bool            // the mail is out already: it may arrive, and be sent once more by who takes it over
	}{
		{"before the content", []smtptest.Verb{smtptest.MAIL, smtptest.DATA}, false},
		{"with the content under way", []smtptest.Verb{smtptest.Content, smtptest.Final}, true},
		{"at any moment", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dice, seed := torture(t)
			begun := time.Now()
			// A daemon that is frozen in the midst of a transaction keeps its locks until the server hears nothing of
			// it for so long.
			dsn := burst.StartMariaDB(t).DSN(t) + "?wait_timeout=3"
			f := newFleet(t, clusterOptions(dsn))
			for _, name := range trio {
				f.serve(t, name, dsn)
			}
			f.ready(t)
			f.again(t, dice, injections, func(i int) { f.freeze(t, dice, dsn, tt.points, i == injections-1) })
			most := 0
			if tt.doubled {
				most = injections
			}
			f.finish(
				t,
				row{
					fault:    "three daemons, one frozen past its lease " + tt.name,
					database: store.MySQL,
					injected: injections,
					seed:     seed,
				},
				begun,
				most,
			)
		})
	}
}

// freeze stops a daemon past its lease and lets it wake up; the last time when all is done. One that had not sent the
// final dot sends nothing more on that connection.
func (f *fleet) freeze(t *testing.T, dice *rand.Rand, dsn string, points []smtptest.Verb, last bool) {
	t.Helper()
	victim, client := trio[dice.IntN(len(trio))], ""
	release := func() {}
	var point smtptest.Verb
	if len(points) > 0 {
		point = points[dice.IntN(len(points))]
		client, release = f.stop(t, point)
		victim = f.whose(client)
	}
	d := f.daemon(victim)
	d.Freeze()
	held := f.holds(t, dsn, victim)
	if client != "" && len(held) == 0 {
		t.Errorf("frozen at %s, daemon %s holds nothing", point, victim)
	}
	f.outwait(t, dsn, victim, held)
	if last { // what is sent once more comes after all that has not been sent yet
		f.quota.Store(int64(f.b.Promised()))
		f.settled(t, dsn, held)
	}
	if dice.IntN(2) == 0 { // the mail server's answer is there when it wakes up, or comes after
		release()
		d.Thaw()
	} else {
		d.Thaw()
		release()
	}
	if client == "" || point == smtptest.Content || point == smtptest.Final {
		return
	}
	before := f.on(client)
	eventually(
		t,
		time.Minute,
		"the daemon that woke up has hung up or gone on",
		func() bool { return !owns(d.PID(), client, f.b.Sink.Port()) || f.on(client) > before },
	)
	if n := f.on(client) - before; n > 0 {
		t.Errorf("frozen at %s past its lease, daemon %s woke up and sent %d mails on", point, victim, n)
	}
}

// stop lets the mail server keep somebody waiting at a point of the conversation, and returns whom, and what ends the
// wait.
func (f *fleet) stop(t *testing.T, point smtptest.Verb) (client string, release func()) {
	t.Helper()
	stopped, end := make(chan string, 1), make(chan struct{})
	release = sync.OnceFunc(func() { close(end) })
	t.Cleanup(release) // the mail server does not close before
	f.b.Sink.On(smtptest.Fault{At: point, Times: 1, Hold: func(client string) {
		stopped <- client
		<-end
	}})
	select {
	case client = <-stopped:
	case <-time.After(time.Minute):
		t.Fatalf("nobody has come to %s", point)
	}
	return client, release
}

// outwait lets time pass until none of what a daemon had in its hands is in its hands any more.
func (f *fleet) outwait(t *testing.T, dsn, name string, held []string) {
	t.Helper()
	for range 20 {
		f.b.Pass(t, lease/2)
		for range 25 {
			now := f.holds(t, dsn, name)
			if !slices.ContainsFunc(held, func(h string) bool { return slices.Contains(now, h) }) {
				f.b.Look(t)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	t.Errorf("after ten leases, daemon %s still holds some of %v", name, held)
}

// settled lets time pass until others have sent what was in the hands of one that sleeps: its one resend as well, for
// which Await does not pass the time while faults go on.
func (f *fleet) settled(t *testing.T, dsn string, held []string) {
	t.Helper()
	for _, h := range held {
		id, _, _ := strings.Cut(h, " ")
		message := "SELECT id FROM messages WHERE id = " + id
		f.b.Await(t, "message "+id+" is settled", patience, func() bool {
			if len(query(t, dsn, message+" AND state = 'pending' AND uncertain = 1")) > 0 {
				f.b.Pass(t, resendAfter)
				time.Sleep(2 * time.Second) // by then somebody has looked at the outbox
			}
			return len(query(t, dsn, message+" AND state IN ('pending', 'claimed', 'sending')")) == 0
		})
	}
}

// on is how many mails have come by a connection.
func (f *fleet) on(client string) int {
	n := 0
	for _, m := range f.b.Sink.Mails() {
		if m.Client == client {
			n++
		}
	}
	return n
}

// finish counts, and holds what must hold after any fault.
func (f *fleet) finish(t *testing.T, r row, begun time.Time, mostDoubled int) {
	t.Helper()
	r.account = f.b.Finish(t, 5*time.Minute)
	r.took = time.Since(begun)
	results.add(r)
	t.Log(r.account)
	if !r.account.Good() || r.account.Doubled > mostDoubled {
		t.Errorf("%s, %d times: %s; at most %d may be doubled", r.fault, r.injected, r.account, mostDoubled)
	}
	f.checkShares(t)
}
