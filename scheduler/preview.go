package scheduler

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// Assumption is what a preview takes for granted about the clerks.
type Assumption int

// Either everything is done on the day it is due, or nothing ever is and escalations follow.
const (
	AllAnswered Assumption = iota
	NoneAnswered
)

// Preview returns every message that would be sent from one day to the other, both inclusive, in the order of time: by
// the same choosing, grouping and writing as a pass, with no store. Reminders before from count as sent. The events
// open their deadlines, and what is assumed to be done starts what follows it. Options.Store is not needed. Where rules
// cannot be reckoned, the messages of all others are returned with an error that joins theirs.
func Preview(o Options, from, to calendar.Date, events []rules.Event, a Assumption) ([]Letter, error) {
	switch {
	case o.Plan == nil || o.Office == "" || o.IDs == nil:
		return nil, fmt.Errorf("preview: a plan, an office and Message-IDs are needed")
	case from.IsZero() || to.Before(from):
		return nil, fmt.Errorf("preview: %s to %s is no range of days", from, to)
	}
	p := &rehearsal{
		desk:     newDesk(o.Plan, o.withDefaults()),
		from:     from,
		to:       to,
		assumed:  a,
		tracked:  map[int64]Deadline{},
		due:      map[calendar.Date][]int64{},
		known:    map[identity]bool{},
		promised: map[string]bool{},
	}
	p.subscribed = map[string]Feed{}
	for name := range p.Catalogue.Units {
		p.subscribed[name] = Feed{Unit: name} // whose link looks as that of the daemon's mail
	}
	if err := p.open(events); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	for day := from; !day.After(to); day = day.AddDays(1) {
		if err := p.live(day); err != nil {
			return nil, fmt.Errorf("preview %s: %w", day, err)
		}
	}
	slices.SortStableFunc(p.letters, func(a, b Letter) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Message.Key, b.Message.Key))
	})
	return p.letters, errors.Join(p.missing...)
}

// rehearsal is what a preview keeps in place of a store.
type rehearsal struct {
	*desk
	from     calendar.Date
	to       calendar.Date // inclusive
	assumed  Assumption
	lastID   int64
	tracked  map[int64]Deadline
	due      map[calendar.Date][]int64
	known    map[identity]bool
	pending  []Ripe
	promised map[string]bool // keys of messages
	letters  []Letter
	missing  []error // rules that cannot be reckoned
}

// open tracks what can have a reminder in the range.
func (p *rehearsal) open(events []rules.Event) error {
	os, err := p.Planner.Occurrences(p.from, p.to.AddDays(longest))
	p.miss(err)
	for _, e := range events {
		e, err := p.check(e, e.Announced)
		if err != nil {
			return err
		}
		e.AllUnits = true // what is only supposed needs nobody's word for that
		if e, err = p.complete(e); err != nil {
			return err
		}
		p.events[e.ID()] = e
		more, err := p.Planner.OnEvent(e)
		p.miss(err)
		for _, k := range p.kin(e) { // of the same document: no duty twice
			known, err := p.Planner.OnEvent(k)
			p.miss(err)
			more = slices.DeleteFunc(more, func(o rules.Occurrence) bool {
				return slices.ContainsFunc(known, func(x rules.Occurrence) bool { return x.Rule.ID == o.Rule.ID })
			})
		}
		os = append(os, more...)
	}
	p.add(os, p.from.At(0))
	return nil
}

// miss notes what cannot be reckoned.
func (p *rehearsal) miss(err error) {
	if err != nil {
		p.missing = append(p.missing, err)
	}
}

// add tracks occurrences that are not known yet.
func (p *rehearsal) add(os []rules.Occurrence, now time.Time) {
	for _, o := range os {
		for _, dl := range p.deadlines(o, now) {
			id := identity{dl.Key, dl.Unit}
			if p.known[id] || dl.DueDate().Before(p.from) {
				continue
			}
			p.known[id] = true
			if dl.DueDate().After(p.to) && !slices.ContainsFunc(dl.Reminders, p.fires) {
				continue
			}
			p.lastID++
			dl.ID, dl.Number = p.lastID, NumberOf(dl.Key, dl.Unit, 0) // the number it will have, unless that is taken
			p.tracked[dl.ID] = dl
			p.due[dl.DueDate()] = append(p.due[dl.DueDate()], dl.ID)
			p.schedule(dl, dl.Reminders)
		}
	}
}

// fires reports whether a reminder lies in the range.
func (p *rehearsal) fires(r Reminder) bool {
	return !r.At.Before(p.from.At(0)) && r.At.Before(p.to.AddDays(1).At(0))
}

// schedule adds reminders, leaving out those that lie outside the range.
func (p *rehearsal) schedule(dl Deadline, rs []Reminder) {
	for _, r := range rs {
		if !p.fires(r) {
			continue
		}
		p.lastID++
		r.ID, r.DeadlineID = p.lastID, dl.ID
		p.pending = append(p.pending, Ripe{r, dl})
	}
}

// live goes through one day: hour rules break in, the digests go out, and at its end what is due is done.
func (p *rehearsal) live(day calendar.Date) error {
	end := day.AddDays(1).At(0)
	for {
		at, ok := p.nextImmediate(end)
		if !ok {
			break
		}
		if err := p.promise(p.hourly(p.ripe(at, true), at), at); err != nil {
			return err
		}
	}
	if p.Calendar.IsWorkday(day) {
		at := day.At(p.o.DigestAt)
		drafts := p.daily(p.ripe(at, false), at, time.Time{})
		if dr, ok := p.missingYear(at); ok {
			drafts = append(drafts, dr)
		}
		if p.dueWeekly(day) {
			drafts = append(drafts, p.weekly(at))
		}
		reports, err := p.monthly(at)
		if err != nil {
			return err
		}
		drafts = append(drafts, reports...)
		if err := p.promise(drafts, at); err != nil {
			return err
		}
	}
	return p.finish(day)
}

// nextImmediate returns when the next hour rule's reminder before end fires.
func (p *rehearsal) nextImmediate(end time.Time) (time.Time, bool) {
	var next time.Time
	for _, r := range p.pending {
		if at := r.Reminder.At; r.Reminder.Immediate && at.Before(end) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, !next.IsZero()
}

// ripe is what a Promiser's Ripe is, on what is kept here.
func (p *rehearsal) ripe(now time.Time, immediate bool) []Ripe {
	var rs []Ripe
	for _, r := range p.pending {
		if r.Reminder.Immediate == immediate && !r.Reminder.At.After(now) {
			rs = append(rs, r)
		}
	}
	return rs
}

// promise is what a Promiser's Promise is.
func (p *rehearsal) promise(drafts []draft, now time.Time) error {
	drafts = slices.DeleteFunc(drafts, func(dr draft) bool {
		known := p.promised[dr.key]
		p.promised[dr.key] = dr.key != ""
		return known
	})
	gone := map[int64]bool{}
	for _, w := range p.writeAll(drafts, now) {
		if w.err != nil {
			return w.err
		}
		p.letters = append(p.letters, w.letters...)
		for _, id := range slices.Concat(w.promise.Carried, w.promise.Superseded) {
			gone[id] = true
		}
		for _, r := range w.promise.Next {
			p.schedule(p.tracked[r.DeadlineID], []Reminder{r})
		}
	}
	p.pending = slices.DeleteFunc(p.pending, func(r Ripe) bool { return gone[r.Reminder.ID] })
	return nil
}

// finish closes what is taken for done at the end of a day, and starts what follows from it.
func (p *rehearsal) finish(day calendar.Date) error {
	gone := map[int64]bool{}
	var c Closing
	for _, id := range p.due[day] {
		dl := p.tracked[id]
		if p.unanswered(dl) {
			continue
		}
		gone[id] = true
		dl.Needed = 1 // one word stands for all that a quota needs
		if err := p.close(&c, dl, Completion{DeadlineID: id, At: day.At(p.o.WorkTo)}); err != nil {
			return err
		}
	}
	p.pending = slices.DeleteFunc(p.pending, func(r Ripe) bool { return gone[r.Deadline.ID] })
	for _, r := range c.Told {
		dl := p.tracked[r.DeadlineID]
		dl.State, dl.ClosedAt = Done, r.At
		p.schedule(dl, []Reminder{r})
	}
	for _, e := range c.Started {
		p.events[e.ID] = e.Event
		os, err := p.Planner.OnEvent(e.Event)
		p.miss(err)
		p.add(os, e.RecordedAt)
	}
	return nil
}
