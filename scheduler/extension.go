package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qixian/rules/calendar"
)

// Extend moves the due date of the open deadline with this key to a later day (延期), and returns it as it stands then.
// Its stages count back from the new date, and everybody told learns of the move in a correction. An hour rule's
// deadline is due at the end of the new day. With per: unit the unit is needed, unless only one deadline is open.
func (s *Scheduler) Extend(
	ctx context.Context,
	now time.Time,
	by, key, unit string,
	to calendar.Date,
	reason string,
) (Deadline, error) {
	reason, err := Reason(reason)
	if err != nil {
		return Deadline{}, fmt.Errorf("extend %s: %w", key, err)
	}
	d := s.desk()
	if err := s.loadEvents(ctx, d); err != nil {
		return Deadline{}, fmt.Errorf("extend %s: %w", key, err)
	}
	var next Deadline
	err = decide(func() (err error) {
		next, err = s.extend(ctx, d, now, by, key, unit, to, reason)
		return err
	})
	if err != nil {
		return Deadline{}, fmt.Errorf("extend %s: %w", key, err)
	}
	return next, nil
}

// extend is one try of Extend.
func (s *Scheduler) extend(
	ctx context.Context,
	d *desk,
	now time.Time,
	by, key, unit string,
	to calendar.Date,
	reason string,
) (Deadline, error) {
	dl, err := s.pick(ctx, d, key, unit)
	if err != nil {
		return Deadline{}, err
	}
	if err := d.mayExtend(dl, calendar.DateOf(now), to); err != nil {
		return Deadline{}, err
	}
	o, err := d.find(dl)
	if err != nil {
		return Deadline{}, err
	}
	next := dl
	next.ExtendedTo = to
	if next.Reminders, err = d.extended(o, next, now); err != nil {
		return Deadline{}, err
	}
	for _, r := range tellings(dl, next, byExtension, now) {
		r.At = now
		next.Reminders = append(next.Reminders, r)
	}
	e := Extension{DeadlineID: dl.ID, From: dl.DueDate(), To: to, Reason: reason, By: by, At: now}
	audit := entry(now, by, "extend", dl, map[string]string{"from": dueText(dl), "to": to.String(), "reason": reason})
	if err := s.o.Store.Extend(ctx, e, next, audit); err != nil {
		return Deadline{}, fmt.Errorf("record extension: %w", err)
	}
	return next, nil
}

// The reasons for which a day is refused as a due date.
var (
	ErrNoDelay = errors.New("an extension must be later")
	ErrPast    = errors.New("past")
)

// mayExtend says why an extension is refused, if it is.
func (d *desk) mayExtend(dl Deadline, today, to calendar.Date) error {
	switch {
	case d.onShow(dl):
		return fmt.Errorf("a time %w closes itself and is not extended", ErrOnShow)
	case !to.After(dl.DueDate()):
		return fmt.Errorf("it is due on %s already; %w", dl.DueDate(), ErrNoDelay)
	case to.Before(today):
		return fmt.Errorf("%s is %w", to, ErrPast)
	}
	return nil
}
