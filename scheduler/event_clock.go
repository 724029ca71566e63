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
	var stops []rules.Event
	for id, e := range d.events {
		if d.Planner.Pauses(e.Trigger) && !d.gone[id] {
			stops = append(stops, e)
		}
	}
	for id, first := range d.events {
		had := len(first.Clock) > 0
		first.Clock = nil
		for i := range stops {
			if d.Planner.Concerns(&stops[i], &first) {
				first.Clock = append(first.Clock, stops[i])
			}
		}
		if had || len(first.Clock) > 0 {
			d.events[id] = first
		}
	}
}

// firstOf returns the event whose clocks e stops, or ends that: the one that has its ref or ID.
func (d *desk) firstOf(e rules.Event) (rules.Event, error) {
	var found []rules.Event
	for id, first := range d.events {
		if !d.gone[id] && d.Planner.Concerns(&e, &first) {
			found = append(found, first)
		}
	}
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
	if !slices.ContainsFunc(out, func(r Recorded) bool { return r.New && d.Planner.Pauses(r.Trigger) }) {
		return nil, nil, nil
	}
	d.windClocks()
	var moved []Deadline
	var audit []Entry
	var errs []error
	done := map[string]bool{}
	for i := range out {
		r := &out[i]
		if !r.New || !d.Planner.Pauses(r.Trigger) {
			continue
		}
		first, err := d.firstOf(r.Event.Event)
		if err == nil {
			err = d.unfit(first, r.ID)
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
		if j := slices.IndexFunc(out, func(x Recorded) bool { return x.New && x.ID == id }); j >= 0 {
			if out[j].Deadlines, err = d.openedBy(first, now); err != nil {
				return nil, nil, err
			}
			r.Paused = out[j].Deadlines
			continue
		}
		d.moved[id] = true
		c, _, err := s.consequences(ctx, d, now, Event{ID: id, Event: first})
		if err != nil {
			return nil, nil, err
		}
		if len(c.Moved) == 0 {
			errs = append(
				errs,
				&EventError{i, refused(NoClock, "what %s started is done or withdrawn: no clock runs", id)},
			)
		}
		r.Paused = c.Moved
		moved, audit = append(moved, c.Moved...), append(audit, c.Audit...)
	}
	return moved, audit, errors.Join(errs...)
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
func (d *desk) unfit(first rules.Event, id string) error {
	for _, u := range d.Planner.Unfit(first) {
		if u.Event.ID() != id && !d.onlyBy(first, u.Event, id) {
			continue
		}
		if u.Why == rules.AfterDue && d.extendedBeyond(first, u) {
			continue
		}
		day := calendar.DateOf(u.Event.At)
		r := refused(Misfits[u.Why], "%s", misfitText(u, day))
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
func (d *desk) extendedBeyond(first rules.Event, u rules.Unfit) bool {
	return u.Pause.Continue != "" && slices.ContainsFunc(d.extensions[first.ID()], func(to calendar.Date) bool {
		return !calendar.DateOf(u.Event.At).After(to)
	})
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

// loadExtended notes to when the deadlines of the events were extended whose clocks a batch stops.
func (s *Scheduler) loadExtended(ctx context.Context, d *desk, es []rules.Event) error {
	d.extensions = map[string][]calendar.Date{}
	for _, e := range es {
		if !d.Planner.Pauses(e.Trigger) {
			continue
		}
		first, err := d.firstOf(e)
		if err != nil {
			continue // said where it is judged
		}
		ds, err := s.o.Store.Deadlines(ctx, Filter{Event: first.ID(), States: []State{Open}})
		if err != nil {
			return fmt.Errorf("list deadlines: %w", err)
		}
		for _, dl := range ds {
			if !dl.ExtendedTo.IsZero() {
				d.extensions[first.ID()] = append(d.extensions[first.ID()], dl.ExtendedTo)
			}
		}
	}
	return nil
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
			DeadlineID: dl.ID, Stage: extendedStage(waitStage, dl.PausedSince), Unit: u, At: o.Stands.Remind, State: Pending,
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
func (d *desk) rewind(e, next Event) (Event, error) {
	if !d.Planner.Pauses(e.Trigger) {
		d.windClocks()
		return next, nil
	}
	first, err := d.firstOf(e.Event)
	if err != nil { // that was withdrawn before, and nothing follows
		return next, nil
	}
	d.windClocks()
	id := first.ID()
	first, d.moved[id] = d.events[id], true
	if next.Withdrawn.IsZero() {
		if err := d.unfit(first, next.ID); err != nil {
			return Event{}, err
		}
	}
	return Event{ID: id, Event: first}, nil
}
