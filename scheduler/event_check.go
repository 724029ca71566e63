package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/rules/document"
)

// check returns the event as it is to be recorded: its trigger known, its unit in the spelling of the catalogue, its
// time to the second.
func (d *desk) check(e rules.Event, now time.Time) (rules.Event, error) {
	if _, ok := d.Catalogue.Triggers[e.Trigger]; !ok {
		return e, refused(
			UnknownTrigger,
			"unknown trigger %q%s",
			e.Trigger,
			suggestion(e.Trigger, keys(d.Catalogue.Triggers)),
		)
	}
	if e.Unit != "" {
		unit, ok := d.Catalogue.Canonical(e.Unit)
		if !ok {
			return e, refused(UnknownUnit, "unknown unit %q%s", e.Unit, suggestion(e.Unit, keys(d.Catalogue.Units)))
		}
		e.Unit = unit
	}
	if e.At.IsZero() {
		return e, refused(NoTime, "the event has no time; want when it happened, or is planned for")
	}
	e.At = e.At.In(calendar.Zone()).Truncate(time.Second)
	e.Announced = now
	return e, nil
}

// mayLieAhead refuses an event that is more than a day ahead, a slip of the pen most likely, unless its trigger is one
// for which something must be done before: such a one is planned.
func (d *desk) mayLieAhead(e rules.Event, now time.Time) error {
	if !e.At.After(now.AddDate(0, 0, 1)) ||
		slices.ContainsFunc(d.Catalogue.Obligations, func(o *rules.Obligation) bool {
			return o.Disabled == "" &&
				slices.ContainsFunc(o.Rules, func(r rules.Rule) bool { return plans(r, e.Trigger) })
		}) {
		return nil
	}
	return refused(
		Ahead,
		"%s at %s has not happened yet, and nothing in force is to be done before %s; record it when it has happened",
		e.Trigger,
		e.At.Format(time.DateOnly),
		e.Trigger,
	)
}

// plans reports whether a rule, or one that it chooses from, must be met before the trigger.
func plans(r rules.Rule, trigger string) bool {
	return r.Before == trigger ||
		slices.ContainsFunc(slices.Concat(r.LaterOf, r.EarlierOf), func(r rules.Rule) bool { return plans(r, trigger) })
}

// onRecord returns the event on record that e is, whatever the length of its ID, and whichever of its names the unit
// had.
func (d *desk) onRecord(e rules.Event) (rules.Event, bool) {
	names := []string{e.Unit}
	if u, ok := d.Catalogue.Units[e.Unit]; ok {
		names = append(names, u.Aliases...)
	}
	for _, name := range names {
		e.Unit = name
		for _, id := range []string{e.ID(), e.OldID()} {
			known, ok := d.events[id]
			if ok && known.Trigger == e.Trigger && known.Unit == name && known.Ref == e.Ref {
				return known, true
			}
		}
		for _, known := range d.events { // one that was moved has the ID that it had before
			if e.Ref == "" && known.Ref == "" && known.Trigger == e.Trigger && known.Unit == name &&
				known.At.Equal(e.At) {
				return known, true
			}
		}
	}
	return rules.Event{}, false
}

// differing says in what an event differs from the one on record that it is. A title that is left out is no other
// title.
func differing(known, e rules.Event) error {
	at := func(e rules.Event) string { return e.At.In(calendar.Zone()).Format(time.RFC3339) }
	var differs *RefusedEvent
	switch {
	case !known.At.Equal(e.At):
		differs = refused(
			Different,
			"event %s (%s %s) is on record for %s, not %s; give another ref if it is another event",
			known.ID(),
			e.Trigger,
			e.Ref,
			at(known),
			at(e),
		)
	case e.Title != "" && known.Title != e.Title:
		differs = refused(
			Different,
			"event %s (%s %s) is on record with the title %q, not %q; give another ref if it is another event",
			known.ID(),
			e.Trigger,
			e.Ref,
			known.Title,
			e.Title,
		)
	default:
		return nil
	}
	differs.Known = known
	return differs
}

// unconcerned refuses an event that would start nothing, and says whose events its trigger is for: recorded in silence,
// a recall by the wrong office would be a duty missed.
func (d *desk) unconcerned(e rules.Event) error {
	var named []string
	for _, o := range d.Catalogue.Obligations {
		for _, r := range o.Rules {
			if o.Disabled == "" && (r.After == e.Trigger || r.Before == e.Trigger) {
				named = append(named, slices.Concat(o.Lead, o.Responsible)...)
			}
		}
	}
	if len(named) == 0 || e.Unit == "" {
		return refused(Idle, "no obligation in force is started by %s at %s", e.Trigger, e.At.Format(time.DateOnly))
	}
	slices.Sort(named)
	named = slices.Compact(named)
	idle := refused(Idle, "%s starts nothing for %s; it is for %s", e.Trigger, e.Unit, strings.Join(named, "、"))
	idle.For = named
	return idle
}

// suggestion ends a message with the known word that is nearest.
func suggestion(word string, known []string) string {
	if near, ok := document.Nearest(word, known); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}
