package scheduler

import (
	"errors"
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

// complete returns the event with its subjects settled, or refuses one that does not say whose it is, where its trigger
// asks for that and nobody says that it is every unit's: it would press many units that have nothing to do with it. One
// that is on record without a unit stays what it is.
func (d *desk) complete(e rules.Event) (rules.Event, error) {
	e, err := d.Planner.Settle(e)
	if wrong, ok := errors.AsType[*rules.SubjectError](err); ok {
		r := refused(NoSubject, "%v", wrong)
		r.Trigger, r.Choices = wrong.Trigger, wrong.Choices
		return e, r
	}
	on, ok := d.onRecord(e)
	t := d.Catalogue.Triggers[e.Trigger]
	switch group, known := d.Catalogue.Units[e.Unit]; {
	case ok && !d.gone[on.ID()]:
		return e, nil
	case known && group.Group:
		var members []string
		for _, m := range group.Members {
			members = append(members, m.Unit)
		}
		r := refused(
			OfGroup,
			"%s is a group, and one of it would close for all; record an event for each unit that has one: %s",
			e.Unit,
			strings.Join(members, "、"),
		)
		r.For = members
		return e, r
	case e.AllUnits && d.Planner.Pauses(e.Trigger):
		return e, refused(
			NoClock,
			"%s stops or continues the clock of one unit's event; say whose (--unit) and which (--ref), not --all-units",
			e.Trigger,
		)
	case t.Unit == "" || e.Unit != "" || e.AllUnits:
		return e, nil
	}
	r := refused(
		NoUnit,
		"%s without a unit would press every unit of its rules; say whose it is (%s), or that it is all units' (--all-units)",
		e.Trigger,
		t.Unit,
	)
	r.Trigger = t
	return e, r
}

// mayLieAhead refuses an event that is more than a day ahead, a slip of the pen most likely, unless its trigger is one
// for which something must be done before: such a one is planned.
func (d *desk) mayLieAhead(e rules.Event, now time.Time) error {
	starts := d.Catalogue.Starts(e)
	if !e.At.After(now.AddDate(0, 0, 1)) ||
		slices.ContainsFunc(d.Catalogue.Obligations, func(o *rules.Obligation) bool {
			return o.Disabled == "" &&
				slices.ContainsFunc(o.Rules, func(r rules.Rule) bool { return plans(r, starts) })
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

// plans reports whether a rule, or one that it chooses from, must be met before one of the triggers.
func plans(r rules.Rule, triggers []string) bool {
	return slices.Contains(triggers, r.Before) ||
		slices.ContainsFunc(
			slices.Concat(r.LaterOf, r.EarlierOf),
			func(r rules.Rule) bool { return plans(r, triggers) },
		)
}

// onRecord returns the event on record that e is, whatever the length of its ID, and whichever of its names the unit
// had.
func (d *desk) onRecord(e rules.Event) (rules.Event, bool) {
	for _, name := range d.names(e.Unit) {
		e.Unit = name
		for _, id := range []string{e.ID(), e.OldID()} {
			known, ok := d.events[id]
			if ok && alike(known, e) && known.Ref == e.Ref {
				return known, true
			}
		}
		for _, known := range d.events { // one that was moved has the ID that it had before
			if e.Ref == "" && known.Ref == "" && alike(known, e) && known.At.Equal(e.At) {
				return known, true
			}
		}
	}
	return rules.Event{}, false
}

// names returns a unit's name and its aliases, by which an event of it may be on record.
func (d *desk) names(unit string) []string {
	names := []string{unit}
	if u, ok := d.Catalogue.Units[unit]; ok {
		names = append(names, u.Aliases...)
	}
	return names
}

// alike reports whether two events are of one trigger, of the same subjects and the same unit.
func alike(a, b rules.Event) bool {
	return a.Trigger == b.Trigger && a.Subject == b.Subject && a.Unit == b.Unit
}

// minuteOf writes a moment, Beijing time, for a person to read, with seconds only where it has some.
func minuteOf(t time.Time) string {
	return strings.TrimSuffix(t.In(calendar.Zone()).Format(time.DateTime), ":00")
}

// differing says in what an event differs from the one on record that it is. A title that is left out is no other
// title.
func differing(known, e rules.Event) error {
	at := func(e rules.Event) string { return minuteOf(e.At) }
	var differs *RefusedEvent
	switch {
	case !known.At.Equal(e.At):
		differs = refused(
			Different,
			"event %s (%s) is on record for %s, not %s; give another ref if it is another event",
			known.ID(),
			named(e),
			at(known),
			at(e),
		)
	case e.Title != "" && known.Title != e.Title:
		differs = refused(
			Different,
			"event %s (%s) is on record with the title %q, not %q; give another ref if it is another event",
			known.ID(),
			named(e),
			known.Title,
			e.Title,
		)
	default:
		return nil
	}
	differs.Known = known
	return differs
}

// named is an event as messages name it: its trigger, and its ref if it has one.
func named(e rules.Event) string { return strings.TrimSpace(e.Trigger + " " + e.Ref) }

// unconcerned refuses an event that would start nothing, and says whose events its trigger is for: recorded in silence,
// a recall by the wrong office would be a duty missed.
func (d *desk) unconcerned(e rules.Event) error {
	starts := d.Catalogue.Starts(e)
	starts = append(starts, d.Catalogue.Triggers[e.Trigger].Subjects...)
	var named []string
	for _, o := range d.Catalogue.Obligations {
		for _, r := range o.Rules {
			if o.Disabled == "" && (slices.Contains(starts, r.After) || slices.Contains(starts, r.Before)) {
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
