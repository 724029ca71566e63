package scheduler

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"qixian/rules"
)

// The reasons for which a person's word about a deadline is refused, beside what it says itself.
var (
	ErrNotFound = errors.New("no such deadline")
	ErrClosed   = errors.New("not open any more")
	ErrNotLead  = errors.New("only a lead unit answers for it")
	ErrOnShow   = errors.New("on show")
)

// Completed is what a completion came to.
type Completed struct {
	Deadline Deadline   // as it was before
	Closed   bool       // false: a quota that needs more
	Late     bool       // 逾期办结
	Opened   []Deadline // by what follows from it: a later step, the next interval
}

// Complete records a unit's word that the duty of the deadline with this key is met, with the published URL or, where nothing is
// published online, a note. With per: unit the unit is needed, unless only one deadline is open; otherwise it must be a lead unit, if it
// is given, as the lead unit answers for all.
func (s *Scheduler) Complete(ctx context.Context, now time.Time, by, key, unit, link, note string) (Completed, error) {
	d := s.desk()
	dl, err := s.pick(ctx, d, key, unit)
	if err != nil {
		return Completed{}, fmt.Errorf("complete %s: %w", key, err)
	}
	if err := d.mayComplete(dl, now, link, note); err != nil {
		return Completed{}, fmt.Errorf("complete %s: %w", key, err)
	}
	if err := s.loadEvents(ctx, d); err != nil {
		return Completed{}, err
	}
	who := dl.Unit
	if who == "" && unit != "" {
		who, _ = d.Catalogue.Canonical(unit)
	}
	if who == "" && len(dl.Lead) == 1 {
		who = dl.Lead[0]
	}
	var c closing
	if err := d.close(&c, dl, Completion{DeadlineID: dl.ID, At: now, By: by, Unit: who, URL: link, Note: note}); err != nil {
		return Completed{}, fmt.Errorf("complete %s: %w", key, err)
	}
	if err := c.write(ctx, s.o.Store); err != nil {
		return Completed{}, fmt.Errorf("complete %s: %w", key, err)
	}
	return Completed{Deadline: dl, Closed: dl.Completions+1 >= dl.Needed, Late: c.late[0], Opened: c.follow}, nil
}

// pick returns the one open deadline that a person means by a key and a unit.
func (s *Scheduler) pick(ctx context.Context, d *desk, key, unit string) (Deadline, error) {
	if unit != "" {
		canonical, ok := d.Catalogue.Canonical(unit)
		if !ok {
			return Deadline{}, fmt.Errorf("unknown unit %q%s", unit, suggestion(unit, keys(d.Catalogue.Units)))
		}
		unit = canonical
	}
	all, err := s.o.Store.Find(ctx, key, "")
	if err != nil {
		return Deadline{}, fmt.Errorf("find deadline: %w", err)
	}
	if len(all) == 0 {
		if _, err := d.Planner.Find(key, nil); err != nil {
			return Deadline{}, fmt.Errorf("%w: %w", ErrNotFound, err)
		}
		return Deadline{}, fmt.Errorf("%w: it is not tracked", ErrNotFound)
	}
	if all[0].Unit != "" {
		return pickUnit(all, unit)
	}
	dl := all[0]
	if dl.State != Open {
		return Deadline{}, closedError(dl)
	}
	if unit != "" && !slices.Contains(dl.Lead, unit) {
		return Deadline{}, fmt.Errorf("%w: %s, not %s", ErrNotLead, strings.Join(dl.Lead, ", "), unit)
	}
	return dl, nil
}

// pickUnit picks among the deadlines of units.
func pickUnit(all []Deadline, unit string) (Deadline, error) {
	var open []Deadline
	var units []string
	for _, dl := range all {
		switch {
		case unit == dl.Unit && dl.State != Open:
			return Deadline{}, closedError(dl)
		case unit == dl.Unit:
			return dl, nil
		case dl.State == Open:
			open = append(open, dl)
			units = append(units, dl.Unit)
		}
	}
	switch {
	case unit != "":
		return Deadline{}, fmt.Errorf("%w of %s; open for: %s", ErrNotFound, unit, strings.Join(units, ", "))
	case len(open) == 0:
		return Deadline{}, ErrClosed
	case len(open) > 1:
		return Deadline{}, fmt.Errorf("each unit answers for itself; name one of: %s", strings.Join(units, ", "))
	}
	return open[0], nil
}

func closedError(dl Deadline) error {
	return fmt.Errorf("%w: %s since %s", ErrClosed, dl.State, dl.ClosedAt.Format(time.DateOnly))
}

// mayComplete says why a completion is refused, if it is.
func (d *desk) mayComplete(dl Deadline, now time.Time, link, note string) error {
	if d.onShow(dl) && !dl.IsLate(now) {
		return fmt.Errorf("%w until the end of %s; it closes itself after that", ErrOnShow, dl.DueDate())
	}
	if link == "" && note == "" {
		return errors.New("want the published URL, or a note where nothing is published online")
	}
	if link == "" {
		return nil
	}
	if u, err := url.Parse(link); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is no http or https URL", link)
	}
	return nil
}

// closing gathers what one transaction writes about completions.
type closing struct {
	completions []Completion
	late        []bool
	started     []Event
	follow      []Deadline
	audit       []Entry
}

// close adds a completion of dl. If it meets the duty, and a rule counts from that, its done: event is started too.
func (d *desk) close(c *closing, dl Deadline, word Completion) error {
	late := dl.IsLate(word.At) && !d.onShow(dl)
	c.completions = append(c.completions, word)
	c.late = append(c.late, late)
	c.audit = append(c.audit, entry(word.At, word.By, "done", dl, map[string]string{"unit": word.Unit, "url": word.URL, "note": word.Note}))
	if dl.Completions+1 < dl.Needed {
		return nil
	}
	e := rules.Event{Trigger: rules.DoneTrigger + dl.Rule, At: word.At.Truncate(time.Second), Unit: dl.Unit, Ref: dl.Key, Title: dl.Title, Announced: word.At}
	if e.Unit == "" {
		e.Unit = d.events[dl.Event].Unit
	}
	os, err := d.Planner.OnEvent(e)
	if err != nil {
		return fmt.Errorf("compute what follows %s: %w", dl.Key, err)
	}
	if len(os) == 0 {
		return nil
	}
	c.started = append(c.started, Event{ID: e.ID(), Event: e, RecordedAt: word.At, By: word.By})
	for _, o := range os {
		c.follow = append(c.follow, d.deadlines(o, word.At)...)
	}
	return nil
}

func (c *closing) write(ctx context.Context, store Recorder) error {
	if err := store.Complete(ctx, c.completions, c.late, c.started, c.follow, c.audit); err != nil {
		return fmt.Errorf("record completion: %w", err)
	}
	return nil
}
