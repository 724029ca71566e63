package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"qixian/notify/compose"
	"qixian/rules"
	"qixian/rules/calendar"
)

// Light is how a deadline stands at a glance.
type Light string

// The lights. A late deadline is red even if nobody can be told of it.
const (
	Green  Light = "green"  // open, its first stage yet to come; or closed in time
	Yellow Light = "yellow" // open, within its stages
	Red    Light = "red"    // late, or closed late
	Grey   Light = "grey"   // open, and none of those who answer can be told
)

// Row is one deadline in a status.
type Row struct {
	Deadline
	Name          string // its title, told apart from others as mails head it: by its period, or its event
	PeriodName    string // in words, with whose data is due; empty for an event's
	Remaining     string // how far away it is: 还有5个工作日, 今日到期, 已逾期3个工作日; empty: it is closed
	Light         Light
	Left          int       // working days left, the due date included; negative when it is past
	Next          time.Time // when its next reminder is sent; zero if none is pending
	Undeliverable []string  // those of its units that have no address, or whose last mail about it was refused
}

// Standing is where everything stands.
type Standing struct {
	Rows     []Row // by due date and key
	Outbox   Outbox
	Bad      []Address // of the units, by unit
	Requests []Request // that wait for the office's answer, in the order of time
	Daemons  []Daemon  // that run on the same store, or ended without a word
	Clock    error     // a WrongClock; nil: it is taken to be right
}

// Status returns where the deadlines of a filter, and the outbox, stand at now. It changes nothing.
func (s *Scheduler) Status(ctx context.Context, now time.Time, f Filter) (Standing, error) {
	d := s.desk()
	if f.Unit != "" {
		unit, ok := d.Catalogue.Canonical(f.Unit)
		if !ok {
			return Standing{}, fmt.Errorf("unknown unit %q%s", f.Unit, suggestion(f.Unit, keys(d.Catalogue.Units)))
		}
		f.Unit = unit
	}
	if err := s.loadAddresses(ctx, d); err != nil {
		return Standing{}, err
	}
	requests, err := s.Requests(ctx)
	if err != nil {
		return Standing{}, err
	}
	ds, err := s.o.Store.Deadlines(ctx, f)
	if err != nil {
		return Standing{}, fmt.Errorf("list deadlines: %w", err)
	}
	if slices.ContainsFunc(ds, func(dl Deadline) bool { return dl.Event != "" }) { // they name what it started
		if err := s.loadEvents(ctx, d); err != nil {
			return Standing{}, err
		}
	}
	out, err := s.o.Store.Outbox(ctx)
	if err != nil {
		return Standing{}, fmt.Errorf("list outbox: %w", err)
	}
	daemons, err := s.o.Store.Daemons(ctx)
	if err != nil {
		return Standing{}, fmt.Errorf("list daemons: %w", err)
	}
	wrong := s.checkClock(ctx, now)
	if wrong != nil && !errors.Is(wrong, ErrClock) {
		return Standing{}, wrong
	}
	refused := map[string]bool{}
	for _, m := range out.Trouble {
		if !m.Uncertain { // of an uncertain one nobody knows that it was not delivered
			refused[m.Key] = true
		}
	}
	st := Standing{
		Outbox:   out,
		Daemons:  daemons,
		Rows:     make([]Row, len(ds)),
		Bad:      d.badContacts(),
		Requests: requests,
		Clock:    wrong,
	}
	for i, dl := range ds {
		st.Rows[i] = d.row(dl, now, refused)
	}
	return st, nil
}

// row says how one deadline stands, given the keys of refused messages.
func (d *desk) row(dl Deadline, now time.Time, refused map[string]bool) Row {
	it := d.named(dl, now)
	r := Row{Deadline: dl, Name: compose.Name(it, now), PeriodName: it.Period, Left: it.Left}
	if dl.State == Open {
		r.Remaining = compose.Remaining(it, now)
	}
	stages := false
	for _, x := range dl.Reminders {
		if x.State == Pending && x.Stage != closingStage {
			if at := d.goesOut(x, now); r.Next.IsZero() || at.Before(r.Next) {
				r.Next = at
			}
		}
		if countsBack(x.Stage) && !x.At.After(now) && x.State != Cancelled {
			stages = true
		}
	}
	answering := 0 // those of whom nobody knows that they cannot be told
	for _, u := range dl.Told() {
		switch {
		case dl.State == Open && (!d.reachable(u) || lastRefused(dl, u, refused)):
			r.Undeliverable = append(r.Undeliverable, u)
		case slices.Contains(dl.Answering, u):
			answering++
		}
	}
	switch {
	case dl.Paused() && dl.State == Open:
		r.Light = Green
	case dl.State == Open && dl.IsLate(now) && !d.onShow(dl), dl.Late:
		r.Light = Red
	case len(r.Undeliverable) > 0 && answering == 0:
		r.Light = Grey
	case dl.State == Open && (stages || dl.soonOver(now)):
		r.Light = Yellow
	default:
		r.Light = Green
	}
	return r
}

// soonOver reports whether d is due at an hour of today or of the next twelve: a rule of few hours has no stage but the
// one on record.
func (d Deadline) soonOver(now time.Time) bool {
	const soon = 12 * time.Hour
	return d.ByHour() && (d.Due.Instant.Sub(now) <= soon || d.Due.Date == calendar.DateOf(now))
}

// goesOut returns when a pending reminder is sent. One whose time has passed waits: an hour rule's for the next pass,
// any other for the next digest, as its unit has had today's.
func (d *desk) goesOut(r Reminder, now time.Time) time.Time {
	switch {
	case r.At.After(now):
		return r.At
	case r.Immediate:
		return now
	}
	day := calendar.DateOf(now)
	if !now.Before(day.At(d.o.DigestAt)) {
		day = day.AddDays(1)
	}
	return d.Calendar.OnOrAfter(day).At(d.o.DigestAt)
}

// countsBack reports whether a stage counts back from due, rather than from the event or a quota's period.
func countsBack(stage string) bool {
	word := stageWord(stage)
	_, late := lateness(stage)
	_, _, moved := movedFrom(stage)
	return !late && !moved && word != closingStage && word != waitStage && word != rules.OnRecord.String() &&
		word != rules.HalfTime.String()
}

// lastRefused reports whether the last message that told a unit of dl was refused.
func lastRefused(dl Deadline, unit string, refused map[string]bool) bool {
	var last Reminder
	for _, r := range dl.Reminders {
		if r.Unit == unit && r.State == Promised && !r.At.Before(last.At) {
			last = r
		}
	}
	return refused[last.MessageKey]
}
