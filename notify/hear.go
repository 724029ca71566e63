package notify

import (
	"context"
)

// hear takes in what a lane has to say.
func (b *burst) hear(ctx context.Context, e event) {
	switch e.what {
	case opened:
		if e.lane.state == opening {
			e.lane.state = standing
		}
		b.sure, b.d.shut = granted, 0
	case shut:
		b.refused(ctx, e)
	case tried:
		b.attempted(e)
	case broke:
		b.over, b.panic = true, &e
		e.lane.state = gone
		b.drop(e.job.message) // nobody knows what has become of it: it is recovered, as after a crash
	case left:
		delete(b.lanes, e.lane)
		b.free = append(b.free, e.lane.transport)
	}
}

// refused takes in that a lane has no connection. As long as another has one, or may have, that is a question of how
// many the server bears; otherwise, or where it is our login that is refused, it concerns them all.
func (b *burst) refused(ctx context.Context, e event) {
	e.lane.state = gone
	others := b.standing() + b.count(opening)
	all := e.out.Class == Halted || others == 0
	switch {
	case ctx.Err() != nil || b.over: // broken off, not refused
	case !all:
		b.width.bears(others)
	case e.begun.IsZero():
		b.d.shut++
		b.d.pause(e.out, step(b.d.o.Backoff.Reopen, b.d.shut), e.ended, b.r)
		b.over = true
	default: // it was lost on the way to a message, which has had its attempt
		b.attempted(e)
		return
	}
	if !e.job.opening {
		b.unsent(e.job)
	}
}

// unsent gives a message back that was begun on record, and no further, as it was claimed.
func (b *burst) unsent(j job) {
	j.message.Attempt--
	b.leave(Delivery{Message: j.message, NextAt: b.clock()})
}

// leave leaves a delivery to be settled.
func (b *burst) leave(dl Delivery) {
	if len(b.d.unsettled) == 0 {
		b.since = monotonic()
	}
	b.d.unsettled = append(b.d.unsettled, dl)
}

// attempted takes in what an attempt came to.
func (b *burst) attempted(e event) {
	dl := b.d.deliver(e.job.message, e.out, e.begun, e.ended)
	b.leave(dl)
	b.r.count(dl.Outcome.Class)
	b.d.tell(dl)
	switch {
	case e.out.Class == Halted, e.out.Class == Retry && e.out.Pause:
		b.d.pause(e.out, step(b.d.o.Backoff.Waits, 1), dl.Ended, b.r)
		b.over = true
	case e.out.Code == 421 || e.out.Code == 450:
		b.width.less()
		b.dismiss(e.lane)
	case e.out.Class == Sent:
		b.width.sent()
	}
}

// widen starts lanes while there is work for more, and sends away those that the server does not bear.
func (b *burst) widen(ctx context.Context) {
	for l := range b.lanes {
		if b.alive() > b.width.target {
			b.dismiss(l)
		}
	}
	for b.alive() < b.width.target && len(b.free) > 0 && len(b.ready) > 0 {
		l := &lane{transport: b.free[0], leave: make(chan struct{})}
		b.free, b.lanes[l] = b.free[1:], true
		go l.run(ctx, b.work, b.clock, b.events)
	}
}

// dismiss lets a lane finish what it has in hand, and no more, unless it is the only one.
func (b *burst) dismiss(l *lane) {
	if l.state != gone && b.alive() > 1 {
		l.state = gone
		close(l.leave)
	}
}

// alive returns how many lanes stand, or may soon.
func (b *burst) alive() int { return b.count(standing) + b.count(opening) }

func (b *burst) standing() int { return b.count(standing) }

func (b *burst) count(s laneState) int {
	n := 0
	for l := range b.lanes {
		if l.state == s {
			n++
		}
	}
	return n
}
