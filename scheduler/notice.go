package scheduler

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// counted is what an installation remembers of how days are counted: by which calendar, and by which version of the rules for counting.
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

// noteCounted notes since when days are counted as they are by the plan in force, and when each of its notices was first loaded.
func (p *pass) noteCounted(ctx context.Context) error {
	if err := p.s.loadCounted(ctx, p.desk); err != nil {
		return err
	}
	if p.counted.By == p.counting() && !p.counted.Since.After(p.now) { // otherwise it was noted by a clock that was ahead
		return nil
	}
	next := counted{By: p.counting(), Since: p.now, Notices: map[string]time.Time{}}
	for title, at := range p.counted.Notices {
		if !at.After(p.now) {
			next.Notices[title] = at
		}
	}
	for _, n := range p.notices(0, 1<<30) {
		if _, known := next.Notices[n.Notice]; !known {
			next.Notices[n.Notice] = p.now
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

// spared returns o as it is to be for dl, which was open when days came to be counted as they are: a due date that this would move to before
// the next working day after is that working day, and what was late before, and would be still, stays due when it was. Whatever a notice says
// of days gone by, nobody could have kept to it.
func (d *desk) spared(dl Deadline, o rules.Occurrence) (rules.Occurrence, error) {
	was, is, since := dl.Due, o.Due, d.counted.Since
	if since.IsZero() || !dl.OpenedAt.Before(since) || d.moved[dl.Event] || !was.Instant.IsZero() || !is.Instant.IsZero() || was.Date == is.Date {
		return o, nil
	}
	day := calendar.DateOf(since)
	next := d.Calendar.OnOrAfter(day.AddDays(1))
	switch {
	case !is.Date.Before(next):
		return o, nil
	case was.Date.Before(day) && is.Date.Before(day):
		return d.Planner.Extended(o, was.Date)
	default:
		return d.Planner.Extended(o, next)
	}
}

// newNotice names the notice that moved a due date between two days: of those that bear on these days the last one issued, if it was first
// loaded when days came to be counted as they are.
func (d *desk) newNotice(a, b calendar.Date) (calendar.Amendment, bool) {
	var last calendar.Amendment
	for _, n := range d.notices(min(a.Year(), b.Year()), max(a.Year(), b.Year())+1) {
		if d.counted.Notices[n.Notice].Equal(d.counted.Since) && !n.Issued.Before(last.Issued) {
			last = n
		}
	}
	return last, last.Notice != "" && !d.counted.Since.IsZero()
}
