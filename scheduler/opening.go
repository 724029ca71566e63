package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"qixian/rules"
	"qixian/rules/calendar"
)

// since returns the day from which what falls due is opened: the last one on which that was done, so that what a new
// plan adds is not late from its first day on, while what fell due during a stop is opened. It may be after today, by a
// clock that was set back a little.
func (p *pass) since(ctx context.Context) (calendar.Date, error) {
	tracked, err := p.s.day(ctx, settingTracked)
	if err != nil {
		return calendar.Date{}, fmt.Errorf("read the last day tracked: %w", err)
	}
	return later(tracked, p.first), nil
}

func later(a, b calendar.Date) calendar.Date {
	if a.Before(b) {
		return b
	}
	return a
}

// gaps are the rules, by ID, of which something could not be reckoned, each with the day from which what it makes due
// was not opened.
type gaps map[string]calendar.Date

// gaps reads which rules had gaps when the deadlines were last tracked.
func (p *pass) gaps(ctx context.Context) (gaps, error) {
	text, err := p.store.Setting(ctx, settingMissing)
	if err != nil {
		return nil, fmt.Errorf("read which rules were missing: %w", err)
	}
	if text == "" {
		return gaps{}, nil
	}
	var g gaps
	if err := json.Unmarshal([]byte(text), &g); err != nil {
		return nil, fmt.Errorf("read which rules were missing: %w", err)
	}
	return g, nil
}

// occurrences returns what falls due from since on, and of the rules that had gaps what they make due before that and
// can be reckoned now. It also returns what gaps there are now; the error joins why.
func (p *pass) occurrences(since calendar.Date, had gaps) ([]rules.Occurrence, gaps, error) {
	os, missing := p.Planner.Occurrences(since, p.today.AddDays(longest))
	has := gaps{}
	for _, rule := range broken(missing) {
		has[rule] = since
	}
	for rule, from := range had {
		if !from.Before(since) {
			continue
		}
		before, err := p.Planner.Occurrences(from, since.AddDays(-1))
		os = append(os, slices.DeleteFunc(before, func(o rules.Occurrence) bool { return o.Rule.ID != rule })...)
		if _, still := has[rule]; still || slices.Contains(broken(err), rule) {
			has[rule] = from
		}
	}
	return os, has, missing
}

// broken returns the rules that an error of the planner's names.
func broken(err error) []string {
	var all []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if one, ok := errors.AsType[*rules.RuleError](e); ok {
				all = append(all, one.Rule)
			}
		}
	}
	return all
}

// open tracks those of the occurrences that are not known yet and are due within the horizon, or whose period has
// begun, and notes that this was done today, or by a clock that was not set back yet, and what is missing.
func (p *pass) open(ctx context.Context, os []rules.Occurrence, missing gaps, since calendar.Date) error {
	horizon := p.today.AddDays(p.o.Horizon)
	var ds []Deadline
	for _, o := range os {
		if o.Due.Date.After(horizon) && o.Opens.After(p.today) {
			continue
		}
		ds = append(ds, p.unknown(p.deadlines(o, p.now))...)
	}
	if err := p.add(ctx, ds); err != nil {
		return err
	}
	text := ""
	if len(missing) > 0 {
		data, err := json.Marshal(missing)
		if err != nil {
			return fmt.Errorf("note which rules are missing: %w", err)
		}
		text = string(data)
	}
	if err := p.store.SetSetting(ctx, settingMissing, text); err != nil {
		return fmt.Errorf("note which rules are missing: %w", err)
	}
	if err := p.store.SetSetting(ctx, settingTracked, later(p.today, since).String()); err != nil {
		return fmt.Errorf("note the last day tracked: %w", err)
	}
	return nil
}
