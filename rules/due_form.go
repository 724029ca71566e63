package rules

import (
	"slices"

	"qixian/rules/calendar"
)

// longestBreak is more calendar days than any run of days off has had (ten, in 2020): landing moves no date further.
const longestBreak = 14

// members returns what a rule chooses from, and whether it keeps the later; nil for a rule that stands by itself.
func (r *Rule) members() (members []Rule, later bool) {
	if len(r.LaterOf) > 0 {
		return r.LaterOf, true
	}
	return r.EarlierOf, false
}

// length returns the period that one occurrence of a rule is for: the longest where members differ, and none for an
// event's rule.
func (r *Rule) length() PeriodLength {
	switch {
	case r.Every != "":
		return r.Every
	case r.By != (MonthDay{}):
		return Year
	}
	var longest PeriodLength
	members, _ := r.members()
	for i := range members {
		if l := members[i].length(); rank[l] > rank[longest] {
			longest = l
		}
	}
	return longest
}

// rank orders the period lengths.
var rank = map[PeriodLength]int{Week: 1, Month: 2, Quarter: 3, Half: 4, Year: 5}

// trigger returns what starts or ends the rule's clock; empty for a rule that the calendar alone drives.
func (r *Rule) trigger() string {
	switch {
	case r.After != "":
		return r.After
	case r.Before != "":
		return r.Before
	case !r.Interval.IsZero():
		return DoneTrigger + r.ID
	}
	members, _ := r.members()
	for i := range members {
		if t := members[i].trigger(); t != "" {
			return t
		}
	}
	return ""
}

// fixed reports whether a fixed date is the rule's, or one of those it chooses from.
func (r *Rule) fixed() bool {
	members, _ := r.members()
	for i := range members {
		if members[i].fixed() {
			return true
		}
	}
	return r.By != (MonthDay{})
}

// precedes reports whether the rule must be met before its event.
func (r *Rule) precedes() bool {
	members, _ := r.members()
	for i := range members {
		if members[i].precedes() {
			return true
		}
	}
	return r.Before != ""
}

// span returns how far from its event an event's rule falls due.
func (r *Rule) span() Span {
	switch {
	case r.Before != "":
		return r.Ahead
	case !r.Interval.IsZero():
		return r.Interval
	case !r.OnShow.IsZero():
		return r.OnShow
	default:
		return r.Within
	}
}

// ofTable reports whether the rule holds only in the years of the table.
func (r *Rule) ofTable() bool {
	members, _ := r.members()
	for i := range members {
		if members[i].ofTable() {
			return true
		}
	}
	return r.Years == TableYears
}

// inYear reports whether the rule makes an occurrence in a year, as far as its own text says.
func (r *Rule) inYear(year int) bool {
	members, _ := r.members()
	for i := range members {
		if !members[i].inYear(year) {
			return false
		}
	}
	return r.By.Year == 0 || r.By.Year == year
}

// inSeason reports whether a period begins in one of the months that the rule names.
func (r *Rule) inSeason(pd period) bool {
	return len(r.Months) == 0 || slices.Contains(r.Months, int(pd.first.Month()))
}

// validOn reports whether a due date lies in the rule's validity.
func (r *Rule) validOn(due calendar.Date) bool {
	return !due.Before(r.From) && (r.Until.IsZero() || !due.After(r.Until))
}

// reach returns bounds, both inclusive, of the day that the rule names in a period, before it is landed on a working
// day.
func (r *Rule) reach(pd period) (from, to calendar.Date) {
	if members, _ := r.members(); members != nil {
		for i := range members {
			a, b := members[i].reach(periodOf(members[i].length(), pd.last))
			if i == 0 || a.Before(from) {
				from = a
			}
			if i == 0 || b.After(to) {
				to = b
			}
		}
		return from, to
	}
	if r.By != (MonthDay{}) {
		day := monthsFrom(Month, pd.year(), r.By.Month, 1).day(r.By.Day)
		return day, day
	}
	switch after := r.Due.AfterEnd; after.Clock {
	// five of seven days are worked, and holidays take fewer than two weeks of any year more than they give back
	case WorkingDays:
		return pd.last.AddDays(after.N), pd.last.AddDays(after.N*3/2 + longestBreak)
	case CalendarDays:
		return pd.last.AddDays(after.N), pd.last.AddDays(after.N)
	case Months:
		return pd.last.AddMonths(after.N), pd.last.AddMonths(after.N)
	}
	if r.Due.Following {
		pd = pd.next()
	}
	base := r.Due.base(pd)
	return base.first, base.last
}

// base returns the stretch of pd, the rule's period or the one following it, of which d names a day: pd or a month of
// it.
func (d PeriodDay) base(pd period) period {
	if d.Month > 0 {
		pd = pd.month(d.Month)
	}
	return pd
}
