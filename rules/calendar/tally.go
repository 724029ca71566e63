package calendar

import (
	"sync"
	"time"

	"github.com/rickar/cal/v2"
)

// The bounded range: no count leaves it, so that every count ends.
const (
	firstYear = 2000
	lastYear  = 2100
)

var (
	rangeFirst = NewDate(firstYear, time.January, 1)
	rangeLast  = NewDate(lastYear, time.December, 31)
)

func inRange(d Date) bool { return !d.Before(rangeFirst) && !d.After(rangeLast) }

// tally holds the working days of the bounded range, counted once, so that any later count is two look-ups.
type tally struct {
	before []int32 // for each day of the range, and the one after it: the working days before it
	days   []Date  // the working days in order
}

// newTally asks cal about each day of the bounded range, in order; working is never asked twice. cal is told of no
// holidays, so the time it is handed means nothing but a day of the week.
func newTally(working func(Date) bool) tally {
	d := rangeFirst
	c := cal.NewBusinessCalendar()
	if working != nil {
		c.WorkdayFunc = func(time.Time) bool { return working(d) }
	}
	n := rangeLast.Sub(rangeFirst) + 1
	t := tally{before: make([]int32, 1, n+1), days: make([]Date, 0, n*5/7+1)}
	noon := time.Date(firstYear, time.January, 1, 12, 0, 0, 0, time.UTC)
	for ; !d.After(rangeLast); noon = noon.Add(24 * time.Hour) {
		if c.IsWorkday(noon) {
			t.days = append(t.days, d)
		}
		t.before = append(t.before, int32(len(t.days))) //nolint:gosec // G115: the days of a few centuries
		d = Date{d.n + 1}
	}
	return t
}

// plainDays is Monday to Friday, which are cal's own working days: the same in every calendar.
var plainDays = sync.OnceValue(func() tally { return newTally(nil) })

// until returns the number of working days from the range's first day to the day before d. Any date is fine.
func (t *tally) until(d Date) int {
	return int(t.before[min(max(int(d.n-rangeFirst.n), 0), len(t.before)-1)])
}

// through is until with d itself counted.
func (t *tally) through(d Date) int { return t.until(Date{d.n + 1}) }

// has reports whether a day of the range is worked.
func (t *tally) has(d Date) bool { return t.through(d) > t.until(d) }

// add returns the n-th working day after start, or before it if n is negative; no date if that leaves the range.
func (t *tally) add(start Date, n int) Date {
	var own int32 // counting on, start's own day is passed over
	if n > 0 {
		own = 1
	}
	k := t.until(Date{start.n + own}) + n - int(own)
	if uint(k) >= uint(len(t.days)) {
		return Date{}
	}
	return t.days[k]
}
