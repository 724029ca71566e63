package notify

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// Options says how a Dispatcher works. Outbox, Transports and Owner are required; zero values elsewhere mean the
// defaults.
type Options struct {
	Outbox     Outbox
	Transports []Transport // one for each connection there may be at a time; all lead to one server
	Owner      string      // one name for one process after the other, never two at a time; without "/"
	// longer than any Send may take; after a crash what was claimed rests that long; the same for all on one outbox;
	// default 30 min
	Lease time.Duration

	ResendUncertainAfter time.Duration // default 10 min
	Backoff              Backoff       // default DefaultBackoff
	Logger               *slog.Logger  // default: none
}

// Dispatcher carries messages from the outbox to the server, on as many connections as it has transports and the server
// bears. It is used by one goroutine, but for Resume.
//
// What it promises: a message is begun on record before a word of it goes out and settled soon after, so a crash leaves
// few in doubt: one where there is one transport, at most four times as many as there are connections elsewhere.
// Nothing that concerns one message keeps the others waiting; what concerns them all (the server cannot be reached,
// refuses our login or our quota is used up) ends the burst, blames no message and is tried again later. While the
// outbox cannot be reached nothing is begun, and what was sent before is not forgotten, however long that takes.
type Dispatcher struct {
	o         Options
	log       *slog.Logger
	owner     string // of holds: this process of Options.Owner
	holds     holds
	looked    time.Time // when the last upkeep was
	wall      wall
	until     time.Time // no burst before this
	resume    atomic.Bool
	shut      int        // how often in a row the transport could not be opened
	unsettled []Delivery // what the outbox did not take: a message that was sent must not be sent again for it
}

// NewDispatcher returns a dispatcher. It remembers pauses in memory only: a new one tries at once.
func NewDispatcher(o Options) *Dispatcher {
	if o.Lease <= 0 {
		o.Lease = 30 * time.Minute
	}
	if o.ResendUncertainAfter <= 0 {
		o.ResendUncertainAfter = 10 * time.Minute
	}
	if o.Backoff.Waits == nil {
		o.Backoff = DefaultBackoff()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	owner := o.Owner + "/" + rand.Text()
	return &Dispatcher{o: o, log: o.Logger, owner: owner, holds: holds{name: o.Owner, owner: owner, lease: o.Lease}}
}

// Drain sends what is due, until nothing is, the transport gives out or ctx is done. now is the loop's; what comes
// later in the burst is dated by how long it has taken, which is the one thing Drain asks of a clock of its own. The
// error is the outbox's alone: whatever happens to messages is in the report. Nothing is lost by an error or a ctx that
// ends; what is under way is finished first.
func (d *Dispatcher) Drain(ctx context.Context, now time.Time) (Report, error) {
	var r Report
	if err := d.settle(ctx); err != nil {
		return r, err
	}
	start := time.Now() //nolint:forbidigo // this is the loop, and it measures only
	d.wall.look(now, start)
	clock := func() time.Time { return now.Add(time.Since(start)) } //nolint:forbidigo // as above
	err := d.upkeep(ctx, clock, &r, nil)
	if d.resume.Swap(false) {
		d.until, d.shut = time.Time{}, 0
	}
	if err == nil && !start.Before(d.until) {
		err = newBurst(d, clock, &r).run(ctx)
	}
	if !r.Quiet() {
		d.log.Info("outbox drained", "report", r)
	}
	return r, err
}

// Resume ends a pause: the next Drain tries at once, as it should after a reload that may have brought a new password.
// It may be called from any goroutine.
func (d *Dispatcher) Resume() { d.resume.Store(true) }

// deliver decides what becomes of a message after an attempt.
func (d *Dispatcher) deliver(m Message, out Outcome, begun, ended time.Time) Delivery {
	dl := Delivery{Message: m, Outcome: out, Begun: begun, Ended: ended}
	switch out.Class {
	case Sent, Bounced, Rejected:
		dl.FinalState = true
	case Uncertain:
		if dl.FinalState = m.Uncertain; !dl.FinalState {
			dl.NextAt = ended.Add(d.o.ResendUncertainAfter)
		}
	case Halted: // no message is at fault: when sending goes on, so does this one
		dl.NextAt = ended
	default:
		dl.Outcome.Class = Retry
		wait, last := d.putOff(&dl.Message, out)
		if last {
			dl.Outcome.Class = Rejected
			dl.Outcome.Reply = fmt.Sprintf("given up after %d attempts: %s", dl.Message.Blamed, out.Reply)
			dl.FinalState = true
			return dl
		}
		dl.NextAt = ended.Add(wait)
	}
	return dl
}

// putOff returns how long a message waits after a Retry, or that this was its last attempt. It counts only what was
// about the message: a quota that lasts for weeks costs it nothing.
func (d *Dispatcher) putOff(m *Message, out Outcome) (wait time.Duration, last bool) {
	asked := min(out.After, longestAfter)
	switch {
	case out.Pause: // it is the dispatcher that waits longer, if need be
		return max(step(d.o.Backoff.Waits, 1), asked), false
	case out.Blameless:
		return max(step(d.o.Backoff.Waits, m.Attempt), asked), false
	}
	m.Blamed++
	wait, again := d.o.Backoff.After(m.Blamed, asked)
	return wait, !again
}

// settle records what is unsettled, even when ctx is done: what has happened has happened. What the outbox does not
// take is kept for the next time, so that a message that was sent is not taken for lost and sent again.
func (d *Dispatcher) settle(ctx context.Context) error {
	if len(d.unsettled) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if err := d.o.Outbox.Settle(ctx, d.unsettled); err != nil {
		return fmt.Errorf("settle messages: %w", err)
	}
	d.unsettled = nil
	return nil
}

// pause keeps bursts from starting for the wait, or for as long as the outcome asks.
func (d *Dispatcher) pause(out Outcome, wait time.Duration, at time.Time, r *Report) {
	r.Halted, r.Reason = out.Class == Halted, out.Reply
	if r.Halted {
		wait = d.o.Backoff.HaltFor
	}
	wait = max(wait, out.After)
	d.until = time.Now().Add(wait) //nolint:forbidigo // monotonic, so that a clock set back does not lengthen the pause
	r.Until = at.Add(wait)
	attrs := []any{"until", r.Until, "code", out.Code, "reason", out.Reply}
	if r.Halted {
		d.log.Error("sending halted: the server refuses our configuration", attrs...)
		return
	}
	d.log.Warn("sending paused", attrs...)
}

// tell logs one delivery: by key and outcome, never by address.
func (d *Dispatcher) tell(dl Delivery) {
	attrs := []any{
		"message", dl.Message.Key, "attempt", dl.Message.Attempt, "outcome", dl.Outcome.Class,
		"code", dl.Outcome.Code, "reply", dl.Outcome.Reply,
	}
	switch {
	case dl.Outcome.Class == Sent && dl.Message.Attempt > 1:
		d.log.Info("message sent after all", attrs...)
	case dl.Outcome.Class == Sent:
		d.log.Debug("message sent", attrs...)
	case dl.FinalState:
		d.log.Warn("message not delivered", attrs...)
	default:
		d.log.Warn("message put off", append(attrs, "next_at", dl.NextAt)...)
	}
}
