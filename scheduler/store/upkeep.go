package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"qixian/notify"
)

// cutOff is the reply on record of an attempt that nobody has told the end of.
const cutOff = "cut off"

// Held lists what is claimed or being sent, as [notify.Upkeep] says.
func (s *Store) Held(ctx context.Context) ([]notify.Hold, error) {
	var rows []messageRow
	err := s.read(ctx, "list held messages", func(db *gorm.DB) error { return heldMessages(db).Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	hs := make([]notify.Hold, len(rows))
	for i, r := range rows {
		hs[i] = notify.Hold{ID: r.ID, Fence: r.Fence, Owner: r.LeaseOwner, Begun: r.State == sending}
	}
	return hs, nil
}

// heldMessages finds what is held. No more are ever claimed or being sent than dispatchers have in their hands, so the
// state is index enough.
func heldMessages(db *gorm.DB) *gorm.DB {
	return db.Select("id", "fence", "lease_owner", "state").Where("state IN ?", held).Order("id")
}

// Recover takes messages out of the hands that have them, as [notify.Upkeep] says. An attempt that was begun is
// recorded as uncertain.
func (s *Store) Recover(ctx context.Context, now time.Time, resend time.Duration, hs []notify.Hold) (int, error) {
	n := 0
	err := s.writeAgain(ctx, "recover messages", func(tx *gorm.DB) error {
		n = 0
		for _, h := range hs {
			got, err := recoverHold(tx, now, resend, h)
			if err != nil {
				return err
			}
			if got {
				n++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// recoverHold recovers one message, unless it was settled, begun or recovered meanwhile, or is about to be. One that
// somebody has locked is left for later: who was stopped in the midst of a transaction loses his locks with his
// connection.
func recoverHold(tx *gorm.DB, now time.Time, resend time.Duration, h notify.Hold) (bool, error) {
	state := claimed
	if h.Begun {
		state = sending
	}
	var rows []messageRow
	err := skipLocked(tx).Where("id = ? AND state = ? AND fence = ?", h.ID, state, h.Fence).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return false, err
	}
	r := rows[0]
	changed, err := change(tx, r, recovered(r, now, resend))
	if err != nil || !changed || !h.Begun {
		return changed, err
	}
	return true, insertDelivery(tx, newDeliveryRow(notify.Delivery{
		Message: r.message(),
		Outcome: notify.Outcome{Class: notify.Uncertain, Reply: cutOff},
		Begun:   instant(r.BegunAt),
		Ended:   now,
	}))
}

// recovered returns what recovering changes of a message.
func recovered(r messageRow, now time.Time, resend time.Duration) map[string]any {
	change := map[string]any{"lease_owner": "", "fence": r.Fence + 1}
	switch {
	case r.State == claimed:
		change["state"] = pending
	case r.Uncertain:
		change["state"] = messageState(notify.Uncertain)
		change["settled_at"] = millis(now)
	default:
		change["state"] = pending
		change["uncertain"] = true
		change["next_at"] = millis(now.Add(resend))
	}
	return change
}

// Hasten makes messages due, as [notify.Upkeep] says. It looks before it writes, as there is hardly ever one.
func (s *Store) Hasten(ctx context.Context, now, limit time.Time) (int, error) {
	var far []messageRow
	err := s.read(ctx, "find messages far off", func(db *gorm.DB) error {
		return farMessages(db, limit).Select("id").Limit(1).Find(&far).Error
	})
	if err != nil || len(far) == 0 {
		return 0, err
	}
	n := 0
	err = s.writeAgain(ctx, "hasten messages", func(tx *gorm.DB) error {
		res := farMessages(tx.Model(&messageRow{}), limit).Update("next_at", millis(now))
		n = int(res.RowsAffected)
		return res.Error
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// farMessages reads one range of an index.
func farMessages(db *gorm.DB, limit time.Time) *gorm.DB {
	return db.Where("state = ? AND next_at > ?", pending, millis(limit))
}
