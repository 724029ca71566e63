package notify_test

import (
	"context"
	"testing"
	"time"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// outbox is a real one, on SQLite; the store's own tests hold that it does the same on MySQL.
type outbox struct {
	*store.Store
	failing  error // what Settle answers
	failures int   // the next so many times
}

func newOutbox(t *testing.T) *outbox {
	t.Helper()
	return &outbox{Store: storetest.Open(t, store.SQLite)}
}

// Settle fails as often as it is told to.
func (o *outbox) Settle(ctx context.Context, ds []notify.Delivery) error {
	if o.failures > 0 {
		o.failures--
		return o.failing
	}
	return o.Store.Settle(ctx, ds)
}

// promise puts messages into the outbox in one transaction, due at once.
func (o *outbox) promise(t *testing.T, units ...string) {
	t.Helper()
	p := scheduler.Promise{}
	for _, unit := range units {
		p.Messages = append(p.Messages, message(unit))
	}
	if ok, err := o.Promise(t.Context(), time.Now(), p); !ok || err != nil {
		t.Fatalf("Promise: %t, %v", ok, err)
	}
}

// counts says how many messages are in each state.
func (o *outbox) counts(t *testing.T) map[string]int {
	t.Helper()
	out, err := o.Outbox(t.Context())
	if err != nil {
		t.Fatalf("Outbox: %v", err)
	}
	return out.Count
}

// held lists what is in anybody's hands.
func (o *outbox) held(t *testing.T) []notify.Hold {
	t.Helper()
	hs, err := o.Held(t.Context())
	if err != nil {
		t.Fatalf("Held: %v", err)
	}
	return hs
}

// seize takes everything out of the hands that have it and gives it to another owner.
func (o *outbox) seize(t *testing.T) {
	t.Helper()
	if _, err := o.Recover(t.Context(), time.Now(), 0, o.held(t)); err != nil {
		t.Fatalf("Recover: %v", err)
	}
	if _, err := o.Claim(t.Context(), "somebody else", time.Now(), 100); err != nil {
		t.Fatalf("Claim: %v", err)
	}
}
