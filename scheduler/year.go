package scheduler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// YearDay is one day of a year at a glance.
type YearDay struct {
	calendar.Day
	Due int // deadlines that fall due on it
}

// YearFilter narrows a year; its zero value is everything.
type YearFilter struct {
	Unit       string // told of it
	Obligation string // by ID
}

// Year returns every day of a year, with how much falls due on it: of what the plan says as the plan has it, of what
// events have opened as it is tracked.
func (s *Scheduler) Year(ctx context.Context, year int, f YearFilter) ([]YearDay, error) {
	d := s.desk()
	f.Unit = d.unit(f.Unit)
	first, last := calendar.NewDate(year, time.January, 1), calendar.NewDate(year, time.December, 31)
	covered, _ := d.Calendar.Coverage()
	os, err := d.Planner.Occurrences(later(first, covered), last)
	if err != nil {
		s.o.Logger.Warn("year shown without rules that cannot be reckoned", "year", year, "error", err)
	}
	happened, err := s.o.Store.Deadlines(ctx, Filter{Unit: f.Unit, States: []State{Open, Done}, Happened: true})
	if err != nil {
		return nil, fmt.Errorf("list deadlines: %w", err)
	}
	due := map[calendar.Date]int{}
	for _, o := range os {
		due[o.Due.Date] += f.counts(o)
	}
	for _, dl := range happened {
		if !dl.Paused() && (f.Obligation == "" || f.Obligation == dl.Obligation) {
			due[dl.DueDate()]++
		}
	}
	var days []YearDay
	for day := first; !day.After(last); day = day.AddDays(1) {
		days = append(days, YearDay{Day: d.Calendar.Day(day), Due: due[day]})
	}
	return days, nil
}

// counts returns how many deadlines an occurrence is, of those that the filter asks for.
func (f YearFilter) counts(o rules.Occurrence) int {
	switch {
	case f.Obligation != "" && f.Obligation != o.Obligation.ID:
		return 0
	case f.Unit != "" && !slices.Contains(o.Lead, f.Unit) && !slices.Contains(o.Responsible, f.Unit):
		return 0
	case o.Obligation.Per == rules.PerUnit && f.Unit == "":
		return len(o.Lead) + len(o.Responsible)
	}
	return 1
}

// Choice is something that may be chosen by its name or ID.
type Choice struct{ ID, Title string }

// Choices returns the units that are no groups and the obligations that are in force, each in order.
func (s *Scheduler) Choices() (units, obligations []Choice) {
	c := s.desk().Catalogue
	for name, u := range c.Units {
		if !u.Group {
			units = append(units, Choice{name, name})
		}
	}
	for _, o := range c.Obligations {
		if o.Disabled == "" {
			obligations = append(obligations, Choice{o.ID, o.Title})
		}
	}
	slices.SortFunc(units, func(a, b Choice) int { return strings.Compare(a.Title, b.Title) })
	return units, obligations
}

// Offers returns what can be recorded for a unit now; without a unit, or for one that is not known, what can be
// recorded at all.
func (s *Scheduler) Offers(now time.Time, unit string) []rules.Offer {
	d := s.desk()
	if _, ok := d.Catalogue.Canonical(unit); !ok {
		unit = ""
	}
	return d.Planner.Offers(unit, calendar.DateOf(now))
}

// EventTitle returns what an event is called; empty for one that follows from a completion.
func (s *Scheduler) EventTitle(e rules.Event) string { return s.desk().Catalogue.Title(e) }

// Foresee returns what AddEvents would make of one event, and records nothing.
func (s *Scheduler) Foresee(ctx context.Context, now time.Time, e rules.Event) (Recorded, error) {
	if err := s.mayOpen(ctx, now); err != nil {
		return Recorded{}, err
	}
	d := s.desk()
	if err := s.loadEvents(ctx, d); err != nil {
		return Recorded{}, err
	}
	r, err := d.judge(e, now, self)
	if err != nil {
		return Recorded{}, err
	}
	one := []Recorded{r}
	if _, _, err := s.clocks(ctx, d, one, now); err != nil {
		return Recorded{}, err
	}
	err = s.spareTwice(ctx, d, one)
	return one[0], err
}

// EventsOnRecord lists the last events, newest first.
func (s *Scheduler) EventsOnRecord(ctx context.Context, limit int) ([]Event, error) {
	es, err := s.o.Store.Events(ctx, limit)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return es, nil
}
