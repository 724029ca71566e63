package notify

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	// claimAhead is how many messages are claimed at a time where there are several lanes. After a crash they rest until their owner starts
	// again, or for a lease.
	claimAhead = 64
	// settleWithin bounds how long an outcome waits for others, to be settled with them.
	settleWithin = 50 * time.Millisecond
)

// burst is one run of a dispatcher's lanes. One goroutine, that of run, decides and asks the outbox; the lanes send, and tell it.
//
//	claimed: ready -> begun: work -> in a lane -> unsettled -> settled
//
// With one lane at most one message is begun and not settled, and that one only once its connection stands. With several it is two for each
// that stands, so that a lane which is done finds the next one begun, and the outbox is asked for many at a time.
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
		d: d, clock: clock, r: r, events: make(chan event, 4*n), work: make(chan job, 2*n), free: slices.Clone(d.o.Transports),
		lanes: map[*lane]bool{}, width: width{most: n, target: 1}, hand: map[int64]bool{},
	}
}

// run sends until nothing is due, the transport gives out or ctx is done, and returns when every lane has closed its connection and what
// can be settled is. It panics with what a transport has panicked with.
func (b *burst) run(ctx context.Context) error {
	dialling, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		b.advance(ctx)
		idle := len(b.ready) == 0 && b.begun == 0
		if b.over || b.dry && idle {
			break
		}
		if idle { // what was claimed was lost
			continue
		}
		b.widen(dialling)
		select {
		case e := <-b.events:
			b.hear(ctx, e)
			b.hearMore(ctx)
		case <-b.late():
		case <-ctx.Done():
		}
	}
	cancel() // a connection that is not needed any more is not waited for
	b.end(ctx)
	return b.err
}

// hearMore hears what else has been said.
func (b *burst) hearMore(ctx context.Context) {
	for len(b.events) > 0 {
		b.hear(ctx, <-b.events)
	}
}

// late tells when what is unsettled has waited long enough for more.
func (b *burst) late() <-chan time.Time {
	if len(b.d.unsettled) == 0 {
		return nil
	}
	return time.After(settleWithin - monotonic().Sub(b.since))
}

// advance does what can be done without waiting for a lane.
func (b *burst) advance(ctx context.Context) {
	for _, step := range []func(context.Context) error{b.settle, b.upkeep, b.claim, b.begin} {
		b.over = b.over || ctx.Err() != nil
		if b.over {
			return
		}
		if b.err = step(ctx); b.err != nil {
			b.over = true
		}
	}
}

// settle settles what there is once the lanes want more to do, or it has waited long enough.
func (b *burst) settle(ctx context.Context) error {
	if len(b.work) > b.standing()/2 && monotonic().Sub(b.since) < settleWithin {
		return nil
	}
	return b.settleAll(ctx)
}

func (b *burst) settleAll(ctx context.Context) error {
	ds := b.d.unsettled
	if err := b.d.settle(ctx); err != nil {
		return err
	}
	for _, dl := range ds {
		b.drop(dl.Message)
	}
	return nil
}

// drop takes a message out of the burst's hands.
func (b *burst) drop(m Message) {
	if b.hand[m.ID] {
		b.begun--
	}
	delete(b.hand, m.ID)
}

// upkeep sees to what others leave behind, however long the burst takes.
func (b *burst) upkeep(ctx context.Context) error {
	if monotonic().Sub(b.d.looked) < upkeepEvery {
		return nil
	}
	return b.d.upkeep(ctx, b.clock, b.r, b.hand)
}

// claim claims one message after the other for one lane, as claiming more would save little, and many ahead for many.
func (b *burst) claim(ctx context.Context) error {
	limit := claimAhead
	if b.width.most == 1 {
		limit = 1
	}
	if b.dry || len(b.ready) > limit/4 || b.width.most == 1 && len(b.hand) > 0 {
		return nil
	}
	ms, err := b.d.o.Outbox.Claim(ctx, b.d.owner, b.clock(), limit)
	if err != nil {
		return fmt.Errorf("claim messages: %w", err)
	}
	b.dry = len(ms) == 0
	for _, m := range ms {
		b.hand[m.ID] = false
	}
	b.ready = append(b.ready, ms...)
	return nil
}

// begin begins as many messages as there is room for, and gives them to the lanes. The hold counts from before Begin, and so from before
// anybody can have seen that a message was begun, and leaves a tenth of the lease for what cannot be checked in time.
func (b *burst) begin(ctx context.Context) error {
	claimed := b.ready[:max(0, min(len(b.ready), b.room()))]
	if len(claimed) == 0 {
		return nil
	}
	until := monotonic().Add(b.d.o.Lease - b.d.o.Lease/10)
	begun, err := b.d.o.Outbox.Begin(ctx, b.clock(), claimed)
	if err != nil {
		return fmt.Errorf("begin messages: %w", err) // begun or not, not a word has gone out: they go back with what is ready
	}
	b.ready, b.sure = b.ready[len(claimed):], unasked
	b.r.Lost += len(claimed) - len(begun)
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

// room returns how many messages may be begun now.
func (b *burst) room() int {
	if b.width.most > 1 {
		return 2*b.standing() - b.begun
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

// end takes back what no lane has begun to send, waits for the lanes, and settles. After a panic what is claimed stays so, and is recovered
// as after a crash.
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
