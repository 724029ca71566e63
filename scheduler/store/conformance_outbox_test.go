package store_test

import (
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
		Message: m, Outcome: notify.Outcome{Class: class, Code: 451, Reply: "请稍后再试 🕘"}, Begun: now, Ended: now.Add(time.Second),
		NextAt: next, FinalState: next.IsZero(),
	}
}

func settle(t *testing.T, s *store.Store, owner string, ds ...notify.Delivery) {
	t.Helper()
	if err := s.Settle(t.Context(), owner, ds); err != nil {
		t.Fatal(err)
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
	rows, err := s.SQL().QueryContext(t.Context(), "SELECT m.message_key, d.attempt, d.class, d.code, d.reply, d.begun_at, d.ended_at"+
		" FROM deliveries d JOIN messages m ON m.id = d.message_id ORDER BY d.id")
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
	if ok, err := s.Promise(t.Context(), now, scheduler.Promise{Messages: []notify.Message{full, bare}}); !ok || err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
	ms, err := s.Claim(t.Context(), "me", now, time.Hour, 10)
	if err != nil {
		t.Fatal(err)
	}
	bare.At = now // nothing said when it was promised
	if diff := cmp.Diff([]notify.Message{full, bare}, ms, cmpopts.IgnoreFields(notify.Message{}, "ID")); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
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
		{now, 10, nil}, // all are leased
	}
	for i, step := range steps {
		ms, err := s.Claim(t.Context(), "me", step.at, time.Hour, step.limit)
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

func beginIsOwners(t *testing.T, s *store.Store) {
	promise(t, s, 2)
	one, two := claim(t, s, "me", now), claim(t, s, "other", now)
	steps := []struct {
		owner string
		at    time.Time
		want  int
	}{
		{"me", now.Add(time.Hour + time.Millisecond), 0}, // the lease has ended
		{"me", now.Add(time.Hour), 1},                    // it ends only after that moment
		{"me", now, 0},                                   // it is begun
		{"other", now, 1},
	}
	for i, step := range steps {
		begun, err := s.Begin(t.Context(), step.owner, step.at, []notify.Message{one, two})
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
	if diff := cmp.Diff(map[string]int{"sending": 2}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
}

func settleEnds(t *testing.T, s *store.Store) {
	promise(t, s, 7)
	again := now.Add(10 * time.Minute)
	classes := []notify.Class{notify.Sent, notify.Bounced, notify.Rejected, notify.Uncertain, notify.Retry, notify.Halted, notify.Uncertain}
	var ds []notify.Delivery
	var want []delivery
	for i, class := range classes {
		m := begin(t, s, "me", now)
		next := again
		if i < 4 {
			next = time.Time{}
		}
		ds = append(ds, delivered(m, class, next))
		want = append(want, delivery{m.Key, 1, class, 451, "请稍后再试 🕘", now.UnixMilli(), now.Add(time.Second).UnixMilli()})
	}
	settle(t, s, "me", ds...)
	if diff := cmp.Diff(want, deliveries(t, s)); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"sent": 1, "bounced": 1, "rejected": 1, "uncertain": 1, "pending": 3}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
	if ms, err := s.Claim(t.Context(), "me", again.Add(-time.Millisecond), time.Hour, 10); len(ms) != 0 || err != nil {
		t.Errorf("claimed %d before their time, %v", len(ms), err)
	}
	ms, err := s.Claim(t.Context(), "other", again, time.Hour, 10)
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
	settle(t, s, "me", d)
	settle(t, s, "me", d)
	if n := len(deliveries(t, s)); n != 1 {
		t.Errorf("%d deliveries, want 1", n)
	}
	second := delivered(begin(t, s, "me", now.Add(time.Minute)), notify.Sent, time.Time{})
	settle(t, s, "me", second)
	settle(t, s, "me", second)
	if ds := deliveries(t, s); len(ds) != 2 || ds[1].Attempt != 2 {
		t.Errorf("deliveries are %v", ds)
	}
	if diff := cmp.Diff(map[string]int{"sent": 1}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
}

func settleNotOwners(t *testing.T, s *store.Store) {
	promise(t, s, 1)
	m := begin(t, s, "me", now)
	settle(t, s, "other", delivered(m, notify.Bounced, time.Time{}))
	if diff := cmp.Diff(map[string]int{"sending": 1}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
	// The owner stalls beyond its lease, another recovers and claims the message, and then the owner comes back.
	later := now.Add(2 * time.Hour)
	if n, err := s.Recover(t.Context(), later, 0); n != 1 || err != nil {
		t.Fatalf("recovered %d, %v", n, err)
	}
	claim(t, s, "other", later)
	settle(t, s, "me", delivered(m, notify.Sent, time.Time{}))
	if diff := cmp.Diff(map[string]int{"claimed": 1}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
}

func settleNotBegun(t *testing.T, s *store.Store) {
	promise(t, s, 2)
	m, begun := claim(t, s, "me", now), begin(t, s, "me", now)
	d := notify.Delivery{Outcome: notify.Outcome{Class: notify.Retry}, NextAt: now.Add(time.Minute)}
	for _, owner := range []string{"other", "me"} {
		for _, x := range []notify.Message{m, begun} {
			d.Message = x
			settle(t, s, owner, d)
		}
	}
	if diff := cmp.Diff(map[string]int{"pending": 1, "sending": 1}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
	if n := len(deliveries(t, s)); n != 0 {
		t.Errorf("%d deliveries, want none", n)
	}
	if got := claim(t, s, "me", now.Add(time.Minute)); got.ID != m.ID || got.Attempt != 0 || got.Uncertain {
		t.Errorf("it came back as %v", got)
	}
}

func recoverAfterCrash(t *testing.T, s *store.Store) {
	promise(t, s, 2)
	begun, claimed := begin(t, s, "dead", now), claim(t, s, "dead", now)
	resend := 10 * time.Minute
	restart := now.Add(time.Hour + time.Second)
	for i, want := range []int{2, 0} {
		if n, err := s.Recover(t.Context(), restart, resend); n != want || err != nil {
			t.Fatalf("time %d: recovered %d, %v; want %d", i+1, n, err, want)
		}
	}
	if got := claim(t, s, "me", restart); got.ID != claimed.ID || got.Uncertain || got.Attempt != 0 {
		t.Errorf("what was claimed came back as %v", got)
	}
	if ms, err := s.Claim(t.Context(), "me", restart.Add(resend-time.Millisecond), time.Hour, 10); len(ms) != 0 || err != nil {
		t.Errorf("claimed %d before their time, %v", len(ms), err)
	}
	got := begin(t, s, "me", restart.Add(resend))
	if got.ID != begun.ID || !got.Uncertain || got.Attempt != 2 || got.MessageID != begun.MessageID {
		t.Errorf("what was begun came back as %v", got)
	}

	end := restart.Add(3 * time.Hour) // and crashed again
	if n, err := s.Recover(t.Context(), end, resend); n != 2 || err != nil {
		t.Fatalf("recovered %d, %v", n, err)
	}
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

func recoverWaits(t *testing.T, s *store.Store) {
	promise(t, s, 1)
	begin(t, s, "me", now)
	for _, at := range []time.Time{now, now.Add(time.Hour)} {
		if n, err := s.Recover(t.Context(), at, 0); n != 0 || err != nil {
			t.Errorf("recovered %d at %v, %v; want none", n, at, err)
		}
	}
}

func abandonEnds(t *testing.T, s *store.Store) {
	promise(t, s, 3)
	begin(t, s, "me", now)
	claim(t, s, "me", now)
	claim(t, s, "other", now)
	if err := s.Abandon(t.Context(), "me"); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Recover(t.Context(), now, 0); n != 2 || err != nil {
		t.Errorf("recovered %d, %v; want 2", n, err)
	}
	if diff := cmp.Diff(map[string]int{"pending": 2, "claimed": 1}, counts(t, s)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
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
	settle(t, s, "me", ds...)
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
	if diff := cmp.Diff([]string{"digest/004 ", "digest/003 uncertain", "digest/002 rejected", "digest/001 bounced"}, got); diff != "" {
		t.Errorf("trouble, newest first (-want +got):\n%s", diff)
	}
	// The resend of the uncertain one goes well: it is no trouble any more.
	claim(t, s, "me", now)
	settle(t, s, "me", delivered(begin(t, s, "me", again), notify.Sent, time.Time{}))
	if out, err := s.Outbox(t.Context()); len(out.Trouble) != 3 || out.Count["sent"] != 2 || err != nil {
		t.Errorf("trouble are %d, %v, %v", len(out.Trouble), out.Count, err)
	}
}
