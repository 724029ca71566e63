package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"qixian/notify"
)

// TestMailShownWithoutPower shows the office every mail that a unit had, with its words and without what answers for
// the unit.
func TestMailShownWithoutPower(t *testing.T) {
	h := newHouse(t)
	cookie, shown := h.signIn(), 0
	for _, l := range h.letters {
		if l.Kind != notify.Digest || l.Unit != unit {
			continue
		}
		shown++
		text := l.Message.Text
		if len(h.ids.Codes(text)) == 0 || !strings.Contains(text, h.site.URL+"/i/") ||
			!strings.Contains(text, h.site.URL+"/f/") {
			t.Fatalf("the mail itself has no code or link:\n%s", text)
		}
		got := h.ask(
			http.MethodGet,
			h.site.URL+"/office/mail?key="+url.QueryEscape(l.Message.Key),
			nil,
			"Cookie",
			cookie,
		)
		got.wants(t, http.StatusOK, "环境空气质量状况", "回复码", "（此处不显示）")
		for line := range strings.SplitSeq(text, "\n") {
			if i := strings.Index(line, h.site.URL); i >= 0 && strings.Contains(got.body, line[i:]) {
				t.Errorf("a link is shown: %s", line[i:])
			}
		}
		if len(h.ids.Codes(got.body)) > 0 {
			t.Errorf("a code is shown:\n%s", got.body)
		}
	}
	if shown == 0 {
		t.Error("no mail was shown")
	}
}
