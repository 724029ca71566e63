package scheduler_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// wantRefused holds that an event was refused for a reason.
func wantRefused(t *testing.T, what string, err error, why scheduler.Refusal) {
	t.Helper()
	if refused, ok := errors.AsType[*scheduler.RefusedEvent](err); !ok || refused.Why != why {
		t.Errorf("%s: %v, want %s", what, err, why)
	}
}

// TestPauseRecordedBeforeStart withdraws an application and records it again: what stopped its clock is on record
// still, and stops it from the first.
func TestPauseRecordedBeforeStart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		r := newRig(t, storetest.Open(t, driver), applicationPlan(t))
		r.pass("2018-09-03 09:00")
		start := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03"))
		key := start.Deadlines[0].Key
		r.event("2018-09-10 15:00", happened(t, "asked 2018-09-10"))
		_, err := r.s.WithdrawEvent(t.Context(), moment(t, "2018-09-11 10:00"), office, start.ID, "误录")
		if err != nil {
			t.Fatal(err)
		}
		seen, err := r.s.Foresee(t.Context(), moment(t, "2018-09-11 11:00"), happened(t, "received 2018-09-03"))
		if err != nil || len(seen.Paused) != 1 || stands(seen.Deadlines[0]) != "2018-09-30 2018-09-10" {
			t.Errorf("foreseen: %+v, %v", seen, err)
		}
		_, err = r.s.AddEvents(
			t.Context(), moment(t, "2018-09-11 11:00"), office, []rules.Event{happened(t, "received 2018-09-12")},
		)
		wantRefused(t, "recorded for a day after the stop", err, scheduler.Overtaken)
		again := r.event("2018-09-11 11:00", happened(t, "received 2018-09-03"))
		if got := stands(again.Deadlines[0]); len(again.Paused) != 1 || got != "2018-09-30 2018-09-10" {
			t.Errorf("said to be %s: %+v", got, again.Paused)
		}
		if got := stands(find(r, key, "")); got != "2018-09-30 2018-09-10" {
			t.Errorf("tracked as %s", got)
		}
		diff(t, "told while it stands", linesWith(r.through("2018-09-12", "2018-10-12", "09:00"), "reply@"), []string{
			"2018-09-30 09:00 县环保局 digest " + key + "/waits",
		})
	})
}

// TestStartMovedPastItsPause refuses to move an application past what stopped its clock.
func TestStartMovedPastItsPause(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), applicationPlan(t))
	r.pass("2018-09-03 09:00")
	start := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03"))
	asked := r.event("2018-09-10 15:00", happened(t, "asked 2018-09-05"))
	move := func(id, to string) error {
		_, err := r.s.MoveEvent(t.Context(), moment(t, "2018-09-11 10:00"), office, id, moment(t, to), "日期有误")
		return err
	}
	err := move(start.ID, "2018-09-07 10:00")
	wantRefused(t, "past its stop", err, scheduler.Overtaken)
	if err == nil || !strings.Contains(err.Error(), "asked of 2018-09-05 ("+asked.ID+")") {
		t.Errorf("it is not named: %v", err)
	}
	if err := errors.Join(move(start.ID, "2018-09-04 10:00"), move(asked.ID, "2018-09-10 10:00")); err != nil {
		t.Error(err)
	}
	if err := move(start.ID, "2018-09-07 10:00"); err != nil {
		t.Errorf("its stop was moved first: %v", err)
	}
}

// TestPauseIsOfOneApplication keeps a pause with the application for which it was recorded, though another begins to
// have its number.
func TestPauseIsOfOneApplication(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		r := newRig(t, storetest.Open(t, driver), applicationPlan(t))
		r.pass("2018-09-03 09:00")
		first := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03 Q2"))
		asked := r.event("2018-09-10 10:30", happened(t, "asked 2018-09-10 Q2 再次"))
		if asked.Of != first.ID {
			t.Errorf("it is of %s", asked.Of)
		}
		other := r.event("2018-09-11 10:30", happened(t, "received 2018-09-10 Q2 再次"))
		plan := applicationPlan(t)
		plan.Fingerprint = "another"
		r.s.Swap(plan)
		r.pass("2018-09-11 11:00")
		is := func(e scheduler.Recorded, want string) {
			t.Helper()
			if got := stands(find(r, "reply@"+e.ID, "")); got != want {
				t.Errorf("%s: %s, want %s", e.Ref, got, want)
			}
		}
		is(first, "2018-09-30 2018-09-10")
		is(other, "2018-10-12")
		r.event("2018-09-12 10:30", happened(t, "unclear 2018-09-12 Q2 再次"))
		is(first, "2018-09-30 2018-09-10")
		is(other, "2018-10-12 2018-09-12")
	})
}

// TestCorrectedDateStays fixes a due date by a court's order: no event moves it, and none stops its clock.
func TestCorrectedDateStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		r := newRig(t, storetest.Open(t, driver), applicationPlan(t))
		r.pass("2018-09-03 09:00")
		key := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03")).Deadlines[0].Key
		r.event("2018-09-10 15:00", happened(t, "asked 2018-09-10"))
		answered := r.event("2018-09-12 15:00", happened(t, "answered 2018-09-12"))
		if _, err := r.s.CorrectDue(
			t.Context(), moment(t, "2018-09-13 09:00"), office, key, "", date(t, "2018-12-21"), "法院裁定",
		); err != nil {
			t.Fatal(err)
		}
		is := func(what string) {
			t.Helper()
			if d := find(r, key, ""); d.ExtendedTo != date(t, "2018-12-21") || d.Paused() || !d.Fixed {
				t.Errorf("%s: %s, fixed %t", what, stands(d), d.Fixed)
			}
		}
		is("corrected")
		if _, err := r.s.MoveEvent(
			t.Context(), moment(t, "2018-09-14 10:00"), office, answered.ID, moment(t, "2018-09-13 10:00"), "日期有误",
		); err != nil {
			t.Fatal(err)
		}
		is("the answer is moved")
		_, err := r.s.AddEvents(
			t.Context(),
			moment(t, "2018-09-17 15:00"),
			office,
			[]rules.Event{happened(t, "asked 2018-09-17 2018-17 再次")},
		)
		wantRefused(t, "stopped", err, scheduler.Fixed)
		if _, err := r.s.WithdrawEvent(
			t.Context(), moment(t, "2018-09-17 16:00"), office, answered.ID, "误录",
		); err != nil {
			t.Fatal(err)
		}
		is("the answer is withdrawn")
		plan := applicationPlan(t)
		plan.Fingerprint = "another"
		r.s.Swap(plan)
		r.pass("2018-09-18 09:00")
		is("recomputed")
	})
}

// TestUntoldPauseIsForgotten stops a clock, lets it run, moves the application and takes the pause back, before anybody
// is told: the mail names what moved the date.
func TestUntoldPauseIsForgotten(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), applicationPlan(t))
	r.pass("2018-09-03 09:00")
	start := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03"))
	r.pass("2018-09-10 09:00")
	asked := r.event("2018-09-10 18:00", happened(t, "asked 2018-09-07"))
	answered := r.event("2018-09-10 18:01", happened(t, "answered 2018-09-10"))
	if _, err := r.s.MoveEvent(
		t.Context(), moment(t, "2018-09-10 18:02"), office, start.ID, moment(t, "2018-09-04 10:00"), "收到日期有误",
	); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{answered.ID, asked.ID} {
		if _, err := r.s.WithdrawEvent(t.Context(), moment(t, "2018-09-10 18:03"), office, id, "误录"); err != nil {
			t.Fatal(err)
		}
	}
	told := linesWith(r.pass("2018-09-11 09:00"), "reply@")
	diff(t, "told", told, []string{
		"2018-09-11 09:00 县环保局 correction " + start.Deadlines[0].Key + "/event-2018-09-30",
	})
}

// TestToldPauseThatIsDropped tells that the clock runs again although another plan comes before that is told.
func TestToldPauseThatIsDropped(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), applicationPlan(t))
	r.pass("2018-09-03 09:00")
	key := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03")).Deadlines[0].Key
	r.event("2018-09-10 15:00", happened(t, "asked 2018-09-10"))
	r.pass("2018-09-10 15:05")
	base := rules.Layer{FS: applicationFiles()}
	for i, within := range []string{"20wd", "25wd"} { // the first drops the pause, the second moves the date as well
		text := "obligations: {reply: {rule: {after: received, within: " + within + "}}}"
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", text, true)))
		r.pass([]string{"2018-09-10 20:00", "2018-09-10 21:00"}[i])
	}
	told := linesWith(r.pass("2018-09-11 09:00"), "县环保局 correction reply@")
	diff(t, "told", told, []string{"2018-09-11 09:00 县环保局 correction " + key + "/resumed-2018-09-30"})
}

// TestDoneWhilePaused closes an item whose clock stands: the mail that says so says nothing of a pause.
func TestDoneWhilePaused(t *testing.T) {
	shared := strings.NewReplacer(
		"    title: 依申请公开答复", "    answers: event\n    title: 依申请公开答复",
		"lead: [县环保局]\n    responsible: [县财政局]", "lead: [县财政局]\n    responsible: [县环保局]",
	).Replace(applications)
	files := fstest.MapFS{"a.yaml": {Data: []byte(shared)}}
	r := newRig(t, storetest.Open(t, "sqlite"), plan(t, 2019, contacts{}, rules.Layer{FS: files}))
	r.pass("2018-09-03 09:00")
	key := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03")).Deadlines[0].Key
	r.event("2018-09-10 15:00", happened(t, "asked 2018-09-10"))
	r.pass("2018-09-10 15:05")
	r.complete("2018-09-11 10:00", key, "县环保局")
	r.pass("2018-09-12 09:00")
	i := slices.IndexFunc(r.letters, func(l scheduler.Letter) bool {
		return l.Unit == "县财政局" && l.Kind == notify.Digest && strings.Contains(l.Message.Text, "已办结")
	})
	if i < 0 {
		t.Fatal("nobody is told that it is done")
	}
	if text := r.letters[i].Message.Text; strings.Contains(text, "暂停计时") {
		t.Errorf("it says that the clock stands:\n%s", text)
	}
}
