package burst_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestMove moves a burst that is under way from one database to another, every way there is, each time by a backup that
// is older than the end of the daemon there. In the end every reminder has arrived, and what arrived twice was sent
// after a backup or in flight at one.
func TestMove(t *testing.T) {
	storetest.Require(t, store.MySQL)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	b := burst.New(t, burst.Options{Driver: store.SQLite, Units: 25, Alarms: 20, ResendAfter: time.Second})
	ways := []string{store.SQLite, store.MySQL, store.MySQL, store.SQLite}
	again := 0
	for i, to := range ways {
		d := b.Serve(t, "one")
		b.AwaitMails(t, b.Promised()*(2*i+1)/10+random.IntN(20), time.Minute)
		again += b.Move(t, d, to, storetest.Options(t, to).DSN, random.IntN(b.Promised()/10))
	}
	b.Serve(t, "one")
	a := b.Finish(t, 3*time.Minute)
	t.Logf("at most %d to be doubled: %s", again, a)
	if a.Arrived != a.Promised || a.DoubledOtherID > 0 || a.Doubled > again || a.Listed != a.Uncertain || a.Moved > 0 {
		t.Errorf("after %d moves, with %d mails sent since the backups: %s", len(ways), again, a)
	}
}
