package burst

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// rows asks the database, on a connection of its own.
func (b *Burst) rows(query string) ([][]string, error) {
	db, err := storetest.Dial(store.Options{Driver: b.o.Driver, Path: b.DatabaseFile(), DSN: b.o.DSN})
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }() // it was read only
	return storetest.Rows(db, query)
}

// must asks the database and insists on an answer, which a server that is just starting may owe for a moment.
func (b *Burst) must(t testing.TB, query string) [][]string {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		rows, err := b.rows(query)
		if err == nil {
			return rows
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// set is the first column of what a query finds.
func set(rows [][]string) map[string]bool {
	m := make(map[string]bool, len(rows))
	for _, r := range rows {
		m[r[0]] = true
	}
	return m
}

// deadlines returns, by key and unit, all that must not change of a deadline.
func (b *Burst) deadlines(t testing.TB) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, r := range b.must(t, "SELECT deadline_key, unit, due_date, due_instant, due_earliest, provisional, extended_to, state FROM deadlines") {
		m[r[0]+" "+r[1]] = strings.Join(r[2:], " ")
	}
	return m
}

// Look compares the messages that are uncertain by the database with those that `qixian status` lists. What is
// uncertain before and after the command must be on its list; it goes into the Account. The daemon may be running.
func (b *Burst) Look(t testing.TB) {
	t.Helper()
	const uncertain = "SELECT message_key FROM messages WHERE state = 'uncertain' OR uncertain = 1"
	before := set(b.must(t, uncertain))
	if len(before) == 0 {
		return
	}
	var status struct {
		Trouble []struct{ Key, State string }
	}
	if err := json.Unmarshal([]byte(b.Run(t, "status", "--format", "json")), &status); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, m := range status.Trouble {
		if m.State == "uncertain" {
			listed[m.Key] = true
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for key := range set(b.must(t, uncertain)) {
		if before[key] {
			b.listed[key] = listed[key] && (b.listed[key] || !b.held[key]) // once missing, missing for good
			b.held[key] = true
		}
	}
}

// standing is how far a burst has come.
type standing struct {
	promised int       // reminders
	pending  int       // messages
	resting  int       // those of them that wait for their one resend
	held     int       // messages that are claimed or being sent
	failed   int       // messages that the office has not been told of
	next     time.Time // when the first pending message is due; zero: none
	sent     int       // messages that are at an end
}

func (b *Burst) standing() (standing, error) {
	var s standing
	rows, err := b.rows(`
		SELECT 'promised', COUNT(*) FROM reminders WHERE stage = 'record' AND state = 'promised' UNION ALL
		SELECT 'pending', COUNT(*) FROM messages WHERE state = 'pending' UNION ALL
		SELECT 'resting', COUNT(*) FROM messages WHERE state = 'pending' AND uncertain = 1 UNION ALL
		SELECT 'held', COUNT(*) FROM messages WHERE state IN ('claimed', 'sending') UNION ALL
		SELECT 'failed', COUNT(*) FROM messages WHERE state IN ('bounced', 'rejected') AND reported_at = 0 UNION ALL
		SELECT 'next', COALESCE(MIN(next_at), 0) FROM messages WHERE state = 'pending' UNION ALL
		SELECT 'sent', COUNT(*) FROM messages WHERE state NOT IN ('pending', 'claimed', 'sending')`)
	if err != nil {
		return s, err
	}
	for _, r := range rows {
		n, err := strconv.ParseInt(r[1], 10, 64)
		if err != nil {
			return s, fmt.Errorf("count %s: %w", r[0], err)
		}
		switch r[0] {
		case "promised":
			s.promised = int(n)
		case "pending":
			s.pending = int(n)
		case "resting":
			s.resting = int(n)
		case "held":
			s.held = int(n)
		case "failed":
			s.failed = int(n)
		case "sent":
			s.sent = int(n)
		case "next":
			if n > 0 {
				s.next = time.UnixMilli(n)
			}
		}
	}
	return s, nil
}

func (s standing) done(promised int) bool {
	return s.promised >= promised && s.pending+s.held+s.failed == 0
}

// InDoubt is how many messages a crash of one daemon leaves in doubt at most.
func (b *Burst) InDoubt() int {
	if b.o.Connections == 1 {
		return 1
	}
	return 4 * b.o.Connections
}
