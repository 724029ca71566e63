package link

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/rules/calendar"
)

var (
	secret = []byte(strings.Repeat("k", 32))
	now    = time.Date(2026, 11, 27, 9, 0, 0, 0, calendar.Zone())
)

func maker(t testing.TB, secret []byte, days int) *Maker {
	t.Helper()
	m, err := New(secret, "https://qixian.example.invalid/", days)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func tokenOf(url string) string {
	return strings.TrimSuffix(url[strings.LastIndexByte(url, '/')+1:], ".ics")
}

func TestLinks(t *testing.T) {
	m := maker(t, secret, 30)
	until := calendar.DateOf(now).AddDays(30)
	for _, tt := range []struct {
		url, prefix string
		want        Claim
	}{
		{m.Unit("县环保局", now), "https://qixian.example.invalid/u/", Claim{Unit, "县环保局", "", until}},
		{m.Item("县环保局", "air@2026-11", now), "https://qixian.example.invalid/i/", Claim{Item, "县环保局", "air@2026-11", until}},
		// as they were made once
		{"https://qixian.example.invalid/c/" + m.token(Claim{Purpose: Feed, Unit: "县环保局"}, now), "https://qixian.example.invalid/c/", Claim{Feed, "县环保局", "", until}},
	} {
		if !strings.HasPrefix(tt.url, tt.prefix) || len(tt.url) > 250 {
			t.Errorf("the link is %s", tt.url)
		}
		got, err := m.Read(tt.want.Purpose, tokenOf(tt.url), now)
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateComparable(calendar.Date{})); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", tt.url, err, diff)
		}
		for _, p := range []Purpose{Unit, Item, Feed} {
			if _, err := m.Read(p, tokenOf(tt.url), now); p != tt.want.Purpose && !errors.Is(err, ErrInvalid) {
				t.Errorf("a link for %s opens %s: %v", tt.want.Purpose, p, err)
			}
		}
	}
	if again := m.Unit("县环保局", now.Add(time.Hour)); again != m.Unit("县环保局", now) {
		t.Error("the links of one day differ")
	}
}

func TestExpiry(t *testing.T) {
	m := maker(t, secret, 30)
	token := tokenOf(m.Unit("县环保局", now))
	last := calendar.DateOf(now).AddDays(30)
	if _, err := m.Read(Unit, token, last.At(23*time.Hour)); err != nil {
		t.Errorf("on its last day: %v", err)
	}
	if c, err := m.Read(Unit, token, last.AddDays(1).At(0)); !errors.Is(err, ErrExpired) || c.Unit != "县环保局" {
		t.Errorf("the day after: %+v, %v", c, err)
	}
}

// TestNobodyElseMakesThem changes a token in every place, and the key.
func TestNobodyElseMakesThem(t *testing.T) {
	m := maker(t, secret, 30)
	token := tokenOf(m.Item("县环保局", "air@2026-11", now))
	for i := range token {
		for _, c := range []byte("A_9") {
			if token[i] == c {
				continue
			}
			if _, err := m.Read(Item, token[:i]+string(c)+token[i+1:], now); !errors.Is(err, ErrInvalid) {
				t.Fatalf("with %c at %d: %v", c, i, err)
			}
		}
	}
	for _, other := range []string{"", token + "A", token[:len(token)-1], token + "=", strings.Repeat("A", 10_000), token + "\n"} {
		if _, err := m.Read(Item, other, now); !errors.Is(err, ErrInvalid) {
			t.Errorf("%.40q: %v", other, err)
		}
	}
	if _, err := maker(t, []byte(strings.Repeat("x", 32)), 30).Read(Item, token, now); !errors.Is(err, ErrInvalid) {
		t.Errorf("with a new key: %v", err)
	}
	if _, err := New([]byte("short"), "", 1); err == nil {
		t.Error("a short key is taken")
	}
}

// FuzzRead holds that no token is read but those that were made, and that of each claim there is one token.
func FuzzRead(f *testing.F) {
	m := maker(f, secret, 30)
	f.Add("u", tokenOf(m.Unit("县环保局", now)))
	f.Add("i", tokenOf(m.Item("县环保局", "air@2026-11", now)))
	f.Add("i", "")
	f.Fuzz(func(t *testing.T, purpose, token string) {
		c, err := m.Read(Purpose(purpose), token, now)
		if err != nil {
			if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrExpired) {
				t.Errorf("%v", err)
			}
			return
		}
		if again := m.token(c, c.Until.AddDays(-30).At(0)); again != token {
			t.Errorf("%q claims %+v, whose token is %q", token, c, again)
		}
	})
}

// TestFeeds holds that the link to a calendar says which, and that nobody else makes one, from a serial or from another
// link.
func TestFeeds(t *testing.T) {
	m := maker(t, secret, 30)
	const serial = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	url := m.Feed("县环保局", serial)
	token := tokenOf(url)
	if unit, got, err := m.ReadFeed(
		token,
	); unit != "县环保局" || got != serial || err != nil || !strings.HasPrefix(url, "https://qixian.example.invalid/f/") ||
		!strings.HasSuffix(url, ".ics") {
		t.Errorf("%s is read as %q, %q, %v", url, unit, got, err)
	}
	for i := range token {
		if _, _, err := m.ReadFeed(
			token[:i] + string("AB"[token[i]&1]) + token[i+1:],
		); err == nil &&
			token[i] != "AB"[token[i]&1] {
			t.Errorf("it is read with another character at %d", i)
		}
	}
	for name, bad := range map[string]string{
		"nothing": "", "cut": token[:len(token)-1], "a unit's link": tokenOf(m.Unit("县环保局", now)), "an item's": tokenOf(m.Item("县环保局", serial, now)), "an old calendar's": m.token(Claim{Purpose: Feed, Unit: "县环保局"}, now),
		"another key's": tokenOf(maker(t, []byte(strings.Repeat("x", 32)), 30).Feed("县环保局", serial)),
	} {
		if _, _, err := m.ReadFeed(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, p := range []Purpose{Unit, Item, Feed} {
		if _, err := m.Read(p, token, now); !errors.Is(err, ErrInvalid) {
			t.Errorf("it opens %s: %v", p, err)
		}
	}
	if got := m.Feed("县", "a"); got == m.Feed("", "a县") || got == m.Feed("a县", "") {
		t.Error("two calendars have one link")
	}
}
