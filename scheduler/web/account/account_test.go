package account

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const password = "正确的马 电池 订书钉 二三"

func book(t testing.TB) *Book {
	t.Helper()
	hash, err := Hash(password)
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(map[string]string{"office": hash}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t)
		first, err := b.SignIn("office", password)
		if err != nil {
			t.Fatal(err)
		}
		second, err := b.SignIn("office", password)
		if err != nil || first == second || len(first) < 52 {
			t.Errorf("tokens %q and %q, %v", first, second, err)
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
		third, _ := b.SignIn("office", password)
		time.Sleep(61 * time.Minute)
		if _, ok := b.Who(third); ok {
			t.Error("an idle session lasts")
		}
	})
}

func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t)
		for _, name := range []string{"office", "nobody"} {
			for range maxFailures {
				if _, err := b.SignIn(name, "wrong"); !errors.Is(err, ErrRefused) {
					t.Fatalf("%s: %v", name, err)
				}
			}
			if _, err := b.SignIn(name, password); !errors.Is(err, ErrLocked) {
				t.Errorf("%s after %d failures: %v", name, maxFailures, err)
			}
		}
		time.Sleep(lockedFor)
		if _, err := b.SignIn("office", password); err != nil {
			t.Errorf("a quarter of an hour later: %v", err)
		}
	})
}

// TestNoNameIsTold holds that a name that there is and one that there is not take the same work: one hash each.
func TestNoNameIsTold(t *testing.T) {
	b := book(t)
	shortest := func(name string) time.Duration {
		least := time.Hour
		for range 4 {
			start := time.Now()
			_, _ = b.SignIn(name, "wrong password")
			least = min(least, time.Since(start))
		}
		return least
	}
	known, unknown := shortest("office"), shortest("nobody")
	if unknown < known/3 || known < unknown/3 {
		t.Errorf("a known name takes %v, an unknown one %v", known, unknown)
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
	for _, bad := range []string{"", "plain", "$2a$10$abcdefghijklmnopqrstuv"} {
		if Check(bad) == nil {
			t.Errorf("%q is taken for a hash", bad)
		}
	}
}
