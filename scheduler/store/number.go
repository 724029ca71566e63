package store

import (
	"cmp"
	"context"
	"slices"

	"gorm.io/gorm"

	"qixian/scheduler"
)

// GiveNumbers numbers open deadlines that have no number, as [scheduler.Numbers] says.
func (s *Store) GiveNumbers(ctx context.Context) (int, error) {
	given := 0
	for after := int64(0); ; {
		var rows []deadlineRow
		err := s.write(ctx, "give numbers", func(tx *gorm.DB) error {
			err := forUpdate(tx).Select("id", "deadline_key", "unit", "state", "number", "opened_at").
				Where(
					"state = ? AND id > ? AND +open_number IS NULL",
					scheduler.Open,
					after,
				).Order("id").Limit(chunk).Find(&rows).Error
			if err != nil || len(rows) == 0 {
				return err
			}
			if err := giveNumbers(tx, rows); err != nil {
				return err
			}
			for _, r := range rows {
				if err := tx.Model(&deadlineRow{}).Where("id = ?", r.ID).Update("number", r.Number).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(rows) == 0 {
			return given, err
		}
		given, after = given+len(rows), rows[len(rows)-1].ID
	}
}

// giveNumbers gives each of the rows, none of which is open on record with a number, one that nobody else has: the one
// it had before, if that is free. Two who give one number to two deadlines at once meet in the index, and one of them
// starts over.
func giveNumbers(tx *gorm.DB, rows []deadlineRow) error {
	waiting := make([]*deadlineRow, len(rows))
	for i := range rows {
		waiting[i] = &rows[i]
	}
	given := map[int]bool{}
	for try := 0; len(waiting) > 0; try++ {
		wanted := make([]int, len(waiting))
		for i, r := range waiting {
			if wanted[i] = scheduler.NumberOf(r.DeadlineKey, r.Unit, try); try == 0 && r.Number > 0 {
				wanted[i] = r.Number
			}
		}
		taken, err := takenNumbers(tx, rows, wanted)
		if err != nil {
			return err
		}
		var again []*deadlineRow
		for i, r := range waiting {
			if n := wanted[i]; given[n] || taken[n] {
				again = append(again, r)
			} else {
				r.Number, given[n] = n, true
			}
		}
		waiting = again
	}
	return nil
}

// takenNumbers returns those of the numbers that others than the rows have: deadlines that are open, or were closed not
// long before the first of the rows is opened.
func takenNumbers(tx *gorm.DB, rows []deadlineRow, wanted []int) (map[int]bool, error) {
	first := slices.MinFunc(rows, func(a, b deadlineRow) int { return cmp.Compare(a.OpenedAt, b.OpenedAt) }).OpenedAt
	var own []int64
	for _, r := range rows {
		if r.ID != 0 {
			own = append(own, r.ID)
		}
	}
	taken := map[int]bool{}
	for part := range slices.Chunk(wanted, chunk) {
		q := tx.Model(
			&deadlineRow{},
		).Where(
			"number IN ? AND (state = ? OR closed_at > ?)",
			part,
			scheduler.Open,
			first-scheduler.NumberRest.Milliseconds(),
		)
		if len(own) > 0 {
			q = q.Where("id NOT IN ?", own)
		}
		var found []int
		if err := q.Pluck("number", &found).Error; err != nil {
			return nil, err
		}
		for _, n := range found {
			taken[n] = true
		}
	}
	return taken, nil
}

// ByNumber returns the deadline with a number, as [scheduler.Numbers] says.
func (s *Store) ByNumber(ctx context.Context, number int) (scheduler.Deadline, error) {
	var rows []deadlineRow
	err := s.read(ctx, "find number", func(db *gorm.DB) error {
		if err := db.Where("open_number = ?", number).Find(&rows).Error; err != nil || len(rows) > 0 {
			return err
		}
		return db.Where("number = ?", number).Order("closed_at DESC, id DESC").Limit(1).Find(&rows).Error
	})
	switch {
	case err != nil:
		return scheduler.Deadline{}, err
	case len(rows) == 0:
		return scheduler.Deadline{}, scheduler.ErrNotFound
	}
	return rows[0].deadline()
}
