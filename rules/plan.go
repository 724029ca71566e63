package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/rules/calendar"
)

// Options is what a configuration decides about planning.
type Options struct {
	DigestAt   time.Duration // the office's hour for reminders, since midnight; zero: 09:00
	TableYears []int         // the years in which rules with years: table hold; nil: every year
}

// Planner derives occurrences and their reminders from a catalogue and a calendar. It never changes and is safe for concurrent use.
// Occurrences that it returns share their slices of units; they must not be changed.
type Planner struct {
	catalogue  *Catalogue
	calendar   *calendar.Calendar
	digestAt   time.Duration
	tableYears []int
	byRule     map[string]*schedule
	byTrigger  map[string][]*schedule // those in force
	clock      []*schedule            // those in force that the calendar drives
}

// schedule is a rule made ready for planning.
type schedule struct {
	obligation *Obligation
	rule       *Rule
	stages     []Stage // from the farthest to the nearest
	told       []told  // one for each stretch between changes of membership
	changes    []calendar.Date
}

// told is who is told, groups expanded.
type told struct {
	lead, responsible, all []string
}

// NewPlanner prepares a catalogue for planning.
func NewPlanner(c *Catalogue, cal *calendar.Calendar, o Options) *Planner {
	p := &Planner{
		catalogue:  c,
		calendar:   cal,
		digestAt:   cmp.Or(o.DigestAt, 9*time.Hour),
		tableYears: slices.Clone(o.TableYears),
		byRule:     map[string]*schedule{},
		byTrigger:  map[string][]*schedule{},
	}
	changes := c.membershipChanges()
	for _, ob := range c.Obligations {
		told := c.expandAll(ob, changes)
		for i := range ob.Rules {
			r := &ob.Rules[i]
			s := &schedule{obligation: ob, rule: r, stages: r.EffectiveStages(), told: told, changes: changes}
			p.byRule[r.ID] = s
			if ob.Disabled != "" {
				continue
			}
			trigger := r.trigger()
			if trigger == "" || !r.Interval.IsZero() {
				p.clock = append(p.clock, s)
			}
			if trigger != "" {
				p.byTrigger[trigger] = append(p.byTrigger[trigger], s)
			}
		}
	}
	return p
}

// membershipChanges returns the dates, in order, from which some group has other members than the day before.
func (c *Catalogue) membershipChanges() []calendar.Date {
	var days []calendar.Date
	for _, u := range c.Units {
		for _, m := range u.Members {
			if !m.From.IsZero() {
				days = append(days, m.From)
			}
			if !m.Until.IsZero() {
				days = append(days, m.Until.AddDays(1))
			}
		}
	}
	slices.SortFunc(days, calendar.Date.Compare)
	return slices.Compact(days)
}

// expandAll expands an obligation's units for each stretch between changes of membership.
func (c *Catalogue) expandAll(o *Obligation, changes []calendar.Date) []told {
	out := make([]told, 0, len(changes)+1)
	for i := range len(changes) + 1 {
		on := calendar.NewDate(1, time.January, 1)
		if i > 0 {
			on = changes[i-1]
		}
		out = append(out, newTold(c.Expand(o.Lead, on), c.Expand(o.Responsible, on)))
	}
	return out
}

func newTold(lead, responsible []string) told {
	leads := make(map[string]bool, len(lead))
	for _, u := range lead {
		leads[u] = true
	}
	var others []string
	for _, u := range responsible {
		if !leads[u] {
			others = append(others, u)
		}
	}
	return told{lead, others, slices.Concat(lead, others)}
}

// on returns who is told of what falls due on a date.
func (s *schedule) on(due calendar.Date) told {
	i, found := slices.BinarySearchFunc(s.changes, due, calendar.Date.Compare)
	if found {
		i++
	}
	return s.told[i]
}

// Occurrences returns every occurrence that the calendar drives and whose due date lies from one date to the other, both inclusive,
// ordered by due date, then key. What cannot be reckoned, such as what would have to be counted over days before the calendar's
// coverage, is left out; the error joins a RuleError for each rule of which something is missing, and all that could be reckoned comes with it.
func (p *Planner) Occurrences(from, to calendar.Date) ([]Occurrence, error) {
	if from.IsZero() || to.IsZero() {
		return nil, errors.New("plan occurrences: both ends of the range are needed")
	}
	var out []Occurrence
	var errs []error
	for _, s := range p.clock {
		var err error
		if out, err = p.between(out, s, from, to); err != nil {
			errs = append(errs, &RuleError{Rule: s.rule.ID, Err: err})
		}
	}
	slices.SortFunc(out, func(a, b Occurrence) int {
		return cmp.Or(a.Due.Date.Compare(b.Due.Date), strings.Compare(a.Key, b.Key))
	})
	return out, errors.Join(errs...)
}

// RuleError says that something of one rule could not be reckoned.
type RuleError struct {
	Rule string // its ID
	Err  error
}

// Error returns what is wrong, which names the rule.
func (e *RuleError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *RuleError) Unwrap() error { return e.Err }

// between appends the occurrences of one rule that fall due in the range. The error is that of the first period that cannot be
// reckoned; those after it are appended nonetheless.
func (p *Planner) between(out []Occurrence, s *schedule, from, to calendar.Date) ([]Occurrence, error) {
	if !s.rule.Interval.IsZero() {
		return p.firstInterval(out, s, from, to)
	}
	var missing error
	for pd := s.rule.earliestPeriod(from); !pd.first.IsZero(); pd = pd.next() {
		if first, _ := s.rule.reach(pd); first.AddDays(-longestBreak).After(to) {
			break
		}
		o, ok, err := p.within(s, pd, from, to)
		if err != nil {
			missing = cmp.Or(missing, err)
		} else if ok {
			out = append(out, o)
		}
	}
	return out, missing
}

// within makes the occurrence of a rule for one period, and reports whether there is one that falls due in the range.
func (p *Planner) within(s *schedule, pd period, from, to calendar.Date) (Occurrence, bool, error) {
	if !p.applies(s.rule, pd) {
		return Occurrence{}, false, nil
	}
	got, err := p.inPeriod(s.rule, pd)
	if _, last := s.rule.reach(pd); err != nil && last.Before(from) && errors.Is(err, calendar.ErrBeforeCoverage) {
		return Occurrence{}, false, nil
	}
	if err != nil {
		return Occurrence{}, false, fmt.Errorf("reckon %s@%s: %w", s.rule.ID, pd, err)
	}
	if due := got.due.Date; due.Before(from) || due.After(to) || !s.rule.validOn(due) {
		return Occurrence{}, false, nil
	}
	o, err := p.forPeriod(s, pd, got.due)
	return o, err == nil, err
}

// earliestPeriod returns the first period of the rule that can fall due on or after from.
func (r *Rule) earliestPeriod(from calendar.Date) period {
	pd := periodOf(r.length(), from)
	for {
		before := pd.previous()
		if _, last := r.reach(before); last.AddDays(longestBreak).Before(from) {
			return pd
		}
		pd = before
	}
}

// applies reports whether the rule makes an occurrence for a period at all.
func (p *Planner) applies(r *Rule, pd period) bool {
	year := pd.year()
	return r.inYear(year) && (p.tableYears == nil || !r.ofTable() || slices.Contains(p.tableYears, year))
}

// forPeriod makes the occurrence of a rule for a period that is known to fall due then.
func (p *Planner) forPeriod(s *schedule, pd period, due Due) (Occurrence, error) {
	name := pd.String()
	opens := pd.first
	if due.Earliest.Before(opens) { // a date on the first days of a year, landed before it
		opens = due.Earliest
	}
	return p.occurrence(s, Occurrence{Key: s.rule.ID + "@" + name, Period: name, Opens: opens, Due: due},
		pd.start(opens), s.on(due.Date))
}

// firstInterval appends the first occurrence of a rolling interval, which its Since starts, if it falls due in the range.
func (p *Planner) firstInterval(out []Occurrence, s *schedule, from, to calendar.Date) ([]Occurrence, error) {
	r := s.rule
	if r.Since.IsZero() || r.Since.After(to) {
		return out, nil
	}
	o, err := p.sinceFirst(s)
	if err != nil {
		return out, err
	}
	if due := o.Due.Date; due.Before(from) || due.After(to) || !r.validOn(due) {
		return out, nil
	}
	return append(out, o), nil
}

// sinceFirst makes the first occurrence of a rolling interval. Its period is the date of the first publication.
func (p *Planner) sinceFirst(s *schedule) (Occurrence, error) {
	since := s.rule.Since
	got, err := p.onEvent(s.rule, &Event{At: since.At(0)})
	if err != nil {
		return Occurrence{}, fmt.Errorf("reckon %s@%s: %w", s.rule.ID, since, err)
	}
	o := Occurrence{Key: s.rule.ID + "@" + since.String(), Period: since.String(), Opens: since, Due: got.due}
	return p.occurrence(s, o, clockStart{since.At(0), middle(since, got.due.Earliest)}, s.on(got.due.Date))
}

// occurrence completes o with its rule, its units and its reminders.
func (p *Planner) occurrence(s *schedule, o Occurrence, start clockStart, told told) (Occurrence, error) {
	if first, _ := p.calendar.Coverage(); o.Due.Date.Before(first) {
		return Occurrence{}, fmt.Errorf("reckon %s: due %s: %w (%s)", o.Key, o.Due.Date, calendar.ErrBeforeCoverage, first)
	}
	o.Obligation, o.Rule = s.obligation, s.rule
	o.Lead, o.Responsible = told.lead, told.responsible
	var err error
	if o.Reminders, err = p.remind(s.stages, o.Due, start, told.all); err != nil {
		return Occurrence{}, fmt.Errorf("place reminders of %s: %w", o.Key, err)
	}
	return o, nil
}
