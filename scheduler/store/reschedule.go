package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"qixian/scheduler"
)

// Reschedule gives open deadlines their new dates, units and reminders, as [scheduler.Tracker] says. A cancelled
// reminder that is listed again is pending again; a superseded one is as settled as a promised one. The audit is
// written if anything differed.
func (s *Store) Reschedule(ctx context.Context, ds []scheduler.Deadline, audit []scheduler.Entry) error {
	return s.write(ctx, "reschedule deadlines", func(tx *gorm.DB) error {
		if err := lockVersions(tx, ds); err != nil {
			return err
		}
		n, err := revise(tx, ds, scheduler.Open, (*deadlineRow).reschedule)
		if err != nil || n == 0 {
			return err
		}
		return record(tx, audit)
	})
}

// lockVersions locks deadlines that are to be changed, and fails with [scheduler.ErrStale] unless each is open and of
// the version on which the change was decided.
func lockVersions(tx *gorm.DB, ds []scheduler.Deadline) error {
	read := map[int64]int64{}
	ids := make([]int64, len(ds))
	for i, d := range ds {
		ids[i], read[d.ID] = d.ID, d.Version
	}
	for part := range slices.Chunk(distinct(ids), chunk) {
		var rows []deadlineRow
		err := forUpdate(tx).Select("id", "state", "version").Where("id IN ?", part).Order("id").Find(&rows).Error
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.State != string(scheduler.Open) || r.Version != read[r.ID] {
				return fmt.Errorf("deadline %d: %w", r.ID, scheduler.ErrStale)
			}
		}
		if len(rows) < len(part) {
			return fmt.Errorf("%d of %d deadlines: %w", len(part)-len(rows), len(part), scheduler.ErrNotFound)
		}
	}
	return nil
}

// reopen makes a withdrawn deadline what it is tracked as now; the completions that it has had stay, and so does an
// extension, unless the rule itself now allows as long.
func (r *deadlineRow) reopen(d scheduler.Deadline) {
	fresh := newDeadlineRow(d)
	fresh.ID, fresh.Completions, fresh.Version, fresh.Number = r.ID, r.Completions, r.Version, r.Number
	// The caller may have read the deadline while it was withdrawn: it is open from now on whatever he read.
	fresh.State, fresh.ClosedAt = string(scheduler.Open), 0
	if len(d.Answered) == 0 {
		fresh.Answered = r.Answered
	}
	if d.Due.Date.String() < r.ExtendedTo { // both as ISO text, which sorts by date
		fresh.ExtendedTo, fresh.Fixed = r.ExtendedTo, r.Fixed
		if fresh.Fixed {
			fresh.PausedSince = ""
		}
	}
	*r = fresh
}

// revise applies a change to those of the deadlines, known by ID, that are in a state, gives them the reminders listed,
// and returns how many differ by it. Only what differs is written.
func revise(
	tx *gorm.DB,
	ds []scheduler.Deadline,
	in scheduler.State,
	change func(*deadlineRow, scheduler.Deadline),
) (int, error) {
	byID := map[int64]scheduler.Deadline{}
	for _, d := range ds {
		byID[d.ID] = d
	}
	ids := make([]int64, len(ds))
	for i, d := range ds {
		ids[i] = d.ID
	}
	n := 0
	for part := range slices.Chunk(distinct(ids), chunk) {
		rows, reminders, err := lock(tx, part, in)
		if err != nil {
			return 0, err
		}
		var changed, opened []deadlineRow
		var revised []reminderRow
		for _, was := range rows {
			next := was
			change(&next, byID[was.ID])
			diff := merge(reminders[was.ID], was.ID, byID[was.ID].Reminders)
			if next != was || len(diff) > 0 {
				next.Version++
				n++
				if next.State == string(scheduler.Open) && was.State != next.State {
					opened = append(opened, next)
				} else {
					changed = append(changed, next)
				}
			}
			revised = append(revised, diff...)
		}
		if err := giveNumbers(tx, opened); err != nil {
			return 0, err
		}
		if err := upsert(tx, append(changed, opened...), deadlineIdentity, deadlineFacts); err != nil {
			return 0, err
		}
		if err := upsert(tx, revised, reminderIdentity, reminderFacts); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// lock returns those of the deadlines that are in a state, in the order of ID, with their reminders, all locked.
// Whatever adds a reminder to a deadline locks the deadline first.
func lock(tx *gorm.DB, ids []int64, in scheduler.State) ([]deadlineRow, map[int64][]reminderRow, error) {
	var rows []deadlineRow
	err := inState(forUpdate(tx), ids, in).Order("id").Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, nil, err
	}
	var found []reminderRow
	err = forUpdate(tx).Where("deadline_id IN ?", idsOf(rows)).Order("deadline_id, id").Find(&found).Error
	if err != nil {
		return nil, nil, err
	}
	return rows, byDeadline(found), nil
}

// inState finds those of the deadlines that are in a state.
func inState(db *gorm.DB, ids []int64, in ...scheduler.State) *gorm.DB {
	return db.Where("id IN ? AND +state IN ?", ids, in)
}

func idsOf(rows []deadlineRow) []int64 {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids
}

func byDeadline(rows []reminderRow) map[int64][]reminderRow {
	m := map[int64][]reminderRow{}
	for _, r := range rows {
		m[r.DeadlineID] = append(m[r.DeadlineID], r)
	}
	return m
}

// stageUnit tells the reminders of one deadline apart.
type stageUnit struct{ stage, unit string }

// merge returns the rows to write for a deadline's reminders to be as listed: what was settled stays, what is pending
// and not listed is cancelled.
func merge(had []reminderRow, deadline int64, listed []scheduler.Reminder) []reminderRow {
	want := map[stageUnit]reminderRow{}
	var order []stageUnit
	for _, m := range listed {
		k := stageUnit{m.Stage, m.Unit}
		if _, ok := want[k]; !ok {
			want[k] = newReminderRow(deadline, m)
			order = append(order, k)
		}
	}
	var diff []reminderRow
	for _, was := range had {
		k := stageUnit{was.Stage, was.Unit}
		next, ok := want[k]
		delete(want, k)
		switch {
		case was.settled():
			continue
		case ok:
			next.ID = was.ID
		default:
			next = was
			next.State = string(scheduler.Cancelled)
		}
		if next != was {
			diff = append(diff, next)
		}
	}
	for _, k := range order {
		if r, ok := want[k]; ok {
			diff = append(diff, r)
		}
	}
	return diff
}

// settled reports whether a reminder has been told, or a later one in its place.
func (r reminderRow) settled() bool {
	return r.State == string(scheduler.Promised) || r.State == string(scheduler.Superseded)
}

// withReminders runs a query for deadlines and returns them with their reminders in the order of time.
func withReminders(db, query *gorm.DB) ([]scheduler.Deadline, error) {
	var rows []deadlineRow
	if err := query.Find(&rows).Error; err != nil {
		return nil, err
	}
	ds := make([]scheduler.Deadline, len(rows))
	index := make(map[int64]int, len(rows))
	for i, r := range rows {
		d, err := r.deadline()
		if err != nil {
			return nil, err
		}
		ds[i], index[r.ID] = d, i
	}
	for part := range slices.Chunk(idsOf(rows), chunk) {
		var found []reminderRow
		if err := db.Where("deadline_id IN ?", part).Find(&found).Error; err != nil {
			return nil, err
		}
		slices.SortFunc(
			found,
			func(a, b reminderRow) int { return cmp.Or(cmp.Compare(a.FiresAt, b.FiresAt), cmp.Compare(a.ID, b.ID)) },
		)
		for _, r := range found {
			d := &ds[index[r.DeadlineID]]
			d.Reminders = append(d.Reminders, r.reminder())
		}
	}
	return ds, nil
}
