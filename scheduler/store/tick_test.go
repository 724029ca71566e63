package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// fill writes 10^digits open deadlines, each with a reminder that is pending and not due, and as many messages that
// were sent.
func fill(t testing.TB, s *store.Store, digits int) {
	t.Helper()
	var from, sum []string
	for i := range digits {
		from = append(from, fmt.Sprintf("d AS d%d", i))
		sum = append(sum, fmt.Sprintf("d%d.n * %d", i, pow10(i)))
	}
	numbers := "WITH d AS (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5" +
		" UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9), s AS (SELECT " + strings.Join(
		sum,
		" + ",
	) +
		" AS n FROM " + strings.Join(
		from,
		", ",
	) + ")"
	later := now.AddDate(0, 1, 0).UnixMilli()
	for _, statement := range []string{
		"INSERT INTO deadlines (deadline_key, unit, obligation, rule, kind, table_row, title, period, event_id, due_date, due_instant, due_earliest," +
			" provisional, extended_to, state, lead_units, responsible_units, needed, completions, opened_at, closed_at, late, plan) " + numbers +
			" SELECT CONCAT('k', n), '', 'o', 'r', 'periodic', 1, 't', '2018-09', '', '2018-10-31', 0, '2018-10-31', 0, '', 'open', '[]', '[]', 1, 0, 1, 0, 0, 'p' FROM s",
		fmt.Sprintf("INSERT INTO reminders (deadline_id, stage, unit, fires_at, immediate, state, message_key)"+
			" SELECT id, '0', 'u', %d + id, 0, 'pending', '' FROM deadlines", later),
		"INSERT INTO messages (message_key, header_id, kind, unit, recipient, promised_at, thread, subject, state, next_at, attempt," +
			" uncertain, lease_owner, fence, begun_at, settled_at, reported_at) " + numbers +
			" SELECT CONCAT('m', n), 'h', 'digest', 'u', 'a', 1, '', 's', 'sent', 1, 1, 0, '', 1, 1, 1, 0 FROM s",
	} {
		if _, err := s.SQL().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

// tick asks what every tick asks, when nothing is due.
func tick(t testing.TB, s *store.Store) {
	t.Helper()
	for _, immediate := range []bool{true, false} {
		err := s.Ripe(t.Context(), now, immediate, func(ripe []scheduler.Ripe) error {
			return fmt.Errorf("%d are ripe", len(ripe))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if failed, err := s.Failed(t.Context()); len(failed) != 0 || err != nil {
		t.Fatalf("%d have failed, %v", len(failed), err)
	}
	if hs, err := s.Held(t.Context()); len(hs) != 0 || err != nil {
		t.Fatalf("%d are held, %v", len(hs), err)
	}
	if n, err := s.Hasten(t.Context(), now, now.AddDate(0, 0, 1)); n != 0 || err != nil {
		t.Fatalf("hastened %d, %v", n, err)
	}
	if ms, err := s.Claim(t.Context(), "me", now, 20); len(ms) != 0 || err != nil {
		t.Fatalf("claimed %d, %v", len(ms), err)
	}
}

// TestTickReadsIndexes holds that what every tick asks is answered from an index, with only the states and times asked
// for, so that it costs the same over a million deadlines as over one.
func TestTickReadsIndexes(t *testing.T) {
	t.Run(store.SQLite, func(t *testing.T) {
		s := storetest.Open(t, store.SQLite)
		for name, query := range s.TickQueries(now) {
			var plan string
			var id, parent, unused int
			row := s.SQL().QueryRowContext(t.Context(), "EXPLAIN QUERY PLAN "+query) // the first is of the table
			if err := row.Scan(&id, &parent, &unused, &plan); err != nil {
				t.Fatalf("%s has no plan: %v", name, err)
			}
			want := map[string]string{
				"ripe":           "SEARCH reminders USING INDEX reminders_ripe (state=? AND immediate=? AND fires_at<?)",
				"due":            "SEARCH messages USING INDEX messages_due (state=? AND next_at<?)",
				"held":           "(state=?)", // of any index: few are claimed or being sent at any time
				"first due":      "SEARCH deadlines USING INDEX deadlines_due (state=? AND extended_to=? AND due_date>?)",
				"first extended": "SEARCH deadlines USING INDEX deadlines_due (state=? AND extended_to>?)",

				"far":     "SEARCH messages USING COVERING INDEX messages_due (state=? AND next_at>?)",
				"failed":  "SEARCH messages USING INDEX messages_reported (state=? AND reported_at=?)",
				"untold":  "SEARCH requests USING INDEX requests_told (told_at=? AND state=?)",
				"asked":   "SEARCH requests USING INDEX requests_state (state=?)",
				"replied": "SEARCH messages USING INDEX messages_header (header_id=?)",
			}[name]
			if !strings.HasPrefix(plan, "SEARCH") || !strings.HasSuffix(plan, want) {
				t.Errorf("%s: %s\n%s, want %s", name, query, plan, want)
			}
		}
	})
	t.Run(store.MySQL, func(t *testing.T) {
		s := storetest.Open(t, store.MySQL)
		fill(t, s, 4)
		if _, err := s.SQL().ExecContext(t.Context(), "ANALYZE TABLE deadlines, reminders, messages"); err != nil {
			t.Fatal(err)
		}
		for name, query := range s.TickQueries(now) {
			most := 8
			if strings.HasPrefix(name, "first") { // these find something: as many rows as are asked for
				most += 20
			}
			if n := handlerReads(t, s, query); n > most {
				t.Errorf("%s read %d rows of tables or indexes: %s", name, n, query)
			}
		}
	})
}

// handlerReads returns how many rows a query made the storage engine read.
func handlerReads(t *testing.T, s *store.Store, query string) int {
	t.Helper()
	c, err := s.SQL().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	count := func() int {
		var n int
		err := c.QueryRowContext(
			t.Context(),
			"SELECT SUM(variable_value) FROM information_schema.session_status WHERE variable_name LIKE 'Handler_read%'"+
				" AND variable_name NOT LIKE '%rnd%'",
		).Scan(
			&n,
		)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var before int
	for range 2 { // the first look at a table reads its statistics too
		count()
		before = count()
		if _, err := c.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	return count() - before
}

func BenchmarkTick(b *testing.B) {
	for _, digits := range []int{3, 4, 5, 6} {
		b.Run(fmt.Sprintf("deadlines=%d", pow10(digits)), func(b *testing.B) {
			eachDriver(b, func(b *testing.B, driver string) {
				s := storetest.Open(b, driver)
				fill(b, s, digits)
				for b.Loop() {
					tick(b, s)
				}
			})
		})
	}
}

// BenchmarkDue promises what is due, a message for each reminder, beside many deadlines that are open and not due.
func BenchmarkDue(b *testing.B) {
	for _, digits := range []int{3, 4, 5, 6} {
		b.Run(fmt.Sprintf("open=%d", pow10(digits)), func(b *testing.B) {
			s := storetest.Open(b, store.SQLite)
			fill(b, s, digits)
			turn := 0
			for _, k := range []int{100, 1000} {
				b.Run(fmt.Sprintf("due=%d/sqlite", k), func(b *testing.B) {
					for b.Loop() {
						b.StopTimer()
						turn++
						fallDue(b, s, turn, k)
						b.StartTimer()
						if n := promiseDue(b, s); n != k {
							b.Fatalf("%d of %d were promised", n, k)
						}
					}
				})
			}
		})
	}
}

// fallDue tracks k deadlines with a reminder that is due.
func fallDue(b *testing.B, s *store.Store, turn, k int) {
	b.Helper()
	ds := make([]scheduler.Deadline, k)
	for i := range ds {
		ds[i] = deadline(fmt.Sprintf("due-%d-%d", turn, i))
		ds[i].Reminders = []scheduler.Reminder{
			{Stage: "0", Unit: fmt.Sprintf("u%03d", i%100), At: now, State: scheduler.Pending},
		}
	}
	if n, err := s.Track(b.Context(), ds); n != k || err != nil {
		b.Fatalf("%d were new, %v", n, err)
	}
}

// promiseDue promises what is due as a pass does.
func promiseDue(b *testing.B, s *store.Store) int {
	b.Helper()
	n := 0
	err := s.Ripe(b.Context(), now, false, func(ripe []scheduler.Ripe) error {
		for part := range slices.Chunk(ripe, 50) {
			ps := make([]scheduler.Promise, len(part))
			for i, r := range part {
				key := "digest/" + r.Deadline.Key
				ps[i] = scheduler.Promise{
					Key:      key,
					Messages: []notify.Message{big(key)},
					Carried:  []int64{r.Reminder.ID},
				}
			}
			promised, failed := s.PromiseAll(b.Context(), now, ps)
			for i := range ps {
				if !promised[i] || failed[i] != nil {
					return fmt.Errorf("promise %s: %w", ps[i].Key, failed[i])
				}
				n++
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func eachDriver(b *testing.B, run func(b *testing.B, driver string)) {
	for _, driver := range []string{store.SQLite, store.MySQL} {
		b.Run(driver, func(b *testing.B) {
			storetest.Require(b, driver)
			run(b, driver)
		})
	}
}

// BenchmarkTrack tracks what a full year of a county opens, from an empty database.
func BenchmarkTrack(b *testing.B) {
	var ds []scheduler.Deadline
	for i := range 13000 {
		d := deadline(fmt.Sprintf("obligation-%05d@2018-09", i))
		for stage := range 10 {
			if len(d.Reminders) < 3+(i%3+1)/3 || i%10 == stage {
				d.Reminders = append(
					d.Reminders,
					scheduler.Reminder{
						Stage: fmt.Sprintf("late%d", stage),
						Unit:  "文庙街道",
						At:    now,
						State: scheduler.Pending,
					},
				)
			}
		}
		ds = append(ds, d)
	}
	eachDriver(b, func(b *testing.B, driver string) {
		for b.Loop() {
			b.StopTimer()
			s := storetest.Open(b, driver)
			b.StartTimer()
			if n, err := s.Track(b.Context(), ds); n != len(ds) || err != nil {
				b.Fatalf("%d were new, %v", n, err)
			}
		}
		reminders := 0
		for _, d := range ds {
			reminders += len(d.Reminders)
		}
		b.ReportMetric(float64(reminders), "reminders/op")
	})
}

// TestWhatIsDueIsFoundByID holds that SQLite finds the rows that a tick changes by their IDs, however many others are
// in the same state.
func TestWhatIsDueIsFoundByID(t *testing.T) {
	s := storetest.Open(t, store.SQLite)
	for name, query := range s.DueQueries() {
		for _, plan := range plans(t, s, query) {
			if strings.HasPrefix(plan, "SCAN") ||
				strings.HasPrefix(plan, "SEARCH") && !strings.Contains(plan, "rowid=?") &&
					!strings.Contains(plan, "(deadline_id=?") {
				t.Errorf("%s: %s\n%s", name, query, plan)
			}
		}
	}
}

// plans are the steps by which SQLite does a statement.
func plans(t *testing.T, s *store.Store, query string) []string {
	t.Helper()
	rows, err := s.SQL().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	var steps []string
	for rows.Next() {
		var step string
		var id, parent, unused int
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}
