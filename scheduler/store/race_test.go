package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

const racers = 8

// race runs f in eight goroutines on two handles of one new database, as two processes would have them.
func race(
	t *testing.T,
	driver string,
	prepare func(s *store.Store),
	f func(s *store.Store, racer int) error,
) *store.Store {
	t.Helper()
	o := storetest.Options(t, driver)
	handles := []*store.Store{storetest.Reopen(t, o), storetest.Reopen(t, o)}
	prepare(handles[0])
	var g sync.WaitGroup
	for i := range racers {
		g.Go(func() {
			if err := f(handles[i%len(handles)], i); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	return handles[0]
}

func nothing(*store.Store) {}

func TestRaceClaim(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		var mu sync.Mutex
		taken := map[string]int{}
		race(t, driver, func(s *store.Store) { promise(t, s, 100) }, func(s *store.Store, racer int) error {
			owner := fmt.Sprint("racer ", racer)
			for {
				ms, err := s.Claim(t.Context(), owner, now, 3)
				if err != nil || len(ms) == 0 {
					return err
				}
				begun, err := s.Begin(t.Context(), now, nil, ms)
				if err != nil {
					return err
				}
				mu.Lock()
				for _, m := range begun {
					taken[m.Key]++
				}
				mu.Unlock()
			}
		})
		for key, n := range taken {
			if n != 1 {
				t.Errorf("%s was taken %d times", key, n)
			}
		}
		if len(taken) != 100 {
			t.Errorf("%d messages were taken, want 100", len(taken))
		}
	})
}

func TestRaceTrack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		var ds []scheduler.Deadline
		for i := range 100 {
			ds = append(ds, deadline(fmt.Sprintf("race-%03d@2018", i)))
		}
		var fresh atomic.Int64
		s := race(t, driver, nothing, func(s *store.Store, racer int) error {
			mine := slices.Clone(ds)
			rand.New(
				rand.NewPCG(1, uint64(racer)),
			).Shuffle(
				len(mine),
				func(i, j int) { mine[i], mine[j] = mine[j], mine[i] },
			)
			n, err := s.Track(t.Context(), mine)
			fresh.Add(int64(n))
			return err
		})
		if n := fresh.Load(); n != 100 {
			t.Errorf("%d were new to somebody, want 100", n)
		}
		all, err := s.OpenDeadlines(t.Context(), 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			if len(d.Reminders) != 2 {
				t.Errorf("%s has %d reminders, want 2", d.Key, len(d.Reminders))
			}
		}
		if len(all) != 100 {
			t.Errorf("%d are on record, want 100", len(all))
		}
	})
}

func TestRacePromise(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		var made atomic.Int64
		s := race(t, driver, nothing, func(s *store.Store, _ int) error {
			for i := range 20 {
				ok, err := s.Promise(
					t.Context(),
					now,
					scheduler.Promise{Messages: []notify.Message{message(fmt.Sprint("digest/", i))}},
				)
				if err != nil {
					return err
				}
				if ok {
					made.Add(1)
				}
			}
			return nil
		})
		if n := made.Load(); n != 20 || counts(t, s)["pending"] != 20 {
			t.Errorf("%d were promised and %v are there, want 20", n, counts(t, s))
		}
	})
}

func TestRaceComplete(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		quota := deadline("quota")
		quota.Needed = racers - 1
		var refused atomic.Int64
		s := race(t, driver, func(s *store.Store) { track(t, s, quota) }, func(s *store.Store, racer int) error {
			for {
				ds, err := s.Find(t.Context(), "quota", "")
				if err != nil {
					return err
				}
				if ds[0].State != scheduler.Open {
					refused.Add(1)
					return nil
				}
				err = s.Complete(t.Context(), closing(completion(ds[0], now.Add(time.Duration(racer)*time.Second))))
				if !errors.Is(err, scheduler.ErrStale) {
					return err
				}
			}
		})
		got := find(t, s, "quota", "")
		if got.State != scheduler.Done || got.Completions != racers-1 || refused.Load() != 1 {
			t.Errorf("it is %s with %d, and %d were refused", got.State, got.Completions, refused.Load())
		}
		if n := len(auditTrail(t, s)); n != racers-1 {
			t.Errorf("%d lines of audit, want %d", n, racers-1)
		}
	})
}

// TestRaceMixed lets everything that changes reminders meet on a few deadlines, in every order.
func TestRaceMixed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		var ds []scheduler.Deadline
		var promised atomic.Int64
		s := race(t, driver, func(s *store.Store) {
			for i := range 12 {
				ds = append(ds, deadline(fmt.Sprintf("mixed-%02d", i)))
			}
			ds = track(t, s, ds...)
		}, func(s *store.Store, racer int) error {
			r := rand.New(rand.NewPCG(2, uint64(racer)))
			for i := range 20 {
				d, other, err := newest(t.Context(), s, ds[r.IntN(len(ds))].Key, ds[r.IntN(len(ds))].Key)
				if err != nil {
					return err
				}
				switch (racer + i) % 4 {
				case 0:
					ok, err := s.Promise(
						t.Context(),
						now,
						mixedPromise(fmt.Sprintf("digest/%d-%d", racer, i), d, other),
					)
					if err != nil {
						return err
					}
					if ok {
						promised.Add(1)
					}
				case 1:
					d.Plan, other.Plan = fmt.Sprint(racer, i), fmt.Sprint(racer, i)
					if err := s.Reschedule(
						t.Context(),
						[]scheduler.Deadline{d, other},
						nil,
					); err != nil &&
						!errors.Is(err, scheduler.ErrStale) {
						return err
					}
				case 2:
					if err := s.Withdraw(
						t.Context(),
						now,
						[]scheduler.Deadline{d, other},
						nil,
					); err != nil &&
						!errors.Is(err, scheduler.ErrStale) {
						return err
					}
				case 3:
					if _, err := s.Track(t.Context(), []scheduler.Deadline{other, d}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		checkMixed(t, s, ds, int(promised.Load()))
	})
}

// newest returns two deadlines as they are now, which may be the same.
func newest(ctx context.Context, s *store.Store, one, two string) (a, b scheduler.Deadline, err error) {
	for key, d := range map[string]*scheduler.Deadline{one: &a, two: &b} {
		found, err := s.Find(ctx, key, "")
		if err != nil {
			return a, b, err
		}
		*d = found[0]
	}
	if one == two {
		a = b
	}
	return a, b, nil
}

func mixedPromise(key string, d, other scheduler.Deadline) scheduler.Promise {
	return scheduler.Promise{
		Messages: []notify.Message{message(key)}, Key: key, Carried: []int64{d.Reminders[0].ID},
		Next: []scheduler.Reminder{
			{
				DeadlineID: other.ID,
				Stage:      "late1",
				Unit:       "县环保局",
				At:         now,
			},
			{DeadlineID: d.ID, Stage: "late1", Unit: "县环保局", At: now},
		},
	}
}

// checkMixed holds what must be true in every order: a reminder is promised by the one message that there is, and
// nothing is pending of a deadline that is closed.
func checkMixed(t *testing.T, s *store.Store, ds []scheduler.Deadline, promised int) {
	t.Helper()
	carried := 0
	for _, d := range ds {
		d = find(t, s, d.Key, "")
		for _, r := range d.Reminders {
			if r.State == scheduler.Promised {
				carried++
			}
			if (r.State == scheduler.Promised) != (r.MessageKey != "") {
				t.Errorf("%s %s is %s with message %q", d.Key, r.Stage, r.State, r.MessageKey)
			}
			if d.State != scheduler.Open && r.State == scheduler.Pending {
				t.Errorf("%s is %s and its %s is pending", d.Key, d.State, r.Stage)
			}
		}
	}
	if n := counts(t, s)["pending"]; n != promised || carried != promised {
		t.Errorf("%d promises were made, %d messages are there and %d reminders are promised", promised, n, carried)
	}
}
