package calendar

import (
	"errors"
	"fmt"
)

// Reckoning is a date that was counted out.
type Reckoning struct {
	Date        Date // as known; where Provisional, as expected: weekends and festivals off
	Earliest    Date // the earliest that Date can become; equal to it unless Provisional
	Provisional bool // 暂定: a day that no notice covers was looked at
}

// MaxCount is the largest number of working days that is counted: about eight years.
const MaxCount = 2000

// slack is how many calendar days a count over Monday to Friday can at most be later than the true date: the worst case
// over every start from 2018 to 2026 and counts of 1 to 60 working days (make-up workdays shorten a count, days off
// lengthen it).
const slack = 4

// The reasons for which nothing can be counted.
var (
	ErrCount          = fmt.Errorf("count is 0, or more than %d either way", MaxCount)
	ErrBeforeCoverage = errors.New("start is before the first day that a loaded notice covers")
	ErrRange          = fmt.Errorf("outside the years %d to %d", firstYear, lastYear)
	ErrTooFew         = errors.New("not that many working days in the period")
)

// Add returns the n-th working day after start, or before it if n is negative. Start itself is not counted (民法典 art.
// 201).
func (c *Calendar) Add(start Date, n int) (Reckoning, error) {
	if n == 0 || n > MaxCount || n < -MaxCount {
		return Reckoning{}, fmt.Errorf("add %d working days to %s: %w", n, start, ErrCount)
	}
	r := c.add(start, n)
	switch {
	case !inRange(start) || r.Date.IsZero():
		return Reckoning{}, fmt.Errorf("add %d working days to %s: %w", n, start, ErrRange)
	case start.Before(c.first):
		return Reckoning{}, fmt.Errorf("add %d working days to %s: %w (%s)", n, start, ErrBeforeCoverage, c.first)
	}
	return r, nil
}

// add counts, and returns no date if the count leaves the bounded range.
func (c *Calendar) add(start Date, n int) Reckoning {
	d := c.expected.add(start, n)
	if n > 0 {
		if !d.After(c.last) && !start.Before(Date{c.first.n - 1}) {
			return Reckoning{Date: d, Earliest: d}
		}
		return Reckoning{d, c.soonest(start, n, d), true}
	}
	if !d.Before(c.first) && !start.After(Date{c.last.n + 1}) {
		return Reckoning{Date: d, Earliest: d}
	}
	// Counting back, make-up workdays can only make the date later; what makes it earlier is days off not yet known.
	earliest := maxDate(c.leanest.add(start, n), rangeFirst)
	return Reckoning{d, minDate(d, earliest), true}
}

// soonest returns the earliest that the n-th working day after start can become when d is expected: Monday to Friday
// less the slack, but after start, and after the covered days, which have already been counted as they are.
func (c *Calendar) soonest(start Date, n int, d Date) Date {
	e := maxDate(c.plain.add(start, n).AddDays(-slack), start.AddDays(1))
	if !c.last.Before(start) && d.After(c.last) {
		e = maxDate(e, c.last.AddDays(1))
	}
	return minDate(e, d)
}

// Nth returns the n-th working day of the days from one to the other, both inclusive; counted from the end if n is
// negative.
func (c *Calendar) Nth(from, to Date, n int) (Reckoning, error) {
	fail := func(err error) (Reckoning, error) {
		return Reckoning{}, fmt.Errorf("find working day %d of %s to %s: %w", n, from, to, err)
	}
	switch {
	case n == 0 || n > MaxCount || n < -MaxCount:
		return fail(ErrCount)
	case !inRange(from) || !inRange(to):
		return fail(ErrRange)
	case n > 0 && from.Before(c.first) || n < 0 && to.Before(c.first):
		return fail(ErrBeforeCoverage)
	}
	start := from.AddDays(-1)
	if n < 0 {
		start = to.AddDays(1)
	}
	r := c.add(start, n)
	if r.Date.IsZero() || r.Date.Before(from) || r.Date.After(to) {
		return fail(ErrTooFew)
	}
	r.Earliest = maxDate(r.Earliest, from)
	return r, nil
}

// Count returns the number of working days after the first date, up to and with the second. If the second is the
// earlier, it is the negative number of those after the second, up to and with the first. Uncovered days count as
// expected; days outside 2000 to 2100 do not count.
func (c *Calendar) Count(after, upto Date) int {
	return c.expected.through(upto) - c.expected.through(after)
}

// OnOrBefore returns the last working day on or before d, as expected.
func (c *Calendar) OnOrBefore(d Date) Date { return c.Roll(d, Preceding, Date{}).Date }

// OnOrAfter returns the first working day on or after d, as expected.
func (c *Calendar) OnOrAfter(d Date) Date { return c.Roll(d, Following, Date{}).Date }
