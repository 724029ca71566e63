package torture_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qixian/notify/smtp/smtptest"
	"qixian/scheduler/store"
)

// TestGalera runs three daemons on a cluster of three nodes, one beside each, and breaks the cluster under them.
func TestGalera(t *testing.T) {
	torture(t)
	g := newGalera(t)
	t.Run("first start", func(t *testing.T) {
		g.t = t
		firstStart(t, g)
	})
	t.Run("all at once", func(t *testing.T) {
		g.t = t
		atOnce(t, g)
	})
	for _, tt := range []struct {
		name   string
		strike func(t *testing.T, g *galera, f *fleet, dice *rand.Rand)
	}{
		{"a node killed", nodeKilled},
		{"a node cut off", nodeCutOff},
		{"a node cut off, its daemon from it too", nodeAlone},
		{"a node frozen", nodeFrozen},
		{"a host asleep past its daemon's lease", hostAsleep},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g.t = t
			dice, seed := torture(t)
			begun := time.Now()
			f := onCluster(t, g)
			n := max(1, injections/5) // each takes the cluster ten seconds or more
			f.again(t, dice, n, func(int) { tt.strike(t, g, f, dice) })
			f.finish(t, row{fault: "three daemons, " + tt.name, database: "galera", injected: n, seed: seed}, begun, n)
			f.tellErrors(t)
			for _, name := range trio {
				if starts := strings.Count(f.daemon(name).Log(), "msg=ready"); starts != 1 {
					t.Errorf("daemon %s was started %d times", name, starts)
				}
			}
		})
	}
}

// firstStart opens an empty database from all nodes at once: every process finds nothing there, and all of them make
// the tables.
func firstStart(t *testing.T, g *galera) {
	for range injections {
		name := g.database(t)
		var opening sync.WaitGroup
		for host := 1; host <= galeraNodes; host++ {
			for range 2 {
				opening.Go(func() {
					st, err := store.Open(t.Context(), store.Options{Driver: store.MySQL, DSN: g.dsn(host, name)})
					if err != nil {
						t.Errorf("node %d: %v", host, err)
						return
					}
					if err := st.Close(); err != nil {
						t.Error(err)
					}
				})
			}
		}
		opening.Wait()
		versions := query(t, g.dsn(1, name), "SELECT COUNT(*), MAX(version) FROM schema_migrations")
		if versions[0][0] != versions[0][1] {
			t.Errorf("%s migrations are recorded, up to version %s", versions[0][0], versions[0][1])
		}
	}
}

// atOnce breaks nothing: three daemons claim from three nodes, and the cluster refuses at COMMIT what two of them have
// changed.
func atOnce(t *testing.T, g *galera) {
	_, seed := torture(t)
	begun := time.Now()
	f := onCluster(t, g)
	f.b.AwaitMails(t, 1, time.Minute)
	first := time.Now()
	f.b.AwaitMails(t, f.b.Promised(), patience)
	t.Logf("three daemons on three nodes send %.0f mails a second", float64(f.b.Promised())/time.Since(first).Seconds())
	f.finish(t, row{fault: "three daemons, all at once", database: "galera", seed: seed}, begun, 0)
	f.tellErrors(t)
}

// onCluster makes a burst on a database of its own and starts a daemon beside each node.
func onCluster(t *testing.T, g *galera) *fleet {
	t.Helper()
	name := g.database(t)
	// Who counts goes to a node that is well, and waits until that has all that another has acknowledged.
	door := newProxy(t, g.server(1))
	o := clusterOptions(g.dsnTo(door.listener.Addr().String(), name) + "&wsrep_sync_wait=15")
	o.Config = "log: {level: debug}\n"
	f := newFleet(t, o)
	for i, daemon := range trio {
		f.serve(t, daemon, g.dsn(i+1, name))
	}
	f.ready(t)
	f.database, f.door = name, door
	return f
}

// pick picks a daemon and the node beside it, to which nobody else goes for a while.
func (f *fleet) pick(g *galera, dice *rand.Rand) (victim string, host int) {
	victim = trio[dice.IntN(len(trio))]
	host = beside(victim)
	f.door.redirect(g.server(another(host)))
	return victim, host
}

// beside is the node of a daemon.
func beside(name string) int { return slices.Index(trio, name) + 1 }

// another is a node that is none of that one.
func another(host int) int { return host%galeraNodes + 1 }

// othersOnly holds that a daemon sends nothing while the others send more.
func (f *fleet) othersOnly(t *testing.T, name string) {
	t.Helper()
	before, all := f.shares()[name], f.b.Sink.Count()
	eventually(
		t,
		time.Minute,
		"the others go on",
		func() bool { return f.b.Sink.Count() >= min(all+6, f.b.Promised()) },
	)
	if n := f.shares()[name] - before; n > 0 {
		t.Errorf("daemon %s sent %d mails without its node", name, n)
	}
	if !f.daemon(name).Running() {
		t.Errorf("daemon %s has died with its node", name)
	}
}

// takesPart holds that a daemon sends again.
func (f *fleet) takesPart(t *testing.T, name string) {
	t.Helper()
	before := f.shares()[name]
	eventually(t, time.Minute, "daemon "+name+" takes part again", func() bool {
		return f.shares()[name] > before || f.b.Sink.Count() >= f.b.Promised()
	})
}

func nodeKilled(t *testing.T, g *galera, f *fleet, dice *rand.Rand) {
	victim, host := f.pick(g, dice)
	g.kill(host)
	g.await(another(host), galeraNodes-1)
	f.othersOnly(t, victim)
	g.launch(host)
	g.await(host, galeraNodes)
	f.takesPart(t, victim)
}

func nodeCutOff(t *testing.T, g *galera, f *fleet, dice *rand.Rand) {
	victim, host := f.pick(g, dice)
	g.pull(t, clusterCable, host)
	g.awaitAlone(host)
	f.othersOnly(t, victim)
	g.push(t, clusterCable, host)
	g.await(host, galeraNodes)
	f.takesPart(t, victim)
}

func nodeAlone(t *testing.T, g *galera, f *fleet, dice *rand.Rand) {
	victim, host := f.pick(g, dice)
	g.pull(t, clientCable, host)
	g.pull(t, clusterCable, host)
	g.awaitAlone(host)
	f.othersOnly(t, victim)
	g.push(t, clusterCable, host)
	g.push(t, clientCable, host)
	g.await(host, galeraNodes)
	f.takesPart(t, victim)
}

func nodeFrozen(t *testing.T, g *galera, f *fleet, dice *rand.Rand) {
	victim, host := f.pick(g, dice)
	g.freeze(host)
	g.await(another(host), galeraNodes-1)
	f.othersOnly(t, victim)
	g.thaw(host)
	g.await(host, galeraNodes)
	f.takesPart(t, victim)
}

// hostAsleep freezes a daemon before the content of a mail, and the node beside it, until the others have taken what it
// had in its hands.
func hostAsleep(t *testing.T, g *galera, f *fleet, dice *rand.Rand) {
	client, release := f.stop(t, []smtptest.Verb{smtptest.MAIL, smtptest.DATA}[dice.IntN(2)])
	victim := f.whose(client)
	host := beside(victim)
	f.door.redirect(g.server(another(host)))
	f.daemon(victim).Freeze()
	g.freeze(host)
	g.await(another(host), galeraNodes-1)
	dsn := g.dsn(another(host), f.database)
	f.outwait(t, dsn, victim, f.holds(t, dsn, victim))
	release()
	g.thaw(host)
	before := f.on(client)
	f.daemon(victim).Thaw()
	g.await(host, galeraNodes)
	f.takesPart(t, victim)
	if n := f.on(client) - before; n > 0 {
		t.Errorf("daemon %s woke up past its lease and sent %d mails on", victim, n)
	}
}

// awaitAlone waits until a node knows that it has no say.
func (g *galera) awaitAlone(host int) {
	g.t.Helper()
	eventually(
		g.t,
		galeraPatience,
		fmt.Sprintf("node %d is alone", host),
		func() bool { return g.status(host, "wsrep_cluster_status") == "non-Primary" },
	)
}

var (
	loggedError = regexp.MustCompile(`msg="transaction retried" doing="([a-z ]+)"|level=(?:ERROR|WARN) msg="([^"]+)"`)
	errorCode   = regexp.MustCompile(
		`Error \d+|invalid connection|i/o timeout|bad connection|connection refused|no route to host|the row is changing`,
	)
)

// tellErrors logs what databases and driver have said, and how often.
func (f *fleet) tellErrors(t *testing.T) {
	t.Helper()
	said := map[string]int{}
	for _, name := range f.names() {
		for line := range strings.Lines(f.daemon(name).Log()) {
			if doing := loggedError.FindStringSubmatch(line); doing != nil {
				if code := errorCode.FindString(line); code != "" {
					said[code+" at: "+doing[1]+doing[2]]++
				}
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(said)) {
		t.Logf("%5d times: %s", said[code], code)
	}
}
