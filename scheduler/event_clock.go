package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// windClocks gives each event on record those that stop the clocks which it has started, or end that.
func (d *desk) windClocks() {
	var stops, all []rules.Event
	for id, e := range d.events {
		if e.Clock != nil {
			e.Clock = nil
			d.events[id] = e
		}
		if d.gone[id] {
			continue
		}
		all = append(all, e)
		if d.Planner.Pauses(e.Trigger) {
			stops = append(stops, e)
		}
	}
	for i := range stops {
		for _, first := range d.Planner.FirstOf(&stops[i], all) {
			first = d.events[first.ID()]
			first.Clock = append(first.Clock, stops[i])
			d.events[first.ID()] = first
		}
	}
}

// firstOf returns the event whose clocks e stops, or ends that: the one that has its ref or ID.
func (d *desk) firstOf(e rules.Event) (rules.Event, error) {
	var all []rules.Event
	for id, first := range d.events {
		if !d.gone[id] {
			all = append(all, first)
		}
	}
	found := d.Planner.FirstOf(&e, all)
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return rules.Event{}, refused(
			NoClock,
			"%s stops or continues a clock, and none with ref %q is on record for %q; record it with the unit and the ref (or the id as its ref) of the event that started the clock",
			e.Trigger,
			e.Ref,
			e.Unit,
		)
	}
	return rules.Event{}, refused(
		NoClock,
		"the ref %q names %d events of %q whose clock %s could mean; give one's id as the ref",
		e.Ref,
		len(found),
		e.Unit,
		e.Trigger,
	)
}

// clocks works out what the new events of a batch do to clocks: of what is opened with them in out itself, of what is
// on record in the deadlines returned. An event that would do nothing is refused.
func (s *Scheduler) clocks(ctx context.Context, d *desk, out []Recorded, now time.Time) ([]Deadline, []Entry, error) {
	fresh := map[string]*Recorded{}
	for i := range out {
		if out[i].New {
			fresh[out[i].ID] = &out[i]
		}
	}
	if len(fresh) == 0 {
		return nil, nil, nil
	}
	d.windClocks()
	var moved []Deadline
	var audit []Entry
	var errs []error
	done := map[string]bool{}
	for i := range out {
		if err := s.openWound(ctx, d, fresh, &out[i], now); err != nil {
			errs = append(errs, &EventError{i, err})
		}
	}
	for i := range out {
		r := &out[i]
		if !r.New || !d.Planner.Pauses(r.Trigger) {
			continue
		}
		first, err := d.firstOf(r.Event.Event)
		if err == nil {
			err = s.unfit(ctx, d, first, r.ID)
		}
		if err != nil {
			errs = append(errs, &EventError{i, err})
			continue
		}
		id := first.ID()
		r.Of = id
		if done[id] {
			continue
		}
		done[id] = true
		if start, ok := fresh[id]; ok {
			r.Paused = start.Deadlines
			continue
		}
		d.moved[id] = true
		c, _, err := s.consequences(ctx, d, now, Event{ID: id, Event: first})
		if err != nil {
			return nil, nil, err
		}
		if err := movable(c.Moved, id); err != nil {
			errs = append(errs, &EventError{i, err})
		}
		r.Paused = slices.DeleteFunc(slices.Clone(c.Moved), func(dl Deadline) bool { return dl.Fixed })
		moved, audit = append(moved, c.Moved...), append(audit, c.Audit...)
	}
	return moved, audit, errors.Join(errs...)
}

// movable refuses an event that stops a clock, or ends that, where none of the deadlines that run by it can be moved.
func movable(ds []Deadline, first string) error {
	switch {
	case len(ds) == 0:
		return refused(NoClock, "what %s started is done or withdrawn: no clock runs", first)
	case !slices.ContainsFunc(ds, func(dl Deadline) bool { return !dl.Fixed }):
		return refused(
			Fixed,
			"what %s started is due on %s by a correction: no event moves that; correct it back to %s first if it is to run by its rule again",
			first,
			ds[0].DueDate(),
			ds[0].Due.Date,
		)
	}
	return nil
}

// openWound gives what a new event opens its clock as the events on record have it: they may have been recorded before.
func (s *Scheduler) openWound(
	ctx context.Context,
	d *desk,
	fresh map[string]*Recorded,
	r *Recorded,
	now time.Time,
) (err error) {
	first := d.events[r.ID]
	if !r.New || len(first.Clock) == 0 {
		return nil
	}
	err = s.overtaken(ctx, d, first, func(u rules.Unfit) bool { return fresh[u.Event.ID()] != nil })
	if err != nil {
		return err
	}
	if r.Deadlines, err = d.openedBy(first, now); err != nil {
		return err
	}
	for _, dl := range r.Deadlines {
		if dl.Paused() {
			r.Paused = append(r.Paused, dl)
		}
	}
	return nil
}

// overtaken refuses to record first, or to move it, where that would let another event on record do nothing, but for
// those that are excused.
func (s *Scheduler) overtaken(ctx context.Context, d *desk, first rules.Event, excused func(rules.Unfit) bool) error {
	for _, u := range d.Planner.Unfit(first) {
		if excused(u) {
			continue
		}
		if beyond, err := s.extendedBeyond(ctx, first, u); err != nil || beyond {
			if err != nil {
				return err
			}
			continue
		}
		day := calendar.DateOf(u.Event.At)
		return refused(
			Overtaken,
			"%s of %s (%s), which is on record, would do nothing then: %s; move or withdraw that first",
			u.Event.Trigger,
			day,
			u.Event.ID(),
			misfitText(u, day),
		)
	}
	return nil
}

// openedBy returns what an event opens.
func (d *desk) openedBy(e rules.Event, now time.Time) ([]Deadline, error) {
	os, err := d.Planner.OnEvent(e)
	if err != nil {
		return nil, fmt.Errorf("compute what %s opens: %w", e.Trigger, err)
	}
	var ds []Deadline
	for _, o := range os {
		ds = append(ds, d.deadlines(o, now)...)
	}
	return ds, nil
}

// unfit refuses an event that does nothing to the clocks that first has started, or by which another one on record
// would.
func (s *Scheduler) unfit(ctx context.Context, d *desk, first rules.Event, id string) error {
	for _, u := range d.Planner.Unfit(first) {
		if u.Event.ID() != id && !d.onlyBy(first, u.Event, id) {
			continue
		}
		if beyond, err := s.extendedBeyond(ctx, first, u); err != nil || beyond {
			if err != nil {
				return err
			}
			continue
		}
		r := refused(Misfits[u.Why], "%s", misfitText(u, calendar.DateOf(u.Event.At)))
		r.Known, r.Unfit = u.Event, u
		return r
	}
	return nil
}

// onlyBy reports whether one of first's events does nothing because of another.
func (d *desk) onlyBy(first, of rules.Event, id string) bool {
	first.Clock = slices.DeleteFunc(slices.Clone(first.Clock), func(e rules.Event) bool { return e.ID() == id })
	return !slices.ContainsFunc(d.Planner.Unfit(first), func(u rules.Unfit) bool { return u.Event.ID() == of.ID() })
}

// extendedBeyond reports whether a clock can be stopped although it was due by its rule: its deadline was extended.
func (s *Scheduler) extendedBeyond(ctx context.Context, first rules.Event, u rules.Unfit) (bool, error) {
	if u.Why != rules.AfterDue || u.Pause.Continue == "" {
		return false, nil
	}
	ds, err := s.o.Store.Deadlines(ctx, Filter{Event: first.ID(), States: []State{Open, Withdrawn}})
	if err != nil {
		return false, fmt.Errorf("list deadlines: %w", err)
	}
	day := calendar.DateOf(u.Event.At)
	return slices.ContainsFunc(ds, func(dl Deadline) bool {
		return !dl.ExtendedTo.IsZero() && !day.After(dl.ExtendedTo)
	}), nil
}

// misfitText says why an event does nothing to a clock, and what to do.
func misfitText(u rules.Unfit, day calendar.Date) string {
	switch u.Why {
	case rules.BeforeStart:
		return fmt.Sprintf("on %s the clock had not begun yet; look at the time of %s", day, u.Event.Trigger)
	case rules.StandsAlready:
		return fmt.Sprintf("the clock stands since %s; record %s first", u.Day, u.Pause.Continue+u.Pause.Restart)
	case rules.NotStopped:
		return fmt.Sprintf(
			"the clock did not stand on %s; record %s first, with the day on which it was",
			day,
			u.Pause.Stop,
		)
	case rules.TooLate:
		return fmt.Sprintf(
			"by %s it could be recorded for a day until %s, not for %s: the clock runs on, and the due date stays; if it must move nonetheless, use extend --correction with a --reason",
			u.Pause.Article,
			u.Day,
			day,
		)
	default:
		return fmt.Sprintf("the duty was due on %s; its clock cannot be stopped on %s any more", u.Day, day)
	}
}

// standing returns since when a deadline's clock stands: one that was due before is stopped only while it is extended.
func standing(o rules.Occurrence, extendedTo calendar.Date) calendar.Date {
	if o.Stands == nil || o.Stands.Late && (extendedTo.IsZero() || o.Stands.Since.After(extendedTo)) {
		return calendar.Date{}
	}
	return o.Stands.Since
}

// waiting returns the reminder, for each unit that answers, that dl's clock has stood for long.
func (d *desk) waiting(o rules.Occurrence, dl Deadline) []Reminder {
	if !dl.Paused() || o.Stands.Remind.IsZero() {
		return nil
	}
	var rs []Reminder
	for _, u := range dl.Answering {
		rs = append(rs, Reminder{
			DeadlineID: dl.ID,
			Stage:      extendedStage(waitStage, dl.PausedSince),
			Unit:       u,
			At:         o.Stands.Remind,
			State:      Pending,
		})
	}
	return rs
}

// clockMoved reports whether a deadline's clock was stopped, or ran again, between two states of it.
func clockMoved(old, next Deadline) bool {
	return old.PausedSince != next.PausedSince || old.Stood != next.Stood
}

// clockStage names the telling that a clock stands, or runs again, since a day, of a deadline that was due at a time.
func clockStage(c cause, was time.Time, since calendar.Date) string {
	return string(c) + "-" + calendar.DateOf(was).String() + "@" + since.String()
}

// rewind winds the clocks anew after e became next, and returns the event whose deadlines follow from that: next, or
// the one whose clock next stops, or ends that. A move by which an event would do nothing is refused; what another did
// to the clock with an event that is withdrawn, it does no more.
func (s *Scheduler) rewind(ctx context.Context, d *desk, e, next Event) (Event, error) {
	if !d.Planner.Pauses(e.Trigger) {
		d.windClocks()
		if !next.Withdrawn.IsZero() {
			return next, nil
		}
		was := d.events[next.ID]
		was.At = e.At
		before := d.Planner.Unfit(was)
		return next, s.overtaken(ctx, d, d.events[next.ID], func(u rules.Unfit) bool {
			return slices.ContainsFunc(before, func(x rules.Unfit) bool { return x.Event.ID() == u.Event.ID() })
		})
	}
	first, err := d.firstOf(e.Event)
	if err != nil { // that was withdrawn before, and nothing follows
		return next, nil
	}
	d.windClocks()
	id := first.ID()
	first, d.moved[id] = d.events[id], true
	if next.Withdrawn.IsZero() {
		if err := s.unfit(ctx, d, first, next.ID); err != nil {
			return Event{}, err
		}
	}
	return Event{ID: id, Event: first}, nil
}
