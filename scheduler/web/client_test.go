package web_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"qixian/scheduler/web"
)

func TestClients(t *testing.T) {
	here, house := netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.9.0.0/16")
	for name, tt := range map[string]struct {
		from      string
		forwarded []string
		want      string
	}{
		"no proxy":                        {"192.0.2.1:5000", nil, "192.0.2.1"},
		"no proxy, and says so":           {"192.0.2.1:5000", []string{"198.51.100.7"}, "192.0.2.1"},
		"a proxy":                         {"127.0.0.1:5000", []string{"198.51.100.7"}, "198.51.100.7"},
		"a proxy, told something":         {"127.0.0.1:5000", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		"a proxy, told twice":             {"127.0.0.1:5000", []string{"203.0.113.9", "198.51.100.7"}, "198.51.100.7"},
		"told that it was a proxy":        {"127.0.0.1:5000", []string{"203.0.113.9, 127.0.0.1, 198.51.100.7"}, "198.51.100.7"},
		"two proxies":                     {"127.0.0.1:5000", []string{"203.0.113.9, 198.51.100.7, 10.9.0.3"}, "198.51.100.7"},
		"a proxy's own":                   {"127.0.0.1:5000", []string{"10.9.0.3"}, "10.9.0.3"},
		"a proxy that says nothing":       {"127.0.0.1:5000", nil, "127.0.0.1"},
		"a proxy that says what is wrong": {"127.0.0.1:5000", []string{"198.51.100.7, unknown"}, "127.0.0.1"},
		"with ports":                      {"127.0.0.1:5000", []string{"198.51.100.7:4711"}, "198.51.100.7"},
		"IPv4 in IPv6":                    {"[::ffff:127.0.0.1]:5000", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		"one of many of IPv6":             {"[2001:db8:1:2:3:4:5:6]:5000", nil, "2001:db8:1:2::"},
		"in brackets":                     {"127.0.0.1:5000", []string{"[2001:db8:1:2:ffff::1]:80"}, "2001:db8:1:2::"},
		"in memory":                       {"", nil, "invalid IP"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = tt.from
		for _, f := range tt.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		if got := web.ClientOf(r, here, house).String(); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestSilentProxy(t *testing.T) {
	h := newHouse(t)
	for _, url := range []string{"", "https://qixian.example.invalid"} {
		var log lines
		w := web.New(web.Options{
			Desk:    h.sched,
			Links:   h.links,
			Clock:   h.clock,
			Logger:  slog.New(slog.NewTextHandler(&log, nil)),
			URL:     url,
			Proxies: func() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} },
		})
		for _, forwarded := range []string{"198.51.100.7", "", ""} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody) // from 192.0.2.1
			if forwarded != "" {
				r.Header.Set("X-Forwarded-For", forwarded)
			}
			w.ServeHTTP(httptest.NewRecorder(), r)
		}
		want := 0
		if url != "" {
			want = 1
		}
		if n := strings.Count(log.String(), "does not say for whom it asks"); n != want {
			t.Errorf("reached by %q: the log says so %d times\n%s", url, n, log.String())
		}
	}
}

func TestGuessing(t *testing.T) {
	h := newHouse(t)
	form := func(name, with string) url.Values { return url.Values{"name": {name}, "password": {with}} }
	signIn := func(name, with, client string, cookies ...string) answer {
		h.later(200 * time.Millisecond) // there may be five in a second
		return h.ask(
			http.MethodPost,
			h.site.URL+"/office/sign-in",
			form(name, with),
			"X-Forwarded-For",
			client,
			"Cookie",
			strings.Join(append([]string{"qixian=brought"}, cookies...), "; "),
		)
	}
	good := signIn(director, password, "10.0.0.1")
	var device string
	for _, set := range good.header.Values("Set-Cookie") {
		if cookie, _, _ := strings.Cut(set, ";"); strings.HasPrefix(cookie, "qixian-device=") {
			device = cookie
			if !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Strict") ||
				!strings.Contains(set, "Max-Age=15552000") {
				t.Errorf("the cookie is %q", set)
			}
		}
	}
	// it is no session
	h.ask(http.MethodGet, h.site.URL+"/office", nil, "Cookie", device).wants(t, http.StatusOK, "用户名", "密码")
	for i := range 5 {
		signIn(director, "wrong", fmt.Sprintf("192.0.2.%d, 10.0.0.1", i)).wants(t, http.StatusUnauthorized, "用户名或密码错误")
	}
	locked := signIn(director, password, "192.0.2.77, 10.0.0.1")
	locked.wants(t, http.StatusTooManyRequests, "3分钟后再试")
	if locked.header.Get("Retry-After") != "179" {
		t.Errorf("Retry-After is %q", locked.header.Get("Retry-After"))
	}
	for i := range 40 {
		signIn(director, "wrong", fmt.Sprintf("10.0.1.%d", i))
	}
	signIn(director, password, "10.0.2.1").wants(t, http.StatusTooManyRequests, "分钟后再试")
	if got := signIn(director, password, "10.0.0.1", device); got.status != http.StatusSeeOther {
		t.Errorf("by his browser: %d", got.status)
	}
	signIn("P@ssw0rd-in-the-wrong-field", "x", "10.0.3.1").wants(t, http.StatusUnauthorized, "用户名或密码错误")
	log := h.log.String()
	for _, want := range []string{`msg="sign-in refused" client=10.0.0.1 account=` + director, `msg="sign-in refused" client=10.0.3.1` + "\n", `reason=delayed times=1 client=10.0.0.1 account=` + director, `msg="signed in" client=10.0.0.1 account=` + director} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is missing in\n%s", want, log)
		}
	}
	for _, secret := range []string{"P@ssw0rd", password, "wrong\n"} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is logged", secret)
		}
	}
	if h.refusals("password") < 30 || h.refusals("delayed") < 10 {
		t.Errorf("counted are %v", h.refused)
	}
}
