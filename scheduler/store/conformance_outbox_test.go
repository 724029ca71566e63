package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// delivered is an attempt that came to an outcome at now.
func delivered(m notify.Message, class notify.Class, next time.Time) notify.Delivery {
	return notify.Delivery{
		Message:    m,
		Outcome:    notify.Outcome{Class: class, Code: 451, Reply: "请稍后再试 🕘"},
		Begun:      now,
		Ended:      now.Add(time.Second),
		NextAt:     next,
		FinalState: next.IsZero(),
	}
}

func settle(t *testing.T, s *store.Store, ds ...notify.Delivery) {
	t.Helper()
	if err := s.Settle(t.Context(), ds); err != nil {
		t.Fatal(err)
	}
}

// held returns what is held.
func held(t *testing.T, s *store.Store) []notify.Hold {
	t.Helper()
	hs, err := s.Held(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return hs
}

// recoverHolds recovers holds, of which so many are there still.
func recoverHolds(t *testing.T, s *store.Store, at time.Time, resend time.Duration, want int, hs ...notify.Hold) {
	t.Helper()
	if n, err := s.Recover(t.Context(), at, resend, hs); n != want || err != nil {
		t.Fatalf("recovered %d, %v; want %d", n, err, want)
	}
}

// delivery is what is on record of an attempt.
type delivery struct {
	Key     string
	Attempt int
	Class   notify.Class
	Code    int
	Reply   string
	Begun   int64
	Ended   int64
}

func deliveries(t *testing.T, s *store.Store) []delivery {
	t.Helper()
	rows, err := s.SQL().QueryContext(
		t.Context(),
		"SELECT m.message_key, d.attempt, d.class, d.code, d.reply, d.begun_at, d.ended_at"+
			" FROM deliveries d JOIN messages m ON m.id = d.message_id ORDER BY d.id",
	)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all []delivery
	for rows.Next() {
		var d delivery
		if err := rows.Scan(&d.Key, &d.Attempt, &d.Class, &d.Code, &d.Reply, &d.Begun, &d.Ended); err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func outboxKeepsEveryField(t *testing.T, s *store.Store) {
	full, bare := message("digest/2018-09-21/县环保局"), notify.Message{Key: "bare"}
	full.Attachments = []notify.Attachment{
		{
			Name:    "a.csv",
			Type:    "text/csv",
			Content: []byte("\ufeff期,𠮷\r\n"),
		},
		{Name: "b.bin", Type: "application/octet-stream", Content: bytes.Repeat([]byte{0, 1, 0xff, '\''}, 500_000)},
	}
	if ok, err := s.Promise(
		t.Context(),
		now,
		scheduler.Promise{Messages: []notify.Message{full, bare}},
	); !ok ||
		err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
	ms, err := s.Claim(t.Context(), "me", now, 10)
	if err != nil {
		t.Fatal(err)
	}
	bare.At = now // nothing said when it was promised
	if diff := cmp.Diff(
		[]notify.Message{full, bare},
		ms,
		cmpopts.IgnoreFields(notify.Message{}, "ID", "Fence"),
	); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
	kept, err := s.Mail(t.Context(), full.Key)
	if diff := cmp.Diff(full, kept, cmpopts.IgnoreFields(notify.Message{}, "ID", "Fence")); diff != "" || err != nil {
		t.Errorf("kept, %v (-want +got):\n%s", err, diff)
	}
	if _, err := s.Mail(t.Context(), "none"); !errors.Is(err, scheduler.ErrNotFound) {
		t.Errorf("a mail that there is not: %v", err)
	}
	if ms[0].Fence != 1 || ms[1].Fence != 1 {
		t.Errorf("fences are %d and %d", ms[0].Fence, ms[1].Fence)
	}
	if zone := ms[0].At.Format("-0700"); zone != "+0800" {
		t.Errorf("it was promised at %s, want +0800", zone)
	}
}

func claimInOrder(t *testing.T, s *store.Store) {
	for i, key := range []string{"later", "b", "a"} {
		p := scheduler.Promise{Messages: []notify.Message{message(key)}}
		if ok, err := s.Promise(t.Context(), now.Add(-time.Duration(i)*time.Minute), p); !ok || err != nil {
			t.Fatalf("promised %t, %v", ok, err)
		}
	}
	steps := []struct {
		at    time.Time
		limit int
		want  []string
	}{
		{now.Add(-time.Hour), 10, nil},
		{now, 0, nil},
		{now.Add(-time.Minute), 1, []string{"a"}},
		{now.Add(-time.Minute), 10, []string{"b"}},
		{now, 10, []string{"later"}},
		{now, 10, nil}, // all are held
	}
	for i, step := range steps {
		ms, err := s.Claim(t.Context(), "me", step.at, step.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range ms {
			got = append(got, m.Key)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("step %d (-want +got):\n%s", i, diff)
		}
	}
	if diff := cmp.Diff(map[string]int{"claimed": 3}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
}

func beginIsOfHold(t *testing.T, s *store.Store) {
	promise(t, s, 2)
	one, two := claim(t, s, "me", now), claim(t, s, "me", now)
	recoverHolds(t, s, now, 0, 1, notify.Hold{ID: two.ID, Fence: two.Fence, Owner: "me"})
	again := claim(t, s, "me", now)
	for i, step := range []struct {
		m    notify.Message
		want int
	}{
		{two, 0}, // it is the same owner's and not the same hold
		{one, 1},
		{one, 1}, // as after an answer that was lost
		{again, 1},
	} {
		begun, err := s.Begin(t.Context(), now, nil, []notify.Message{step.m})
		if err != nil {
			t.Fatal(err)
		}
		if len(begun) != step.want {
			t.Errorf("step %d: began %d, want %d", i, len(begun), step.want)
		}
		for _, m := range begun {
			if m.Attempt != 1 {
				t.Errorf("step %d: attempt %d, want 1", i, m.Attempt)
			}
		}
	}
	want := []notify.Hold{
		{ID: one.ID, Fence: 1, Owner: "me", Begun: true}, {ID: two.ID, Fence: 3, Owner: "me", Begun: true},
	}
	if diff := cmp.Diff(want, held(t, s)); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}

func settleEnds(t *testing.T, s *store.Store) {
	promise(t, s, 7)
	again := now.Add(10 * time.Minute)
	classes := []notify.Class{
		notify.Sent,
		notify.Bounced,
		notify.Rejected,
		notify.Uncertain,
		notify.Retry,
		notify.Halted,
		notify.Uncertain,
	}
	var ds []notify.Delivery
	var want []delivery
	for i, class := range classes {
		m := begin(t, s, "me", now)
		next := again
		if i < 4 {
			next = time.Time{}
		}
		ds = append(ds, delivered(m, class, next))
		want = append(
			want,
			delivery{m.Key, 1, class, 451, "请稍后再试 🕘", now.UnixMilli(), now.Add(time.Second).UnixMilli()},
		)
	}
	settle(t, s, ds...)
	if diff := cmp.Diff(want, deliveries(t, s)); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(
		map[string]int{"sent": 1, "bounced": 1, "rejected": 1, "uncertain": 1, "pending": 3},
		counts(t, s),
	); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
	if ms, err := s.Claim(t.Context(), "me", again.Add(-time.Millisecond), 10); len(ms) != 0 || err != nil {
		t.Errorf("claimed %d before their time, %v", len(ms), err)
	}
	ms, err := s.Claim(t.Context(), "other", again, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []bool
	for _, m := range ms {
		got = append(got, m.Uncertain)
		if m.Attempt != 1 || m.Ended != "" {
			t.Errorf("%s: attempt %d, ended %q", m.Key, m.Attempt, m.Ended)
		}
	}
	if diff := cmp.Diff([]bool{false, false, true}, got); diff != "" {
		t.Errorf("uncertain (-want +got):\n%s", diff)
	}
}

func settleTwice(t *testing.T, s *store.Store) {
	promise(t, s, 1)
	d := delivered(begin(t, s, "me", now), notify.Retry, now.Add(time.Minute))
	settle(t, s, d)
	settle(t, s, d)
	if n := len(deliveries(t, s)); n != 1 {
		t.Errorf("%d deliveries, want 1", n)
	}
	second := delivered(begin(t, s, "me", now.Add(time.Minute)), notify.Sent, time.Time{})
	settle(t, s, second)
	settle(t, s, second)
	if ds := deliveries(t, s); len(ds) != 2 || ds[1].Attempt != 2 {
		t.Errorf("deliveries are %v", ds)
	}
	if diff := cmp.Diff(map[string]int{"sent": 1}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
}

// settleLate settles what was recovered meanwhile, and taken up again in every way.
func settleLate(t *testing.T, s *store.Store) {
	pass := func(*testing.T) {}
	tests := []struct {
		name     string
		class    notify.Class
		since    func(t *testing.T) // what has become of it since it was recovered
		state    string
		blocked  bool // whoever has claimed it since cannot begin it
		attempts int
	}{
		{"sent, and nobody has it", notify.Sent, pass, "sent", false, 1},
		{"put off, and nobody has it", notify.Retry, pass, "pending", false, 1},
		{"bounced, and nobody has it", notify.Bounced, pass, "pending", false, 1},
		{
			"sent, and claimed by another",
			notify.Sent,
			func(t *testing.T) { claim(t, s, "other", now) },
			"sent",
			true,
			1,
		},
		{
			"put off, and claimed by another",
			notify.Retry,
			func(t *testing.T) { claim(t, s, "other", now) },
			"claimed",
			false,
			1,
		},
		{
			"sent, and begun by another",
			notify.Sent,
			func(t *testing.T) { begin(t, s, "other", now) },
			"sending",
			false,
			1,
		},
		{"sent, and sent by another", notify.Sent, func(t *testing.T) {
			settle(t, s, delivered(begin(t, s, "other", now), notify.Sent, time.Time{}))
		}, "sent", false, 2},
		{"sent, and put off by another", notify.Sent, func(t *testing.T) {
			settle(t, s, delivered(begin(t, s, "other", now), notify.Retry, now))
		}, "sent", false, 2},
		{"sent, and uncertain for good", notify.Sent, func(t *testing.T) {
			settle(t, s, delivered(begin(t, s, "other", now), notify.Uncertain, time.Time{}))
		}, "sent", false, 2},
		{"sent, and bounced to another", notify.Sent, func(t *testing.T) {
			settle(t, s, delivered(begin(t, s, "other", now), notify.Bounced, time.Time{}))
		}, "bounced", false, 2},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key := fmt.Sprint("late/", i)
			if ok, err := s.Promise(
				t.Context(),
				now,
				scheduler.Promise{Messages: []notify.Message{message(key)}},
			); !ok ||
				err != nil {
				t.Fatalf("promised %t, %v", ok, err)
			}
			m := begin(t, s, "me", now)
			recoverHolds(t, s, now, 0, 1, held(t, s)...)
			tt.since(t)
			hs := held(t, s)
			for range 2 { // as after an answer that was lost
				settle(t, s, delivered(m, tt.class, map[bool]time.Time{true: now}[tt.class == notify.Retry]))
			}
			var state string
			err := s.SQL().QueryRowContext(
				t.Context(),
				"SELECT state FROM messages WHERE message_key = ?",
				key,
			).Scan(
				&state,
			)
			if err != nil || state != tt.state {
				t.Errorf("it is %s, %v; want %s", state, err, tt.state)
			}
			if len(hs) == 1 && !hs[0].Begun {
				m.Fence = hs[0].Fence
				begun, err := s.Begin(t.Context(), now, nil, []notify.Message{m})
				if err != nil || len(begun) == 0 != tt.blocked {
					t.Errorf("the other began %d, %v", len(begun), err)
				}
			}
			var ds []delivery
			for _, d := range deliveries(t, s) {
				if d.Key == key {
					ds = append(ds, d)
				}
			}
			if len(ds) != tt.attempts || ds[0].Class != tt.class || ds[0].Code != 451 {
				t.Errorf("deliveries %v", ds)
			}
			execute(t, s, "UPDATE messages SET state = 'sent'") // out of the way of the next
		})
	}
}

// settleBehind asks a node of a cluster that has not heard yet of what another has acknowledged: it must wait for it,
// and not leave alone what it believes to be in no hands.
func settleBehind(t *testing.T, s *store.Store) {
	promise(t, s, 1)
	m := begin(t, s, "me", now)
	execute(t, s, "UPDATE messages SET state = 'pending', fence = 0, attempt = 0") // as it was before
	if err := s.Settle(
		t.Context(),
		[]notify.Delivery{delivered(m, notify.Sent, time.Time{})},
	); err == nil ||
		len(deliveries(t, s)) != 0 {
		t.Errorf("settled with %v, deliveries %v", err, deliveries(t, s))
	}
	if begun, err := s.Begin(t.Context(), now, nil, []notify.Message{m}); err == nil {
		t.Errorf("began %v", begun)
	}
	caughtUp := make(chan error, 1)
	time.AfterFunc(100*time.Millisecond, func() {
		_, err := s.SQL().ExecContext(t.Context(), "UPDATE messages SET state = 'sending', fence = 1, attempt = 1")
		caughtUp <- err
	})
	settle(t, s, delivered(m, notify.Sent, time.Time{}))
	if err := <-caughtUp; err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]int{"sent": 1}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
}

func settleNotBegun(t *testing.T, s *store.Store) {
	promise(t, s, 3)
	m, unclear, stale := claim(t, s, "me", now), claim(t, s, "me", now), claim(t, s, "me", now)
	if _, err := s.Begin(t.Context(), now, nil, []notify.Message{unclear}); err != nil { // and the answer is lost
		t.Fatal(err)
	}
	stale.Fence--
	for _, x := range []notify.Message{m, unclear, stale} {
		settle(
			t,
			s,
			notify.Delivery{Message: x, Outcome: notify.Outcome{Class: notify.Retry}, NextAt: now.Add(time.Minute)},
		)
	}
	if diff := cmp.Diff(map[string]int{"pending": 2, "claimed": 1}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
	if n := len(deliveries(t, s)); n != 0 {
		t.Errorf("%d deliveries, want none", n)
	}
	for _, want := range []notify.Message{m, unclear} {
		if got := claim(
			t,
			s,
			"me",
			now.Add(time.Minute),
		); got.ID != want.ID || got.Attempt != 0 || got.Uncertain ||
			got.Fence != 2 {
			t.Errorf("it came back as %v", got)
		}
	}
}

// blameIsKept holds that what counts towards giving a message up is counted apart from its attempts.
func blameIsKept(t *testing.T, s *store.Store) {
	promise(t, s, 1)
	for attempt, blamed := range []int{0, 1, 1, 2} {
		m := begin(t, s, "me", now)
		if m.Attempt != attempt+1 || m.Blamed != max(blamed-1, 0) && m.Blamed != blamed {
			t.Errorf("attempt %d, blamed %d", m.Attempt, m.Blamed)
		}
		m.Blamed = blamed
		settle(t, s, delivered(m, notify.Retry, now))
	}
	if m := claim(t, s, "me", now); m.Attempt != 4 || m.Blamed != 2 {
		t.Errorf("attempt %d, blamed %d; want 4 and 2", m.Attempt, m.Blamed)
	}
}

func recoverAfterCrash(t *testing.T, s *store.Store) {
	promise(t, s, 2)
	begun, claimed := begin(t, s, "dead", now), claim(t, s, "dead", now)
	resend := 10 * time.Minute
	restart := now.Add(time.Hour)
	left := held(t, s)
	for _, want := range []int{2, 0} {
		recoverHolds(t, s, restart, resend, want, left...)
	}
	if got := claim(t, s, "me", restart); got.ID != claimed.ID || got.Uncertain || got.Attempt != 0 {
		t.Errorf("what was claimed came back as %v", got)
	}
	if ms, err := s.Claim(t.Context(), "me", restart.Add(resend-time.Millisecond), 10); len(ms) != 0 || err != nil {
		t.Errorf("claimed %d before their time, %v", len(ms), err)
	}
	got := begin(t, s, "me", restart.Add(resend))
	if got.ID != begun.ID || !got.Uncertain || got.Attempt != 2 || got.MessageID != begun.MessageID {
		t.Errorf("what was begun came back as %v", got)
	}

	end := restart.Add(3 * time.Hour) // and crashed again
	recoverHolds(t, s, end, resend, 2, held(t, s)...)
	if diff := cmp.Diff(map[string]int{"pending": 1, "uncertain": 1}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
	want := []delivery{
		{"digest/000", 1, notify.Uncertain, 0, "cut off", now.UnixMilli(), restart.UnixMilli()},
		{"digest/000", 2, notify.Uncertain, 0, "cut off", restart.Add(resend).UnixMilli(), end.UnixMilli()},
	}
	if diff := cmp.Diff(want, deliveries(t, s)); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
}

// recoverExactly recovers a hold as it was seen, and nothing that has moved since.
func recoverExactly(t *testing.T, s *store.Store) {
	promise(t, s, 3)
	begun, settledSince, still := claim(t, s, "me", now), begin(t, s, "me", now), claim(t, s, "me", now)
	seen := held(t, s)
	if _, err := s.Begin(t.Context(), now, nil, []notify.Message{begun}); err != nil {
		t.Fatal(err)
	}
	settle(t, s, delivered(settledSince, notify.Sent, time.Time{}))
	recoverHolds(t, s, now, 0, 1, seen...)
	if got := claim(t, s, "other", now); got.ID != still.ID || got.Fence != still.Fence+2 {
		t.Errorf("recovered %v", got)
	}
	if diff := cmp.Diff(map[string]int{"sending": 1, "sent": 1, "claimed": 1}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
}

// hastenFar makes due what is too far off, and nothing else.
func hastenFar(t *testing.T, s *store.Store) {
	promise(t, s, 3)
	later := now.Add(6 * time.Hour)
	settle(
		t,
		s,
		delivered(begin(t, s, "me", now), notify.Retry, later),
		delivered(begin(t, s, "me", now), notify.Retry, later.Add(time.Hour)),
	)
	begin(t, s, "me", now)
	for _, want := range []int{1, 0} {
		if n, err := s.Hasten(t.Context(), now, later); n != want || err != nil {
			t.Errorf("hastened %d, %v; want %d", n, err, want)
		}
	}
	if got := claim(t, s, "me", now); got.Key != "digest/001" {
		t.Errorf("due is %s", got.Key)
	}
	if ms, err := s.Claim(t.Context(), "me", later.Add(-time.Millisecond), 10); len(ms) != 0 || err != nil {
		t.Errorf("claimed %d before their time, %v", len(ms), err)
	}
}

func outboxTrouble(t *testing.T, s *store.Store) {
	promise(t, s, 6)
	again := now.Add(10 * time.Minute)
	var ds []notify.Delivery
	for _, class := range []notify.Class{notify.Sent, notify.Bounced, notify.Rejected, notify.Uncertain} {
		ds = append(ds, delivered(begin(t, s, "me", now), class, time.Time{}))
	}
	ds = append(ds, delivered(begin(t, s, "me", now), notify.Uncertain, again))
	settle(t, s, ds...)
	out, err := s.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range out.Trouble {
		got = append(got, m.Key+" "+string(m.Ended))
		if m.Text != "" || m.HTML != "" || m.Subject == "" {
			t.Errorf("%s: subject %q, %d bytes of text", m.Key, m.Subject, len(m.Text)+len(m.HTML))
		}
	}
	if diff := cmp.Diff(
		[]string{"digest/004 ", "digest/003 uncertain", "digest/002 rejected", "digest/001 bounced"},
		got,
	); diff != "" {
		t.Errorf("trouble, newest first (-want +got):\n%s", diff)
	}
	// The resend of the uncertain one goes well: it is no trouble any more.
	claim(t, s, "me", now)
	settle(t, s, delivered(begin(t, s, "me", again), notify.Sent, time.Time{}))
	if out, err := s.Outbox(t.Context()); len(out.Trouble) != 3 || out.Count["sent"] != 2 || err != nil {
		t.Errorf("trouble are %d, %v, %v", len(out.Trouble), out.Count, err)
	}
}
