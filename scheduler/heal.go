package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
)

// heal sees to it, once a day and after each new plan, that everybody who is chased about an open deadline has an
// escalation to come. One that was withdrawn and came back may have none, and so may one that two processes changed at
// once.
func (p *pass) heal(ctx context.Context) error {
	m := mark{p.today, p.Fingerprint}
	if p.s.healed == m || p.s.planned != m { // what could not be tracked is not in order yet
		return nil
	}
	err := p.eachPage(ctx, func(ds []Deadline) error { return p.revive(ctx, slices.DeleteFunc(ds, p.hasNextWord)) })
	if err != nil {
		return err
	}
	p.s.healed = m
	return nil
}

// hasNextWord reports whether every unit chased about dl has an escalation to come that counts to its due date. A time
// on show closes itself and needs none, and nobody is told anything while a clock stands.
func (d *desk) hasNextWord(dl Deadline) bool {
	if d.onShow(dl) || dl.Paused() {
		return true
	}
	return !slices.ContainsFunc(d.chased(dl), func(unit string) bool {
		return !slices.ContainsFunc(dl.Reminders, func(r Reminder) bool {
			_, late := lateness(r.Stage)
			return late && r.Unit == unit && r.State == Pending &&
				(dl.ExtendedTo.IsZero() || extendedStage(stageWord(r.Stage), dl.ExtendedTo) == r.Stage)
		})
	})
}

// revive gives deadlines the reminders that they should have by the plan in force.
func (p *pass) revive(ctx context.Context, ds []Deadline) error {
	if len(ds) == 0 {
		return nil
	}
	if err := p.s.loadEvents(ctx, p.desk); err != nil {
		return err
	}
	var revived []Deadline
	for _, dl := range ds {
		next, state, err := p.renew(dl, p.now)
		if err != nil { // it keeps what it has
			p.s.o.Logger.LogAttrs(
				ctx,
				slog.LevelError,
				"reminders not revived",
				slog.String("key", dl.Key),
				slog.Any("error", err),
			)
		}
		if state == differs {
			revived = append(revived, next)
		}
	}
	if len(revived) == 0 {
		return nil
	}
	if err := p.store.Reschedule(ctx, revived, nil); err != nil {
		return fmt.Errorf("revive reminders: %w", err)
	}
	return nil
}
