package rules

import (
	"fmt"
	"strings"

	"qixian/rules/calendar"
	"qixian/rules/document"
)

// room is the most that a rule can leave between its clock's start and due. The zero room has no bound: nobody knows
// how long before a meeting it is announced.
type room struct {
	days, workdays, hours int
	of                    any // what leaves it, for a problem
}

// stages checks that every stage of a rule goes with its clock and lies within the time the rule leaves.
func (k *checker) stages(d *draft, r *Rule, path string) {
	if r.Stages == nil {
		return
	}
	left := r.room()
	for i, s := range r.Stages {
		at := fmt.Sprintf("%s.stages[%d]", path, i)
		switch {
		case s == OnRecord && (r.trigger() == "" || !r.Interval.IsZero()):
			k.report(d.places, at, "stage record needs a rule that an event starts (after or before)")
		case s == HalfTime && r.AtLeast == 0:
			k.report(d.places, at, "stage half needs a quota (every with at_least)")
		case s.Word != "" || s == OnDue:
		case r.hourly() && s.Lead.Clock != Hours:
			k.report(d.places, at, "stage %s in an hour rule (%s) mixes clocks; write hours, such as 2h", s, r.span())
		case !r.hourly() && s.Lead.Clock == Hours:
			k.report(
				d.places,
				at,
				"stage %s in a rule that counts days mixes clocks; write working days (5wd) or days (3d)",
				s,
			)
		case left.exceeded(s.Lead):
			k.report(d.places, at, "stage %s would never fire: %s leaves less time than that", s, left.of)
		}
	}
}

func (b room) exceeded(lead Span) bool {
	switch lead.Clock {
	case WorkingDays:
		// as long as the span is the event's own morning, if it came before the office's hour
		return b.workdays > 0 && lead.N > b.workdays
	case CalendarDays:
		return b.days > 0 && lead.N > b.days
	default:
		return b.hours > 0 && lead.N >= b.hours
	}
}

// inDays returns the room of so many days. Holidays only take working days away, but their make-up workdays crowd
// together.
func inDays(days int, of any) room {
	return room{days: days, workdays: min(days, days*5/7+4), of: of}
}

// inSpan returns the room that a span leaves.
func inSpan(s Span, of any) room {
	switch s.Clock {
	case WorkingDays: // a week's holiday falls into any fortnight at worst
		return room{days: s.N*2 + 14, workdays: s.N, of: of}
	case Months:
		return inDays(s.N*31+longestBreak, of)
	case Hours:
		return room{hours: s.N, of: of}
	default:
		return inDays(s.N+longestBreak, of)
	}
}

// room returns the most time that the rule leaves.
func (r *Rule) room() room {
	switch {
	case r.Every != "":
		return r.Due.room(r.Every, r.roll())
	case r.By != (MonthDay{}):
		return inDays(periodLimits[Year].days, document.Say("the year before by: %s", r.By))
	case !r.Within.IsZero():
		return inSpan(r.Within, "within: "+r.Within.String())
	case !r.OnShow.IsZero():
		return inSpan(r.OnShow, "on_show: "+r.OnShow.String())
	case !r.Interval.IsZero():
		return inSpan(r.Interval, "interval: "+r.Interval.String())
	}
	var widest room
	members, _ := r.members()
	for i := range members {
		m := members[i].room()
		if m == (room{}) || members[i].trigger() == "" && r.trigger() != "" {
			return room{}
		}
		if m.days > widest.days {
			widest = m
		}
	}
	return widest
}

// landed returns the most days after its clock's start on which a day lands: a roll backwards that would pass the start
// goes forwards instead.
func landed(days int, roll calendar.Roll) int {
	if roll == calendar.Following {
		return days + longestBreak
	}
	return max(days, longestBreak)
}

// room returns the most time between the beginning of a period and the day in or after it that d names.
func (d PeriodDay) room(length PeriodLength, roll calendar.Roll) room {
	limits := periodLimits[length]
	days, of := limits.days, "every: "+string(length)
	switch {
	case !d.AfterEnd.IsZero():
		after := inSpan(d.AfterEnd, nil)
		days += after.days
	case d.Month > 0 && d.Day > 0:
		days = landed((d.Month-1)*31+d.Day, roll)
	case d.Month > 0:
		days = landed(d.Month*31, roll)
	case d.Day > 0:
		days = landed(d.Day, roll)
	case d.Weekday > 0:
		days = landed(d.Weekday, roll)
	case d.Workday > 0:
		days = min(days, d.Workday*2+14)
	}
	if d.Following {
		days += limits.days
	}
	if d != (PeriodDay{}) {
		var due strings.Builder
		writeFlow(&due, d.form())
		of += ", due: " + due.String()
	}
	return inDays(days, of)
}
