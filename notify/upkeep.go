package notify

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	// upkeepEvery is how often a burst that goes on looks after what others hold.
	upkeepEvery = time.Minute
	// stepBack is what a wall clock must be set back by to count as stepped: less delays nothing that matters.
	stepBack = time.Minute
	// slack is added to the longest wait, so that the clocks of hosts may differ.
	slack = time.Hour
)

// wall notices that the wall clock was set back, by the monotonic clock.
type wall struct {
	now     time.Time // the last one handed down
	at      time.Time // when that was, by the monotonic clock
	stepped bool      // set back since the last upkeep
}

func (w *wall) look(now, at time.Time) {
	now = now.Round(0) // what a clock shows
	if !w.at.IsZero() && now.Before(w.now.Add(at.Sub(w.at)-stepBack)) {
		w.stepped = true
	}
	w.now, w.at = now, at
}

// upkeep recovers what nobody is at work on any more, and lets nothing wait for a time that was wrong. hand is what
// this process has in its hands, by ID, which is let be.
//
// After a clock was set back, what was promised or put off before may be due hours too late by it. Whoever sees its
// clock step back makes everything due that waits: at worst an attempt comes early. A process that was not running then
// knows no better than that nothing was put off for longer than the longest wait.
func (d *Dispatcher) upkeep(ctx context.Context, clock func() time.Time, r *Report, hand map[int64]bool) error {
	hs, err := d.o.Outbox.Held(ctx)
	if err != nil {
		return fmt.Errorf("list held messages: %w", err)
	}
	hs = slices.DeleteFunc(hs, func(h Hold) bool { _, mine := hand[h.ID]; return mine && h.Owner == d.owner })
	//nolint:forbidigo // monotonic; after Held has answered, so that nothing is older than it seems
	now, at := clock(), time.Now()
	if gone := d.holds.stranded(hs, at); len(gone) > 0 {
		n, err := d.o.Outbox.Recover(ctx, now, d.o.ResendUncertainAfter, gone)
		if err != nil {
			return fmt.Errorf("recover messages: %w", err)
		}
		r.Recovered += n
	}
	limit := now.Add(max(d.o.Backoff.longest(), d.o.ResendUncertainAfter) + slack)
	if d.wall.stepped {
		limit = now
	}
	n, err := d.o.Outbox.Hasten(ctx, now, limit)
	if err != nil {
		return fmt.Errorf("hasten messages: %w", err)
	}
	r.Hastened += n
	d.wall.stepped, d.looked = false, at
	return nil
}
