package store_test

import (
	"testing"
	"time"

	"qixian/notify"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestALockedMessage lets another connection lock a message for longer than a lock is waited for: what has happened is
// recorded as soon as it can be, and nothing is recorded twice.
func TestALockedMessage(t *testing.T) {
	o := storetest.Options(t, store.MySQL)
	other := storetest.Reopen(t, o)
	o.DSN += "?innodb_lock_wait_timeout=1"
	s := storetest.Reopen(t, o)
	promise(t, s, 2)
	m, waits := begin(t, s, "me", now), claim(t, s, "me", now)

	tx, err := other.SQL().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "SELECT id FROM messages FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	released := make(chan error, 1)
	time.AfterFunc(1500*time.Millisecond, func() { released <- tx.Rollback() })
	if ms, err := s.Begin(t.Context(), now, nil, []notify.Message{waits}); len(ms) != 1 || err != nil {
		t.Errorf("began %v, %v", ms, err)
	}
	settle(t, s, delivered(m, notify.Sent, time.Time{}))
	if err := <-released; err != nil {
		t.Error(err)
	}
	if c := counts(t, s); c["sent"] != 1 || c["sending"] != 1 || len(deliveries(t, s)) != 1 {
		t.Errorf("outbox is %v, deliveries %v", c, deliveries(t, s))
	}
}

// TestCloseAfterTheServerHasHungUp lets the server end a connection that rests: closing it then is no failure of the
// daemon that stops.
func TestCloseAfterTheServerHasHungUp(t *testing.T) {
	o := storetest.Options(t, store.MySQL)
	other := storetest.Reopen(t, o)
	o.DSN += "?wait_timeout=1"
	s := storetest.Reopen(t, o)
	promise(t, s, 1)
	idle := "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		rows, err := storetest.Rows(other.SQL(), idle)
		if err != nil || time.Now().After(end) {
			t.Fatalf("the server has not hung up: %v, %v", rows, err)
		}
		if len(rows) == 0 {
			break
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
