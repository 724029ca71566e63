package torture_test

import (
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/scheduler/store"
)

// TestMove moves a burst under way from one database to another by a backup in its midst, again and again, SQLite or
// MariaDB as it falls, and finishes on the last. The daemon that is left goes on for a while and is killed: what it has
// sent since the backup is sent again, with the same Message-ID, because the backup does not know it.
func TestMove(t *testing.T) {
	random, seed := torture(t)
	began := time.Now()
	server := burst.StartMariaDB(t)
	b := burst.New(t, burst.Options{Units: 10 * injections, Alarms: 10, ResendAfter: 24 * time.Hour})
	d := b.Serve(t, "one")
	again := 0
	for i := range injections {
		b.AwaitMails(t, b.Promised()*9/10*(100*i+random.IntN(100))/(100*injections), 5*time.Minute)
		driver, dsn := store.SQLite, ""
		if random.IntN(2) == 0 {
			driver, dsn = store.MySQL, server.DSN(t)
		}
		again += b.Move(t, d, driver, dsn, random.IntN(20))
		d = b.Serve(t, "one")
	}
	a := b.Finish(t, 5*time.Minute)
	t.Logf("at most %d to be doubled: %s", again, a)
	if a.Arrived != a.Promised || a.DoubledOtherID > 0 || a.Doubled > again || a.Listed != a.Uncertain || a.Moved > 0 {
		t.Errorf("after %d moves, with %d mails sent since the backups: %s", injections, again, a)
	}
	results.add(row{"move by a backup that is older than the end", "both", injections, a, time.Since(began), seed})
}
