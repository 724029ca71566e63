package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"qixian/scheduler"
)

// ripePage is how many reminders Ripe reads at a time, or one unit's, if these are more.
const ripePage = 1000

// ripeRow is what of a ripe reminder says whether it goes with others.
type ripeRow struct {
	ID   int64
	Unit string
}

// Ripe reads the reminders whose time has come, as [scheduler.Promiser] says. It lists them first, as what f does
// changes what is ripe, and leaves out what was settled since.
func (s *Store) Ripe(ctx context.Context, now time.Time, immediate bool, f func([]scheduler.Ripe) error) error {
	var all []ripeRow
	err := s.read(ctx, "list ripe reminders", func(db *gorm.DB) error {
		return ripeReminders(db.Model(&reminderRow{}), now, immediate).Find(&all).Error
	})
	if err != nil {
		return err
	}
	for len(all) > 0 {
		n := wholeUnits(all, ripePage)
		var ripe []scheduler.Ripe
		err := s.read(ctx, "find ripe reminders", func(db *gorm.DB) error {
			rows, err := pendingReminders(db, all[:n])
			if err == nil {
				ripe, err = withDeadlines(db, rows)
			}
			return err
		})
		if err != nil {
			return err
		}
		all = all[n:]
		if len(ripe) == 0 {
			continue
		}
		if err := f(ripe); err != nil {
			return err
		}
	}
	return nil
}

// wholeUnits returns how many of rows, which are ordered by unit, are the first units', so many as there are limit of
// them or fewer, but one.
func wholeUnits(rows []ripeRow, limit int) int {
	n := 0
	for i := 1; i <= len(rows); i++ {
		if i == len(rows) || rows[i].Unit != rows[i-1].Unit {
			if i > limit && n > 0 {
				break
			}
			n = i
		}
	}
	return n
}

// pendingReminders reads those of the reminders that are pending still.
func pendingReminders(db *gorm.DB, of []ripeRow) ([]reminderRow, error) {
	var rows []reminderRow
	for part := range slices.Chunk(of, chunk) {
		ids := make([]int64, len(part))
		for i, r := range part {
			ids[i] = r.ID
		}
		var found []reminderRow
		if err := inOrder(pendingOf(db, ids)).Find(&found).Error; err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

// pendingOf finds those of the reminders that are pending.
func pendingOf(db *gorm.DB, ids []int64) *gorm.DB {
	return db.Where("id IN ? AND +state = ?", ids, scheduler.Pending)
}

// inOrder orders reminders as a letter has them.
func inOrder(db *gorm.DB) *gorm.DB { return db.Order("unit, deadline_id, fires_at, id") }

// ripeReminders reads one range of an index. It does not ask for the state of deadlines: what is pending of a closed
// one was added as it was closed.
func ripeReminders(db *gorm.DB, now time.Time, immediate bool) *gorm.DB {
	return inOrder(db).Where("state = ? AND immediate = ? AND fires_at <= ?", scheduler.Pending, immediate, millis(now))
}

// withDeadlines gives each reminder its deadline.
func withDeadlines(db *gorm.DB, rows []reminderRow) ([]scheduler.Ripe, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.DeadlineID
	}
	deadlines := map[int64]scheduler.Deadline{}
	for part := range slices.Chunk(distinct(ids), chunk) {
		var found []deadlineRow
		if err := db.Where("id IN ?", part).Find(&found).Error; err != nil {
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
