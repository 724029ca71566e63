package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// told returns the stage and unit of each reminder, in order.
func told(rs []scheduler.Ripe) []string {
	var names []string
	for _, r := range rs {
		names = append(names, r.Deadline.Key+" "+r.Reminder.Stage+" "+r.Reminder.Unit)
	}
	return names
}

func ripe(t *testing.T, s *store.Store, at time.Time, immediate bool) []scheduler.Ripe {
	t.Helper()
	var all []scheduler.Ripe
	err := s.Ripe(t.Context(), at, immediate, func(rs []scheduler.Ripe) error {
		all = append(all, rs...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func ripeIsDue(t *testing.T, s *store.Store) {
	two := deadline("b")
	two.Reminders = append(
		two.Reminders,
		scheduler.Reminder{Stage: "5wd", Unit: "文庙街道", At: now.Add(-time.Minute), State: scheduler.Pending},
	)
	gone, hour, settled := deadline("gone"), hourDeadline("hour"), deadline("settled")
	settled.Reminders[0].State = scheduler.Superseded
	ds := track(t, s, deadline("a"), two, gone, hour, settled)
	withdraw(t, s, ds[2])

	tests := []struct {
		at        time.Time
		immediate bool
		want      []string
	}{
		{now.Add(-time.Millisecond), false, []string{"b 5wd 文庙街道"}},
		{now, false, []string{"a 5wd 县环保局", "b 5wd 县环保局", "b 5wd 文庙街道"}}, // by unit first
		{now, true, []string{"hour 5wd 县环保局"}},
		{now.AddDate(0, 0, 6), false, []string{
			"a 5wd 县环保局", "a 1wd 县环保局", "b 5wd 县环保局", "b 1wd 县环保局", "settled 1wd 县环保局", "b 5wd 文庙街道",
		}},
		{now.AddDate(0, 0, -1), true, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, told(ripe(t, s, tt.at, tt.immediate))); diff != "" {
			t.Errorf("ripe at %v, immediate %t (-want +got):\n%s", tt.at, tt.immediate, diff)
		}
	}

	got := ripe(t, s, now, false)[0]
	want := ds[0]
	reminder := want.Reminders[0]
	want.Reminders = nil
	if diff := cmp.Diff(scheduler.Ripe{Reminder: reminder, Deadline: want}, got, ignoreIDs); diff != "" {
		t.Errorf("ripe (-want +got):\n%s", diff)
	}
}

func promiseSettles(t *testing.T, s *store.Store) {
	d := track(t, s, deadline("a"))[0]
	p := scheduler.Promise{
		Messages: []notify.Message{message("digest/1"), message("digest/1#2")}, Key: "digest/1",
		Carried: []int64{d.Reminders[1].ID}, Superseded: []int64{d.Reminders[0].ID},
	}
	if ok, err := s.Promise(t.Context(), now, p); !ok || err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
	got := find(t, s, "a", "")
	want := map[string]scheduler.ReminderState{"5wd 县环保局": scheduler.Superseded, "1wd 县环保局": scheduler.Promised}
	if diff := cmp.Diff(want, states(got)); diff != "" {
		t.Errorf("reminders (-want +got):\n%s", diff)
	}
	if got.Reminders[0].MessageKey != "" || got.Reminders[1].MessageKey != "digest/1" {
		t.Errorf("message keys are %q and %q", got.Reminders[0].MessageKey, got.Reminders[1].MessageKey)
	}
	carried, err := s.Carried(t.Context(), "digest/1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a 1wd 县环保局"}, told(carried)); diff != "" {
		t.Errorf("carried (-want +got):\n%s", diff)
	}
	if none, err := s.Carried(t.Context(), ""); len(none) != 0 || err != nil {
		t.Errorf("no message carries %v, %v", none, err)
	}
	if diff := cmp.Diff(map[string]int{"pending": 2}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
}

func promiseOnce(t *testing.T, s *store.Store) {
	d := track(t, s, deadline("a"))[0]
	p := scheduler.Promise{
		Messages: []notify.Message{message("digest/1")},
		Key:      "digest/1",
		Carried:  []int64{d.Reminders[0].ID},
	}
	other := scheduler.Promise{
		Messages: []notify.Message{message("digest/1")},
		Key:      "digest/1",
		Carried:  []int64{d.Reminders[1].ID},
	}
	second := scheduler.Promise{Messages: []notify.Message{message("digest/2"), message("digest/1")}}
	for i, step := range []struct {
		p    scheduler.Promise
		want bool
	}{{p, true}, {p, false}, {other, false}} {
		if ok, err := s.Promise(t.Context(), now, step.p); ok != step.want || err != nil {
			t.Errorf("step %d: promised %t, %v; want %t", i, ok, err, step.want)
		}
	}
	if ok, err := s.Promise(t.Context(), now, second); ok || err == nil {
		t.Errorf("a later message of a promise is known, and it promised %t, %v", ok, err)
	}
	if got := states(find(t, s, "a", ""))["1wd 县环保局"]; got != scheduler.Pending {
		t.Errorf("a promise that was refused left a reminder %s", got)
	}
	if diff := cmp.Diff(map[string]int{"pending": 1}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
}

func promiseLostReminder(t *testing.T, s *store.Store) {
	ds := track(t, s, deadline("a"), deadline("b"))
	withdraw(t, s, ds[0])
	p := scheduler.Promise{
		Messages: []notify.Message{message("digest/1")}, Key: "digest/1",
		Carried: []int64{ds[1].Reminders[0].ID, ds[0].Reminders[0].ID}, Superseded: []int64{ds[1].Reminders[1].ID},
		Next: []scheduler.Reminder{{DeadlineID: ds[1].ID, Stage: "late1", Unit: "县环保局", At: now}},
	}
	if ok, err := s.Promise(t.Context(), now, p); ok || err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
	want := map[string]scheduler.ReminderState{"5wd 县环保局": scheduler.Pending, "1wd 县环保局": scheduler.Pending}
	if diff := cmp.Diff(want, states(find(t, s, "b", ""))); diff != "" {
		t.Errorf("reminders (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
}

func promiseWithoutMessages(t *testing.T, s *store.Store) {
	d := track(t, s, deadline("a"))[0]
	p := scheduler.Promise{Superseded: []int64{d.Reminders[0].ID, d.Reminders[0].ID}}
	for range 2 {
		if ok, err := s.Promise(t.Context(), now, p); !ok || err != nil {
			t.Fatalf("promised %t, %v", ok, err)
		}
	}
	want := map[string]scheduler.ReminderState{"5wd 县环保局": scheduler.Superseded, "1wd 县环保局": scheduler.Pending}
	if diff := cmp.Diff(want, states(find(t, s, "a", ""))); diff != "" {
		t.Errorf("reminders (-want +got):\n%s", diff)
	}
}

func promiseNext(t *testing.T, s *store.Store) {
	one := deadline("a")
	one.Reminders = append(
		one.Reminders,
		scheduler.Reminder{Stage: "late7", Unit: "县环保局", At: now, State: scheduler.Cancelled},
	)
	ds := track(t, s, one, deadline("gone"))
	withdraw(t, s, ds[1])
	next := func(d scheduler.Deadline, stage string) scheduler.Reminder {
		return scheduler.Reminder{
			DeadlineID: d.ID,
			Stage:      stage,
			Unit:       "县环保局",
			At:         now.AddDate(0, 0, 30),
			State:      scheduler.Pending,
		}
	}
	p := scheduler.Promise{
		Messages: []notify.Message{message("digest/1")},
		Key:      "digest/1",
		Carried:  []int64{ds[0].Reminders[0].ID},
		Next: []scheduler.Reminder{
			next(ds[0], "late4"),
			next(ds[0], "late4"),
			next(ds[0], "late7"),
			next(ds[0], "5wd"),
			next(ds[1], "late4"),
		},
	}
	if ok, err := s.Promise(t.Context(), now, p); !ok || err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
	want := map[string]scheduler.ReminderState{
		"5wd 县环保局":   scheduler.Promised,
		"1wd 县环保局":   scheduler.Pending,
		"late4 县环保局": scheduler.Pending,
		"late7 县环保局": scheduler.Pending,
	}
	got := find(t, s, "a", "")
	if diff := cmp.Diff(want, states(got)); diff != "" {
		t.Errorf("reminders (-want +got):\n%s", diff)
	}
	for _, r := range got.Reminders {
		if strings.HasPrefix(r.Stage, "late") && !r.At.Equal(now.AddDate(0, 0, 30)) {
			t.Errorf("%s fires at %v", r.Stage, r.At)
		}
	}
	if n := len(find(t, s, "gone", "").Reminders); n != 2 {
		t.Errorf("a deadline that is not open has %d reminders, want 2", n)
	}
}

func failedOnce(t *testing.T, s *store.Store) {
	promise(t, s, 4)
	for _, class := range []notify.Class{notify.Bounced, notify.Rejected, notify.Sent, notify.Uncertain} {
		m := begin(t, s, "me", now)
		d := notify.Delivery{
			Message:    m,
			Outcome:    notify.Outcome{Class: class},
			Begun:      now,
			Ended:      now,
			FinalState: true,
		}
		if err := s.Settle(t.Context(), []notify.Delivery{d}); err != nil {
			t.Fatal(err)
		}
	}
	failed, err := s.Failed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(failed) != 2 || failed[0].Key != "digest/000" || failed[0].Ended != notify.Bounced ||
		failed[1].Ended != notify.Rejected {
		t.Fatalf("failed are %v", failed)
	}
	if ok, err := s.Promise(t.Context(), now, scheduler.Promise{Fallen: []int64{failed[0].ID}}); !ok || err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
	both := scheduler.Promise{
		Messages: []notify.Message{message("fallback/1")},
		Fallen:   []int64{failed[0].ID, failed[1].ID},
	}
	if ok, err := s.Promise(t.Context(), now, both); ok || err != nil {
		t.Errorf("one of two was reported before, and both are: %t, %v", ok, err)
	}
	failed, err = s.Failed(t.Context())
	if err != nil || len(failed) != 1 || failed[0].Key != "digest/001" {
		t.Errorf("still to be told of are %v, %v", failed, err)
	}
}

func settings(t *testing.T, s *store.Store) {
	long := strings.Repeat("问题🕘", 30000)
	for _, step := range []struct{ set, want string }{{"", ""}, {"2018-09-21", "2018-09-21"}, {"2018-09-21", "2018-09-21"}, {long, long}, {"", ""}} {
		if err := s.SetSetting(t.Context(), "first_day", step.set); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Setting(t.Context(), "first_day"); got != step.want || err != nil {
			t.Errorf("setting has %d bytes, %v; want %d", len(got), err, len(step.want))
		}
	}
	if got, err := s.Setting(t.Context(), "First_Day"); got != "" || err != nil {
		t.Errorf("a name never set has %q, %v", got, err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	recorded := func(want time.Time) {
		t.Helper()
		if got, err := s.LastRecorded(t.Context()); !got.Equal(want) || err != nil {
			t.Errorf("last recorded %s, %v; want %s", got, err, want)
		}
	}
	amend := func(action string, at time.Time) {
		t.Helper()
		values := map[string]string{"first_day": at.Format(time.DateOnly), "tracked": "x"}
		if err := s.Amend(
			t.Context(),
			values,
			scheduler.Entry{At: at, By: "root", Action: action, Target: "clock"},
		); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Setting(t.Context(), "first_day"); got != at.Format(time.DateOnly) || err != nil {
			t.Errorf("amended to %q, %v", got, err)
		}
	}
	recorded(time.Time{})
	amend("extend", now.AddDate(18, 0, 0))
	amend("extend", now) // on another node the ids are not in the order of time
	recorded(now.AddDate(18, 0, 0))
	amend(scheduler.AcceptClockAction, now.Add(time.Hour)) // what was before says nothing any more
	recorded(now.Add(time.Hour))
	amend("extend", now)
	recorded(now.Add(time.Hour))
}

func tooLong(t *testing.T, s *store.Store) {
	d := deadline(strings.Repeat("期", 256))
	if _, err := s.Track(t.Context(), []scheduler.Deadline{d}); err == nil {
		t.Error("a key of 256 characters was taken")
	}
	fits := deadline(strings.Repeat("期", 255))
	fits.Unit = strings.Repeat("局", 128)
	if got := track(t, s, fits)[0]; got.Key != fits.Key || got.Unit != fits.Unit {
		t.Error("a key of 255 characters came back changed")
	}
	if ok, err := s.Promise(
		t.Context(),
		now,
		scheduler.Promise{Messages: []notify.Message{message(strings.Repeat("k", 513))}},
	); ok ||
		err == nil {
		t.Errorf("a message key of 513 characters: promised %t, %v", ok, err)
	}
}

func contextDone(t *testing.T, s *store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Track(ctx, []scheduler.Deadline{deadline("a")}); !errors.Is(err, context.Canceled) {
		t.Errorf("track: %v, want context canceled", err)
	}
	if err := s.Ping(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ping: %v, want context canceled", err)
	}
	if ds, err := s.Deadlines(t.Context(), scheduler.Filter{}); len(ds) != 0 || err != nil {
		t.Errorf("there are %d deadlines, %v", len(ds), err)
	}
}

// auditTrail returns the lines of the audit trail in the order in which they were written.
func auditTrail(t *testing.T, s *store.Store) []scheduler.Entry {
	t.Helper()
	rows, err := s.SQL().QueryContext(
		t.Context(),
		"SELECT recorded_at, recorded_by, action, target, detail FROM audit ORDER BY id",
	)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var trail []scheduler.Entry
	for rows.Next() {
		var e scheduler.Entry
		var at int64
		if err := rows.Scan(&at, &e.By, &e.Action, &e.Target, &e.Detail); err != nil {
			t.Fatal(err)
		}
		e.At = time.UnixMilli(at).In(calendar.Zone())
		trail = append(trail, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return trail
}
