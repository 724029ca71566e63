package calendar

import (
	"time"
)

// DayKind says why a day is worked or not.
type DayKind string

// The kinds of day.
const (
	KindWorkday DayKind = "workday" // 工作日
	KindWeekend DayKind = "weekend" // 周末
	KindHoliday DayKind = "holiday" // 放假: in a notice's break, weekend days included, or a festival by law
	KindMakeup  DayKind = "makeup"  // 调休上班: a weekend day that is worked
)

// Day is what is known of one day.
type Day struct {
	Date    Date
	Working bool
	Known   bool // false where no loaded notice fixes the day: Working is then what is expected
	Kind    DayKind
	Name    string // of the holiday: 春节
	Notice  string // the notice that names the day, or the law where only the law does; empty for any other day
}

// Day returns what is known of the day.
func (c *Calendar) Day(d Date) Day {
	if day, ok := c.listed[d]; ok {
		return day
	}
	day := Day{Date: d, Known: c.Known(d), Kind: KindWeekend}
	if name, ok := c.festivals[d]; ok {
		day.Kind, day.Name, day.Notice = KindHoliday, name, c.basis
	} else if isWeekday(d) {
		day.Kind, day.Working = KindWorkday, true
	}
	return day
}

// IsWorkday reports whether the day is worked, or expected to be where no notice covers it. No date is never worked.
func (c *Calendar) IsWorkday(d Date) bool {
	if day, ok := c.listed[d]; ok {
		return day.Working
	}
	_, off := c.festivals[d]
	return !off && isWeekday(d)
}

func isWeekday(d Date) bool {
	w := d.Weekday()
	return !d.IsZero() && w != time.Saturday && w != time.Sunday
}

// Walk returns the days from one to the other, both inclusive and in order, as far as they lie in the years 2000 to
// 2100.
func (c *Calendar) Walk(from, to Date) []Day {
	from, to = maxDate(from, rangeFirst), minDate(to, rangeLast)
	if to.Before(from) {
		return nil
	}
	days := make([]Day, 0, to.Sub(from)+1)
	for d := from; !d.After(to); d = d.AddDays(1) {
		days = append(days, c.Day(d))
	}
	return days
}

func minDate(a, b Date) Date {
	if b.Before(a) {
		return b
	}
	return a
}

func maxDate(a, b Date) Date {
	if b.After(a) {
		return b
	}
	return a
}

// Chinese says in zh-CN what the day is, as explanations put it: 工作日, 周末, 春节放假, 春节调休上班. A festival known from the law
// alone is said to be one.
func (d Day) Chinese() string {
	switch {
	case d.Kind == KindMakeup:
		return d.Name + "调休上班"
	case d.Kind == KindHoliday && !d.Known:
		return d.Name + "（法定节日）"
	case d.Kind == KindHoliday:
		return d.Name + "放假"
	case d.Kind == KindWeekend:
		return "周末"
	default:
		return "工作日"
	}
}
