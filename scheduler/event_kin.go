package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"qixian/rules"
)

// A document may be on record under the name of a group and under that of one of its parts: as policy-published by a
// clerk who has always done so, as document-published by another. Each duty is tracked once all the same: for the event
// that was recorded first, and if that is withdrawn, for the other.

// kin returns the events on record of the same document as e that start something which e starts too, by ID.
func (d *desk) kin(e rules.Event) []rules.Event {
	starts := d.Catalogue.Starts(e)
	names := d.names(e.Unit)
	var all []rules.Event
	for id, k := range d.events {
		if id == e.ID() || d.gone[id] || isDone(k.Trigger) || !sameDocument(k, e) || !slices.Contains(names, k.Unit) {
			continue
		}
		if slices.ContainsFunc(d.Catalogue.Starts(k), func(t string) bool { return slices.Contains(starts, t) }) {
			all = append(all, k)
		}
	}
	slices.SortFunc(all, func(a, b rules.Event) int { return cmp.Compare(a.ID(), b.ID()) })
	return all
}

// sameDocument reports whether two events of one unit are about one document: they have the same ref, or without one
// the same time and no titles that differ.
func sameDocument(a, b rules.Event) bool {
	if a.Ref != "" || b.Ref != "" {
		return a.Ref == b.Ref
	}
	return a.At.Equal(b.At) && (a.Title == b.Title || a.Title == "" || b.Title == "")
}

// spareTwice takes from what a batch opens what is open or done already for an event of the same document, on record or
// earlier in the batch.
func (s *Scheduler) spareTwice(ctx context.Context, d *desk, batch []Recorded) (err error) {
	place := map[string]int{}
	for i, r := range batch {
		if !r.New {
			continue
		}
		known := map[identity]Deadline{}
		for _, k := range d.kin(r.Event.Event) {
			var ds []Deadline
			if j, ok := place[k.ID()]; ok {
				ds = batch[j].Deadlines
			} else if ds, err = s.opened(ctx, k); err != nil {
				return err
			}
			for _, dl := range ds {
				known[identity{dl.Rule, dl.Unit}] = dl
			}
		}
		place[r.ID] = i
		batch[i].Deadlines = slices.DeleteFunc(r.Deadlines, func(dl Deadline) bool {
			as, ok := known[identity{dl.Rule, dl.Unit}]
			if ok {
				batch[i].Already = append(batch[i].Already, as)
			}
			return ok
		})
	}
	return nil
}

// opened returns the deadlines, open or done, of an event on record.
func (s *Scheduler) opened(ctx context.Context, e rules.Event) ([]Deadline, error) {
	ds, err := s.o.Store.Deadlines(ctx, Filter{Event: e.ID(), States: []State{Open, Done}})
	if err != nil {
		return nil, fmt.Errorf("list deadlines: %w", err)
	}
	return ds, nil
}

// inherit returns what is opened for other events of the document of an event that is withdrawn, in place of what is
// withdrawn with it.
func (s *Scheduler) inherit(ctx context.Context, d *desk, now time.Time, e Event, gone []Deadline) ([]Deadline, error) {
	orphans := map[identity]bool{}
	for _, dl := range gone {
		orphans[identity{dl.Rule, dl.Unit}] = true
	}
	var heirs []Deadline
	for _, k := range d.kin(e.Event) {
		held, err := s.opened(ctx, k)
		if err != nil {
			return nil, err
		}
		for _, dl := range held {
			delete(orphans, identity{dl.Rule, dl.Unit})
		}
		os, err := d.Planner.OnEvent(k)
		if err != nil {
			return nil, fmt.Errorf("compute what %s opens: %w", k.Trigger, err)
		}
		for _, o := range os {
			for _, dl := range d.deadlines(o, now) {
				if id := (identity{dl.Rule, dl.Unit}); orphans[id] {
					delete(orphans, id)
					heirs = append(heirs, dl)
				}
			}
		}
	}
	return heirs, nil
}

// elsewhere returns what an event would open if it were new, and is tracked for another event of its document.
func (s *Scheduler) elsewhere(ctx context.Context, d *desk, now time.Time, e Event) ([]Deadline, error) {
	os, err := d.Planner.OnEvent(e.Event)
	if err != nil {
		return nil, fmt.Errorf("compute what %s opens: %w", e.Trigger, err)
	}
	one := []Recorded{{Event: e, New: true}}
	for _, o := range os {
		one[0].Deadlines = append(one[0].Deadlines, d.deadlines(o, now)...)
	}
	err = s.spareTwice(ctx, d, one)
	return one[0].Already, err
}

// inherited reports whether what a withdrawn deadline asks for is open or done for another event of its document.
func (s *Scheduler) inherited(ctx context.Context, d *desk, dl Deadline) (bool, error) {
	e, ok := d.events[dl.Event]
	if dl.Event == "" || !ok {
		return false, nil
	}
	for _, k := range d.kin(e) {
		ds, err := s.opened(ctx, k)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(ds, func(x Deadline) bool { return x.Rule == dl.Rule && x.Unit == dl.Unit }) {
			return true, nil
		}
	}
	return false, nil
}
