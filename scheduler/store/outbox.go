package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"qixian/notify"
)

// errBehind is of a row that has changed since it was read, or, on a node of a cluster that has not yet applied what another node has
// acknowledged, of one that is older than what we have written ourselves. Trying again helps.
//
// It is why a cluster needs no wsrep_sync_wait here. A stale read can lead to two things only. What writes to an
// old row is refused by the cluster at the commit, because a newer change of the same row was certified before it; the transaction is then
// retried as a whole. What writes nothing would commit: so where that would mean to leave a message alone, its fence is looked at, and a
// fence below the one that we hold says that the node is behind. Fences never fall.
var errBehind = errors.New("the row is changing, or this node of a cluster is behind")

// standings locks messages and returns their rows as they are, without bodies, by ID. Each has at least the fence that we know of.
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

// Begin settles deliveries and marks messages as being sent, as [notify.Outbox] says. What is marked already, by a Begin whose answer was
// lost, is so again: the fence is nobody else's.
func (s *Store) Begin(ctx context.Context, now time.Time, ds []notify.Delivery, ms []notify.Message) ([]notify.Message, error) {
	var begun []notify.Message
	err := s.writeAgain(ctx, "begin messages", func(tx *gorm.DB) error {
		rows, err := standings(tx, append(delivered(ds), ms...))
		if err != nil {
			return err
		}
		if err := settleAll(tx, rows, ds); err != nil {
			return err
		}
		begun, err = begin(tx, now, rows, ms)
		return err
	})
	if err != nil {
		return nil, err
	}
	return begun, nil
}

// begin marks those of the messages that are held.
func begin(tx *gorm.DB, now time.Time, rows map[int64]messageRow, ms []notify.Message) ([]notify.Message, error) {
	var begun []notify.Message
	attempts := map[int][]int64{}
	for _, m := range ms {
		if rows[m.ID].holds(m) {
			m.Attempt++
			begun = append(begun, m)
			attempts[m.Attempt] = append(attempts[m.Attempt], m.ID)
		}
	}
	for attempt, ids := range attempts {
		to := map[string]any{"state": sending, "begun_at": millis(now), "attempt": attempt}
		if err := tx.Model(&messageRow{}).Where("id IN ?", ids).Updates(to).Error; err != nil {
			return nil, err
		}
	}
	return begun, nil
}

// change changes a message that still has the state and the fence it was read with.
func change(tx *gorm.DB, r messageRow, to map[string]any) (bool, error) {
	res := tx.Model(&messageRow{}).Where("id = ? AND state = ? AND fence = ?", r.ID, r.State, r.Fence).Updates(to)
	return res.RowsAffected == 1, res.Error
}
