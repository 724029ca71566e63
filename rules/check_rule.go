package rules

import (
	"slices"
	"time"

	"qixian/rules/calendar"
	"qixian/rules/document"
)

// belongs says which of the keys beside a rule's forms need which form, and what to write.
var belongs = []struct {
	key   string
	forms []string
}{
	{"due", []string{"every"}},
	{"at_least", []string{"every"}},
	{"months", []string{"every"}},
	{"years", []string{"by", "every", "later_of", "earlier_of"}},
	{"within", []string{"after"}},
	{"on_show", []string{"after"}},
	{"ahead", []string{"before"}},
	{"since", []string{"interval"}},
	{"pause", []string{"within"}},
}

// rule checks that the keys of one rule go together.
func (k *checker) rule(d *draft, r *Rule, path string) {
	if !k.form(d, path, ruleForms) {
		return
	}
	k.companions(d, path)
	k.periodDay(d, r, path)
	k.months(d, r, path)
	k.span(d, r, path)
	k.members(d, r, path)
	k.cap(d, r, path)
	k.pauses(d, r, path)
	if has(d, path, "years") && r.By.Year != 0 {
		k.report(
			d.places,
			path+".years",
			"by names the year %d itself; leave years out, or write by: \"%02d-%02d\"",
			r.By.Year,
			r.By.Month,
			r.By.Day,
		)
	}
	if !r.From.IsZero() && !r.Until.IsZero() && r.Until.Before(r.From) {
		k.report(
			d.places,
			path+".until",
			"until %s lies before from %s: the rule would never be valid",
			r.Until,
			r.From,
		)
	}
	if once := r.By; once.Year != 0 && !r.validOn(calendar.NewDate(once.Year, time.Month(once.Month), once.Day)) {
		k.report(d.places, path+".by", "%s lies outside the rule's own from and until: it would never fall due", once)
	}
	k.stages(d, r, path)
}

func has(d *draft, path, key string) bool { return d.places.has(path + "." + key) }

// form checks that a rule has exactly one form.
func (k *checker) form(d *draft, path string, forms []string) bool {
	var given []string
	for _, f := range forms {
		if has(d, path, f) {
			given = append(given, f)
		}
	}
	switch len(given) {
	case 1:
		return true
	case 0:
		k.report(d.places, path, "the rule has no form; want one of %s", document.Join(forms, ", "))
	default:
		k.report(
			d.places,
			path+"."+given[1],
			"%s are %d forms in one rule; keep one, or write named rules under rules:",
			document.Join(given, " and "),
			len(given),
		)
	}
	return false
}

// companions checks the keys that need a form, or one another.
func (k *checker) companions(d *draft, path string) {
	for _, b := range belongs {
		if has(d, path, b.key) && !slices.ContainsFunc(b.forms, func(f string) bool { return has(d, path, f) }) {
			k.report(d.places, path+"."+b.key, "%s needs %s in the same rule", b.key, document.Join(b.forms, " or "))
		}
	}
	within, onShow := has(d, path, "within"), has(d, path, "on_show")
	switch {
	case has(d, path, "after") && within && onShow:
		k.report(d.places, path+".on_show", "within and on_show are two deadlines; write two named rules under rules:")
	case has(d, path, "after") && !within && !onShow:
		k.report(d.places, path+".after", "after needs within, such as within: 20wd, or on_show, such as on_show: 10d")
	case has(d, path, "interval") && !has(d, path, "since"):
		k.report(
			d.places,
			path+".interval",
			"interval needs since: the date of the first publication, which starts the first interval",
		)
	}
}

// periodLimits are the most days, working days and months that a period can have. Working days are bounded by the
// longest runs that make-up workdays have made, a little generously.
var periodLimits = map[PeriodLength]struct{ days, workdays, months int }{
	Week:    {7, 7, 0},
	Month:   {31, 25, 1},
	Quarter: {92, 70, 3},
	Half:    {184, 135, 6},
	Year:    {366, 262, 12},
}

// periodDay checks that due names a day that its period can have.
func (k *checker) periodDay(d *draft, r *Rule, path string) {
	path += ".due"
	if r.Every == "" || !d.places.has(path) {
		return
	}
	var given []string
	for _, key := range []string{"day", "workday", "weekday", "after_end"} {
		if has(d, path, key) {
			given = append(given, key)
		}
	}
	if len(given) > 1 {
		k.report(d.places, path+"."+given[1], "%s name two days; keep one", document.Join(given, " and "))
		return
	}
	k.dayFits(d, r, path)
	switch {
	case r.Due.Weekday > 0 && r.Every != Week:
		k.report(d.places, path+".weekday", "weekday needs every: week")
	case r.Due.AfterEnd.Clock == Hours:
		k.report(
			d.places,
			path+".after_end",
			"%s counts hours, but a period ends with a day; write days (15d) or working days (5wd)",
			r.Due.AfterEnd,
		)
	case !r.Due.AfterEnd.IsZero() && r.Due.Following:
		k.report(d.places, path+".following", "after_end counts from the period's end already; leave following out")
	}
}

// months checks that each of the rule's months is one in which a period of its length begins.
func (k *checker) months(d *draft, r *Rule, path string) {
	if len(r.Months) == 0 || r.Every == "" {
		return
	}
	if r.Every == Week {
		k.report(
			d.places,
			path+".months",
			"months needs every: month, quarter, half or year; a week may lie in two months",
		)
		return
	}
	for _, m := range r.Months {
		if (m-1)%periodLimits[r.Every].months != 0 {
			k.report(d.places, path+".months", "no %s begins in month %d", r.Every, m)
		}
	}
}

// dayFits checks the month, day and working day of due against the period's length.
func (k *checker) dayFits(d *draft, r *Rule, path string) {
	due, limits := r.Due, periodLimits[r.Every]
	days, workdays, of := limits.days, limits.workdays, document.Say("a %s", r.Every)
	if due.Month > 0 {
		switch {
		case limits.months < 2:
			k.report(
				d.places,
				path+".month",
				"month needs every: quarter, half or year; a %s has no months to choose from",
				r.Every,
			)
			return
		case due.Month > limits.months:
			k.report(d.places, path+".month", "a %s has no month %d; want 1 to %d", r.Every, due.Month, limits.months)
			return
		case due.Day == 0 && due.Workday == 0:
			k.report(
				d.places,
				path+".month",
				"month needs day or workday; for the month's last working day write workday: -1",
			)
			return
		}
		days, workdays = longestMonth(r.Every, due.Month), periodLimits[Month].workdays
		of = document.Say("month %d of a %s", due.Month, r.Every)
	}
	if due.Day > days || due.Day < -days {
		k.report(
			d.places,
			path+".day",
			"%s has no day %d; want 1 to %d, or -1 to -%d from its end",
			of,
			due.Day,
			days,
			days,
		)
	}
	if due.Workday > workdays || due.Workday < -workdays {
		k.report(
			d.places,
			path+".workday",
			"%s has no working day %d; want 1 to %d, or -1 to -%d from its end",
			of,
			due.Workday,
			workdays,
			workdays,
		)
	}
}

// longestMonth returns how many days the n-th month of a period can have: the second month of a quarter may be February
// or May.
func longestMonth(length PeriodLength, n int) int {
	longest := 0
	for month := n; month <= 12; month += periodLimits[length].months {
		longest = max(longest, monthDays(month))
	}
	return longest
}

// span checks the clocks of spans and the roll that goes with them.
func (k *checker) span(d *draft, r *Rule, path string) {
	for _, s := range []struct {
		key  string
		span Span
	}{{"on_show", r.OnShow}, {"interval", r.Interval}} {
		if s.span.Clock == Hours {
			k.report(
				d.places,
				path+"."+s.key,
				"%s of %s: it ends with a day, so write days (10d) or working days (7wd)",
				s.key,
				s.span,
			)
		}
	}
	if r.hourly() && r.Roll != "" {
		k.report(
			d.places,
			path+".roll",
			"roll has no place in an hour rule (%s): hours run by the clock, days off included",
			r.span(),
		)
	}
}

// hourly reports whether the rule counts by the clock.
func (r *Rule) hourly() bool { return r.Within.Clock == Hours || r.Ahead.Clock == Hours }
