package web_test

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"qixian/scheduler/web"
)

// awaits waits until something is so.
func (h *house) awaits(what string, so func() bool) {
	h.t.Helper()
	for !so() {
		if h.t.Context().Err() != nil {
			h.t.Fatalf("never: %s", what)
		}
		runtime.Gosched()
	}
}

// slow begins to post a form, as a client, and sends no more of it.
func (h *house) slow(path, client string) net.Conn {
	h.t.Helper()
	c, err := net.Dial("tcp", h.site.Listener.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	h.hung = append(h.hung, c)
	_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: q\r\nX-Forwarded-For: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nnote=", path, client)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// hangUp ends what slow has begun, and waits until nobody is here.
func (h *house) hangUp() {
	h.t.Helper()
	for _, c := range h.hung {
		_ = c.Close()
	}
	h.hung = nil
	h.awaits("all have gone", func() bool { _, clients := h.held(); return clients == 0 })
}

// TestSlowForms begins to post two hundred forms, from as many clients: they hold no place, and everybody else is served.
func TestSlowForms(t *testing.T) {
	h := newHouse(t)
	item := h.linkIn(h.mail(unit), "i", september)
	for i := range 200 {
		path := strings.TrimPrefix(item, h.site.URL) + "/done"
		if i%2 == 0 {
			path = "/office/sign-in"
		}
		h.slow(path, fmt.Sprintf("10.0.0.%d", i))
	}
	h.awaits("two hundred clients are here", func() bool { _, clients := h.held(); return clients == 200 })
	if places, _ := h.held(); places != 0 {
		t.Errorf("they hold %d places", places)
	}
	h.get(item).wants(t, http.StatusOK, "登记办结")
	h.get(h.linkIn(h.mail(unit), "u", "")).wants(t, http.StatusOK, "即将到期")
	if got := h.ask(http.MethodPost, item+"/done", url.Values{"note": {"已公开"}}); got.status != http.StatusSeeOther {
		t.Errorf("a form beside them: %d", got.status)
	}
	h.signIn()
}

// TestSlowFormsOfOne begins to post many forms from one client: those that are too many are turned away at once, and others are not.
func TestSlowFormsOfOne(t *testing.T) {
	h := newHouse(t)
	item := h.linkIn(h.mail(unit), "i", september)
	const many = 100
	turned := make(chan struct{}, many)
	for range many {
		c := h.slow("/office/sign-in", "10.0.0.1")
		go func() {
			got, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				return
			}
			defer func() { _ = got.Body.Close() }()
			if got.StatusCode == http.StatusServiceUnavailable && got.Header.Get("Retry-After") != "" {
				turned <- struct{}{}
			}
		}()
	}
	for range many - web.MaxReading {
		<-turned
	}
	if n := h.refusals("crowd"); n != many-web.MaxReading {
		t.Errorf("%d were turned away", n)
	}
	h.ask(http.MethodGet, item, nil, "X-Forwarded-For", "10.0.0.1").wants(t, http.StatusOK, "登记办结")
	if got := h.ask(http.MethodPost, item+"/done", url.Values{"note": {"已公开"}}, "X-Forwarded-For", "10.0.0.2"); got.status != http.StatusSeeOther {
		t.Errorf("another's form: %d", got.status)
	}
	if !strings.Contains(h.log.String(), "reason=crowd times=1 client=10.0.0.1") || strings.Count(h.log.String(), "reason=crowd") != 1 {
		t.Errorf("the log says\n%s", h.log.String())
	}
}

// TestOneClientTakesAll has one client ask for more than the database answers: it waits by itself, and is turned away where even that is too much.
func TestOneClientTakesAll(t *testing.T) {
	h, desk := newCountedHouse(t)
	slow, quick := h.links.Unit(other, h.clock()), h.links.Unit(unit, h.clock())
	visitor := &http.Client{Transport: &http.Transport{}}
	var all sync.WaitGroup
	for range web.MaxClient + web.MaxWait + 10 {
		all.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, slow, http.NoBody)
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("X-Forwarded-For", "10.0.0.1")
			if got, err := visitor.Do(r); err == nil {
				_ = got.Body.Close()
			}
		})
	}
	h.awaits("they are here", func() bool { places, _ := h.held(); return places == web.MaxClient && h.refusals("crowd") == 10 })
	h.get(quick).wants(t, http.StatusOK, "即将到期")
	cookie := h.signIn()
	h.ask(http.MethodGet, h.site.URL+"/office", nil, "Cookie", cookie).wants(t, http.StatusOK, "七日内到期")
	if places, _ := h.held(); places != web.MaxClient {
		t.Errorf("%d places are held", places)
	}
	close(desk.busy)
	all.Wait()
	h.awaits("all have gone", func() bool { places, clients := h.held(); return places == 0 && clients == 0 })
}

// TestSignInHoldsNoPlace signs in while all places are taken.
func TestSignInHoldsNoPlace(t *testing.T) {
	h, desk := newCountedHouse(t)
	var all sync.WaitGroup
	for i := range web.MaxAtOnce {
		all.Go(func() {
			h.ask(http.MethodGet, h.links.Unit(other, h.clock()), nil, "X-Forwarded-For", fmt.Sprintf("10.0.0.%d", i))
		})
	}
	h.awaits("all places are held", func() bool { places, _ := h.held(); return places == web.MaxAtOnce })
	h.signIn()
	close(desk.busy)
	all.Wait()
}

// lazy is a visitor who does not read.
type lazy struct {
	http.ResponseWriter

	reads chan struct{}
	began chan struct{}
}

func (l lazy) Write(b []byte) (int, error) {
	close(l.began)
	<-l.reads
	return len(b), nil
}

// TestSlowReaders holds that whoever does not read what is answered holds no place meanwhile.
func TestSlowReaders(t *testing.T) {
	h := newHouse(t)
	rw := lazy{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	done := make(chan struct{})
	go func() {
		h.site.Config.Handler.ServeHTTP(rw, httptest.NewRequestWithContext(t.Context(), http.MethodGet, h.links.Unit(unit, h.clock()), http.NoBody))
		close(done)
	}()
	<-rw.began
	if places, clients := h.held(); places != 0 || clients != 0 {
		t.Errorf("%d places are held by %d clients", places, clients)
	}
	close(rw.reads)
	<-done
}

// TestClients tells visitors apart: by what a trusted proxy says, and by nothing that they say themselves.
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

// TestSilentProxy holds that a proxy that does not say for whom it asks is named in the log, once.
func TestSilentProxy(t *testing.T) {
	h := newHouse(t)
	for _, url := range []string{"", "https://qixian.example.invalid"} {
		var log lines
		w := web.New(web.Options{
			Desk: h.sched, Links: h.links, Clock: h.clock, Logger: slog.New(slog.NewTextHandler(&log, nil)), URL: url, Proxies: func() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} },
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

// TestGuessing guesses the director's password from one address, whatever that says of itself, and from everywhere: he gets in by his browser.
func TestGuessing(t *testing.T) {
	h := newHouse(t)
	form := func(name, with string) url.Values { return url.Values{"name": {name}, "password": {with}} }
	signIn := func(name, with, client string, cookies ...string) answer {
		h.later(200 * time.Millisecond) // there may be five in a second
		return h.ask(http.MethodPost, h.site.URL+"/office/sign-in", form(name, with), "X-Forwarded-For", client, "Cookie", strings.Join(append([]string{"qixian=brought"}, cookies...), "; "))
	}
	good := signIn(director, password, "10.0.0.1")
	var device string
	for _, set := range good.header.Values("Set-Cookie") {
		if cookie, _, _ := strings.Cut(set, ";"); strings.HasPrefix(cookie, "qixian-device=") {
			device = cookie
			if !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Strict") || !strings.Contains(set, "Max-Age=15552000") {
				t.Errorf("the cookie is %q", set)
			}
		}
	}
	h.ask(http.MethodGet, h.site.URL+"/office", nil, "Cookie", device).wants(t, http.StatusOK, "用户名", "密码") // it is no session
	for i := range 5 {
		signIn(director, "wrong", fmt.Sprintf("192.0.2.%d, 10.0.0.1", i)).wants(t, http.StatusUnauthorized, "用户名或者密码不对")
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
	signIn("P@ssw0rd-in-the-wrong-field", "x", "10.0.3.1").wants(t, http.StatusUnauthorized, "用户名或者密码不对")
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

// TestForgedForms posts to everything that takes a form, as a page elsewhere has an old browser do, which brings the cookie along and says nothing of
// where the form is from.
func TestForgedForms(t *testing.T) {
	h := newHouse(t)
	q := h.asks("设备检修")
	item := strings.TrimPrefix(h.linkIn(h.mail(unit), "i", september), h.site.URL)
	another := strings.TrimPrefix(h.linkIn(h.mail(unit), "i", "quoted@2018-09"), h.site.URL)
	home := strings.TrimPrefix(h.linkIn(h.mail(unit), "u", ""), h.site.URL)
	cookie := h.signIn()
	_, session, _ := strings.Cut(cookie, "=")
	es := "none"
	paths := map[string]string{ // by the pattern
		"/i/{token}/done": item + "/done", "/i/{token}/extend": item + "/extend", "/u/{token}/{key}/done": home + "/" + september + "/done", "/u/{token}/{key}/extend": home + "/" + september + "/extend", "/office/sign-in": "", "/office/sign-out": "", "/office/address": "", "/office/contacts": "", "/office/feeds": "", "/office/events": "",
		"/office/event/{id}/withdraw": "/office/event/" + es + "/withdraw", "/office/event/{id}/move": "/office/event/" + es + "/move", "/office/item/{key}/done": "/office/item/" + september + "/done", "/office/item/{key}/extend": "/office/item/" + september + "/extend",
		"/office/request/{id}/grant": "/office/request/" + q.ID + "/grant", "/office/request/{id}/refuse": "/office/request/" + q.ID + "/refuse",
	}
	for _, pattern := range patterns(t) {
		path, known := paths[pattern]
		if !known {
			t.Errorf("%s is not tried", pattern)
		}
		if path == "" {
			path = pattern
		}
		tokens := map[string]string{"none": "", "another's": web.FormToken("another session"), "another page's": web.FormToken(strings.TrimPrefix(another, "/i/")), "nobody's": web.FormToken("")}
		if !strings.HasPrefix(path, "/office") {
			tokens["the session's"] = web.FormToken(session)
		}
		for name, token := range tokens {
			form := url.Values{"form": {token}, "name": {director}, "password": {password}, "note": {"x"}, "reason": {"x"}, "to": {"2018-10-31"}, "trigger": {"recall-ordered"}, "at": {"2018-09-25T08:30"}, "confirmed": {"yes"}, "unit": {unit}, "address": {"evil@example.invalid"}}
			got := h.ask(http.MethodPost, h.site.URL+path, form, "Cookie", cookie, "Referer", "https://evil.example.invalid/")
			got.wants(t, http.StatusForbidden, "未作任何登记")
			if got.header.Get("Set-Cookie") != "" {
				t.Errorf("%s with the token %s sets %q", path, name, got.header.Get("Set-Cookie"))
			}
		}
	}
	rs, err := h.sched.Requests(t.Context())
	recorded, eventsErr := h.sched.EventsOnRecord(t.Context(), 0)
	if err != nil || eventsErr != nil || len(rs) != 1 || len(recorded) != 0 || len(h.completions(september)) != 0 {
		t.Errorf("something was done: %+v, %+v, %v, %v", rs, recorded, err, eventsErr)
	}
	h.ask(http.MethodGet, h.site.URL+"/office", nil, "Cookie", cookie).wants(t, http.StatusOK, "退出（主任）")
}

// patterns are those of everything that takes a form, as the sources have them.
func patterns(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, name := range []string{"web.go", "sign.go"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"POST (/[^"]*)`).FindAllStringSubmatch(string(source), -1) {
			all = append(all, m[1])
		}
		if strings.Contains(string(source), `"POST "+pathSignIn`) {
			all = append(all, "/office/sign-in")
		}
	}
	if len(all) < 16 {
		t.Fatalf("there are only %v", all)
	}
	return all
}

// TestEveryFormIsMarked looks for a form that would be taken for a forged one.
func TestEveryFormIsMarked(t *testing.T) {
	entries, err := os.ReadDir("page/templates")
	if err != nil {
		t.Fatal(err)
	}
	forms := 0
	for _, e := range entries {
		text, err := os.ReadFile("page/templates/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, after := range strings.Split(string(text), `<form method="post"`)[1:] {
			forms++
			if _, inside, _ := strings.Cut(after, ">"); !strings.HasPrefix(strings.TrimSpace(inside), `{{template "form" $.Head.Token}}`) {
				t.Errorf("%s has a form without: %.80s", e.Name(), after)
			}
		}
	}
	if forms < 12 {
		t.Errorf("only %d forms", forms)
	}
}

// TestSigningInByThePage does what a browser does: the page brings the cookie and the token, which belong together.
func TestSigningInByThePage(t *testing.T) {
	h := newHouse(t)
	first, second := h.get(h.site.URL+"/office"), h.get(h.site.URL+"/office")
	cookie := func(a answer) string { c, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";"); return c }
	token := func(a answer) string {
		return regexp.MustCompile(`name="form" value="([^"]+)"`).FindStringSubmatch(a.body)[1]
	}
	if cookie(first) == cookie(second) || token(first) == token(second) {
		t.Error("two browsers have one token")
	}
	form := url.Values{"name": {director}, "password": {password}, "form": {token(first)}}
	h.ask(http.MethodPost, h.site.URL+"/office/sign-in", form, "Cookie", cookie(second)).wants(t, http.StatusForbidden, "未作任何登记")
	got := h.ask(http.MethodPost, h.site.URL+"/office/sign-in", form, "Cookie", cookie(first))
	if got.status != http.StatusSeeOther || cookie(got) == cookie(first) {
		t.Errorf("signing in: %d, %q", got.status, cookie(got))
	}
	again := h.ask(http.MethodGet, h.site.URL+"/office", nil, "Cookie", cookie(first))
	again.wants(t, http.StatusOK, "密码")
	if again.header.Get("Set-Cookie") != "" || token(again) != token(first) {
		t.Error("a page that is open beside it is no longer good")
	}
}

// TestBodiesOfOthers sends what is no form.
func TestBodiesOfOthers(t *testing.T) {
	h := newHouse(t)
	item := h.linkIn(h.mail(unit), "i", september)
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		r, err := http.NewRequestWithContext(t.Context(), method, item, strings.NewReader(strings.Repeat("x", 1<<20)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			continue // it was shown out while it was sending
		}
		_, _ = io.Copy(io.Discard, got.Body)
		_ = got.Body.Close()
		if want := map[string]int{http.MethodGet: http.StatusOK}[method]; want != 0 && got.StatusCode != want || got.StatusCode >= 500 {
			t.Errorf("%s: %d", method, got.StatusCode)
		}
	}
}

// leads follows every link and form of a page, and of those behind it, and returns the paths.
func (h *house) leads(path string, seen map[string]bool) map[string]bool {
	h.t.Helper()
	if seen[path] {
		return seen
	}
	seen[path] = true
	for _, m := range regexp.MustCompile(`(?:href|action)="([^"]*)"`).FindAllStringSubmatch(h.get(h.site.URL+path).body, -1) {
		if to := html.UnescapeString(m[1]); strings.HasPrefix(to, "/") {
			h.leads(to, seen)
		} else if strings.Contains(to, h.site.URL) {
			h.t.Errorf("%s shows %s", path, to)
		}
	}
	return seen
}

// TestLinksReachNoWider follows everything that a link leads to, on its last day, answers by it, and holds that all of it ends with that day and that
// none of it is anything but what the link was for.
func TestLinksReachNoWider(t *testing.T) {
	h := newHouse(t)
	item, home := strings.TrimPrefix(h.linkIn(h.mail(unit), "i", september), h.site.URL), strings.TrimPrefix(h.linkIn(h.mail(unit), "u", ""), h.site.URL)
	h.set("2018-10-25 09:00") // the last of thirty days
	byItem, byHome := h.leads(item, map[string]bool{}), h.leads(home, map[string]bool{})
	for path := range byItem {
		if path != item && path != "/style.css" && path != item+"/done" && path != item+"/extend" {
			t.Errorf("a link to one item leads to %s", path)
		}
	}
	for path := range byHome {
		if path != "/style.css" && !strings.HasPrefix(path, home) {
			t.Errorf("a link to the unit's page leads to %s", path)
		}
	}
	mine := home + "/" + url.PathEscape(september)
	if len(byItem) < 3 || len(byHome) < 6 || !byHome[mine] {
		t.Fatalf("they lead to %v and %v", byItem, byHome)
	}
	for _, path := range []string{item, mine} {
		got := h.ask(http.MethodPost, h.site.URL+path+"/done", url.Values{"note": {"已公开"}})
		if got.status != http.StatusSeeOther || got.header.Get("Location") != path {
			t.Errorf("answered %d to %q", got.status, got.header.Get("Location"))
		}
		byHome[got.header.Get("Location")] = true
	}
	if got := h.completions(september); len(got) != 1 {
		t.Errorf("on record are %+v", got)
	}
	h.ask(http.MethodGet, h.site.URL+home+"/"+url.PathEscape("recall@none"), nil).wants(t, http.StatusNotFound, "不由县环保局办理")
	h.set("2018-10-26 09:00")
	for path := range byHome {
		if path != "/style.css" {
			h.get(h.site.URL+path).wants(t, map[bool]int{true: http.StatusNotFound, false: http.StatusGone}[strings.HasSuffix(path, "/done") || strings.HasSuffix(path, "/extend")])
		}
	}
	h.get(h.site.URL+item).wants(t, http.StatusGone, "链接已过期")
	h.ask(http.MethodPost, h.site.URL+mine+"/done", url.Values{"note": {"x"}}).wants(t, http.StatusGone, "链接已过期")
}
