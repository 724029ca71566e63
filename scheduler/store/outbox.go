package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"qixian/notify"
)

// maxRounds bounds how often Claim looks again after other owners were quicker.
const maxRounds = 5

// Claim leases messages that are due, as [notify.Outbox] says, in the order of their time. Candidates are looked for and then
// taken one by one, each by a compare-and-set of its state and fence: whoever changes the row has it.
func (s *Store) Claim(ctx context.Context, owner string, now time.Time, lease time.Duration, limit int) ([]notify.Message, error) {
	var got []notify.Message
	err := s.write(ctx, "claim messages", func(tx *gorm.DB) error {
		got = nil
		for round := 0; round < maxRounds && len(got) < limit; round++ {
			var candidates []messageRow
			wanted := limit - len(got)
			if err := dueMessages(tx, now).Limit(wanted).Find(&candidates).Error; err != nil {
				return err
			}
			for _, r := range candidates {
				res := tx.Model(&messageRow{}).Where("id = ? AND state = ? AND fence = ?", r.ID, pending, r.Fence).Updates(map[string]any{
					"state": claimed, "lease_owner": owner, "lease_until": millis(now.Add(lease)), "fence": r.Fence + 1,
				})
				if res.Error != nil {
					return res.Error
				}
				if res.RowsAffected == 1 {
					r.State = claimed
					got = append(got, r.message())
				}
			}
			if len(candidates) < wanted {
				break
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return got, nil
}

// dueMessages reads one range of an index.
func dueMessages(db *gorm.DB, now time.Time) *gorm.DB {
	return db.Where("state = ? AND next_at <= ?", pending, millis(now)).Order("next_at, id")
}

// Begin marks messages as being sent, as [notify.Outbox] says. A lease that has ended is not begun under: another process may
// recover the message at any moment.
func (s *Store) Begin(ctx context.Context, owner string, now time.Time, ms []notify.Message) ([]notify.Message, error) {
	var begun []notify.Message
	err := s.write(ctx, "begin messages", func(tx *gorm.DB) error {
		begun = nil
		for _, m := range ms {
			res := tx.Model(&messageRow{}).
				Where("id = ? AND state = ? AND lease_owner = ? AND lease_until >= ?", m.ID, claimed, owner, millis(now)).
				Updates(map[string]any{"state": sending, "begun_at": millis(now), "attempt": gorm.Expr("attempt + 1")})
			if res.Error != nil {
				return res.Error
			}
			if res.RowsAffected == 1 {
				m.Attempt++
				begun = append(begun, m)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return begun, nil
}

// Settle records deliveries, as [notify.Outbox] says. An attempt is kept even where the message is not owner's any more: it
// has happened.
func (s *Store) Settle(ctx context.Context, owner string, ds []notify.Delivery) error {
	return s.write(ctx, "settle messages", func(tx *gorm.DB) error {
		for _, d := range ds {
			from := sending
			if d.Begun.IsZero() {
				from = claimed
			} else if err := insertDelivery(tx, d); err != nil {
				return err
			}
			err := tx.Model(&messageRow{}).Where("id = ? AND state = ? AND lease_owner = ?", d.Message.ID, from, owner).
				Updates(settled(d)).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// settled returns what a delivery changes of its message.
func settled(d notify.Delivery) map[string]any {
	change := map[string]any{"lease_owner": "", "lease_until": 0}
	switch {
	case d.FinalState:
		change["state"] = ending(d.Outcome.Class)
		change["uncertain"] = d.Outcome.Class == notify.Uncertain
		change["settled_at"] = millis(d.Ended)
	case d.Outcome.Class == notify.Uncertain:
		change["uncertain"] = true
		fallthrough
	default:
		change["state"] = pending
		change["next_at"] = millis(d.NextAt)
	}
	return change
}

// ending returns the state in which a message ends. A class that says nothing final is taken as a refusal, which the office
// is told of: no message may rest in a state that nobody asks for.
func ending(c notify.Class) messageState {
	switch c {
	case notify.Sent, notify.Bounced, notify.Uncertain:
		return messageState(c)
	default:
		return messageState(notify.Rejected)
	}
}

// Recover returns messages whose lease has ended to the outbox, as [notify.Outbox] says. An attempt that was begun is
// recorded as uncertain.
func (s *Store) Recover(ctx context.Context, now time.Time, resend time.Duration) (int, error) {
	n := 0
	err := s.write(ctx, "recover messages", func(tx *gorm.DB) error {
		n = 0
		var rows []messageRow
		if err := strandedMessages(tx, now).Find(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			res := tx.Model(&messageRow{}).Where("id = ? AND state = ? AND fence = ?", r.ID, r.State, r.Fence).
				Updates(recovered(r, now, resend))
			if res.Error != nil {
				return res.Error
			}
			if res.RowsAffected != 1 { // it was settled or recovered meanwhile
				continue
			}
			n++
			if r.State == claimed {
				continue
			}
			cut := notify.Delivery{
				Message: r.message(), Outcome: notify.Outcome{Class: notify.Uncertain, Reply: "cut off"}, Begun: instant(r.BegunAt), Ended: now,
			}
			if err := insertDelivery(tx, cut); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// strandedMessages finds leases that have ended. No more are ever claimed or being sent than dispatchers hold, so the state is index
// enough.
func strandedMessages(db *gorm.DB, now time.Time) *gorm.DB {
	return db.Omit("body_text", "body_html").
		Where("state IN ? AND lease_until < ?", []messageState{claimed, sending}, millis(now)).Order("id")
}

// recovered returns what recovering changes of a message.
func recovered(r messageRow, now time.Time, resend time.Duration) map[string]any {
	change := map[string]any{"lease_owner": "", "lease_until": 0, "fence": r.Fence + 1}
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

// Abandon ends the leases of an owner that is known to be gone, so that the next Recover need not wait for them: a daemon that
// starts again under the same name calls it.
func (s *Store) Abandon(ctx context.Context, owner string) error {
	return s.write(ctx, "abandon messages", func(tx *gorm.DB) error {
		return tx.Model(&messageRow{}).Where("state IN ? AND lease_owner = ?", []messageState{claimed, sending}, owner).
			Update("lease_until", 0).Error
	})
}

// deliveryRow is a row of deliveries.
type deliveryRow struct {
	ID        int64 `gorm:"->;primaryKey;autoIncrement:false"`
	MessageID int64
	Attempt   int
	Class     string
	Code      int
	Reply     string
	BegunAt   int64
	EndedAt   int64
}

// TableName names the table.
func (deliveryRow) TableName() string { return "deliveries" }

// insertDelivery records an attempt, unless it is on record: one that was taken for lost, or settled twice.
func insertDelivery(tx *gorm.DB, d notify.Delivery) error {
	var n int64
	err := tx.Model(&deliveryRow{}).Where("message_id = ? AND attempt = ?", d.Message.ID, d.Message.Attempt).Count(&n).Error
	if err != nil || n > 0 {
		return err
	}
	return tx.Create(&deliveryRow{
		MessageID: d.Message.ID, Attempt: d.Message.Attempt, Class: string(d.Outcome.Class), Code: d.Outcome.Code,
		Reply: d.Outcome.Reply, BegunAt: millis(d.Begun), EndedAt: millis(d.Ended),
	}).Error
}
