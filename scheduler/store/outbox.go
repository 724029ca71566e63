package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"qixian/notify"
)

// errBehind is of a row that has changed since it was read, or, on a node of a cluster that has not yet applied what
// another node has acknowledged, of one that is older than what we have written ourselves. Trying again helps.
//
// It is why a cluster needs no wsrep_sync_wait here. A stale read can lead to two things only. What writes to an old
// row is refused by the cluster at the commit, because a newer change of the same row was certified before it; the
// transaction is then retried as a whole. What writes nothing would commit: so where that would mean to leave a message
// alone, its fence is looked at, and a fence below the one that we hold says that the node is behind. Fences never
// fall.
var errBehind = errors.New("the row is changing, or this node of a cluster is behind")

// standings locks messages and returns their rows as they are, without bodies, by ID. Each has at least the fence that
// we know of.
func standings(tx *gorm.DB, ms []notify.Message) (map[int64]messageRow, error) {
	found := make(map[int64]messageRow, len(ms))
	for part := range slices.Chunk(ms, chunk) {
		ids := make([]int64, len(part))
		for i, m := range part {
			ids[i] = m.ID
		}
		var rows []messageRow
		if err := forUpdate(tx).Select("id", "state", "fence").Where("id IN ?", ids).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			found[r.ID] = r
		}
	}
	for _, m := range ms {
		if r, known := found[m.ID]; !known || r.Fence < m.Fence {
			return nil, errBehind
		}
	}
	return found, nil
}

// holds reports whether a message is still held under the fence with which it was claimed, begun or not.
func (r messageRow) holds(m notify.Message) bool {
	return r.Fence == m.Fence && slices.Contains(held, r.State)
}

// Begin settles deliveries and marks messages as being sent, as [notify.Outbox] says. What is marked already, by a
// Begin whose answer was lost, is so again: the fence is nobody else's.
func (s *Store) Begin(
	ctx context.Context,
	now time.Time,
	ds []notify.Delivery,
	ms []notify.Message,
) ([]notify.Message, error) {
	begun := make([]notify.Message, len(ms))
	for i, m := range ms {
		m.Attempt++
		begun[i] = m
	}
	err := s.writeAgain(ctx, "begin messages", func(tx *gorm.DB) error {
		if err := settleHeld(tx, ds); err != nil {
			return err
		}
		return beginHeld(tx, now, begun)
	})
	switch {
	case err == nil:
		return begun, nil
	case !errors.Is(err, errNotHeld):
		return nil, err
	}
	err = s.writeAgain(ctx, "begin messages", func(tx *gorm.DB) error {
		rows, err := standings(tx, append(delivered(ds), ms...))
		if err != nil {
			return err
		}
		if err := settleAll(tx, rows, ds); err != nil {
			return err
		}
		begun = slices.DeleteFunc(begun, func(m notify.Message) bool { return !rows[m.ID].holds(m) })
		return beginHeld(tx, now, begun)
	})
	if err != nil {
		return nil, err
	}
	return begun, nil
}

// errNotHeld is of messages of which one at least is not in the hands any more that it was: each has to be looked at.
// Where all are, as nearly always, nothing has to be read before they are changed.
var errNotHeld = errors.New("not all of the messages are held")

// alike is what messages have in common that one statement changes.
type alike struct {
	end
	fence int64
}

// beginHeld marks messages, all of which are held, as being sent for their attempt.
func beginHeld(tx *gorm.DB, now time.Time, ms []notify.Message) error {
	groups := map[alike][]int64{}
	for _, m := range ms {
		a := alike{end{attempt: m.Attempt}, m.Fence}
		groups[a] = append(groups[a], m.ID)
	}
	for a, ids := range groups {
		to := map[string]any{"state": sending, "begun_at": millis(now), "attempt": a.attempt}
		if err := changeHeld(tx, ids, a.fence, to); err != nil {
			return err
		}
	}
	return nil
}

// changeHeld changes messages that are all held under one fence.
func changeHeld(tx *gorm.DB, ids []int64, fence int64, to map[string]any) error {
	for part := range slices.Chunk(ids, chunk) {
		res := tx.Model(&messageRow{}).Where("id IN ? AND fence = ? AND +state IN ?", part, fence, held).Updates(to)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected != int64(len(part)) {
			return errNotHeld
		}
	}
	return nil
}

// change changes a message that still has the state and the fence it was read with.
func change(tx *gorm.DB, r messageRow, to map[string]any) (bool, error) {
	res := tx.Model(&messageRow{}).Where("id = ? AND state = ? AND fence = ?", r.ID, r.State, r.Fence).Updates(to)
	return res.RowsAffected == 1, res.Error
}
