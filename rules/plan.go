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

// Counting is the version of how dates are counted. It is raised whenever the same rule by the same calendar comes to
// another date than before, so that it can be told when that began.
const Counting = 3

// Options is what a configuration decides about planning.
type Options struct {
	DigestAt   *time.Duration // the office's hour for reminders, since midnight; nil: 09:00
	TableYears []int          // the years in which rules with years: table hold; nil: the table's own, or every year
}

// Planner derives occurrences and their reminders from a catalogue and a calendar. It never changes and is safe for
// concurrent use. Occurrences that it returns share their slices of units; they must not be changed.
type Planner struct {
	catalogue  *Catalogue
	calendar   *calendar.Calendar
	digestAt   time.Duration
	tableYears []int // nil: every year
	ownYear    bool  // tableYears is the table's own: nobody has named others
	byRule     map[string]*schedule
	byTrigger  map[string][]*schedule // those in force
	clock      []*schedule            // those in force that the calendar drives
	pausers    []*Rule                // those in force whose clock can be stopped
	pausing    map[string]bool        // the triggers of their pauses
}

// schedule is a rule made ready for planning.
type schedule struct {
	obligation *Obligation
	rule       *Rule
	stages     []Stage // from the farthest to the nearest
	told       []told  // one for each stretch between changes of membership
	changes    []calendar.Date
	order      int // in the catalogue
}

// told is who is told, groups expanded. Who answers gets every stage; a lead unit that does not answer gets none, and
// is told when it is late (催办) and when it is done; who only takes part gets the first stage and the last, which is the
// due day itself: nobody is pressed about what he cannot close.
type told struct {
	lead, responsible []string
	answering         []string // every stage
	sharing           []string // the first and the last: who answers or takes part, lead units first
}

// NewPlanner prepares a catalogue for planning.
func NewPlanner(c *Catalogue, cal *calendar.Calendar, o Options) *Planner {
	p := &Planner{
		catalogue:  c,
		calendar:   cal,
		digestAt:   *cmp.Or(o.DigestAt, new(9*time.Hour)),
		tableYears: slices.Clone(o.TableYears),
		byRule:     map[string]*schedule{},
		byTrigger:  map[string][]*schedule{},
		pausing:    map[string]bool{},
	}
	changes := c.membershipChanges()
	expanded := map[string][]told{} // many obligations name the same units
	if o.TableYears == nil && c.Year > 0 {
		p.tableYears, p.ownYear = []int{c.Year}, true
	}
	for _, ob := range c.Obligations {
		named := strings.Join(ob.Lead, "\x00") + "\x00\x00" + strings.Join(ob.Responsible, "\x00")
		told, ok := expanded[named]
		if !ok {
			told = c.expandAll(ob, changes)
			expanded[named] = told
		}
		for i := range ob.Rules {
			r := &ob.Rules[i]
			s := &schedule{obligation: ob, rule: r, stages: r.EffectiveStages(), told: told, changes: changes}
			s.order = len(p.byRule)
			p.byRule[r.ID] = s
			if ob.Disabled != "" {
				continue
			}
			for _, pause := range r.Pause {
				p.pausing[pause.Stop], p.pausing[pause.end()] = true, true
			}
			if len(r.Pause) > 0 {
				p.pausers = append(p.pausers, r)
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
	t := told{lead: lead, responsible: others, answering: lead, sharing: slices.Concat(lead, others)}
	if len(lead) == 0 {
		t.answering = others
	}
	return t
}

// answeredBy is t with only some of the responsible units answering.
func (t told) answeredBy(units []string) told {
	t.answering, t.sharing = units, t.responsible
	return t
}

// each is t with every unit answering for its own, or every responsible one.
func (t told) each(who Answers) told {
	if who == AnswersResponsible {
		return t.answeredBy(t.responsible)
	}
	t.answering = t.sharing
	return t
}

// on returns who is told of what falls due on a date.
func (s *schedule) on(due calendar.Date) told {
	i, found := slices.BinarySearchFunc(s.changes, due, calendar.Date.Compare)
	if found {
		i++
	}
	return s.told[i]
}

// Occurrences returns every occurrence that the calendar drives and whose due date lies from one date to the other,
// both inclusive, ordered by due date, then key. What cannot be reckoned, such as what would have to be counted over
// days before the calendar's coverage, is left out; the error joins a RuleError for each rule of which something is
// missing, and all that could be reckoned comes with it.
func (p *Planner) Occurrences(from, to calendar.Date) ([]Occurrence, error) {
	var out []Occurrence
	err := p.Each(from, to, func(o *Occurrence) {
		kept := *o
		kept.Reminders = slices.Clone(o.Reminders)
		out = append(out, kept)
	})
	slices.SortFunc(out, func(a, b Occurrence) int {
		return cmp.Or(a.Due.Date.Compare(b.Due.Date), strings.Compare(a.Key, b.Key))
	})
	return out, err
}

// Each calls f with what Occurrences returns, one at a time: a rule after the other, the periods of each in order. The
// occurrence and its reminders are overwritten for the next call, so that a plan takes no more memory however long it
// is; f copies what it keeps.
func (p *Planner) Each(from, to calendar.Date, f func(*Occurrence)) error {
	if from.IsZero() || to.IsZero() {
		return errors.New("plan occurrences: both ends of the range are needed")
	}
	w := walk{p: p, from: from, to: to, f: f}
	var errs []error
	for _, s := range p.clock {
		if err := w.between(s); err != nil {
			errs = append(errs, &RuleError{Rule: s.rule.ID, Err: err})
		}
	}
	return errors.Join(errs...)
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
	return r.inYear(year) && r.inSeason(pd) &&
		(p.tableYears == nil || !r.ofTable() || slices.Contains(p.tableYears, year))
}

// forPeriod makes o the occurrence of a rule for a period that is known to fall due then.
func (p *Planner) forPeriod(o *Occurrence, s *schedule, pd period, due Due) error {
	o.Key, o.Opens, o.Due = s.rule.ID+"@"+pd.String(), pd.first, due
	o.Period = o.Key[len(s.rule.ID)+1:]
	if due.Earliest.Before(o.Opens) { // a date on the first days of a year, landed before it
		o.Opens = due.Earliest
	}
	if err := p.complete(o, s, s.rule.periodStart(pd, o.Opens, due), s.on(due.Date)); err != nil {
		return err
	}
	if s.rule.fixed() && len(o.Reminders) > 0 { // its reminders may begin in the year before
		if first := calendar.DateOf(o.Reminders[0].At); first.Before(o.Opens) {
			o.Opens = first
		}
	}
	return nil
}

// sinceFirst makes o the first occurrence of a rolling interval. Its period is the date of the first publication.
func (p *Planner) sinceFirst(o *Occurrence, s *schedule) error {
	since := s.rule.Since
	got, err := p.onEvent(s.rule, &Event{At: since.At(0)})
	if err != nil {
		return fmt.Errorf("reckon %s@%s: %w", s.rule.ID, since, err)
	}
	o.Key, o.Period, o.Opens, o.Due = s.rule.ID+"@"+since.String(), since.String(), since, got.due
	return p.complete(o, s, clockStart{at: since.At(0), middle: middle(since, got.due.Earliest)}, s.on(got.due.Date))
}

// complete gives o its rule, its units and, where those it has stand, its reminders.
func (p *Planner) complete(o *Occurrence, s *schedule, start clockStart, told told) error {
	if first, _ := p.calendar.Coverage(); o.Due.Date.Before(first) {
		return fmt.Errorf("reckon %s: due %s: %w (%s)", o.Key, o.Due.Date, calendar.ErrBeforeCoverage, first)
	}
	o.Obligation, o.Rule = s.obligation, s.rule
	if s.obligation.Per == PerUnit {
		told = told.each(s.obligation.Answers)
	}
	o.Lead, o.Responsible, o.Answering = told.lead, told.responsible, told.answering
	if o.Stands != nil && !o.Stands.Late {
		o.Reminders = o.Reminders[:0]
		return nil
	}
	var err error
	if o.Reminders, err = p.remind(o.Reminders[:0], s.stages, o.Due, start, told); err != nil {
		return fmt.Errorf("place reminders of %s: %w", o.Key, err)
	}
	return nil
}
