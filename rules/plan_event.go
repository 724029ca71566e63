package rules

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"qixian/rules/calendar"
	"qixian/rules/document"
)

// OnEvent returns the occurrences that an event starts, in the order of the catalogue: those of every rule in force
// that counts after its trigger, before it, or, for the completion of a rolling rule, from it; so do the rules of the
// trigger's parts and of the event's subjects. An event with a unit is only that unit's: it starts nothing for
// obligations that do not name the unit.
func (p *Planner) OnEvent(e Event) ([]Occurrence, error) {
	if err := p.knows(e.Trigger); err != nil {
		return nil, fmt.Errorf("plan event: %w", err)
	}
	if e.At.IsZero() {
		return nil, fmt.Errorf("plan event %s: it has no time", e.Trigger)
	}
	if e.Unit != "" {
		if _, ok := p.catalogue.Canonical(e.Unit); !ok {
			return nil, fmt.Errorf(
				"plan event %s: unknown unit %q%s",
				e.Trigger,
				e.Unit,
				suggestion(e.Unit, p.catalogue.Units),
			)
		}
	}
	var out []Occurrence
	var errs []error
	for _, s := range p.waiting(e) {
		switch o, ok, err := p.forEvent(s, &e); {
		case err != nil:
			errs = append(errs, &RuleError{Rule: s.rule.ID, Err: err})
		case ok:
			out = append(out, o)
		}
	}
	return out, errors.Join(errs...)
}

// waiting returns the rules that wait for an event, in the order of the catalogue.
func (p *Planner) waiting(e Event) []*schedule {
	var all []*schedule
	for _, name := range p.catalogue.Starts(e) {
		all = append(all, p.byTrigger[name]...)
	}
	slices.SortFunc(all, func(a, b *schedule) int { return cmp.Compare(a.order, b.order) })
	return slices.Compact(all)
}

// knows returns an error unless the trigger is the catalogue's, or the completion of one of its rules.
func (p *Planner) knows(trigger string) error {
	if rule, isDone := strings.CutPrefix(trigger, DoneTrigger); isDone {
		if _, ok := p.byRule[rule]; !ok {
			return fmt.Errorf("trigger %q: unknown rule %q%s", trigger, rule, suggestion(rule, p.byRule))
		}
		return nil
	}
	if _, ok := p.catalogue.Triggers[trigger]; ok {
		return nil
	}
	return fmt.Errorf("unknown trigger %q%s", trigger, suggestion(trigger, p.catalogue.Triggers))
}

// suggestion ends a message about an unknown name with what is known.
func suggestion[T any](name string, known map[string]T) string {
	return document.Suggest(name, slices.Sorted(maps.Keys(known))).String()
}

// forEvent makes the occurrence of a rule that e has started; false if it starts none.
func (p *Planner) forEvent(s *schedule, e *Event) (Occurrence, bool, error) {
	key := s.rule.ID + "@" + e.ID()
	got, err := p.onEvent(s.rule, e)
	if err != nil {
		return Occurrence{}, false, fmt.Errorf("reckon %s: %w", key, err)
	}
	told := s.on(got.due.Date)
	if e.Unit != "" {
		var ok bool
		if told, ok = p.narrow(s.obligation, told, e.Unit, got.due.Date); !ok {
			return Occurrence{}, false, nil
		}
	}
	o := Occurrence{Key: key, Rule: s.rule, Event: e, Due: got.due}
	valid := got.due.Date
	if got.from != nil { // which law holds does not depend on a pause
		p.wind(&o, s.rule, p.clockOf(s.rule, e), got.due.Date)
		plain := *e
		plain.Clock = nil
		if got, err = p.onEvent(s.rule, &plain); err != nil {
			return Occurrence{}, false, fmt.Errorf("reckon %s: %w", key, err)
		}
		valid = got.due.Date
	}
	if !s.rule.validOn(valid) {
		return Occurrence{}, false, nil
	}
	o.Opens = calendar.DateOf(eventStart(s.rule, e, o.Due).at)
	err = p.complete(&o, s, startOf(o), told)
	return o, err == nil, err
}

// narrow keeps of those who are told the one whose event it is; a lead unit's event is its alone. Of a responsible
// unit's the table's lead units stay lead, and the obligation says which of the two answers; with PerUnit it is the
// responsible unit's alone. It reports false if the unit is not told at all, or is a lead unit of what only responsible
// units answer for.
func (p *Planner) narrow(o *Obligation, t told, unit string, on calendar.Date) (told, bool) {
	name, _ := p.catalogue.Canonical(unit)
	whose := p.catalogue.Expand([]string{name}, on)
	if lead := intersect(t.lead, whose); lead != nil {
		return newTold(lead, nil), o.Answers != AnswersResponsible
	}
	responsible := intersect(t.responsible, whose)
	switch {
	case responsible == nil:
		return told{}, false
	case o.Per == PerUnit && o.Answers != AnswersResponsible:
		return newTold(nil, responsible), true
	case o.Answers != AnswersEvent:
		return newTold(t.lead, responsible), true
	default:
		return newTold(t.lead, responsible).answeredBy(responsible), true
	}
}

func intersect(units, others []string) []string {
	var both []string
	for _, u := range units {
		if slices.Contains(others, u) {
			both = append(both, u)
		}
	}
	return both
}
