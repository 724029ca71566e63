package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"qixian/scheduler"
)

// ChangeEvent withdraws or moves an event, as [scheduler.Corrector] says.
func (s *Store) ChangeEvent(ctx context.Context, now time.Time, c scheduler.EventChange) error {
	return s.write(ctx, "change event", func(tx *gorm.DB) error { return changeEvent(tx, now, c) })
}

func changeEvent(tx *gorm.DB, now time.Time, c scheduler.EventChange) error {
	res := tx.Model(&eventRow{}).Where("id = ? AND withdrawn_at = 0", c.Event.ID).Updates(map[string]any{
		"happened_at": millis(c.Event.At), "withdrawn_at": millis(c.Event.Withdrawn), "reason": c.Event.Reason,
	})
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected != 1 {
		return fmt.Errorf("event %s: %w", c.Event.ID, scheduler.ErrStale)
	}
	given := slices.Concat(c.Moved, c.Gone)
	if err := lockVersions(tx, given); err != nil {
		return err
	}
	var open int64
	if err := tx.Model(
		&deadlineRow{},
	).Where(
		"event_id = ? AND state = ?",
		cmp.Or(c.Of, c.Event.ID),
		scheduler.Open,
	).Count(
		&open,
	).Error; err != nil {
		return err
	}
	if int(open) != len(given) { // one was opened meanwhile
		return fmt.Errorf(
			"%d open deadlines of event %s, %d are known: %w",
			open,
			c.Event.ID,
			len(given),
			scheduler.ErrStale,
		)
	}
	if _, err := revise(tx, c.Moved, scheduler.Open, (*deadlineRow).reschedule); err != nil {
		return err
	}
	withdraw := func(r *deadlineRow, _ scheduler.Deadline) {
		r.State, r.ClosedAt = string(scheduler.Withdrawn), millis(now)
	}
	if _, err := revise(tx, c.Gone, scheduler.Open, withdraw); err != nil {
		return err
	}
	if _, err := track(tx, c.Heirs); err != nil {
		return err
	}
	return record(tx, c.Audit)
}

// Undo takes a completion back, as [scheduler.Corrector] says.
func (s *Store) Undo(ctx context.Context, now time.Time, u scheduler.Undoing) error {
	return s.write(ctx, "undo completion", func(tx *gorm.DB) error {
		var row deadlineRow
		if err := forUpdate(tx).Where("id = ?", u.Deadline.ID).Take(&row).Error; err != nil {
			return err
		}
		if row.Version != u.Deadline.Version || row.State == string(scheduler.Withdrawn) {
			return fmt.Errorf("deadline %d: %w", row.ID, scheduler.ErrStale)
		}
		res := tx.Model(
			&completionRow{},
		).Where(
			"id = ? AND deadline_id = ? AND undone_at = 0",
			u.Completion.ID,
			row.ID,
		).Update(
			"undone_at",
			millis(now),
		)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected != 1 {
			return fmt.Errorf("completion %d: %w", u.Completion.ID, scheduler.ErrStale)
		}
		reopen := func(r *deadlineRow, d scheduler.Deadline) {
			r.reschedule(d)
			r.State, r.Completions, r.ClosedAt, r.Late = string(scheduler.Open), d.Completions, 0, false
		}
		if _, err := revise(tx, []scheduler.Deadline{u.Deadline}, scheduler.State(row.State), reopen); err != nil {
			return err
		}
		for _, c := range u.Follow {
			if err := changeEvent(tx, now, c); err != nil {
				return err
			}
		}
		return record(tx, u.Audit)
	})
}
