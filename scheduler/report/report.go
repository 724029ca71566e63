// Package report writes the report (通报) of a month or a year: what fell due, what was done in time, late and by how
// many working days, extended, open, and what could not be delivered; for each unit and for each obligation. It is
// pure: a [scheduler.Brief] makes the same report for ever, byte for byte, in every format.
//
// # What counts
//
// A deadline counts in the span in which its due date lies, as finally moved: an extended one in the span of the
// extended date, wherever it was due before. It counts once in the total. To the units it counts by who answered for it
// when the month closed in which it fell due: see [scheduler.Deadline.Counted]. Other units that are told of it are
// shown with how often they were, and nothing else is laid at their door.
//
// Every deadline has one [Outcome] as of the brief's moment. Those that were withdrawn, and times on show, which close
// themselves, are listed and not counted. Extended and not delivered are told besides the outcome: an extended deadline
// can be done in time or late.
package report

import (
	"cmp"
	"math"
	"slices"
	"time"

	"qixian/rules/calendar"
	"qixian/scheduler"
)

// Outcome is what became of a deadline as of the report's moment.
type Outcome string

// The outcomes, in the order in which they are told.
const (
	Overdue   Outcome = "overdue"   // 逾期未办结: past due and open
	Late      Outcome = "late"      // 逾期办结: done, and on record as done after due
	OnTime    Outcome = "on_time"   // 按期办结: done by the due date, or instant
	Open      Outcome = "open"      // 尚未到期: open, and not past due
	OnShow    Outcome = "on_show"   // 公示: a time on show, over or not; not counted
	Withdrawn Outcome = "withdrawn" // 已撤销; not counted
)

// Counts reports whether a deadline with this outcome counts as having fallen due.
func (o Outcome) Counts() bool { return o != OnShow && o != Withdrawn }

// Entry is one deadline in a report.
type Entry struct {
	Key        string    `json:"key"`
	Number     int       `json:"-"` // of an open one: what people call it by on the telephone
	Obligation string    `json:"obligation"`
	Row        int       `json:"row"`
	Title      string    `json:"title"`
	Period     string    `json:"period"`
	PeriodName string    `json:"period_name"` // in words, with whose data was due
	Units      []string  `json:"units"`       // who answers for it
	Assisting  []string  `json:"assisting_units"`
	Due        string    `json:"due"` // YYYY-MM-DD, or RFC 3339 of an hour rule
	Outcome    Outcome   `json:"outcome"`
	Closed     time.Time `json:"closed,omitzero"`
	// Days is by how many working days it was done late, or has been overdue: those after the due date, up to and with
	// the day of closing, or of the report. 0 is less than one working day.
	Days int `json:"working_days_late"`
	// the due date, or the count, stands on days that no notice covers yet
	Provisional bool          `json:"provisional"`
	Extended    bool          `json:"extended"`
	Original    calendar.Date `json:"due_before_extension,omitzero"`
	Reason      string        `json:"extension_reason,omitempty"` // of the last extension
	Corrected   bool          `json:"corrected,omitempty"`        // that was a correction, which no cap bounded
	URL         string        `json:"url,omitempty"`              // of the last completion
	Note        string        `json:"note,omitempty"`             // likewise: what was done, or why there is no URL
	Undelivered []string      `json:"undelivered"`                // units that at least one mail about it did not reach

	// the event that started it was recorded after the due date: nobody was told in time
	RecordedLate bool `json:"late_when_recorded,omitempty"`

	date              calendar.Date
	lead, responsible []string // as the table has them
}

// Unit is what a unit has to show.
type Unit struct {
	Name string `json:"unit"`
	// from 1, alike where alike; 0: units are not ranked, or nothing of this one's is over
	Rank int `json:"rank,omitempty"`
	Count
	// deadlines of others, of which it is told; they are in no other number, but for what did not reach it
	Assists int `json:"assists"`
}

// Obligation is what an obligation has come to.
type Obligation struct {
	ID    string `json:"obligation"`
	Row   int    `json:"row"`
	Title string `json:"title"`
	Count
}

// Report is a written report.
type Report struct {
	Span        scheduler.Span `json:"-"`
	Office      string         `json:"office"`
	From        calendar.Date  `json:"from"`
	To          calendar.Date  `json:"to"`
	At          time.Time      `json:"at"`
	Since       calendar.Date  `json:"accounted_since,omitzero"` // later than From: the installation is younger
	Ranked      bool           `json:"ranked"`
	Total       Count          `json:"total"`
	Units       []Unit         `json:"by_unit"`       // by rank, if they are ranked, and name
	Obligations []Obligation   `json:"by_obligation"` // by row, those of the office's own last, and name
	Entries     []Entry        `json:"deadlines"`     // by due date, key and unit
}

// New writes a report.
func New(b scheduler.Brief) Report {
	r := Report{
		Span:        b.Span,
		Office:      b.Office,
		From:        b.Span.From(),
		To:          b.Span.To(),
		At:          b.At.In(calendar.Zone()).Truncate(time.Second),
		Ranked:      b.Ranking,
		Units:       []Unit{},
		Obligations: []Obligation{},
		Entries:     make([]Entry, len(b.Accounts)),
	}
	if b.Since.After(r.From) {
		r.Since = b.Since
	}
	units, obligations := map[string]*Unit{}, map[string]*Obligation{}
	for i, a := range b.Accounts {
		e := newEntry(a, b)
		r.Entries[i] = e
		r.Total.add(e, len(e.Undelivered) > 0)
		ob := at(obligations, e.Obligation)
		ob.ID, ob.Row, ob.Title = e.Obligation, e.Row, cmp.Or(a.ObligationTitle, e.Title)
		ob.add(e, len(e.Undelivered) > 0)
		countUnits(units, e)
	}
	for _, u := range units {
		r.Units = append(r.Units, *u)
	}
	for _, o := range obligations {
		r.Obligations = append(r.Obligations, *o)
	}
	slices.SortFunc(r.Units, func(a, b Unit) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(r.Obligations, func(a, b Obligation) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.ID, b.ID))
	})
	if r.Ranked {
		rank(r.Units)
	}
	return r
}

// countUnits counts a deadline for those who answer for it, and for those who assist.
func countUnits(units map[string]*Unit, e Entry) {
	for _, name := range e.Units {
		u := at(units, name)
		u.Name = name
		u.add(e, slices.Contains(e.Undelivered, name))
	}
	for _, name := range e.Assisting {
		u := at(units, name)
		u.Name = name
		if !e.Outcome.Counts() {
			continue
		}
		u.Assists++
		if slices.Contains(e.Undelivered, name) {
			u.Undelivered++
		}
	}
}

// place is where an obligation stands: its row, or, of the office's own, which has none, after all rows.
func place(o Obligation) int {
	if o.Row == 0 {
		return math.MaxInt
	}
	return o.Row
}

// at returns what a map has under a key, new if there is nothing yet.
func at[T any](m map[string]*T, key string) *T {
	if m[key] == nil {
		m[key] = new(T)
	}
	return m[key]
}

func newEntry(a scheduler.Account, b scheduler.Brief) Entry {
	e := Entry{
		Key:         a.Key,
		Number:      a.Number,
		Obligation:  a.Obligation,
		Row:         a.Row,
		Title:       a.Title,
		Period:      a.Period,
		PeriodName:  a.PeriodName,
		Due:         a.DueDate().String(),
		Outcome:     outcome(a, b.At),
		Extended:    !a.ExtendedTo.IsZero(),
		Provisional: a.Due.Provisional && a.ExtendedTo.IsZero(),
		Undelivered: []string{},
		date:        a.DueDate(),
	}
	if a.ByHour() {
		e.Due = a.Due.Instant.In(calendar.Zone()).Format(time.RFC3339)
	}
	e.RecordedLate = (e.Outcome == Late || e.Outcome == Overdue) && a.RecordedLate()
	e.Units = distinct(a.Counted(), nil)
	e.Assisting = distinct(a.Told(), e.Units)
	e.lead, e.responsible = a.Lead, a.Responsible
	for _, name := range a.Told() {
		if slices.Contains(a.Undelivered, name) && !slices.Contains(e.Undelivered, name) {
			e.Undelivered = append(e.Undelivered, name)
		}
	}
	if e.Extended {
		e.Original = a.Due.Date
		if n := len(a.Extensions); n > 0 {
			e.Original, e.Reason = a.Extensions[0].From, a.Extensions[n-1].Reason
			if e.Corrected = a.Extensions[n-1].Correction; e.Corrected {
				e.Reason = "更正到期日：" + e.Reason
			}
		}
	}
	if n := len(a.History.Completions); n > 0 {
		e.URL, e.Note = a.History.Completions[n-1].URL, a.History.Completions[n-1].Note
	}
	until := calendar.DateOf(b.At)
	if a.State != scheduler.Open {
		e.Closed = a.ClosedAt
		until = calendar.DateOf(a.ClosedAt)
	}
	if e.Outcome == Late || e.Outcome == Overdue {
		e.Days = max(b.Calendar.Count(a.DueDate(), until), 0)
		e.Provisional = e.Provisional || !b.Calendar.Known(a.DueDate()) || !b.Calendar.Known(until)
	}
	return e
}

// outcome says what became of a deadline.
func outcome(a scheduler.Account, now time.Time) Outcome {
	switch {
	case a.State == scheduler.Withdrawn:
		return Withdrawn
	case a.OnShow:
		return OnShow
	case a.State == scheduler.Done && a.Late:
		return Late
	case a.State == scheduler.Done:
		return OnTime
	case a.IsLate(now):
		return Overdue
	default:
		return Open
	}
}

// distinct returns names in their order, each once, without those in but.
func distinct(names, but []string) []string {
	kept := []string{}
	for _, n := range names {
		if !slices.Contains(kept, n) && !slices.Contains(but, n) {
			kept = append(kept, n)
		}
	}
	return kept
}
