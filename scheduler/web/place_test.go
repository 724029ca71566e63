package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"

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
	_, err = fmt.Fprintf(
		c,
		"POST %s HTTP/1.1\r\nHost: q\r\nX-Forwarded-For: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nnote=",
		path,
		client,
	)
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

// TestSlowForms begins to post two hundred forms, from as many clients: they hold no place, and everybody else is
// served.

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

// TestSlowFormsOfOne begins to post many forms from one client: those that are too many are turned away at once, and
// others are not.

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
	if got := h.ask(
		http.MethodPost,
		item+"/done",
		url.Values{"note": {"已公开"}},
		"X-Forwarded-For",
		"10.0.0.2",
	); got.status != http.StatusSeeOther {
		t.Errorf("another's form: %d", got.status)
	}
	if !strings.Contains(h.log.String(), "reason=crowd times=1 client=10.0.0.1") ||
		strings.Count(h.log.String(), "reason=crowd") != 1 {
		t.Errorf("the log says\n%s", h.log.String())
	}
}

// TestOneClientTakesAll has one client ask for more than the database answers: it waits by itself, and is turned away
// where even that is too much.

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
	h.awaits(
		"they are here",
		func() bool { places, _ := h.held(); return places == web.MaxClient && h.refusals("crowd") == 10 },
	)
	h.get(quick).wants(t, http.StatusOK, "即将到期")
	cookie := h.signIn()
	h.ask(http.MethodGet, h.site.URL+"/office", nil, "Cookie", cookie).wants(t, http.StatusOK, "7日内到期")
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
		h.site.Config.Handler.ServeHTTP(
			rw,
			httptest.NewRequestWithContext(t.Context(), http.MethodGet, h.links.Unit(unit, h.clock()), http.NoBody),
		)
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

// TestSilentProxy holds that a proxy that does not say for whom it asks is named in the log, once.

// TestGuessing guesses the director's password from one address, whatever that says of itself, and from everywhere: he
// gets in by his browser.

// TestForgedForms posts to everything that takes a form, as a page elsewhere has an old browser do, which brings the
// cookie along and says nothing of

// where the form is from.

// patterns are those of everything that takes a form, as the sources have them.

// TestEveryFormIsMarked looks for a form that would be taken for a forged one.

// TestSigningInByThePage does what a browser does: the page brings the cookie and the token, which belong together.

// TestBodiesOfOthers sends what is no form.

// leads follows every link and form of a page, and of those behind it, and returns the paths.

// TestLinksReachNoWider follows everything that a link leads to, on its last day, answers by it, and holds that all of
// it ends with that day and that

// none of it is anything but what the link was for.
