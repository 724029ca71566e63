package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestSlashAtTheEnd asks for pages with a slash too many: what exists without it is shown, by a way that stays on this
// site; all else is none.
func TestSlashAtTheEnd(t *testing.T) {
	h := newHouse(t)
	mail := h.mail(unit)
	item, home := h.linkIn(mail, "i", september), h.linkIn(mail, "u", "")
	site := h.site.URL
	for asked, want := range map[string]string{
		site + "/office/":  "/office",
		site + "/office//": "", // the server cleans it first
		site + "/office/year/?year=2018&unit=%E5%8E%BF%E7%8E%AF%E4%BF%9D%E5%B1%80": "/office/year?year=2018&unit=%E5%8E%BF%E7%8E%AF%E4%BF%9D%E5%B1%80",
		site + "/office/item/" + september + "/":                                   "/office/item/" + september,
		item + "/":                                                                 strings.TrimPrefix(item, site),
		home + "/":                                                                 strings.TrimPrefix(home, site),
		home + "/" + september + "/":                                               strings.TrimPrefix(home, site) + "/" + september,
		site + "/office/item/%5Cexample.invalid%2F/":                               "/office/item/%5Cexample.invalid%2F",
		site + "/%5Cexample.invalid/":                                              "none",
		site + "/none/":                                                            "none",
		site + "/office/none/":                                                     "none",
		strings.Replace(item, "/i/", "/i/x/y/z/", 1) + "/":                         "none",
	} {
		got := h.get(asked)
		switch {
		case want == "none":
			got.wants(t, http.StatusNotFound, "页面不存在")
		case want == "":
			if to := got.header.Get("Location"); got.status/100 != 3 || to != "/office/" {
				t.Errorf("%s leads to %q, %d", asked, to, got.status)
			}
		case got.status != http.StatusSeeOther || got.header.Get("Location") != want:
			t.Errorf("%s leads to %q, %d; want %q", asked, got.header.Get("Location"), got.status, want)
		}
	}
	h.ask(http.MethodPost, item+"/", map[string][]string{}).wants(t, http.StatusNotFound, "页面不存在")
}
