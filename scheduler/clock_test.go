package scheduler_test

import (
	"errors"
	"slices"
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

// TestClockBeforeCalendar starts on a host whose clock has lost the time: nothing is decided by it, and the right time
// begins afresh.
func TestClockBeforeCalendar(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	report, err := r.s.Pass(t.Context(), moment(t, "1970-01-01 08:01"))
	if !errors.Is(err, calendar.ErrBeforeCoverage) || !errors.Is(err, scheduler.ErrClock) || !report.Quiet() {
		t.Errorf("in 1970: %+v, %v", report, err)
	}
	r.pass("2018-09-25 09:00")
	diff(t, "open", monthsOpen(r, "air", "", 1, 10), []string{"air@2018-09", "air@2018-10"})
}

// wrongAt passes by a clock that is taken to be wrong, and returns the letters.
func (r *rig) wrongAt(at string) []string {
	r.t.Helper()
	letters, err := r.tryAt(moment(r.t, at))
	if !errors.Is(err, scheduler.ErrClock) {
		r.t.Errorf("pass at %s: %v, want that the clock is wrong", at, err)
	}
	st, err := r.s.Status(r.t.Context(), moment(r.t, at), scheduler.Filter{})
	if err != nil || !errors.Is(st.Clock, scheduler.ErrClock) {
		r.t.Errorf("status at %s: the clock is %v, %v", at, st.Clock, err)
	}
	return lines(letters)
}

// settings are those that say from when and up to when things are decided.
func (r *rig) settings() string {
	r.t.Helper()
	var values []string
	for _, name := range []string{"first_day", "tracked"} {
		value, err := r.store.Setting(r.t.Context(), name)
		if err != nil {
			r.t.Fatal(err)
		}
		values = append(values, value)
	}
	return strings.Join(values, " ")
}

// ofClock are the letters by which the office is told that the clock was wrong.
func ofClock(r *rig) []string {
	var told []string
	for _, l := range r.letters {
		if strings.HasPrefix(l.Message.Key, "trouble/clock/") {
			told = append(told, l.At.In(calendar.Zone()).Format("2006-01-02 15:04")+" "+l.Unit+"\n"+l.Message.Text)
		}
	}
	return told
}

// TestDeadBattery starts on a machine whose clock has lost the time, and shows when its system was made, before this
// program was: nothing is opened, the first day is not fixed, and nobody is accused once the clock is right. The same
// happens after months of work.
func TestDeadBattery(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		o := options(small(t, 2019, contacts{}), st)
		o.Built = moment(t, "2018-08-20 12:00")
		r := newRigOf(t, o)
		for _, at := range []string{"2018-04-27 09:00", "2018-04-27 09:01", "2018-04-28 10:00"} {
			diff(t, "letters at "+at, r.wrongAt(at), []string{})
		}
		if got := r.settings(); got != " " || len(onRecord(r)) != 0 {
			t.Errorf("by a dead battery: first day and tracked %q, %d deadlines", got, len(onRecord(r)))
		}
		e := rules.Event{Trigger: "policy-published", At: moment(t, "2018-04-27 10:00"), Unit: "县教育局"}
		refused, err := r.s.AddEvents(t.Context(), moment(t, "2018-04-28 10:00"), "clerk", []rules.Event{e})
		if why, ok := errors.AsType[*scheduler.RefusedEvent](
			err,
		); !ok || why.Why != scheduler.ByWrongClock ||
			len(refused) != 0 {
			t.Errorf("an event: %v, %v", refused, err)
		}
		r.pass("2018-09-03 09:00")
		if got := r.settings(); got != "2018-09-03 2018-09-03" {
			t.Errorf("once it is right: first day and tracked %q", got)
		}
		told := ofClock(r)
		if len(told) != 1 || !strings.HasPrefix(told[0], "2018-09-03 09:00 "+office) ||
			!strings.Contains(told[0], "显示2018年4月27日（星期五）09:00") ||
			!strings.Contains(told[0], "2018年8月20日（星期一）12:00") {
			t.Errorf("the office is told %q", told)
		}
		r.through("2018-09-04", "2018-09-27", "09:00")
		before := onRecord(r)
		for _, at := range []string{"2018-04-27 09:00", "2018-09-27 07:59", "2018-09-27 07:00"} {
			diff(t, "letters at "+at, r.wrongAt(at), []string{})
		}
		if d := cmp.Diff(before, onRecord(r), cmpopts.EquateComparable(calendar.Date{})); d != "" {
			t.Errorf("deadlines by a wrong clock (-were +are):\n%s", d)
		}
		r.pass("2018-09-27 08:00") // an hour is forgiven
		r.pass("2018-09-28 09:00")
		if got := r.settings(); got != "2018-09-03 2018-09-28" || len(ofClock(r)) != 2 {
			t.Errorf("later: first day and tracked %q; the office is told %q", got, ofClock(r))
		}
		for _, l := range r.letters {
			for _, it := range l.Items {
				if strings.HasPrefix(it.Stage, "late") {
					t.Errorf("accused: %s", lines([]scheduler.Letter{l}))
				}
			}
		}
	})
}

// TestCompleteByWrongClock says that something is done while the clock is wrong: that counts, unless it opens what
// follows.
func TestCompleteByWrongClock(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-09-03 09:00")
	rec := r.event(
		"2018-09-04 10:00",
		rules.Event{Trigger: "enrolment-closed", At: moment(t, "2018-09-04 10:00"), Ref: "2018"},
	)
	at := moment(t, "2018-09-03 10:00")
	_, err := r.s.Complete(t.Context(), at, "clerk", rec.Deadlines[0].Key, "", "https://www.example.invalid/1", "")
	if !errors.Is(err, scheduler.ErrClock) {
		t.Errorf("what opens something: %v", err)
	}
	if _, err := r.s.Complete(
		t.Context(),
		at,
		"clerk",
		"air@2018-09",
		"",
		"https://www.example.invalid/2",
		"",
	); err != nil {
		t.Errorf("what opens nothing: %v", err)
	}
}

// TestClockAhead starts with a clock that is years ahead. Once it is right it is taken to be wrong, until somebody says
// that it is right: from then on that day is the first.
func TestClockAhead(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		o := options(small(t, 2019, contacts{}), st)
		o.Built = moment(t, "2020-01-01 00:00") // by such a clock, or a wrong one
		r := newRigOf(t, o)
		r.pass("2036-01-02 08:01")
		diff(t, "letters", r.wrongAt("2018-09-03 09:00"), []string{})
		ctx, now := t.Context(), moment(t, "2018-09-03 09:01")
		if _, err := r.s.AcceptClock(ctx, now, "root", " "); err == nil || r.settings() != "2036-01-02 2036-01-02" {
			t.Errorf("accepted without a reason: %v, %s", err, r.settings())
		}
		accepted, err := r.s.AcceptClock(ctx, now, "root", "电池已更换，已与授时中心核对")
		if err != nil || accepted.First != date(t, "2018-09-03") ||
			!accepted.Overruled.Newer.Equal(moment(t, "2036-01-02 08:01")) {
			t.Errorf("accepted %+v, %v", accepted, err)
		}
		if _, err := r.s.AcceptClock(ctx, now, "root", "再说一次"); !errors.Is(err, scheduler.ErrClockRight) {
			t.Errorf("accepted again: %v", err)
		}
		r = newRigOf(t, o) // whoever accepts is another process
		r.pass("2018-09-03 09:02")
		diff(t, "open", monthsOpen(r, "air", "", 1, 10), []string{"air@2018-09", "air@2018-10"})
		if got := r.settings(); got != "2018-09-03 2018-09-03" || len(ofClock(r)) != 1 {
			t.Errorf("accepted: first day and tracked %q; told %q", got, ofClock(r))
		}
		r.pass("2018-09-04 09:00")
		diff(t, "letters by a clock that is wrong again", r.wrongAt("2018-09-03 10:00"), []string{})
		// another program, which nobody has accepted a clock before
		if o.Built = moment(t, "2020-02-01 00:00"); r != nil {
			diff(t, "letters by another program", newRigOf(t, o).wrongAt("2018-09-04 09:00"), []string{})
		}
	})
}

// onRecord is every deadline, in whatever state, with its reminders.
func onRecord(r *rig) []scheduler.Deadline {
	r.t.Helper()
	all, err := r.store.Deadlines(
		r.t.Context(),
		scheduler.Filter{States: []scheduler.State{scheduler.Open, scheduler.Done, scheduler.Withdrawn}},
	)
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// busy is an installation in its fourth week: with what is done, late, extended, withdrawn, opened by events and added
// since.
func busy(t *testing.T, st scheduler.Store) (*rig, *scheduler.Plan) {
	t.Helper()
	r := newRig(t, st, small(t, 2019, contacts{}))
	r.pass("2018-09-03 09:00")
	r.event(
		"2018-09-04 10:00",
		rules.Event{Trigger: "policy-published", At: moment(t, "2018-09-04 10:00"), Unit: "县教育局", Ref: "1"},
	)
	r.through("2018-09-04", "2018-09-19", "09:00")
	r.event("2018-09-19 10:00", rules.Event{Trigger: "enrolment-closed", At: moment(t, "2018-09-10 10:00"), Ref: "1"})
	p := overridden(t, `
obligations:
  water: {new: true, row: 0, title: 水质, clause: 按月, kind: periodic, rule: {every: month, due: {day: 14}}, lead: [县教育局], responsible: []}
  attendance: {disable: 试验}
`)
	r.s.Swap(p)
	r.through("2018-09-20", "2018-09-24", "09:00")
	r.through("2018-09-25", "2018-09-25", "09:00")
	r.complete("2018-09-25 11:00", "air@2018-10", "")
	r.through("2018-09-26", "2018-09-27", "09:00")
	r.extend("2018-09-28 08:00", "air@2018-09", "2018-10-09") // its stage of five working days is past by then
	r.event("2018-09-28 08:00", rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-09-27 10:00"), Ref: "1"})
	r.through("2018-09-28", "2018-09-28", "08:59", "09:00")
	return r, p
}

// atAnyClock passes by a clock that may be wrong, and returns the letters but for the one that tells the office of
// that.
func (r *rig) atAnyClock(at string) []string {
	r.t.Helper()
	letters, err := r.tryAt(moment(r.t, at))
	if behind := moment(
		r.t,
		at,
	).Before(
		moment(r.t, "2018-09-28 08:00"),
	); behind != errors.Is(err, scheduler.ErrClock) ||
		err != nil && !behind {
		r.t.Errorf("pass at %s: %v", at, err)
	}
	return lines(
		slices.DeleteFunc(
			slices.Clone(letters),
			func(l scheduler.Letter) bool { return strings.HasPrefix(l.Message.Key, "trouble/clock/") },
		),
	)
}

// TestClockStepsBack sets the clock back by minutes, hours and weeks, and right again: nothing is promised twice,
// nothing is opened and no deadline is touched, by the daemon that runs and by one that starts at that moment. The
// office is told if it was more than an hour.
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
						diff(t, "letters at "+now, r.atAnyClock(now), []string{})
						if d := cmp.Diff(before, onRecord(r), cmpopts.EquateComparable(calendar.Date{})); d != "" {
							t.Fatalf("deadlines at %s (-were +are):\n%s", now, d)
						}
					}
					// Time goes on as if nothing had been.
					text := strings.Join(r.pass("2018-09-30 09:00"), "\n")
					if strings.Count(text, " air@2018-09/2wd") != 1 || strings.Count(text, "recall@") != 2 ||
						strings.Contains(text, "water@") {
						t.Errorf("two mornings later:\n%s", text)
					}
				})
			})
		}
	}
}

// TestClockStepsForward lets the machine sleep for three days and more: one mail to each unit says the latest stage,
// late ones say so, and no deadline is moved.
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
				settled := cmp.FilterPath(
					func(p cmp.Path) bool { return strings.HasSuffix(p.String(), "Reminders") },
					cmp.Ignore(),
				)
				if d := cmp.Diff(
					before,
					onRecord(r),
					settled,
					cmpopts.EquateComparable(calendar.Date{}),
					cmpopts.IgnoreFields(scheduler.Deadline{}, "Version"),
				); d != "" {
					t.Errorf("deadlines (-were +are):\n%s", d)
				}
			})
		})
	}
}
