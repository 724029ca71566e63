package notify

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	// claimAhead is how many messages are claimed at a time where there are several lanes. After a crash they rest
	// until their owner starts again, or for a lease.
	claimAhead = 128
	// aheadOfLanes is how many messages may be begun and not settled for each of several lanes that stand: those that
	// are being sent, those that wait for a lane while the outbox is asked for more, and those that are being settled
	// then.
	aheadOfLanes = 4
	// settleWithin bounds how long an outcome waits for others, to be settled with them.
	settleWithin = 50 * time.Millisecond
)

// burst is one run of a dispatcher's lanes. One goroutine, that of run, decides and asks the outbox; the lanes send,
// and tell it.
//
//	claimed: ready -> begun: work -> in a lane -> unsettled -> settled
//
// With one lane at most one message is begun and not settled, and that one only once its connection stands. With
// several it is aheadOfLanes for each that stands, so that a lane which is done finds the next one begun, and the
// outbox is asked for many at a time.
type burst struct {
	d     *Dispatcher
	clock func() time.Time
	r     *Report

	events chan event
	work   chan job // begun, for whichever lane is free first
	free   []Transport
	lanes  map[*lane]bool // whose last word has not come
	width  width

	ready []Message      // claimed, not begun
	hand  map[int64]bool // what is claimed and not settled, by ID: whether it is begun
	begun int            // how many of these are
	sure  answer         // of one lane: whether its connection stands at this moment
	since time.Time      // when the first of what is unsettled came

	dry   bool // the outbox has no more
	over  bool // nothing more is begun
	err   error
	panic *event
}

// answer is to a question asked of a lane.
type answer int

const (
	unasked answer = iota
	asked
	granted
)

func newBurst(d *Dispatcher, clock func() time.Time, r *Report) *burst {
	n := len(d.o.Transports)
	return &burst{
		d:      d,
		clock:  clock,
		r:      r,
		events: make(chan event, 4*n),
		work:   make(chan job, aheadOfLanes*n),
		free:   slices.Clone(d.o.Transports),
		lanes:  map[*lane]bool{},
		width:  width{most: n, target: 1},
		hand:   map[int64]bool{},
	}
}

// run sends until nothing is due, the transport gives out or ctx is done, and returns when every lane has closed its
// connection and what can be settled is. It panics with what a transport has panicked with.
func (b *burst) run(ctx context.Context) error {
	dialling, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		moved := b.advance(ctx)
		if b.over || b.dry && len(b.ready) == 0 && b.begun == 0 {
			break
		}
		b.widen(dialling)
		if b.hearMore(ctx) || moved {
			continue
		}
		select {
		case e := <-b.events:
			b.hear(ctx, e)
		case <-b.late():
		case <-ctx.Done():
		}
	}
	cancel() // a connection that is not needed any more is not waited for
	b.end(ctx)
	return b.err
}

// hearMore hears what has been said, and reports whether that was anything.
func (b *burst) hearMore(ctx context.Context) bool {
	heard := false
	for len(b.events) > 0 {
		b.hear(ctx, <-b.events)
		heard = true
	}
	return heard
}

// late tells when what is unsettled has waited long enough for more.
func (b *burst) late() <-chan time.Time {
	if len(b.d.unsettled) == 0 {
		return nil
	}
	return time.After(settleWithin - monotonic().Sub(b.since))
}

// advance does what can be done without waiting for a lane, and reports whether that was anything.
func (b *burst) advance(ctx context.Context) bool {
	moved := false
	for _, step := range []func(context.Context) (bool, error){b.upkeep, b.claim, b.turn} {
		b.over = b.over || ctx.Err() != nil
		if b.over {
			return false
		}
		did, err := step(ctx)
		if b.err = err; err != nil {
			b.over = true
		}
		moved = moved || did
	}
	return moved
}

// turn settles what there is and begins what there is room for then, in one transaction, once the lanes have little
// left to do or an outcome has waited long enough.
func (b *burst) turn(ctx context.Context) (bool, error) {
	if len(b.work) > aheadOfLanes*b.standing()/2 && monotonic().Sub(b.since) < settleWithin {
		return false, nil
	}
	n := min(len(b.ready), b.room())
	switch {
	case n > 0:
		return true, b.begin(ctx, n)
	case len(b.d.unsettled) > 0:
		return true, b.settleAll(ctx)
	}
	return false, nil
}

func (b *burst) settleAll(ctx context.Context) error {
	ds := b.d.unsettled
	if err := b.d.settle(ctx); err != nil {
		return err
	}
	b.dropSettled(ds)
	return nil
}

func (b *burst) dropSettled(ds []Delivery) {
	for _, dl := range ds {
		b.drop(dl.Message)
	}
}

// drop takes a message out of the burst's hands.
func (b *burst) drop(m Message) {
	if b.hand[m.ID] {
		b.begun--
	}
	delete(b.hand, m.ID)
}

// upkeep sees to what others leave behind, however long the burst takes.
func (b *burst) upkeep(ctx context.Context) (bool, error) {
	if monotonic().Sub(b.d.looked) < upkeepEvery {
		return false, nil
	}
	return true, b.d.upkeep(ctx, b.clock, b.r, b.hand)
}

// claim claims one message after the other for one lane, as claiming more would save little, and many ahead for many.
func (b *burst) claim(ctx context.Context) (bool, error) {
	limit := claimAhead
	if b.width.most == 1 {
		limit = 1
	}
	if b.dry || len(b.ready) > limit/4 || b.width.most == 1 && len(b.hand) > 0 {
		return false, nil
	}
	ms, err := b.d.o.Outbox.Claim(ctx, b.d.owner, b.clock(), limit)
	if err != nil {
		return true, fmt.Errorf("claim messages: %w", err)
	}
	b.dry = len(ms) == 0
	for _, m := range ms {
		b.hand[m.ID] = false
	}
	b.ready = append(b.ready, ms...)
	return true, nil
}

// begin begins n messages, settles what there is with that, and gives them to the lanes. The hold counts from before
// Begin, and so from before anybody can have seen that a message was begun, and leaves a tenth of the lease for what
// cannot be checked in time.
func (b *burst) begin(ctx context.Context, n int) error {
	claimed, settled := b.ready[:n], b.d.unsettled
	until := monotonic().Add(b.d.o.Lease - b.d.o.Lease/10)
	begun, err := b.d.o.Outbox.Begin(ctx, b.clock(), settled, claimed)
	if err != nil {
		// begun or not, not a word has gone out: they go back with what is ready
		return fmt.Errorf("begin messages: %w", err)
	}
	b.d.unsettled = nil
	b.dropSettled(settled)
	b.ready, b.sure = b.ready[n:], unasked
	b.r.Lost += n - len(begun)
	for _, m := range claimed {
		b.drop(m)
	}
	for _, m := range begun {
		b.hand[m.ID] = true
		b.begun++
		b.work <- job{message: m, until: until} // there is room for all that may be begun
	}
	return nil
}

// room returns how many messages may be begun now, once what is unsettled is settled.
func (b *burst) room() int {
	if b.width.most > 1 {
		return aheadOfLanes*b.standing() - b.begun + len(b.d.unsettled)
	}
	if b.standing() == 0 || b.begun > 0 {
		return 0
	}
	if b.sure == unasked {
		b.sure = asked
		b.work <- job{opening: true}
	}
	if b.sure == asked {
		return 0
	}
	return 1
}

// end takes back what no lane has begun to send, waits for the lanes, and settles. After a panic what is claimed stays
// so, and is recovered as after a crash.
func (b *burst) end(ctx context.Context) {
	b.over = true
	for len(b.work) > 0 {
		if j := <-b.work; !j.opening {
			b.unsent(j)
		}
	}
	close(b.work)
	if b.panic == nil {
		for _, m := range b.ready {
			b.leave(Delivery{Message: m, NextAt: b.clock()})
		}
	}
	for {
		if b.err == nil {
			b.err = b.settleAll(ctx)
		}
		if len(b.lanes) == 0 {
			break
		}
		b.hear(ctx, <-b.events)
		b.hearMore(ctx)
	}
	if b.panic != nil {
		panic(fmt.Sprintf("%v\n\n%s", b.panic.panic, b.panic.stack))
	}
}

// monotonic is the clock by which a burst measures how long things take.
func monotonic() time.Time { return time.Now() } //nolint:forbidigo // it measures only
