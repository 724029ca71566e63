package calendar

import (
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
	upto []int32 // for each day of the range: the working days up to and with it
	days []Date  // the working days in order
}

// newTally asks cal about each day of the bounded range. cal passes a caller's zone through, so each day is asked at noon.
func newTally(working func(Date) bool) tally {
	c := cal.NewBusinessCalendar()
	if working != nil {
		c.WorkdayFunc = func(t time.Time) bool { return working(DateOf(t)) }
	}
	t := tally{upto: make([]int32, 0, rangeLast.Sub(rangeFirst)+1)}
	for d := rangeFirst; !d.After(rangeLast); d = d.AddDays(1) {
		if c.IsWorkday(d.At(12 * time.Hour)) {
			t.days = append(t.days, d)
		}
		t.upto = append(t.upto, int32(len(t.days))) //nolint:gosec // G115: the days of a few centuries
	}
	return t
}

// through returns the number of working days from the range's first day to d, both counted. Any date is fine.
func (t *tally) through(d Date) int {
	switch i := int(d.n - rangeFirst.n); {
	case i < 0:
		return 0
	case i >= len(t.upto):
		return len(t.days)
	default:
		return int(t.upto[i])
	}
}

// add returns the n-th working day after start, or before it if n is negative; no date if that leaves the range.
func (t *tally) add(start Date, n int) Date {
	k := t.through(start) + n - 1
	if n < 0 {
		k = t.through(Date{start.n - 1}) + n
	}
	if uint(k) >= uint(len(t.days)) {
		return Date{}
	}
	return t.days[k]
}
