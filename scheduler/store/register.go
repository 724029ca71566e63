package store

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/scheduler"
)

// fallsDue is the date that counts: the extended one, where there is one.
const fallsDue = "CASE WHEN extended_to <> '' THEN extended_to ELSE due_date END"

// Find returns the deadlines with a key, as [scheduler.Recorder] says, in the order of their units.
func (s *Store) Find(ctx context.Context, key, unit string) ([]scheduler.Deadline, error) {
	var ds []scheduler.Deadline
	err := s.read(ctx, "find deadlines", func(db *gorm.DB) (err error) {
		q := db.Where("deadline_key = ?", key).Order("unit")
		if unit != "" {
			q = q.Where("unit = ?", unit)
		}
		ds, err = withReminders(db, q)
		return err
	})
	return ds, err
}

// Deadlines lists deadlines, as [scheduler.Register] says. A unit's are those that it is told of: its own, and those of
// nobody else where it leads or is responsible.
func (s *Store) Deadlines(ctx context.Context, f scheduler.Filter) ([]scheduler.Deadline, error) {
	states := f.States
	if states == nil {
		states = []scheduler.State{scheduler.Open}
	}
	if f.Limit > 0 && len(states) == 1 && f.Unit == "" && f.Event == "" && !f.Happened {
		return s.firstDue(ctx, states[0], f.DueFrom, f.Limit)
	}
	var ds []scheduler.Deadline
	err := s.read(ctx, "list deadlines", func(db *gorm.DB) (err error) {
		q := db.Where("state IN ?", states).Order(fallsDue + ", deadline_key, unit")
		if f.Unit != "" {
			name := quoteUnit(f.Unit)
			q = q.Where(
				"unit = ? OR (unit = '' AND (INSTR(lead_units, ?) > 0 OR INSTR(responsible_units, ?) > 0))",
				f.Unit,
				name,
				name,
			)
		}
		if f.Event != "" {
			q = q.Where("event_id = ?", f.Event)
		}
		if f.Happened {
			q = q.Where("event_id <> ''")
		}
		ds, err = withReminders(db, bounded(q, f.Limit))
		return err
	})
	return ds, err
}

// firstDue lists the deadlines of a state that fall due first: of those that were extended and those that were not one
// range of an index each, however many there are.
func (s *Store) firstDue(
	ctx context.Context,
	state scheduler.State,
	from calendar.Date,
	limit int,
) ([]scheduler.Deadline, error) {
	var ds []scheduler.Deadline
	err := s.read(ctx, "list deadlines", func(db *gorm.DB) error {
		ds = nil
		for _, q := range []*gorm.DB{unextended(db, state, from), extended(db, state, from)} {
			found, err := withReminders(db, q.Limit(limit))
			if err != nil {
				return err
			}
			ds = append(ds, found...)
		}
		return nil
	})
	slices.SortStableFunc(ds, func(a, b scheduler.Deadline) int {
		return cmp.Or(a.DueDate().Compare(b.DueDate()), strings.Compare(a.Key, b.Key), strings.Compare(a.Unit, b.Unit))
	})
	return ds[:min(len(ds), limit)], err
}

func unextended(db *gorm.DB, state scheduler.State, from calendar.Date) *gorm.DB {
	return db.Where("state = ? AND extended_to = '' AND due_date >= ?", state, from.String()).Order("due_date")
}

func extended(db *gorm.DB, state scheduler.State, from calendar.Date) *gorm.DB {
	return db.Where("state = ? AND extended_to > '' AND extended_to >= ?", state, from.String()).Order("extended_to")
}

// Events lists the events on record, as [scheduler.Register] says: newest first by when they happened.
func (s *Store) Events(ctx context.Context, limit int) ([]scheduler.Event, error) {
	var rows []eventRow
	err := s.read(ctx, "list events", func(db *gorm.DB) error {
		return bounded(db.Order("happened_at DESC, id DESC"), limit).Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	es := make([]scheduler.Event, len(rows))
	for i, r := range rows {
		es[i] = r.event()
	}
	return es, nil
}

// Outbox tells how the outbox stands, as [scheduler.Register] says. Trouble has no bodies; a message that was uncertain
// once and is to be sent again is counted as pending, or what it is, and listed with the uncertain ones.
func (s *Store) Outbox(ctx context.Context) (scheduler.Outbox, error) {
	var out scheduler.Outbox
	err := s.read(ctx, "count messages", func(db *gorm.DB) error {
		var counts []struct {
			State string
			N     int
		}
		if err := db.Model(
			&messageRow{},
		).Select(
			"state, COUNT(*) AS n",
		).Group(
			"state",
		).Scan(
			&counts,
		).Error; err != nil {
			return err
		}
		out = scheduler.Outbox{Count: map[string]int{}}
		for _, c := range counts {
			out.Count[c.State] = c.N
		}
		var rows []messageRow
		ended := []notify.Class{notify.Uncertain, notify.Bounced, notify.Rejected}
		unsettled := []messageState{pending, claimed, sending}
		err := db.Where("state IN ?", ended).Or("state IN ? AND uncertain = ?", unsettled, true).
			Order("id DESC").Find(&rows).Error
		if err != nil {
			return err
		}
		out.Trouble = messages(rows)
		return nil
	})
	return out, err
}

// settingRow is a row of settings.
type settingRow struct {
	Name  string `gorm:"primaryKey"`
	Value string
}

// TableName names the table.
func (settingRow) TableName() string { return "settings" }

// Setting returns what was set under a name, and nothing if nothing was.
func (s *Store) Setting(ctx context.Context, name string) (string, error) {
	var row settingRow
	err := s.read(ctx, "read setting", func(db *gorm.DB) error {
		row = settingRow{}
		err := db.Where("name = ?", name).Take(&row).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil
		}
		return err
	})
	return row.Value, err
}

// SetSetting sets a name's value, in the place of any that it has.
func (s *Store) SetSetting(ctx context.Context, name, value string) error {
	return s.write(ctx, "write setting", func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&settingRow{Name: name, Value: value}).Error
	})
}

// Amend sets several settings in one transaction, as [scheduler.Settings] says.
func (s *Store) Amend(ctx context.Context, values map[string]string, audit scheduler.Entry) error {
	return s.write(ctx, "amend settings", func(tx *gorm.DB) error {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if err := tx.Clauses(
				clause.OnConflict{UpdateAll: true},
			).Create(
				&settingRow{Name: name, Value: values[name]},
			).Error; err != nil {
				return err
			}
		}
		return record(tx, []scheduler.Entry{audit})
	})
}

// lastEntries is how many of the last entries are looked at for the newest: on several nodes ids are not in the order
// of time.
const lastEntries = 50

// LastRecorded returns when something was last recorded, as [scheduler.Settings] says.
func (s *Store) LastRecorded(ctx context.Context) (time.Time, error) {
	var last []auditRow
	err := s.read(ctx, "find last recording", func(db *gorm.DB) error {
		return db.Select("id", "recorded_at", "action").Order("id DESC").Limit(lastEntries).Find(&last).Error
	})
	var newest int64
	for _, r := range last {
		newest = max(newest, r.RecordedAt)
		if r.Action == scheduler.AcceptClockAction {
			break
		}
	}
	return instant(newest), err
}

// Ping makes one round trip to the tables: a server that answers without them is no good.
func (s *Store) Ping(ctx context.Context) error {
	return s.read(ctx, "ping database", func(db *gorm.DB) error {
		var version int
		return db.Raw(selectVersion).Scan(&version).Error
	})
}
