package account

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestGuesses holds that guesses of a name from one client are few, and that they come back one by one, for a name that
// there is as for others.
func TestGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t)
		hashes := b.quick()
		for _, name := range []string{"office", "nobody"} {
			for range ofNameAndClient.burst {
				if err := b.tries(name, "wrong", "a"); !errors.Is(err, ErrRefused) {
					t.Fatalf("%s: %v", name, err)
				}
			}
			before := hashes.Load()
			if err := b.tries(name, password, "a"); delay(err) != ofNameAndClient.every || hashes.Load() != before {
				t.Errorf("%s: %v, and %d hashes", name, err, hashes.Load()-before)
			}
		}
		time.Sleep(ofAll.every)
		if err := b.tries("office", password, "b"); err != nil {
			t.Errorf("from elsewhere: %v", err)
		}
		time.Sleep(ofNameAndClient.every)
		for range 10 { // what is right counts for nothing
			if err := b.tries("office", password, "a"); err != nil {
				t.Fatalf("after the delay: %v", err)
			}
		}
		if err := b.tries("office", "wrong", "a"); !errors.Is(err, ErrRefused) {
			t.Error(err)
		}
		if err := b.tries("office", "wrong", "a"); delay(err) <= ofNameAndClient.every/2 {
			t.Errorf("two guesses where one has come back: %v", err)
		}
	})
}

// TestGuessesAtOnce holds that guesses that come together are no more than those that come one after the other.
func TestGuessesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t)
		var hashes atomic.Int64
		b.compare = func(string, string) (bool, error) {
			time.Sleep(50 * time.Millisecond)
			hashes.Add(1)
			return false, nil
		}
		var busy, delayed atomic.Int64
		for range 100 {
			var all sync.WaitGroup
			for range 64 {
				all.Go(func() {
					err := b.tries("office", "wrong", "a")
					if errors.Is(err, ErrBusy) {
						busy.Add(1)
					} else if delay(err) > 0 {
						delayed.Add(1)
					}
				})
			}
			synctest.Wait() // none of them that is not looked at waits for anything
			if n, _ := b.places(); n > maxOfClient {
				t.Fatalf("%d places are held by one client", n)
			}
			all.Wait()
		}
		if hashes.Load() > 6 || delayed.Load() == 0 || busy.Load() == 0 { // five, and one that has come back by then
			t.Errorf("%d hashes, %d delays, %d turned away", hashes.Load(), delayed.Load(), busy.Load())
		}
	})
}

// TestPlaces holds that sign-ins from everywhere hold few places, and that a device that is known has one all the same.
func TestPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t)
		b.quick()
		in, err := b.SignIn(Attempt{Name: "office", Password: password, Client: "desk"})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		b.compare = func(with, _ string) (bool, error) {
			time.Sleep(time.Second)
			return with == password, nil
		}
		var busy atomic.Int64
		for i := range 200 {
			all.Go(func() {
				if err := b.tries(fmt.Sprint("name", i), "wrong", fmt.Sprint(i)); errors.Is(err, ErrBusy) {
					busy.Add(1)
				}
			})
		}
		synctest.Wait()
		if n, _ := b.places(); n != maxWaiting || busy.Load() != 200-maxWaiting {
			t.Errorf("%d places are held, %d were turned away", n, busy.Load())
		}
		if err := b.tries("office", password, "elsewhere"); !errors.Is(err, ErrBusy) {
			t.Errorf("without a device: %v", err)
		}
		if _, err := b.SignIn(
			Attempt{Name: "office", Password: password, Client: "desk", Device: in.Device},
		); err != nil {
			t.Errorf("with one: %v", err)
		}
		all.Wait()
		if unknown, known := b.places(); unknown != 0 || known != 0 || len(b.waiting) != 0 {
			t.Errorf("%d and %d places are held by nobody", unknown, known)
		}
	})
}

// TestHashesAreFew holds what sign-ins cost together, whoever tries what from where, and that a device that is known
// does not wait for them.
func TestHashesAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t)
		hashes := b.quick()
		in, err := b.SignIn(Attempt{Name: "office", Password: password})
		if err != nil {
			t.Fatal(err)
		}
		const seconds = 60
		for i := range 200 * seconds {
			if err := b.tries(
				fmt.Sprint("name", i),
				"wrong",
				fmt.Sprint(i),
			); !errors.Is(err, ErrRefused) &&
				!errors.Is(err, ErrBusy) {
				t.Fatal(err)
			}
			time.Sleep(time.Second / 200)
		}
		if n := hashes.Load(); n > int64(ofAll.burst)+seconds*int64(time.Second/ofAll.every)+1 {
			t.Errorf("%d hashes in %d seconds", n, seconds)
		}
		if _, err := b.SignIn(Attempt{Name: "office", Password: password, Device: in.Device}); err != nil {
			t.Errorf("a device that is known: %v", err)
		}
	})
}

// TestNobodyIsLockedOut guesses a name from everywhere, for a day: whoever has signed in before gets in, from the same
// address too.
func TestNobodyIsLockedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t)
		hashes := b.quick()
		in, err := b.SignIn(Attempt{Name: "office", Password: password, Client: "desk"})
		if err != nil {
			t.Fatal(err)
		}
		before := hashes.Load()
		for range 24 * 60 {
			for i := range 100 {
				if err := b.tries("office", "wrong", fmt.Sprint(i)); err == nil {
					t.Fatal("let in by a wrong password")
				}
			}
			_ = b.tries("office", "wrong", "desk")
			time.Sleep(time.Minute)
		}
		if n := hashes.Load() - before; n > 30+24*30 {
			t.Errorf("%d guesses of one name in a day", n)
		}
		_ = b.tries("office", "wrong", "elsewhere") // the one guess that has come back
		if err := b.tries("office", password, "desk"); delay(err) == 0 {
			t.Errorf("without a device: %v", err)
		}
		for range 3 {
			again, err := b.SignIn(Attempt{Name: "office", Password: password, Client: "desk", Device: in.Device})
			if err != nil {
				t.Fatalf("with a device: %v", err)
			}
			in = again
		}
		// A device that was stolen is worth five guesses, and gives no session.
		for range ofDevice.burst {
			if _, err := b.SignIn(
				Attempt{Name: "office", Password: "wrong", Device: in.Device},
			); !errors.Is(
				err,
				ErrRefused,
			) {
				t.Fatal(err)
			}
		}
		if _, err := b.SignIn(Attempt{Name: "office", Password: password, Device: in.Device}); delay(err) == 0 {
			t.Errorf("a sixth guess by a device: %v", err)
		}
		if _, ok := b.Who(in.Device); ok {
			t.Error("a device is a session")
		}
	})
}

// TestManyNames tries more names than are remembered: guesses of one that there is stay counted.
func TestManyNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t)
		hashes := b.quick()
		for i := range ofName.burst {
			_ = b.tries("office", "wrong", fmt.Sprint(i))
			time.Sleep(ofAll.every)
		}
		for i := range maxGuesses {
			b.guesses[keyOf(ofNameAndClient.kind, fmt.Sprint("name", i), "")] = time.Now().Add(time.Hour)
		}
		if err := b.tries("another", "wrong", "other"); !errors.Is(err, ErrRefused) || len(b.guesses) > 10 {
			t.Errorf("%v, and %d are remembered", err, len(b.guesses))
		}
		time.Sleep(time.Second)
		before := hashes.Load()
		for i := range 100 {
			_ = b.tries("office", "wrong", fmt.Sprint("more", i))
		}
		if n := hashes.Load() - before; n > 0 {
			t.Errorf("%d more guesses", n)
		}
	})
}

// TestNoNameIsTold holds that a name that there is and one that there is not take the same work: one hash each, with
// the same parameters.
func TestNoNameIsTold(t *testing.T) {
	b := book(t)
	var hashed []string
	compare := b.compare
	b.compare = func(with, hash string) (bool, error) {
		hashed = append(hashed, hash[:strings.LastIndexByte(hash[:strings.LastIndexByte(hash, '$')], '$')])
		return compare(with, hash)
	}
	for _, name := range []string{"office", "nobody"} {
		if err := b.tries(name, "wrong password", ""); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := b.tries("nobody", password, ""); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
	if len(hashed) != 3 || hashed[0] != "$argon2id$v=19$m=19456,t=2,p=1" || hashed[0] != hashed[1] ||
		hashed[1] != hashed[2] {
		t.Errorf("what was made are %q", hashed)
	}
}
