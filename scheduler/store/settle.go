package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"qixian/notify"
)

// Settle records deliveries, as [notify.Outbox] says.
func (s *Store) Settle(ctx context.Context, ds []notify.Delivery) error {
	err := s.writeAgain(ctx, "settle messages", func(tx *gorm.DB) error { return settleHeld(tx, ds) })
	if !errors.Is(err, errNotHeld) {
		return err
	}
	return s.writeAgain(ctx, "settle messages", func(tx *gorm.DB) error {
		rows, err := standings(tx, delivered(ds))
		if err != nil {
			return err
		}
		return settleAll(tx, rows, ds)
	})
}

// delivered are the messages of deliveries.
func delivered(ds []notify.Delivery) []notify.Message {
	ms := make([]notify.Message, len(ds))
	for i, d := range ds {
		ms[i] = d.Message
	}
	return ms
}

// settleAll settles messages whose rows these are.
func settleAll(tx *gorm.DB, rows map[int64]messageRow, ds []notify.Delivery) error {
	var ours []notify.Delivery
	for _, d := range ds {
		if r := rows[d.Message.ID]; r.holds(d.Message) {
			ours = append(ours, d)
		} else if err := settleLate(tx, r, d); err != nil {
			return err
		}
	}
	return settleHeld(tx, ours)
}

// settleHeld settles messages all of which are held.
func settleHeld(tx *gorm.DB, ds []notify.Delivery) error {
	groups := map[alike][]notify.Delivery{}
	for _, d := range ds {
		a := alike{endOf(d), d.Message.Fence}
		groups[a] = append(groups[a], d)
	}
	for a, ds := range groups {
		for part := range slices.Chunk(ds, chunk) {
			if err := settleAlike(tx, a, part); err != nil {
				return err
			}
		}
	}
	return insertDeliveries(tx, ds)
}

// end is what deliveries may have in common of what they change of their messages: all but the time.
type end struct {
	state     messageState
	uncertain bool
	attempt   int
	blamed    int
}

// endOf returns what a delivery makes of its message.
func endOf(d notify.Delivery) end {
	e := end{state: pending, uncertain: d.Message.Uncertain, attempt: d.Message.Attempt, blamed: d.Message.Blamed}
	if d.FinalState {
		e.state, e.uncertain = ending(d.Outcome.Class), d.Outcome.Class == notify.Uncertain
	} else if d.Outcome.Class == notify.Uncertain {
		e.uncertain = true
	}
	return e
}

// settleAlike settles messages with one end, held under one fence. Those that have ended are settled together, at the
// moment at which the last of them has; when each attempt ended, its delivery says.
func settleAlike(tx *gorm.DB, a alike, ds []notify.Delivery) error {
	ids := make([]int64, len(ds))
	var last time.Time
	var next []any // by ID
	for i, d := range ds {
		ids[i], next = d.Message.ID, append(next, d.Message.ID, millis(d.NextAt))
		if d.Ended.After(last) {
			last = d.Ended
		}
	}
	to := map[string]any{
		"lease_owner": "",
		"state":       a.state,
		"uncertain":   a.uncertain,
		"attempt":     a.attempt,
		"blamed":      a.blamed,
	}
	if a.state == pending {
		to["next_at"] = gorm.Expr("CASE id"+strings.Repeat(" WHEN ? THEN ?", len(ds))+" END", next...)
	} else {
		to["settled_at"] = millis(last)
	}
	return changeHeld(tx, ids, a.fence, to)
}

// ending returns the state in which a message ends. A class that says nothing final is taken as a refusal, which the
// office is told of: no message may rest in a state that nobody asks for.
func ending(c notify.Class) messageState {
	switch c {
	case notify.Sent, notify.Bounced, notify.Uncertain:
		return messageState(c)
	default:
		return messageState(notify.Rejected)
	}
}

// settleLate settles a message that is not in the hands any more that the delivery was made by, and whose row is r.
// There is nothing to do if it was settled before and the answer was lost. If it was recovered, and the mail has
// arrived after all, it is not to be sent again; somebody who has claimed it meanwhile will find it gone, and somebody
// who has begun it is let be.
func settleLate(tx *gorm.DB, r messageRow, d notify.Delivery) error {
	if !d.Begun.IsZero() {
		if err := recordDelivery(tx, d); err != nil {
			return err
		}
	}
	resting := r.State == pending || r.State == claimed || r.State == messageState(notify.Uncertain)
	if r.Fence == d.Message.Fence || d.Outcome.Class != notify.Sent || !resting {
		return nil
	}
	// Others may have tried since: attempts are theirs to count.
	return tx.Model(&messageRow{}).Where("id = ?", r.ID).Updates(map[string]any{
		"lease_owner": "", "state": messageState(notify.Sent), "uncertain": false, "settled_at": millis(d.Ended),
	}).Error
}
