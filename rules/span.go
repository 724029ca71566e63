package rules

import (
	"fmt"
	"strconv"

	"qixian/rules/document"
)

// Clock says what a Span counts. The clocks are never mixed: hours run through nights and holidays, working days skip
// them.
type Clock string

// The clocks, as their suffixes in YAML.
const (
	WorkingDays  Clock = "wd" // 工作日
	CalendarDays Clock = "d"  // 日
	Months       Clock = "m"  // 月: the same day number, or the month's end (民法典 202)
	Hours        Clock = "h"  // 小时, by the clock
)

// maxSpan bounds a span's number: more than any statute sets, little enough that no arithmetic overflows.
const maxSpan = 999

// Span is a stretch of time as an administrator writes it: 20wd, 30d, 3m, 24h.
type Span struct {
	N     int
	Clock Clock
}

// ParseSpan reads a positive span such as "20wd".
func ParseSpan(s string) (Span, error) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, err := strconv.Atoi(s[:i])
	c := Clock(s[i:])
	known := c == WorkingDays || c == CalendarDays || c == Months || c == Hours
	if err != nil || !known || n < 1 || n > maxSpan || s[0] == '0' {
		return Span{}, document.Errorf(
			"%q is no span: want a number from 1 to %d and a clock, such as 20wd (working days), 30d (calendar days), 3m (months) or 24h (hours)",
			s,
			maxSpan,
		)
	}
	return Span{n, c}, nil
}

// IsZero reports whether no span is set.
func (s Span) IsZero() bool { return s.N == 0 }

// String returns the span as it is written in YAML.
func (s Span) String() string { return strconv.Itoa(s.N) + string(s.Clock) }

// MarshalText writes the span as in YAML.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Chinese returns the span in words: 20个工作日, 30日, 3个月, 24小时.
func (s Span) Chinese() string {
	switch s.Clock {
	case WorkingDays:
		return fmt.Sprintf("%d个工作日", s.N)
	case Months:
		return fmt.Sprintf("%d个月", s.N)
	case Hours:
		return fmt.Sprintf("%d小时", s.N)
	default:
		return fmt.Sprintf("%d日", s.N)
	}
}
