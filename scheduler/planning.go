package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

const (
	// page is how many open deadlines are held at a time while they are gone through.
	page = 500
	// longest is how far ahead a period that has begun is looked for: a year, and what a due date may follow it by.
	longest = 500
	// self is who closes what closes itself, in the audit trail.
	self = "qixian"
)

// identity tells deadlines apart.
type identity struct{ key, unit string }

// track brings the deadlines up to date, once a day and whenever the plan is a new one: open deadlines are recomputed
// if this process has not done so by the plan yet, and occurrences not known yet are opened. What cannot be reckoned is
// reported then, and holds up nothing.
func (p *pass) track(ctx context.Context) error {
	m := mark{p.today, p.Fingerprint}
	if p.s.planned == m {
		return nil
	}
	if p.s.planned.fingerprint != m.fingerprint {
		p.s.planned = mark{} // if it is cut off, no plan's deadlines are all in order
		if err := p.review(ctx); err != nil {
			return err
		}
	}
	r, err := p.reach(ctx)
	if err != nil {
		return err
	}
	os, gaps, missing := p.occurrences(r)
	if missing != nil {
		missing = fmt.Errorf("compute occurrences: %w", missing)
	}
	if err := p.open(ctx, os, gaps, r); err != nil {
		return errors.Join(missing, err)
	}
	p.s.planned = m
	return missing
}

// review brings back the withdrawn deadlines that the plan knows, recomputes every open one, and notes which there are.
// By which plan they were computed last is nothing to go by: other processes may have been ahead or behind, or cut off
// on the way.
func (p *pass) review(ctx context.Context) error {
	if err := p.noteCounted(ctx); err != nil {
		return err
	}
	if err := p.s.loadEvents(ctx, p.desk); err != nil {
		return err
	}
	if err := p.rename(ctx); err != nil {
		return err
	}
	if err := p.reopen(ctx); err != nil {
		return err
	}
	p.s.known = map[identity]bool{}
	err := p.eachPage(ctx, func(ds []Deadline) error {
		stay, err := p.refresh(ctx, ds)
		for _, dl := range stay {
			p.s.known[identity{dl.Key, dl.Unit}] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	return p.join(ctx)
}

// eachPage calls f with every open deadline, a page at a time, and again with what the page has become where somebody
// else has changed it since it was read.
func (p *pass) eachPage(ctx context.Context, f func([]Deadline) error) error {
	for after := int64(0); ; {
		var last int64
		err := decide(func() error {
			ds, err := p.store.OpenDeadlines(ctx, after, page)
			if err != nil {
				return fmt.Errorf("list open deadlines: %w", err)
			}
			last = 0
			if len(ds) == 0 {
				return nil
			}
			last = ds[len(ds)-1].ID
			return f(ds)
		})
		if err != nil || last == 0 {
			return err
		}
		after = last
	}
}

// reopen tracks again what an earlier plan withdrew and this one knows again, however long ago it was due, with all
// that is still to be told of it: a move that nobody had heard of yet is told now. Nothing else comes into being here:
// a rule, a unit or a period that is new does not reach back to old events and past due dates.
func (p *pass) reopen(ctx context.Context) error {
	withdrawn, err := p.store.Deadlines(ctx, Filter{States: []State{Withdrawn}})
	if err != nil {
		return fmt.Errorf("list withdrawn deadlines: %w", err)
	}
	var back []Deadline
	for _, dl := range withdrawn {
		o, err := p.find(dl)
		if err != nil { // still not in force
			continue
		}
		if twice, err := p.s.inherited(ctx, p.desk, dl); err != nil {
			return err
		} else if twice {
			continue
		}
		again, ok, err := p.sparedTwin(dl, o, p.now)
		if !ok && err == nil {
			continue
		}
		next := dl
		if err == nil {
			next, _, err = p.recompute(dl, again, o, p.now)
		}
		if err != nil {
			p.s.o.Logger.LogAttrs(
				ctx,
				slog.LevelError,
				"deadline not brought back",
				slog.String("key", dl.Key),
				slog.Any("error", err),
			)
			continue
		}
		again.ExtendedTo, again.Fixed, again.PausedSince = next.ExtendedTo, next.Fixed, next.PausedSince
		again.Reminders, again.Answered = next.Reminders, next.Answered
		back = append(back, again)
	}
	return p.add(ctx, back)
}

// unknown returns those of the deadlines that are not known to be open, and counts them as known.
func (p *pass) unknown(ds []Deadline) []Deadline {
	return slices.DeleteFunc(ds, func(dl Deadline) bool {
		id := identity{dl.Key, dl.Unit}
		known := p.s.known[id]
		p.s.known[id] = true
		return known
	})
}

// add tracks deadlines.
func (p *pass) add(ctx context.Context, ds []Deadline) error {
	if len(ds) == 0 {
		return nil
	}
	n, err := p.store.Track(ctx, ds)
	if err != nil {
		p.s.known = nil
		p.s.planned = mark{}
		return fmt.Errorf("track deadlines: %w", err)
	}
	p.report.Opened += n
	return nil
}

// refresh recomputes deadlines, and returns those that stay open, as they are now.
func (p *pass) refresh(ctx context.Context, ds []Deadline) ([]Deadline, error) {
	var stay, written, gone, met []Deadline
	var movedAudit, goneAudit []Entry
	for _, dl := range ds {
		next, state, err := p.renew(dl, p.now)
		if err != nil { // as it was, rather than not at all
			p.s.o.Logger.LogAttrs(
				ctx,
				slog.LevelError,
				"deadline not recomputed",
				slog.String("key", dl.Key),
				slog.Any("error", err),
			)
		}
		switch {
		case state == vanished:
			gone = append(gone, dl)
			goneAudit = append(goneAudit, entry(p.now, self, "withdraw", dl, nil))
			continue
		case state == differs && next.Completions > 0 && next.Completions >= next.Needed:
			met = append(met, next)
			continue
		case state == differs:
			written = append(written, next)
		}
		stay = append(stay, next)
		if !dl.dueTime().Equal(next.dueTime()) {
			about := map[string]string{"from": dueText(dl), "to": dueText(next), "plan": next.Plan}
			movedAudit = append(movedAudit, entry(p.now, self, "reschedule", next, about))
		}
	}
	if len(written) > 0 {
		if err := p.store.Reschedule(ctx, written, movedAudit); err != nil {
			return nil, fmt.Errorf("reschedule deadlines: %w", err)
		}
		p.report.Moved += len(movedAudit)
	}
	if len(gone) > 0 {
		if err := p.store.Withdraw(ctx, p.now, gone, goneAudit); err != nil {
			return nil, fmt.Errorf("withdraw deadlines: %w", err)
		}
		p.report.Withdrawn += len(gone)
	}
	return stay, p.closeMet(ctx, met)
}

// closeMet closes quotas that a new plan has lowered to what is done already. They are late if the completion that now
// suffices was.
func (p *pass) closeMet(ctx context.Context, met []Deadline) error {
	for _, dl := range met {
		said, err := p.store.History(ctx, dl.ID)
		if err != nil {
			return fmt.Errorf("read completions of %s: %w", dl.Key, err)
		}
		dl.ClosedAt, dl.Late = p.now, len(said.Completions) >= dl.Needed && said.Completions[dl.Needed-1].Late
		c := Closing{Met: []Deadline{dl}}
		about := map[string]string{"completions": strconv.Itoa(dl.Completions), "needed": strconv.Itoa(dl.Needed)}
		c.Audit = append(c.Audit, entry(p.now, self, "done", dl, about))
		if err := p.follow(&c, dl, p.now, self); err != nil {
			return err
		}
		if err := p.store.Complete(ctx, c); err != nil {
			return fmt.Errorf("close %s: %w", dl.Key, err)
		}
		p.report.Closed++
	}
	return nil
}

// renewal says what the plan makes of a deadline.
type renewal int

const (
	same renewal = iota
	differs
	vanished // its rule, or its unit's part in it, is no longer in force
)

// renew recomputes one deadline. On an error it stays the same: only a plan that was understood takes a deadline away.
func (d *desk) renew(dl Deadline, now time.Time) (Deadline, renewal, error) {
	o, err := d.find(dl)
	switch {
	case errors.Is(err, errNoEvent), uncountable(err):
		return dl, same, err
	case err != nil:
		return dl, vanished, nil
	}
	fresh, ok, err := d.sparedTwin(dl, o, now)
	switch {
	case err != nil:
		return dl, same, err
	case !ok:
		return dl, vanished, nil
	}
	next, changed, err := d.recompute(dl, fresh, o, now)
	if err != nil {
		return dl, same, err
	}
	next.Needed = fresh.Needed
	if !changed && next.Needed == dl.Needed {
		return dl, same, nil
	}
	return next, differs, nil
}

// errNoEvent says that the event which opened a deadline is not on record.
var errNoEvent = errors.New("its event is not on record")

// errGone says that the event which opened a deadline was withdrawn.
var errGone = errors.New("its event was withdrawn")

// find returns the occurrence that dl tracks.
func (d *desk) find(dl Deadline) (rules.Occurrence, error) {
	var es []rules.Event
	if dl.Event != "" {
		e, ok := d.events[dl.Event]
		if !ok {
			return rules.Occurrence{}, fmt.Errorf("find %s: %w", dl.Key, errNoEvent)
		}
		if d.gone[dl.Event] {
			return rules.Occurrence{}, fmt.Errorf("find %s: %w", dl.Key, errGone)
		}
		es = append(es, e)
	}
	return d.Planner.Find(dl.Key, es)
}

// uncountable reports whether an occurrence could not be computed although its rule is in force.
func uncountable(err error) bool {
	return errors.Is(err, calendar.ErrBeforeCoverage) || errors.Is(err, calendar.ErrRange) ||
		errors.Is(err, calendar.ErrCount) || errors.Is(err, calendar.ErrTooFew)
}

// dueText writes a due date or instant as listings and the audit trail have it.
func dueText(d Deadline) string {
	if d.ByHour() {
		return d.Due.Instant.In(calendar.Zone()).Format(time.RFC3339)
	}
	return d.DueDate().String()
}
