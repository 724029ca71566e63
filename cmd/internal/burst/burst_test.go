package burst_test

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(burst.Build(m)) }

// TestKill kills the daemon again and again in the middle of a burst, and starts it anew each time. In the end every
// reminder has arrived, and what arrived twice was in flight at a kill and carries the same Message-ID. It sends on one
// connection, which leaves one message in doubt: a resend that a later kill cuts off too is the last. With many
// connections, and resends that come when the kills are over, the torture does it.
func TestKill(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		const kills = 5
		o := burst.Options{Driver: driver, Units: 50, Alarms: 40, ResendAfter: time.Second, Connections: 1}
		if driver == store.MySQL {
			o.DSN = storetest.Options(t, driver).DSN
		}
		b := burst.New(t, o)
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		for range kills {
			d := b.Serve(t, "one")
			b.AwaitMails(t, len(b.Sink.Mails())+1+random.IntN(b.Promised()/(2*kills)), time.Minute)
			d.Kill()
		}
		b.Serve(t, "one")
		a := b.Finish(t, 3*time.Minute)
		t.Log(a)
		if !a.Good() || a.Doubled > kills*b.InDoubt() {
			t.Errorf("after %d kills: %s", kills, a)
		}
	})
}
