package notify

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// Options says how a Dispatcher works. Outbox, Transport and Owner are required; zero values elsewhere mean the defaults.
type Options struct {
	Outbox    Outbox
	Transport Transport
	Owner     string        // one name for one process after the other, never two at a time; without "/"
	Lease     time.Duration // longer than any Send may take; after a crash one message rests that long; the same for all on one outbox; default 30 min

	ResendUncertainAfter time.Duration // default 10 min
	Backoff              Backoff       // default DefaultBackoff
	Logger               *slog.Logger  // default: none
}

// Dispatcher carries messages from the outbox to the transport, one at a time. It is used by one goroutine, but for Resume.
//
// What it promises: a message is begun on record before a word of it goes out and settled right after, so a crash leaves at
// most one message in doubt; nothing that concerns one message keeps the others waiting; what concerns them all (the server
// cannot be reached, refuses our login or our quota is used up) ends the burst, blames no message and is tried again later.
// While the outbox cannot be reached nothing is sent, and what was sent before is not forgotten, however long that takes.
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

// Drain sends what is due, until nothing is, the transport gives out or ctx is done. now is the loop's; what comes later in
// the burst is dated by how long it has taken, which is the one thing Drain asks of a clock of its own. The error is the
// outbox's alone: whatever happens to messages is in the report. Nothing is lost by an error or a ctx that ends; the message
// that is under way is finished first.
func (d *Dispatcher) Drain(ctx context.Context, now time.Time) (Report, error) {
	var r Report
	if err := d.settle(ctx); err != nil {
		return r, err
	}
	start := time.Now() //nolint:forbidigo // this is the loop, and it measures only
	d.wall.look(now, start)
	clock := func() time.Time { return now.Add(time.Since(start)) } //nolint:forbidigo // as above
	err := d.upkeep(ctx, clock, &r)
	if d.resume.Swap(false) {
		d.until, d.shut = time.Time{}, 0
	}
	if err == nil && !start.Before(d.until) {
		err = d.burst(ctx, clock, &r)
		if idle := d.o.Transport.Idle(); idle != nil {
			d.log.Debug("transport closed uncleanly", "error", idle)
		}
	}
	if !r.Quiet() {
		d.log.Info("outbox drained", "report", r)
	}
	return r, err
}

// Resume ends a pause: the next Drain tries at once, as it should after a reload that may have brought a new password. It may
// be called from any goroutine.
func (d *Dispatcher) Resume() { d.resume.Store(true) }

// burst claims and sends, one message after the other, until nothing is due. Claiming more at a time would save little, and
// a crash would keep them all waiting for the end of their lease. However long it takes, what others leave behind is seen to.
func (d *Dispatcher) burst(ctx context.Context, clock func() time.Time, r *Report) error {
	for ctx.Err() == nil {
		if time.Since(d.looked) >= upkeepEvery { //nolint:forbidigo // it measures only
			if err := d.upkeep(ctx, clock, r); err != nil {
				return err
			}
		}
		ms, err := d.o.Outbox.Claim(ctx, d.owner, clock(), 1)
		if err != nil {
			return fmt.Errorf("claim message: %w", err)
		}
		if len(ms) == 0 {
			return nil
		}
		more, err := d.attempt(ctx, clock, ms[0], r)
		if err != nil {
			return err
		}
		if err := d.settle(ctx); err != nil || !more {
			return err
		}
	}
	return nil
}

// attempt sends one message and leaves the outcome to be settled. It returns false if the burst is over.
func (d *Dispatcher) attempt(ctx context.Context, clock func() time.Time, m Message, r *Report) (bool, error) {
	if out := d.o.Transport.Open(ctx); out.Class != "" {
		at := clock()
		d.unsettled = append(d.unsettled, Delivery{Message: m, Outcome: out, NextAt: at})
		if ctx.Err() == nil { // otherwise the dialling was broken off, not refused
			d.shut++
			d.pause(out, step(d.o.Backoff.Reopen, d.shut), at, r)
		}
		return false, nil
	}
	d.shut = 0

	hold, release := d.hold(ctx)
	defer release()
	begun, err := d.o.Outbox.Begin(ctx, clock(), []Message{m})
	if err != nil {
		// Begun or not, not a word has gone out: it goes back.
		d.unsettled = append(d.unsettled, Delivery{Message: m, NextAt: clock()})
		return false, fmt.Errorf("begin message: %w", err)
	}
	if len(begun) == 0 {
		r.Lost++
		return true, nil
	}
	at := clock()
	out := d.o.Transport.Send(hold, begun[0])
	dl := d.deliver(begun[0], out, at, clock())
	d.unsettled = append(d.unsettled, dl)
	r.count(dl.Outcome.Class)
	d.tell(dl)
	if out.Class == Halted || out.Class == Retry && out.Pause {
		d.pause(out, step(d.o.Backoff.Waits, 1), dl.Ended, r)
		return false, nil
	}
	return true, nil
}

// hold returns the context of an attempt that is about to begin: nothing is sent after its deadline. It counts from before Begin, and so
// from before anybody can have seen that the message was begun, and leaves a tenth of the lease for what cannot be checked in time.
func (d *Dispatcher) hold(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d.o.Lease-d.o.Lease/10)
}

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
		dl.NextAt = ended.Add(max(wait, min(out.After, longestAfter)))
	}
	return dl
}

// putOff returns how long a message waits after a Retry, or that this was its last attempt. It counts only what was about the message:
// a quota that lasts for weeks costs it nothing.
func (d *Dispatcher) putOff(m *Message, out Outcome) (wait time.Duration, last bool) {
	switch {
	case out.Pause: // it is the dispatcher that waits longer, if need be
		return step(d.o.Backoff.Waits, 1), false
	case out.Blameless:
		return step(d.o.Backoff.Waits, m.Attempt), false
	}
	m.Blamed++
	wait, again := d.o.Backoff.After(m.Blamed)
	return wait, !again
}

// settle records what is unsettled, even when ctx is done: what has happened has happened. What the outbox does not take
// is kept for the next time, so that a message that was sent is not taken for lost and sent again.
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
