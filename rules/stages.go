package rules

import (
	"cmp"
	"slices"
	"time"

	"qixian/rules/calendar"
)

// The stages that a form of rule has where the rule names none, each from the farthest to the nearest.
var (
	weekStages    = stageList("1wd", "0")
	monthStages   = stageList("5wd", "2wd", "0")
	longStages    = stageList("20wd", "10wd", "5wd", "1wd", "0")
	eventStages   = stageList("record", "5wd", "1wd", "0")
	shortStages   = stageList("record", "1wd", "0")
	briefStages   = stageList("record", "0")
	dayStages     = stageList("record", "12h", "2h")
	hoursStages   = stageList("record", "2h")
	instantStages = stageList("record")
)

func stageList(words ...string) []Stage {
	out := make([]Stage, len(words))
	for i, w := range words {
		s, err := ParseStage(w)
		if err != nil { // the words stand above
			panic(err)
		}
		out[i] = s
	}
	return out
}

// EffectiveStages returns the rule's stages from the farthest to the nearest: its own, or its form's default where it
// names none. The slice must not be changed.
func (r *Rule) EffectiveStages() []Stage {
	if r.Stages == nil {
		return r.defaultStages()
	}
	own := slices.Clone(r.Stages)
	slices.SortStableFunc(own, func(a, b Stage) int { return cmp.Compare(b.hours(), a.hours()) })
	return own
}

func (r *Rule) defaultStages() []Stage {
	switch {
	case r.AtLeast > 0:
		return append([]Stage{HalfTime}, periodStages(r.Every)...)
	case r.length() != "" && r.trigger() == "":
		return periodStages(r.length())
	case !r.OnShow.IsZero():
		return briefStages
	case !r.Interval.IsZero():
		return periodStages(r.Interval.period())
	// what is left is the time until the event, however short the distance to be kept
	case r.Before != "" && r.Ahead.Clock == Hours:
		return dayStages
	case r.Before != "":
		return eventStages
	case r.After != "":
		return r.span().eventStages()
	}
	if longest := r.longestMember(); longest != nil {
		return longest.choiceStages()
	}
	return longStages
}

// longestMember returns the member of a choice that leaves the most time, or nil if r is no choice.
func (r *Rule) longestMember() (longest *Rule) {
	members, _ := r.members()
	for i := range members {
		if longest == nil || members[i].roughDays() > longest.roughDays() {
			longest = &members[i]
		}
	}
	return longest
}

// roughDays returns about how many days a rule leaves, so that rules of different forms can be compared.
func (r *Rule) roughDays() int {
	switch {
	case r.length() != "":
		return map[PeriodLength]int{Week: 7, Month: 30, Quarter: 91, Half: 182, Year: 365}[r.length()]
	case r.Before != "": // nobody knows how long before an event it is announced
		return maxSpan
	default:
		return Stage{Lead: r.span()}.hours() / 24
	}
}

// choiceStages returns the default stages of a choice, by an event's clock, of which r leaves the most time.
func (r *Rule) choiceStages() []Stage {
	if r.trigger() != "" {
		return r.defaultStages()
	}
	return append([]Stage{OnRecord}, periodStages(r.length())...)
}

func periodStages(length PeriodLength) []Stage {
	switch length {
	case Week:
		return weekStages
	case Month:
		return monthStages
	default:
		return longStages
	}
}

// period returns the period that a rolling interval is nearest to.
func (s Span) period() PeriodLength {
	switch days := (Stage{Lead: s}).hours() / 24; {
	case days < 20:
		return Week
	case days < 60:
		return Month
	default:
		return Quarter
	}
}

// eventStages returns the stages of a deadline that a span after an event leaves.
func (s Span) eventStages() []Stage {
	if s.Clock == Hours {
		switch {
		case s.N >= 24:
			return dayStages
		case s.N > 2:
			return hoursStages
		default:
			return instantStages
		}
	}
	brief, short := 2, 7
	if s.Clock == CalendarDays {
		short = 9
	}
	switch {
	case s.Clock == Months || s.N > short:
		return eventStages
	case s.N > brief:
		return shortStages
	default:
		return briefStages
	}
}

// hours returns roughly how long before due the stage lies, so that stages of different clocks can be ordered.
func (s Stage) hours() int {
	switch s.Word {
	case OnRecord.Word:
		return 1 << 30
	case HalfTime.Word:
		return 1 << 29
	}
	switch s.Lead.Clock {
	case WorkingDays:
		return s.Lead.N * 24 * 7 / 5
	case CalendarDays:
		return s.Lead.N * 24
	case Months:
		return s.Lead.N * 24 * 30
	default:
		return s.Lead.N
	}
}

// clockStart is when an occurrence's clock begins, and the half of its time.
type clockStart struct {
	at      time.Time     // the event, or the midnight that begins the period; zero where nobody knows
	middle  calendar.Date // zero where there is none
	resumed bool          // at is when it ran again after a pause: what it is for was told before
}

// periodStart returns the clock's start of an occurrence for a period that opens on a day. Of a fixed date nobody has
// to wait for the year to begin: its reminders may fall in the year before.
func (r *Rule) periodStart(pd period, opens calendar.Date, due Due) clockStart {
	if r.fixed() {
		opens = due.Earliest.AddMonths(-12)
	}
	return clockStart{at: opens.At(0), middle: pd.middle()}
}

// eventStart returns the clock's start of a rule that e started: the event, or, before an event, when it became known.
func eventStart(r *Rule, e *Event, due Due) clockStart {
	start := clockStart{at: e.At}
	if r.precedes() {
		start.at = e.Announced
	}
	if !start.at.IsZero() {
		start.middle = middle(calendar.DateOf(start.at), due.Earliest)
	}
	return start
}

// startOf returns the clock's start of an occurrence.
func startOf(o Occurrence) clockStart {
	if o.Event != nil {
		start := eventStart(o.Rule, o.Event, o.Due)
		if o.Resumed.After(start.at) {
			start.at, start.resumed = o.Resumed, true
		}
		return start
	}
	if pd, err := parsePeriod(o.Period); err == nil {
		return o.Rule.periodStart(pd, o.Opens, o.Due)
	}
	return clockStart{at: o.Opens.At(0), middle: middle(o.Opens, o.Due.Earliest)}
}

// middle returns the day halfway between two.
func middle(from, to calendar.Date) calendar.Date { return from.AddDays(to.Sub(from) / 2) }

// remind returns the reminders that stages, from the farthest to the nearest, make for a due date, in the order of
// their times and in out, which is empty, as far as there is room. A stage that would fire at or before the clock's
// start is dropped, unless it is the one on record; of stages that would fire at the same time only the nearest to due
// is kept. Who takes part and does not answer is told of the first and the last.
func (p *Planner) remind(
	out []Reminder,
	stages []Stage,
	due Due,
	start clockStart,
	told told,
) ([]Reminder, error) {
	out = slices.Grow(out, len(stages))
	rising := true
	for _, s := range stages {
		at, err := p.fireTime(s, due, start)
		if err != nil {
			return nil, err
		}
		if at.IsZero() || s != OnRecord && !at.After(start.at) || s == OnRecord && start.resumed {
			continue
		}
		switch n := len(out); {
		case n > 0 && out[n-1].At.Equal(at):
			out = out[:n-1]
		case n > 0 && out[n-1].At.After(at):
			rising = false
		}
		out = append(out, Reminder{Stage: s, At: at, Immediate: !due.Instant.IsZero(), Units: told.answering})
	}
	if !rising {
		out = inOrder(out)
	}
	if n := len(out); n > 0 {
		out[0].Units, out[n-1].Units = told.sharing, told.sharing
	}
	return out, nil
}

// AsRecorded returns an event's occurrence with the reminders that it has if the event was recorded at a time: of those
// that lay before, only the last is sent, as soon as it can be.
func (p *Planner) AsRecorded(o Occurrence, at time.Time) Occurrence {
	n := slices.IndexFunc(o.Reminders, func(r Reminder) bool { return r.At.After(at) })
	if n < 0 {
		n = len(o.Reminders)
	}
	if o.Event == nil || n == 0 {
		return o
	}
	o.Reminders = slices.Clone(o.Reminders[n-1:])
	if o.Reminders[0].At = at; !o.Reminders[0].Immediate {
		o.Reminders[0].At = p.firstDigest(at)
	}
	if len(o.Reminders) > 1 && !o.Reminders[1].At.After(o.Reminders[0].At) {
		o.Reminders = o.Reminders[1:]
	}
	return o
}

// inOrder sorts reminders by their times and keeps the last of those with the same time.
func inOrder(rs []Reminder) []Reminder {
	slices.SortStableFunc(rs, func(a, b Reminder) int { return a.At.Compare(b.At) })
	out := rs[:0]
	for i, r := range rs {
		if i+1 == len(rs) || !rs[i+1].At.Equal(r.At) {
			out = append(out, r)
		}
	}
	return out
}

// fireTime returns when a stage fires, or the zero time for one that this occurrence cannot have.
func (p *Planner) fireTime(s Stage, due Due, start clockStart) (time.Time, error) {
	switch {
	case s == OnRecord && start.at.IsZero(), s == HalfTime && start.middle.IsZero():
		return time.Time{}, nil
	case s == HalfTime:
		return p.digest(p.calendar.OnOrBefore(start.middle)), nil
	case !due.Instant.IsZero():
		return p.instantBefore(s, due, start)
	case s == OnRecord:
		return p.firstDigest(start.at), nil
	}
	// A provisional date can be as early as the day of the event itself; then its stages gather on the first working
	// morning after.
	base := p.calendar.OnOrBefore(due.Earliest)
	if !p.digest(base).After(start.at) && !start.at.IsZero() {
		next := p.firstDigest(start.at.Add(1))
		if date := calendar.DateOf(next); !date.After(due.Date) {
			base = date
		}
	}
	switch s.Lead.Clock {
	case WorkingDays:
		c, err := p.calendar.Add(base, -s.Lead.N)
		return p.digest(c.Date), err
	case CalendarDays:
		return p.digest(p.calendar.OnOrBefore(due.Earliest.AddDays(-s.Lead.N))), nil
	case Hours: // counted from the end of the due day
		return p.digest(p.calendar.OnOrBefore(due.Earliest.AddDays(-(s.Lead.N - 1) / 24))), nil
	default:
		return p.digest(base), nil
	}
}

// instantBefore returns when a stage of an hour rule fires: exactly, at any hour.
func (p *Planner) instantBefore(s Stage, due Due, start clockStart) (time.Time, error) {
	switch {
	case s == OnRecord:
		return start.at.In(calendar.Zone()), nil
	case s.Lead.Clock == WorkingDays:
		c, err := p.calendar.Add(due.Date, -s.Lead.N)
		return c.Date.At(due.Instant.Sub(due.Date.At(0))), err
	case s.Lead.Clock == CalendarDays:
		return due.Instant.Add(-time.Duration(s.Lead.N) * 24 * time.Hour), nil
	default:
		return due.Instant.Add(-time.Duration(s.Lead.N) * time.Hour), nil
	}
}

// digest returns the office's hour of a day.
func (p *Planner) digest(d calendar.Date) time.Time { return d.At(p.digestAt) }

// firstDigest returns the office's hour of the first working day on which it is not before t.
func (p *Planner) firstDigest(t time.Time) time.Time {
	d := calendar.DateOf(t)
	if p.digest(d).Before(t) {
		d = d.AddDays(1)
	}
	return p.digest(p.calendar.OnOrAfter(d))
}
