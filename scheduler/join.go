package scheduler

import (
	"context"
	"fmt"
	"slices"

	"qixian/rules"
)

// join opens for units that have come to a group since an event what the event has opened for each of the others, if it
// is still to fall due. A rule that is new opens nothing: it does not reach back to old events.
func (p *pass) join(ctx context.Context) error {
	since, err := p.since(ctx)
	if err != nil {
		return err
	}
	since = later(since, p.today)
	oldest := since.AddDays(-longest).At(0)
	var ds []Deadline
	for _, e := range p.events {
		if e.At.Before(oldest) || p.gone[e.ID()] {
			continue
		}
		os, err := p.Planner.OnEvent(e)
		if err != nil { // its trigger, or a rule, is not in force any more
			continue
		}
		for _, o := range os {
			past := o.Due.Date.Before(since) || !o.Due.Instant.IsZero() && o.Due.Instant.Before(p.now)
			if o.Obligation.Per != rules.PerUnit || past {
				continue
			}
			late, err := p.latecomers(ctx, o)
			if err != nil {
				return err
			}
			ds = append(ds, late...)
		}
	}
	return p.add(ctx, p.unknown(ds))
}

// latecomers returns the deadlines of an occurrence that are not on record, if others of it are.
func (p *pass) latecomers(ctx context.Context, o rules.Occurrence) ([]Deadline, error) {
	ds := slices.DeleteFunc(
		p.deadlines(o, p.now),
		func(dl Deadline) bool { return p.s.known[identity{dl.Key, dl.Unit}] },
	)
	if len(ds) == 0 {
		return nil, nil
	}
	tracked, err := p.store.Find(ctx, o.Key, "")
	if err != nil {
		return nil, fmt.Errorf("find who has %s: %w", o.Key, err)
	}
	if len(tracked) == 0 {
		return nil, nil
	}
	return slices.DeleteFunc(ds, func(dl Deadline) bool {
		return slices.ContainsFunc(tracked, func(x Deadline) bool { return x.Unit == dl.Unit })
	}), nil
}

// rename carries over what is on record under a unit's former name, which the catalogue knows as an alias: what it has
// done, and what it has been told.
func (p *pass) rename(ctx context.Context) error {
	units, err := p.store.Units(ctx)
	if err != nil {
		return fmt.Errorf("list units on record: %w", err)
	}
	for _, old := range units {
		name, ok := p.Catalogue.Canonical(old)
		if !ok || name == old {
			continue
		}
		audit := Entry{
			At:     p.now,
			By:     self,
			Action: "rename",
			Target: old,
			Detail: detail(map[string]string{"to": name}),
		}
		if err := p.store.Rename(ctx, old, name, audit); err != nil {
			return fmt.Errorf("rename %s to %s: %w", old, name, err)
		}
	}
	return nil
}
