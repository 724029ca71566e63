package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/notify"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// accountsOfDays lists deadlines by the date that counts, in every state, both ends inclusive, with what was said of
// them and not taken back.
func accountsOfDays(t *testing.T, s *store.Store) {
	var ds []scheduler.Deadline
	for _, d := range []struct {
		key           string
		due, extended calendar.Date
		state         scheduler.State
	}{
		{"first", day(9, 1), calendar.Date{}, scheduler.Open},
		{"last", day(9, 30), calendar.Date{}, scheduler.Open},
		{"before", day(8, 31), calendar.Date{}, scheduler.Open},
		{"after", day(10, 1), calendar.Date{}, scheduler.Open},
		{"into", day(8, 15), day(9, 10), scheduler.Open},
		{"out of", day(9, 10), day(10, 31), scheduler.Open},
		{"done", day(9, 10), calendar.Date{}, scheduler.Done},
		{"withdrawn", day(9, 10), calendar.Date{}, scheduler.Withdrawn},
	} {
		x := deadline(d.key)
		x.Due, x.ExtendedTo, x.State = rules.Due{Date: d.due, Earliest: d.due}, d.extended, d.state
		ds = append(ds, x)
	}
	own := hourDeadline("first")
	own.Due.Date = day(9, 1)
	on := track(t, s, append(ds, own)...)
	x := scheduler.Extension{
		DeadlineID: on[0].ID,
		From:       day(9, 1),
		To:         day(9, 20),
		Reason:     "设备检修",
		By:         "openness",
		At:         now,
	}
	moved := on[0]
	moved.ExtendedTo = day(9, 20)
	if err := s.Extend(t.Context(), x, moved, entry("extend")); err != nil {
		t.Fatal(err)
	}
	said := completion(find(t, s, "last", ""), now)
	if err := s.Complete(t.Context(), closing(said)); err != nil {
		t.Fatal(err)
	}
	as, err := s.Accounts(t.Context(), day(9, 1), day(9, 30))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range as {
		got = append(got, a.DueDate().String()+" "+a.Key+" "+a.Unit+" "+string(a.State))
		if len(a.Reminders) != 0 {
			t.Errorf("%s has %d reminders", a.Key, len(a.Reminders))
		}
	}
	want := []string{
		"2018-09-01 first 县环保局 open",
		"2018-09-10 done  done",
		"2018-09-10 into  open",
		"2018-09-10 withdrawn  withdrawn",
		"2018-09-20 first  open",
		"2018-09-30 last  done",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("accounts (-want +got):\n%s", diff)
	}
	said.Version = 0
	for i, want := range []scheduler.History{4: {Extensions: []scheduler.Extension{x}}, 5: {Completions: []scheduler.Completion{said}}} {
		if diff := cmp.Diff(
			want,
			as[i].History,
			cmpopts.EquateComparable(calendar.Date{}),
			cmpopts.IgnoreFields(scheduler.Completion{}, "ID"),
		); diff != "" {
			t.Errorf("%s (-want +got):\n%s", as[i].Key, diff)
		}
	}
	undone := find(t, s, "last", "")
	open := undone
	open.State = scheduler.Open
	history, err := s.History(t.Context(), undone.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Undo(
		t.Context(),
		now,
		scheduler.Undoing{Completion: history.Completions[0], Deadline: open},
	); err != nil {
		t.Fatal(err)
	}
	if as, err = s.Accounts(
		t.Context(),
		day(9, 30),
		day(9, 30),
	); err != nil || len(as) != 1 ||
		len(as[0].History.Completions) != 0 {
		t.Errorf("what was taken back is told: %+v, %v", as, err)
	}
	if as, err = s.Accounts(t.Context(), day(9, 2), day(9, 9)); err != nil || len(as) != 0 {
		t.Errorf("of days on which nothing is due there are %d accounts, %v", len(as), err)
	}
}

// accountsUndelivered names units whose mail was refused, at whichever of their addresses, came back, or went to the
// office in their place; and no others.
func accountsUndelivered(t *testing.T, s *store.Store) {
	d := deadline("a")
	d.Reminders = nil
	for _, unit := range []string{"sent", "rejected", "second", "returned", "nobody", "pending"} {
		d.Reminders = append(
			d.Reminders,
			scheduler.Reminder{
				Stage: "5wd",
				Unit:  unit,
				At:    now,
				State: scheduler.Pending,
			},
			scheduler.Reminder{Stage: "1wd", Unit: unit, At: now.AddDate(0, 0, 6), State: scheduler.Pending},
		)
	}
	other := deadline("b")
	for i := range other.Reminders {
		other.Reminders[i].Unit = "rejected"
	}
	on := track(t, s, d, other)
	for _, r := range on[0].Reminders {
		if r.Stage != "5wd" || r.Unit == "pending" {
			continue
		}
		p := scheduler.Promise{Key: "digest/2018-09-21/" + r.Unit, Carried: []int64{r.ID}}
		if r.Unit == "nobody" {
			p.Key = "fallback/2018-09-21"
		}
		for i, key := range []string{p.Key, p.Key + "#2"} {
			m := message(key)
			m.MessageID, m.Unit = r.Unit+string(rune('0'+i))+"@example.invalid", r.Unit
			p.Messages = append(p.Messages, m)
		}
		if ok, err := s.Promise(t.Context(), now, p); !ok || err != nil {
			t.Fatalf("promised %t, %v", ok, err)
		}
	}
	ms, err := s.Claim(t.Context(), "me", now, 100)
	if err != nil {
		t.Fatal(err)
	}
	if ms, err = s.Begin(t.Context(), now, nil, ms); err != nil {
		t.Fatal(err)
	}
	for _, m := range ms {
		out := notify.Outcome{Class: notify.Sent}
		switch m.Key {
		case "digest/2018-09-21/rejected":
			out.Class = notify.Rejected
		case "digest/2018-09-21/second#2":
			out.Class = notify.Bounced
		}
		if err := s.Settle(
			t.Context(),
			[]notify.Delivery{{Message: m, Outcome: out, Begun: now, Ended: now, FinalState: true}},
		); err != nil {
			t.Fatal(err)
		}
		if m.Key == "digest/2018-09-21/returned" {
			if _, err := s.NoteBounce(
				t.Context(),
				now,
				m,
				scheduler.Bounce{MessageID: m.MessageID, Status: "5.1.1", Permanent: true, Mailbox: true},
			); err != nil {
				t.Fatal(err)
			}
		}
	}
	as, err := s.Accounts(t.Context(), day(9, 28), day(9, 28))
	if err != nil || len(as) != 2 {
		t.Fatalf("%d accounts, %v", len(as), err)
	}
	if diff := cmp.Diff([]string{"nobody", "rejected", "returned", "second"}, as[0].Undelivered); diff != "" {
		t.Errorf("undelivered (-want +got):\n%s", diff)
	}
	if len(as[1].Undelivered) != 0 {
		t.Errorf("of a deadline that no mail has told of %v are undelivered", as[1].Undelivered)
	}
}
