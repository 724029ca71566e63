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

// since returns the day from which what falls due during a stop is looked for: the last one on which deadlines were
// opened. It may be after today, by a clock that was set back a little.
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

// reach is how far back a pass opens deadlines. A plan that is not the one by which they were opened last adds nothing
// that was due before it came: what the earlier plan had within its horizon is open already, so that whatever is
// missing there is new. Beyond it only what is on record for the same rule and unit was a duty before.
type reach struct {
	since calendar.Date // the last day on which deadlines were opened
	fresh calendar.Date // from this day on all is opened
	ahead calendar.Date // up to this day the earlier plan has opened what it had
	had   gaps
	known map[identity]bool // by rule; read only if the stop was longer than the horizon
}

// reach reads by which plan deadlines were opened last, and since when.
func (p *pass) reach(ctx context.Context) (reach, error) {
	since, err := p.since(ctx)
	if err != nil {
		return reach{}, err
	}
	had, err := p.gaps(ctx)
	if err != nil {
		return reach{}, err
	}
	r := reach{since: since, fresh: since, ahead: since.AddDays(minHorizon), had: had}
	last, err := p.store.Setting(ctx, settingTrackedPlan)
	if err != nil {
		return reach{}, fmt.Errorf("read the last plan tracked: %w", err)
	}
	if last == p.Fingerprint {
		return r, nil
	}
	r.fresh = later(since, p.today)
	if !r.ahead.Before(p.today) {
		return r, nil
	}
	ds, err := p.store.Deadlines(ctx, Filter{States: []State{Open, Done, Withdrawn}})
	if err != nil {
		return reach{}, fmt.Errorf("list whose duties are known: %w", err)
	}
	r.known = map[identity]bool{}
	for _, dl := range ds {
		r.known[identity{dl.Rule, dl.Unit}] = true
	}
	return r, nil
}

// opens reports whether a deadline that is not on record yet is opened.
func (r reach) opens(dl Deadline) bool {
	_, missing := r.had[dl.Rule]
	return missing || !dl.Due.Date.Before(r.fresh) ||
		dl.Due.Date.After(r.ahead) && r.known[identity{dl.Rule, dl.Unit}]
}

// from returns the day from which what a rule makes due is still to be opened if it cannot be reckoned now.
func (r reach) from(rule string) calendar.Date {
	for id := range r.known {
		if id.key == rule {
			return r.since
		}
	}
	return r.fresh
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

// occurrences returns what falls due from the last day tracked on, and of the rules that had gaps what they make due
// before that and can be reckoned now. It also returns what gaps there are now; the error joins why.
func (p *pass) occurrences(r reach) ([]rules.Occurrence, gaps, error) {
	os, missing := p.Planner.Occurrences(r.since, p.today.AddDays(longest))
	has := gaps{}
	for _, rule := range broken(missing) {
		has[rule] = r.from(rule)
	}
	for rule, from := range r.had {
		if !from.Before(r.since) {
			continue
		}
		before, err := p.Planner.Occurrences(from, r.since.AddDays(-1))
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
// begun, as far back as r lets it, and notes that this was done today, or by a clock that was not set back yet, by
// which plan, and what is missing.
func (p *pass) open(ctx context.Context, os []rules.Occurrence, missing gaps, r reach) error {
	horizon := p.today.AddDays(p.o.Horizon)
	var ds []Deadline
	for _, o := range os {
		if o.Due.Date.After(horizon) && o.Opens.After(p.today) {
			continue
		}
		opened := slices.DeleteFunc(p.deadlines(o, p.now), func(dl Deadline) bool { return !r.opens(dl) })
		ds = append(ds, p.unknown(opened)...)
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
	if err := p.store.SetSetting(ctx, settingTracked, later(p.today, r.since).String()); err != nil {
		return fmt.Errorf("note the last day tracked: %w", err)
	}
	if err := p.store.SetSetting(ctx, settingTrackedPlan, p.Fingerprint); err != nil {
		return fmt.Errorf("note the last plan tracked: %w", err)
	}
	return nil
}
