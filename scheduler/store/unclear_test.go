package store_test

import (
	"errors"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestUnclearCommit cuts the connection at each COMMIT of the outbox: with the transaction done and the answer lost,
// and with nothing done. Whoever asked cannot tell the one from the other, and all must be well in both.
func TestUnclearCommit(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(t *testing.T, s *store.Store) notify.Message
		do      func(t *testing.T, s *store.Store, m notify.Message)
		want    map[string]int
		records int // deliveries
	}{
		{"begin", claimed, func(t *testing.T, s *store.Store, m notify.Message) {
			begun, err := s.Begin(t.Context(), now, nil, []notify.Message{m})
			if err != nil || len(begun) != 1 || begun[0].Attempt != 1 {
				t.Errorf("began %v, %v", begun, err)
			}
		}, map[string]int{"sending": 1}, 0},
		{"settle as sent", begun, func(t *testing.T, s *store.Store, m notify.Message) {
			settle(t, s, delivered(m, notify.Sent, time.Time{}))
		}, map[string]int{"sent": 1}, 1},
		{"settle as bounced", begun, func(t *testing.T, s *store.Store, m notify.Message) {
			settle(t, s, delivered(m, notify.Bounced, time.Time{}))
		}, map[string]int{"bounced": 1}, 1},
		{"settle as put off", begun, func(t *testing.T, s *store.Store, m notify.Message) {
			settle(t, s, delivered(m, notify.Retry, now))
			if got := claim(t, s, "me", now); got.Attempt != 1 || got.Uncertain {
				t.Errorf("it came back as %v", got)
			}
		}, map[string]int{"claimed": 1}, 1},
		{"settle as uncertain", begun, func(t *testing.T, s *store.Store, m notify.Message) {
			settle(t, s, delivered(m, notify.Uncertain, now))
			if got := claim(t, s, "me", now); got.Attempt != 1 || !got.Uncertain {
				t.Errorf("it came back as %v", got)
			}
		}, map[string]int{"claimed": 1}, 1},
		{"settle as not begun", begun, func(t *testing.T, s *store.Store, m notify.Message) {
			m.Attempt = 0 // Begin's answer was lost as well
			settle(t, s, notify.Delivery{Message: m, NextAt: now})
			if got := claim(t, s, "me", now); got.Attempt != 0 || got.Uncertain {
				t.Errorf("it came back as %v", got)
			}
		}, map[string]int{"claimed": 1}, 0},
		{"settle as sent what was recovered", func(t *testing.T, s *store.Store) notify.Message {
			m := begun(t, s)
			recoverHolds(t, s, now, 0, 1, held(t, s)...)
			return m
		}, func(t *testing.T, s *store.Store, m notify.Message) {
			settle(t, s, delivered(m, notify.Sent, time.Time{}))
		}, map[string]int{"sent": 1}, 1},
		{"recover", begun, func(t *testing.T, s *store.Store, _ notify.Message) {
			if _, err := s.Recover(t.Context(), now, 0, held(t, s)); err != nil {
				t.Error(err)
			}
			if got := claim(t, s, "me", now); !got.Uncertain || got.Fence != 3 {
				t.Errorf("it came back as %v", got)
			}
		}, map[string]int{"claimed": 1}, 1},
		{"hasten", func(t *testing.T, s *store.Store) notify.Message {
			m := begun(t, s)
			settle(t, s, delivered(m, notify.Retry, now.AddDate(0, 1, 0)))
			return m
		}, func(t *testing.T, s *store.Store, _ notify.Message) {
			if _, err := s.Hasten(t.Context(), now, now); err != nil {
				t.Error(err)
			}
			claim(t, s, "me", now)
		}, map[string]int{"claimed": 1}, 1},
	}
	for _, tt := range tests {
		for _, when := range []cut{beforeSent, afterSent} {
			t.Run(tt.name+", cut "+string(when), func(t *testing.T) {
				o := storetest.Options(t, store.MySQL)
				direct := storetest.Reopen(t, o)
				s, p := openByProxy(t, o)
				promise(t, direct, 1)
				m := tt.prepare(t, direct)
				p.cutNext(when)
				tt.do(t, s, m)
				if p.cutSoFar() != 1 {
					t.Fatal("no connection was cut")
				}
				if diff := cmp.Diff(tt.want, counts(t, direct)); diff != "" {
					t.Errorf("outbox (-want +got):\n%s", diff)
				}
				if n := len(deliveries(t, direct)); n != tt.records {
					t.Errorf("%d deliveries, want %d", n, tt.records)
				}
			})
		}
	}
}

func claimed(t *testing.T, s *store.Store) notify.Message { return claim(t, s, "me", now) }

func begun(t *testing.T, s *store.Store) notify.Message { return begin(t, s, "me", now) }

// TestUnclearClaim holds that Claim says that it does not know, and that what it has taken all the same is found in its
// owner's name.
func TestUnclearClaim(t *testing.T) {
	for when, want := range map[cut]int{beforeSent: 0, afterSent: 1} {
		t.Run(string(when), func(t *testing.T) {
			o := storetest.Options(t, store.MySQL)
			s, p := openByProxy(t, o)
			promise(t, s, 3)
			p.cutNext(when)
			if ms, err := s.Claim(t.Context(), "me", now, 1); !errors.Is(err, driver.ErrInvalidConn) {
				t.Errorf("claimed %v, %v", ms, err)
			}
			hs := held(t, s)
			if len(hs) != want || want == 1 && hs[0].Owner != "me" {
				t.Errorf("held are %v, want %d", hs, want)
			}
			recoverHolds(t, s, now, 0, want, hs...)
			if diff := cmp.Diff(map[string]int{"pending": 3}, counts(t, s)); diff != "" {
				t.Errorf("outbox (-want +got):\n%s", diff)
			}
		})
	}
}
