package notify

import (
	"strings"
	"time"
)

// Hold is a message in a dispatcher's hands. No two holds are equal, ever: the fence grows.
type Hold struct {
	ID    int64 // the message's
	Fence int64
	Owner string
	Begun bool // it is being sent; otherwise it is claimed
}

// holds watches what is held, and knows what nobody can be at work on any more.
//
// A lease is not written down as a time, because the wall clocks of hosts differ and step. It is observed: what has not
// moved for a whole lease since it was first seen here, by this process's monotonic clock, is stranded. Whoever held it
// began before it was seen, and so has stopped before (see Transport.Send). Nobody's clock need be right; they must
// only run at about the same pace, for which a tenth of the lease is left between the end of sending and the recovery.
type holds struct {
	name  string // the owner, of whom one process runs at a time
	owner string // this process of the owner's
	lease time.Duration
	seen  map[Hold]time.Time // when each was first seen; nil: never looked
}

// stranded notes what is held at this moment, but for what this process has in its hands, and returns what is to be
// recovered: what is in its own name all the same, because an answer of the outbox was lost; what, at the first look, a
// former process of its owner's has left; and of others what has not moved for a lease.
func (w *holds) stranded(hs []Hold, at time.Time) []Hold {
	first := w.seen == nil
	seen := make(map[Hold]time.Time, len(hs))
	var gone []Hold
	for _, h := range hs {
		since, known := w.seen[h]
		left := first && w.former(h.Owner) // it has been there for ever
		if !known && !left {
			since = at
		}
		seen[h] = since
		if h.Owner == w.owner || at.Sub(since) >= w.lease {
			gone = append(gone, h)
		}
	}
	w.seen = seen
	return gone
}

// former reports whether a hold's owner is a process of the same owner's. Only the first look asks: if two run after
// all, on copies of one state directory, each disturbs the other once and not for ever.
func (w *holds) former(owner string) bool {
	name, _, _ := strings.Cut(owner, "/")
	return name == w.name
}
