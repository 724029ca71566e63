package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"qixian/notify"
	"qixian/scheduler"
)

// errTaken rolls back a promise that another process has made, or whose reminders were settled meanwhile.
var errTaken = errors.New("taken")

// Ripe returns the reminders whose time has come, as [scheduler.Promiser] says.
func (s *Store) Ripe(ctx context.Context, now time.Time, immediate bool) ([]scheduler.Ripe, error) {
	var ripe []scheduler.Ripe
	err := s.read(ctx, "find ripe reminders", func(db *gorm.DB) error {
		var rows []reminderRow
		err := ripeReminders(db, now, immediate).Find(&rows).Error
		if err != nil {
			return err
		}
		ripe, err = withDeadlines(db, rows, scheduler.Open, scheduler.Withdrawn)
		return err
	})
	return ripe, err
}

// ripeReminders reads one range of an index. It does not ask for the state of deadlines, which is looked up by ID afterwards, so
// that no database is tempted to begin with all open deadlines; pending reminders of closed ones are as good as none.
func ripeReminders(db *gorm.DB, now time.Time, immediate bool) *gorm.DB {
	return db.Where("state = ? AND immediate = ? AND fires_at <= ?", scheduler.Pending, immediate, millis(now)).
		Order("unit, deadline_id, fires_at, id")
}

// withDeadlines gives each reminder its deadline, and leaves out those whose deadline is in another state, if any is given.
func withDeadlines(db *gorm.DB, rows []reminderRow, in ...scheduler.State) ([]scheduler.Ripe, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.DeadlineID
	}
	deadlines := map[int64]scheduler.Deadline{}
	for part := range slices.Chunk(distinct(ids), chunk) {
		q := db.Where("id IN ?", part)
		if len(in) > 0 {
			q = q.Where("state IN ?", in)
		}
		var found []deadlineRow
		if err := q.Find(&found).Error; err != nil {
			return nil, err
		}
		for _, r := range found {
			d, err := r.deadline()
			if err != nil {
				return nil, err
			}
			deadlines[d.ID] = d
		}
	}
	var ripe []scheduler.Ripe
	for _, r := range rows {
		if d, ok := deadlines[r.DeadlineID]; ok {
			ripe = append(ripe, scheduler.Ripe{Reminder: r.reminder(), Deadline: d})
		}
	}
	return ripe, nil
}

// Carried returns the reminders that a message carries, as [scheduler.Promiser] says, whatever has become of their deadlines.
func (s *Store) Carried(ctx context.Context, key string) ([]scheduler.Ripe, error) {
	var carried []scheduler.Ripe
	err := s.read(ctx, "find carried reminders", func(db *gorm.DB) error {
		var rows []reminderRow
		err := db.Where("message_key = ? AND state = ?", key, scheduler.Promised).Order("unit, deadline_id, fires_at, id").Find(&rows).Error
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

// Promise writes messages and what becomes of their reminders, as [scheduler.Promiser] says. A following reminder is left
// out if its deadline is not open any more, and left as it is if it is known and not cancelled.
func (s *Store) Promise(ctx context.Context, now time.Time, p scheduler.Promise) (bool, error) {
	err := s.write(ctx, "promise messages", func(tx *gorm.DB) error { return promise(tx, now, p) })
	if errors.Is(err, errTaken) {
		return false, nil
	}
	return err == nil, err
}

func promise(tx *gorm.DB, now time.Time, p scheduler.Promise) error {
	if len(p.Messages) > 0 {
		var n int64
		err := tx.Model(&messageRow{}).Where("message_key = ?", p.Messages[0].Key).Count(&n).Error
		if err != nil {
			return err
		}
		if n > 0 {
			return errTaken
		}
	}
	next, err := following(tx, p.Next)
	if err != nil {
		return err
	}
	carried := distinct(p.Carried)
	n, err := settle(tx, carried, map[string]any{"state": scheduler.Promised, "message_key": p.Key})
	if err != nil {
		return err
	}
	if n != len(carried) {
		return errTaken
	}
	if _, err := settle(tx, distinct(p.Superseded), map[string]any{"state": scheduler.Superseded}); err != nil {
		return err
	}
	if err := upsert(tx, next, reminderIdentity, reminderFacts); err != nil {
		return err
	}
	if err := raise(tx, next); err != nil {
		return err
	}
	if err := insertMessages(tx, now, p.Messages); err != nil {
		return err
	}
	if err := insertLetter(tx, p); err != nil {
		return err
	}
	if err := tellRequests(tx, now, p.Requests); err != nil {
		return err
	}
	return report(tx, now, distinct(p.Fallen))
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

// raise raises the versions of the deadlines to which reminders were added. What a promise settles needs no such mark: whoever
// reschedules on what was read before leaves it settled.
func raise(tx *gorm.DB, added []reminderRow) error {
	ids := make([]int64, len(added))
	for i, r := range added {
		ids[i] = r.DeadlineID
	}
	for part := range slices.Chunk(distinct(ids), chunk) {
		if err := tx.Model(&deadlineRow{}).Where("id IN ?", part).Update("version", gorm.Expr("version + 1")).Error; err != nil {
			return err
		}
	}
	return nil
}

// settle changes those of the reminders that are pending, and returns how many were.
func settle(tx *gorm.DB, ids []int64, change map[string]any) (int, error) {
	n := 0
	for part := range slices.Chunk(ids, chunk) {
		res := tx.Model(&reminderRow{}).Where("id IN ? AND state = ?", part, scheduler.Pending).Updates(change)
		if res.Error != nil {
			return 0, res.Error
		}
		n += int(res.RowsAffected)
	}
	return n, nil
}

// report notes that the office is told of failed messages, of which none has been reported: whoever is second to report one reports none,
// and looks again.
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
