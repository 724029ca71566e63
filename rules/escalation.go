package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"qixian/rules/calendar"
)

// escalationEvery is the number of working days from one escalation (催办) to the next, after the first on the first.
// What is due at an hour cannot wait, and is called for on every one.
const escalationEvery = 3

// escalationPrefix begins the names of the stages after due.
const escalationPrefix = "late"

// EscalationStage returns the name of the stage on the n-th working day after due: late1, late4, late7 and so on, of an
// hour rule also late2 and late3.
func EscalationStage(n int) string { return escalationPrefix + strconv.Itoa(n) }

// ParseEscalation returns which working day after due a stage's name stands for; false if it is not the name of an
// escalation.
func ParseEscalation(stage string) (n int, ok bool) {
	digits, ok := strings.CutPrefix(stage, escalationPrefix)
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || EscalationStage(n) != stage {
		return 0, false
	}
	return n, true
}

// NextEscalation returns the first working day after due, later than the n-th, on which there is an escalation; n is 0
// or more. By the hour there is one on each.
func NextEscalation(n int, byHour bool) int {
	if byHour {
		return n + 1
	}
	return (n+escalationEvery-1)/escalationEvery*escalationEvery + 1
}

// Escalation returns when the escalation of the n-th working day after due fires: at the office's hour. It counts from
// the expected date, so that nothing is called late while it can still be in time.
func (p *Planner) Escalation(due Due, n int) time.Time {
	d := due.Date
	for range n {
		d = p.calendar.OnOrAfter(d.AddDays(1))
	}
	return p.digest(d)
}

// WorkdaysLeft returns the number of working days that are left after a date, the due date included: 0 on the due date
// itself, negative when it is past.
func (p *Planner) WorkdaysLeft(on calendar.Date, due Due) int { return p.calendar.Count(on, due.Date) }

// toldOf returns who is told of an occurrence.
func toldOf(o Occurrence) told {
	t := newTold(o.Lead, o.Responsible)
	switch {
	case o.Obligation.Per == PerUnit:
		return t.each(o.Obligation.Answers)
	case len(intersect(o.Lead, o.Answering)) == 0:
		return t.answeredBy(o.Answering)
	}
	return t
}

// Extended returns the occurrence with another due date, as an extension (延期) sets it, and with the reminders that
// count back from it. The new date is the office's word: it is neither landed nor provisional.
func (p *Planner) Extended(o Occurrence, to calendar.Date) (Occurrence, error) {
	o.Due = Due{Date: to, Earliest: to}
	var err error
	if o.Reminders, err = p.remind(
		nil,
		o.Rule.EffectiveStages(),
		o.Due,
		startOf(o),
		toldOf(o),
	); err != nil {
		return Occurrence{}, fmt.Errorf("extend %s to %s: %w", o.Key, to, err)
	}
	return o, nil
}
