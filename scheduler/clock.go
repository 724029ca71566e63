package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/rules/wording"
)

// ErrClock says that the clock is wrong, so that nothing is opened by it and nobody is pressed. What is promised
// already is sent.
var ErrClock = errors.New("the clock is wrong")

const (
	// clockTolerance is how far the clock may be behind what is on record: hosts on one database differ, and clocks are
	// set right by minutes.
	clockTolerance = time.Hour
	// markStep is how often a pass that records nothing else notes the time.
	markStep = 5 * time.Minute
)

// The settings by which the clock is judged.
const (
	settingMark     = "clock"          // when a pass last recorded something or noted the time, RFC 3339
	settingAccepted = "clock_accepted" // the date of a program that somebody has accepted a clock before, RFC 3339
	// what the office is to be told once the clock is right: a wrongClock; empty: nothing.
	settingWrong = "clock_wrong"
)

// WrongClock is why the clock is taken to be wrong.
type WrongClock struct {
	Now   time.Time
	Newer time.Time // what Now should be after
	Build bool      // Newer is the program's own date, else that of the newest recording
}

// Error says what the clock shows and should show, and what to do.
func (e *WrongClock) Error() string {
	what := "there is a recording of"
	if e.Build {
		what = "this program is of"
	}
	return fmt.Sprintf(
		"%v: it shows %s, and %s %s; nothing is opened and nobody is pressed until it is set right, or accepted by qixian clock accept",
		ErrClock,
		e.Now.In(calendar.Zone()).Format(time.DateTime),
		what,
		e.Newer.In(calendar.Zone()).Format(time.DateTime),
	)
}

// Unwrap returns ErrClock.
func (e *WrongClock) Unwrap() error { return ErrClock }

// checkClock returns a WrongClock if now is more than an hour before the newest recording, or before the program was
// made and nobody has accepted that. The time of an event, which somebody has written down, is never asked.
func (s *Scheduler) checkClock(ctx context.Context, now time.Time) error {
	newest, err := s.newest(ctx)
	if err != nil {
		return fmt.Errorf("judge the clock: %w", err)
	}
	if now.Before(newest.Add(-clockTolerance)) {
		return &WrongClock{Now: now, Newer: newest}
	}
	if !now.Before(s.o.Built) {
		return nil
	}
	accepted, err := s.instant(ctx, settingAccepted)
	if err != nil {
		return fmt.Errorf("judge the clock: %w", err)
	}
	if accepted.Equal(s.o.Built) {
		return nil
	}
	return &WrongClock{Now: now, Newer: s.o.Built, Build: true}
}

// mayOpen refuses events while the clock is wrong.
func (s *Scheduler) mayOpen(ctx context.Context, now time.Time) error {
	err := s.checkClock(ctx, now)
	if !errors.Is(err, ErrClock) {
		return err
	}
	return &RefusedEvent{Why: ByWrongClock, text: err.Error(), cause: err}
}

// newest returns the time of the newest recording that nobody has overruled.
func (s *Scheduler) newest(ctx context.Context) (time.Time, error) {
	mark, err := s.instant(ctx, settingMark)
	if err != nil {
		return time.Time{}, err
	}
	last, err := s.o.Store.LastRecorded(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if last.After(mark) {
		return last, nil
	}
	return mark, nil
}

// instant reads a setting that is a time; the zero time is one that was never written.
func (s *Scheduler) instant(ctx context.Context, name string) (time.Time, error) {
	text, err := s.o.Store.Setting(ctx, name)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, text)
}

// noteTime notes the time of a pass by a clock that is right: at once if the pass has recorded something.
func (p *pass) noteTime(ctx context.Context) error {
	marked, err := p.s.instant(ctx, settingMark)
	if err != nil {
		return fmt.Errorf("note the time: %w", err)
	}
	if !p.now.After(marked) || p.report.Quiet() && p.now.Before(marked.Add(markStep)) {
		return nil
	}
	if err := p.store.SetSetting(ctx, settingMark, p.now.Format(time.RFC3339)); err != nil {
		return fmt.Errorf("note the time: %w", err)
	}
	return nil
}

// wrongClock is what the office is to be told of.
type wrongClock struct {
	Showed time.Time `json:"showed"` // when that was first seen, by the wrong clock
	Newer  time.Time `json:"newer"`
}

// noteWrong puts down that the clock is wrong, for the office to be told once it is right.
func (p *pass) noteWrong(ctx context.Context, wrong *WrongClock) error {
	text, err := p.store.Setting(ctx, settingWrong)
	if err != nil || text != "" {
		return err
	}
	data, err := json.Marshal(wrongClock{p.now, wrong.Newer})
	if err != nil {
		return err
	}
	return p.store.SetSetting(ctx, settingWrong, string(data))
}

// tellClock tells the office, in working hours, that the clock was wrong and is right again.
func (p *pass) tellClock(ctx context.Context) error {
	text, err := p.store.Setting(ctx, settingWrong)
	if err != nil {
		return fmt.Errorf("read whether the clock was wrong: %w", err)
	}
	if text == "" || !p.atWork(p.now) || p.now.Before(p.today.At(p.o.DigestAt)) {
		return nil
	}
	var was wrongClock
	if err := json.Unmarshal([]byte(text), &was); err != nil {
		return fmt.Errorf("read whether the clock was wrong: %w", err)
	}
	l := p.letter(notify.Trouble, p.o.Office, p.now)
	l.Headline = "服务器时间曾经不准，其间没有新增事项，也没有催办"
	l.Notes = []string{
		fmt.Sprintf("服务器时间曾显示%s，而当时应已过%s。现已恢复正常，其间应发的提醒已补发。", wording.Moment(was.Showed), wording.Moment(was.Newer)),
	}
	l.Technical = []string{"检查服务器的时间同步（chrony 或 systemd-timesyncd）和主板电池。"}
	key := fmt.Sprintf("trouble/clock/%d-%d", was.Showed.Unix(), was.Newer.Unix())
	if err := p.promise(ctx, []draft{{key: key, letter: l}}); err != nil {
		return err
	}
	if err := p.store.SetSetting(ctx, settingWrong, ""); err != nil {
		return fmt.Errorf("note that the office was told of the clock: %w", err)
	}
	return nil
}

// AcceptedClock is what somebody's word that the clock is right has overruled.
type AcceptedClock struct {
	Overruled *WrongClock
	First     calendar.Date // the first day, from which due dates count from now on
}

// ErrClockRight says that there is nothing to accept.
var ErrClockRight = errors.New("the clock is not taken to be wrong, so that there is nothing to accept")

// AcceptClock records somebody's word that the clock is right although it is taken to be wrong: it, or another one on
// this database, was ahead. What lies after now of the days and times up to which things were decided is set back to
// now.
func (s *Scheduler) AcceptClock(ctx context.Context, now time.Time, by, reason string) (AcceptedClock, error) {
	reason, err := Reason(reason)
	if err != nil {
		return AcceptedClock{}, fmt.Errorf("accept clock: %w", err)
	}
	var out AcceptedClock
	err = s.checkClock(ctx, now)
	wrong, ok := errors.AsType[*WrongClock](err)
	switch {
	case err == nil:
		return out, ErrClockRight
	case !ok:
		return out, err
	}
	today := calendar.DateOf(now)
	values := map[string]string{settingMark: now.Format(time.RFC3339)}
	if now.Before(s.o.Built) {
		values[settingAccepted] = s.o.Built.Format(time.RFC3339)
	}
	for _, name := range []string{settingFirstDay, settingTracked} {
		day, err := s.day(ctx, name)
		if err != nil {
			return out, fmt.Errorf("accept clock: %w", err)
		}
		if day.After(today) {
			values[name] = today.String()
		}
	}
	started, err := s.instant(ctx, settingOverview)
	if err != nil {
		return out, fmt.Errorf("accept clock: %w", err)
	}
	if started.After(now) {
		values[settingOverview] = now.Format(time.RFC3339)
	}
	audit := Entry{At: now, By: by, Action: AcceptClockAction, Target: "clock", Detail: detail(map[string]string{
		"reason":    reason,
		"overruled": wrong.Newer.In(calendar.Zone()).Format(time.RFC3339),
		"first_day": values[settingFirstDay],
	})}
	if err := s.o.Store.Amend(ctx, values, audit); err != nil {
		return out, fmt.Errorf("accept clock: %w", err)
	}
	out.Overruled = wrong
	if out.First, err = s.day(ctx, settingFirstDay); err != nil {
		return out, fmt.Errorf("accept clock: %w", err)
	}
	return out, nil
}

// AcceptClockAction is the action of the entry before which nothing on record says what time it is.
const AcceptClockAction = "clock.accept"
