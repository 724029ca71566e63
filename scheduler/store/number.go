package store

import (
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
			err := forUpdate(tx).Select("id", "deadline_key", "unit", "state", "number").
				Where("state = ? AND id > ? AND +open_number IS NULL", scheduler.Open, after).Order("id").Limit(chunk).Find(&rows).Error
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

// giveNumbers gives each of the rows, none of which is open on record, a number that no open deadline has: the one it had before, if that is
// free. Two who give one number to two deadlines at once meet in the index, and one of them starts over.
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
		if err := takenNumbers(tx, wanted, given); err != nil {
			return err
		}
		var again []*deadlineRow
		for i, r := range waiting {
			if given[wanted[i]] {
				again = append(again, r)
				continue
			}
			r.Number, given[wanted[i]] = wanted[i], true
		}
		waiting = again
	}
	return nil
}

// takenNumbers marks those of the numbers that open deadlines have.
func takenNumbers(tx *gorm.DB, wanted []int, taken map[int]bool) error {
	for part := range slices.Chunk(wanted, chunk) {
		var found []int
		if err := tx.Model(&deadlineRow{}).Where("open_number IN ?", part).Pluck("open_number", &found).Error; err != nil {
			return err
		}
		for _, n := range found {
			taken[n] = true
		}
	}
	return nil
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
