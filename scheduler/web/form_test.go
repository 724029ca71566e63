package web_test

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"qixian/scheduler/web"
)

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
		"/i/{token}/done":             item + "/done",
		"/i/{token}/extend":           item + "/extend",
		"/u/{token}/{key}/done":       home + "/" + september + "/done",
		"/u/{token}/{key}/extend":     home + "/" + september + "/extend",
		"/office/sign-in":             "",
		"/office/sign-out":            "",
		"/office/address":             "",
		"/office/contacts":            "",
		"/office/feeds":               "",
		"/office/events":              "",
		"/office/event/{id}/withdraw": "/office/event/" + es + "/withdraw",
		"/office/event/{id}/move":     "/office/event/" + es + "/move",
		"/office/item/{key}/done":     "/office/item/" + september + "/done",
		"/office/item/{key}/extend":   "/office/item/" + september + "/extend",
		"/office/request/{id}/grant":  "/office/request/" + q.ID + "/grant",
		"/office/request/{id}/refuse": "/office/request/" + q.ID + "/refuse",
	}
	for _, pattern := range patterns(t) {
		path, known := paths[pattern]
		if !known {
			t.Errorf("%s is not tried", pattern)
		}
		if path == "" {
			path = pattern
		}
		tokens := map[string]string{
			"none":           "",
			"another's":      web.FormToken("another session"),
			"another page's": web.FormToken(strings.TrimPrefix(another, "/i/")),
			"nobody's":       web.FormToken(""),
		}
		if !strings.HasPrefix(path, "/office") {
			tokens["the session's"] = web.FormToken(session)
		}
		for name, token := range tokens {
			form := url.Values{
				"form":      {token},
				"name":      {director},
				"password":  {password},
				"note":      {"x"},
				"reason":    {"x"},
				"to":        {"2018-10-31"},
				"trigger":   {"recall-ordered"},
				"at":        {"2018-09-25T08:30"},
				"confirmed": {"yes"},
				"unit":      {unit},
				"address":   {"evil@example.invalid"},
			}
			got := h.ask(
				http.MethodPost,
				h.site.URL+path,
				form,
				"Cookie",
				cookie,
				"Referer",
				"https://evil.example.invalid/",
			)
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
			if _, inside, _ := strings.Cut(
				after,
				">",
			); !strings.HasPrefix(
				strings.TrimSpace(inside),
				`{{template "form" $.Head.Token}}`,
			) {
				t.Errorf("%s has a form without: %.80s", e.Name(), after)
			}
		}
	}
	if forms < 12 {
		t.Errorf("only %d forms", forms)
	}
}

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
	h.ask(
		http.MethodPost,
		h.site.URL+"/office/sign-in",
		form,
		"Cookie",
		cookie(second),
	).wants(
		t,
		http.StatusForbidden,
		"未作任何登记",
	)
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
		if want := map[string]int{http.MethodGet: http.StatusOK}[method]; want != 0 && got.StatusCode != want ||
			got.StatusCode >= 500 {
			t.Errorf("%s: %d", method, got.StatusCode)
		}
	}
}
