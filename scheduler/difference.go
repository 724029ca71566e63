package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"qixian/rules"
	"qixian/rules/calendar"
)

// Change is an occurrence that another plan has otherwise, or not at all.
type Change struct {
	Key, Title string
	Was, Is    rules.Due // the zero value: there was, or is, none
	Origin     []string  // what another plan has set anew, and where: rule overrides.d/10.yaml:3
}

// Difference is what another plan would change of what is to come.
type Difference struct {
	Changes         []Change // by key
	MailsWas, Mails int      // that would be sent in the range, if everything is done on the day it is due
}

// Compare returns what the plan of is changes against that of was, of what falls due and what is mailed from one day to
// another, both inclusive.
func Compare(was, is Options, from, to calendar.Date) (Difference, error) {
	before, err := occurring(was.Plan, from, to)
	if err != nil {
		return Difference{}, fmt.Errorf("compare plans: %w", err)
	}
	after, err := occurring(is.Plan, from, to)
	if err != nil {
		return Difference{}, fmt.Errorf("compare plans: %w", err)
	}
	var d Difference
	for _, key := range slices.Sorted(maps.Keys(merged(before, after))) {
		a, had := before[key]
		b, has := after[key]
		if had && has && a.Due == b.Due {
			continue
		}
		c := Change{Key: key, Was: a.Due, Is: b.Due}
		switch {
		case has:
			c.Title, c.Origin = b.Texts().Title, origins(was.Plan, b.Obligation)
		default:
			c.Title = a.Texts().Title
			if now, ok := is.Plan.Catalogue.Obligation(a.Obligation.ID); ok {
				c.Origin = origins(was.Plan, now)
			}
		}
		d.Changes = append(d.Changes, c)
	}
	for of, n := range map[*Options]*int{&was: &d.MailsWas, &is: &d.Mails} {
		letters, err := Preview(*of, from, to, nil, AllAnswered)
		if err != nil {
			return Difference{}, fmt.Errorf("compare plans: %w", err)
		}
		*n = len(letters)
	}
	return d, nil
}

// occurring are the occurrences of a plan, by key.
func occurring(p *Plan, from, to calendar.Date) (map[string]rules.Occurrence, error) {
	os, err := p.Planner.Occurrences(from, to)
	if err != nil {
		return nil, err
	}
	all := make(map[string]rules.Occurrence, len(os))
	for _, o := range os {
		all[o.Key] = o
	}
	return all, nil
}

func merged(a, b map[string]rules.Occurrence) map[string]rules.Occurrence {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// origins are the fields of an obligation that are set elsewhere than they were, with their places.
func origins(was *Plan, o *rules.Obligation) []string {
	old, known := was.Catalogue.Obligation(o.ID)
	var all []string
	for _, field := range slices.Sorted(maps.Keys(o.Origin)) {
		if at := o.Origin[field]; !known || old.Origin[field] != at {
			all = append(all, strings.TrimSpace(field+" "+at.String()))
		}
	}
	return all
}
