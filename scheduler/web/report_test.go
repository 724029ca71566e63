package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestReports lists the reports of a year, and hands each out as a page and as files; what has not begun there is not.
func TestReports(t *testing.T) {
	h := newHouse(t)
	h.set("2018-10-08 09:00")
	h.pass()
	cookie := h.signIn()
	office := func(path string) answer {
		return h.ask(http.MethodGet, h.site.URL+"/office/report"+path, nil, "Cookie", cookie)
	}
	list := office("")
	list.wants(
		t,
		http.StatusOK,
		"2018年通报",
		"2018年10月（截至今日）",
		`href="/office/report/2018-09.html"`,
		`href="/office/report/2018.xlsx"`,
	)
	if strings.Contains(list.body, "2018年11月") || strings.Contains(list.body, "2017年") ||
		strings.Contains(list.body, "2019年") {
		t.Errorf("reports of days to come:\n%s", list.body)
	}
	office("?year=2017").wants(t, http.StatusOK, "2018年通报")
	office("?year=2019").wants(t, http.StatusOK, "这一年尚未开始")

	page := office("/2018-09.html")
	page.wants(t, http.StatusOK, "2018年9月政务公开事项按期办理情况通报", "环境空气质量状况")
	policy := page.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "style-src 'sha256-") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the page's policy is %s", policy)
	}
	if got := office("/2018-09.csv"); got.status != http.StatusOK || !strings.Contains(got.body, "事项,环境空气质量状况,air,") {
		t.Errorf("as CSV: %d\n%s", got.status, got.body)
	}
	xlsx := office("/2018.xlsx")
	if name := xlsx.header.Get(
		"Content-Disposition",
	); xlsx.status != http.StatusOK || !strings.HasPrefix(xlsx.body, "PK\x03\x04") ||
		!strings.Contains(name, url.PathEscape("2018年政务公开事项按期办理情况通报")+".xlsx") {
		t.Errorf("as a workbook: %d, %s", xlsx.status, name)
	}
	for _, none := range []string{"/2018-11.html", "/2018-13.html", "/2018-09.exe", "/2018-09", "/1999.html", "/..%2F2018.html", "/2018-9.html"} {
		office(none).wants(t, http.StatusNotFound, "不存在")
	}
	h.get(h.site.URL+"/office/report/2018-09.html").wants(t, http.StatusOK, "用户名")
}
