package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"qixian/notify"
	"qixian/scheduler"
)

// errTaken rolls back a promise that another process has made, or whose reminders were settled meanwhile.
var errTaken = errors.New("taken")

// Carried returns the reminders that a message carries, as [scheduler.Promiser] says, whatever has become of their
// deadlines.
func (s *Store) Carried(ctx context.Context, key string) ([]scheduler.Ripe, error) {
	var carried []scheduler.Ripe
	err := s.read(ctx, "find carried reminders", func(db *gorm.DB) error {
		var rows []reminderRow
		err := inOrder(db).Where("message_key = ? AND state = ?", key, scheduler.Promised).Find(&rows).Error
		if err != nil {
			return err
		}
		carried, err = withDeadlines(db, rows)
		return err
	})
	return carried, err
}

// Failed returns the failed messages that have not been reported, as [scheduler.Promiser] says, in the order of ID.
func (s *Store) Failed(ctx context.Context) ([]notify.Message, error) {
	var rows []messageRow
	err := s.read(ctx, "find failed messages", func(db *gorm.DB) error {
		return failedMessages(db).Find(&rows).Error
	})
	return messages(rows), err
}

func failedMessages(db *gorm.DB) *gorm.DB {
	return db.Where("state IN ? AND reported_at = 0", []notify.Class{notify.Bounced, notify.Rejected}).Order("id")
}

// Promise writes messages and what becomes of their reminders, as [scheduler.Promiser] says. A following reminder is
// left out if its deadline is not open any more, and left as it is if it is known and not cancelled.
func (s *Store) Promise(ctx context.Context, now time.Time, p scheduler.Promise) (bool, error) {
	err := s.write(ctx, "promise messages", func(tx *gorm.DB) error { return promise(tx, now, p) })
	if errors.Is(err, errTaken) {
		return false, nil
	}
	return err == nil, err
}

// PromiseAll promises all of ps together, or, where one of them cannot be, each by itself.
func (s *Store) PromiseAll(ctx context.Context, now time.Time, ps []scheduler.Promise) ([]bool, []error) {
	promised, failed := make([]bool, len(ps)), make([]error, len(ps))
	err := s.write(ctx, "promise messages", func(tx *gorm.DB) error { return promise(tx, now, ps...) })
	for i, p := range ps {
		if promised[i] = err == nil; err != nil {
			promised[i], failed[i] = s.Promise(ctx, now, p)
		}
	}
	return promised, failed
}

// promise writes promises that have nothing in common: all of them, or errTaken.
func promise(tx *gorm.DB, now time.Time, ps ...scheduler.Promise) error {
	if err := checkPromised(tx, ps); err != nil {
		return err
	}
	var together scheduler.Promise
	for _, p := range ps {
		together.Messages = append(together.Messages, p.Messages...)
		together.Superseded = append(together.Superseded, p.Superseded...)
		together.Next = append(together.Next, p.Next...)
		together.Fallen = append(together.Fallen, p.Fallen...)
		together.Requests = append(together.Requests, p.Requests...)
		together.Doubts = append(together.Doubts, p.Doubts...)
	}
	next, err := following(tx, together.Next)
	if err != nil {
		return err
	}
	if err := carry(tx, ps); err != nil {
		return err
	}
	if _, err := settle(tx, distinct(together.Superseded), map[string]any{"state": scheduler.Superseded}); err != nil {
		return err
	}
	if err := upsert(tx, next, reminderIdentity, reminderFacts); err != nil {
		return err
	}
	if err := raise(tx, next); err != nil {
		return err
	}
	if err := insertMessages(tx, now, together.Messages); err != nil {
		return err
	}
	if err := insertLetters(tx, ps); err != nil {
		return err
	}
	if err := tellRequests(tx, now, together.Requests); err != nil {
		return err
	}
	if err := tellDoubts(tx, now, together.Doubts); err != nil {
		return err
	}
	return report(tx, now, distinct(together.Fallen))
}

// checkPromised returns errTaken if one of the promises was made before.
func checkPromised(tx *gorm.DB, ps []scheduler.Promise) error {
	var keys []string
	for _, p := range ps {
		if len(p.Messages) > 0 {
			keys = append(keys, p.Messages[0].Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	var n int64
	if err := tx.Model(&messageRow{}).Where("message_key IN ?", keys).Count(&n).Error; err != nil {
		return err
	}
	if n > 0 {
		return errTaken
	}
	return nil
}

// carry marks the reminders that the promises carry, or returns errTaken if one of them is not pending.
func carry(tx *gorm.DB, ps []scheduler.Promise) error {
	var ids []int64
	var keys []any
	for _, p := range ps {
		for _, id := range distinct(p.Carried) {
			ids, keys = append(ids, id), append(keys, id, p.Key)
		}
	}
	for len(ids) > 0 {
		n := min(len(ids), chunk)
		key := gorm.Expr("CASE id"+strings.Repeat(" WHEN ? THEN ?", n)+" END", keys[:2*n]...)
		changed, err := settle(tx, ids[:n], map[string]any{"state": scheduler.Promised, "message_key": key})
		if err != nil {
			return err
		}
		if changed != n {
			return errTaken
		}
		ids, keys = ids[n:], keys[2*n:]
	}
	return nil
}

// following returns the rows to write for reminders that follow, with their deadlines locked.
func following(tx *gorm.DB, next []scheduler.Reminder) ([]reminderRow, error) {
	ids := make([]int64, len(next))
	for i, m := range next {
		ids[i] = m.DeadlineID
	}
	var rows []reminderRow
	for part := range slices.Chunk(distinct(ids), chunk) {
		open, had, err := lock(tx, part, scheduler.Open)
		if err != nil {
			return nil, err
		}
		for _, d := range open {
			known := map[stageUnit]string{}
			for _, r := range had[d.ID] {
				known[stageUnit{r.Stage, r.Unit}] = r.State
			}
			for _, m := range next {
				k := stageUnit{m.Stage, m.Unit}
				if state, ok := known[k]; m.DeadlineID == d.ID && (!ok || state == string(scheduler.Cancelled)) {
					rows = append(rows, newReminderRow(d.ID, m))
					known[k] = string(scheduler.Pending)
				}
			}
		}
	}
	return rows, nil
}

// raise raises the versions of the deadlines to which reminders were added. What a promise settles needs no such mark:
// whoever reschedules on what was read before leaves it settled.
func raise(tx *gorm.DB, added []reminderRow) error {
	ids := make([]int64, len(added))
	for i, r := range added {
		ids[i] = r.DeadlineID
	}
	for part := range slices.Chunk(distinct(ids), chunk) {
		if err := tx.Model(
			&deadlineRow{},
		).Where(
			"id IN ?",
			part,
		).Update(
			"version",
			gorm.Expr("version + 1"),
		).Error; err != nil {
			return err
		}
	}
	return nil
}

// settle changes those of the reminders that are pending, and returns how many were.
func settle(tx *gorm.DB, ids []int64, change map[string]any) (int, error) {
	n := 0
	for part := range slices.Chunk(ids, chunk) {
		res := pendingOf(tx.Model(&reminderRow{}), part).Updates(change)
		if res.Error != nil {
			return 0, res.Error
		}
		n += int(res.RowsAffected)
	}
	return n, nil
}

// report notes that the office is told of failed messages, of which none has been reported: whoever is second to report
// one reports none, and looks again.
func report(tx *gorm.DB, now time.Time, ids []int64) error {
	n := 0
	for part := range slices.Chunk(ids, chunk) {
		res := tx.Model(&messageRow{}).Where("id IN ? AND reported_at = 0", part).Update("reported_at", millis(now))
		if res.Error != nil {
			return res.Error
		}
		n += int(res.RowsAffected)
	}
	if n != len(ids) {
		return errTaken
	}
	return nil
}
