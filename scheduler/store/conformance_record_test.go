package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

func event(id string, at time.Time) scheduler.Event {
	return scheduler.Event{
		ID: id, RecordedAt: now, By: "openness",
		Event: rules.Event{
			Trigger:   "policy-published",
			At:        at,
			Unit:      "县环保局",
			Ref:       "宁政发〔2018〕12号",
			Title:     "关于𠮷的通知",
			Subject:   "normative-document-issued housing-policy-formed",
			Announced: now.Add(-time.Hour),
		},
	}
}

func eventsKeepEveryField(t *testing.T, s *store.Store) {
	full, bare := event("e0000000001", now), scheduler.Event{ID: "e0000000002"}
	bare.At = now.Add(-time.Hour)
	if err := s.AddEvents(
		t.Context(),
		[]scheduler.Event{full, bare},
		nil,
		nil,
		[]scheduler.Entry{entry("event.add")},
	); err != nil {
		t.Fatal(err)
	}
	got, err := s.Events(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]scheduler.Event{full, bare}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got, err := s.Events(t.Context(), 1); len(got) != 1 || got[0].ID != full.ID || err != nil {
		t.Errorf("the newest event is %v, %v", got, err)
	}
	if diff := cmp.Diff([]scheduler.Entry{entry("event.add")}, auditTrail(t, s)); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

func eventsOnce(t *testing.T, s *store.Store) {
	one, two := event("e0000000001", now), event("e0000000002", now)
	changed := one
	changed.Title = "another"
	steps := []struct {
		es    []scheduler.Event
		ds    []scheduler.Deadline
		want  error
		audit int
	}{
		{[]scheduler.Event{one}, []scheduler.Deadline{hourDeadline("a@e0000000001")}, nil, 1},
		{[]scheduler.Event{one}, []scheduler.Deadline{hourDeadline("b@e0000000001")}, scheduler.ErrStale, 1},
		{[]scheduler.Event{two, changed}, []scheduler.Deadline{hourDeadline("b@e0000000002")}, scheduler.ErrStale, 1},
		{[]scheduler.Event{two}, nil, nil, 2},
	}
	for i, step := range steps {
		if err := s.AddEvents(
			t.Context(),
			step.es,
			step.ds,
			nil,
			[]scheduler.Entry{entry("event.add")},
		); !errors.Is(
			err,
			step.want,
		) {
			t.Errorf("step %d: %v, want %v", i, err, step.want)
		}
		if n := len(auditTrail(t, s)); n != step.audit {
			t.Errorf("step %d: %d lines of audit, want %d", i, n, step.audit)
		}
	}
	if es, err := s.Events(t.Context(), 0); len(es) != 2 || es[1].Title != one.Title || err != nil {
		t.Errorf("events are %v, %v", es, err)
	}
	find(t, s, "a@e0000000001", "县环保局")
	for _, key := range []string{"b@e0000000001", "b@e0000000002"} {
		if ds, err := s.Find(t.Context(), key, ""); len(ds) != 0 || err != nil {
			t.Errorf("of an event that was refused there is %v, %v", ds, err)
		}
	}
}

func eventsAllOrNothing(t *testing.T, s *store.Store) {
	// longer than an id may be
	bad := event("e00000000020123456789012345678901234567890123456789012345678901234567890", now)
	err := s.AddEvents(
		t.Context(),
		[]scheduler.Event{event("e0000000001", now), bad},
		[]scheduler.Deadline{deadline("a")},
		nil,
		nil,
	)
	if err == nil {
		t.Fatal("a bad event was taken")
	}
	if es, err := s.Events(t.Context(), 0); len(es) != 0 || err != nil {
		t.Errorf("events are %v, %v; want none", es, err)
	}
	if ds, err := s.Find(t.Context(), "a", ""); len(ds) != 0 || err != nil {
		t.Errorf("deadlines are %v, %v; want none", ds, err)
	}
}

func completion(d scheduler.Deadline, at time.Time) scheduler.Completion {
	return scheduler.Completion{
		DeadlineID: d.ID,
		Version:    d.Version,
		At:         at,
		By:         "clerk",
		Unit:       "县环保局",
		URL:        "https://www.example.invalid/a?b=1&c=期",
		Note:       "已在门户网站公布𠮷",
	}
}

// closing is a closing of these completions alone.
func closing(cs ...scheduler.Completion) scheduler.Closing {
	return scheduler.Closing{Completions: cs, Audit: []scheduler.Entry{entry("done")}}
}

func completionsClose(t *testing.T, s *store.Store) {
	ds := track(t, s, deadline("a"), deadline("b"), deadline("c"))
	cs := []scheduler.Completion{completion(ds[0], now), completion(ds[1], now)}
	cs[1].Late = true
	for range 2 {
		if err := s.Complete(t.Context(), closing(cs...)); err != nil {
			t.Fatal(err)
		}
	}
	for i, late := range []bool{false, true} {
		got := find(t, s, ds[i].Key, "")
		if got.State != scheduler.Done || got.Completions != 1 || got.Late != late || !got.ClosedAt.Equal(now) {
			t.Errorf(
				"%s is %s with %d, late %t, closed %v",
				got.Key,
				got.State,
				got.Completions,
				got.Late,
				got.ClosedAt,
			)
		}
		want := map[string]scheduler.ReminderState{"5wd 县环保局": scheduler.Cancelled, "1wd 县环保局": scheduler.Cancelled}
		if diff := cmp.Diff(want, states(got)); diff != "" {
			t.Errorf("reminders (-want +got):\n%s", diff)
		}
	}
	if got := find(t, s, "c", ""); got.State != scheduler.Open {
		t.Errorf("another deadline is %s", got.State)
	}
	if n := len(auditTrail(t, s)); n != 1 {
		t.Errorf("%d lines of audit, want 1", n)
	}
	var url, note, by string
	var at int64
	err := s.SQL().QueryRowContext(
		t.Context(),
		"SELECT url, note, recorded_by, recorded_at FROM completions WHERE deadline_id = ?",
		ds[0].ID,
	).
		Scan(
			&url,
			&note,
			&by,
			&at,
		)
	if err != nil || url != cs[0].URL || note != cs[0].Note || by != cs[0].By || at != now.UnixMilli() {
		t.Errorf("on record is %q, %q, %q, %d, %v", url, note, by, at, err)
	}
}

func completionsQuota(t *testing.T, s *store.Store) {
	d := deadline("quota")
	d.Needed = 3
	q := track(t, s, d)[0]
	// Two at one moment with the same words but for the URL are two.
	first, second := completion(q, now), completion(q, now)
	second.URL += "2"
	if err := s.Complete(t.Context(), closing(first, second, first)); err != nil {
		t.Fatal(err)
	}
	got := find(t, s, "quota", "")
	if got.State != scheduler.Open || got.Completions != 2 || states(got)["5wd 县环保局"] != scheduler.Pending {
		t.Errorf("after two of three it is %s with %d", got.State, got.Completions)
	}
	withdraw(t, s, q)
	if n, err := s.Track(t.Context(), []scheduler.Deadline{d}); n != 1 || err != nil {
		t.Fatalf("%d were opened again, %v", n, err)
	}
	third := completion(find(t, s, "quota", ""), now.Add(time.Hour))
	third.Late = true
	if err := s.Complete(t.Context(), closing(third)); err != nil {
		t.Fatal(err)
	}
	if got := find(t, s, "quota", ""); got.State != scheduler.Done || got.Completions != 3 || !got.Late {
		t.Errorf("after three of three it is %s with %d, late %t", got.State, got.Completions, got.Late)
	}
}

func completionsStart(t *testing.T, s *store.Store) {
	d := track(t, s, deadline("a"))[0]
	for range 2 {
		c := closing(completion(d, now))
		c.Started, c.Follow = []scheduler.Event{
			event("e0000000001", now),
		}, []scheduler.Deadline{
			hourDeadline("b@e0000000001"),
		}
		if err := s.Complete(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if es, err := s.Events(t.Context(), 0); len(es) != 1 || err != nil {
		t.Errorf("events are %v, %v; want one", es, err)
	}
	if got := find(t, s, "b@e0000000001", "县环保局"); got.State != scheduler.Open {
		t.Errorf("what follows is %s", got.State)
	}
}

func completionsRefused(t *testing.T, s *store.Store) {
	ds := track(t, s, deadline("a"), deadline("gone"))
	withdraw(t, s, ds[1])
	unknown := scheduler.Deadline{ID: 99999}
	for _, tt := range []struct {
		other scheduler.Deadline
		want  error
	}{{ds[1], scheduler.ErrStale}, {unknown, scheduler.ErrNotFound}} {
		if err := s.Complete(
			t.Context(),
			closing(completion(ds[0], now), completion(tt.other, now)),
		); !errors.Is(
			err,
			tt.want,
		) {
			t.Errorf("completing: %v, want %v", err, tt.want)
		}
	}
	if got := find(t, s, "a", ""); got.State != scheduler.Open || got.Completions != 0 {
		t.Errorf("beside a refused one it is %s with %d", got.State, got.Completions)
	}
	if n := len(auditTrail(t, s)); n != 0 {
		t.Errorf("%d lines of audit, want none", n)
	}
}

func historyInOrder(t *testing.T, s *store.Store) {
	quota := deadline("quota")
	quota.Needed = 3
	d, other := track(t, s, quota)[0], track(t, s, deadline("other"))[0]
	e := scheduler.Extension{
		DeadlineID: d.ID,
		From:       day(9, 28),
		To:         day(10, 31),
		Reason:     "材料待核实",
		By:         "openness",
		At:         now,
		Correction: true,
	}
	if err := s.Extend(t.Context(), e, d, entry("extend")); err != nil {
		t.Fatal(err)
	}
	var want []scheduler.Completion
	for i := range 2 {
		c := completion(find(t, s, "quota", ""), now.Add(time.Duration(i)*time.Hour))
		c.Late = i > 0
		if err := s.Complete(t.Context(), closing(c)); err != nil {
			t.Fatal(err)
		}
		c.Version = 0
		want = append(want, c)
	}
	if err := s.Complete(t.Context(), closing(completion(other, now))); err != nil {
		t.Fatal(err)
	}
	got, err := s.History(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(
		scheduler.History{Completions: want, Extensions: []scheduler.Extension{e}},
		got,
		cmpopts.EquateComparable(day(1, 1)),
		cmpopts.IgnoreFields(scheduler.Completion{}, "ID"),
	); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if none, err := s.History(t.Context(), 99999); len(none.Completions)+len(none.Extensions) != 0 || err != nil {
		t.Errorf("of no deadline: %+v, %v", none, err)
	}
}

// correctOnlyWhatIsKnown holds that an event is changed with all that it has open, and a completion taken back once, or
// nothing is.
func correctOnlyWhatIsKnown(t *testing.T, s *store.Store) {
	e := event("e0123456789", now)
	one, two := hourDeadline("a@"+e.ID), hourDeadline("b@"+e.ID)
	if err := s.AddEvents(t.Context(), []scheduler.Event{e}, []scheduler.Deadline{one, two}, nil, nil); err != nil {
		t.Fatal(err)
	}
	one, two = find(t, s, one.Key, one.Unit), find(t, s, two.Key, two.Unit)
	stale := one
	stale.Version--
	e.Withdrawn, e.Reason = now, "误录"
	for name, c := range map[string]scheduler.EventChange{
		"one is left out":     {Event: e, Gone: []scheduler.Deadline{one}},
		"one was changed":     {Event: e, Gone: []scheduler.Deadline{stale, two}},
		"it is not on record": {Event: event("e9999999999", now)},
	} {
		if err := s.ChangeEvent(t.Context(), now, c); !errors.Is(err, scheduler.ErrStale) {
			t.Errorf("%s: %v, want %v", name, err, scheduler.ErrStale)
		}
	}
	farewell := scheduler.Reminder{Stage: "withdrawn-2018-09-22", Unit: "县环保局", At: now, State: scheduler.Pending}
	gone, moved := one, two
	gone.Reminders = []scheduler.Reminder{farewell}
	moved.Due = rules.Due{Date: day(10, 8), Earliest: day(10, 8)}
	change := scheduler.EventChange{
		Event: e,
		Gone:  []scheduler.Deadline{gone},
		Moved: []scheduler.Deadline{moved},
		Audit: []scheduler.Entry{entry("event.withdraw")},
	}
	if err := s.ChangeEvent(t.Context(), now, change); err != nil {
		t.Fatal(err)
	}
	if err := s.ChangeEvent(t.Context(), now, change); !errors.Is(err, scheduler.ErrStale) {
		t.Errorf("again: %v, want %v", err, scheduler.ErrStale)
	}
	if got, err := s.Events(
		t.Context(),
		0,
	); err != nil || len(got) != 1 || !got[0].Withdrawn.Equal(now) ||
		got[0].Reason != "误录" {
		t.Errorf("events %+v, %v", got, err)
	}
	got := find(t, s, one.Key, one.Unit)
	want := map[string]scheduler.ReminderState{
		"5wd 县环保局":                  scheduler.Cancelled,
		"1wd 县环保局":                  scheduler.Cancelled,
		"withdrawn-2018-09-22 县环保局": scheduler.Pending,
	}
	if diff := cmp.Diff(want, states(got)); got.State != scheduler.Withdrawn || diff != "" {
		t.Errorf("it is %s, reminders (-want +got):\n%s", got.State, diff)
	}
	if got := find(t, s, two.Key, two.Unit); got.Due != moved.Due || got.State != scheduler.Open {
		t.Errorf("the other is %s, due %v", got.State, got.Due)
	}
	if ripe := ripe(t, s, now, false); len(ripe) != 1 || ripe[0].Reminder.Stage != farewell.Stage {
		t.Errorf("ripe: %+v", ripe)
	}
	again := e
	again.Withdrawn, again.Reason = time.Time{}, ""
	if err := s.AddEvents(
		t.Context(),
		[]scheduler.Event{again},
		[]scheduler.Deadline{hourDeadline(one.Key)},
		nil,
		nil,
	); err != nil {
		t.Errorf("recorded again: %v", err)
	}
	if got := find(
		t,
		s,
		one.Key,
		one.Unit,
	); got.State != scheduler.Open ||
		states(got)["withdrawn-2018-09-22 县环保局"] != scheduler.Cancelled {
		t.Errorf("recorded again, it is %s, %v", got.State, states(got))
	}
	undoOnlyOnce(t, s)
}

func undoOnlyOnce(t *testing.T, s *store.Store) {
	t.Helper()
	d := track(t, s, deadline("done by mistake"))[0]
	if err := s.Complete(t.Context(), closing(completion(d, now))); err != nil {
		t.Fatal(err)
	}
	said, err := s.History(t.Context(), d.ID)
	if err != nil || len(said.Completions) != 1 {
		t.Fatalf("said %+v, %v", said, err)
	}
	done := find(t, s, d.Key, "")
	open := done
	open.State, open.Completions, open.Reminders = scheduler.Open, 0, d.Reminders
	u := scheduler.Undoing{Completion: said.Completions[0], Deadline: open, Audit: []scheduler.Entry{entry("undo")}}
	u.Deadline.Version--
	if err := s.Undo(t.Context(), now, u); !errors.Is(err, scheduler.ErrStale) {
		t.Errorf("on an older version: %v, want %v", err, scheduler.ErrStale)
	}
	u.Deadline.Version++
	if err := s.Undo(t.Context(), now, u); err != nil {
		t.Fatal(err)
	}
	u.Deadline = find(t, s, d.Key, "")
	if err := s.Undo(t.Context(), now, u); !errors.Is(err, scheduler.ErrStale) {
		t.Errorf("the same completion again: %v, want %v", err, scheduler.ErrStale)
	}
	got := find(t, s, d.Key, "")
	if got.State != scheduler.Open || got.Completions != 0 || !got.ClosedAt.IsZero() ||
		states(got)["5wd 县环保局"] != scheduler.Pending {
		t.Errorf("it is %s with %d, closed %v, %v", got.State, got.Completions, got.ClosedAt, states(got))
	}
	if said, err := s.History(t.Context(), d.ID); err != nil || len(said.Completions) != 0 {
		t.Errorf("still said: %+v, %v", said, err)
	}
}

func extendMoves(t *testing.T, s *store.Store) {
	was := track(t, s, deadline("a"))[0]
	next := was
	next.ExtendedTo = day(10, 31)
	next.Reminders = []scheduler.Reminder{
		{Stage: "1wd@2018-10-31", Unit: "县环保局", At: now.AddDate(0, 1, 8), State: scheduler.Pending},
		{Stage: "extended-2018-09-28", Unit: "县环保局", At: now, State: scheduler.Pending},
	}
	e := scheduler.Extension{
		DeadlineID: was.ID,
		From:       day(9, 28),
		To:         day(10, 31),
		Reason:     "材料待核实",
		By:         "openness",
		At:         now,
	}
	for range 2 {
		if err := s.Extend(t.Context(), e, next, entry("extend")); err != nil {
			t.Fatal(err)
		}
	}
	got := find(t, s, "a", "")
	want := map[string]scheduler.ReminderState{
		"5wd 县环保局": scheduler.Cancelled, "1wd 县环保局": scheduler.Cancelled,
		"1wd@2018-10-31 县环保局": scheduler.Pending, "extended-2018-09-28 县环保局": scheduler.Pending,
	}
	if diff := cmp.Diff(want, states(got)); diff != "" {
		t.Errorf("reminders (-want +got):\n%s", diff)
	}
	if got.ExtendedTo != day(10, 31) || got.State != scheduler.Open {
		t.Errorf("it is %s, extended to %q", got.State, got.ExtendedTo)
	}
	var n int
	var from, to, reason string
	err := s.SQL().QueryRowContext(
		t.Context(),
		"SELECT COUNT(*), MIN(from_date), MIN(to_date), MIN(reason) FROM extensions",
	).Scan(
		&n,
		&from,
		&to,
		&reason,
	)
	if err != nil || n != 1 || from != "2018-09-28" || to != "2018-10-31" || reason != e.Reason {
		t.Errorf("on record are %d: %s to %s, %q, %v", n, from, to, reason, err)
	}
	if n := len(auditTrail(t, s)); n != 1 {
		t.Errorf("%d lines of audit, want 1", n)
	}
}

func extendRefused(t *testing.T, s *store.Store) {
	d := track(t, s, deadline("a"))[0]
	if err := s.Complete(t.Context(), closing(completion(d, now))); err != nil {
		t.Fatal(err)
	}
	e := scheduler.Extension{
		DeadlineID: d.ID,
		From:       day(9, 28),
		To:         day(10, 31),
		Reason:     "材料待核实",
		By:         "openness",
		At:         now,
	}
	if err := s.Extend(t.Context(), e, d, entry("extend")); !errors.Is(err, scheduler.ErrStale) {
		t.Errorf("extending: %v, want %v", err, scheduler.ErrStale)
	}
	if n := len(auditTrail(t, s)); n != 1 {
		t.Errorf("%d lines of audit, want that of the completion", n)
	}
}

func registerFilters(t *testing.T, s *store.Store) {
	early, extended, shared, own, done := deadline(
		"z-early",
	), deadline(
		"extended",
	), deadline(
		"shared",
	), deadline(
		"own",
	), deadline(
		"done",
	)
	early.Due.Date = day(9, 1)
	extended.Due.Date, extended.ExtendedTo = day(8, 1), day(12, 31)
	shared.Responsible = []string{`县"特殊"\局%_`}
	own.Unit = "文庙街道"
	own.Responsible = []string{"文庙街道", "县卫计局"}
	done.State = scheduler.Done
	track(t, s, early, extended, shared, own, done)
	tests := []struct {
		name string
		f    scheduler.Filter
		want []string
	}{
		{
			"everything open, by the date that counts",
			scheduler.Filter{},
			[]string{"z-early", "own", "shared", "extended"},
		},
		{"limit", scheduler.Filter{Limit: 2}, []string{"z-early", "own"}},
		{"closed", scheduler.Filter{States: []scheduler.State{scheduler.Done, scheduler.Withdrawn}}, []string{"done"}},
		{"a lead unit", scheduler.Filter{Unit: "县环保局"}, []string{"z-early", "shared", "extended"}},
		{"a responsible unit", scheduler.Filter{Unit: "文庙街道"}, []string{"z-early", "own", "extended"}},
		{"another's own", scheduler.Filter{Unit: "县卫计局"}, nil},
		{"part of a name", scheduler.Filter{Unit: "环保局"}, nil},
		{"odd characters", scheduler.Filter{Unit: `县"特殊"\局%_`}, []string{"shared"}},
		{"wildcards", scheduler.Filter{Unit: "%"}, nil},
	}
	for _, tt := range tests {
		ds, err := s.Deadlines(t.Context(), tt.f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range ds {
			got = append(got, d.Key)
			if len(d.Reminders) != 2 {
				t.Errorf("%s: %s has %d reminders, want 2", tt.name, d.Key, len(d.Reminders))
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
