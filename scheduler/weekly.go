package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules/calendar"
)

// Why a message was not delivered, as the office reads it.
const (
	whyBounced  = "邮件被退回，邮箱地址无效"
	whyRejected = "邮件被对方服务器拒收"
)

// weekly promises the office one letter a week about the days since the last one, on the first working day from the
// digest hour on, or the next ones if the daemon was away. In the week of the first start the overview stands in its
// place.
func (p *pass) weekly(ctx context.Context) error {
	key := weeklyKey(p.today)
	switch {
	case !p.o.Weekly, p.started.IsZero(), mondayOf(calendar.DateOf(p.started)) == mondayOf(p.today):
		return nil
	case !p.atWork(p.now), p.now.Before(p.today.At(p.o.DigestAt)), p.s.settled.has(p.today, key):
		return nil
	}
	w, err := p.week(ctx)
	if err != nil {
		return err
	}
	return p.promise(ctx, []draft{p.weeklyDraft(w, p.now)})
}

// accounts are what a weekly letter stands on.
type accounts struct {
	tally     Tally
	condition Condition
	daemons   []Daemon
}

// week asks the store for the accounts of the letter that is due today.
func (p *pass) week(ctx context.Context) (accounts, error) {
	var a accounts
	var err error
	from, to := p.weekBefore(p.today)
	if a.tally, err = p.store.Tally(ctx, from, to); err != nil {
		return a, fmt.Errorf("tally the week: %w", err)
	}
	if a.condition, err = p.store.Condition(ctx, p.now); err != nil {
		return a, fmt.Errorf("tally the week: %w", err)
	}
	if a.daemons, err = p.store.Daemons(ctx); err != nil {
		return a, fmt.Errorf("tally the week: %w", err)
	}
	return a, nil
}

// weeklyKey is the key of the weekly letter of today's week.
func weeklyKey(today calendar.Date) string { return "weekly/" + mondayOf(today).String() }

// mondayOf returns the Monday on or before a day.
func mondayOf(day calendar.Date) calendar.Date { return day.AddDays(-(int(day.Weekday()) + 6) % 7) }

// weekBefore returns the days that the letter of today's week is about: the week before, and the weeks before that in
// which nobody worked and so no letter was sent.
func (d *desk) weekBefore(today calendar.Date) (from, to calendar.Date) {
	to = mondayOf(today).AddDays(-1)
	from = mondayOf(to)
	for first, _ := d.Calendar.Coverage(); from.After(first) && !d.worked(from); {
		from = from.AddDays(-7)
	}
	return from, to
}

// worked reports whether the week of a Monday has a working day.
func (d *desk) worked(monday calendar.Date) bool {
	return !d.Calendar.OnOrAfter(monday).After(monday.AddDays(6))
}

// weeklyDraft writes down what the accounts say. They are told to the office as they are: what of them wants attention,
// the letter says.
func (d *desk) weeklyDraft(a accounts, now time.Time) draft {
	today := calendar.DateOf(now)
	from, to := d.weekBefore(today)
	_, covered := d.Calendar.Coverage()
	t, c := a.tally, a.condition
	l := d.letter(notify.Weekly, d.o.Office, now)
	l.Weekly = &compose.Weekly{
		From: from.At(0), To: to.At(0), Sent: t.Sent, Undelivered: len(t.Undelivered), Uncertain: t.Uncertain,
		Met: t.Met, MetLate: t.MetLate, Missed: t.Missed, Late: c.Late,
		Doubtful: c.Doubtful, Waiting: c.Waiting(), Oldest: c.Oldest, Covered: covered.At(0),
	}
	for _, m := range t.Undelivered {
		why := whyRejected
		if m.Ended == notify.Bounced {
			why = whyBounced
		}
		l.Unreached = append(l.Unreached, compose.Unreached{Unit: m.Unit, Why: why})
	}
	for _, bad := range d.badContacts() {
		if units := &l.Weekly.BadAddresses; !slices.Contains(*units, bad.Unit) {
			*units = append(*units, bad.Unit)
		}
	}
	for _, x := range a.daemons {
		l.Weekly.Daemons = append(l.Weekly.Daemons, compose.Daemon{
			Host: x.Host, Version: x.Version, Plan: x.Plan, Seen: x.Seen, Silent: !x.Alive(now),
		})
	}
	return draft{key: weeklyKey(today), letter: l}
}

// dueWeekly reports whether a preview's day is the one on which the letter of its week goes out.
func (d *desk) dueWeekly(day calendar.Date) bool {
	return d.o.Weekly && d.Calendar.OnOrAfter(mondayOf(day)) == day
}

// weekly returns a rehearsed week's letter, as if all that was promised had been sent.
func (p *rehearsal) weekly(now time.Time) draft {
	var a accounts
	from, to := p.weekBefore(calendar.DateOf(now))
	for _, l := range p.letters {
		if day := calendar.DateOf(l.At); !day.Before(from) && !day.After(to) {
			a.tally.Sent++
		}
	}
	for _, dl := range p.tracked {
		due, late := dl.DueDate(), p.unanswered(dl)
		if !due.Before(calendar.DateOf(now)) {
			continue
		}
		if late {
			a.condition.Late++
		}
		switch {
		case due.Before(from), due.After(to):
		case late:
			a.tally.Missed++
		default:
			a.tally.Met++
		}
	}
	return p.weeklyDraft(a, now)
}

// unanswered reports whether nobody is taken to have done what is due.
func (p *rehearsal) unanswered(dl Deadline) bool { return p.assumed == NoneAnswered && !p.onShow(dl) }
