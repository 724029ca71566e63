package scheduler

import (
	"testing"
	"time"

	"qixian/notify"
)

// TestHoursFromMidnight holds that hours which begin at midnight are taken at their word, not for hours that nobody
// gave.
func TestHoursFromMidnight(t *testing.T) {
	o := Options{WorkTo: 24 * time.Hour}.withDefaults()
	if o.DigestAt != 0 || o.WorkFrom != 0 || o.WorkTo != 24*time.Hour {
		t.Errorf("00:00 to 24:00, digest at 00:00: %v to %v, %v", o.WorkFrom, o.WorkTo, o.DigestAt)
	}
	if o = (Options{}).withDefaults(); o.DigestAt != 9*time.Hour || o.WorkFrom != 8*time.Hour+30*time.Minute ||
		o.WorkTo != 17*time.Hour+30*time.Minute {
		t.Errorf("no hours given: %v to %v, %v", o.WorkFrom, o.WorkTo, o.DigestAt)
	}
}

// TestReconfigure swaps the office's habits under a scheduler, and leaves it what holds for good.
func TestReconfigure(t *testing.T) {
	first := new(notify.Signer)
	was := Options{Plan: &Plan{}, Office: "甲", Reach: "电话1", IDs: first}
	s := &Scheduler{o: was.withDefaults()}
	s.inForce.Store(&s.o)
	before := s.desk()
	s.Reconfigure(
		Options{
			Plan:    &Plan{},
			Office:  "乙",
			IDs:     new(notify.Signer),
			WorkTo:  time.Hour,
			Weekly:  true,
			Reports: Reports{Ranking: true},
		},
	)
	if h := s.Habits(); h != (Habits{Office: "乙", Ranking: true}) {
		t.Errorf("habits %+v", h)
	}
	if d := s.desk(); d.o.Office != "乙" || d.o.IDs != first || d.o.WorkTo != time.Hour || d.o.WorkFrom != 0 ||
		!d.o.Weekly ||
		d.Plan == before.Plan {
		t.Errorf("a new desk has %+v", d.o)
	}
	if before.o.Office != "甲" {
		t.Errorf("what had begun before goes on for %s", before.o.Office)
	}
}
