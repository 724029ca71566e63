package store

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"qixian/rules"
	"qixian/scheduler"
)

// eventRow is a row of events.
type eventRow struct {
	ID          string `gorm:"primaryKey"`
	TriggerName string
	HappenedAt  int64
	Unit        string
	Ref         string
	Title       string
	Subject     string
	OfEvent     string
	AnnouncedAt int64
	RecordedAt  int64
	RecordedBy  string
	WithdrawnAt int64
	Reason      string
}

// TableName names the table.
func (eventRow) TableName() string { return "events" }

func newEventRow(e scheduler.Event) eventRow {
	return eventRow{
		ID:          e.ID,
		TriggerName: e.Trigger,
		HappenedAt:  millis(e.At),
		Unit:        e.Unit,
		Ref:         e.Ref,
		Title:       e.Title,
		Subject:     e.Subject,
		OfEvent:     e.Of,
		AnnouncedAt: millis(e.Announced),
		RecordedAt:  millis(e.RecordedAt),
		RecordedBy:  e.By,
		WithdrawnAt: millis(e.Withdrawn),
		Reason:      e.Reason,
	}
}

func (r eventRow) event() scheduler.Event {
	return scheduler.Event{
		ID: r.ID,
		Event: rules.Event{
			Trigger:   r.TriggerName,
			At:        instant(r.HappenedAt),
			Unit:      r.Unit,
			Ref:       r.Ref,
			Title:     r.Title,
			Subject:   r.Subject,
			Of:        r.OfEvent,
			Announced: instant(r.AnnouncedAt),
		},
		RecordedAt: instant(r.RecordedAt), By: r.RecordedBy, Withdrawn: instant(r.WithdrawnAt), Reason: r.Reason,
	}
}

// AddEvents records events, opens their deadlines and stops or continues the clocks of others, as [scheduler.Recorder]
// says.
func (s *Store) AddEvents(
	ctx context.Context,
	es []scheduler.Event,
	ds, moved []scheduler.Deadline,
	audit []scheduler.Entry,
) error {
	return s.write(ctx, "record events", func(tx *gorm.DB) error {
		fresh, err := addEvents(tx, es)
		if err != nil {
			return err
		}
		if fresh < len(es) {
			return fmt.Errorf("%d of %d events are on record: %w", len(es)-fresh, len(es), scheduler.ErrStale)
		}
		if _, err := track(tx, ds); err != nil {
			return err
		}
		if err := lockVersions(tx, moved); err != nil {
			return err
		}
		if _, err := revise(tx, moved, scheduler.Open, (*deadlineRow).reschedule); err != nil {
			return err
		}
		return record(tx, audit)
	})
}

// addEvents records the events that are not on record, or were withdrawn, and returns how many those were.
func addEvents(tx *gorm.DB, es []scheduler.Event) (int, error) {
	ids := make([]string, len(es))
	for i, e := range es {
		ids[i] = e.ID
	}
	known := map[string]eventRow{}
	for part := range slices.Chunk(ids, chunk) {
		var found []eventRow
		if err := forUpdate(
			tx,
		).Select(
			"id",
			"withdrawn_at",
		).Where(
			"id IN ?",
			part,
		).Order(
			"id",
		).Find(
			&found,
		).Error; err != nil {
			return 0, err
		}
		for _, r := range found {
			known[r.ID] = r
		}
	}
	var fresh []eventRow
	again := 0
	for _, e := range es {
		row := newEventRow(e)
		was, ok := known[e.ID]
		known[e.ID] = row
		switch {
		case !ok:
			fresh = append(fresh, row)
		case was.WithdrawnAt != 0:
			again++
			if err := tx.Save(&row).Error; err != nil {
				return 0, err
			}
		}
	}
	return len(fresh) + again, insert(tx, fresh)
}

// completionRow is a row of completions.
type completionRow struct {
	ID         int64 `gorm:"->;primaryKey;autoIncrement:false"`
	Digest     string
	DeadlineID int64
	Unit       string
	URL        string
	Note       string
	Late       bool
	RecordedAt int64
	RecordedBy string
	UndoneAt   int64
}

// TableName names the table.
func (completionRow) TableName() string { return "completions" }

func newCompletionRow(c scheduler.Completion) completionRow {
	at := millis(c.At)
	return completionRow{
		Digest: digest(
			c.DeadlineID,
			at,
			c.By,
			c.Unit,
			c.URL,
			c.Note,
		),
		DeadlineID: c.DeadlineID,
		Unit:       c.Unit,
		URL:        c.URL,
		Note:       c.Note,
		Late:       c.Late,
		RecordedAt: at,
		RecordedBy: c.By,
	}
}

// extensionRow is a row of extensions.
type extensionRow struct {
	ID         int64 `gorm:"->;primaryKey;autoIncrement:false"`
	Digest     string
	DeadlineID int64
	FromDate   string
	ToDate     string
	Reason     string
	Correction bool
	RecordedAt int64
	RecordedBy string
}

// TableName names the table.
func (extensionRow) TableName() string { return "extensions" }

// Complete records completions, as [scheduler.Recorder] says. The same closing a second time records nothing, and fails
// with nothing.
func (s *Store) Complete(ctx context.Context, c scheduler.Closing) error {
	rows := make([]completionRow, len(c.Completions))
	judged := make([]scheduler.Deadline, len(c.Completions))
	for i, word := range c.Completions {
		rows[i] = newCompletionRow(word)
		judged[i] = scheduler.Deadline{ID: word.DeadlineID, Version: word.Version}
	}
	judged = append(judged, c.Met...)
	return s.write(ctx, "record completions", func(tx *gorm.DB) error {
		fresh, err := unrecorded(tx, rows)
		if err != nil || len(fresh) == 0 && len(rows) > 0 {
			return err
		}
		if err := lockVersions(tx, judged); err != nil {
			return err
		}
		if err := complete(tx, fresh); err != nil {
			return err
		}
		if err := closeMet(tx, c.Met); err != nil {
			return err
		}
		if err := tell(tx, c.Told); err != nil {
			return err
		}
		if _, err := addEvents(tx, c.Started); err != nil {
			return err
		}
		if _, err := track(tx, c.Follow); err != nil {
			return err
		}
		return record(tx, c.Audit)
	})
}

// unrecorded returns the completions that are not on record.
func unrecorded(tx *gorm.DB, rows []completionRow) ([]completionRow, error) {
	known := map[string]bool{}
	for part := range slices.Chunk(rows, chunk) {
		digests := make([]string, len(part))
		for i, r := range part {
			digests[i] = r.Digest
		}
		var found []string
		if err := tx.Model(&completionRow{}).Where("digest IN ?", digests).Pluck("digest", &found).Error; err != nil {
			return nil, err
		}
		for _, d := range found {
			known[d] = true
		}
	}
	var fresh []completionRow
	for _, r := range rows {
		if !known[r.Digest] {
			known[r.Digest] = true
			fresh = append(fresh, r)
		}
	}
	return fresh, nil
}

// complete counts completions on their deadlines, which are open and locked, and closes those that have what they need.
func complete(tx *gorm.DB, rows []completionRow) error {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.DeadlineID
	}
	deadlines := map[int64]deadlineRow{}
	for part := range slices.Chunk(distinct(ids), chunk) {
		var found []deadlineRow
		if err := tx.Where("id IN ?", part).Find(&found).Error; err != nil {
			return err
		}
		for _, d := range found {
			deadlines[d.ID] = d
		}
	}
	var closed []int64
	for _, r := range rows {
		d := deadlines[r.DeadlineID]
		if d.Completions++; d.Completions >= d.Needed {
			d.State, d.ClosedAt, d.Late = string(scheduler.Done), r.RecordedAt, r.Late
			closed = append(closed, d.ID)
		}
		deadlines[d.ID] = d
	}
	changed := make([]deadlineRow, 0, len(deadlines))
	for _, id := range distinct(ids) {
		d := deadlines[id]
		d.Version++
		changed = append(changed, d)
	}
	if err := upsert(tx, changed, deadlineIdentity, deadlineFacts); err != nil {
		return err
	}
	for part := range slices.Chunk(closed, chunk) {
		if err := cancelReminders(tx, part); err != nil {
			return err
		}
	}
	return insert(tx, rows)
}

// tell adds reminders of deadlines that are locked, but for those that were told before.
func tell(tx *gorm.DB, rs []scheduler.Reminder) error {
	for _, r := range rs {
		var before int64
		err := tx.Model(&reminderRow{}).
			Where(
				"deadline_id = ? AND stage = ? AND unit = ? AND +state = ?",
				r.DeadlineID,
				r.Stage,
				r.Unit,
				scheduler.Promised,
			).
			Count(&before).Error
		if err != nil {
			return err
		}
		if before > 0 {
			continue
		}
		rows := []reminderRow{newReminderRow(r.DeadlineID, r)}
		if err := upsert(tx, rows, reminderIdentity, reminderFacts); err != nil {
			return err
		}
	}
	return nil
}

// closeMet closes deadlines, which are open and locked, as they are given.
func closeMet(tx *gorm.DB, ds []scheduler.Deadline) error {
	for _, d := range ds {
		err := tx.Model(&deadlineRow{}).Where("id = ?", d.ID).Updates(map[string]any{
			"state":     scheduler.Done,
			"closed_at": millis(d.ClosedAt),
			"late":      d.Late,
			"needed":    d.Needed,
			"version":   gorm.Expr("version + 1"),
		}).Error
		if err != nil {
			return err
		}
		if err := cancelReminders(tx, []int64{d.ID}); err != nil {
			return err
		}
	}
	return nil
}

// Extend records an extension and reschedules its deadline, as [scheduler.Recorder] says. The same extension a second
// time records nothing, and fails with nothing.
func (s *Store) Extend(ctx context.Context, e scheduler.Extension, d scheduler.Deadline, audit scheduler.Entry) error {
	row := extensionRow{
		DeadlineID: e.DeadlineID,
		FromDate:   e.From.String(),
		ToDate:     e.To.String(),
		Reason:     e.Reason,
		Correction: e.Correction,
		RecordedAt: millis(e.At),
		RecordedBy: e.By,
	}
	row.Digest = digest(row.DeadlineID, row.FromDate, row.ToDate, row.Reason, row.RecordedAt, row.RecordedBy)
	return s.write(ctx, "record extension", func(tx *gorm.DB) error {
		var n int64
		err := tx.Model(&extensionRow{}).Where("digest = ?", row.Digest).Count(&n).Error
		if err != nil || n > 0 {
			return err
		}
		d.ID = e.DeadlineID
		if err := lockVersions(tx, []scheduler.Deadline{d}); err != nil {
			return err
		}
		if _, err := revise(tx, []scheduler.Deadline{d}, scheduler.Open, (*deadlineRow).reschedule); err != nil {
			return err
		}
		if err := insert(tx, []extensionRow{row}); err != nil {
			return err
		}
		if err := settleRequests(tx, e.DeadlineID, scheduler.Granted, e.At); err != nil {
			return err
		}
		return record(tx, []scheduler.Entry{audit})
	})
}
