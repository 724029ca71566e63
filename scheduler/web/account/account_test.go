package account

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const (
	password = "正确的马 电池 订书钉 二三"
	secret   = "an installation's signing key has 32 bytes"
)

func book(t testing.TB) *Book {
	t.Helper()
	hash, err := Hash(password)
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(map[string]string{"office": hash}, []byte(secret), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// quick replaces the hash, which takes its time, by a comparison, and counts.
func (b *Book) quick() *atomic.Int64 {
	var n atomic.Int64
	b.compare = func(with, _ string) (bool, error) {
		n.Add(1)
		return with == password, nil
	}
	return &n
}

// places returns how many are held, by those of whom nothing is known and by devices that are.
func (b *Book) places() (unknown, known int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unknown, b.known
}

// tries tries a name and a password from a client.
func (b *Book) tries(name, with, client string) error {
	_, err := b.SignIn(Attempt{Name: name, Password: with, Client: client})
	return err
}

func delay(err error) time.Duration {
	if d, ok := errors.AsType[*Delay](err); ok {
		return d.For
	}
	return 0
}

func TestSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t)
		signIn := func() string {
			t.Helper()
			in, err := b.SignIn(Attempt{Name: "office", Password: password})
			if err != nil {
				t.Fatal(err)
			}
			return in.Token
		}
		first, second := signIn(), signIn()
		if first == second || len(first) < 52 {
			t.Errorf("tokens %q and %q", first, second)
		}
		for _, token := range []string{"", "x", first + "x", first[:len(first)-1]} {
			if _, ok := b.Who(token); ok {
				t.Errorf("%q is taken for a session", token)
			}
		}
		b.SignOut(second)
		if _, ok := b.Who(second); ok {
			t.Error("a session goes on after its end")
		}
		for range 10 {
			time.Sleep(55 * time.Minute)
			if name, ok := b.Who(first); !ok || name != "office" {
				t.Fatalf("%q, %t", name, ok)
			}
		}
		time.Sleep(55 * time.Minute)
		if _, ok := b.Who(first); ok {
			t.Error("a session lasts for more than a day's work")
		}
		third := signIn()
		time.Sleep(61 * time.Minute)
		if _, ok := b.Who(third); ok {
			t.Error("an idle session lasts")
		}
	})
}

// TestReplaced holds that a name that is gone and one with a new password are out at once, and that everybody else stays.
func TestReplaced(t *testing.T) {
	b := book(t)
	hash := b.accounts["office"]
	other, err := Hash("another long password")
	if err != nil {
		t.Fatal(err)
	}
	b.Replace(map[string]string{"office": hash, "gone": hash, "changed": hash})
	tokens := map[string]string{}
	for _, name := range []string{"office", "gone", "changed"} {
		in, err := b.SignIn(Attempt{Name: name, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		tokens[name] = in.Token
	}
	b.Replace(map[string]string{"office": hash, "changed": other})
	for name, want := range map[string]bool{"office": true, "gone": false, "changed": false} {
		if _, ok := b.Who(tokens[name]); ok != want {
			t.Errorf("%s is signed in: %t", name, ok)
		}
		if err := b.tries(name, password, ""); (err == nil) != want {
			t.Errorf("%s signs in: %v", name, err)
		}
	}
	if b.Empty() || b.Knows("gone") || !b.Knows("changed") {
		t.Error("it does not know its accounts")
	}
	b.Replace(nil)
	if _, ok := b.Who(tokens["office"]); ok || !b.Empty() {
		t.Error("without accounts somebody is signed in")
	}
}

// TestReplacedWhileSigningIn removes an account while its password is being looked at.
func TestReplacedWhileSigningIn(t *testing.T) {
	b := book(t)
	b.compare = func(string, string) (bool, error) {
		b.Replace(map[string]string{"office": "another"})
		return true, nil
	}
	if err := b.tries("office", password, ""); !errors.Is(err, ErrRefused) || len(b.sessions) > 0 {
		t.Errorf("let in by an account that is no more: %v", err)
	}
}

// TestGuesses holds that guesses of a name from one client are few, and that they come back one by one, for a name that there is as for others.
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
		if _, err := b.SignIn(Attempt{Name: "office", Password: password, Client: "desk", Device: in.Device}); err != nil {
			t.Errorf("with one: %v", err)
		}
		all.Wait()
		if unknown, known := b.places(); unknown != 0 || known != 0 || len(b.waiting) != 0 {
			t.Errorf("%d and %d places are held by nobody", unknown, known)
		}
	})
}

// TestHashesAreFew holds what sign-ins cost together, whoever tries what from where, and that a device that is known does not wait for them.
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
			if err := b.tries(fmt.Sprint("name", i), "wrong", fmt.Sprint(i)); !errors.Is(err, ErrRefused) && !errors.Is(err, ErrBusy) {
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

// TestNobodyIsLockedOut guesses a name from everywhere, for a day: whoever has signed in before gets in, from the same address too.
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
			if _, err := b.SignIn(Attempt{Name: "office", Password: "wrong", Device: in.Device}); !errors.Is(err, ErrRefused) {
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

// TestDevices holds what a device is worth: nothing of another name, after a new password, with another key, changed, or in half a year.
func TestDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t)
		hash := b.accounts["office"]
		b.Replace(map[string]string{"office": hash, "other": hash})
		device := b.newDevice("office")
		known := func(b *Book, name, device string) bool {
			_, ok := b.readDevice(name, device)
			return ok
		}
		if !known(b, "office", device) || known(b, "other", device) || device == b.newDevice("office") {
			t.Error("a device is not of one name and one browser")
		}
		raw, err := base64.RawURLEncoding.DecodeString(device)
		if err != nil {
			t.Fatal(err)
		}
		for i := range raw {
			raw[i] ^= 1
			if known(b, "office", base64.RawURLEncoding.EncodeToString(raw)) {
				t.Errorf("it is known with byte %d changed", i)
			}
			raw[i] ^= 1
		}
		for _, bad := range []string{"", "x", device + "A", strings.Repeat("A", len(device))} {
			if known(b, "office", bad) {
				t.Errorf("%q is known", bad)
			}
		}
		elsewhere, err := New(b.accounts, []byte(strings.Repeat("x", 32)), time.Now)
		if err != nil || known(elsewhere, "office", device) {
			t.Errorf("it is known with another key, %v", err)
		}
		restarted, err := New(b.accounts, []byte(secret), time.Now)
		if err != nil || !known(restarted, "office", device) {
			t.Errorf("it is not known after a restart, %v", err)
		}
		time.Sleep(DeviceFor)
		if known(b, "office", device) {
			t.Error("it is known for ever")
		}
		device = b.newDevice("office")
		b.Replace(map[string]string{"office": "another"})
		if known(b, "office", device) {
			t.Error("it is known after a new password")
		}
	})
}

// TestNoNameIsTold holds that a name that there is and one that there is not take the same work: one hash each, with the same parameters.
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
	if len(hashed) != 3 || hashed[0] != "$argon2id$v=19$m=19456,t=2,p=1" || hashed[0] != hashed[1] || hashed[1] != hashed[2] {
		t.Errorf("what was made are %q", hashed)
	}
}

func TestHash(t *testing.T) {
	a, err := Hash(password)
	if err != nil || !strings.HasPrefix(a, "$argon2id$v=19$m=19456,t=2,p=1$") || Check(a) != nil {
		t.Errorf("%s, %v", a, err)
	}
	if b, _ := Hash(password); a == b {
		t.Error("two hashes of one password are the same")
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", 201)} {
		if _, err := Hash(bad); err == nil {
			t.Errorf("a password of %d characters is taken", len(bad))
		}
	}
	for _, bad := range []string{
		"", "plain", "$2a$10$abcdefghijklmnopqrstuv", strings.Replace(a, "p=1", "p=0", 1), strings.Replace(a, "t=2", "t=0", 1), strings.Replace(a, "m=19456", "m=4194304", 1),
	} {
		if Check(bad) == nil {
			t.Errorf("%q is taken for a hash", bad)
		}
	}
	if _, err := New(nil, []byte("short"), time.Now); err == nil {
		t.Error("a short key is taken")
	}
}
