package scheduler_test

import (
	"errors"
	"testing"

	"qixian/rules/calendar"
	"qixian/scheduler/store/storetest"
)

// TestClockBeforeCalendar starts on a host whose clock has lost the time: nothing is decided by it, and the right time begins afresh.
func TestClockBeforeCalendar(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	report, err := r.s.Pass(t.Context(), moment(t, "1970-01-01 08:01"))
	if !errors.Is(err, calendar.ErrBeforeCoverage) || !report.Quiet() {
		t.Errorf("in 1970: %+v, %v", report, err)
	}
	r.pass("2018-09-25 09:00")
	diff(t, "open", monthsOpen(r, "air", "", 1, 10), []string{"air@2018-09", "air@2018-10"})
}

// TestClockAhead starts with a clock that is years ahead: once it is right, that day is the first.
func TestClockAhead(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2036-01-02 08:01")
	r.pass("2018-09-03 09:00")
	diff(t, "open", monthsOpen(r, "air", "", 1, 10), []string{"air@2018-09", "air@2018-10"})
	if first, err := r.store.Setting(t.Context(), "first_day"); first != "2018-09-03" || err != nil {
		t.Errorf("the first day is %s, %v", first, err)
	}
	if tracked, err := r.store.Setting(t.Context(), "tracked"); tracked != "2018-09-03" || err != nil {
		t.Errorf("the last day tracked is %s, %v", tracked, err)
	}
}
