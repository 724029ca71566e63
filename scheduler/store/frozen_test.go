package store_test

import (
	"testing"
	"time"

	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestFrozen holds that a process which was stopped in the midst of a transaction, with a message locked, keeps nobody
// from the others; and that what it held is recovered when the server has dropped it. Only MySQL has such a thing: on
// SQLite a transaction is alone.
func TestFrozen(t *testing.T) {
	s := storetest.Open(t, store.MySQL)
	promise(t, s, 3)
	held := begin(t, s, "frozen", now)
	frozen, err := s.SQL().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	// It was settling one message and had claimed the next.
	for _, id := range []int64{held.ID, held.ID + 1} {
		if _, err := frozen.ExecContext(
			t.Context(),
			"UPDATE messages SET lease_owner = 'locked' WHERE id = ?",
			id,
		); err != nil {
			t.Fatal(err)
		}
	}

	start := time.Now()
	got := claim(t, s, "other", now)
	if got.ID == held.ID || got.ID == held.ID+1 {
		t.Errorf("claimed message %d, which is locked", got.ID)
	}
	hs, err := s.Held(t.Context())
	if err != nil || len(hs) != 2 {
		t.Fatalf("held are %v, %v", hs, err)
	}
	if n, err := s.Recover(t.Context(), now, time.Minute, hs); n != 1 || err != nil {
		t.Errorf("recovered %d messages, %v; want the one that is not locked", n, err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("others waited %v for a lock", took)
	}

	if err := frozen.Rollback(); err != nil { // as the server does
		t.Fatal(err)
	}
	if n, err := s.Recover(t.Context(), now, time.Minute, hs); n != 1 || err != nil {
		t.Errorf("recovered %d messages, %v; want the one that was locked", n, err)
	}
}

// TestDropped holds that a server ends the connection, and so the transaction, of one who has stopped talking.
func TestDropped(t *testing.T) {
	o := storetest.Options(t, store.MySQL)
	for dsn, want := range map[string]int{o.DSN: 60, o.DSN + "?wait_timeout=7": 7} {
		var got int
		s := storetest.Reopen(t, store.Options{Driver: store.MySQL, DSN: dsn})
		if err := s.SQL().QueryRowContext(t.Context(), "SELECT @@wait_timeout").Scan(&got); err != nil || got != want {
			t.Errorf("the server waits %d seconds, %v; want %d", got, err, want)
		}
	}
}
