package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"qixian/notify"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// now is a Friday morning of the table's year.
var now = time.Date(2018, time.September, 21, 9, 0, 0, 0, calendar.Zone())

func day(m time.Month, d int) calendar.Date { return calendar.NewDate(2018, m, d) }

// deadline is an open deadline with every field set that a period's has, and two reminders.
func deadline(key string) scheduler.Deadline {
	return scheduler.Deadline{
		Key: key, Obligation: "air-quality", Rule: "air-quality", Kind: rules.Periodic, Row: 22, Title: "环境空气质量状况",
		Period: "2018-09", Due: rules.Due{Date: day(9, 28), Earliest: day(9, 28)}, State: scheduler.Open,
		Lead: []string{"县环保局"}, Responsible: []string{"文庙街道", "各乡镇（街道）"}, Needed: 1, OpenedAt: now.AddDate(0, -1, 0),
		Plan: "v1/0123456789ab",
		Reminders: []scheduler.Reminder{
			{Stage: "5wd", Unit: "县环保局", At: now, State: scheduler.Pending},
			{Stage: "1wd", Unit: "县环保局", At: now.AddDate(0, 0, 6), State: scheduler.Pending},
		},
	}
}

// hourDeadline is one of an hour rule, opened by an event, of one unit.
func hourDeadline(key string) scheduler.Deadline {
	d := deadline(key)
	d.Unit, d.Period, d.Event, d.Kind = "县环保局", "", "e0123456789", rules.AfterEvent
	instant := time.Date(2018, time.September, 22, 3, 4, 5, 0, calendar.Zone())
	d.Due = rules.Due{
		Date:        calendar.DateOf(instant),
		Instant:     instant,
		Earliest:    calendar.DateOf(instant),
		Provisional: true,
	}
	for i := range d.Reminders {
		d.Reminders[i].Immediate = true
	}
	return d
}

func message(key string) notify.Message {
	return notify.Message{
		Key:       key,
		MessageID: "m0123@example.invalid",
		Kind:      notify.Digest,
		Unit:      "县环保局",
		To:        "unit@example.invalid",
		At:        now,
		Thread:    "t0123@example.invalid",
		Subject:   "【期限】今日提醒：3项 🕘",
		Text:      "环境空气质量状况\n𠮷 100%",
		HTML:      "<p>环境空气质量状况</p>",
	}
}

func entry(action string) scheduler.Entry {
	return scheduler.Entry{
		At:     now,
		By:     "openness",
		Action: action,
		Target: "air-quality@2018-09",
		Detail: `{"title":"环境空气质量状况"}`,
	}
}

// track tracks deadlines and returns them as they are on record, by key.
func track(t *testing.T, s *store.Store, ds ...scheduler.Deadline) []scheduler.Deadline {
	t.Helper()
	if _, err := s.Track(t.Context(), ds); err != nil {
		t.Fatal(err)
	}
	var got []scheduler.Deadline
	for _, d := range ds {
		got = append(got, find(t, s, d.Key, d.Unit))
	}
	return got
}

// withdraw withdraws a deadline, whatever its version is by now.
func withdraw(t *testing.T, s *store.Store, d scheduler.Deadline) {
	t.Helper()
	if err := s.Withdraw(t.Context(), now, []scheduler.Deadline{find(t, s, d.Key, d.Unit)}, nil); err != nil {
		t.Fatal(err)
	}
}

// find returns the one deadline with this identity.
func find(t *testing.T, s *store.Store, key, unit string) scheduler.Deadline {
	t.Helper()
	ds, err := s.Find(t.Context(), key, unit)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(ds, func(d scheduler.Deadline) bool { return d.Unit == unit })
	if i < 0 {
		t.Fatalf("found %d deadlines with key %s, none of %q", len(ds), key, unit)
	}
	return ds[i]
}

// states returns the states of a deadline's reminders by stage and unit.
func states(d scheduler.Deadline) map[string]scheduler.ReminderState {
	m := map[string]scheduler.ReminderState{}
	for _, r := range d.Reminders {
		m[r.Stage+" "+r.Unit] = r.State
	}
	return m
}

// promise puts n messages into the outbox at now, with keys digest/000, digest/001 and so on.
func promise(t *testing.T, s *store.Store, n int) {
	t.Helper()
	var p scheduler.Promise
	for i := range n {
		p.Messages = append(p.Messages, message(fmt.Sprintf("digest/%03d", i)))
	}
	if ok, err := s.Promise(t.Context(), now, p); !ok || err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
}

// claim claims one message that must be due.
func claim(t *testing.T, s *store.Store, owner string, at time.Time) notify.Message {
	t.Helper()
	ms, err := s.Claim(t.Context(), owner, at, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(ms) != 1 {
		t.Fatalf("claimed %d messages, want 1", len(ms))
	}
	return ms[0]
}

// begin claims one message that must be due, and begins it.
func begin(t *testing.T, s *store.Store, owner string, at time.Time) notify.Message {
	t.Helper()
	ms, err := s.Begin(t.Context(), at, nil, []notify.Message{claim(t, s, owner, at)})
	if err != nil {
		t.Fatal(err)
	}
	if len(ms) != 1 {
		t.Fatalf("began %d messages, want 1", len(ms))
	}
	return ms[0]
}

// counts returns how many messages are in each state.
func counts(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	out, err := s.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out.Count
}
