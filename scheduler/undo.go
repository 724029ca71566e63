package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/rules"
)

// Undone is what became of a deadline when a completion of it was taken back.
type Undone struct {
	Completion
	Deadline  Deadline   // as it is now
	Withdrawn []Deadline // what had followed from it
}

// Undo takes back the last completion of the deadline with this key, which was recorded by mistake: it is open again,
// with what it still has to tell, and what had followed and is not done is withdrawn. With per: unit the unit is
// needed, unless only one has completed it.
func (s *Scheduler) Undo(ctx context.Context, now time.Time, by, key, unit, reason string) (Undone, error) {
	reason, err := Reason(reason)
	if err != nil {
		return Undone{}, fmt.Errorf("undo %s: %w", key, err)
	}
	var out Undone
	err = decide(func() (err error) {
		out, err = s.undo(ctx, now, by, key, unit, reason)
		return err
	})
	if err != nil {
		return Undone{}, fmt.Errorf("undo %s: %w", key, err)
	}
	return out, nil
}

// undo is one try of Undo.
func (s *Scheduler) undo(ctx context.Context, now time.Time, by, key, unit, reason string) (Undone, error) {
	d := s.desk()
	if err := s.loadEvents(ctx, d); err != nil {
		return Undone{}, err
	}
	dl, err := s.completed(ctx, d, key, unit)
	if err != nil {
		return Undone{}, err
	}
	said, err := s.o.Store.History(ctx, dl.ID)
	if err != nil {
		return Undone{}, fmt.Errorf("read completions: %w", err)
	}
	if len(said.Completions) == 0 {
		return Undone{}, errors.New("no completion of it is on record")
	}
	last := said.Completions[len(said.Completions)-1]
	u := Undoing{Completion: last, Deadline: dl}
	if dl.State == Done {
		if u.Follow, err = s.unfollow(ctx, d, now, dl, reason); err != nil {
			return Undone{}, err
		}
		o, err := d.find(dl)
		if err != nil {
			return Undone{}, err
		}
		fresh, ok := d.twin(dl, o, now)
		if !ok {
			return Undone{}, errors.New("the rule makes no such deadline any more")
		}
		if u.Deadline, _, err = d.recompute(dl, fresh, o, now); err != nil {
			return Undone{}, err
		}
	}
	u.Deadline.State, u.Deadline.ClosedAt, u.Deadline.Late = Open, time.Time{}, false
	u.Deadline.Completions--
	about := map[string]string{
		"reason":      reason,
		"unit":        last.Unit,
		"url":         last.URL,
		"note":        last.Note,
		"recorded_by": last.By,
	}
	u.Audit = append(u.Audit, entry(now, by, "undo", dl, about))
	out := Undone{Completion: last, Deadline: u.Deadline}
	for _, f := range u.Follow {
		out.Withdrawn = append(out.Withdrawn, f.Gone...)
	}
	return out, s.o.Store.Undo(ctx, now, u)
}

// completed returns the one deadline with a key, of a unit, that a completion can be taken back of.
func (s *Scheduler) completed(ctx context.Context, d *desk, key, unit string) (Deadline, error) {
	if unit != "" {
		name, ok := d.Catalogue.Canonical(unit)
		if !ok {
			return Deadline{}, fmt.Errorf("unknown unit %q%s", unit, suggestion(unit, keys(d.Catalogue.Units)))
		}
		unit = name
	}
	all, err := s.o.Store.Find(ctx, key, "")
	if err != nil {
		return Deadline{}, fmt.Errorf("find deadline: %w", err)
	}
	if len(all) == 0 {
		return Deadline{}, ErrNotFound
	}
	all = slices.DeleteFunc(all, func(dl Deadline) bool {
		return dl.Completions == 0 || dl.State == Withdrawn || d.onShow(dl) ||
			dl.Unit != "" && unit != "" && dl.Unit != unit
	})
	switch len(all) {
	case 0:
		return Deadline{}, errors.New("no completion of it can be taken back")
	case 1:
		return all[0], nil
	}
	var units []string
	for _, dl := range all {
		units = append(units, dl.Unit)
	}
	return Deadline{}, fmt.Errorf(
		"each unit answers for itself; give its number, or with --unit name one of: %s",
		strings.Join(units, ", "),
	)
}

// unfollow withdraws what followed from dl's being done.
func (s *Scheduler) unfollow(
	ctx context.Context,
	d *desk,
	now time.Time,
	dl Deadline,
	reason string,
) ([]EventChange, error) {
	var all []EventChange
	for id, e := range d.events {
		if e.Trigger != rules.DoneTrigger+dl.Rule || e.Ref != dl.Key || dl.Unit != "" && e.Unit != dl.Unit ||
			d.gone[id] {
			continue
		}
		d.gone[id] = true
		c, _, err := s.consequences(ctx, d, now, Event{ID: id, Event: e, Withdrawn: now, Reason: reason})
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}
