package rules_test

import (
	"fmt"
	"testing"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// spelling is one way to write that something is due by a day.
type spelling struct {
	rule    rules.Rule
	period  string
	opening calendar.Date // from when on it can be done; zero: from long before
}

// counted reports whether a working day is picked instead of a day being named.
func (s spelling) counted() bool {
	d := s.rule.Due
	d.Following, d.Month = false, 0
	return s.rule.Every != "" && (d.Workday != 0 || d == rules.PeriodDay{})
}

// TestSpellings spells every day of 2018 (from the third: before the first nothing is known) to 2026, and every working
// day counted from a period's end, in every way that there is. Whatever the spelling, the day lands where a walk from
// day to day leads: back to the last working day, and not before the duty opens; with none since, on; and as a roll
// says that is written down. So one duty has one date.
func TestSpellings(t *testing.T) {
	cal := loadCalendar(t)
	for day := calendar.NewDate(2018, time.January, 3); day.Year() < 2027; day = day.AddDays(1) {
		for _, s := range spellingsOf(day) {
			want := walked(cal, day, calendar.Preceding, s.opening)
			if got := dueOf(t, cal, s.rule, s.period); got != want {
				t.Errorf("%s@%s (%s) is due on %s, want %s", s.rule, s.period, day, got, want)
			}
		}
		for _, roll := range []calendar.Roll{calendar.Preceding, calendar.Following, calendar.None} {
			if cal.IsWorkday(day) { // it lands on itself: there is nothing for a roll to do
				break
			}
			want := walked(cal, day, roll, calendar.Date{})
			for _, s := range append(spellingsOf(day), countsTo(day)...) {
				if s.counted() { // what is picked is a working day: there is nothing to land
					continue
				}
				s.rule.Roll = roll
				if got := dueOf(t, cal, s.rule, s.period); got != want {
					t.Errorf("%s@%s (%s) is due on %s, want %s", s.rule, s.period, day, got, want)
				}
			}
		}
		for _, s := range countsTo(day) {
			want := walked(cal, day, calendar.Following, calendar.Date{})
			if got := dueOf(t, cal, s.rule, s.period); got != want {
				t.Errorf("%s@%s (%s) is due on %s, want %s", s.rule, s.period, day, got, want)
			}
		}
	}
}

// walked lands a day by walking.
func walked(cal *calendar.Calendar, day calendar.Date, roll calendar.Roll, opening calendar.Date) calendar.Date {
	d := day
	switch roll {
	case calendar.None:
		return d
	case calendar.Preceding:
		for !cal.IsWorkday(d) && !d.Before(opening) {
			d = d.AddDays(-1)
		}
		if !d.Before(opening) {
			return d
		}
		d = day
	}
	for !cal.IsWorkday(d) {
		d = d.AddDays(1)
	}
	return d
}

// dueOf returns when a rule falls due for a period.
func dueOf(t *testing.T, cal *calendar.Calendar, r rules.Rule, period string) calendar.Date {
	t.Helper()
	r.ID = "x"
	c := &rules.Catalogue{Obligations: []*rules.Obligation{{ID: "x", Rules: []rules.Rule{r}}}}
	o, err := rules.NewPlanner(c, cal, rules.Options{}).Find("x@"+period, nil)
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	return o.Due.Date
}

// stretch is a period of the calendar: its key, the one before it, and its first and last day.
type stretch struct {
	length      rules.PeriodLength
	key, before string
	first, last calendar.Date
}

func stretchesOf(day calendar.Date) []stretch {
	monday := day.AddDays(-(int(day.Weekday()) + 6) % 7)
	week := func(d calendar.Date) string {
		y, w := d.At(0).ISOWeek()
		return fmt.Sprintf("%04d-W%02d", y, w)
	}
	all := []stretch{{rules.Week, week(monday), week(monday.AddDays(-7)), monday, monday.AddDays(6)}}
	for _, l := range []struct {
		length rules.PeriodLength
		months int
		layout string
	}{{rules.Month, 1, "%d-%02d"}, {rules.Quarter, 3, "%d-Q%d"}, {rules.Half, 6, "%d-H%d"}, {rules.Year, 12, "%d"}} {
		n := (int(day.Month()) - 1) / l.months
		first := calendar.NewDate(day.Year(), time.Month(n*l.months+1), 1)
		key := func(d calendar.Date) string {
			if l.months == 12 {
				return fmt.Sprintf(l.layout, d.Year())
			}
			return fmt.Sprintf(l.layout, d.Year(), (int(d.Month())-1)/l.months+1)
		}
		all = append(
			all,
			stretch{
				l.length,
				key(first),
				key(first.AddMonths(-l.months)),
				first,
				first.AddMonths(l.months).AddDays(-1),
			},
		)
	}
	return all
}

// spellingsOf returns every way to name a day.
func spellingsOf(day calendar.Date) []spelling {
	by := rules.MonthDay{Month: int(day.Month()), Day: day.Day()}
	once := by
	once.Year = day.Year()
	all := []spelling{
		{rule: rules.Rule{By: by}, period: fmt.Sprint(day.Year())},
		{rule: rules.Rule{By: once}, period: fmt.Sprint(day.Year())},
	}
	for _, s := range stretchesOf(day) {
		var days []rules.PeriodDay
		days = append(days, rules.PeriodDay{Day: day.Sub(s.first) + 1}, rules.PeriodDay{Day: day.Sub(s.last) - 1})
		if day == s.last {
			days = append(days, rules.PeriodDay{Workday: -1}, rules.PeriodDay{})
		}
		switch s.length {
		case rules.Week:
			days = append(days, rules.PeriodDay{Weekday: day.Sub(s.first) + 1})
		case rules.Quarter, rules.Half, rules.Year:
			month := (day.Year()-s.first.Year())*12 + int(day.Month()-s.first.Month()) + 1
			last := calendar.NewDate(day.Year(), day.Month()+1, 1).AddDays(-1)
			days = append(
				days,
				rules.PeriodDay{Month: month, Day: day.Day()},
				rules.PeriodDay{Month: month, Day: day.Sub(last) - 1},
			)
			if day == last { // no month is without a working day
				days = append(days, rules.PeriodDay{Month: month, Workday: -1}, rules.PeriodDay{Month: month, Day: 31})
			}
		}
		for _, d := range days {
			all = append(all, spelling{rules.Rule{Every: s.length, Due: d}, s.key, s.first})
			d.Following = true
			all = append(all, spelling{rules.Rule{Every: s.length, Due: d}, s.before, s.first})
		}
	}
	return all
}

// countsTo returns every way to come to a day by counting from a period's end.
func countsTo(day calendar.Date) []spelling {
	var all []spelling
	for _, s := range stretchesOf(day) {
		n := day.Sub(s.first) + 1
		all = append(
			all,
			spelling{
				rule: rules.Rule{
					Every: s.length,
					Due:   rules.PeriodDay{AfterEnd: rules.Span{N: n, Clock: rules.CalendarDays}},
				},
				period: s.before,
			},
		)
	}
	return all
}

// TestWorkdaySpellings spells every working day of every month, counted from either end, in every way that there is: as
// a month's, as a month's of a longer period, of this period or of the one following, and as so many working days after
// a period's end.
func TestWorkdaySpellings(t *testing.T) {
	cal := loadCalendar(t)
	for first := calendar.NewDate(2018, time.February, 1); first.Year() < 2027; first = first.AddMonths(1) {
		last := first.AddMonths(1).AddDays(-1)
		if _, known := cal.Coverage(); last.After(known) {
			break
		}
		var worked []calendar.Date
		for d := first; !d.After(last); d = d.AddDays(1) {
			if cal.IsWorkday(d) {
				worked = append(worked, d)
			}
		}
		for n := -25; n <= 25; n++ {
			if n == 0 {
				continue
			}
			at := min(n, len(worked)) - 1 // the nearest, where the month has fewer
			if n < 0 {
				at = max(len(worked)+n, 0)
			}
			var spellings []spelling
			for _, s := range stretchesOf(first)[1:] {
				due := rules.PeriodDay{Workday: n}
				if s.length != rules.Month {
					due.Month = (first.Year()-s.first.Year())*12 + int(first.Month()-s.first.Month()) + 1
				}
				spellings = append(spellings, spelling{rule: rules.Rule{Every: s.length, Due: due}, period: s.key})
				due.Following = true
				spellings = append(spellings, spelling{rule: rules.Rule{Every: s.length, Due: due}, period: s.before})
				if s.first == first && n > 0 && n <= len(worked) {
					after := rules.PeriodDay{AfterEnd: rules.Span{N: n, Clock: rules.WorkingDays}}
					spellings = append(
						spellings,
						spelling{rule: rules.Rule{Every: s.length, Due: after}, period: s.before},
					)
				}
			}
			for _, s := range spellings {
				if got := dueOf(t, cal, s.rule, s.period); got != worked[at] {
					t.Errorf("%s@%s is due on %s, want %s", s.rule, s.period, got, worked[at])
				}
			}
		}
	}
}
