package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/notify"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// ignoreIDs compares deadlines that were given with those on record.
var ignoreIDs = cmp.Options{
	cmpopts.IgnoreFields(
		scheduler.Deadline{},
		"ID",
		"Version",
		"Number",
	),
	cmpopts.IgnoreFields(scheduler.Reminder{}, "ID", "DeadlineID"),
	cmpopts.EquateComparable(day(1, 1)),
}

func trackKeepsEveryField(t *testing.T, s *store.Store) {
	plain, hour := deadline("air-quality@2018-09"), hourDeadline("emergency@e0123456789")
	plain.Title = `𠮷野 "引号" \ 100% 'x'; -- 🕘`
	plain.Reminders[1].State = scheduler.Superseded
	plain.Answering = []string{"文庙街道"}
	plain.Answered = []scheduler.Answered{
		{Units: plain.Lead, Until: now},
		{Units: plain.Responsible, Until: now.AddDate(0, 1, 0)},
	}
	hour.ExtendedTo = day(10, 8)
	closed := deadline("air-quality@2018-08")
	closed.State, closed.ClosedAt, closed.Late, closed.Completions, closed.Needed = scheduler.Done, now, true, 2, 2
	bare := scheduler.Deadline{Key: "bare", State: scheduler.Open}

	for _, want := range []scheduler.Deadline{plain, hour, closed, bare} {
		got := track(t, s, want)[0]
		if diff := cmp.Diff(want, got, ignoreIDs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Key, diff)
		}
		if got.ID == 0 {
			t.Errorf("%s has no ID", want.Key)
		}
		for _, r := range got.Reminders {
			if r.ID == 0 || r.DeadlineID != got.ID {
				t.Errorf("%s: reminder %d is of deadline %d, want %d", want.Key, r.ID, r.DeadlineID, got.ID)
			}
		}
		if got.Due != want.Due { // as the scheduler compares it: instants in the one zone
			t.Errorf("%s is due %v, want %v", want.Key, got.Due, want.Due)
		}
	}
}

func trackKnowsWhatItHas(t *testing.T, s *store.Store) {
	one, two := deadline("air-quality@2018-09"), deadline("air-quality@2018-09")
	two.Unit = "文庙街道"
	steps := []struct {
		ds   []scheduler.Deadline
		want int
	}{
		{nil, 0},
		{[]scheduler.Deadline{one}, 1},
		{[]scheduler.Deadline{one}, 0},
		{[]scheduler.Deadline{two, one, two}, 1}, // the same key, another unit; and twice in one call
		{[]scheduler.Deadline{deadline("Air-Quality@2018-09")}, 1},
	}
	for i, step := range steps {
		got, err := s.Track(t.Context(), step.ds)
		if err != nil {
			t.Fatal(err)
		}
		if got != step.want {
			t.Errorf("step %d: %d were new, want %d", i, got, step.want)
		}
	}
	changed := one
	changed.Title = "another"
	if got := track(t, s, changed)[0]; got.Title != one.Title || len(got.Reminders) != 2 {
		t.Errorf("tracking a known deadline changed it to %q with %d reminders", got.Title, len(got.Reminders))
	}
}

func trackOpensWithdrawn(t *testing.T, s *store.Store) {
	d := deadline("air-quality@2018-09")
	d.Reminders = append(
		d.Reminders,
		scheduler.Reminder{Stage: "0", Unit: "县环保局", At: now.AddDate(0, 0, 7), State: scheduler.Pending},
	)
	was := track(t, s, d)[0]
	p := scheduler.Promise{
		Messages: []notify.Message{message("digest/1")},
		Key:      "digest/1",
		Carried:  []int64{was.Reminders[0].ID},
	}
	if ok, err := s.Promise(t.Context(), now, p); !ok || err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
	withdraw(t, s, was)

	again := d
	again.Due = rules.Due{Date: day(9, 27), Earliest: day(9, 27)}
	again.Reminders = []scheduler.Reminder{
		d.Reminders[0], // told already
		{Stage: "1wd", Unit: "县环保局", At: now.AddDate(0, 0, 5), State: scheduler.Pending},
		{Stage: "late1", Unit: "县环保局", At: now.AddDate(0, 0, 9), State: scheduler.Pending},
	}
	for i, want := range []int{1, 0} {
		got, err := s.Track(t.Context(), []scheduler.Deadline{again})
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("time %d: %d were opened, want %d", i+1, got, want)
		}
	}
	got := find(t, s, d.Key, "")
	if got.ID != was.ID || got.State != scheduler.Open || !got.ClosedAt.IsZero() || got.Due != again.Due {
		t.Errorf("deadline %d is %s, closed %v, due %v", got.ID, got.State, got.ClosedAt, got.Due)
	}
	want := map[string]scheduler.ReminderState{
		"5wd 县环保局":   scheduler.Promised,
		"1wd 县环保局":   scheduler.Pending,
		"0 县环保局":     scheduler.Cancelled,
		"late1 县环保局": scheduler.Pending,
	}
	if diff := cmp.Diff(want, states(got)); diff != "" {
		t.Errorf("reminders (-want +got):\n%s", diff)
	}
	if at := got.Reminders[1].At; !at.Equal(again.Reminders[1].At) {
		t.Errorf("1wd fires at %v, want %v", at, again.Reminders[1].At)
	}
}

func trackKeepsExtension(t *testing.T, s *store.Store) {
	was := track(t, s, deadline("air-quality@2018-09"))[0]
	was.ExtendedTo = day(10, 31)
	if err := s.Reschedule(t.Context(), []scheduler.Deadline{was}, nil); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ due, want calendar.Date }{
		{day(10, 30), day(10, 31)},
		{day(10, 31), calendar.Date{}}, // the rule itself allows as long
		{day(9, 28), calendar.Date{}},
	} {
		withdraw(t, s, was)
		again := deadline(was.Key)
		again.Due = rules.Due{Date: step.due, Earliest: step.due}
		if got := track(t, s, again)[0].ExtendedTo; got != step.want {
			t.Errorf("due on %s, it comes back extended to %q, want %q", step.due, got, step.want)
		}
	}
}

func trackTakesMany(t *testing.T, s *store.Store) {
	var ds []scheduler.Deadline
	for i := range 603 { // more than a statement holds, and not a multiple of that
		ds = append(ds, deadline(fmt.Sprintf("many-%04d@2018", i)))
	}
	if got, err := s.Track(t.Context(), ds[:350]); got != 350 || err != nil {
		t.Fatalf("%d were new, %v", got, err)
	}
	if got, err := s.Track(t.Context(), ds); got != 253 || err != nil {
		t.Fatalf("%d were new, %v", got, err)
	}
	all, err := s.Deadlines(t.Context(), scheduler.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range all {
		if diff := cmp.Diff(ds[i], d, ignoreIDs); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", d.Key, diff)
		}
	}
	if len(all) != len(ds) {
		t.Errorf("%d are on record, want %d", len(all), len(ds))
	}
}

func openDeadlinesInPages(t *testing.T, s *store.Store) {
	ds := track(t, s, deadline("a"), deadline("b"), deadline("c"), deadline("d"))
	withdraw(t, s, ds[1])
	var got []string
	for after := int64(0); ; {
		page, err := s.OpenDeadlines(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		got = append(got, fmt.Sprint(len(page)))
		for _, d := range page {
			got = append(got, d.Key)
			after = d.ID
			if len(d.Reminders) != 2 {
				t.Errorf("%s has %d reminders, want 2", d.Key, len(d.Reminders))
			}
		}
	}
	if diff := cmp.Diff([]string{"2", "a", "c", "1", "d"}, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if all, err := s.OpenDeadlines(t.Context(), 0, 0); len(all) != 3 || err != nil {
		t.Errorf("without a limit there are %d, %v; want 3", len(all), err)
	}
}

func rescheduleMoves(t *testing.T, s *store.Store) {
	d := deadline("air-quality@2018-09")
	stage := func(name string, days int) scheduler.Reminder {
		return scheduler.Reminder{Stage: name, Unit: "县环保局", At: now.AddDate(0, 0, days), State: scheduler.Pending}
	}
	d.Reminders = []scheduler.Reminder{
		stage("20wd", -20),
		stage("10wd", -10),
		stage("5wd", 0),
		stage("1wd", 6),
		stage("0", 7),
	}
	was := track(t, s, d)[0]
	p := scheduler.Promise{
		Key:        "digest/1",
		Messages:   []notify.Message{message("digest/1")},
		Carried:    []int64{was.Reminders[1].ID},
		Superseded: []int64{was.Reminders[0].ID},
	}
	if ok, err := s.Promise(t.Context(), now, p); !ok || err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}

	next := was
	next.Due = rules.Due{Date: day(10, 8), Earliest: day(9, 30), Provisional: true}
	next.ExtendedTo, next.Plan = day(10, 9), "v2/0123456789ab"
	next.Lead, next.Responsible = []string{"县生态环境局"}, nil
	next.Reminders = []scheduler.Reminder{
		stage("20wd", 1),
		stage("10wd", 2),
		stage("1wd", 8),
		stage("0", 9),
		stage("notice-2018-09-28", 0),
	}
	for i := range 3 {
		if err := s.Reschedule(
			t.Context(),
			[]scheduler.Deadline{next},
			[]scheduler.Entry{entry("reschedule")},
		); err != nil {
			t.Fatal(err)
		}
		now := find(t, s, d.Key, "")
		if i > 0 && now.Version != next.Version {
			t.Errorf("rescheduled as it was, it has version %d after %d", now.Version, next.Version)
		}
		next.Version = now.Version
	}
	got := find(t, s, d.Key, "")
	want := next
	want.Reminders = []scheduler.Reminder{
		{Stage: "20wd", At: now.AddDate(0, 0, -20), State: scheduler.Superseded},
		{Stage: "10wd", At: now.AddDate(0, 0, -10), State: scheduler.Promised, MessageKey: "digest/1"},
		{Stage: "5wd", At: now, State: scheduler.Cancelled},
		{Stage: "notice-2018-09-28", At: now, State: scheduler.Pending},
		{Stage: "1wd", At: now.AddDate(0, 0, 8), State: scheduler.Pending},
		{Stage: "0", At: now.AddDate(0, 0, 9), State: scheduler.Pending},
	}
	for i := range want.Reminders {
		want.Reminders[i].Unit = "县环保局"
	}
	if diff := cmp.Diff(want, got, ignoreIDs); diff != "" {
		t.Errorf("rescheduled (-want +got):\n%s", diff)
	}
	if n := len(auditTrail(t, s)); n != 1 {
		t.Errorf("%d lines of audit for one change, want 1", n)
	}

	next.Reminders = append(next.Reminders, stage("5wd", 3)) // listed again
	if err := s.Reschedule(t.Context(), []scheduler.Deadline{next}, nil); err != nil {
		t.Fatal(err)
	}
	if got := states(find(t, s, d.Key, ""))["5wd 县环保局"]; got != scheduler.Pending {
		t.Errorf("a cancelled stage that is listed again is %s, want pending", got)
	}
}

// rescheduleIsNewest holds that of all who change a deadline only one does so on what it has read, and that a list with
// one stale or unknown deadline changes nothing.
func rescheduleIsNewest(t *testing.T, s *store.Store) {
	ds := track(t, s, deadline("a"), deadline("b"))
	a, b := ds[0], ds[1]
	changes := map[string]func() error{
		"reschedule": func() error {
			a.ExtendedTo = day(10, 31)
			return s.Reschedule(t.Context(), []scheduler.Deadline{b, a}, []scheduler.Entry{entry("reschedule")})
		},
		"extend": func() error {
			a.ExtendedTo = day(10, 31)
			e := scheduler.Extension{
				DeadlineID: a.ID,
				From:       day(9, 28),
				To:         day(10, 31),
				Reason:     "材料待核实",
				By:         "openness",
				At:         now,
			}
			return s.Extend(t.Context(), e, a, entry("extend"))
		},
		"complete": func() error {
			return s.Complete(t.Context(), closing(completion(b, now), completion(a, now)))
		},
		"withdraw": func() error {
			return s.Withdraw(t.Context(), now, []scheduler.Deadline{b, a}, []scheduler.Entry{entry("withdraw")})
		},
	}
	stale := func(what string) {
		before := find(t, s, "b", "")
		for name, change := range changes {
			if err := change(); !errors.Is(err, scheduler.ErrStale) {
				t.Errorf("%s after %s: %v, want %v", name, what, err, scheduler.ErrStale)
			}
		}
		if got := find(t, s, "a", ""); !got.ExtendedTo.IsZero() || got.Completions != 0 {
			t.Errorf("after %s it is extended to %s, with %d completions", what, got.ExtendedTo, got.Completions)
		}
		if diff := cmp.Diff(before, find(t, s, "b", ""), cmpopts.EquateComparable(day(1, 1))); diff != "" {
			t.Errorf("the one beside it, after %s (-was +is):\n%s", what, diff)
		}
	}
	moved := find(t, s, "a", "")
	moved.Plan = "v2/0123456789ab"
	if err := s.Reschedule(t.Context(), []scheduler.Deadline{moved}, nil); err != nil {
		t.Fatal(err)
	}
	stale("a reschedule")
	a = find(t, s, "a", "")
	next := scheduler.Reminder{DeadlineID: a.ID, Stage: "late4", Unit: "县环保局", At: now, State: scheduler.Pending}
	if ok, err := s.Promise(t.Context(), now, scheduler.Promise{Next: []scheduler.Reminder{next}}); !ok || err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
	stale("a promise with a reminder that follows")
	a = find(t, s, "a", "")
	withdraw(t, s, a)
	stale("a withdrawal")
	track(t, s, deadline("a"))
	stale("opening it again")
	a = find(t, s, "a", "")
	a.ID = 99999
	for name, change := range changes {
		if err := change(); !errors.Is(err, scheduler.ErrNotFound) {
			t.Errorf("%s of one that is not on record: %v, want %v", name, err, scheduler.ErrNotFound)
		}
	}
	if n := len(auditTrail(t, s)); n != 0 {
		t.Errorf("%d lines of audit for what was not done", n)
	}
}

func renameCarriesOver(t *testing.T, s *store.Store) {
	of := func(key, unit string, told ...string) scheduler.Deadline {
		d := deadline(key)
		d.Unit, d.Reminders = unit, nil
		for _, u := range told {
			d.Reminders = append(
				d.Reminders,
				scheduler.Reminder{Stage: "5wd", Unit: u, At: now, State: scheduler.Pending},
			)
		}
		return d
	}
	ds := track(t, s, of("mine", "县环保局", "县环保局", "县政府办公室"), of("shared", "", "县环保局", "县政府办公室"),
		of("both", "县环保局", "县环保局"), of("both", "县生态环境局", "县生态环境局"), of("told both", "", "县环保局", "县生态环境局"),
		of("another's", "县政府办公室", "县政府办公室"))
	if units, err := s.Units(t.Context()); !slices.Equal(units, []string{"县政府办公室", "县环保局", "县生态环境局"}) || err != nil {
		t.Errorf("units: %v, %v", units, err)
	}
	for range 2 {
		if err := s.Rename(t.Context(), "县环保局", "县生态环境局", entry("rename")); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []scheduler.Deadline{
		of("mine", "县生态环境局", "县生态环境局", "县政府办公室"), of("shared", "", "县生态环境局", "县政府办公室"),
		of("both", "县环保局", "县环保局"), of("both", "县生态环境局", "县生态环境局"), of("told both", "", "县环保局", "县生态环境局"),
		of("another's", "县政府办公室", "县政府办公室"),
	} {
		got := find(t, s, want.Key, want.Unit)
		if diff := cmp.Diff(want, got, ignoreIDs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Key, diff)
		}
		if raised := got.Version > ds[i].Version; got.ID != ds[i].ID || raised != (i < 2) {
			t.Errorf(
				"%s was %d and is %d, its version %d and %d",
				want.Key,
				ds[i].ID,
				got.ID,
				ds[i].Version,
				got.Version,
			)
		}
	}
	if n := len(auditTrail(t, s)); n != 1 {
		t.Errorf("%d lines of audit, want 1", n)
	}
}

func withdrawClosesOnce(t *testing.T, s *store.Store) {
	d := track(t, s, deadline("a"), deadline("b"))[0]
	if err := s.Withdraw(
		t.Context(),
		now,
		[]scheduler.Deadline{d, d},
		[]scheduler.Entry{entry("withdraw")},
	); err != nil {
		t.Fatal(err)
	}
	err := s.Withdraw(
		t.Context(),
		now.AddDate(0, 0, 1),
		[]scheduler.Deadline{find(t, s, "a", "")},
		[]scheduler.Entry{entry("withdraw")},
	)
	if !errors.Is(err, scheduler.ErrStale) {
		t.Errorf("withdrawn again: %v, want %v", err, scheduler.ErrStale)
	}
	got := find(t, s, "a", "")
	if got.State != scheduler.Withdrawn || !got.ClosedAt.Equal(now) {
		t.Errorf("it is %s since %v, want withdrawn since %v", got.State, got.ClosedAt, now)
	}
	want := map[string]scheduler.ReminderState{"5wd 县环保局": scheduler.Cancelled, "1wd 县环保局": scheduler.Cancelled}
	if diff := cmp.Diff(want, states(got)); diff != "" {
		t.Errorf("reminders (-want +got):\n%s", diff)
	}
	if got := find(t, s, "b", ""); got.State != scheduler.Open {
		t.Errorf("another deadline is %s", got.State)
	}
	if n := len(auditTrail(t, s)); n != 1 {
		t.Errorf("%d lines of audit, want 1", n)
	}
}
