package scheduler

import (
	"context"
	"fmt"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules/calendar"
	"qixian/rules/wording"
)

// Span is what a report is about: a month, or, where Month is 0, a whole year.
type Span struct {
	Year  int
	Month time.Month
}

// From returns the first day of the span.
func (s Span) From() calendar.Date { return calendar.NewDate(s.Year, max(s.Month, time.January), 1) }

// To returns the last day of the span, which is in it.
func (s Span) To() calendar.Date {
	if s.Month == 0 {
		return calendar.NewDate(s.Year, time.December, 31)
	}
	return s.From().AddMonths(1).AddDays(-1)
}

// String returns the span as a key and a file have it: 2026-10, 2026.
func (s Span) String() string {
	if s.Month == 0 {
		return fmt.Sprintf("%04d", s.Year)
	}
	return fmt.Sprintf("%04d-%02d", s.Year, int(s.Month))
}

// Chinese returns the span in words: 2026年10月, 2026年.
func (s Span) Chinese() string {
	return wording.Period(s.String())
}

// MonthBefore returns the month before that of a day.
func MonthBefore(day calendar.Date) Span {
	last := calendar.NewDate(day.Year(), day.Month(), 1).AddDays(-1)
	return Span{last.Year(), last.Month()}
}

// ParseSpan reads what String writes, of the years 2000 to 2100.
func ParseSpan(text string) (Span, error) {
	for _, form := range []string{"2006-01", "2006"} {
		t, err := time.Parse(form, text)
		if err != nil {
			continue
		}
		s := Span{Year: t.Year()}
		if form != "2006" {
			s.Month = t.Month()
		}
		if s.Year < 2000 || s.Year > 2100 {
			return Span{}, fmt.Errorf("%q is outside 2000 to 2100", text)
		}
		return s, nil
	}
	return Span{}, fmt.Errorf("%q is no month and no year; want YYYY-MM or YYYY", text)
}

// Account is a deadline, without its reminders, and what is on record of it.
type Account struct {
	Deadline
	History
	ObligationTitle string // empty: it is the deadline's
	PeriodName      string // in words, with whose data is due; empty for an event's
	OnShow          bool   // it is a time on show, which closes itself: nobody answers for it
	// units that a mail about it did not reach: refused, come back, or sent to the office in its place; by name
	Undelivered []string
}

// Accountant is the store as reports need it.
type Accountant interface {
	// Accounts returns the deadlines, in any state, that fall due from one day to the other, both inclusive, by the
	// date that counts, which is the extended one where there is one; in the order of that date, key and unit.
	// ObligationTitle, PeriodName and OnShow are for the caller to fill in.
	Accounts(ctx context.Context, from, to calendar.Date) ([]Account, error)
}

// Brief is all that a report (通报) is written from: the same brief makes the same report, byte for byte.
type Brief struct {
	Span Span
	At   time.Time // the moment as of which it is written
	// the first day that the installation accounts for: of what fell due before, only what events have opened is
	// tracked
	Since    calendar.Date
	Office   string // in whose name it is written
	Ranking  bool   // units are ranked (排名)
	Calendar *calendar.Calendar
	Accounts []Account
}

// Reporter writes reports; report.Writer is one.
type Reporter interface {
	// Write returns what a mail says of a report, and the report itself as files.
	Write(b Brief) (compose.Report, []notify.Attachment, error)
	// Overview returns the workbook that has all of an overview; none if it is too large for a mail.
	Overview(l compose.Letter) ([]notify.Attachment, error)
}

// Reports says which reports are mailed to the office, and how they are written. Its zero value mails none.
type Reports struct {
	Writer  Reporter // nil: none is mailed
	Monthly bool     // each month's, on the first working day of the next
	Yearly  bool     // each year's, on the first working day of the next
	Ranking bool     // units are ranked
}

// Brief gathers what a report of a span is written from, as of now. It changes nothing.
func (s *Scheduler) Brief(ctx context.Context, now time.Time, span Span, ranking bool) (Brief, error) {
	first, _, err := s.firstDay(ctx, calendar.DateOf(now))
	if err != nil {
		return Brief{}, err
	}
	as, err := s.o.Store.Accounts(ctx, span.From(), span.To())
	if err != nil {
		return Brief{}, fmt.Errorf("account for %s: %w", span, err)
	}
	d := s.desk()
	b := d.brief(span, now, as)
	b.Since, b.Ranking = first, ranking
	return b, nil
}

// brief lays accounts before whoever writes the report, with what the catalogue says of them.
func (d *desk) brief(span Span, now time.Time, as []Account) Brief {
	for i, a := range as {
		as[i].PeriodName, as[i].OnShow = d.periodName(a.Deadline), d.onShow(a.Deadline)
		if ob, ok := d.Catalogue.Obligation(a.Obligation); ok {
			as[i].ObligationTitle = ob.Title
		}
	}
	return Brief{
		Span:     span,
		At:       now,
		Office:   d.o.Office,
		Ranking:  d.o.Reports.Ranking,
		Calendar: d.Calendar,
		Accounts: as,
	}
}
