package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"qixian/rules/calendar"
)

// Standstill (暂停计时) is a clock that stands still.
type Standstill struct {
	Since  calendar.Date // the day of that event, which still counts: the days after it do not
	Event  Event         // what stopped it
	Left   Span          // what is left of the time when it runs again
	Pause  Pause
	Remind time.Time // when the units that answer are reminded of it; zero: never
	Late   bool      // it was due before that: only an extended deadline's clock stands nonetheless
}

// Unfit is an event that stops no clock, or ends no pause, because of what else is on record. It changes no date.
type Unfit struct {
	Event Event
	Why   Misfit
	Pause Pause
	Day   calendar.Date // since when the clock stands, when it was due, or the last day to stop it; zero for the others
}

// Misfit is why an event does nothing to a clock.
type Misfit string

// The misfits.
const (
	BeforeStart   Misfit = "before-start" // the clock had not begun
	StandsAlready Misfit = "stands"       // such an event has stopped it, and none has ended that
	NotStopped    Misfit = "not-stopped"  // no such event has stopped it
	AfterDue      Misfit = "after-due"    // it was due before; an extended deadline's clock can be stopped nonetheless
	TooLate       Misfit = "too-late"     // the law lets the clock be stopped only for some days after its start
)

// halt is a time for which a clock stood still. The day of the event that stopped it counts still, the days after it do
// not, and neither does that of the event that ended it.
type halt struct {
	from, to calendar.Date
	stop     Event
}

// clock is how the clock of one rule has run since its event.
type clock struct {
	start   *Event    // what is counted from: the rule's event, or the last one that restarted the clock
	halts   []halt    // that are over, in order, none touching another
	open    *halt     // the one that is not; its to is zero
	pause   Pause     // of open
	late    bool      // of open: it was due before
	resumed time.Time // when it last ran again; zero: it never stood
	anew    bool      // while it stands, the whole time begins anew when it runs again
	unfit   []Unfit
}

// Pauses reports whether events of a trigger stop some clock, or end that.
func (p *Planner) Pauses(trigger string) bool { return p.pausing[trigger] }

// Stops reports whether events of a trigger stop some clock; false for those that end a pause.
func (p *Planner) Stops(trigger string) bool {
	return slices.ContainsFunc(p.pausers, func(r *Rule) bool {
		return slices.ContainsFunc(r.Pause, func(s Pause) bool { return s.Stop == trigger })
	})
}

// Restarts reports whether events of a trigger let the time of a clock begin anew.
func (p *Planner) Restarts(trigger string) bool {
	return slices.ContainsFunc(p.pausers, func(r *Rule) bool {
		return slices.ContainsFunc(r.Pause, func(s Pause) bool { return s.Restart == trigger })
	})
}

// FirstOf returns those of the events whose clocks e may stop, or let run: the one for which it was recorded, where
// that is known. Otherwise they are of the same unit and have e's ref, or their ID is e's ref. If none has, a blank and
// more may follow that in e's, to tell a second such event apart.
func (p *Planner) FirstOf(e *Event, among []Event) []Event {
	if !p.pausing[e.Trigger] {
		return nil
	}
	var exact, loose []Event
	for _, first := range among {
		if !p.pausable(e, &first) {
			continue
		}
		switch {
		case e.Of != "":
			if e.Of == first.ID() {
				return []Event{first}
			}
		case e.Ref == first.ID() || first.Ref != "" && e.Ref == first.Ref:
			exact = append(exact, first)
		case named(e.Ref, first.Ref), named(e.Ref, first.ID()):
			loose = append(loose, first)
		}
	}
	if exact != nil {
		return exact
	}
	return loose
}

// pausable reports whether events of e's trigger and unit can stop clocks that first has started, or end that.
func (p *Planner) pausable(e, first *Event) bool {
	if !slices.ContainsFunc(p.pausers, func(r *Rule) bool {
		return r.pausedBy(e.Trigger) && slices.Contains(p.catalogue.Starts(*first), r.trigger())
	}) {
		return false
	}
	if e.Unit == first.Unit {
		return true
	}
	a, _ := p.catalogue.Canonical(e.Unit)
	b, _ := p.catalogue.Canonical(first.Unit)
	return a != "" && a == b
}

// named reports whether a ref begins with a name and a blank.
func named(ref, name string) bool { return name != "" && strings.HasPrefix(ref, name+" ") }

func (r *Rule) pausedBy(trigger string) bool {
	return slices.ContainsFunc(r.Pause, func(s Pause) bool { return s.Stop == trigger || s.end() == trigger })
}

// Unfit returns the events of e's Clock that do nothing to any clock that e has started, in the order of time.
func (p *Planner) Unfit(e Event) []Unfit {
	var all []Unfit
	for _, s := range p.waiting(e) {
		if _, ok, err := p.forEvent(s, &e); err != nil || !ok || len(s.rule.Pause) == 0 {
			continue
		}
		all = append(all, p.clockOf(s.rule, &e).unfit...)
	}
	return all
}

// clockOf returns how a rule's clock has run since e. Of one day, first what ends a pause counts, then what begins one,
// then what ends that.
func (p *Planner) clockOf(r *Rule, e *Event) clock {
	xs := slices.DeleteFunc(slices.Clone(e.Clock), func(x Event) bool { return !r.pausedBy(x.Trigger) })
	slices.SortFunc(xs, func(a, b Event) int {
		return cmp.Or(
			calendar.DateOf(a.At).Compare(calendar.DateOf(b.At)),
			a.At.Compare(b.At),
			strings.Compare(a.ID(), b.ID()),
		)
	})
	c := &running{p: p, r: r, clock: clock{start: e}, open: map[int]stop{}}
	for len(xs) > 0 {
		day := calendar.DateOf(xs[0].At)
		n := slices.IndexFunc(xs, func(x Event) bool { return calendar.DateOf(x.At) != day })
		if n < 0 {
			n = len(xs)
		}
		c.day(day, xs[:n])
		xs = xs[n:]
	}
	return c.finish()
}

// running is a clock as it is followed from day to day.
type running struct {
	p *Planner
	r *Rule
	clock
	open  map[int]stop // by the pause's index in the rule
	since calendar.Date
	first Event  // what began the halt
	which int    // the pause that began it
	next  *Event // what restarted the clock while another pause goes on: it counts from there once it runs again
}

type stop struct {
	event Event
	late  bool // it came when the duty was due already
}

func (c *running) day(day calendar.Date, xs []Event) {
	var later []Event
	for _, x := range xs {
		switch i, stops := c.pauseOf(x.Trigger); {
		case day.Before(calendar.DateOf(c.start.At)):
			c.note(x, BeforeStart, i, calendar.Date{})
		case !stops && c.has(i):
			c.end(i, x, day)
		default:
			later = append(later, x)
		}
	}
	for _, stops := range []bool{true, false} {
		for _, x := range later {
			switch i, isStop := c.pauseOf(x.Trigger); {
			case isStop != stops:
			case isStop && c.has(i):
				c.note(x, StandsAlready, i, calendar.DateOf(c.open[i].event.At))
			case isStop:
				c.stop(i, x, day)
			case c.has(i):
				c.end(i, x, day)
			default:
				c.note(x, NotStopped, i, calendar.Date{})
			}
		}
	}
}

// pauseOf returns which of the rule's pauses a trigger belongs to, and whether it begins it.
func (c *running) pauseOf(trigger string) (int, bool) {
	i := slices.IndexFunc(c.r.Pause, func(s Pause) bool { return s.Stop == trigger || s.end() == trigger })
	return i, c.r.Pause[i].Stop == trigger
}

func (c *running) has(i int) bool { _, ok := c.open[i]; return ok }

func (c *running) note(x Event, why Misfit, i int, day calendar.Date) {
	c.unfit = append(c.unfit, Unfit{x, why, c.r.Pause[i], day})
}

func (c *running) stop(i int, x Event, day calendar.Date) {
	if last, ok := c.lastDay(i); ok && day.After(last) {
		c.note(x, TooLate, i, last)
		return
	}
	late := false
	if len(c.open) == 0 {
		if got, err := c.p.onClock(c.r, c.clock); err == nil && day.After(got.due.Date) {
			late = true
			c.note(x, AfterDue, i, got.due.Date)
		}
		c.since, c.first, c.which = day, x, i
	}
	c.open[i] = stop{x, late}
}

// lastDay returns the last day on which the law lets a pause begin; false if it sets none.
func (c *running) lastDay(i int) (calendar.Date, bool) {
	within := c.r.Pause[i].Within
	last, err := c.p.after(calendar.DateOf(c.start.At), within)
	return last, err == nil && !within.IsZero()
}

func (c *running) end(i int, x Event, day calendar.Date) {
	late := c.open[i].late
	delete(c.open, i)
	if len(c.open) == 0 {
		c.halts = append(c.halts, halt{c.since, day, c.first})
		if !late {
			c.resumed = x.At
		}
		if n := len(c.halts); n > 1 && !c.halts[n-2].to.Before(c.since) { // it stood on that day already
			c.halts[n-2].to = day
			c.halts = c.halts[:n-1]
		}
	}
	if c.r.Pause[i].Restart != "" && !late {
		c.next = &x
	}
	if len(c.open) == 0 && c.next != nil {
		c.start, c.next = c.next, nil
	}
}

func (c *running) finish() clock {
	if len(c.open) > 0 {
		c.clock.open, c.pause = &halt{from: c.since, stop: c.first}, c.r.Pause[c.which]
		c.anew = c.next != nil
		c.late = slices.ContainsFunc(
			c.unfit,
			func(u Unfit) bool { return u.Why == AfterDue && u.Event.ID() == c.first.ID() },
		)
	}
	return c.clock
}

// onClock reckons when a rule falls due whose clock has run so. The days on which it stood are counted in addition to
// its span, as far as it was not due before.
func (p *Planner) onClock(r *Rule, c clock) (reckoned, error) {
	start := calendar.DateOf(c.start.At)
	got, err := p.counted(r, start, r.Within, start.AddDays(1))
	span := r.Within
	var halts []halt
	for _, h := range c.halts {
		if err != nil || h.from.After(got.due.Date) {
			break
		}
		days := p.stood(r, laterOf(h.from, start), h.to)
		if days == 0 {
			continue
		}
		span.N += days
		halts = append(halts, h)
		got, err = p.counted(r, start, span, start.AddDays(1))
	}
	got.halts = halts
	if got.count != 0 {
		got.count = r.Within.N
	}
	got.from = c.start
	return got, err
}

// stood returns how many of the days that a rule counts lie after one day, up to and with another.
func (p *Planner) stood(r *Rule, after, to calendar.Date) int {
	switch {
	case to.Before(after):
		return 0
	case r.Within.Clock == CalendarDays:
		return to.Sub(after)
	}
	return p.calendar.Count(after, to)
}

func laterOf(a, b calendar.Date) calendar.Date {
	if a.Before(b) {
		return b
	}
	return a
}

// wind gives an occurrence what its clock has to say beside the due date.
func (p *Planner) wind(o *Occurrence, r *Rule, c clock, due calendar.Date) {
	o.Resumed = c.resumed
	for _, h := range c.halts {
		o.Stood += p.calendar.Count(h.from, h.to)
	}
	if c.open == nil {
		return
	}
	start := calendar.DateOf(c.start.At)
	left := p.stood(r, laterOf(c.open.from, start), due)
	if c.anew {
		left = r.Within.N
	}
	o.Stands = &Standstill{
		Since: c.open.from,
		Event: c.open.stop,
		Left:  Span{left, r.Within.Clock},
		Pause: c.pause,
		Late:  c.late,
	}
	if c.pause.Remind.N > 0 {
		if at, err := p.after(c.open.from, c.pause.Remind); err == nil {
			o.Stands.Remind = p.digest(p.calendar.OnOrAfter(at))
		}
	}
}

// after returns the day that a span of days, working or not, or of months comes to.
func (p *Planner) after(start calendar.Date, s Span) (calendar.Date, error) {
	switch s.Clock {
	case WorkingDays:
		c, err := p.calendar.Add(start, s.N)
		return c.Date, err
	case Months:
		return start.AddMonths(s.N), nil
	}
	return start.AddDays(s.N), nil
}
