package rules

import (
	"fmt"
	"strconv"
	"time"

	"qixian/rules/calendar"
	"qixian/rules/wording"
)

// period is one stretch of a periodic rule, both ends inclusive.
type period struct {
	length      PeriodLength
	first, last calendar.Date
}

// periodOf returns the period of the given length that holds d.
func periodOf(length PeriodLength, d calendar.Date) period {
	year, month := d.Year(), int(d.Month())
	switch length {
	case Week:
		monday := d.AddDays(-(isoWeekday(d) - 1))
		return period{Week, monday, monday.AddDays(6)}
	case Month:
		return monthsFrom(Month, year, month, 1)
	case Quarter:
		return monthsFrom(Quarter, year, (month-1)/3*3+1, 3)
	case Half:
		return monthsFrom(Half, year, (month-1)/6*6+1, 6)
	default:
		return monthsFrom(Year, year, 1, 12)
	}
}

func monthsFrom(length PeriodLength, year, month, n int) period {
	first := calendar.NewDate(year, time.Month(month), 1)
	return period{length, first, first.AddMonths(n).AddDays(-1)}
}

func (p period) next() period     { return periodOf(p.length, p.last.AddDays(1)) }
func (p period) previous() period { return periodOf(p.length, p.first.AddDays(-1)) }

// month returns the n-th month of the period, the last one where it has fewer.
func (p period) month(n int) period {
	m := periodOf(Month, p.first.AddMonths(n-1))
	if m.last.After(p.last) {
		return periodOf(Month, p.last)
	}
	return m
}

// day returns the n-th day of the period, from its end if n is negative, and no day outside it.
func (p period) day(n int) calendar.Date {
	days := p.last.Sub(p.first) + 1
	if n < 0 {
		return p.first.AddDays(max(days+n, 0))
	}
	return p.first.AddDays(min(n, days) - 1)
}

// middle returns the day that holds the period's middle.
func (p period) middle() calendar.Date { return p.first.AddDays(p.last.Sub(p.first) / 2) }

// year returns the year of the period's key: for a week the ISO 8601 year, which is its Thursday's.
func (p period) year() int {
	if p.length == Week {
		return p.first.AddDays(3).Year()
	}
	return p.first.Year()
}

// number returns which of its year the period is, from 1; a year is number 0.
func (p period) number() int {
	month := int(p.first.Month())
	switch p.length {
	case Week:
		return p.first.AddDays(3).Sub(calendar.NewDate(p.year(), time.January, 1))/7 + 1
	case Month:
		return month
	case Quarter:
		return (month-1)/3 + 1
	case Half:
		return (month-1)/6 + 1
	default:
		return 0
	}
}

// String returns the period's key: 2018-09, 2018-Q3, 2018-H1, 2018 or 2018-W37.
func (p period) String() string {
	b := appendPadded(make([]byte, 0, 8), p.year(), 4)
	switch p.length {
	case Week:
		b = appendPadded(append(b, "-W"...), p.number(), 2)
	case Month:
		b = appendPadded(append(b, '-'), p.number(), 2)
	case Quarter:
		b = strconv.AppendInt(append(b, "-Q"...), int64(p.number()), 10)
	case Half:
		b = strconv.AppendInt(append(b, "-H"...), int64(p.number()), 10)
	}
	return string(b)
}

func appendPadded(b []byte, n, width int) []byte {
	digits := strconv.Itoa(n)
	for range width - len(digits) {
		b = append(b, '0')
	}
	return append(b, digits...)
}

// parsePeriod reads a period's key, in exactly the spelling that String writes.
func parsePeriod(s string) (period, error) {
	bad := fmt.Errorf("%q is no period: want 2018-09, 2018-Q3, 2018-H1, 2018 or 2018-W37", s)
	if len(s) < 4 {
		return period{}, bad
	}
	year, err := strconv.Atoi(s[:4])
	if err != nil || year < 1 {
		return period{}, bad
	}
	length, digits := Year, "0"
	switch rest := s[4:]; {
	case rest == "":
	case len(rest) == 4 && rest[:2] == "-W":
		length, digits = Week, rest[2:]
	case len(rest) == 3 && rest[:2] == "-Q":
		length, digits = Quarter, rest[2:]
	case len(rest) == 3 && rest[:2] == "-H":
		length, digits = Half, rest[2:]
	case len(rest) == 3 && rest[0] == '-':
		length, digits = Month, rest[1:]
	default:
		return period{}, bad
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return period{}, bad
	}
	p := numbered(length, year, n)
	if p.String() != s {
		return period{}, bad
	}
	return p, nil
}

// numbered returns the n-th period of a year; a number that the year does not have gives another year's period.
func numbered(length PeriodLength, year, n int) period {
	first := calendar.NewDate(year, time.January, 1)
	switch length {
	case Week:
		// The week of 4 January is the first one of its ISO year.
		return periodOf(Week, first.AddDays(3+7*(n-1)))
	case Month:
		return periodOf(Month, first.AddMonths(n-1))
	case Quarter:
		return periodOf(Quarter, first.AddMonths(3*(n-1)))
	case Half:
		return periodOf(Half, first.AddMonths(6*(n-1)))
	default:
		return periodOf(Year, first)
	}
}

// full returns the period in words with its year.
func (p period) full() string { return wording.Period(p.String()) }

// chinese returns the period in words, without its year unless it is one: 9月, 第三季度, 上半年, 2018年, 第37周.
func (p period) chinese() string { return wording.PeriodOfYear(p.String()) }

// isoWeekday returns 1 for Monday to 7 for Sunday.
func isoWeekday(d calendar.Date) int { return (int(d.Weekday())+6)%7 + 1 }
