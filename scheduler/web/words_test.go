package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestHiddenAndEndlessWords posts notes and reasons that are too long, that show nothing, and that hide something, at
// every form: the first two are refused with a sentence, and of the last what can be seen is kept.
func TestHiddenAndEndlessWords(t *testing.T) {
	h := newHouse(t)
	item := h.linkIn(h.mail(unit), "i", "air@2018-09")
	q := h.asks("设备检修")
	cookie := h.signIn()
	office := h.site.URL + "/office/"
	for _, tt := range []struct{ path, field, more string }{
		{item + "/done", "note", ""},
		{item + "/extend", "reason", "2018-10-20"},
		{office + "item/" + september + "/done", "note", ""},
		{office + "item/" + september + "/extend", "reason", "2018-10-20"},
		{office + "request/" + q.ID + "/refuse", "reason", ""},
		{office + "address", "reason", ""},
		{office + "contacts", "reason", ""},
		{office + "feeds", "reason", ""},
		{office + "event/x/withdraw", "reason", ""},
	} {
		form := url.Values{"to": {tt.more}}
		for words, want := range map[string]string{
			strings.Repeat("长", 7_000): "以500字为限",
			strings.Repeat("长", 501):   "以500字为限",
			"\u202e\u2066\x00\x07":     "文字写明",
		} {
			form.Set(tt.field, words)
			got := h.ask(http.MethodPost, tt.path, form, "Cookie", cookie)
			got.wants(t, http.StatusUnprocessableEntity, want)
		}
	}
	event := url.Values{"trigger": {"recall-ordered"}, "at": {"2018-09-25T08:30"}, "title": {strings.Repeat("长", 501)}}
	h.ask(http.MethodPost, office+"events", event, "Cookie", cookie).
		wants(t, http.StatusUnprocessableEntity, "以500字为限")

	h.ask(http.MethodPost, item+"/done", url.Values{"note": {"已在大厅\u202e张贴\x00\x07"}}).
		wants(t, http.StatusSeeOther, "")
	got := h.ask(http.MethodGet, office+"item/"+september, nil, "Cookie", cookie)
	got.wants(t, http.StatusOK, "已在大厅张贴")
	if said := h.completions(september); len(said) != 1 || said[0].Note != "已在大厅张贴" ||
		strings.ContainsAny(got.body, "\u202e\x00\x07") {
		t.Errorf("on record is %+v, and shown is\n%s", said, got.body)
	}
}
