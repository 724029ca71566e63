package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"qixian/scheduler"
)

// identity tells deadlines apart.
type identity struct{ key, unit string }

func (r deadlineRow) identity() identity { return identity{r.DeadlineKey, r.Unit} }

// Track inserts the deadlines that are not known yet and opens withdrawn ones again, as [scheduler.Tracker] says. Of
// two with one identity the first counts. A reminder that was superseded before is as settled as one that was promised.
func (s *Store) Track(ctx context.Context, ds []scheduler.Deadline) (int, error) {
	if len(ds) == 0 {
		return 0, nil
	}
	var n int
	err := s.write(ctx, "track deadlines", func(tx *gorm.DB) (err error) {
		n, err = track(tx, ds)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func track(tx *gorm.DB, ds []scheduler.Deadline) (int, error) {
	known, err := identify(tx, ds)
	if err != nil {
		return 0, err
	}
	var fresh, again []scheduler.Deadline
	seen := map[identity]bool{}
	for _, d := range ds {
		id := identity{d.Key, d.Unit}
		was, ok := known[id]
		switch {
		case seen[id]:
		case !ok:
			fresh = append(fresh, d)
		case was.State == string(scheduler.Withdrawn):
			d.ID = was.ID
			again = append(again, d)
		}
		seen[id] = true
	}
	if err := insertDeadlines(tx, fresh); err != nil {
		return 0, err
	}
	reopened, err := revise(tx, again, scheduler.Withdrawn, (*deadlineRow).reopen)
	return len(fresh) + reopened, err
}

// identify returns the id and state of those of the deadlines that are known.
func identify(tx *gorm.DB, ds []scheduler.Deadline) (map[identity]deadlineRow, error) {
	keys := make([]string, len(ds))
	for i, d := range ds {
		keys[i] = d.Key
	}
	slices.Sort(keys)
	known := map[identity]deadlineRow{}
	for part := range slices.Chunk(slices.Compact(keys), chunk) {
		var rows []deadlineRow
		err := tx.Select("id", "deadline_key", "unit", "state").Where("deadline_key IN ?", part).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			known[r.identity()] = r
		}
	}
	return known, nil
}

// insertDeadlines inserts deadlines that are not known, in the order of their identity.
func insertDeadlines(tx *gorm.DB, ds []scheduler.Deadline) error {
	slices.SortFunc(ds, func(a, b scheduler.Deadline) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Unit, b.Unit))
	})
	rows := make([]deadlineRow, len(ds))
	for i, d := range ds {
		rows[i] = newDeadlineRow(d)
	}
	if err := giveNumbers(tx, rows); err != nil {
		return err
	}
	if err := insert(tx, rows); err != nil {
		return err
	}
	known, err := identify(tx, ds)
	if err != nil {
		return err
	}
	var reminders []reminderRow
	for _, d := range ds {
		id := known[identity{d.Key, d.Unit}].ID
		for _, m := range d.Reminders {
			reminders = append(reminders, newReminderRow(id, m))
		}
	}
	return insert(tx, reminders)
}

// insert inserts rows in batches.
func insert[R any](tx *gorm.DB, rows []R) error {
	if len(rows) == 0 {
		return nil
	}
	return tx.CreateInBatches(&rows, batch).Error
}

// OpenDeadlines returns open deadlines, as [scheduler.Tracker] says; a limit of 0 is none.
func (s *Store) OpenDeadlines(ctx context.Context, after int64, limit int) ([]scheduler.Deadline, error) {
	var ds []scheduler.Deadline
	err := s.read(ctx, "list open deadlines", func(db *gorm.DB) (err error) {
		ds, err = withReminders(db, bounded(db.Where("state = ? AND id > ?", scheduler.Open, after).Order("id"), limit))
		return err
	})
	return ds, err
}

// bounded limits a query; 0 is no limit.
func bounded(q *gorm.DB, limit int) *gorm.DB {
	if limit <= 0 {
		return q
	}
	return q.Limit(limit)
}

// Withdraw closes open deadlines as withdrawn, as [scheduler.Tracker] says.
func (s *Store) Withdraw(ctx context.Context, now time.Time, ds []scheduler.Deadline, audit []scheduler.Entry) error {
	ids := make([]int64, len(ds))
	for i, d := range ds {
		ids[i] = d.ID
	}
	return s.write(ctx, "withdraw deadlines", func(tx *gorm.DB) error {
		if err := lockVersions(tx, ds); err != nil {
			return err
		}
		for part := range slices.Chunk(distinct(ids), chunk) {
			err := tx.Model(&deadlineRow{}).Where("id IN ?", part).
				Updates(
					map[string]any{
						"state":     scheduler.Withdrawn,
						"closed_at": millis(now),
						"version":   gorm.Expr("version + 1"),
					},
				).Error
			if err != nil {
				return err
			}
			if err := cancelReminders(tx, part); err != nil {
				return err
			}
		}
		return record(tx, audit)
	})
}

// cancelReminders cancels what is pending of deadlines that were closed.
func cancelReminders(tx *gorm.DB, deadlines []int64) error {
	return pendingOfDeadlines(tx.Model(&reminderRow{}), deadlines).Update("state", scheduler.Cancelled).Error
}

// pendingOfDeadlines finds what is pending of deadlines.
func pendingOfDeadlines(db *gorm.DB, deadlines []int64) *gorm.DB {
	return db.Where("deadline_id IN ? AND +state = ?", deadlines, scheduler.Pending)
}

// record writes lines of the audit trail.
func record(tx *gorm.DB, audit []scheduler.Entry) error {
	rows := make([]auditRow, len(audit))
	for i, e := range audit {
		rows[i] = auditRow{
			RecordedAt: millis(e.At),
			RecordedBy: e.By,
			Action:     e.Action,
			Target:     e.Target,
			Detail:     e.Detail,
		}
	}
	return insert(tx, rows)
}

// upsert writes rows whose identity may be known: it is for rows that the transaction has locked.
func upsert[R any](tx *gorm.DB, rows []R, identity, facts []string) error {
	if len(rows) == 0 {
		return nil
	}
	columns := make([]clause.Column, len(identity))
	for i, name := range identity {
		columns[i] = clause.Column{Name: name}
	}
	on := clause.OnConflict{Columns: columns, DoUpdates: clause.AssignmentColumns(facts)}
	return tx.Clauses(on).CreateInBatches(&rows, batch).Error
}
