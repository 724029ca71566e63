package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// Recorded is what became of one event.
type Recorded struct {
	Event
	New       bool       // false: it was on record already, and nothing was done
	Deadlines []Deadline // opened by it; those of an event that was on record are not listed
	Already   []Deadline // what it would open, as that is open or done for another event of the same document
	Paused    []Deadline // whose clocks it has stopped or let run again, as they are now
	Past      []string   // of a batch: keys that were not opened, because what was due before now is done already
}

// PastDue says what becomes of the duties of a batch that were due before it is recorded: a slip of the pen would press
// many units at once.
type PastDue string

// What may become of them.
const (
	PastRefused PastDue = ""     // the batch is refused, with a PastError
	PastLate    PastDue = "late" // they open as late, and the stages before due are not told
	PastDone    PastDue = "done" // they are done already, and are not opened

	// pastOpened is for events that somebody records one by one: they open as late, and the last of their stages is
	// told at once.
	pastOpened PastDue = "opened"
)

// PastError says how much of a batch was due before it was recorded.
type PastError struct {
	Events    int // that open something late
	Deadlines int
	First     calendar.Date // when the earliest was due
}

// Error counts.
func (e *PastError) Error() string {
	return fmt.Sprintf(
		"%d of the events open %d deadlines that were due before now, the first on %s",
		e.Events,
		e.Deadlines,
		e.First,
	)
}

// EventError is what is wrong with one of several events.
type EventError struct {
	Index int // in the list that was given
	Err   error
}

// Error returns what is wrong, without the index.
func (e *EventError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *EventError) Unwrap() error { return e.Err }

// AddEvents records events and opens their deadlines, all or nothing. The same event twice is one event; the same with
// another time or title is an error, as which is right is for whoever records it to say. The error joins an EventError
// for each event that is refused. What was due before now opens as late.
func (s *Scheduler) AddEvents(ctx context.Context, now time.Time, by string, es []rules.Event) ([]Recorded, error) {
	return s.AddBatch(ctx, now, by, es, pastOpened)
}

// AddBatch is AddEvents for a batch, of which somebody says what becomes of what was due before now.
func (s *Scheduler) AddBatch(
	ctx context.Context,
	now time.Time,
	by string,
	es []rules.Event,
	past PastDue,
) ([]Recorded, error) {
	if err := s.mayOpen(ctx, now); err != nil {
		return nil, err
	}
	var out []Recorded
	err := decide(func() (err error) {
		out, err = s.addEvents(ctx, now, by, es, past)
		return err
	})
	return out, err
}

// addEvents is one try of AddBatch.
func (s *Scheduler) addEvents(
	ctx context.Context,
	now time.Time,
	by string,
	es []rules.Event,
	past PastDue,
) ([]Recorded, error) {
	d := s.desk()
	if err := s.loadEvents(ctx, d); err != nil {
		return nil, err
	}
	out := make([]Recorded, len(es))
	var errs []error
	for i, e := range es {
		var err error
		if out[i], err = d.judge(e, now, by); err != nil {
			errs = append(errs, &EventError{i, err})
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	moved, movedAudit, err := s.clocks(ctx, d, out, now)
	if err != nil {
		return nil, err
	}
	if err := s.spareTwice(ctx, d, out); err != nil {
		return nil, err
	}
	if err := d.settlePast(out, now, past); err != nil {
		return nil, err
	}
	var fresh []Event
	var ds []Deadline
	var audit []Entry
	for _, r := range out {
		if r.New {
			fresh = append(fresh, r.Event)
			ds = append(ds, r.Deadlines...)
			audit = append(
				audit,
				Entry{At: now, By: by, Action: "event.add", Target: r.ID, Detail: detail(map[string]string{
					"trigger": r.Trigger, "subject": r.Subject, "unit": r.Unit, "ref": r.Ref, "title": r.Title,
					"at": r.At.In(calendar.Zone()).Format(time.RFC3339), "done_already": strings.Join(r.Past, " "),
				})},
			)
		}
	}
	if len(fresh) == 0 {
		return out, nil
	}
	if err := s.o.Store.AddEvents(ctx, fresh, ds, moved, append(audit, movedAudit...)); err != nil {
		return nil, fmt.Errorf("record events: %w", err)
	}
	return out, nil
}

// settlePast does with what was due before now as a batch wants it.
func (d *desk) settlePast(batch []Recorded, now time.Time, past PastDue) error {
	if past == pastOpened {
		return nil
	}
	late := func(dl Deadline) bool { return dl.IsLate(now) && !d.onShow(dl) }
	var refused PastError
	for i := range batch {
		r := &batch[i]
		before := refused.Deadlines
		for j, dl := range r.Deadlines {
			if !late(dl) {
				continue
			}
			if refused.Deadlines == 0 || dl.DueDate().Before(refused.First) {
				refused.First = dl.DueDate()
			}
			refused.Deadlines++
			r.Deadlines[j].Reminders = slices.DeleteFunc(
				dl.Reminders,
				func(m Reminder) bool { _, chases := lateness(m.Stage); return !chases },
			)
			if past == PastDone {
				r.Past = append(r.Past, dl.Key)
			}
		}
		if past == PastDone {
			r.Past = slices.Compact(r.Past)
			r.Deadlines = slices.DeleteFunc(r.Deadlines, late)
		}
		if refused.Deadlines > before {
			refused.Events++
		}
	}
	if past == PastRefused && refused.Deadlines > 0 {
		return &refused
	}
	return nil
}

// judge says what becomes of an event, or why it is refused.
func (d *desk) judge(e rules.Event, now time.Time, by string) (Recorded, error) {
	for _, words := range []*string{&e.Ref, &e.Title} {
		var err error
		if *words, err = Plain(*words); err != nil {
			return Recorded{}, refused(TooLong, "title and ref: %v", err)
		}
	}
	e, err := d.check(e, now)
	if err != nil {
		return Recorded{}, err
	}
	if e, err = d.complete(e); err != nil {
		return Recorded{}, err
	}
	if err := d.mayLieAhead(e, now); err != nil {
		return Recorded{}, err
	}
	return d.opened(e, now, by)
}

// opened computes what a checked event opens, unless it is on record. What somebody records counts however long ago it
// was due: only what the calendar drives begins with the first day.
func (d *desk) opened(e rules.Event, now time.Time, by string) (Recorded, error) {
	r := Recorded{Event: Event{ID: e.ID(), Event: e, RecordedAt: now, By: by}}
	known, ok := d.onRecord(e)
	switch {
	case ok && d.gone[known.ID()]: // it is as good as new, under the ID that it had
		e.Record = known.ID()
		r.ID, r.Record = known.ID(), known.ID()
		d.gone[r.ID] = false
		delete(d.events, r.ID)
	case ok:
		r.ID = known.ID()
		return r, differing(known, e)
	}
	if other, ok := d.events[r.ID]; ok {
		return r, refused(
			Colliding,
			"event %s is on record as %s of %q with ref %q, and this one would have the same id; give another ref",
			r.ID,
			other.Trigger,
			other.Unit,
			other.Ref,
		)
	}
	d.events[r.ID] = e
	r.New = true
	var err error
	r.Deadlines, err = d.openedBy(e, now)
	if err == nil && len(r.Deadlines) == 0 && !isDone(e.Trigger) && !d.Planner.Pauses(e.Trigger) {
		err = d.unconcerned(e)
	}
	return r, err
}

// isDone reports whether a trigger is started by completions.
func isDone(trigger string) bool { return strings.HasPrefix(trigger, rules.DoneTrigger) }

func keys[V any](m map[string]V) []string {
	all := make([]string, 0, len(m))
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// entry is the audit trail's line about a deadline.
func entry(now time.Time, by, action string, dl Deadline, about map[string]string) Entry {
	target := dl.Key
	if dl.Unit != "" {
		target += " " + dl.Unit
	}
	return Entry{At: now, By: by, Action: action, Target: target, Detail: detail(about)}
}

// detail writes facts as JSON, without the empty ones.
func detail(about map[string]string) string {
	facts := map[string]string{}
	for k, v := range about {
		if v != "" {
			facts[k] = v
		}
	}
	if len(facts) == 0 {
		return ""
	}
	data, err := json.Marshal(facts)
	if err != nil { // texts always marshal
		return ""
	}
	return string(data)
}
