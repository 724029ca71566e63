package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"qixian/rules/calendar"
	"qixian/rules/document"
)

// Trigger (起算事由) is what starts a clock. A group is one happening that starts what several triggers start: each of
// its events starts the rules that wait for the group, for its Parts and for those of its Subjects that the event
// names. An event of a part starts what waits for that part, and nothing else.
type Trigger struct {
	Name    string // kebab-case, as in after: and before:
	Title   string // zh-CN: 文件公布
	Unit    string // zh-CN, whose event it is: 起草单位; empty: an event of it may be everybody's
	Hint    string // zh-CN, advice to whoever records it: which time to give, what else is recorded apart
	Section string // zh-CN, the heading under which it is offered; empty: under none

	Parts    []string // triggers that each event of this one starts too
	Subjects []string // triggers that an event of this one starts where it names them
	Asks     string   // zh-CN, what the subjects are: 领域

	At    document.Position
	order int // in the order of the files
}

// IsGroup reports whether the trigger starts what other triggers start.
func (t Trigger) IsGroup() bool { return len(t.Parts)+len(t.Subjects) > 0 }

// inOrder returns the triggers in the order of the files.
func (c *Catalogue) inOrder() []Trigger {
	return slices.SortedFunc(maps.Values(c.Triggers), func(a, b Trigger) int { return cmp.Compare(a.order, b.order) })
}

// Starts returns the triggers whose rules an event starts: its own, the parts of that, and the subjects that it names.
// What was a subject when the event was recorded stays one.
func (c *Catalogue) Starts(e Event) []string {
	return slices.Concat([]string{e.Trigger}, c.Triggers[e.Trigger].Parts, e.Subjects())
}

// Occasion returns what has happened, for those whom a rule concerns: the title of the trigger that it waits for.
// Advice in brackets to whoever records it is left out.
func (c *Catalogue) Occasion(e Event, r Rule) string { return c.title(c.cause(e, &r)) }

// Title returns what an event is called for whoever records it: its trigger's title, with those of its subjects. It is
// empty for an event that follows from a completion.
func (c *Catalogue) Title(e Event) string {
	title := c.Triggers[e.Trigger].Title
	var subjects []string
	for _, name := range e.Subjects() {
		subjects = append(subjects, c.title(name))
	}
	if len(subjects) == 0 {
		return title
	}
	return title + "：" + strings.Join(subjects, "；")
}

// cause returns by which trigger an event has started a rule; its own where it has not.
func (c *Catalogue) cause(e Event, r *Rule) string {
	if name := r.trigger(); slices.Contains(c.Starts(e), name) {
		return name
	}
	return e.Trigger
}

// title returns what a trigger is called, without advice in brackets to whoever records it.
func (c *Catalogue) title(name string) string {
	title := c.Triggers[name].Title
	if i := strings.LastIndex(title, "（"); i > 0 && strings.HasSuffix(title, "）") {
		title = title[:i]
	}
	return cmp.Or(title, name)
}

// RecordedAs returns the triggers by whose events a rule is started, as they are offered: the groups that its trigger
// is of, or that trigger itself; none for a rule that the calendar or a completion drives.
func (c *Catalogue) RecordedAs(r Rule) []string {
	name := r.trigger()
	if _, ok := c.Triggers[name]; !ok {
		return nil
	}
	var names []string
	for _, t := range c.inOrder() {
		if slices.Contains(t.Parts, name) || slices.Contains(t.Subjects, name) {
			names = append(names, t.Name)
		}
	}
	if names == nil {
		names = []string{name}
	}
	return names
}

// Offer is a trigger that an event can be recorded for, and what that would start.
type Offer struct {
	Trigger
	Obligations []string  // IDs, in the order of the catalogue; those of every subject among them
	Subjects    []Trigger // those that start something, in the order of the trigger
	Asked       bool      // at least one of the subjects must be named, and there are several

	alone bool // it starts something without a subject
}

// Choice reports whether there is a choice of subjects: a needed one of which there is but one is taken.
func (o Offer) Choice() bool { return o.Asked || len(o.Subjects) > 0 && o.alone }

// Offers returns the triggers that an event of a unit on a day can be recorded for, section by section in the order of
// the files: those that start something and are no parts of a group. Without a unit it returns those that start
// anything.
func (p *Planner) Offers(unit string, on calendar.Date) []Offer {
	member := map[string]bool{}
	for _, t := range p.catalogue.Triggers {
		for _, name := range slices.Concat(t.Parts, t.Subjects) {
			member[name] = true
		}
	}
	var offers []Offer
	section := map[string]int{} // its place
	for _, t := range p.catalogue.inOrder() {
		o := p.offer(t, Event{Trigger: t.Name, Unit: unit, At: on.At(0)})
		if len(o.Obligations) > 0 && !member[t.Name] {
			offers = append(offers, o)
			if _, known := section[t.Section]; !known {
				section[t.Section] = len(section)
			}
		}
	}
	slices.SortStableFunc(offers, func(a, b Offer) int { return cmp.Compare(section[a.Section], section[b.Section]) })
	return offers
}

// offer returns what an event of a trigger would start, whatever subjects it names.
func (p *Planner) offer(t Trigger, e Event) Offer {
	o := Offer{Trigger: t}
	e.Subject = ""
	ids := p.startedBy(p.catalogue.Starts(e), &e)
	o.alone = len(ids) > 0
	for _, name := range t.Subjects {
		if more := p.startedBy([]string{name}, &e); len(more) > 0 {
			o.Subjects = append(o.Subjects, p.catalogue.Triggers[name])
			ids = append(ids, more...)
		}
	}
	o.Asked = !o.alone && len(o.Subjects) > 1
	for _, ob := range p.catalogue.Obligations {
		if slices.Contains(ids, ob.ID) {
			o.Obligations = append(o.Obligations, ob.ID)
		}
	}
	return o
}

// startedBy returns the obligations of which an event starts a rule that waits for one of these triggers, or stops its
// clock or ends that. What cannot be reckoned counts as started.
func (p *Planner) startedBy(triggers []string, e *Event) []string {
	var ids []string
	for _, name := range triggers {
		waiting := p.byTrigger[name]
		for _, r := range p.pausers {
			if r.pausedBy(name) {
				waiting = append(slices.Clip(waiting), p.byRule[r.ID])
			}
		}
		for _, s := range waiting {
			if _, ok, err := p.forEvent(s, e); ok || err != nil {
				ids = append(ids, s.obligation.ID)
			}
		}
	}
	return ids
}

// SubjectError is an event whose subjects are missing or wrong.
type SubjectError struct {
	Trigger Trigger
	Choices []Trigger // what it may name
	text    string
}

// Error says what is wrong, in English, with the choices.
func (e *SubjectError) Error() string {
	names := make([]string, len(e.Choices))
	for i, t := range e.Choices {
		names[i] = fmt.Sprintf("%s (%s)", t.Name, t.Title)
	}
	if len(names) == 0 {
		return e.text
	}
	return e.text + "; choose from: " + strings.Join(names, ", ")
}

// Settle returns an event with its subjects in the order of its trigger, each once. Where nothing would start without a
// subject and only one starts something for the unit, that is taken. The error is a *SubjectError if a subject is
// missing, is none of the trigger's, or starts nothing for the unit.
func (p *Planner) Settle(e Event) (Event, error) {
	t := p.catalogue.Triggers[e.Trigger]
	o := p.offer(t, e)
	given := e.Subjects()
	for _, name := range given {
		switch {
		case !slices.Contains(t.Subjects, name):
			return e, &SubjectError{t, o.Subjects, fmt.Sprintf("%s has no subject %q", e.Trigger, name)}
		case !slices.ContainsFunc(o.Subjects, func(s Trigger) bool { return s.Name == name }):
			return e, &SubjectError{t, o.Subjects, fmt.Sprintf("%s starts nothing for %s", name, e.Unit)}
		}
	}
	switch {
	case len(given) > 0:
	case o.Asked:
		return e, &SubjectError{t, o.Subjects, fmt.Sprintf("%s needs a subject", e.Trigger)}
	case len(o.Subjects) == 1 && !o.alone:
		given = []string{o.Subjects[0].Name}
	}
	var settled []string
	for _, name := range t.Subjects {
		if slices.Contains(given, name) {
			settled = append(settled, name)
		}
	}
	e.Subject = strings.Join(settled, " ")
	return e, nil
}
