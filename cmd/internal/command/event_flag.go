package command

import (
	"fmt"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// timeLayouts are the forms of a moment on the command line and in CSV; without a zone it is Beijing time.
var timeLayouts = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"}

// parseTime reads a moment: a date, a date with a time of day, or an RFC 3339 instant.
func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.In(calendar.Zone()), nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, s, calendar.Zone()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no moment; want 2026-11-23, 2026-11-23T10:00 or 2026-11-23T10:00:00+08:00", s)
}

// parseEvent reads TRIGGER@TIME[@UNIT]: an event assumed for a calculation.
func parseEvent(s string) (rules.Event, error) {
	parts := strings.SplitN(s, "@", 3)
	if len(parts) < 2 || parts[0] == "" {
		return rules.Event{}, fmt.Errorf("%q is no event; want TRIGGER@TIME or TRIGGER@TIME@UNIT, such as policy-published@2026-11-23T10:00@县环保局", s)
	}
	at, err := parseTime(parts[1])
	if err != nil {
		return rules.Event{}, fmt.Errorf("event %q: %w", s, err)
	}
	e := rules.Event{Trigger: parts[0], At: at}
	if len(parts) == 3 {
		e.Unit = parts[2]
	}
	return e, nil
}

// dateRange is the flags of every command that looks at a stretch of days.
type dateRange struct {
	From string `required:"" help:"First day of the range (YYYY-MM-DD), inclusive." placeholder:"DATE"`
	To   string `required:"" help:"Last day of the range, inclusive." placeholder:"DATE"`
}

func (r dateRange) parse() (from, to calendar.Date, err error) {
	if from, err = calendar.ParseDate(r.From); err != nil {
		return from, to, usageError{fmt.Errorf("--from: %w", err)}
	}
	if to, err = calendar.ParseDate(r.To); err != nil {
		return from, to, usageError{fmt.Errorf("--to: %w", err)}
	}
	if to.Before(from) {
		return from, to, usageError{fmt.Errorf("--to %s lies before --from %s", to, from)}
	}
	return from, to, nil
}
