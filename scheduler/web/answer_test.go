package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestPublishedLinks refuses with a sentence for the clerk whatever is no link to a published page, and records
// nothing.
func TestPublishedLinks(t *testing.T) {
	h := newHouse(t)
	item := h.linkIn(h.mail(unit), "i", "air@2018-09")
	for _, tt := range []struct{ link, want string }{
		{"https://", "链接须以 http:// 或 https:// 开头，后面写网站地址。"},
		{"https://www.example.invalid/\ta", "链接里有空格、换行或者看不见的字符"},
		{"https://u:p@www.example.invalid/1", "链接里不能带用户名或密码"},
		{"https://evil.example.invalid/ <script>alert(1)</script>", "链接里有空格、换行或者看不见的字符"},
		{"https://www.example.invalid/" + strings.Repeat("\u202e", 10<<10/3), "链接超过2000个字符"},
		{"https://www.example.invalid/%0d%0aSet-Cookie:%20a=b", "链接里的百分号（%）写法不对"},
		{"https://www.example.invalid:x/1", "链接里的网站地址写法不对"},
		{"https://www.example.invalid/1https://www.example.invalid/\u2066\u202e2", "链接里有空格、换行或者看不见的字符"},
		{"https://www.example.invalid/<b>", "链接里有引号、尖括号或反斜线"},
		{"https://www.example.invalid@evil.example.invalid/" + strings.Repeat(" ", 1) + "x", "链接里"},
	} {
		got := h.ask(http.MethodPost, item+"/done", url.Values{"url": {tt.link}})
		got.wants(t, http.StatusUnprocessableEntity, tt.want)
		if strings.Contains(got.body, "系统出错") {
			t.Errorf("%.60q: the clerk is told of an error of the system", tt.link)
		}
	}
	if got := h.get(item); strings.Contains(got.body, "办结于") || !strings.Contains(got.body, `name="url"`) {
		t.Errorf("recorded:\n%s", got.body)
	}
	h.ask(
		http.MethodPost,
		item+"/done",
		url.Values{"url": {" HTTPS://WWW.example.invalid/公告/1.html "}},
	).wants(
		t,
		http.StatusSeeOther,
		"",
	)
	h.get(item).wants(t, http.StatusOK, `href="https://www.example.invalid/%e5%85%ac%e5%91%8a/1.html"`)
}

// TestFloodOfExtensions asks again and again: three times an hour, then it is told why not, and what was asked last
// stands.
func TestFloodOfExtensions(t *testing.T) {
	h := newHouse(t)
	item := h.linkIn(h.mail(unit), "i", "air@2018-09")
	h.ask(
		http.MethodPost,
		item+"/extend",
		url.Values{"to": {"2081-10-10"}, "reason": {"检修"}},
	).wants(
		t,
		http.StatusUnprocessableEntity,
		"申请的日期在1年以后",
	)
	for i := range 10 {
		got := h.ask(
			http.MethodPost,
			item+"/extend",
			url.Values{"to": {fmt.Sprintf("2018-10-%d", 10+i)}, "reason": {"检修"}},
		)
		if i < 3 {
			got.wants(t, http.StatusSeeOther, "")
			continue
		}
		got.wants(t, http.StatusUnprocessableEntity, "1小时内申请延期的次数过多，未作登记；此前的申请仍然有效")
	}
	h.get(item).wants(t, http.StatusOK, "10月12日")
}
