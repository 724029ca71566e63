package rules

import (
	"slices"
	"time"

	"qixian/rules/calendar"
	"qixian/rules/document"
)

// Doubts returns what is lawful in the rules in force but not likely meant: those that never fall due again from a day
// on, and rolls that do nothing or lead too far. What ends with the table's own year is counted, not listed. A rule
// that gives way to another of its obligation by until is meant to be over.
func (p *Planner) Doubts(today calendar.Date) document.Problems {
	var ps document.Problems
	ofTable := 0
	for _, o := range p.catalogue.Obligations {
		if o.Disabled != "" {
			continue
		}
		if whole, ok := p.catalogue.Obligation(o.PartOf); ok && whole.Disabled != "" {
			ps.Add(o.Origin["part_of"],
				"%s is part of %s, which is disabled: nobody is asked for it; disable it too, or give it a rule",
				o.ID, o.PartOf)
		}
		live := slices.ContainsFunc(
			o.Rules,
			func(r Rule) bool { key, _ := p.over(p.byRule[r.ID], today); return key == "" },
		)
		for i := range o.Rules {
			r := &o.Rules[i]
			switch key, why := p.over(p.byRule[r.ID], today); {
			case key == "years" && p.ownYear: // as its table means it
				ofTable++
			case key != "" && (key != "until" || !live):
				ps.Add(placeOf(o, r, key), "%s never falls due again: %s", r.ID, why)
			}
			if why := r.doubtfulRoll(); why != (document.Words{}) {
				ps.Add(placeOf(o, r, "roll"), "roll: %s %s", r.Roll, why)
			}
		}
	}
	if ofTable > 0 {
		ps.Add(
			p.catalogue.YearAt,
			"the table is of %d: %d rules with years: table fall due no more; table_years in the configuration names other years",
			p.catalogue.Year,
			ofTable,
		)
	}
	return ps
}

// Over reports whether a rule of the catalogue, by its ID, never falls due again from a day on.
func (p *Planner) Over(rule string, today calendar.Date) bool {
	key, _ := p.over(p.byRule[rule], today)
	return key != ""
}

// placeOf returns where a key of a rule was last set, or the rule.
func placeOf(o *Obligation, r *Rule, key string) document.Position {
	path := rulePath(r)
	if at, ok := o.Origin[path+"."+key]; ok {
		return at
	}
	return o.Origin[path]
}

// over returns by which key of its own a rule falls due no more from a day on, and why; no key if it does, or an event
// may start it.
func (p *Planner) over(s *schedule, today calendar.Date) (key string, why document.Words) {
	r := s.rule
	last, hasLast := p.lastYear(r)
	switch {
	case !r.Until.IsZero() && r.Until.Before(today):
		return "until", document.Say("until %s is past", r.Until)
	case r.trigger() != "":
		return "", document.Words{}
	case !r.Until.IsZero() && r.Until.Before(today.AddMonths(18)):
		if !p.fallsDue(s, today, r.Until) {
			return "until", document.Say("nothing falls due any more until %s", r.Until)
		}
	case !hasLast || p.fallsDue(s, today, calendar.NewDate(max(last, today.Year())+2, time.December, 31)):
	case r.ofTable():
		return "years", document.Say("years: table holds in the years of table_years, the last of which is %d", last)
	default:
		return "by", document.Say("by names the year %d, and is past", last)
	}
	return "", document.Words{}
}

// fallsDue reports whether a rule that the calendar drives falls due between two days, both inclusive, or cannot be
// reckoned.
func (p *Planner) fallsDue(s *schedule, from, to calendar.Date) bool {
	found := false
	w := walk{p: p, from: from, to: to, f: func(*Occurrence) { found = true }}
	err := w.between(s)
	return found || err != nil
}

// lastYear returns the last year for which the rule makes an occurrence; false if there is none.
func (p *Planner) lastYear(r *Rule) (int, bool) {
	if r.By.Year != 0 {
		return r.By.Year, true
	}
	if r.ofTable() && len(p.tableYears) > 0 {
		return slices.Max(p.tableYears), true
	}
	members, _ := r.members()
	for i := range members {
		if year, ok := p.lastYear(&members[i]); ok {
			return year, true
		}
	}
	return 0, false
}

// doubtfulRoll says why a roll is not likely meant; empty if it may be.
func (r *Rule) doubtfulRoll() document.Words {
	switch {
	case r.Roll == "" || r.Roll == calendar.None:
		return document.Words{}
	case r.countsWorkdays():
		return document.Say("has nothing to do: the rule counts working days, and ends on one")
	case !r.OnShow.IsZero() && r.Roll == calendar.Preceding:
		return document.Say("ends a time on show before it is over")
	case r.Before != "" && r.Roll == calendar.Following:
		return document.Say("may lead to the day of the event, or past it")
	}
	return document.Words{}
}

// countsWorkdays reports whether a rule comes to a working day by counting, so that there is never a day off to land. A
// week may have none.
func (r *Rule) countsWorkdays() bool {
	switch {
	case r.After != "" || r.Before != "" || !r.Interval.IsZero():
		return r.span().Clock == WorkingDays || r.Before != "" && r.Ahead.IsZero()
	case r.Every != "" && !r.Due.AfterEnd.IsZero():
		return r.Due.AfterEnd.Clock == WorkingDays
	case r.Every != "" && r.Every != Week:
		return r.Due.Day == 0 && r.Due.Weekday == 0
	}
	return false
}
