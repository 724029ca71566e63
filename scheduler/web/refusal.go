package web

import (
	"net/netip"
	"sync"
	"time"
)

// Refused is why a visitor was turned away, as metrics have it.
type Refused string

// The reasons.
const (
	refusedCrowd   Refused = "crowd"    // too many at a time, of all or of one client
	refusedForm    Refused = "form"     // too long, or not sent to its end in time
	refusedForeign Refused = "foreign"  // a form that is not from one of our pages
	refusedLink    Refused = "link"     // a link that is none of ours
	refusedExpired Refused = "expired"  // a link that held until a day that is over, or was revoked
	refusedWrong   Refused = "password" // a name or a password that is wrong
	refusedDelayed Refused = "delayed"  // a sign-in after too many wrong ones
	refusedBusy    Refused = "busy"     // a sign-in while too many others are looked at
)

// Reasons are all of them.
func Reasons() []Refused {
	return []Refused{
		refusedCrowd,
		refusedForm,
		refusedForeign,
		refusedLink,
		refusedExpired,
		refusedWrong,
		refusedDelayed,
		refusedBusy,
	}
}

// quietFor is how long nothing is logged of a kind of refusal after a line about one: a flood of visitors is no flood
// of lines.
const quietFor = time.Minute

// tally is when a line was last logged about each kind of refusal, and how many there have been since.
type tally struct {
	mu    sync.Mutex
	said  map[Refused]time.Time
	since map[Refused]int
}

// refused counts a refusal. Of those that somebody may bring about as often as he wants, one a minute is logged, with
// how many there were; more is what else is known of that one.
func (w *window) refused(why Refused, who netip.Addr, more ...any) {
	w.Refused(why)
	if why == refusedWrong || why == refusedExpired {
		return // the one has its own line, the other is nobody's attack
	}
	now := w.Clock()
	w.tally.mu.Lock()
	defer w.tally.mu.Unlock()
	w.tally.since[why]++
	if age := now.Sub(w.tally.said[why]); age >= 0 && age < quietFor {
		return
	}
	w.Logger.Warn(
		"visitors refused",
		append([]any{"reason", string(why), "times", w.tally.since[why], "client", who.String()}, more...)...)
	w.tally.said[why], w.tally.since[why] = now, 0
}
