package notify

import (
	"slices"
	"time"
)

// Backoff says how long a message waits after each attempt that the server put off, and when it is given up.
type Backoff struct {
	Waits   []time.Duration // after the first attempt, the second, …; the last one repeats
	Reopen  []time.Duration // the same for a transport that could not be opened, which is never given up
	GiveUp  time.Duration   // how long attempts that are blamed on a message go on until it is rejected; 0: for ever
	HaltFor time.Duration   // how long nothing is sent after Halted, unless a new Dispatcher is made first
}

// DefaultBackoff returns the schedule that is used unless Options has another:
//
//	after attempt     1   2    3    4    5   6   7 … 23   24
//	the next one in   1m  5m  15m  30m   1h  2h  4h       none: rejected, three days (71 h 51 min) after the first
//
//	transport shut    1st  2nd  3rd  4th  and every further time
//	opened again in    1m   2m   5m  10m  15m
//
//	halted            one hour
//
// A server that asks for more time gets it. There is no jitter: one sender has nobody to collide with but itself, which
// sees how many connections the server bears, and the same story told twice should end the same way.
func DefaultBackoff() Backoff {
	return Backoff{
		Waits: []time.Duration{
			time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
		},
		Reopen:  []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute},
		GiveUp:  72 * time.Hour,
		HaltFor: time.Hour,
	}
}

// After returns how long to wait after the given attempt of those that count, from 1, where the server asks for a wait
// of asked after each; false says that it was the last.
func (b Backoff) After(attempt int, asked time.Duration) (time.Duration, bool) {
	var wait, passed time.Duration
	for n := 1; n <= attempt; n++ {
		wait = max(step(b.Waits, n), asked)
		passed += wait
	}
	return wait, b.GiveUp <= 0 || passed <= b.GiveUp
}

// longestAfter bounds what a server may ask for; there are quotas of a day, and none is longer.
const longestAfter = 24 * time.Hour

// longest returns the longest that any message is put off.
func (b Backoff) longest() time.Duration {
	return max(longestAfter, slices.Max(append([]time.Duration{0}, b.Waits...)))
}

// step returns the n-th of steps, counted from 1, or the last where there are fewer.
func step(steps []time.Duration, n int) time.Duration {
	if len(steps) == 0 {
		return 0
	}
	return steps[min(max(n, 1), len(steps))-1]
}
