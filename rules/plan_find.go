package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"qixian/rules/calendar"
)

// Find returns the occurrence that a key names: RULE-ID@PERIOD, or RULE-ID@EVENT-ID for one of the given events. A
// period must be spelt as occurrences spell it. It is an error if the rule or the event is unknown, or if the rule
// makes no such occurrence.
func (p *Planner) Find(key string, events []Event) (Occurrence, error) {
	id, which, ok := strings.Cut(key, "@")
	if !ok || id == "" || which == "" {
		return Occurrence{}, fmt.Errorf(
			"%q is no key: want RULE@PERIOD, such as %s@2018-09, or RULE@EVENT",
			key,
			p.sampleRule(),
		)
	}
	s, ok := p.byRule[id]
	if !ok {
		return Occurrence{}, fmt.Errorf("find %s: unknown rule %q%s", key, id, p.nearestRule(id))
	}
	if s.obligation.Disabled != "" {
		return Occurrence{}, fmt.Errorf(
			"find %s: obligation %s is disabled: %s",
			key,
			s.obligation.ID,
			s.obligation.Disabled,
		)
	}
	var err error
	var o Occurrence
	switch {
	case isEventID(which):
		o, err = p.findEvent(s, which, events)
	case s.rule.trigger() == "":
		o, err = p.findPeriod(s, which)
	case !s.rule.Since.IsZero() && which == s.rule.Since.String():
		err = p.sinceFirst(&o, s)
	default:
		err = fmt.Errorf(
			"%q is no event: the rule %s is started by %s, want the ID of such an event",
			which,
			id,
			s.rule.trigger(),
		)
	}
	if err != nil {
		return Occurrence{}, fmt.Errorf("find %s: %w", key, err)
	}
	if o.Event == nil && !s.rule.validOn(o.Due.Date) {
		return Occurrence{}, fmt.Errorf("find %s: it would fall due on %s, when the rule is not valid", key, o.Due.Date)
	}
	return o, nil
}

func (p *Planner) findPeriod(s *schedule, name string) (Occurrence, error) {
	pd, err := parsePeriod(name)
	if err != nil {
		return Occurrence{}, err
	}
	if want := s.rule.length(); pd.length != want {
		return Occurrence{}, fmt.Errorf("%s is a %s; the rule's periods are each a %s, such as %s",
			name, pd.length, want, periodOf(want, pd.first))
	}
	if !s.rule.inSeason(pd) {
		return Occurrence{}, fmt.Errorf(
			"the rule's months are %s; %s begins in another",
			seasonChinese(s.rule.Months),
			pd,
		)
	}
	if !p.applies(s.rule, pd) {
		return Occurrence{}, fmt.Errorf("the rule does not apply to the year %d", pd.year())
	}
	got, err := p.inPeriod(s.rule, pd)
	if err != nil {
		return Occurrence{}, err
	}
	var o Occurrence
	err = p.forPeriod(&o, s, pd, got.due)
	return o, err
}

func (p *Planner) findEvent(s *schedule, id string, events []Event) (Occurrence, error) {
	for _, e := range events {
		switch id {
		case e.ID():
		case e.OldID():
			e.Record = id
		default:
			continue
		}
		if !slices.Contains(p.catalogue.Starts(e), s.rule.trigger()) {
			return Occurrence{}, fmt.Errorf(
				"event %s is one of %s; the rule is started by %s",
				id,
				e.Trigger,
				s.rule.trigger(),
			)
		}
		if e.Clock == nil {
			e.Clock = p.clockEvents(&e, events)
		}
		o, ok, err := p.forEvent(s, &e)
		if err == nil && !ok {
			err = fmt.Errorf("event %s of unit %s starts nothing here", id, e.Unit)
		}
		return o, err
	}
	return Occurrence{}, fmt.Errorf("no event %s is on record", id)
}

// clockEvents returns which of some events stop the clocks that first has started, or end that.
func (p *Planner) clockEvents(first *Event, events []Event) []Event {
	var all []Event
	for i := range events {
		if slices.ContainsFunc(p.FirstOf(&events[i], events), func(e Event) bool { return e.ID() == first.ID() }) {
			all = append(all, events[i])
		}
	}
	return all
}

// Wind returns the events that start something, each with those of the others that stop its clocks or end that. One
// that is about the clocks of none, or does nothing to them, is an error.
func (p *Planner) Wind(events []Event) ([]Event, error) {
	var wound []Event
	var errs []error
	used := map[string]bool{}
	for _, e := range events {
		if p.Pauses(e.Trigger) {
			continue
		}
		e.Clock = p.clockEvents(&e, events)
		for _, x := range e.Clock {
			used[x.ID()] = true
		}
		for _, u := range p.Unfit(e) {
			errs = append(errs, fmt.Errorf(
				"%s on %s does nothing to the clock of %s %s: %s",
				u.Event.Trigger,
				calendar.DateOf(u.Event.At),
				e.Trigger,
				e.Ref,
				u.Why,
			))
		}
		wound = append(wound, e)
	}
	for _, e := range events {
		if p.Pauses(e.Trigger) && !used[e.ID()] {
			errs = append(errs, fmt.Errorf(
				"%s stops or continues the clock of another event, and none of %q with the ref %q is given; events on record are not looked at here",
				e.Trigger,
				e.Unit,
				e.Ref,
			))
		}
	}
	return wound, errors.Join(errs...)
}

// nearestRule ends a message about an unknown rule: with the obligation's rules if it has several, or else the nearest
// known one.
func (p *Planner) nearestRule(id string) string {
	owner, _, _ := strings.Cut(id, ".")
	if ob, ok := p.catalogue.Obligation(owner); ok && ob.PartOf != "" {
		return "; " + owner + " is part of " + ob.PartOf + ": ask for that"
	}
	if ob, ok := p.catalogue.Obligation(id); ok {
		var ids []string
		for _, r := range ob.Rules {
			ids = append(ids, r.ID)
		}
		return "; the obligation's rules are " + strings.Join(ids, ", ")
	}
	return suggestion(id, p.byRule)
}

// sampleRule returns the ID of some rule with monthly periods, for a message to show.
func (p *Planner) sampleRule() string {
	for _, s := range p.clock {
		if s.rule.Every == Month {
			return s.rule.ID
		}
	}
	return "RULE"
}
