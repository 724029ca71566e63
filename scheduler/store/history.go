package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"qixian/scheduler"
)

// History returns what was said of a deadline, as [scheduler.Recorder] says.
func (s *Store) History(ctx context.Context, id int64) (scheduler.History, error) {
	var h scheduler.History
	err := s.read(ctx, "read history", func(db *gorm.DB) error {
		h = scheduler.History{}
		var completions []completionRow
		if err := db.Where("deadline_id = ? AND undone_at = 0", id).Order("recorded_at, id").Find(&completions).Error; err != nil {
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
		return nil
	})
	return h, err
}

func (r completionRow) completion() scheduler.Completion {
	return scheduler.Completion{
		ID: r.ID, DeadlineID: r.DeadlineID, Late: r.Late, At: instant(r.RecordedAt), By: r.RecordedBy, Unit: r.Unit, URL: r.URL, Note: r.Note,
	}
}

func (r extensionRow) extension() (scheduler.Extension, error) {
	from, errFrom := date(r.FromDate)
	to, errTo := date(r.ToDate)
	if err := errors.Join(errFrom, errTo); err != nil {
		return scheduler.Extension{}, fmt.Errorf("read extension %d: %w", r.ID, err)
	}
	return scheduler.Extension{DeadlineID: r.DeadlineID, From: from, To: to, Reason: r.Reason, By: r.RecordedBy, At: instant(r.RecordedAt)}, nil
}
