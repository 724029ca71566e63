package command

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"

	"qixian/rules/calendar"
)

// moments are the forms in which people and spreadsheets write a moment: year, month, day, then perhaps a time of day.
var moments = regexp.MustCompile(`^(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})日?` +
	`(?:[T ]?(上午|下午|AM |PM )? ?(?:(\d{1,2}):(\d{2})(?::(\d{2}))?|(\d{1,2})[时点](?:(\d{1,2})分)?)(?: ?(AM|PM))?)?$`)

// parseTime reads a moment: an RFC 3339 instant, or a date with or without a time of day in Beijing time, as people and
// spreadsheets write it.
func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.In(calendar.Zone()), nil
	}
	plain := strings.ToUpper(strings.Join(strings.Fields(width.Narrow.String(s)), " "))
	m := moments.FindStringSubmatch(plain)
	if m == nil {
		if _, err := strconv.ParseFloat(plain, 64); err == nil {
			return time.Time{}, fmt.Errorf(
				"%q is a number; format the spreadsheet's column as text or as a date: 2026-11-23 10:00",
				s,
			)
		}
		return time.Time{}, fmt.Errorf(
			"%q is no moment; want 2026-11-23, 2026-11-23T10:00, 2026/11/23 10:00 or 2026-11-23T10:00:00+08:00",
			s,
		)
	}
	number := func(groups ...string) int {
		n, _ := strconv.Atoi(cmp.Or(groups...)) // digits alone; none is 0
		return n
	}
	year, month, day := number(m[1]), number(m[2:6]...), number(m[6])
	hour, minute, second := number(m[8], m[11]), number(m[9], m[12]), number(m[10])
	if half := strings.TrimSpace(cmp.Or(m[7], m[13])); half != "" && hour >= 1 && hour <= 12 {
		hour %= 12
		if half == "下午" || half == "PM" {
			hour += 12
		}
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, calendar.Zone())
	if t.Year() != year || int(t.Month()) != month || t.Day() != day || t.Hour() != hour || t.Minute() != minute ||
		t.Second() != second {
		return time.Time{}, fmt.Errorf("%q is no moment: there is no such day or time of day", s)
	}
	return t, nil
}

// parseDay reads a day in the forms in which parseTime reads one, without a time of day.
func parseDay(s string) (calendar.Date, error) {
	if t, err := parseTime(s); err == nil && !strings.ContainsAny(s, ":时点") {
		return calendar.DateOf(t), nil
	}
	return calendar.ParseDate(strings.TrimSpace(s)) // which says what is wrong
}
