package scheduler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"qixian/rules/calendar"
)

// ErrNoEvent says that no event with an ID is on record, or that it was withdrawn.
var ErrNoEvent = errors.New("no such event")

// Corrected is what became of an event's deadlines when it was withdrawn or moved.
type Corrected struct {
	Event
	Moved     []Deadline // as they are now
	Withdrawn []Deadline
	Kept      []Deadline // done already, or due when they were
	Heirs     []Deadline // opened in place of what is withdrawn, for another event of the same document
	Elsewhere []Deadline // tracked for another event of the same document, and so not moved
}

// WithdrawEvent takes an event back that was recorded by mistake: what it has opened and is not done is withdrawn, and
// the units that were told of it are told of that. Recorded again, it stands again.
func (s *Scheduler) WithdrawEvent(ctx context.Context, now time.Time, by, id, reason string) (Corrected, error) {
	return s.correct(ctx, now, "withdraw", id, reason, func(d *desk, e Event) (Event, map[string]string, error) {
		e.Withdrawn = now
		d.gone[id] = true
		return e, nil, nil
	}, by)
}

// MoveEvent gives an event another time: what it has opened and is not done falls due accordingly, and the units are
// told.
func (s *Scheduler) MoveEvent(
	ctx context.Context,
	now time.Time,
	by, id string,
	at time.Time,
	reason string,
) (Corrected, error) {
	return s.correct(ctx, now, "move", id, reason, func(d *desk, e Event) (Event, map[string]string, error) {
		was := e.At
		e.At = at
		checked, err := d.check(e.Event, e.Announced)
		if err == nil {
			err = d.mayLieAhead(checked, now)
		}
		if err == nil {
			err = s.mayOpen(ctx, now)
		}
		if err == nil && checked.At.Equal(was) {
			err = refused(Unmoved, "it is on record for %s already", minuteOf(checked.At))
		}
		checked.Unit = e.Unit // the name that its ID is derived from
		e.Event = checked
		d.events[id], d.moved[id] = checked, true
		return e, map[string]string{
			"from": was.In(calendar.Zone()).Format(time.RFC3339),
			"to":   checked.At.Format(time.RFC3339),
		}, err
	}, by)
}

// correct changes an event, and what it has opened.
func (s *Scheduler) correct(
	ctx context.Context,
	now time.Time,
	action, id, reason string,
	change func(*desk, Event) (Event, map[string]string, error),
	by string,
) (Corrected, error) {
	reason, err := Reason(reason)
	if err != nil {
		return Corrected{}, fmt.Errorf("%s event %s: %w", action, id, err)
	}
	var out Corrected
	err = decide(func() error {
		d := s.desk()
		if err := s.loadEvents(ctx, d); err != nil {
			return err
		}
		e, err := s.standing(ctx, id)
		if err != nil {
			return err
		}
		next, about, err := change(d, e)
		if err != nil {
			return err
		}
		next.Reason = reason
		of, err := s.rewind(ctx, d, e, next)
		if err != nil {
			return err
		}
		c, kept, err := s.consequences(ctx, d, now, of)
		if err != nil {
			return err
		}
		var elsewhere []Deadline
		if next.Withdrawn.IsZero() {
			elsewhere, err = s.elsewhere(ctx, d, now, next)
		} else {
			c.Heirs, err = s.inherit(ctx, d, now, next, c.Gone)
		}
		if err != nil {
			return err
		}
		facts := map[string]string{"reason": reason, "trigger": e.Trigger, "unit": e.Unit, "ref": e.Ref}
		maps.Copy(facts, about)
		c.Audit = append(
			[]Entry{{At: now, By: by, Action: "event." + action, Target: id, Detail: detail(facts)}},
			c.Audit...)
		if of.ID != next.ID {
			c.Event, c.Of = next, of.ID
		}
		out = Corrected{Event: next, Withdrawn: c.Gone, Kept: kept, Heirs: c.Heirs, Elsewhere: elsewhere}
		for _, dl := range c.Moved {
			if !slices.ContainsFunc(kept, func(x Deadline) bool { return x.ID == dl.ID }) {
				out.Moved = append(out.Moved, dl)
			}
		}
		return s.o.Store.ChangeEvent(ctx, now, c)
	})
	if err != nil {
		return Corrected{}, fmt.Errorf("%s event %s: %w", action, id, err)
	}
	return out, nil
}

// standing returns an event on record that was not withdrawn.
func (s *Scheduler) standing(ctx context.Context, id string) (Event, error) {
	es, err := s.o.Store.Events(ctx, 0)
	if err != nil {
		return Event{}, fmt.Errorf("list events: %w", err)
	}
	for _, e := range es {
		switch {
		case e.ID != id:
		case !e.Withdrawn.IsZero():
			return Event{}, fmt.Errorf(
				"%w: it was withdrawn on %s: %s",
				ErrNoEvent,
				e.Withdrawn.Format(time.DateOnly),
				e.Reason,
			)
		case isDone(e.Trigger):
			return Event{}, fmt.Errorf("it follows from a completion: take that back with done %s --undo", e.Ref)
		default:
			e.Record = e.ID
			return e, nil
		}
	}
	return Event{}, ErrNoEvent
}

// consequences works out what becomes of the deadlines of an event that is changed to what d knows it as; kept are
// those that stay as they are.
func (s *Scheduler) consequences(
	ctx context.Context,
	d *desk,
	now time.Time,
	e Event,
) (EventChange, []Deadline, error) {
	c := EventChange{Event: e}
	all, err := s.o.Store.Deadlines(ctx, Filter{Event: e.ID, States: []State{Open, Done}})
	if err != nil {
		return c, nil, fmt.Errorf("list deadlines: %w", err)
	}
	var kept []Deadline
	for _, dl := range all {
		if dl.State == Done {
			kept = append(kept, dl)
			continue
		}
		next, state, err := d.renew(dl, now)
		switch {
		case err != nil:
			return c, nil, err
		case state == vanished:
			gone := dl
			gone.Reminders = farewells(dl, now)
			c.Gone = append(c.Gone, gone)
			c.Audit = append(c.Audit, entry(now, self, "withdraw", dl, map[string]string{"event": e.ID}))
		case state == differs:
			c.Moved = append(c.Moved, next)
			about := map[string]string{"from": dueText(dl), "to": dueText(next), "event": e.ID}
			c.Audit = append(c.Audit, entry(now, self, "reschedule", dl, about))
		default:
			c.Moved = append(c.Moved, next)
			kept = append(kept, dl)
		}
	}
	return c, kept, nil
}

// farewells returns the reminders by which those who were told of dl are told that it is withdrawn.
func farewells(dl Deadline, now time.Time) []Reminder {
	var rs []Reminder
	for _, r := range dl.Reminders {
		if r.State == Promised && !slices.ContainsFunc(rs, func(x Reminder) bool { return x.Unit == r.Unit }) {
			rs = append(
				rs,
				Reminder{DeadlineID: dl.ID, Stage: moveStage(byWithdrawal, dl), Unit: r.Unit, At: now, State: Pending},
			)
		}
	}
	return rs
}
