package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"qixian/notify"
	"qixian/scheduler"
)

// History returns what was said of a deadline, as [scheduler.Recorder] says.
func (s *Store) History(ctx context.Context, id int64) (scheduler.History, error) {
	var h scheduler.History
	err := s.read(ctx, "read history", func(db *gorm.DB) error {
		h = scheduler.History{}
		var completions []completionRow
		if err := db.Where(
			"deadline_id = ? AND undone_at = 0",
			id,
		).Order(
			"recorded_at, id",
		).Find(
			&completions,
		).Error; err != nil {
			return err
		}
		for _, r := range completions {
			h.Completions = append(h.Completions, r.completion())
		}
		var extensions []extensionRow
		if err := db.Where("deadline_id = ?", id).Order("recorded_at, id").Find(&extensions).Error; err != nil {
			return err
		}
		for _, r := range extensions {
			e, err := r.extension()
			if err != nil {
				return err
			}
			h.Extensions = append(h.Extensions, e)
		}
		var err error
		h.Mailings, err = mailings(db, id)
		return err
	})
	return h, err
}

func (r completionRow) completion() scheduler.Completion {
	return scheduler.Completion{
		ID:         r.ID,
		DeadlineID: r.DeadlineID,
		Late:       r.Late,
		At:         instant(r.RecordedAt),
		By:         r.RecordedBy,
		Unit:       r.Unit,
		URL:        r.URL,
		Note:       r.Note,
	}
}

func (r extensionRow) extension() (scheduler.Extension, error) {
	from, errFrom := date(r.FromDate)
	to, errTo := date(r.ToDate)
	if err := errors.Join(errFrom, errTo); err != nil {
		return scheduler.Extension{}, fmt.Errorf("read extension %d: %w", r.ID, err)
	}
	return scheduler.Extension{
		DeadlineID: r.DeadlineID,
		From:       from,
		To:         to,
		Reason:     r.Reason,
		By:         r.RecordedBy,
		At:         instant(r.RecordedAt),
		Correction: r.Correction,
	}, nil
}

// addressesShown is how many addresses of a unit are asked after: a letter is one message to each.
const addressesShown = 16

// mailings returns what became of the mails that carry a deadline's reminders, in the order of time.
func mailings(db *gorm.DB, deadline int64) ([]scheduler.Mailing, error) {
	var reminders []reminderRow
	if err := db.Where(
		"deadline_id = ? AND state = ?",
		deadline,
		scheduler.Promised,
	).Order(
		"fires_at, id",
	).Find(
		&reminders,
	).Error; err != nil {
		return nil, err
	}
	var all []scheduler.Mailing
	for _, r := range reminders {
		one := scheduler.Mailing{Reminder: r.reminder()}
		var ms []messageRow
		if err := db.Where(
			"message_key IN ?",
			scheduler.MessageKeys(r.MessageKey, addressesShown),
		).Order(
			"id",
		).Find(
			&ms,
		).Error; err != nil {
			return nil, err
		}
		ids := make([]int64, len(ms))
		for j, m := range ms {
			ids[j] = m.ID
			one.Ended = m.message().Ended
		}
		var first []deliveryRow
		if err := db.Where(
			"message_id IN ? AND class = ?",
			ids,
			notify.Sent,
		).Order(
			"ended_at",
		).Limit(
			1,
		).Find(
			&first,
		).Error; err != nil {
			return nil, err
		}
		if len(first) > 0 {
			one.Sent = instant(first[0].EndedAt)
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b scheduler.Mailing) int { return a.Moment().Compare(b.Moment()) })
	return all, nil
}
