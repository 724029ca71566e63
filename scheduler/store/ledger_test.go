package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/notify"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// execute runs a statement that no method of the store would.
func execute(t testing.TB, s *store.Store, statement string, args ...any) {
	t.Helper()
	if _, err := s.SQL().ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// TestTally counts a week: the first moment of its first day is in it, that of the day after its last is not.
func TestTally(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		s := storetest.Open(t, driver)
		promise(t, s, 8)
		from, to := day(9, 17), day(9, 23)
		for i, m := range []struct {
			state notify.Class
			at    time.Time
		}{
			{notify.Sent, from.At(0)},
			{notify.Sent, to.AddDays(1).At(0).Add(-time.Millisecond)},
			{notify.Sent, from.At(0).Add(-time.Millisecond)},
			{notify.Sent, to.AddDays(1).At(0)},
			{notify.Uncertain, now},
			{notify.Rejected, now.Add(time.Hour)},
			{notify.Bounced, now},
			{notify.Bounced, now.AddDate(0, 0, 7)},
		} {
			execute(
				t,
				s,
				"UPDATE messages SET state = ?, settled_at = ? WHERE message_key = ?",
				string(m.state),
				m.at.UnixMilli(),
				fmt.Sprintf("digest/%03d", i),
			)
		}
		var ds []scheduler.Deadline
		for _, d := range []struct {
			key      string
			due      calendar.Date
			extended calendar.Date
			state    scheduler.State
			late     bool
		}{
			{"met", from, calendar.Date{}, scheduler.Done, false},
			{"met extended", day(9, 1), to, scheduler.Done, false},
			{"met late", to, calendar.Date{}, scheduler.Done, true},
			{"missed", to, calendar.Date{}, scheduler.Open, false},
			{"put off", to, day(10, 31), scheduler.Open, false},
			{"withdrawn", to, calendar.Date{}, scheduler.Withdrawn, false},
			{"before", from.AddDays(-1), calendar.Date{}, scheduler.Open, false},
			{"after", to.AddDays(1), calendar.Date{}, scheduler.Open, false},
		} {
			x := deadline(d.key)
			x.Due, x.ExtendedTo, x.State, x.Late = rules.Due{Date: d.due, Earliest: d.due}, d.extended, d.state, d.late
			ds = append(ds, x)
		}
		track(t, s, ds...)
		got, err := s.Tally(t.Context(), from, to)
		if err != nil {
			t.Fatal(err)
		}
		var refused []string
		for _, m := range got.Undelivered {
			refused = append(refused, m.Key+" "+m.Unit+" "+string(m.Ended))
			if m.Text != "" || m.HTML != "" {
				t.Errorf("%s has a body", m.Key)
			}
		}
		want := scheduler.Tally{Sent: 2, Uncertain: 1, Met: 2, MetLate: 1, Missed: 1}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(scheduler.Tally{}, "Undelivered")); diff != "" {
			t.Errorf("tally (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"digest/006 县环保局 bounced", "digest/005 县环保局 rejected"}, refused); diff != "" {
			t.Errorf("undelivered (-want +got):\n%s", diff)
		}
	})
}

// TestCondition counts what is unsettled and nothing else.
func TestCondition(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		s := storetest.Open(t, driver)
		if c, err := s.Condition(t.Context(), now); err != nil || c.Waiting() != 0 || !c.Oldest.IsZero() {
			t.Errorf("an empty store: %+v, %v", c, err)
		}
		promise(t, s, 8)
		for i, m := range []struct {
			state               string
			uncertain           bool
			promised, settledAt time.Time
		}{
			{"sent", false, now.AddDate(0, 0, -9), now},
			{"sending", true, now.Add(-3 * time.Hour), time.Time{}},
			{"claimed", false, now.Add(-2 * time.Hour), time.Time{}},
			{"pending", true, now.Add(-time.Hour), time.Time{}},
			{"pending", false, now, time.Time{}},
			{"uncertain", true, now, now},
			{"bounced", false, now, now},
			{"rejected", false, now, now},
		} {
			settled := int64(0)
			if !m.settledAt.IsZero() {
				settled = m.settledAt.UnixMilli()
			}
			execute(
				t,
				s,
				"UPDATE messages SET state = ?, uncertain = ?, promised_at = ?, settled_at = ? WHERE message_key = ?",
				m.state,
				m.uncertain,
				m.promised.UnixMilli(),
				settled,
				fmt.Sprintf("digest/%03d", i),
			)
		}
		today := calendar.DateOf(now)
		var ds []scheduler.Deadline
		for key, d := range map[string]struct {
			due      rules.Due
			extended calendar.Date
			state    scheduler.State
		}{
			"late":             {rules.Due{Date: today.AddDays(-1)}, calendar.Date{}, scheduler.Open},
			"due today":        {rules.Due{Date: today}, calendar.Date{}, scheduler.Open},
			"hours late":       {rules.Due{Date: today, Instant: now.Add(-time.Millisecond)}, calendar.Date{}, scheduler.Open},
			"due this instant": {rules.Due{Date: today, Instant: now}, calendar.Date{}, scheduler.Open},
			"put off":          {rules.Due{Date: today.AddDays(-9), Instant: now.AddDate(0, 0, -9)}, today, scheduler.Open},
			"late once more":   {rules.Due{Date: today.AddDays(-9)}, today.AddDays(-1), scheduler.Open},
			"done":             {rules.Due{Date: today.AddDays(-1)}, calendar.Date{}, scheduler.Done},
		} {
			x := deadline(key)
			x.Due, x.ExtendedTo, x.State = d.due, d.extended, d.state
			ds = append(ds, x)
		}
		for _, d := range track(t, s, ds...) {
			if want := d.State == scheduler.Open &&
				d.IsLate(now); want != (d.Key == "late" || d.Key == "hours late" || d.Key == "late once more") {
				t.Errorf("%s is late: %t", d.Key, want)
			}
		}
		for address, state := range map[string]scheduler.AddressState{"a": scheduler.BadAddress, "b": scheduler.BadAddress, "c": scheduler.ClearedAddress} {
			execute(
				t,
				s,
				"INSERT INTO addresses (address, state, unit, reason, since, message_key) VALUES (?, ?, '县环保局', '', 1, '')",
				address,
				string(state),
			)
		}
		want := scheduler.Condition{
			Messages: map[string]int{
				"pending":   2,
				"claimed":   1,
				"sending":   1,
				"uncertain": 1,
				"bounced":   1,
				"rejected":  1,
			},
			Doubtful: 2,
			Oldest:   now.Add(-3 * time.Hour),
			Open:     6,
			Late:     3,
			Bad:      2,
		}
		got, err := s.Condition(t.Context(), now)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if got.Waiting() != 4 {
			t.Errorf("%d are waiting", got.Waiting())
		}
	})
}

// TestDaemons lets daemons come, beat, leave and be forgotten.
func TestDaemons(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		s := storetest.Open(t, driver)
		beat := func(owner, host, plan string, started, seen time.Time) scheduler.Daemon {
			t.Helper()
			d := scheduler.Daemon{Owner: owner, Host: host, Version: "v1.0.0", Plan: plan, Started: started, Seen: seen}
			if err := s.Beat(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			return d
		}
		check := func(want ...scheduler.Daemon) {
			t.Helper()
			got, err := s.Daemons(t.Context())
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		}
		check()
		a := beat("A", "甲", "p1", now, now)
		b := beat("B", "乙", "p1", now, now)
		check(b, a)
		a = beat("A", "甲", "p2", now, now.Add(time.Minute))
		check(b, a)
		if diff := cmp.Diff(
			scheduler.Fleet{Alive: 2, Plans: 2, Versions: 1},
			scheduler.Muster([]scheduler.Daemon{a, b}, now.Add(time.Minute)),
		); diff != "" {
			t.Errorf("fleet (-want +got):\n%s", diff)
		}
		a = beat("A", "甲", "p2", now, now.AddDate(0, 0, 7))
		check(b, a)
		if diff := cmp.Diff(
			scheduler.Fleet{Alive: 1, Silent: 1, Plans: 1, Versions: 1},
			scheduler.Muster([]scheduler.Daemon{a, b}, a.Seen),
		); diff != "" {
			t.Errorf("fleet (-want +got):\n%s", diff)
		}
		a = beat("A", "甲", "p2", now, now.AddDate(0, 0, 7).Add(time.Millisecond))
		check(a)
		for range 2 {
			if err := s.Leave(t.Context(), "A"); err != nil {
				t.Fatal(err)
			}
		}
		check()
	})
}

// TestLedgerReadsIndexes holds that what a scrape and a letter ask is answered from indexes that hold no more than is
// asked for: of a hundred thousand messages that were sent, none is looked at.
func TestLedgerReadsIndexes(t *testing.T) {
	t.Run(store.SQLite, func(t *testing.T) {
		s := storetest.Open(t, store.SQLite)
		for name, query := range s.LedgerQueries(now) {
			if plan := queryPlan(t, s, query); !indexed(plan) {
				t.Errorf("%s: %s\n%s", name, query, plan)
			}
		}
	})
	t.Run(store.MySQL, func(t *testing.T) {
		s := storetest.Open(t, store.MySQL)
		fill(t, s, 4)
		execute(t, s, "UPDATE deadlines SET state = 'done'")
		execute(t, s, "ANALYZE TABLE deadlines, messages")
		for name, query := range s.LedgerQueries(now) {
			if n := handlerReads(t, s, query); n > 16 {
				t.Errorf("%s read %d rows of tables or indexes: %s", name, n, query)
			}
		}
	})
}

// queryPlan returns how SQLite answers a query, a step a line.
func queryPlan(t *testing.T, s *store.Store, query string) string {
	t.Helper()
	rows, err := s.SQL().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

// indexed reports whether the first step of a plan reads a range of an index.
func indexed(plan string) bool {
	return strings.HasPrefix(plan, "SEARCH ") && strings.Contains(plan, " INDEX ") && strings.Contains(plan, "(state=?")
}

// BenchmarkCondition asks what each scrape asks, over 100,000 open deadlines and as many messages.
func BenchmarkCondition(b *testing.B) {
	for _, state := range []string{"sent", "pending"} {
		b.Run("messages="+state, func(b *testing.B) {
			eachDriver(b, func(b *testing.B, driver string) {
				s := storetest.Open(b, driver)
				fill(b, s, 5)
				execute(
					b,
					s,
					"UPDATE messages SET state = ?, settled_at = CASE WHEN ? = 'sent' THEN ? ELSE 0 END",
					state,
					state,
					now.UnixMilli(),
				)
				for b.Loop() {
					c, err := s.Condition(b.Context(), now)
					if err != nil || c.Open != 100_000 || state == "pending" && c.Messages["pending"] != 100_000 {
						b.Fatalf("%+v, %v", c, err)
					}
				}
			})
		})
	}
}

// BenchmarkTally counts a week in which 100,000 messages were sent.
func BenchmarkTally(b *testing.B) {
	eachDriver(b, func(b *testing.B, driver string) {
		s := storetest.Open(b, driver)
		fill(b, s, 5)
		execute(b, s, "UPDATE messages SET settled_at = ?", now.UnixMilli())
		for b.Loop() {
			tally, err := s.Tally(b.Context(), day(9, 17), day(9, 23))
			if err != nil || tally.Sent != 100_000 {
				b.Fatalf("%+v, %v", tally, err)
			}
		}
	})
}
