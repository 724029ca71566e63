package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"qixian/scheduler"
)

// TestNumberOnPages shows a deadline's number wherever it is shown, and leads the office to it from what a unit says on
// the telephone.
func TestNumberOnPages(t *testing.T) {
	h := newHouse(t)
	number := strconv.Itoa(scheduler.NumberOf(september, "", 0))
	mail := h.mail(unit)
	h.get(h.linkIn(mail, "i", september)).wants(t, http.StatusOK, "<dt>短号</dt><dd>"+number+"</dd>")
	h.get(h.linkIn(mail, "u", "")).wants(t, http.StatusOK, "短号 "+number)
	lookUp := func(text, cookie string) answer {
		return h.ask(http.MethodGet, h.site.URL+"/office/number?number="+url.QueryEscape(text), nil, "Cookie", cookie)
	}
	lookUp(number, "").wants(t, http.StatusOK, "用户名")
	cookie := h.signIn()
	h.ask(
		http.MethodGet,
		h.site.URL+"/office",
		nil,
		"Cookie",
		cookie,
	).wants(
		t,
		http.StatusOK,
		"短号 "+number,
		"/office/number",
	)
	for _, said := range []string{number, " " + number + " ", number[:2] + " " + number[2:], september} {
		if got := lookUp(
			said,
			cookie,
		); got.status != http.StatusSeeOther ||
			got.header.Get("Location") != "/office/item/"+url.PathEscape(september) {
			t.Errorf("%q leads to %d %s", said, got.status, got.header.Get("Location"))
		}
	}
	lookUp(number[:4]+string('0'+(number[4]-'0'+1)%10), cookie).wants(t, http.StatusUnprocessableEntity, "听错")
	lookUp(strconv.Itoa(scheduler.NumberOf("another@2018", "", 0)), cookie).wants(t, http.StatusNotFound, "没有用这个短号的待办")
}
