package notify_test

import (
	"strings"
	"testing"
	"time"

	"qixian/notify"
)

// TestMessageID holds what a Message-ID derives from, and that nobody derives it without the signing key.
func TestMessageID(t *testing.T) {
	const key, to = "digest/2018-09-21/县环保局", "hbj@example.invalid"
	s := signer(t, 1)
	id := s.MessageID(key, to)
	if want := "m0cf391dc67a48275dda30645@example.invalid"; id != want {
		t.Errorf("MessageID = %s, want %s: a changed derivation sends every unsettled mail twice", id, want)
	}
	if s.MessageID(key, "HBJ@Example.invalid") != id {
		t.Error("the case of an address makes another message")
	}
	if code := s.ReplyCode(id); code == "" {
		t.Error("the Message-ID has no code")
	}
	for name, other := range map[string]string{
		"another key":          s.MessageID("digest/2018-09-22/县环保局", to),
		"another address":      s.MessageID(key, "office@example.invalid"),
		"moved border":         s.MessageID(key+"h", "bj@example.invalid"),
		"a thread":             "m" + s.ThreadID(key)[1:],
		"another signing key":  signer(t, 2).MessageID(key, to),
		"public facts, hashed": ours,
	} {
		if other == id {
			t.Errorf("%s: the same Message-ID", name)
		}
	}
	if root := s.ThreadID(
		"air-quality@2018-09",
	); !strings.HasPrefix(root, "t") || !strings.HasSuffix(root, "@example.invalid") ||
		!notify.IsMessageID(root) {
		t.Errorf("ThreadID = %s", root)
	}
}

func TestDomain(t *testing.T) {
	for address, want := range map[string]string{
		"a@Example.Invalid": "example.invalid", `"a@b"@c.invalid`: "c.invalid", "a": "localhost", "a@": "localhost", "": "localhost",
	} {
		if got := notify.Domain(address); got != want {
			t.Errorf("Domain(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	for _, address := range []string{"a@example.invalid", "zwgk.office+qixian@ny.example.invalid", "root@mailhost", `"a b"@example.invalid`} {
		err := notify.CheckAddress(address)
		if bad := strings.Contains(address, " "); bad != (err != nil) {
			t.Errorf("CheckAddress(%q) = %v", address, err)
		}
	}
	for _, address := range []string{
		"", "a", "a@", "@example.invalid", "a@example.invalid, b@example.invalid", "<a@example.invalid>", "办公室 <a@example.invalid>",
		"办公室@example.invalid", "a@example.invalid\r\nBcc: b@example.invalid", "a b@example.invalid", "a@exa\x00mple.invalid",
		strings.Repeat("a", 250) + "@example.invalid", "g:jyj@example.invalid;", "jyj@example.invalid(c)", "jyj@example.invalid(<a@evil.invalid>)", "(c)jyj@example.invalid",
	} {
		err := notify.CheckAddress(address)
		if err == nil || len(address) > 3 && strings.Contains(err.Error(), address) {
			t.Errorf("CheckAddress(%q) = %v, want an error that does not repeat it", address, err)
		}
	}
}

func TestMadeUpAddresses(t *testing.T) {
	seen := map[string]string{}
	for _, unit := range []string{"县环保局", "县民政局", "各乡镇（街道）", "宁阳经济开发区", "县政府办公室\r\nBcc: x"} {
		a := notify.MadeUpAddress(unit)
		if err := notify.CheckAddress(a); err != nil || !strings.HasSuffix(a, "@example.invalid") {
			t.Errorf("MadeUpAddress(%q) = %q: %v", unit, a, err)
		}
		if other, taken := seen[a]; taken {
			t.Errorf("%s and %s share %s", unit, other, a)
		}
		seen[a] = unit
	}
}

// TestBackoff holds that a message is given up three days after its first attempt, however long a server has it wait
// between them.
func TestBackoff(t *testing.T) {
	b := notify.DefaultBackoff()
	for _, c := range []struct {
		asked    time.Duration
		attempts int
		total    time.Duration
	}{
		{0, 24, 71*time.Hour + 51*time.Minute},
		{time.Hour, 23, 71 * time.Hour},
		{4 * time.Hour, 19, 72 * time.Hour},
		{24 * time.Hour, 4, 72 * time.Hour},
	} {
		var total time.Duration
		for n := 1; ; n++ {
			wait, again := b.After(n, c.asked)
			if !again {
				if n != c.attempts || total != c.total {
					t.Errorf(
						"asked for %s: given up after attempt %d, %s after the first; want %d, %s",
						c.asked,
						n,
						total,
						c.attempts,
						c.total,
					)
				}
				break
			}
			total += wait
		}
	}
	if wait, again := (notify.Backoff{}).After(1, 0); wait != 0 || !again {
		t.Errorf("an empty schedule: %s, %v", wait, again)
	}
}

func FuzzCheckAddress(f *testing.F) {
	f.Add("a@example.invalid")
	f.Add(`"a\"b"@[192.0.2.1]`)
	f.Add("a@b\r\nBcc: c@d")
	f.Fuzz(func(t *testing.T, address string) {
		if notify.CheckAddress(address) != nil {
			return
		}
		if strings.ContainsAny(address, "\r\n\t <>") && !strings.HasPrefix(address, `"`) ||
			strings.Count(address, "@") == 0 {
			t.Errorf("%q passes", address)
		}
	})
}
