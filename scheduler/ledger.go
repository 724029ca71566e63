package scheduler

import (
	"context"
	"slices"
	"time"

	"qixian/notify"
	"qixian/rules/calendar"
)

// Ledger is the store as those need it who watch over all of it: the weekly letter, status, metrics. Its answers are
// read from ranges of indexes, so that asking costs the same after ten years.
type Ledger interface {
	// Tally counts what the days from one to the other, both inclusive, came to, as it stands now.
	Tally(ctx context.Context, from, to calendar.Date) (Tally, error)
	// Condition counts what is unsettled at now.
	Condition(ctx context.Context, now time.Time) (Condition, error)
	// Daemons lists the daemons that are running, or ended without a word in the last days, by host and owner.
	Daemons(ctx context.Context) ([]Daemon, error)
}

// Tally is what a stretch of days came to. Undelivered messages have no bodies.
type Tally struct {
	Sent        int              // messages
	Uncertain   int              // messages of which it was given up to find out
	Undelivered []notify.Message // bounced or rejected, in the order in which they ended
	Met         int              // deadlines that fell due in these days and were done in time
	MetLate     int              // and that were done late
	Missed      int              // and that are open still
}

// Condition is what is unsettled, or went wrong, at a moment.
type Condition struct {
	Messages map[string]int // by state: pending, claimed, sending, uncertain, bounced, rejected
	Doubtful int            // messages sent once with an unknown end, whose one resend is to come
	Oldest   time.Time      // when the oldest unsettled message was promised; zero if there is none
	Open     int            // deadlines
	Late     int            // open deadlines that are past due
	Bad      int            // mail addresses to which nothing is sent any more
}

// Waiting returns how many messages are to be sent yet.
func (c Condition) Waiting() int {
	return c.Messages["pending"] + c.Messages["claimed"] + c.Messages["sending"]
}

// Daemon is one `qixian serve` on this database. Its times are by its own host's clock.
type Daemon struct {
	Owner   string // its name in the outbox's leases
	Host    string
	Version string
	Plan    string // the fingerprint of the plan it works by
	Started time.Time
	Seen    time.Time // its last tick
}

// daemonPatience is after how long without a tick, of which there is one a minute, a daemon no longer counts as
// running.
const daemonPatience = 5 * time.Minute

// Alive reports whether the daemon has ticked lately.
func (d Daemon) Alive(now time.Time) bool { return now.Sub(d.Seen) < daemonPatience }

// Fleet sums up the daemons of one database.
type Fleet struct {
	Alive  int
	Silent int // ended without a word, or hang
	// different ones that the running daemons work by: more than one, and they undo each other's dates at every start
	Plans    int
	Versions int // different ones that are running
}

// Muster sums up daemons as they are at now.
func Muster(ds []Daemon, now time.Time) Fleet {
	var f Fleet
	var plans, versions []string
	for _, d := range ds {
		if !d.Alive(now) {
			f.Silent++
			continue
		}
		f.Alive++
		plans, versions = append(plans, d.Plan), append(versions, d.Version)
	}
	slices.Sort(plans)
	slices.Sort(versions)
	f.Plans, f.Versions = len(slices.Compact(plans)), len(slices.Compact(versions))
	return f
}
