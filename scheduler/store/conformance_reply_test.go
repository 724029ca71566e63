package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// mailed puts a message with a Message-ID of its own into the outbox, with the lines of its letter.
func mailed(t *testing.T, s *store.Store, key, id, to string, lines ...scheduler.Line) notify.Message {
	t.Helper()
	m := message(key)
	m.MessageID, m.To = id, to
	p := scheduler.Promise{Key: scheduler.LetterKey(key), Messages: []notify.Message{m}, Lines: lines}
	if ok, err := s.Promise(t.Context(), now, p); !ok || err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
	return byID(t, s, id).Message
}

func byID(t *testing.T, s *store.Store, id string) scheduler.Sent {
	t.Helper()
	sent, err := s.MessageByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

func messageByID(t *testing.T, s *store.Store) {
	long := strings.Repeat("m", 90) // longer than what MySQL's index has of it
	lines := []scheduler.Line{{Key: "a@2018"}, {Key: "b@2018", For: []string{"县环保局", "文庙街道"}}}
	one := mailed(t, s, "digest/1", long+"1@example.invalid", "a@example.invalid", lines...)
	copied := mailed(t, s, "digest/1#2", long+"2@example.invalid", "b@example.invalid")
	bare := mailed(t, s, "trouble/1", "m3@example.invalid", "c@example.invalid")
	for _, tt := range []struct {
		id   string
		want scheduler.Sent
	}{
		{long + "1@example.invalid", scheduler.Sent{Message: one, Lines: lines}},
		{long + "2@example.invalid", scheduler.Sent{Message: copied, Lines: lines}},
		{"m3@example.invalid", scheduler.Sent{Message: bare}},
	} {
		if diff := cmp.Diff(tt.want, byID(t, s, tt.id)); diff != "" {
			t.Errorf("message (-want +got):\n%s", diff)
		}
	}
	if one.Key != "digest/1" || one.To != "a@example.invalid" || one.Text != "" {
		t.Errorf("message is %+v", one)
	}
	for _, id := range []string{"", long, "M3@example.invalid"} {
		if _, err := s.MessageByID(t.Context(), id); !errors.Is(err, scheduler.ErrNoMessage) {
			t.Errorf("%q is %v", id, err)
		}
	}
}

// bounceEnds has a bounce come for a message in every state.
func bounceEnds(t *testing.T, s *store.Store) {
	settle := func(m notify.Message, class notify.Class) error {
		return s.Settle(
			t.Context(),
			[]notify.Delivery{
				{
					Message:    m,
					Outcome:    notify.Outcome{Class: class, Code: 250},
					Begun:      now,
					Ended:      now,
					FinalState: true,
				},
			},
		)
	}
	hard := scheduler.Bounce{Status: "5.1.1", Permanent: true, Mailbox: true, Text: strings.Repeat("词", 2000)}
	for _, tt := range []struct {
		name  string
		until notify.Class // how far it goes before the bounce comes
		after notify.Class // what a dispatcher says that holds it still
		want  notify.Class
	}{
		{"pending", "", "", notify.Bounced},
		{"sending", "sending", notify.Sent, notify.Bounced},
		{"sent", notify.Sent, "", notify.Bounced},
		{"uncertain", notify.Uncertain, "", notify.Bounced},
		{"rejected", notify.Rejected, "", notify.Rejected},
	} {
		m := mailed(t, s, tt.name, tt.name+"@example.invalid", tt.name+"@example.invalid")
		if tt.until != "" {
			m = begin(t, s, "one", now)
		}
		if tt.until != "" && tt.until != "sending" {
			if err := settle(m, tt.until); err != nil {
				t.Fatal(err)
			}
		}
		soft := scheduler.Bounce{Status: "4.4.1"}
		before := byID(t, s, m.MessageID).Message.Ended
		for i, b := range []scheduler.Bounce{soft, soft} {
			if fresh, err := s.NoteBounce(t.Context(), now, m, b); err != nil || fresh != (i == 0) {
				t.Errorf("%s: temporary bounce %d is new: %t, %v", tt.name, i, fresh, err)
			}
		}
		if got := byID(t, s, m.MessageID).Message.Ended; got != before {
			t.Errorf("%s: a temporary bounce made it %q of %q", tt.name, got, before)
		}
		for i, b := range []scheduler.Bounce{hard, hard} {
			if fresh, err := s.NoteBounce(t.Context(), now, m, b); err != nil || fresh != (i == 0) {
				t.Errorf("%s: bounce %d is new: %t, %v", tt.name, i, fresh, err)
			}
		}
		if tt.after != "" {
			if err := settle(m, tt.after); err != nil {
				t.Fatal(err)
			}
		}
		if got := byID(t, s, m.MessageID).Message.Ended; got != tt.want {
			t.Errorf("%s: ended as %q, want %q", tt.name, got, tt.want)
		}
		failed, err := s.Failed(t.Context())
		if err != nil || len(failed) != 1 || failed[0].Key != tt.name {
			t.Errorf("%s: failed are %v, %v", tt.name, failed, err)
		}
		if _, err := s.Promise(t.Context(), now, scheduler.Promise{Fallen: []int64{m.ID}}); err != nil {
			t.Fatal(err)
		}
		if ms, err := s.Claim(t.Context(), "two", now.AddDate(1, 0, 0), 10); err != nil || len(ms) != 0 {
			t.Errorf("%s: it is to be sent again: %v, %v", tt.name, ms, err)
		}
	}
}

// bounceGivesUp has a server give a message up for a reason for which no address is to blame.
func bounceGivesUp(t *testing.T, s *store.Store) {
	for i, status := range []string{"4.4.7", ""} {
		id := fmt.Sprint("given-up", i, "@example.invalid")
		m := mailed(t, s, id, id, id)
		if fresh, err := s.NoteBounce(
			t.Context(),
			now,
			m,
			scheduler.Bounce{Status: status, Permanent: true},
		); err != nil ||
			!fresh {
			t.Fatalf("noted: %t, %v", fresh, err)
		}
		if got := byID(t, s, id).Message.Ended; got != notify.Rejected {
			t.Errorf("status %q: ended as %q", status, got)
		}
		if failed, err := s.Failed(t.Context()); err != nil || len(failed) != i+1 {
			t.Errorf("status %q: failed are %v, %v", status, failed, err)
		}
	}
}

func addressMarked(t *testing.T, s *store.Store) {
	m := mailed(t, s, "digest/1", "m1@example.invalid", "Unit@Example.invalid")
	mark := func(at time.Time, m notify.Message, reason string, want bool) {
		t.Helper()
		if marked, err := s.MarkBad(t.Context(), at, m, reason); err != nil || marked != want {
			t.Errorf("marked %t, %v", marked, err)
		}
	}
	mark(now, m, "5.1.1 User unknown", true)
	mark(now.Add(time.Hour), m, "5.7.1 no", false)
	want := scheduler.Address{
		Address: "unit@example.invalid",
		State:   scheduler.BadAddress,
		Unit:    "县环保局",
		Reason:  "5.1.1 User unknown",
		Since:   now,
		Message: "digest/1",
	}
	check := func(want scheduler.Address) {
		t.Helper()
		as, err := s.Addresses(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]scheduler.Address{want}, as); diff != "" {
			t.Errorf("addresses (-want +got):\n%s", diff)
		}
	}
	check(want)
	clearing := func(at time.Time, address string, want bool) {
		t.Helper()
		if cleared, err := s.ClearAddress(
			t.Context(),
			at,
			address,
			"恢复",
			entry("contact.clear"),
		); err != nil ||
			cleared != want {
			t.Errorf("cleared %t, %v", cleared, err)
		}
	}
	clearing(now, "other@example.invalid", false)
	clearing(now.Add(2*time.Hour), "UNIT@example.invalid", true)
	clearing(now.Add(3*time.Hour), "unit@example.invalid", false)
	want.State, want.Reason, want.Since = scheduler.ClearedAddress, "恢复", now.Add(2*time.Hour)
	check(want)
	mark(now.Add(4*time.Hour), m, "5.1.1", false) // it was promised before
	m.At = now.Add(3 * time.Hour)
	mark(now.Add(4*time.Hour), m, "", true)
	want.State, want.Reason, want.Since = scheduler.BadAddress, "", now.Add(4*time.Hour)
	check(want)

	refused := mailed(t, s, "digest/2", "m2@example.invalid", "a@example.invalid")
	if ms, err := s.Claim(t.Context(), "one", now, 10); err != nil {
		t.Fatal(err)
	} else if ms, err = s.Begin(t.Context(), now, nil, ms); err != nil {
		t.Fatal(err)
	} else {
		for _, m := range ms {
			d := notify.Delivery{
				Message:    m,
				Outcome:    notify.Outcome{Class: notify.Bounced, Code: 550, Reply: "User unknown"},
				Begun:      now,
				Ended:      now,
				FinalState: true,
			}
			if err := s.Settle(t.Context(), []notify.Delivery{d}); err != nil {
				t.Fatal(err)
			}
		}
	}
	mark(now, refused, "", true)
	if as, err := s.Addresses(t.Context()); err != nil || len(as) != 2 || as[0].Reason != "550 User unknown" {
		t.Errorf("addresses are %+v, %v", as, err)
	}
}

func addressReplaced(t *testing.T, s *store.Store) {
	replace := func(r scheduler.Replacement, want ...scheduler.Replacement) {
		t.Helper()
		if err := s.Replace(t.Context(), r, entry("contact.replace")); err != nil {
			t.Fatal(err)
		}
		got, err := s.Replacements(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("replaced (-want +got):\n%s", diff)
		}
	}
	first := scheduler.Replacement{
		Unit:    "县环保局",
		Listed:  "a@example.invalid",
		Address: "B@example.invalid",
		Reason:  "来电告知",
		By:      "office:主任",
		At:      now,
	}
	again := first
	again.Address, again.Reason, again.By, again.At = "c@example.invalid", "再次来电", "root", now.Add(time.Hour)
	none := scheduler.Replacement{Unit: "县财政局", Address: "d@example.invalid", Reason: "补登", By: "root", At: now}
	shared := first
	shared.Unit = "县教育局" // whose clerk looks after both
	upper := first
	upper.Listed = "A@Example.invalid"
	replace(upper, first)
	replace(none, first, none)
	replace(shared, shared, first, none)
	replace(again, shared, again, none)
	back := again
	back.Address = "A@example.invalid"
	replace(back, shared, none)
	trail := auditTrail(t, s)
	if len(trail) != 5 {
		t.Errorf("the audit trail has %v", trail)
	}
}

func repliesOnce(t *testing.T, s *store.Store) {
	r := scheduler.Received{ID: "r1", Message: "digest/1", Unit: "县环保局", Dated: now.AddDate(0, 0, -1), At: now}
	for _, at := range []time.Time{now, now.Add(time.Hour)} {
		again := r
		again.At = at
		got, err := s.Receive(t.Context(), again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Errorf("received (-want +got):\n%s", diff)
		}
	}
	handle := func(id, key string, want int) {
		t.Helper()
		m := message(key)
		err := s.Handle(
			t.Context(),
			now.Add(2*time.Hour),
			scheduler.Received{ID: id, Outcome: `[{"OK":true}]`},
			scheduler.Promise{Key: key, Messages: []notify.Message{m}},
		)
		if err != nil {
			t.Fatal(err)
		}
		if got := counts(t, s)["pending"]; got != want {
			t.Errorf("%d messages after %s, want %d", got, id, want)
		}
	}
	handle("r1", "answer/1", 1)
	handle("r1", "answer/2", 1) // it is handled
	handle("unknown", "answer/2", 1)
	r.Handled, r.Outcome = now.Add(2*time.Hour), `[{"OK":true}]`
	got, err := s.Receive(t.Context(), scheduler.Received{ID: "r1"})
	if diff := cmp.Diff(r, got); diff != "" || err != nil {
		t.Errorf("received, %v (-want +got):\n%s", err, diff)
	}
	if _, err := s.Receive(t.Context(), scheduler.Received{ID: "r2", At: now}); err != nil {
		t.Fatal(err)
	}
	handle("r2", "answer/1", 1) // there is an answer of this key
	if got, err := s.Receive(t.Context(), scheduler.Received{ID: "r2"}); err != nil || got.Handled.IsZero() {
		t.Errorf("a reply whose answer was taken is not handled: %+v, %v", got, err)
	}
}

func requestsDecided(t *testing.T, s *store.Store) {
	d := track(t, s, deadline("a"))[0]
	plain := d
	plain.Reminders = nil
	q := func(id string, n int) scheduler.Request {
		return scheduler.Request{
			ID:       id,
			Deadline: plain,
			Unit:     "县环保局",
			To:       day(10, n),
			Reason:   "检修",
			By:       "mail:县环保局",
			At:       now.Add(time.Duration(n) * time.Minute),
			State:    scheduler.Asked,
		}
	}
	add := func(r scheduler.Request, want bool) {
		t.Helper()
		if fresh, err := s.AddRequest(
			t.Context(),
			r,
			scheduler.RequestBound{OfDeadline: 9, OfUnit: 9},
			entry("extend.request"),
		); err != nil ||
			fresh != want {
			t.Errorf("%s is new: %t, %v", r.ID, fresh, err)
		}
	}
	list := func(f scheduler.RequestFilter, want ...scheduler.Request) {
		t.Helper()
		got, err := s.Requests(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if len(want) == 0 && len(got) == 0 {
			return
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(day(1, 1))); diff != "" {
			t.Errorf("requests %+v (-want +got):\n%s", f, diff)
		}
	}
	decide := func(id string, state scheduler.RequestState, want bool) {
		t.Helper()
		if decided, err := s.DecideRequest(
			t.Context(),
			now.Add(time.Hour),
			id,
			state,
			"不行",
			entry("extend.refuse"),
		); err != nil ||
			decided != want {
			t.Errorf("%s decided: %t, %v", id, decided, err)
		}
	}
	all, untold := scheduler.RequestFilter{}, scheduler.RequestFilter{Untold: true}
	one, two := q("q1", 1), q("q2", 2)
	add(one, true)
	add(one, false)
	list(all, one)
	list(untold, one)
	add(two, true)
	list(all, two)
	one.State, one.Decided = scheduler.Replaced, two.At
	list(scheduler.RequestFilter{ID: "q1"}, one)
	list(untold, two)
	if _, err := s.Promise(
		t.Context(),
		now,
		scheduler.Promise{
			Key:      "request/q2",
			Messages: []notify.Message{message("request/q2")},
			Requests: []string{"q2", "q1"},
		},
	); err != nil {
		t.Fatal(err)
	}
	list(untold)
	list(all, two)
	decide("q1", scheduler.Refused, false)
	decide("q2", scheduler.Refused, true)
	decide("q2", scheduler.Granted, false)
	two.State, two.Decided, two.Remark = scheduler.Refused, now.Add(time.Hour), "不行"
	list(all)
	list(untold, two)
	if _, err := s.Promise(t.Context(), now, scheduler.Promise{Requests: []string{"q2"}}); err != nil {
		t.Fatal(err)
	}
	list(untold)

	three := q("q3", 3)
	add(three, true)
	next := d
	next.ExtendedTo = day(10, 12)
	e := scheduler.Extension{
		DeadlineID: d.ID,
		From:       d.DueDate(),
		To:         next.ExtendedTo,
		Reason:     "检修",
		By:         "root",
		At:         now.Add(2 * time.Hour),
	}
	if err := s.Extend(t.Context(), e, next, entry("extend")); err != nil {
		t.Fatal(err)
	}
	list(all)
	list(untold)
	if rs, err := s.Requests(
		t.Context(),
		scheduler.RequestFilter{ID: "q3"},
	); err != nil || len(rs) != 1 || rs[0].State != scheduler.Granted ||
		!rs[0].Decided.Equal(e.At) {
		t.Errorf("after an extension: %+v, %v", rs, err)
	}

	closed := track(t, s, deadline("b"))[0]
	late := q("q4", 4)
	late.Deadline = closed
	add(late, true)
	if err := s.Withdraw(t.Context(), now, []scheduler.Deadline{closed}, nil); err != nil {
		t.Fatal(err)
	}
	list(all)
	if rs, err := s.Requests(
		t.Context(),
		untold,
	); err != nil || len(rs) != 1 ||
		rs[0].Deadline.State != scheduler.Withdrawn {
		t.Errorf("of a closed deadline: %+v, %v", rs, err)
	}
	decide("q4", scheduler.Lapsed, true)
	list(untold)
	missing := q("q5", 5)
	missing.Deadline.ID = 1 << 40
	if _, err := s.AddRequest(
		t.Context(),
		missing,
		scheduler.RequestBound{OfDeadline: 9, OfUnit: 9},
		entry("extend.request"),
	); err == nil {
		t.Error("a request about no deadline was recorded")
	}
}
