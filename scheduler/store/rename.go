package store

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"qixian/scheduler"
)

// Units lists the names of units, as [scheduler.Tracker] says, in order.
func (s *Store) Units(ctx context.Context) ([]string, error) {
	var all []string
	err := s.read(ctx, "list units", func(db *gorm.DB) error {
		all = nil
		for _, of := range []any{&deadlineRow{}, &reminderRow{}} {
			var names []string
			if err := db.Model(of).Distinct().Where("unit <> ''").Pluck("unit", &names).Error; err != nil {
				return err
			}
			all = append(all, names...)
		}
		return nil
	})
	slices.Sort(all)
	return slices.Compact(all), err
}

// Rename renames a unit, as [scheduler.Tracker] says. The audit is written if anything had the old name.
func (s *Store) Rename(ctx context.Context, old, name string, audit scheduler.Entry) error {
	return s.write(ctx, "rename unit", func(tx *gorm.DB) error {
		var ds []deadlineRow
		if err := tx.Select(
			"id",
			"deadline_key",
			"unit",
		).Where(
			"unit IN ?",
			[]string{old, name},
		).Find(
			&ds,
		).Error; err != nil {
			return err
		}
		double := map[string]bool{}
		for _, r := range ds {
			double[r.DeadlineKey] = double[r.DeadlineKey] || r.Unit == name
		}
		var deadlines []int64
		stays := map[int64]bool{}
		for _, r := range ds {
			switch {
			case r.Unit == old && double[r.DeadlineKey]:
				stays[r.ID] = true
			case r.Unit == old:
				deadlines = append(deadlines, r.ID)
			}
		}
		reminders, theirs, err := remindersToRename(tx, old, name, stays)
		if err != nil || len(deadlines)+len(reminders) == 0 {
			return err
		}
		if err := update(
			tx,
			&deadlineRow{},
			slices.Concat(deadlines, theirs),
			map[string]any{"version": gorm.Expr("version + 1")},
		); err != nil {
			return err
		}
		if err := update(tx, &deadlineRow{}, deadlines, map[string]any{"unit": name}); err != nil {
			return err
		}
		if err := update(tx, &reminderRow{}, reminders, map[string]any{"unit": name}); err != nil {
			return err
		}
		return record(tx, []scheduler.Entry{audit})
	})
}

// remindersToRename returns the ids of a unit's reminders, and of their deadlines, save those of deadlines that stay as
// they are and those of which there is one under the new name.
func remindersToRename(tx *gorm.DB, old, name string, stays map[int64]bool) (ids, deadlines []int64, err error) {
	var rows []reminderRow
	if err := tx.Select(
		"id",
		"deadline_id",
		"stage",
		"unit",
	).Where(
		"unit IN ?",
		[]string{old, name},
	).Find(
		&rows,
	).Error; err != nil {
		return nil, nil, err
	}
	type stageOf struct {
		deadline int64
		stage    string
	}
	double := map[stageOf]bool{}
	for _, r := range rows {
		k := stageOf{r.DeadlineID, r.Stage}
		double[k] = double[k] || r.Unit == name
	}
	for _, r := range rows {
		if r.Unit == old && !double[stageOf{r.DeadlineID, r.Stage}] && !stays[r.DeadlineID] {
			ids = append(ids, r.ID)
			deadlines = append(deadlines, r.DeadlineID)
		}
	}
	return ids, deadlines, nil
}

// update changes rows known by id, in the order of id.
func update(tx *gorm.DB, of any, ids []int64, change map[string]any) error {
	for part := range slices.Chunk(distinct(ids), chunk) {
		if err := tx.Model(of).Where("id IN ?", part).Updates(change).Error; err != nil {
			return err
		}
	}
	return nil
}
