package command

import (
	"fmt"
	"strings"

	"qixian/rules"
	"qixian/rules/calendar"
)

// parseEvent reads TRIGGER[+SUBJECT]…@TIME[@UNIT[@REF]]: an event assumed for a calculation.
func parseEvent(s string) (rules.Event, error) {
	parts := strings.SplitN(s, "@", 4)
	if len(parts) < 2 || parts[0] == "" {
		return rules.Event{}, fmt.Errorf(
			"%q is no event; want TRIGGER@TIME, TRIGGER@TIME@UNIT or TRIGGER@TIME@UNIT@REF, with subjects TRIGGER+SUBJECT@TIME, such as document-published@2026-11-23T10:00@县环保局",
			s,
		)
	}
	at, err := parseTime(parts[1])
	if err != nil {
		return rules.Event{}, fmt.Errorf("event %q: %w", s, err)
	}
	trigger, subjects, _ := strings.Cut(parts[0], "+")
	e := rules.Event{Trigger: trigger, Subject: strings.ReplaceAll(subjects, "+", " "), At: at}
	if len(parts) > 2 {
		e.Unit = parts[2]
	}
	if len(parts) > 3 {
		e.Ref = parts[3]
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
