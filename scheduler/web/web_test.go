package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/web/link"
)

const september = "air@2018-09"

// TestFromMailToDone follows the links of a mail until the item is done, in the record, on the page and in the
// calendar.
func TestFromMailToDone(t *testing.T) {
	h := newHouse(t)
	mail := h.mail(unit)
	h.get(h.linkIn(mail, "u", "")).wants(t, 200, "县环保局", "2项即将到期", "环境空气质量状况", "2018年9月30日")
	item := h.linkIn(mail, "i", september)
	h.get(item).wants(t, 200, "登记办结", "申请延期", "最后一个工作日", "按月发布", september)

	before := h.told
	done := h.ask(http.MethodPost, item+"/done", url.Values{"url": {" https://www.example.invalid/air "}})
	if done.status != http.StatusSeeOther || !strings.HasSuffix(item, done.header.Get("Location")) ||
		h.told != before+1 {
		t.Errorf("answered %d to %q, told %d times", done.status, done.header.Get("Location"), h.told)
	}
	got := h.completions(september)
	if len(got) != 1 || got[0].By != "web:"+unit || got[0].Unit != unit ||
		got[0].URL != "https://www.example.invalid/air" ||
		!got[0].At.Equal(h.clock()) {
		t.Fatalf("on record are %+v", got)
	}
	h.get(item).wants(t, 200, "已办结", "办理记录", `href="https://www.example.invalid/air"`)
	if strings.Contains(h.get(item).body, "<form") {
		t.Error("it can be answered again")
	}
	h.get(h.linkIn(mail, "u", "")).wants(t, 200, "1项即将到期", "近90天已办结（1项）")
	h.get(h.feedIn(mail)).wants(t, 200, "SUMMARY:【已办结】环境空气质量状况")

	// The button pressed twice, and the same page loaded by two people.
	again := h.ask(http.MethodPost, item+"/done", url.Values{"url": {"https://www.example.invalid/air"}})
	if again.status != http.StatusSeeOther || len(h.completions(september)) != 1 {
		t.Errorf("again: %d, and %d on record", again.status, len(h.completions(september)))
	}
}

// TestGetChangesNothing opens every link of a mail as a scanner does.
func TestGetChangesNothing(t *testing.T) {
	h := newHouse(t)
	dump := func() string {
		ds, err := h.store.Deadlines(
			t.Context(),
			scheduler.Filter{States: []scheduler.State{scheduler.Open, scheduler.Done, scheduler.Withdrawn}},
		)
		if err != nil {
			t.Fatal(err)
		}
		rs, err := h.sched.Requests(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(ds, rs)
	}
	before := dump()
	links := regexp.MustCompile(`http://[^\s"<]+`).FindAllString(h.mail(unit), -1)
	if len(links) < 5 {
		t.Fatalf("the mail has the links %v", links)
	}
	for _, l := range links {
		for _, target := range []string{l, l + "/done?url=https://www.example.invalid/x", l + "/extend?to=2018-10-31&reason=x"} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
				h.ask(method, target, nil)
			}
		}
	}
	if dump() != before || h.told != 0 {
		t.Error("following links has changed something")
	}
}

func TestExtension(t *testing.T) {
	h := newHouse(t)
	item := h.linkIn(h.mail(unit), "i", september)
	for _, tt := range []struct {
		to, reason, want string
	}{
		{"", "设备检修", "请填写延期到哪一天"},
		{"2018-13-01", "设备检修", "请填写延期到哪一天"},
		{"2018-10-31", " ", "请写明延期的理由"},
		{"2018-09-28", "设备检修", "无须延期"},
	} {
		h.ask(
			http.MethodPost,
			item+"/extend",
			url.Values{"to": {tt.to}, "reason": {tt.reason}},
		).wants(
			t,
			http.StatusUnprocessableEntity,
			tt.want,
			`role="alert"`,
		)
	}
	if got := h.ask(
		http.MethodPost,
		item+"/extend",
		url.Values{"to": {"2018-10-15"}, "reason": {"设备检修"}},
	); got.status != http.StatusSeeOther {
		t.Fatalf("asked: %d\n%s", got.status, got.body)
	}
	h.get(item).wants(t, 200, "已申请延期至2018年10月15日", "设备检修", "登记办结")
	if strings.Contains(h.get(item).body, "提交申请") {
		t.Error("it can be asked again while the office has not answered")
	}
	rs, err := h.sched.Requests(t.Context())
	if err != nil || len(rs) != 1 || rs[0].Unit != unit || rs[0].By != "web:"+unit {
		t.Fatalf("requests %+v, %v", rs, err)
	}
	if _, err := h.sched.Grant(t.Context(), h.clock(), "clerk", rs[0].ID); err != nil {
		t.Fatal(err)
	}
	h.get(item).wants(t, 200, "到期：2018年10月15日（星期一，延期）", "延期至2018年10月15日")
	// Late, nothing can be asked.
	h.set("2018-10-16 09:00")
	h.ask(
		http.MethodPost,
		item+"/extend",
		url.Values{"to": {"2018-10-31"}, "reason": {"设备检修"}},
	).wants(
		t,
		http.StatusUnprocessableEntity,
		"已过到期日",
	)
	h.get(item).wants(t, 200, "已逾期", "登记办结")
}

// TestLinksThatOpenNothing explains to their holders why.
func TestLinksThatOpenNothing(t *testing.T) {
	h := newHouse(t)
	mine := h.linkIn(h.mail(unit), "i", september)
	rotated, err := link.New([]byte(strings.Repeat("n", 32)), h.site.URL, 30)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		link   string
		status int
		says   string
	}{
		"mangled":         {mine[:len(mine)-2], http.StatusForbidden, "链接无效"},
		"another purpose": {strings.Replace(mine, "/i/", "/u/", 1), http.StatusForbidden, "链接无效"},
		"of a former key": {rotated.Item(unit, september, h.clock()), http.StatusForbidden, "已被停用"},
		"expired":         {h.links.Item(unit, september, h.clock().AddDate(0, 0, -31)), http.StatusGone, "有效期到2018年9月24日"},
		"another's item":  {h.links.Item(other, "quoted@2018-09", h.clock()), http.StatusNotFound, "不由县财政局办理"},
		"no such item":    {h.links.Item(unit, "air@1999-01", h.clock()), http.StatusNotFound, "无须登记"},
		"no such page":    {h.site.URL + "/i/", http.StatusNotFound, "页面不存在"},
	} {
		t.Run(name, func(t *testing.T) {
			h.get(tt.link).wants(t, tt.status, tt.says)
			if got := h.ask(
				http.MethodPost,
				tt.link+"/done",
				url.Values{"note": {"x"}},
			); got.status < 300 ||
				got.status == http.StatusSeeOther {
				t.Errorf("posting to it: %d", got.status)
			}
		})
	}
	// The one who assists sees the item, and cannot answer for it.
	assists := h.links.Item(other, september, h.clock())
	h.get(assists).wants(t, 200, "由县环保局办结")
	h.ask(
		http.MethodPost,
		assists+"/done",
		url.Values{"note": {"x"}},
	).wants(
		t,
		http.StatusUnprocessableEntity,
		"由办结单位登记",
	)
	if len(h.completions(september)) != 0 || h.told != 0 {
		t.Error("something was recorded")
	}
}

// TestForeignForms posts from other sites, as a page on one of them could have a browser do.
func TestForeignForms(t *testing.T) {
	h := newHouse(t)
	item := h.linkIn(h.mail(unit), "i", september)
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example.invalid"}, {"Origin", "null"},
	} {
		h.ask(
			http.MethodPost,
			item+"/done",
			url.Values{"note": {"x"}},
			header...).wants(
			t,
			http.StatusForbidden,
			"未作任何登记",
		)
	}
	if len(h.completions(september)) != 0 {
		t.Error("something was recorded")
	}
	if got := h.ask(
		http.MethodPost,
		item+"/done",
		url.Values{"note": {"x"}},
		"Sec-Fetch-Site",
		"same-origin",
	); got.status != http.StatusSeeOther {
		t.Errorf("from our own page: %d", got.status)
	}
}

// TestNothingIsObeyed puts markup and scripts into every field; they come back as text.
func TestNothingIsObeyed(t *testing.T) {
	h := newHouse(t)
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`
	quoted := h.linkIn(h.mail(unit), "i", "quoted@2018-09")
	pages := []string{
		h.get(h.linkIn(h.mail(unit), "u", "")).body, h.get(quoted).body,
		h.ask(http.MethodPost, quoted+"/done", url.Values{"url": {hostile}, "note": {hostile}}).body,
		h.ask(http.MethodPost, quoted+"/extend", url.Values{"to": {hostile}, "reason": {hostile}}).body,
	}
	for _, scheme := range []string{"javascript:alert(1)", "data:text/html,x", "//evil.example.invalid", "JAVASCRIPT:x"} {
		h.ask(
			http.MethodPost,
			quoted+"/done",
			url.Values{"url": {scheme}},
		).wants(
			t,
			http.StatusUnprocessableEntity,
			"须以 http:// 或 https:// 开头",
		)
	}
	h.ask(http.MethodPost, quoted+"/extend", url.Values{"to": {"2018-10-15"}, "reason": {hostile}})
	pages = append(pages, h.get(quoted).body)
	h.ask(http.MethodPost, quoted+"/done", url.Values{"note": {hostile}})
	pages = append(pages, h.get(quoted).body)
	for i, p := range pages {
		if strings.Contains(p, "<script") || strings.Contains(p, "<img") || !strings.Contains(p, "&lt;") {
			t.Errorf("page %d obeys:\n%s", i, p)
		}
	}
	feed := h.get(h.feedIn(h.mail(unit))).body
	for line := range strings.SplitSeq(strings.ReplaceAll(feed, "\r\n ", ""), "\r\n") {
		if name, _, ok := strings.Cut(line, ":"); line != "" && (!ok || strings.ToUpper(name) != name) {
			t.Errorf("the calendar has a line %q", line)
		}
	}
}

// TestWhereItLeads tries to be led out of the site, or out of its folder.
func TestWhereItLeads(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{
		"//evil.example.invalid", "/\\evil.example.invalid", "/i//evil.example.invalid/done", "/style.css/../../../etc/passwd", "/..%2f..%2fetc/passwd",
		"/c/..%2f..%2fetc%2fpasswd.ics", "/templates/layout.html", "/static/", "/u/..%00",
	} {
		got := h.get(h.site.URL + path)
		if strings.Contains(got.body, "root:") || strings.Contains(got.body, "{{") ||
			strings.Contains(got.header.Get("Location"), "evil") &&
				!strings.HasPrefix(got.header.Get("Location"), "/") {
			t.Errorf("%s: %d to %q\n%s", path, got.status, got.header.Get("Location"), got.body)
		}
		if got.status == http.StatusOK {
			t.Errorf("%s is there", path)
		}
	}
}

func TestEveryAnswerIsSecured(t *testing.T) {
	h := newHouse(t)
	item := h.linkIn(h.mail(unit), "i", september)
	for _, a := range []answer{
		h.get(h.site.URL + "/"), h.get(h.site.URL + "/style.css"), h.get(item), h.get(h.site.URL + "/none"), h.get(h.feedIn(h.mail(unit))),
		h.ask(http.MethodPost, item+"/done", url.Values{}), h.ask(http.MethodPost, item+"/done", url.Values{"note": {strings.Repeat("x", 100<<10)}}),
	} {
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
		} {
			if !strings.HasPrefix(a.header.Get(name), want) {
				t.Errorf("%s is %q with status %d", name, a.header.Get(name), a.status)
			}
		}
	}
	h.ask(
		http.MethodPost,
		item+"/done",
		url.Values{"note": {strings.Repeat("x", 100<<10)}},
	).wants(
		t,
		http.StatusBadRequest,
		"未作任何登记",
	)
	if len(h.completions(september)) != 0 {
		t.Error("something was recorded")
	}
}

// TestFeed holds what a calendar program needs: identities that stay, a sequence that grows when a date moves, and what
// was withdrawn.
func TestFeed(t *testing.T) {
	h := newHouse(t)
	feed := h.feedIn(h.mail(unit))
	event := func(key string) string {
		all := strings.ReplaceAll(h.get(feed).body, "\r\n ", "")
		for _, e := range strings.Split(all, "BEGIN:VEVENT")[1:] {
			if strings.Contains(e, "待办编号："+key+`\n`) {
				return e
			}
		}
		return ""
	}
	field := func(e, name string) string {
		_, rest, _ := strings.Cut(e, "\r\n"+name)
		value, _, _ := strings.Cut(rest, "\r\n")
		return value
	}
	before := event(september)
	if field(before, "DTSTART;VALUE=DATE:") != "20180930" || field(before, "STATUS:") != "CONFIRMED" {
		t.Errorf("before:\n%s", before)
	}
	to := calendar.NewDate(2018, time.October, 15)
	if _, err := h.sched.Extend(t.Context(), h.clock(), "clerk", september, "", to, "设备检修"); err != nil {
		t.Fatal(err)
	}
	after := event(september)
	if field(after, "DTSTART;VALUE=DATE:") != "20181015" || field(after, "UID:") != field(before, "UID:") ||
		field(after, "SEQUENCE:") <= field(before, "SEQUENCE:") {
		t.Errorf("after:\n%s", after)
	}
	first := h.get(feed)
	if got := h.ask(
		http.MethodGet,
		feed,
		nil,
		"If-None-Match",
		first.header.Get("ETag"),
	); got.status != http.StatusNotModified {
		t.Errorf("unchanged: %d", got.status)
	}
	if !strings.HasPrefix(first.header.Get("Content-Type"), "text/calendar") {
		t.Errorf("it is %s", first.header.Get("Content-Type"))
	}
	ds, err := h.store.Find(t.Context(), "quoted@2018-09", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.Withdraw(context.Background(), h.clock(), ds, nil); err != nil {
		t.Fatal(err)
	}
	if gone := event("quoted@2018-09"); field(gone, "STATUS:") != "CANCELLED" || !strings.Contains(gone, "【已撤销】") {
		t.Errorf("withdrawn:\n%s", gone)
	}
}

// Programs that read a calendar as others do, and print what they have understood: Python's icalendar, and ical.js,
// which Thunderbird has.
const (
	inPython = `
import sys, icalendar
cal = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
for e in cal.walk("VEVENT"):
    print(e["UID"], e["STATUS"], e["SEQUENCE"], e.decoded("DTSTART"), e["SUMMARY"], sep="|")
`
	inNode = `
const ical = require(process.env.QIXIAN_ICAL);
const cal = new ical.Component(ical.parse(require("fs").readFileSync(0, "utf8")));
for (const c of cal.getAllSubcomponents("vevent")) {
  const e = new ical.Event(c);
  console.log([e.uid, c.getFirstPropertyValue("status"), e.sequence, e.startDate.toString(), e.summary].join("|"));
}
`
)

// TestFeedIsRead has parsers that others use read a calendar.
func TestFeedIsRead(t *testing.T) {
	for name, command := range map[string][]string{
		"Python": {"/usr/bin/python3", "-c", inPython}, // Debian's own, which has Debian's packages
		"Node":   {"node", "-e", inNode},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "Node" && os.Getenv("QIXIAN_ICAL") == "" && os.Getenv("CI") != "true" {
				t.Skip("run by make test, which fetches ical.js")
			}
			h := newHouse(t)
			reader := exec.CommandContext(t.Context(), command[0], command[1:]...)
			reader.Stdin = strings.NewReader(h.get(h.feedIn(h.mail(unit))).body)
			out, err := reader.CombinedOutput()
			if err != nil {
				if os.Getenv("CI") == "true" || !strings.Contains(string(out), "No module named") {
					t.Fatalf("%v\n%s", err, out)
				}
				t.Skip("there is no icalendar for Python; make test installs it")
			}
			read := string(out)
			if strings.Count(read, "@qixian.invalid|CONFIRMED|") < 5 ||
				!strings.Contains(read, "|2018-09-30|环境空气质量状况（2018年9月）到期\n") {
				t.Errorf("it has read\n%s", read)
			}
		})
	}
}
