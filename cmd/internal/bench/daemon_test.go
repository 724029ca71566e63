package bench_test

import (
	"slices"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// patience is how long a contender may take for anything.
const patience = 3 * time.Minute

// post is a daemon and what it is to send.
type post struct {
	b  *burst.Burst
	st store.Options
}

// newPost makes a database and a configuration. The one reminder that a burst must have is not among those that are
// counted.
func newPost(t testing.TB, relay string, connections int, server *burst.MariaDB) *post {
	t.Helper()
	// as by default
	o := burst.Options{
		Driver:      store.SQLite,
		Units:       1,
		Alarms:      1,
		Connections: connections,
		Relay:       relay,
		Look:        10 * time.Second,
	}
	st := store.Options{Driver: store.SQLite}
	if server != nil {
		o.Driver, o.DSN = store.MySQL, server.DSN(t)
		st = store.Options{Driver: store.MySQL, DSN: o.DSN}
	}
	b := burst.New(t, o)
	if server == nil {
		st.Path = b.DatabaseFile()
	}
	return &post{b: b, st: st}
}

// promise puts messages into the outbox as a pass does.
func (p *post) promise(t testing.TB, ms []notify.Message) {
	t.Helper()
	st, err := store.Open(t.Context(), p.st)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	for part := range slices.Chunk(ms, 50) {
		var ps []scheduler.Promise
		for _, m := range part {
			ps = append(ps, scheduler.Promise{Key: m.Key, Messages: []notify.Message{m}})
		}
		promised, failed := st.PromiseAll(t.Context(), time.Now(), ps)
		for i := range ps {
			if !promised[i] || failed[i] != nil {
				t.Fatalf("promise %s: %v", ps[i].Key, failed[i])
			}
		}
	}
}

// run is what a run of a daemon has come to.
type run struct {
	enqueue time.Duration
	took    time.Duration // from exec to the last mail
	cpu     time.Duration
	peak    float64 // megabytes
}

// perSecond is how many mails a second went out, promising them included.
func (r run) perSecond(n int) float64 { return float64(n) / (r.enqueue + r.took).Seconds() }

// send promises messages, starts so many daemons, and waits until all has arrived. It counts what the sink and the
// reopened database have.
func (p *post) send(t testing.TB, s *sink, daemons int, ms []notify.Message) run {
	t.Helper()
	var r run
	arrived := s.await(0, ids(ms)...)
	start := time.Now()
	p.promise(t, ms)
	r.enqueue = time.Since(start)
	start = time.Now()
	var ds []*burst.Daemon
	for i := range daemons {
		ds = append(ds, p.b.Serve(t, string(rune('a'+i))))
	}
	select {
	case <-arrived:
	case <-time.After(patience):
		t.Fatal("not all has arrived")
	}
	r.took = time.Since(start)
	for _, d := range ds {
		r.cpu += processTime(d.PID())
		_, peak := memory(t, d.PID())
		r.peak = max(r.peak, peak)
		if code := d.Stop(t); code != 0 {
			t.Errorf("the daemon stopped with %d", code)
		}
	}
	if _, doubled, _ := s.counted(); doubled > 0 {
		t.Errorf("%d mails came twice", doubled)
	}
	p.check(t, len(ms))
	return r
}

// check asks the database.
func (p *post) check(t testing.TB, atLeast int) {
	t.Helper()
	st, err := store.Open(t.Context(), p.st)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	box, err := st.Outbox(t.Context())
	if err != nil || box.Count["sent"] < atLeast || len(box.Trouble) > 0 {
		t.Errorf("the outbox has %v, %v; want %d sent", box.Count, err, atLeast)
	}
}
