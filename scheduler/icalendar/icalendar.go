// Package icalendar writes due dates as an iCalendar (RFC 5545) that calendar programs import or subscribe to.
package icalendar

import (
	"fmt"
	"io"
	"time"

	ics "github.com/arran4/golang-ical"

	"qixian/rules/calendar"
)

// Status is what a calendar program shows of an event.
type Status string

// The statuses (RFC 5545 section 3.8.1.11).
const (
	Confirmed Status = "CONFIRMED"
	Tentative Status = "TENTATIVE" // 暂定
	Cancelled Status = "CANCELLED" // 撤销
)

// Entry is one due date.
type Entry struct {
	UID         string // stable, so that a date that moved moves an event instead of doubling it
	Summary     string // one line
	Description string
	URL         string        // empty: none
	Day         calendar.Date // an all-day event
	Last        calendar.Date // its last day; zero: Day is the only one
	Instant     time.Time     // for an hour rule, in place of Day; zero: a day
	Stamp       time.Time
	Sequence    int64 // grows whenever the entry changes; 0: it is not shown
	Status      Status
}

// Write writes a calendar of a name, lines ending in CRLF.
func Write(w io.Writer, name string, entries []Entry) error {
	cal := ics.NewCalendarFor("qixian")
	cal.SetMethod(ics.MethodPublish)
	cal.SetName(name)
	cal.SetXWRCalName(name)
	for _, e := range entries {
		v := cal.AddEvent(e.UID)
		v.SetDtStampTime(e.Stamp)
		if e.Instant.IsZero() {
			v.SetAllDayStartAt(e.Day.At(0))
			last := e.Day
			if !e.Last.IsZero() {
				last = e.Last
			}
			v.SetAllDayEndAt(last.AddDays(1).At(0)) // the end is exclusive
		} else {
			v.SetStartAt(e.Instant) // without an end it is a moment (RFC 5545 section 3.6.1)
		}
		v.SetSummary(e.Summary)
		v.SetStatus(ics.ObjectStatus(e.Status))
		v.SetTimeTransparency(ics.TransparencyTransparent)
		v.SetDescription(e.Description)
		if e.Sequence > 0 {
			v.SetSequence(int(e.Sequence))
		}
		if e.URL != "" {
			v.SetURL(e.URL)
		}
	}
	if _, err := io.WriteString(w, cal.Serialize(ics.WithNewLineWindows)); err != nil {
		return fmt.Errorf("write ics: %w", err)
	}
	return nil
}
