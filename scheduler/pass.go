package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"qixian/rules/calendar"
)

// Report says what a pass did. Its zero value is a pass that found nothing to do.
type Report struct {
	Opened     int // deadlines
	Moved      int // deadlines whose due date changed
	Withdrawn  int // deadlines
	Closed     int // times on show that were over
	Superseded int // reminders
	Messages   int // promised
}

// Quiet reports whether nothing happened.
func (r Report) Quiet() bool {
	return r.Opened+r.Moved+r.Withdrawn+r.Closed+r.Superseded+r.Messages == 0
}

// LogValue shows what is not zero.
func (r Report) LogValue() slog.Value {
	var as []slog.Attr
	for _, n := range []struct {
		name  string
		count int
	}{
		{"opened", r.Opened},
		{"moved", r.Moved},
		{"withdrawn", r.Withdrawn},
		{"closed", r.Closed},
		{"superseded", r.Superseded},
		{"messages", r.Messages},
	} {
		if n.count != 0 {
			as = append(as, slog.Int(n.name, n.count))
		}
	}
	return slog.GroupValue(as...)
}

// The settings by which an installation remembers how far it has come.
const (
	// the first day, YYYY-MM-DD: what was due before it is opened only if somebody records an event.
	settingFirstDay = "first_day"
	settingTracked  = "tracked" // the last day on which all that was to be opened was opened, YYYY-MM-DD
	// the fingerprint of the plan by which that was done.
	settingTrackedPlan = "tracked_plan"
	// of which rules something could not be reckoned, and since what day: {"RULE": "YYYY-MM-DD"}.
	settingMissing  = "missing"
	settingCounted  = "counted"  // how days are counted, and since when: see counted
	settingOverview = "overview" // when the first start's overview was promised, RFC 3339
)

// Pass decides everything that is due at now: it tracks occurrences as deadlines and recomputes those that a new plan
// moves, then promises the messages whose time has come. Passing again at the same now does nothing. A part that fails
// holds up no other: the error joins all that went wrong, and the report says what was done nonetheless. By a clock
// that is wrong nothing is opened and nobody is pressed, and the error is a [WrongClock]. At a now before the
// calendar's coverage nothing is done, and the error is a [calendar.ErrBeforeCoverage] and ErrClock.
func (s *Scheduler) Pass(ctx context.Context, now time.Time) (Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &pass{desk: s.desk(), s: s, store: s.o.Store, now: now, today: calendar.DateOf(now)}
	if err := p.begin(ctx); err != nil {
		return Report{}, err
	}
	steps := []func(context.Context) error{
		p.feeds,
		p.track,
		p.giveNumbers,
		p.overview,
		p.heal,
		p.breakIn,
		p.tellFailed,
		p.tellDoubts,
		p.tellRequests,
		p.morning,
		p.weekly,
		p.monthly,
		p.nag,
		p.tellClock,
		p.noteTime,
	}
	err := s.checkClock(ctx, now)
	if wrong, ok := errors.AsType[*WrongClock](err); ok {
		// What was opened before and runs by the hour is reminded of still: by a clock that is behind, nothing is due
		// that was not due anyway.
		steps = []func(context.Context) error{p.feeds, p.breakIn, p.tellFailed, p.tellRequests}
		err = errors.Join(err, p.noteWrong(ctx, wrong))
	} else if err == nil {
		err = p.fixFirst(ctx)
	}
	if err != nil && !errors.Is(err, ErrClock) {
		return Report{}, err
	}
	errs := []error{err}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return p.report, errors.Join(errs...)
}

// pass is one pass: everything in it agrees on one plan and one now.
type pass struct {
	*desk
	s       *Scheduler
	store   Store
	now     time.Time
	today   calendar.Date
	first   calendar.Date
	started time.Time // when the overview was promised; zero before
	report  Report
}

// firstDay returns the day from which due dates count, or today where no pass has fixed it yet. It is never lowered
// without somebody's word (AcceptClock).
func (s *Scheduler) firstDay(ctx context.Context, today calendar.Date) (first calendar.Date, fixed bool, err error) {
	first, err = s.day(ctx, settingFirstDay)
	if err != nil {
		return calendar.Date{}, false, fmt.Errorf("read the first day: %w", err)
	}
	if first.IsZero() {
		return today, false, nil
	}
	return first, true, nil
}

// day reads a setting that is a date; the zero date is one that was never written.
func (s *Scheduler) day(ctx context.Context, name string) (calendar.Date, error) {
	text, err := s.o.Store.Setting(ctx, name)
	if err != nil || text == "" {
		return calendar.Date{}, err
	}
	return calendar.ParseDate(text)
}

// begin reads what every step needs. A clock that stands before the calendar is wrong, and nothing is decided by it.
func (p *pass) begin(ctx context.Context) error {
	if covered, _ := p.Calendar.Coverage(); p.today.Before(covered) {
		return fmt.Errorf(
			"begin pass: today, %s by the clock: %w (%s): %w",
			p.today,
			calendar.ErrBeforeCoverage,
			covered,
			ErrClock,
		)
	}
	return p.s.loadAddresses(ctx, p.desk)
}

// fixFirst finds the first day, and fixes it at the first start.
func (p *pass) fixFirst(ctx context.Context) error {
	first, fixed, err := p.s.firstDay(ctx, p.today)
	if err != nil {
		return err
	}
	p.first = first
	if fixed {
		return nil
	}
	if err := p.store.SetSetting(ctx, settingFirstDay, first.String()); err != nil {
		return fmt.Errorf("fix the first day: %w", err)
	}
	return nil
}
