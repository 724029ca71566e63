package notify

import (
	"context"
	"runtime/debug"
	"time"
)

// job is what a lane is given to do: a message that is begun, or with none, to open its connection.
type job struct {
	message Message
	opening bool
	until   time.Time // the end of the hold: nothing is sent after it
}

// event is what a lane has to say.
type event struct {
	lane  *lane
	what  happening
	job   job
	out   Outcome
	begun time.Time // by the burst's clock, as is ended
	ended time.Time
	panic any // with stack: what a transport has panicked with
	stack []byte
}

// happening is a kind of event.
type happening int

const (
	opened happening = iota // the connection stands
	shut                    // it could not be opened; job, if it has a message, has not gone out
	tried                   // one attempt was made
	broke                   // the transport has panicked: nobody knows what has become of the message
	left                    // the lane's last word: its connection is closed
)

// lane is one connection of a burst, and the goroutine that works on it.
type lane struct {
	transport Transport
	leave     chan struct{} // closed: finish what is in hand, take no more
	state     laneState     // as the burst knows it
	fresh     bool          // its connection has just been opened
}

// laneState is how far a lane is.
type laneState int

const (
	opening  laneState = iota
	standing           // it has opened its connection
	gone               // it takes no more jobs
)

// run opens the connection and carries jobs until there are no more, the connection cannot be opened or the lane is to
// leave.
func (l *lane) run(ctx context.Context, work <-chan job, clock func() time.Time, events chan<- event) {
	next, more := job{opening: true}, true
	defer func() {
		if p := recover(); p != nil {
			events <- event{lane: l, what: broke, job: next, panic: p, stack: debug.Stack()}
		}
		events <- event{lane: l, what: left}
	}()
	defer func() { _ = l.transport.Idle() }() // whatever it answers: every message is spoken for
	for more && l.carry(ctx, next, clock, events) {
		select {
		case <-l.leave:
			more = false
		case next, more = <-work:
		}
	}
}

// carry does one job, and returns false if there is no connection for another.
func (l *lane) carry(ctx context.Context, j job, clock func() time.Time, events chan<- event) (again bool) {
	if !l.fresh {
		if out := l.transport.Open(ctx); out.Class != "" {
			events <- event{lane: l, what: shut, job: j, out: out, ended: clock()}
			return false
		}
	}
	if l.fresh = j.opening; j.opening {
		events <- event{lane: l, what: opened}
		return true
	}
	hold, release := context.WithDeadline(ctx, j.until)
	defer release()
	e := event{lane: l, what: tried, job: j, begun: clock()}
	e.out = l.transport.Send(hold, j.message)
	e.ended = clock()
	if e.out.Shut {
		e.what = shut
	}
	events <- e
	return !e.out.Shut
}
