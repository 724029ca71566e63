package scheduler

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// counted is what an installation remembers of how days are counted: by which calendar, and by which version of the
// rules for counting.
type counted struct {
	By      string               `json:"by"`      // what names the two
	Since   time.Time            `json:"since"`   // when days were first counted by them
	Notices map[string]time.Time `json:"notices"` // when each notice was first loaded, by its title
}

// counting names how days are counted under a plan.
func (p *Plan) counting() string { return p.Calendar.Version() + "/" + strconv.Itoa(rules.Counting) }

// loadCounted fetches how days are counted.
func (s *Scheduler) loadCounted(ctx context.Context, d *desk) error {
	text, err := s.o.Store.Setting(ctx, settingCounted)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &d.counted)
	}
	if err != nil {
		return fmt.Errorf("read how days are counted: %w", err)
	}
	return nil
}

// noteCounted notes since when days are counted as they are by the plan in force, and when each of its notices was
// first loaded.
func (p *pass) noteCounted(ctx context.Context) error {
	if err := p.s.loadCounted(ctx, p.desk); err != nil {
		return err
	}
	// otherwise it was noted by a clock that was ahead
	if p.counted.By == p.counting() && !p.counted.Since.After(p.now) {
		return nil
	}
	now := p.now.Truncate(time.Millisecond) // as the store has times, that what is opened now is not opened before
	next := counted{By: p.counting(), Since: now, Notices: map[string]time.Time{}}
	for title, at := range p.counted.Notices {
		if !at.After(p.now) {
			next.Notices[title] = at
		}
	}
	for _, n := range p.notices(0, 1<<30) {
		if _, known := next.Notices[n.Notice]; !known {
			next.Notices[n.Notice] = now
		}
	}
	data, err := json.Marshal(next)
	if err == nil {
		err = p.store.SetSetting(ctx, settingCounted, string(data))
	}
	if err != nil {
		return fmt.Errorf("note how days are counted: %w", err)
	}
	p.counted = next
	return nil
}

// notices returns the notices for some years and what amended them, in the order in which they are listed.
func (p *Plan) notices(from, to int) []calendar.Amendment {
	var all []calendar.Amendment
	for _, y := range p.Calendar.Years() {
		if y.Year >= from && y.Year <= to {
			all = append(append(all, calendar.Amendment{Notice: y.Notice, Issued: y.Issued}), y.Amended...)
		}
	}
	return all
}

// sparedTwin is twin for a deadline that was open when days came to be counted as they are, or its rule to say what it
// says: a due date that this would move to before the next working day after is that working day, and what was late
// before, and would be still, stays due when it was. Whatever a notice or a stricter rule says of days gone by, nobody
// could have kept to it.
func (d *desk) sparedTwin(dl Deadline, o rules.Occurrence, now time.Time) (Deadline, bool, error) {
	to := d.spared(dl, o.Due)
	if dl.State == Open && moverOf(dl.Plan, d.reason(o)) == byRule {
		to = d.sparedByRule(dl, o.Due, now)
	}
	if to.IsZero() {
		fresh, ok := d.twin(dl, o, now)
		return fresh, ok, nil
	}
	by := o.Due.Date
	o, err := d.Planner.Extended(o, to)
	if err != nil {
		return Deadline{}, false, err
	}
	fresh, ok := d.twin(dl, o, now)
	fresh.Plan += "/" + by.String()
	return fresh, ok, nil
}

// spared returns the day on which dl is due in place of what its rule comes to now; no date if it is that. The
// fingerprint of a deadline that was spared once ends with the date that it was spared: for that one it is not put off
// again.
func (d *desk) spared(dl Deadline, is rules.Due) calendar.Date {
	was, since := dl.Due, d.counted.Since
	if d.moved[dl.Event] || !was.Instant.IsZero() || was.Date == is.Date {
		return calendar.Date{}
	}
	if strings.HasSuffix(dl.Plan, "/"+is.Date.String()) {
		return was.Date
	}
	if !is.Instant.IsZero() {
		return calendar.Date{}
	}
	day := calendar.DateOf(since)
	next := d.Calendar.OnOrAfter(day.AddDays(1))
	switch {
	case since.IsZero() || !dl.OpenedAt.Before(since) || !is.Date.Before(next):
		return calendar.Date{}
	case was.Date.Before(day) && is.Date.Before(day):
		return was.Date
	default:
		return next
	}
}

// sparedByRule is spared for a rule that came to be stricter: what it would make late by that is due on the next
// working day, and not later than it was.
func (d *desk) sparedByRule(dl Deadline, is rules.Due, now time.Time) calendar.Date {
	was, today := dl.Due, calendar.DateOf(now)
	next := d.Calendar.OnOrAfter(today.AddDays(1))
	switch {
	case d.moved[dl.Event] || !was.Instant.IsZero() || !is.Date.Before(was.Date) || !is.Date.Before(next):
		return calendar.Date{}
	case was.Date.Before(next):
		return was.Date
	default:
		return next
	}
}

// newNotice names the notice that moved a due date away from a day: of those for the years about it that were first
// loaded after the deadline was opened and when it was found to move at the latest, the last one.
func (d *desk) newNotice(dl Deadline, from calendar.Date, found time.Time) (calendar.Amendment, bool) {
	var last calendar.Amendment
	var lastAt time.Time
	to := dl.DueDate()
	for _, n := range d.notices(min(from.Year(), to.Year()), max(from.Year(), to.Year())+1) {
		at := d.counted.Notices[n.Notice]
		newer := at.After(lastAt) || at.Equal(lastAt) && !n.Issued.Before(last.Issued)
		if at.After(dl.OpenedAt) && !at.After(found) && newer {
			last, lastAt = n, at
		}
	}
	return last, !lastAt.IsZero()
}
