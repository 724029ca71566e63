package rules

import (
	"errors"
	"fmt"
	"time"

	"qixian/rules/calendar"
)

// reckoned is a due date together with how it was come by, for an explanation to tell.
type reckoned struct {
	due     Due
	rule    *Rule         // what fixed the date: the rule itself, or the member chosen by its LaterOf or EarlierOf
	start   calendar.Date // the day from which was counted, itself not counted; zero where nothing was counted
	count   int           // working days counted from start, backwards if negative; 0 where none were
	among   period        // the days of which a working day was to be picked; zero where none was
	nth     int           // which working day of among, from its end if negative; 0 where it has none
	nominal calendar.Date // the day before it was landed on a working day; zero where there was none to land
	opening calendar.Date // the day before which nominal was not landed; zero where there was no such bound
	choice  []reckoned    // what a LaterOf or EarlierOf chose from
	halts   []halt        // the days of the count on which the clock stood; they are not counted
	from    *Event        // with a clock that can be stopped: what is counted from
}

// roll returns what happens to the rule's date on a day off; by default a fixed date or a period's day is met before
// it, a count of calendar days or months ends after it (民法典 art. 203).
func (r *Rule) roll() calendar.Roll {
	switch {
	case r.Roll != "":
		return r.Roll
	case r.After != "" || !r.Interval.IsZero() || !r.Due.AfterEnd.IsZero():
		return calendar.Following
	default:
		return calendar.Preceding
	}
}

// inPeriod reckons when a periodic rule or a fixed date falls due for one of its periods.
func (p *Planner) inPeriod(r *Rule, pd period) (reckoned, error) {
	if members, later := r.members(); members != nil {
		return p.choose(r, later, func(m *Rule) (reckoned, error) {
			// A member with shorter periods counts with the one at the end of the longest.
			return p.inPeriod(m, periodOf(m.length(), pd.last))
		})
	}
	if r.By != (MonthDay{}) {
		// No anchor: what must be out by 1 January must be out on the last working day of December.
		return p.land(r, monthsFrom(Month, pd.year(), r.By.Month, 1).day(r.By.Day), calendar.Date{}), nil
	}
	d := r.Due
	if !d.AfterEnd.IsZero() {
		return p.counted(r, pd.last, d.AfterEnd, calendar.Date{})
	}
	if d.Following {
		pd = pd.next()
	}
	base := d.base(pd)
	switch {
	case d.Weekday > 0:
		return p.land(r, base.first.AddDays(d.Weekday-1), pd.first), nil
	case d.Day != 0:
		return p.land(r, base.day(d.Day), pd.first), nil
	case d.Workday != 0:
		return p.pick(r, base, d.Workday)
	default:
		return p.pick(r, base, -1)
	}
}

// onEvent reckons when a rule that e has started falls due.
func (p *Planner) onEvent(r *Rule, e *Event) (reckoned, error) {
	day := calendar.DateOf(e.At)
	if members, later := r.members(); members != nil {
		return p.choose(r, later, func(m *Rule) (reckoned, error) {
			if m.trigger() != "" {
				return p.onEvent(m, e)
			}
			return p.beside(m, day, r.precedes())
		})
	}
	span := r.span()
	if span.Clock == Hours {
		elapsed := time.Duration(span.N) * time.Hour
		if r.Before != "" {
			elapsed = -elapsed
		}
		instant := e.At.Add(elapsed).In(calendar.Zone())
		date := calendar.DateOf(instant)
		return reckoned{due: Due{Date: date, Instant: instant, Earliest: date}, rule: r}, nil
	}
	if r.Before != "" {
		return p.ahead(r, day, span)
	}
	if len(r.Pause) > 0 && len(e.Clock) > 0 {
		return p.onClock(r, p.clockOf(r, e))
	}
	return p.counted(r, day, span, day.AddDays(1))
}

// beside reckons a fixed date or a period's day that an event's deadline is compared with: that of the event's own
// period, or, where the clock begins with the event, the first one after it.
func (p *Planner) beside(r *Rule, day calendar.Date, precedes bool) (reckoned, error) {
	pd := periodOf(r.length(), day)
	got, err := p.inPeriod(r, pd)
	if err == nil && !precedes && !got.due.Date.After(day) {
		return p.inPeriod(r, pd.next())
	}
	return got, err
}

// counted reckons the end of a span of days or months. The day from which it is counted is not counted itself (民法典 art.
// 201). What an event starts opens with the day after it, and nothing can be due before, whatever its roll.
func (p *Planner) counted(r *Rule, start calendar.Date, span Span, opening calendar.Date) (reckoned, error) {
	got := reckoned{rule: r, start: start, opening: opening}
	switch span.Clock {
	case WorkingDays:
		c, err := p.calendar.Add(start, span.N)
		if err != nil {
			return reckoned{}, err
		}
		got.due, got.count = dueOn(c), span.N
		return got, nil
	case CalendarDays:
		got.nominal = start.AddDays(span.N)
	case Months:
		got.nominal = start.AddMonths(span.N)
	default:
		return reckoned{}, fmt.Errorf("%s cannot be counted from a date", span)
	}
	got.due = dueOn(p.calendar.Roll(got.nominal, r.roll(), opening))
	return got, nil
}

// ahead reckons the last day on which something that must come before day is in time.
func (p *Planner) ahead(r *Rule, day calendar.Date, span Span) (reckoned, error) {
	got := reckoned{rule: r, start: day}
	switch span.Clock {
	case CalendarDays:
		got.nominal = day.AddDays(-span.N)
	case Months:
		got.nominal = day.AddMonths(-span.N)
	default:
		got.count = -max(span.N, 1)
		c, err := p.calendar.Add(day, got.count)
		if err != nil {
			return reckoned{}, err
		}
		got.due = dueOn(c)
		return got, nil
	}
	got.due = dueOn(p.calendar.Roll(got.nominal, r.roll(), calendar.Date{}))
	return got, nil
}

// land lands a day that a rule names, by default not before the duty's opening. A roll that somebody has written down
// is obeyed wherever it leads.
func (p *Planner) land(r *Rule, nominal, opening calendar.Date) reckoned {
	if r.Roll != "" {
		opening = calendar.Date{}
	}
	return reckoned{
		rule:    r,
		nominal: nominal,
		opening: opening,
		due:     dueOn(p.calendar.Roll(nominal, r.roll(), opening)),
	}
}

// pick reckons the n-th working day of a period, or the nearest to it where the period has fewer. A week of nothing but
// days off falls due on the first working day after it.
func (p *Planner) pick(r *Rule, among period, n int) (reckoned, error) {
	last := -1
	if n < 0 {
		last = 1
	}
	for _, n := range []int{n, last} {
		c, err := p.calendar.Nth(among.first, among.last, n)
		if err == nil {
			got := reckoned{rule: r, among: among, nth: n, due: dueOn(c)}
			if c.Provisional {
				got.due.Earliest, err = p.leanest(r, among, c.Earliest)
			}
			return got, err
		}
		if !errors.Is(err, calendar.ErrTooFew) {
			return reckoned{}, err
		}
	}
	got := p.land(r, among.last, among.first)
	got.among = among
	return got, nil
}

// leanest returns the earliest that a picked working day can become, given what it is as long as the period has as
// many: a notice may yet leave it fewer, or, of a week, none.
func (p *Planner) leanest(r *Rule, among period, earliest calendar.Date) (calendar.Date, error) {
	last, err := p.calendar.Nth(among.first, among.last, -1)
	if err == nil && last.Earliest.Before(earliest) {
		earliest = last.Earliest
	}
	if r.Roll != "" {
		if none := p.land(r, among.last, among.first).due.Earliest; none.Before(earliest) {
			earliest = none
		}
	}
	return earliest, err
}

// choose reckons every member of r and keeps the latest or the earliest.
func (p *Planner) choose(r *Rule, later bool, reckon func(*Rule) (reckoned, error)) (reckoned, error) {
	members, _ := r.members()
	var best reckoned
	choice := make([]reckoned, 0, len(members))
	uncertain := false
	earliest := calendar.Date{}
	for i := range members {
		m := &members[i]
		if m.Roll == "" && r.Roll != "" {
			rolled := *m
			rolled.Roll = r.Roll
			m = &rolled
		}
		got, err := reckon(m)
		if err != nil {
			return reckoned{}, err
		}
		choice = append(choice, got)
		if i == 0 || (got.due.Date != best.due.Date && got.due.Date.After(best.due.Date) == later) {
			best = got
		}
		if i == 0 || (got.due.Earliest != earliest && got.due.Earliest.After(earliest) == later) {
			earliest = got.due.Earliest
		}
		uncertain = uncertain || got.due.Provisional
	}
	// With one uncertain member the latest is uncertain, whichever it seems to be; the earliest is only if that member
	// can become it.
	if uncertain && (later || best.due.Provisional || earliest.Before(best.due.Date)) {
		best.due.Provisional, best.due.Earliest = true, earliest
	}
	best.choice = choice
	return best, nil
}

func dueOn(c calendar.Reckoning) Due {
	return Due{Date: c.Date, Earliest: c.Earliest, Provisional: c.Provisional}
}
