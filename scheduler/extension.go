package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// Extend moves the due date of the open deadline with this key to a later day (延期), and returns it as it stands then.
// Its stages count back from the new date, and everybody told learns of the move in a correction. An hour rule's
// deadline is due at the end of the new day. With per: unit the unit is needed, unless only one deadline is open. What
// the rule's cap does not allow is a [CapError].
func (s *Scheduler) Extend(
	ctx context.Context,
	now time.Time,
	by, key, unit string,
	to calendar.Date,
	reason string,
) (Deadline, error) {
	return s.extendBy(ctx, now, Extension{To: to, Reason: reason, By: by}, key, unit)
}

// DayOff says in zh-CN that a day is a day off, as a clause that follows the day; nothing of a working day.
func (s *Scheduler) DayOff(d calendar.Date) string {
	return s.desk().dayOff(d)
}

func (d *desk) dayOff(day calendar.Date) string {
	if d.Calendar.IsWorkday(day) {
		return ""
	}
	return "，为休息日"
}

// CorrectDue is Extend for what no cap bounds and is marked as such: a slip of the pen, a court's order. The new date
// may be earlier than an extended one, but not than the rule's, which takes the extension back.
func (s *Scheduler) CorrectDue(
	ctx context.Context,
	now time.Time,
	by, key, unit string,
	to calendar.Date,
	reason string,
) (Deadline, error) {
	return s.extendBy(ctx, now, Extension{To: to, Reason: reason, By: by, Correction: true}, key, unit)
}

// extendBy records an extension of the deadline that a key and a unit name.
func (s *Scheduler) extendBy(ctx context.Context, now time.Time, e Extension, key, unit string) (Deadline, error) {
	reason, err := Reason(e.Reason)
	if err != nil {
		return Deadline{}, fmt.Errorf("extend %s: %w", key, err)
	}
	e.Reason, e.At = reason, now
	d := s.desk()
	if err := s.loadEvents(ctx, d); err != nil {
		return Deadline{}, fmt.Errorf("extend %s: %w", key, err)
	}
	var next Deadline
	err = decide(func() (err error) {
		next, err = s.extend(ctx, d, e, key, unit)
		return err
	})
	if err != nil {
		return Deadline{}, fmt.Errorf("extend %s: %w", key, err)
	}
	return next, nil
}

// extend is one try of extendBy.
func (s *Scheduler) extend(ctx context.Context, d *desk, e Extension, key, unit string) (Deadline, error) {
	dl, err := s.pick(ctx, d, key, unit)
	if err != nil {
		return Deadline{}, err
	}
	refuse := d.mayExtend
	if e.Correction {
		refuse = d.mayCorrect
	}
	if err := refuse(dl, calendar.DateOf(e.At), e.To); err != nil {
		return Deadline{}, err
	}
	o, err := d.find(dl)
	if err != nil {
		return Deadline{}, err
	}
	next := dl
	next.ExtendedTo, next.Fixed = e.To, e.Correction
	if e.To == dl.Due.Date {
		next.ExtendedTo, next.Fixed = calendar.Date{}, false
	}
	if next.Reminders, err = d.extendedReminders(o, dl, next, e.At); err != nil {
		return Deadline{}, err
	}
	told := tellings(dl, next, byExtension, e.At)
	if e.Own && len(told) > 0 && !slices.ContainsFunc(told, func(r Reminder) bool { return r.Unit == d.o.Office }) {
		copied := told[0]
		copied.Unit = d.o.Office
		told = append(told, copied)
	}
	for _, r := range told {
		r.At = e.At
		next.Reminders = append(next.Reminders, r)
	}
	e.DeadlineID, e.From = dl.ID, dl.DueDate()
	action := "extend"
	if e.Correction {
		action = "extend.correct"
	}
	about := map[string]string{"from": dueText(dl), "to": e.To.String(), "reason": e.Reason}
	if err := s.o.Store.Extend(ctx, e, next, entry(e.At, e.By, action, dl, about)); err != nil {
		return Deadline{}, fmt.Errorf("record extension: %w", err)
	}
	return next, nil
}

// extendedReminders returns what next, which is dl with another extension or none, is still to tell.
func (d *desk) extendedReminders(o rules.Occurrence, dl, next Deadline, now time.Time) ([]Reminder, error) {
	if !next.ExtendedTo.IsZero() {
		return d.extended(o, next, now)
	}
	fresh, ok := d.twin(dl, o, now)
	if !ok {
		return nil, errors.New("the rule makes no such deadline any more")
	}
	return d.stillToCome(dl, next, fresh.Reminders), nil
}

// The reasons for which a day is refused as a due date.
var (
	ErrNoDelay = errors.New("an extension must be later")
	ErrPast    = errors.New("past")
	ErrPaused  = errors.New("its clock stands")
)

// mayExtend says why an extension is refused, if it is: the one place that decides it, whoever asks or grants.
func (d *desk) mayExtend(dl Deadline, today, to calendar.Date) error {
	switch {
	case d.onShow(dl):
		return fmt.Errorf("a time %w closes itself and is not extended", ErrOnShow)
	case dl.Paused():
		return fmt.Errorf("%w since %s; it is extended when it runs again", ErrPaused, dl.PausedSince)
	case !to.After(dl.DueDate()):
		return fmt.Errorf("it is due on %s already; %w", dl.DueDate(), ErrNoDelay)
	case to.Before(today):
		return fmt.Errorf("%s is %w", to, ErrPast)
	}
	bound, capped, err := d.capOf(dl)
	if err == nil && capped && to.After(bound.Limit) {
		return &bound
	}
	return err
}

// mayCorrect says why a due date is not corrected, if it is not.
func (d *desk) mayCorrect(dl Deadline, today, to calendar.Date) error {
	switch {
	case d.onShow(dl):
		return fmt.Errorf("a time %w closes itself and is not extended", ErrOnShow)
	case dl.Paused():
		return fmt.Errorf("%w since %s; it is corrected when it runs again", ErrPaused, dl.PausedSince)
	case to == dl.DueDate():
		return fmt.Errorf("it is due on %s already; %w", to, ErrNoDelay)
	case to.Before(dl.Due.Date):
		return fmt.Errorf("its rule has it due on %s; %w", dl.Due.Date, ErrNoDelay)
	case to.Before(today):
		return fmt.Errorf("%s is %w", to, ErrPast)
	}
	return nil
}
