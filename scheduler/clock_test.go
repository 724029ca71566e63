package scheduler_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/notify"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
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

// onRecord is every deadline, in whatever state, with its reminders.
func onRecord(r *rig) []scheduler.Deadline {
	r.t.Helper()
	all, err := r.store.Deadlines(r.t.Context(), scheduler.Filter{States: []scheduler.State{scheduler.Open, scheduler.Done, scheduler.Withdrawn}})
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// busy is an installation in its fourth week: with what is done, late, extended, withdrawn, opened by events and added since.
func busy(t *testing.T, st scheduler.Store) (*rig, *scheduler.Plan) {
	t.Helper()
	r := newRig(t, st, small(t, 2019, contacts{}))
	r.pass("2018-09-03 09:00")
	r.event("2018-09-04 10:00", rules.Event{Trigger: "policy-published", At: moment(t, "2018-09-04 10:00"), Unit: "县教育局", Ref: "1"})
	r.through("2018-09-04", "2018-09-19", "09:00")
	r.event("2018-09-19 10:00", rules.Event{Trigger: "enrolment-closed", At: moment(t, "2018-09-10 10:00"), Ref: "1"})
	p := overridden(t, `
obligations:
  water: {new: true, row: 0, title: 水质, clause: 按月, kind: periodic, rule: {every: month, due: {day: 14}}, lead: [县教育局], responsible: []}
  attendance: {disable: 试验}
`)
	r.s.Swap(p)
	r.through("2018-09-20", "2018-09-24", "09:00")
	r.complete("2018-09-25 11:00", "air@2018-10", "")
	r.through("2018-09-25", "2018-09-27", "09:00")
	r.extend("2018-09-28 08:00", "air@2018-09", "2018-10-09") // its stage of five working days is past by then
	r.event("2018-09-28 08:00", rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-09-27 10:00"), Ref: "1"})
	r.through("2018-09-28", "2018-09-28", "08:59", "09:00")
	return r, p
}

// TestClockStepsBack sets the clock back by minutes, hours and weeks, and right again: nothing is promised twice, nothing is opened
// and no deadline is touched, by the daemon that runs and by one that starts at that moment.
func TestClockStepsBack(t *testing.T) {
	for name, nows := range map[string][]string{
		"minutes":              {"2018-09-28 08:58", "2018-09-28 09:01"},
		"hours":                {"2018-09-28 05:00", "2018-09-27 23:59", "2018-09-28 09:00", "2018-09-28 09:01"},
		"to a morning":         {"2018-09-26 09:00", "2018-09-27 09:00", "2018-09-28 09:00"},
		"weeks":                {"2018-09-10 09:00", "2018-09-11 09:00", "2018-09-28 09:01"},
		"before the first day": {"2018-08-29 09:00", "2018-08-31 09:00", "2018-09-03 09:00", "2018-09-28 09:01"},
		"back and forth":       {"2018-09-28 03:00", "2018-09-28 09:01", "2018-09-12 09:00", "2018-09-28 09:02", "2018-09-27 10:00", "2018-09-28 09:03"},
	} {
		for how, restarts := range map[string]bool{"running": false, "restarted": true} {
			t.Run(name+"/"+how, func(t *testing.T) {
				eachDriver(t, func(t *testing.T, st scheduler.Store) {
					r, p := busy(t, st)
					before := onRecord(r)
					for _, now := range nows {
						if restarts {
							r = newRig(t, st, p)
						}
						diff(t, "letters at "+now, r.pass(now), []string{})
						if d := cmp.Diff(before, onRecord(r), cmpopts.EquateComparable(calendar.Date{})); d != "" {
							t.Fatalf("deadlines at %s (-were +are):\n%s", now, d)
						}
					}
					// Time goes on as if nothing had been.
					text := strings.Join(r.pass("2018-09-30 09:00"), "\n")
					if strings.Count(text, " air@2018-09/2wd") != 2 || strings.Count(text, "recall@") != 2 || strings.Contains(text, "water@") {
						t.Errorf("two mornings later:\n%s", text)
					}
				})
			})
		}
	}
}

// TestClockStepsForward lets the machine sleep for three days and more: one mail to each unit says the latest stage, late ones say so,
// and no deadline is moved.
func TestClockStepsForward(t *testing.T) {
	for _, c := range []struct {
		name, asleep, awake string
		want                []string
	}{
		{"over a stage", "2018-09-27 09:00", "2018-09-30 09:05", []string{
			"2018-09-30 09:05 县环保局 digest air@2018-09/0", "2018-09-30 09:05 县财政局 digest air@2018-09/0",
		}},
		{"over due, into the holiday", "2018-09-29 18:00", "2018-10-02 18:00", []string{}},
		{"over an escalation", "2018-10-08 09:00", "2018-10-12 09:01", []string{
			"2018-10-12 09:01 县政府办公室 digest air@2018-09/late4",
			"2018-10-12 09:01 县环保局 digest air@2018-09/late4",
			"2018-10-12 09:01 县财政局 digest air@2018-09/late4",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, st scheduler.Store) {
				r := newRig(t, st, small(t, 2019, contacts{}))
				r.pass("2018-09-21 09:00")
				r.through("2018-09-25", c.asleep[:10], "09:00")
				r.pass(c.asleep)
				before := onRecord(r)
				diff(t, "letters", only(r.pass(c.awake), notify.Digest), c.want)
				diff(t, "a minute later", lines(r.passAt(moment(t, c.awake).Add(time.Minute))), []string{})
				settled := cmp.FilterPath(func(p cmp.Path) bool { return strings.HasSuffix(p.String(), "Reminders") }, cmp.Ignore())
				if d := cmp.Diff(before, onRecord(r), settled, cmpopts.EquateComparable(calendar.Date{}), cmpopts.IgnoreFields(scheduler.Deadline{}, "Version")); d != "" {
					t.Errorf("deadlines (-were +are):\n%s", d)
				}
			})
		})
	}
}
