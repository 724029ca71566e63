package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/scheduler"
)

// TestAddress says that an address works again from which mail came back.
func TestAddress(t *testing.T) {
	h := newHouse(t)
	ms, err := h.store.Claim(t.Context(), "test", h.clock(), 100)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(ms, func(m notify.Message) bool { return m.Unit == unit })
	bounce := scheduler.Bounce{Status: "5.1.1", Permanent: true, Mailbox: true, Signed: true, Text: "550 no such user"}
	if _, err := h.store.NoteBounce(t.Context(), h.clock(), ms[i], bounce); err != nil {
		t.Fatal(err)
	}
	cookie := h.signIn()
	office := func(method, path string, form url.Values) answer {
		return h.ask(method, h.site.URL+path, form, "Cookie", cookie)
	}
	h.later(time.Minute)
	h.pass()
	office(http.MethodGet, "/office", nil).wants(t, http.StatusOK, "邮箱停用（1个）", ms[i].To, "未送达")
	office(
		http.MethodPost,
		"/office/address",
		url.Values{"address": {ms[i].To}},
	).wants(
		t,
		http.StatusUnprocessableEntity,
		"请写明为何可以恢复发送",
	)
	for range 2 {
		if got := office(
			http.MethodPost,
			"/office/address",
			url.Values{"address": {ms[i].To}, "reason": {"单位已清理邮箱"}},
		); got.status != http.StatusSeeOther {
			t.Fatalf("cleared: %d\n%s", got.status, got.body)
		}
	}
	if got := office(http.MethodGet, "/office", nil); strings.Contains(got.body, "邮箱停用") {
		t.Errorf("it is still bad:\n%s", got.body)
	}
}

// TestContacts puts an address right, says what is wrong with a form and keeps what was filled in, and shows what the
// file still has.
func TestContacts(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	office := func(method string, form url.Values) answer {
		return h.ask(method, h.site.URL+"/office/contacts", form, "Cookie", cookie)
	}
	was := notify.MadeUpAddress(unit)
	office(http.MethodGet, nil).wants(t, http.StatusOK, "3个单位未登记邮箱", "此为虚构地址", was, `id="县环保局"`)
	for _, bad := range []struct{ unit, was, address, reason, want string }{
		{unit, was, "a@example.invalid", " ", "请写明为何更正"},
		{unit, was, "<script>@example.invalid", "来电", "邮箱地址格式有误"},
		{unit, "other@example.invalid", "a@example.invalid", "来电", "已不用原来的邮箱"},
		{unit, was, was, "来电", "无须更正"},
		{"县气象局", "", "a@example.invalid", "来电", "没有这个单位"},
	} {
		got := office(
			http.MethodPost,
			url.Values{"unit": {bad.unit}, "was": {bad.was}, "address": {bad.address}, "reason": {bad.reason}},
		)
		got.wants(t, http.StatusUnprocessableEntity, "未作更正：", bad.want)
		if strings.Contains(got.body, "<script>") || bad.was == was && !strings.Contains(got.body, "<details open>") {
			t.Errorf("%+v is answered with\n%s", bad, got.body)
		}
	}
	form := url.Values{"unit": {unit}, "was": {was}, "address": {" clerk@epb.example.invalid "}, "reason": {"单位来电告知"}}
	got := office(http.MethodPost, form)
	if got.status != http.StatusSeeOther || got.header.Get("Location") != "/office/contacts#"+url.PathEscape(unit) {
		t.Fatalf("replaced: %d, %s\n%s", got.status, got.header.Get("Location"), got.body)
	}
	office(http.MethodPost, form).wants(t, http.StatusUnprocessableEntity, "可能刚被他人更正")
	office(
		http.MethodGet,
		nil,
	).wants(
		t,
		http.StatusOK,
		"clerk@epb.example.invalid",
		"2018年9月25日（星期二）09:00　主任更正：单位来电告知（通讯录文件中为空）",
		"2个单位未登记邮箱",
	)
	rs, err := h.store.Replacements(t.Context())
	if err != nil || len(rs) != 1 || rs[0].By != "office:"+director || rs[0].Reason != "单位来电告知" {
		t.Errorf("on record are %+v, %v", rs, err)
	}
}
