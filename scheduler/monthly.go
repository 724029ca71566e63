package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"qixian/notify"
	"qixian/rules/calendar"
)

// monthly promises the office the report of the month before, and in January that of the year before too, once each: on
// the first working day of the month from the digest hour on, or the next ones if the daemon was away. Of a span that
// was over before the first start there is nothing to report.
func (p *pass) monthly(ctx context.Context) error {
	if p.started.IsZero() || !p.atWork(p.now) || p.now.Before(p.today.At(p.o.DigestAt)) {
		return nil
	}
	var errs []error
	for _, span := range p.reportsOf(p.today) {
		if !span.To().Before(calendar.DateOf(p.started)) && !p.s.reported[span] {
			errs = append(errs, p.reportOn(ctx, span))
		}
	}
	return errors.Join(errs...)
}

// reportOn writes the report of a span and promises it, unless it is promised already.
func (p *pass) reportOn(ctx context.Context, span Span) error {
	b, err := p.s.Brief(ctx, p.now, span, p.o.Reports.Ranking)
	if err != nil {
		return err
	}
	dr, err := p.reportDraft(b)
	if err != nil {
		return err
	}
	err = p.promise(ctx, []draft{dr})
	p.s.reported[span] = p.s.settled.has(p.today, dr.key)
	return err
}

// reportsOf returns what the reports are about that a day's month brings.
func (d *desk) reportsOf(day calendar.Date) []Span {
	var spans []Span
	month := MonthBefore(day)
	if d.o.Reports.Writer != nil && d.o.Reports.Monthly {
		spans = append(spans, month)
	}
	if d.o.Reports.Writer != nil && d.o.Reports.Yearly && month.Month == time.December {
		spans = append(spans, Span{Year: month.Year})
	}
	return spans
}

// reportKey is the key of the letter that brings a report.
func reportKey(span Span) string { return "report/" + span.String() }

// reportDraft has a report written.
func (d *desk) reportDraft(b Brief) (draft, error) {
	words, files, err := d.o.Reports.Writer.Write(b)
	if err != nil {
		return draft{}, fmt.Errorf("write report of %s: %w", b.Span, err)
	}
	l := d.letter(notify.PeriodReport, d.o.Office, b.At)
	l.Report = &words
	return draft{key: reportKey(b.Span), letter: l, files: files}, nil
}

// monthly returns the letters of reports that a rehearsed day brings, as if all that was promised had been sent.
func (p *rehearsal) monthly(now time.Time) ([]draft, error) {
	today := calendar.DateOf(now)
	if p.Calendar.OnOrAfter(calendar.NewDate(today.Year(), today.Month(), 1)) != today {
		return nil, nil
	}
	var drafts []draft
	for _, span := range p.reportsOf(today) {
		if span.To().Before(p.from) {
			continue
		}
		b := p.brief(span, now, p.accounts(span, today))
		b.Since = p.from
		dr, err := p.reportDraft(b)
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, dr)
	}
	return drafts, nil
}

// accounts returns what a rehearsed span comes to, today not over yet.
func (p *rehearsal) accounts(span Span, today calendar.Date) []Account {
	var as []Account
	for _, id := range slices.Sorted(maps.Keys(p.tracked)) {
		a := Account{Deadline: p.tracked[id]}
		due := a.DueDate()
		if due.Before(span.From()) || due.After(span.To()) {
			continue
		}
		if due.Before(today) && !p.unanswered(a.Deadline) {
			a.State, a.ClosedAt = Done, due.At(p.o.WorkTo)
		}
		as = append(as, a)
	}
	slices.SortFunc(as, func(a, b Account) int {
		return cmp.Or(a.DueDate().Compare(b.DueDate()), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Unit, b.Unit))
	})
	return as
}
