package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

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

func TestLinksReachNoWider(t *testing.T) {
	h := newHouse(t)
	item, home := strings.TrimPrefix(
		h.linkIn(h.mail(unit), "i", september),
		h.site.URL,
	), strings.TrimPrefix(
		h.linkIn(h.mail(unit), "u", ""),
		h.site.URL,
	)
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
	h.ask(
		http.MethodGet,
		h.site.URL+home+"/"+url.PathEscape("recall@none"),
		nil,
	).wants(
		t,
		http.StatusNotFound,
		"不由县环保局办理",
	)
	h.set("2018-10-26 09:00")
	for path := range byHome {
		if path != "/style.css" {
			h.get(
				h.site.URL+path,
			).wants(
				t,
				map[bool]int{true: http.StatusNotFound, false: http.StatusGone}[strings.HasSuffix(path, "/done") || strings.HasSuffix(path, "/extend")],
			)
		}
	}
	h.get(h.site.URL+item).wants(t, http.StatusGone, "链接已过期")
	h.ask(http.MethodPost, h.site.URL+mine+"/done", url.Values{"note": {"x"}}).wants(t, http.StatusGone, "链接已过期")
}
