package calendar

// Roll says what happens to a date that lands on a day off. The empty Roll stands for a rule form's default.
type Roll string

// The rolls. A fixed date is met by the working day before it; a period of calendar days ends on the working day after
// (民法典 art. 203).
const (
	Preceding Roll = "preceding"
	Following Roll = "following"
	None      Roll = "none"
)

// Roll lands d: on the working day on or before it (Preceding), on or after it (Following), or on d itself. The
// opening, unless it is no date, is the first day on which the duty can be done: a Preceding roll that would land
// before it is Following instead, for nothing is due before it can be done.
func (c *Calendar) Roll(d Date, r Roll, opening Date) Reckoning {
	switch r {
	case Preceding:
		back := c.preceding(d)
		if !back.Date.Before(opening) {
			back.Earliest = maxDate(back.Earliest, opening)
			return back
		}
		on := c.following(d)
		if first := maxDate(opening, Date{c.last.n + 1}); on.Provisional && first.Before(on.Earliest) {
			on.Earliest = first // a day between the two may yet be made a workday
		}
		return on
	case Following:
		return c.following(d)
	default:
		return Reckoning{Date: d, Earliest: d}
	}
}

func (c *Calendar) preceding(d Date) Reckoning {
	if !inRange(d) {
		return outside(d, -1)
	}
	if r := c.add(d.AddDays(1), -1); !r.Date.IsZero() {
		return r
	}
	return outside(d, -1)
}

// following lands on or after d. An uncovered weekend day may become a make-up workday, so d itself, if uncovered, is
// the earliest that the date can become.
func (c *Calendar) following(d Date) Reckoning {
	if !inRange(d) {
		return outside(d, 1)
	}
	r := c.add(d.AddDays(-1), 1)
	if r.Date.IsZero() {
		return outside(d, 1)
	}
	return r
}

// outside lands a day that lies beyond the bounded range on the nearest day from Monday to Friday.
func outside(d Date, step int) Reckoning {
	x := d
	for !x.IsZero() && !isWeekday(x) {
		x = x.AddDays(step)
	}
	return Reckoning{x, minDate(x, d), true}
}
