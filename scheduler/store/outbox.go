package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"qixian/notify"
)

// maxRounds bounds how often Claim looks again after other owners were quicker.
const maxRounds = 5

// errBehind is of a row that has changed since it was read, or, on a node of a cluster that has not yet applied what another node has
// acknowledged, of one that is older than what we have written ourselves. Trying again helps.
//
// It is why a cluster needs no wsrep_sync_wait here. A stale read can lead to two things only. A compare-and-set that matches an old row
// writes, and the cluster refuses the commit, because a newer change of the same row was certified before it; the transaction is then
// retried as a whole. One that matches nothing writes nothing and would commit: so where that would mean to leave a message alone, its
// fence is looked at, and a fence below the one that we hold says that the node is behind. Fences never fall.
var errBehind = errors.New("the row is changing, or this node of a cluster is behind")

// Claim takes messages that are due, as [notify.Outbox] says, in the order of their time, or nearly so where others do the same: one who
// has met them looks further down. Candidates are looked for and then taken one by one, each by a compare-and-set of its state and fence:
// whoever changes the row has it. It is not tried again when the connection was lost: it may have taken what its caller must find among
// its holds.
func (s *Store) Claim(ctx context.Context, owner string, now time.Time, limit int) ([]notify.Message, error) {
	var got []notify.Message
	attempt := 0
	err := s.write(ctx, "claim messages", func(tx *gorm.DB) error {
		got = nil
		if attempt++; attempt > 1 {
			s.crowd.met()
		}
		for round := 0; round < maxRounds && len(got) < limit; round++ {
			var candidates []messageRow
			wanted := limit - len(got)
			if err := dueMessages(tx, now).Select("id", "state", "fence").Limit(wanted + s.crowd.width()).Find(&candidates).Error; err != nil {
				return err
			}
			taken, err := s.take(tx, owner, choose(candidates, wanted))
			if err != nil {
				return err
			}
			got = append(got, taken...)
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

// take takes the candidates that nobody has taken since, or is about to.
func (s *Store) take(tx *gorm.DB, owner string, candidates []messageRow) ([]notify.Message, error) {
	var got []notify.Message
	for _, c := range candidates {
		r, free, err := lockFree(tx, c)
		if err != nil {
			return nil, err
		}
		changed := false
		if free {
			if changed, err = change(tx, r, map[string]any{"state": claimed, "lease_owner": owner, "fence": r.Fence + 1}); err != nil {
				return nil, err
			}
		}
		if !changed {
			s.crowd.met()
			continue
		}
		s.crowd.missed()
		r.State, r.Fence = claimed, r.Fence+1
		m := r.message()
		if m.Attachments, err = r.files(); err != nil {
			return nil, err
		}
		got = append(got, m)
	}
	return got, nil
}

// dueMessages reads one range of an index.
func dueMessages(db *gorm.DB, now time.Time) *gorm.DB {
	return db.Where("state = ? AND next_at <= ?", pending, millis(now)).Order("next_at, id")
}

// lockFree reads and locks a message that still has the state and the fence it was read with, unless somebody else has it locked at this
// moment: a process that was stopped in the midst of a transaction keeps its locks, and would make all others wait for it.
func lockFree(tx *gorm.DB, r messageRow) (messageRow, bool, error) {
	var rows []messageRow
	err := tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate, Options: clause.LockingOptionsNoWait}).
		Where("id = ? AND state = ? AND fence = ?", r.ID, r.State, r.Fence).Find(&rows).Error
	if lockedByAnother(err) || err == nil && len(rows) == 0 {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	return rows[0], true, nil
}

// change changes a message that still has the state and the fence it was read with.
func change(tx *gorm.DB, r messageRow, to map[string]any) (bool, error) {
	res := tx.Model(&messageRow{}).Where("id = ? AND state = ? AND fence = ?", r.ID, r.State, r.Fence).Updates(to)
	return res.RowsAffected == 1, res.Error
}

// changeHeld changes a message that is still held under the fence with which it was claimed, begun or not.
func changeHeld(tx *gorm.DB, m notify.Message, to map[string]any) (bool, error) {
	res := tx.Model(&messageRow{}).Where("id = ? AND state IN ? AND fence = ?", m.ID, held, m.Fence).Updates(to)
	return res.RowsAffected == 1, res.Error
}

// Begin marks messages as being sent, as [notify.Outbox] says. What is marked already, by a Begin whose answer was lost, is so again: the
// fence is nobody else's.
func (s *Store) Begin(ctx context.Context, now time.Time, ms []notify.Message) ([]notify.Message, error) {
	var begun []notify.Message
	err := s.writeAgain(ctx, "begin messages", func(tx *gorm.DB) error {
		begun = nil
		for _, m := range ms {
			changed, err := changeHeld(tx, m, map[string]any{"state": sending, "begun_at": millis(now), "attempt": m.Attempt + 1})
			if err != nil {
				return err
			}
			if !changed {
				if _, err := current(tx, m); err != nil {
					return err
				}
				continue
			}
			m.Attempt++
			begun = append(begun, m)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return begun, nil
}

// current returns a message's row as it is, which has at least the fence that we know of.
func current(tx *gorm.DB, m notify.Message) (messageRow, error) {
	var r messageRow
	if err := tx.Omit("body_text", "body_html", "attachments").Where("id = ?", m.ID).Take(&r).Error; err != nil {
		return r, err
	}
	if r.Fence < m.Fence {
		return r, errBehind
	}
	return r, nil
}

// Settle records deliveries, as [notify.Outbox] says.
func (s *Store) Settle(ctx context.Context, ds []notify.Delivery) error {
	return s.writeAgain(ctx, "settle messages", func(tx *gorm.DB) error {
		for _, d := range ds {
			if !d.Begun.IsZero() {
				if err := recordDelivery(tx, d); err != nil {
					return err
				}
			}
			changed, err := changeHeld(tx, d.Message, settled(d))
			if err == nil && !changed {
				err = settleLate(tx, d)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// settled returns what a delivery changes of its message.
func settled(d notify.Delivery) map[string]any {
	change := map[string]any{"lease_owner": "", "blamed": d.Message.Blamed, "attempt": d.Message.Attempt}
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

// settleLate settles a message that is not in the hands any more that the delivery was made by. There is nothing to do if it was settled
// before and the answer was lost. If it was recovered, and the mail has arrived after all, it is not to be sent again; somebody who has
// claimed it meanwhile will find it gone, and somebody who has begun it is let be.
func settleLate(tx *gorm.DB, d notify.Delivery) error {
	r, err := current(tx, d.Message)
	if err != nil {
		return err
	}
	resting := r.State == pending || r.State == claimed || r.State == messageState(notify.Uncertain)
	if r.Fence == d.Message.Fence || d.Outcome.Class != notify.Sent || !resting {
		return nil
	}
	to := settled(d)
	delete(to, "attempt") // others may have tried since
	delete(to, "blamed")
	changed, err := change(tx, r, to)
	if err == nil && !changed {
		return errBehind
	}
	return err
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

func newDeliveryRow(d notify.Delivery) deliveryRow {
	return deliveryRow{
		MessageID: d.Message.ID, Attempt: d.Message.Attempt, Class: string(d.Outcome.Class), Code: d.Outcome.Code,
		Reply: d.Outcome.Reply, BegunAt: millis(d.Begun), EndedAt: millis(d.Ended),
	}
}

// recordDelivery records an attempt as whoever made it knows it. That takes the place of a record which says no more than that it was
// cut off; nothing else takes the place of anything.
func recordDelivery(tx *gorm.DB, d notify.Delivery) error {
	row := newDeliveryRow(d)
	res := tx.Model(&deliveryRow{}).
		Where("message_id = ? AND attempt = ? AND class = ? AND reply = ?", row.MessageID, row.Attempt, notify.Uncertain, cutOff).
		Updates(map[string]any{"class": row.Class, "code": row.Code, "reply": row.Reply, "ended_at": row.EndedAt})
	if res.Error != nil || res.RowsAffected > 0 {
		return res.Error
	}
	return insertDelivery(tx, row)
}

// insertDelivery records an attempt, unless it is on record.
func insertDelivery(tx *gorm.DB, row deliveryRow) error {
	var n int64
	err := tx.Model(&deliveryRow{}).Where("message_id = ? AND attempt = ?", row.MessageID, row.Attempt).Count(&n).Error
	if err != nil || n > 0 {
		return err
	}
	return tx.Create(&row).Error
}
