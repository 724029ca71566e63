package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"qixian/rules/document"
)

// epoch is the number of days from 0000-12-31 to 1970-01-01, so that 0001-01-01 is day 1 and day 0 is no date.
const epoch = 719163

const secondsPerDay = 24 * 60 * 60

// The Gregorian calendar repeats itself every 400 years.
const daysPer400Years = 146097

// marchFirst is 0000-03-01. Years are reckoned from 1 March here, so that the leap day is a year's last and the months
// before it begin at fixed distances: 153 days make five of them.
const marchFirst = -305

// lastDay is 9999-12-31, the last date that its ten characters can write.
const lastDay = 3652059

// Date is a civil date of the Gregorian calendar, from 0001-01-01 to 9999-12-31. It has no time of day and no zone.
// Dates compare with ==; the zero value is no date. Arithmetic that would leave the range gives the zero value.
type Date struct {
	n int32 // days since 0000-12-31
}

// NewDate returns the date of a year, month and day, which are normalised as time.Date does: 31 April is 1 May.
func NewDate(year int, month time.Month, day int) Date {
	const most = 1_000_000 // no result beyond it would be in range
	if max(year, int(month), day) > most || min(year, int(month), day) < -most {
		return Date{}
	}
	return fromDays(int64(monthBegins(year, month) + day - 1))
}

// monthBegins returns the day number of a month's first day, however far the month is from its year.
func monthBegins(year int, month time.Month) int {
	// since a March: a whole number of 400 years is added, so that nothing is negative
	months := (year+4_000_000)*12 + int(month) - 3
	y, m := months/12, months%12
	return marchFirst + y*365 + y/4 - y/100 + y/400 + (153*m+2)/5 - 4_000_000/400*daysPer400Years
}

// fromDays returns the date of a day number, or no date if it is out of range.
func fromDays(n int64) Date {
	if n < 1 || n > lastDay {
		return Date{}
	}
	return Date{int32(n)}
}

// ParseDate reads a date written YYYY-MM-DD (ISO 8601).
func ParseDate(s string) (Date, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' || strings.Trim(s, "0123456789-") != "" {
		return Date{}, document.Errorf("%q is no date: want YYYY-MM-DD", s)
	}
	y, errYear := strconv.ParseUint(s[:4], 10, 16)
	m, errMonth := strconv.ParseUint(s[5:7], 10, 8)
	d, errDay := strconv.ParseUint(s[8:], 10, 8)
	if errYear != nil || errMonth != nil || errDay != nil {
		return Date{}, document.Errorf("%q is no date: want YYYY-MM-DD", s)
	}
	date := NewDate(int(y), time.Month(m), int(d))
	if date.IsZero() || date.Day() != int(d) || date.Month() != time.Month(m) {
		return Date{}, document.Errorf("%q is no date: the calendar has no such day", s)
	}
	return date, nil
}

// DateOf returns the civil date of an instant in Zone. The zero time has no date.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	return NewDate(t.In(Zone()).Date())
}

// civil takes a date apart, at a fraction of what time.Time takes for it: plans ask for little else.
func (d Date) civil() (int, time.Month, int) {
	if d.IsZero() {
		return 0, 0, 0
	}
	n := uint32(d.n - marchFirst) //nolint:gosec // G115: no date is before it
	cycle, n := n/daysPer400Years, n%daysPer400Years
	year := (n - n/1460 + n/36524 - n/(daysPer400Years-1)) / 365 // less the leap days that have gone by
	n -= 365*year + year/4 - year/100
	m := (5*n + 2) / 153
	day := int(n-(153*m+2)/5) + 1
	if m >= 10 { // January and February
		return int(400*cycle+year) + 1, time.Month(m - 9), day
	}
	return int(400*cycle + year), time.Month(m + 3), day
}

// Year returns the year, or 0 of no date.
func (d Date) Year() int { y, _, _ := d.civil(); return y }

// Month returns the month, or 0 of no date.
func (d Date) Month() time.Month { _, m, _ := d.civil(); return m }

// Day returns the day of the month, from 1, or 0 of no date.
func (d Date) Day() int { _, _, day := d.civil(); return day }

// Weekday returns the day of the week; it means nothing of no date.
func (d Date) Weekday() time.Weekday { return time.Weekday(d.n % 7) } // 0001-01-01 was a Monday

// AddDays returns the date n calendar days later, or earlier if n is negative.
func (d Date) AddDays(n int) Date {
	if d.IsZero() || n > lastDay || n < -lastDay {
		return Date{}
	}
	return fromDays(int64(d.n) + int64(n))
}

// AddMonths returns the same day of the month n months later, or that month's last day if it has no such day
// (民法典 art. 202).
func (d Date) AddMonths(n int) Date {
	if d.IsZero() || n > lastDay || n < -lastDay {
		return Date{}
	}
	y, m, day := d.civil()
	first := NewDate(y, m+time.Month(n), 1)
	if first.IsZero() {
		return Date{}
	}
	return first.AddDays(min(day, daysIn(first)) - 1)
}

// daysIn returns the number of days in the month that begins with first.
func daysIn(first Date) int {
	y, m, _ := first.civil()
	return monthBegins(y, m+1) - int(first.n)
}

// Sub returns the number of calendar days from o to d.
func (d Date) Sub(o Date) int { return int(d.n) - int(o.n) }

// Compare returns -1, 0 or 1 as d is before, the same as or after o.
func (d Date) Compare(o Date) int {
	switch {
	case d.n < o.n:
		return -1
	case d.n > o.n:
		return 1
	default:
		return 0
	}
}

// Before reports whether d is before o.
func (d Date) Before(o Date) bool { return d.n < o.n }

// After reports whether d is after o.
func (d Date) After(o Date) bool { return d.n > o.n }

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d.n == 0 }

// At returns the instant of that day in Zone whose clock shows the time since midnight; 24 hours is the next midnight.
func (d Date) At(sinceMidnight time.Duration) time.Time {
	if !d.Before(steady) {
		midnight := (int64(d.n)-epoch)*secondsPerDay - eightHours
		return time.Unix(midnight, 0).Add(sinceMidnight).In(Zone())
	}
	y, m, day := d.civil()
	s, ns := sinceMidnight/time.Second, sinceMidnight%time.Second
	return time.Date(y, m, day, 0, 0, int(s), int(ns), Zone())
}

// Zone has been eight hours ahead of UTC at every moment since the last summer time ended, in September 1991: from
// steady on, an instant can be had without looking the zone up.
const eightHours = 8 * 60 * 60

var steady = NewDate(1992, time.January, 1)

// String returns YYYY-MM-DD, or nothing of no date.
func (d Date) String() string {
	text, _ := d.MarshalText()
	return string(text)
}

// MarshalText writes YYYY-MM-DD, or nothing of no date. It never fails.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return []byte{}, nil
	}
	y, m, day := d.civil()
	return fmt.Appendf(nil, "%04d-%02d-%02d", y, int(m), day), nil
}

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Chinese returns the date in words, as 2018年9月28日（星期五）, or nothing of no date.
func (d Date) Chinese() string {
	if d.IsZero() {
		return ""
	}
	y, m, day := d.civil()
	return fmt.Sprintf("%d年%d月%d日（星期%s）", y, int(m), day, weekdays[d.Weekday()])
}

// weekdays names the days of the week from Sunday, as time.Weekday counts them.
var weekdays = [...]string{"日", "一", "二", "三", "四", "五", "六"}
