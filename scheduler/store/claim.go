package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"qixian/notify"
)

// maxRounds bounds how often Claim looks again after other owners were quicker.
const maxRounds = 5

// Claim takes messages that are due, as [notify.Outbox] says, in the order of their time, or nearly so where others do
// the same: one who has met them looks further down. Candidates are looked for, and those that nobody else has locked
// or changed since are then taken together. It is not tried again when the connection was lost: it may have taken what
// its caller must find among its holds.
func (s *Store) Claim(ctx context.Context, owner string, now time.Time, limit int) ([]notify.Message, error) {
	var got []notify.Message
	attempt := 0
	err := s.write(ctx, "claim messages", func(tx *gorm.DB) error {
		got = nil
		if attempt++; attempt > 1 {
			s.crowd.met()
		}
		for round := 0; round < maxRounds && len(got) < limit; round++ {
			var candidates []int64
			wanted := limit - len(got)
			err := dueMessages(
				tx.Model(&messageRow{}),
				now,
			).Limit(
				wanted+s.crowd.width(),
			).Pluck(
				"id",
				&candidates,
			).Error
			if err != nil {
				return err
			}
			if round == 0 { // later, whatever nobody has locked will do
				candidates = choose(candidates, wanted)
			}
			taken, err := s.take(tx, owner, candidates, wanted)
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

// take takes up to limit of the candidates that nobody has taken since, or is about to.
func (s *Store) take(tx *gorm.DB, owner string, candidates []int64, limit int) ([]notify.Message, error) {
	if len(candidates) == 0 {
		return nil, nil
	}
	var rows []messageRow
	err := pendingMessages(skipLocked(tx), candidates).Order("next_at, id").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	if len(rows) < len(candidates) {
		s.crowd.met()
	} else {
		s.crowd.missed()
	}
	rows = rows[:min(len(rows), limit)]
	ids := make([]int64, len(rows))
	ms := make([]notify.Message, len(rows))
	for i, r := range rows {
		r.State, r.Fence = claimed, r.Fence+1
		ids[i], ms[i] = r.ID, r.message()
	}
	if len(rows) == 0 {
		return nil, nil
	}
	err = tx.Model(&messageRow{}).Where("id IN ?", ids).
		Updates(map[string]any{"state": claimed, "lease_owner": owner, "fence": gorm.Expr("fence + 1")}).Error
	if err != nil {
		return nil, err
	}
	return ms, withBodies(tx, ms)
}

// dueMessages reads one range of an index.
func dueMessages(db *gorm.DB, now time.Time) *gorm.DB {
	return db.Where("state = ? AND next_at <= ?", pending, millis(now)).Order("next_at, id")
}

// pendingMessages finds those of the messages that are pending.
func pendingMessages(db *gorm.DB, ids []int64) *gorm.DB {
	return db.Where("id IN ? AND +state = ?", ids, pending)
}

// skipLocked locks the rows that a query finds, but for those that somebody else has locked at this moment: a process
// that was stopped in the midst of a transaction keeps its locks, and would make all others wait for it.
func skipLocked(tx *gorm.DB) *gorm.DB {
	return tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate, Options: clause.LockingOptionsSkipLocked})
}
