package scheduler

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// deadlines returns what an occurrence is tracked as at now: one deadline, or with per: unit one for each unit named.
// Each has the rule's reminders and its first escalation, or, if it is a time on show, the moment at which it closes
// itself.
func (d *desk) deadlines(o rules.Occurrence, now time.Time) []Deadline {
	one := Deadline{
		Key: o.Key, Obligation: o.Obligation.ID, Rule: o.Rule.ID, Kind: o.Obligation.Kind, Row: o.Obligation.Row,
		Title: o.Texts().Title, Period: o.Period, Due: o.Due, State: Open, Lead: o.Lead, Responsible: o.Responsible,
		Answering: o.Answering, Needed: max(1, o.Rule.AtLeast), OpenedAt: now, Plan: d.reason(o),
	}
	if o.Event != nil {
		one.Event = o.Event.ID()
	}
	one.PausedSince, one.Stood = standing(o, calendar.Date{}), o.Stood
	if o.Obligation.Per != rules.PerUnit {
		one.Reminders = d.reminders(o, one)
		return []Deadline{one}
	}
	var ds []Deadline
	for _, u := range o.Answering {
		each := one
		each.Unit, each.Answering = u, []string{u}
		if o.Obligation.Answers == rules.AnswersResponsible {
			each.Responsible = each.Answering // its lead units are told of it, see leading
		}
		each.Reminders = d.reminders(o, each)
		ds = append(ds, each)
	}
	return ds
}

// reason fingerprints what computed an occurrence: the calendar, then the rule.
func (d *desk) reason(o rules.Occurrence) string {
	data, err := json.Marshal(o.Rule)
	if err != nil { // a plain struct of numbers and texts always marshals
		data = []byte(o.Rule.ID)
	}
	sum := sha256.Sum256(data)
	return d.Calendar.Version() + "/" + hex.EncodeToString(sum[:6])
}

// moverOf tells a calendar's work from a rule's, given the fingerprints of a deadline before and after. With the same
// of both it was the program's.
func moverOf(before, after string) cause {
	old, fresh := strings.Split(before, "/"), strings.Split(after, "/")
	switch {
	case len(old) < 2 || len(fresh) < 2 || old[1] != fresh[1]:
		return byRule
	case old[0] != fresh[0]:
		return byNotice
	default:
		return byCounting
	}
}

// reminders returns what a deadline begins with. Of an hour rule only those who answer are told at any hour: who takes
// part, and must not publish it, hears of it once, in the next digest.
func (d *desk) reminders(o rules.Occurrence, dl Deadline) []Reminder {
	var rs []Reminder
	for i, r := range o.Reminders {
		for _, u := range dl.toldOf(r) {
			answers := slices.Contains(dl.Answering, u)
			if r.Immediate && !answers && i > 0 {
				continue
			}
			rs = append(rs, Reminder{
				Stage:     r.Stage.String(),
				Unit:      u,
				At:        r.At,
				Immediate: r.Immediate && answers,
				State:     Pending,
			})
		}
	}
	if !o.Rule.OnShow.IsZero() {
		return append(
			rs,
			Reminder{
				Stage:     closingStage,
				Unit:      d.o.Office,
				At:        dl.DueDate().AddDays(1).At(0),
				Immediate: true,
				State:     Pending,
			},
		)
	}
	if dl.Paused() {
		return d.waiting(o, dl)
	}
	for _, u := range d.chased(dl) {
		rs = append(rs, d.escalation(dl, u, 1))
	}
	return rs
}

// toldOf returns which of d's units are told of a stage of its occurrence.
func (d Deadline) toldOf(r rules.Reminder) []string {
	if d.Unit != "" {
		return []string{d.Unit}
	}
	return r.Units
}

// chased returns the units that escalations of dl go to: those who answer, and in copy the lead units that do not, and
// the office.
func (d *desk) chased(dl Deadline) []string {
	units := slices.Concat(dl.Answering, dl.leading())
	if slices.Contains(units, d.o.Office) {
		return units
	}
	return append(units, d.o.Office)
}

// escalation returns the reminder of the n-th working day after due.
func (d *desk) escalation(dl Deadline, unit string, n int) Reminder {
	return Reminder{
		DeadlineID: dl.ID, Stage: extendedStage(rules.EscalationStage(n), dl.ExtendedTo), Unit: unit, State: Pending,
		At: d.Planner.Escalation(dl.due(), n),
	}
}

// nextEscalation returns the escalation after the n-th: the first of the series whose time is after now, so that a stop
// of many days is followed by one mail and not by all that were missed.
func (d *desk) nextEscalation(dl Deadline, unit string, n int, now time.Time) Reminder {
	for {
		n = rules.NextEscalation(n, dl.ByHour())
		if r := d.escalation(dl, unit, n); r.At.After(now) {
			return r
		}
	}
}

// extended returns the reminders that count to dl's extended date: the stages of its rule that lie after now, and after
// the moment when it was extended, or are pending already, and the first escalation.
func (d *desk) extended(o rules.Occurrence, dl Deadline, now time.Time) ([]Reminder, error) {
	o, err := d.Planner.Extended(o, dl.ExtendedTo)
	if err != nil {
		return nil, fmt.Errorf("place reminders of %s: %w", dl.Key, err)
	}
	for _, r := range dl.Reminders {
		if c, _, ok := movedFrom(r.Stage); ok && c == byExtension && r.At.After(now) {
			now = r.At
		}
	}
	var rs []Reminder
	for _, r := range o.Reminders {
		stage := extendedStage(r.Stage.String(), dl.ExtendedTo)
		pending := slices.ContainsFunc(
			dl.Reminders,
			func(x Reminder) bool { return x.Stage == stage && x.State == Pending },
		)
		if r.Stage == rules.OnRecord || !r.At.After(now) && !pending {
			continue
		}
		for _, u := range dl.toldOf(r) {
			rs = append(rs, Reminder{DeadlineID: dl.ID, Stage: stage, Unit: u, At: r.At, State: Pending})
		}
	}
	for _, u := range d.chased(dl) {
		rs = append(rs, d.escalation(dl, u, 1))
	}
	return rs, nil
}

// onShow reports whether dl is a minimum time on show, which closes itself.
func (d *desk) onShow(dl Deadline) bool {
	r, ok := d.rule(dl)
	return ok && !r.OnShow.IsZero()
}

// rule returns the rule that dl comes from, unless the plan has it no more.
func (d *desk) rule(dl Deadline) (rules.Rule, bool) {
	ob, ok := d.Catalogue.Obligation(dl.Obligation)
	if !ok {
		return rules.Rule{}, false
	}
	i := slices.IndexFunc(ob.Rules, func(r rules.Rule) bool { return r.ID == dl.Rule })
	if i < 0 {
		return rules.Rule{}, false
	}
	return ob.Rules[i], true
}
