package account

import (
	"encoding/base64"
	"errors"
	"strings"
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

// TestReplaced holds that a name that is gone and one with a new password are out at once, and that everybody else
// stays.
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

// TestDevices holds what a device is worth: nothing of another name, after a new password, with another key, changed,
// or in half a year.
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
