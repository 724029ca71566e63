package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"qixian/scheduler"
	"qixian/scheduler/web"
)

// asks has a unit ask for more time, and returns the request.
func (h *house) asks(reason string) scheduler.Request {
	h.t.Helper()
	item := h.linkIn(h.mail(unit), "i", september)
	if got := h.ask(
		http.MethodPost,
		item+"/extend",
		url.Values{"to": {"2018-10-15"}, "reason": {reason}},
	); got.status != http.StatusSeeOther {
		h.t.Fatalf("asked: %d\n%s", got.status, got.body)
	}
	rs, err := h.sched.Requests(h.t.Context())
	if err != nil || len(rs) != 1 {
		h.t.Fatalf("requests %+v, %v", rs, err)
	}
	return rs[0]
}

// TestNobodyWithoutAnAccount asks for everything of the office's, and posts to it, without a session.
func TestNobodyWithoutAnAccount(t *testing.T) {
	h := newHouse(t)
	q := h.asks("设备检修")
	for _, cookie := range []string{"", "qixian=", "qixian=x", "__Host-qixian=" + strings.Repeat("A", 52)} {
		for _, path := range []string{"/office", "/office/item/" + september, "/office/contacts", "/office/feeds", "/office/report", "/office/report/2018-09.html"} {
			got := h.ask(http.MethodGet, h.site.URL+path, nil, "Cookie", cookie)
			got.wants(t, http.StatusOK, "用户名", "密码")
			if strings.Contains(got.body, "环境空气质量状况") {
				t.Errorf("%s with %q tells something", path, cookie)
			}
		}
		for _, path := range []string{"/office/request/" + q.ID + "/grant", "/office/request/" + q.ID + "/refuse", "/office/item/" + september + "/done", "/office/item/" + september + "/extend", "/office/contacts", "/office/feeds"} {
			h.ask(
				http.MethodPost,
				h.site.URL+path,
				url.Values{"reason": {"x"}, "note": {"x"}, "to": {"2018-10-31"}},
				"Cookie",
				cookie,
			).wants(
				t,
				http.StatusUnauthorized,
				"未作登记",
			)
		}
	}
	if rs, err := h.sched.Requests(t.Context()); err != nil || len(rs) != 1 || len(h.completions(september)) != 0 {
		t.Errorf("something was done: %+v, %v", rs, err)
	}
}

func TestSigningIn(t *testing.T) {
	h := newHouse(t)
	signIn := func(name, with string, header ...string) answer {
		return h.ask(
			http.MethodPost,
			h.site.URL+"/office/sign-in",
			url.Values{"name": {name}, "password": {with}},
			header...)
	}
	signIn(director, "wrong").wants(t, http.StatusUnauthorized, "用户名或密码错误")
	unknown := signIn("nobody", "wrong")
	unknown.wants(t, http.StatusUnauthorized, "用户名或密码错误")
	if known := signIn(director, "wrong"); known.body != unknown.body {
		t.Error("the answers tell which names there are")
	}
	signIn(director, password, "Sec-Fetch-Site", "cross-site").wants(t, http.StatusForbidden, "未作任何登记")

	// A session that somebody has put into the browser before is not the one after.
	planted := h.signIn()
	got := signIn(director, password, "Cookie", planted)
	set := got.header.Get("Set-Cookie")
	if strings.HasPrefix(set, planted) || !strings.Contains(set, "HttpOnly") ||
		!strings.Contains(set, "SameSite=Strict") ||
		!strings.Contains(set, "Path=/") {
		t.Errorf("the cookie is %q", set)
	}
	h.ask(http.MethodGet, h.site.URL+"/office", nil, "Cookie", planted).wants(t, http.StatusOK, "密码")
	fresh, _, _ := strings.Cut(set, ";")
	h.ask(http.MethodGet, h.site.URL+"/office", nil, "Cookie", fresh).wants(t, http.StatusOK, "7日内到期", "退出（主任）")
	h.ask(http.MethodPost, h.site.URL+"/office/sign-out", url.Values{}, "Cookie", fresh)
	h.ask(http.MethodGet, h.site.URL+"/office", nil, "Cookie", fresh).wants(t, http.StatusOK, "密码")

	for range 5 {
		signIn(director, "wrong")
	}
	signIn(director, password).wants(t, http.StatusTooManyRequests, "3分钟后再试")
}

// TestBehindAProxy has the window reached by https, through a proxy that asks by another name.
func TestBehindAProxy(t *testing.T) {
	h := newHouse(t)
	const origin = "https://qixian.example.invalid"
	w := web.New(web.Options{
		Desk:     h.sched,
		Links:    h.links,
		Clock:    h.clock,
		Logger:   slog.New(slog.DiscardHandler),
		AtOffice: h.sched,
		Accounts: h.accounts(),
		Plan:     h.compare,
		URL:      origin,
	})
	for from, want := range map[string]int{origin: http.StatusSeeOther, "https://evil.example.invalid": http.StatusForbidden} {
		form := url.Values{"name": {director}, "password": {password}, "form": {web.FormToken("brought")}}
		r := httptest.NewRequestWithContext(
			t.Context(),
			http.MethodPost,
			"http://127.0.0.1:9480/office/sign-in",
			strings.NewReader(form.Encode()),
		)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", from)
		r.Header.Set("Cookie", "__Host-qixian=brought")
		got := httptest.NewRecorder()
		w.ServeHTTP(got, r)
		if got.Code != want {
			t.Errorf("from %s: %d, want %d", from, got.Code, want)
		}
		if set := got.Header().Get(
			"Set-Cookie",
		); want == http.StatusSeeOther &&
			(!strings.HasPrefix(set, "__Host-qixian=") || !strings.Contains(set, "Secure")) {
			t.Errorf("the cookie is %q", set)
		}
	}
}

// TestTheOfficeDecides sees what is asked, refuses it, grants the next, moves a date and records a duty as met, each in
// its own name.
func TestTheOfficeDecides(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	office := func(method, path string, form url.Values) answer {
		return h.ask(method, h.site.URL+path, form, "Cookie", cookie)
	}
	q := h.asks(`设备<script>检修`)
	office(
		http.MethodGet,
		"/office",
		nil,
	).wants(
		t,
		http.StatusOK,
		"1</b> 件延期申请待答复",
		"县环保局申请由2018年9月30日",
		"设备&lt;script&gt;检修",
	)
	office(
		http.MethodPost,
		"/office/request/"+q.ID+"/refuse",
		url.Values{"reason": {" "}},
	).wants(
		t,
		http.StatusUnprocessableEntity,
		"请写明理由",
	)
	if got := office(
		http.MethodPost,
		"/office/request/"+q.ID+"/refuse",
		url.Values{"reason": {"数据已齐"}},
	); got.status != http.StatusSeeOther {
		t.Fatalf("refused: %d\n%s", got.status, got.body)
	}
	h.set("2018-09-25 10:00")
	q = h.asks("设备检修")
	for range 2 { // pressed twice
		if got := office(
			http.MethodPost,
			"/office/request/"+q.ID+"/grant",
			url.Values{},
		); got.status != http.StatusSeeOther {
			t.Fatalf("granted: %d\n%s", got.status, got.body)
		}
	}
	item := "/office/item/" + url.PathEscape(september)
	granted := office(http.MethodGet, item, nil)
	granted.wants(t, http.StatusOK, "到期：2018年10月15日", "延期至2018年10月15日", "确认延期", "尚未发出，查看邮件", "待发出")
	_, link, _ := strings.Cut(granted.body, `href="/office/mail`)
	link, _, _ = strings.Cut(link, `"`)
	office(http.MethodGet, "/office/mail"+link, nil).wants(t, http.StatusOK, "环境空气质量状况", "县环保局：", "待发送")
	h.send("2018-09-25 10:05")
	// when it was sent, and not when it was to be
	office(http.MethodGet, item, nil).wants(t, http.StatusOK, "2018年9月25日（星期二）10:05", "已发出，查看邮件")
	office(http.MethodGet, "/office/mail?key=none", nil).wants(t, http.StatusNotFound, "邮件不存在")
	office(
		http.MethodPost,
		item+"/extend",
		url.Values{"to": {"2018-10-10"}, "reason": {"x"}},
	).wants(
		t,
		http.StatusUnprocessableEntity,
		"无须延期",
	)
	if got := office(
		http.MethodPost,
		item+"/extend",
		url.Values{"to": {"2018-10-31"}, "reason": {"再延"}},
	); got.status != http.StatusSeeOther ||
		got.header.Get("Location") != item {
		t.Errorf("extended: %d to %q", got.status, got.header.Get("Location"))
	}
	office(http.MethodPost, item+"/done", url.Values{}).wants(t, http.StatusUnprocessableEntity, "请填写公开网址")
	office(http.MethodPost, item+"/done", url.Values{"url": {"https://www.example.invalid/a"}})
	if got := h.completions(september); len(got) != 1 || got[0].By != "office:"+director || got[0].Unit != unit {
		t.Errorf("on record are %+v", got)
	}
	office(http.MethodGet, item, nil).wants(t, http.StatusOK, "已办结", director)
	office(http.MethodGet, "/office", nil).wants(t, http.StatusOK, "近7日办结（1项）", `<b class="green">已办结</b>`)
	quota := "/office/item/attendance@2018?unit=" + url.QueryEscape(unit)
	office(http.MethodGet, quota, nil).wants(t, http.StatusOK, "邀请公众列席", "需完成2次")
	office(http.MethodGet, "/office/item/attendance@2018", nil).wants(t, http.StatusNotFound, "待办不存在")
	office(
		http.MethodGet,
		"/office/item/"+url.PathEscape("<script>"),
		nil,
	).wants(
		t,
		http.StatusNotFound,
		"&lt;script&gt;",
	)
}

// TestEvents looks ahead, which records nothing, records, sees what that opens, and takes it back.
func TestEvents(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	office := func(method, path string, form url.Values) answer {
		return h.ask(method, h.site.URL+path, form, "Cookie", cookie)
	}
	recorded := func() []scheduler.Event {
		es, err := h.sched.EventsOnRecord(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		return es
	}
	form := url.Values{
		"trigger": {"recall-ordered"},
		"at":      {"2018-09-25T08:30"},
		"ref":     {"召回1号"},
		"title":   {"<b>饮料</b>"},
	}
	office(
		http.MethodGet,
		"/office/events",
		nil,
	).wants(
		t,
		http.StatusOK,
		"责令召回的决定作出",
		`value="2018-09-25T09:00"`,
		"暂无。",
	)
	office(
		http.MethodPost,
		"/office/events",
		form,
	).wants(
		t,
		http.StatusOK,
		"召回信息（县财政局）将于2018年9月26日（星期三）08:30到期",
		"确认登记",
	)
	late := url.Values{"trigger": {"recall-ordered"}, "at": {"2018-09-20T08:30"}, "ref": {"召回0号"}}
	office(
		http.MethodPost,
		"/office/events",
		late,
	).wants(
		t,
		http.StatusOK,
		"将于2018年9月21日（星期五）08:30到期，登记时已经逾期，将按逾期提醒并统计",
	)
	if len(recorded()) != 0 {
		t.Fatal("looking ahead has recorded something")
	}
	form.Set("confirmed", "yes")
	for range 2 {
		if got := office(http.MethodPost, "/office/events", form); got.status != http.StatusSeeOther {
			t.Fatalf("recorded: %d\n%s", got.status, got.body)
		}
	}
	es := recorded()
	if len(es) != 1 || es[0].By != "office:"+director || es[0].Ref != "召回1号" {
		t.Fatalf("on record are %+v", es)
	}
	office(http.MethodGet, "/office/events", nil).wants(t, http.StatusOK, "&lt;b&gt;饮料&lt;/b&gt; 召回1号", "主任登记")
	office(http.MethodGet, "/office", nil).wants(t, http.StatusOK, "召回信息")
	for _, bad := range []struct {
		form url.Values
		want string
	}{
		{url.Values{"trigger": {"recall-ordered"}, "at": {"yesterday"}}, "请填写发生（或拟定）的日期和时间，如"},
		{url.Values{"trigger": {"recall-ordered"}, "at": {"2018-10-25T08:30"}}, "未作登记：所登记的事由尚未发生"},
		{url.Values{"trigger": {"none"}, "at": {"2018-09-25T08:30"}}, "未作登记：没有这种起算事由"},
		{url.Values{"trigger": {"recall-ordered"}, "at": {"2018-09-25T08:30"}, "unit": {"<script>"}}, "未作登记：没有这个单位"},
		{url.Values{"trigger": {"recall-ordered"}, "at": {"2018-09-25T08:30"}, "unit": {unit}}, "所选单位没有由这一事由起算的期限，它涉及县财政局。"},
		{url.Values{"trigger": {"recall-ordered"}, "at": {"2018-09-25T08:00"}, "ref": {"召回1号"}}, "已登记为2018年9月25日（星期二）08:30发生，名称为“&lt;b&gt;饮料&lt;/b&gt;”"},
	} {
		for _, confirmed := range []string{"", "yes"} {
			bad.form.Set("confirmed", confirmed)
			got := office(http.MethodPost, "/office/events", bad.form)
			got.wants(t, http.StatusUnprocessableEntity, bad.want)
			if strings.Contains(got.body, "<script>") || strings.Contains(got.body, "<b>饮") {
				t.Errorf("%v is shown as it was given:\n%s", bad.form, got.body)
			}
		}
	}
	move := "/office/event/" + es[0].ID + "/move"
	office(
		http.MethodPost,
		move,
		url.Values{"at": {"2018-09-25T07:30"}},
	).wants(
		t,
		http.StatusUnprocessableEntity,
		"并写明理由",
	)
	office(
		http.MethodPost,
		move,
		url.Values{"at": {"soon"}, "reason": {"笔误"}},
	).wants(
		t,
		http.StatusUnprocessableEntity,
		"新的日期和时间",
	)
	office(
		http.MethodPost,
		move,
		url.Values{"at": {"2018-11-25T07:30"}, "reason": {"笔误"}},
	).wants(
		t,
		http.StatusUnprocessableEntity,
		"尚未发生",
	)
	for range 2 {
		if got := office(
			http.MethodPost,
			move,
			url.Values{"at": {"2018-09-25T07:30"}, "reason": {"笔误"}},
		); got.status != http.StatusSeeOther {
			t.Fatalf("moved: %d\n%s", got.status, got.body)
		}
	}
	if e := recorded()[0]; e.At.Format("15:04") != "07:30" || e.Reason != "笔误" {
		t.Errorf("moved to %+v", e)
	}
	office(http.MethodGet, "/office/events", nil).wants(t, http.StatusOK, "2018年9月25日（星期二）07:30", "时间已更正：笔误")
	withdraw := "/office/event/" + es[0].ID + "/withdraw"
	office(http.MethodPost, withdraw, url.Values{}).wants(t, http.StatusUnprocessableEntity, "须写明理由")
	for range 2 {
		if got := office(http.MethodPost, withdraw, url.Values{"reason": {"误录"}}); got.status != http.StatusSeeOther {
			t.Fatalf("withdrawn: %d\n%s", got.status, got.body)
		}
	}
	office(http.MethodGet, "/office/events", nil).wants(t, http.StatusOK, "已撤销", "误录")
}

// TestYear draws a year, of everybody and of one unit, with days off and make-up days.
func TestYear(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	year := func(query string) answer {
		return h.ask(http.MethodGet, h.site.URL+"/office/year"+query, nil, "Cookie", cookie)
	}
	all := year("")
	all.wants(
		t,
		http.StatusOK,
		"2018年到期一览",
		"2018年9月30日（星期日），调休上班：2项到期",
		"国庆节放假",
		`class="makeup l1"`,
		`class="holiday l0"`,
		"有事项到期的日期（12天）",
	)
	if n := strings.Count(all.body, "<rect "); n != 365 {
		t.Errorf("%d days are drawn", n)
	}
	year("?unit="+url.QueryEscape(other)).wants(t, http.StatusOK, "2018年9月30日（星期日），调休上班：1项到期", `value="县财政局" selected`)
	year("?obligation=attendance").wants(t, http.StatusOK, "有事项到期的日期（1天）", "2018年12月29日")
	year("?year=2027").wants(t, http.StatusOK, "2027年到期一览", "（星期五，暂定）")
	year("?year=abc&unit=%3Cscript%3E").wants(t, http.StatusOK, "2018年到期一览")
}

// TestPlan shows what a reload would change: nothing, dates, what is new and what is gone, each with its place; or why
// it would be refused.
func TestPlan(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	page := func() answer {
		return h.ask(http.MethodGet, h.site.URL+"/office/plan", nil, "Cookie", cookie)
	}
	page().wants(t, http.StatusOK, "1处错误", "文件 overrides.d/10.yaml 第3行第5列：没有名为“&lt;within&gt;”的键", "<h2>给系统管理员</h2>",
		`<ul lang="en">`, "overrides.d/10.yaml:3:5: unknown key &lt;within&gt;")
	h.candidate = plan(t)
	page().wants(t, http.StatusOK, "今后90天的到期日不变。")
	h.candidate = plan(t, `obligations:
  air: {rule: {every: month, due: {day: 20}}}
  quoted: {disable: 停办}
  water: {new: true, row: 0, title: 水质, clause: 按季度, kind: periodic, rule: {every: quarter}, lead: [县环保局], responsible: []}
`)
	page().wants(
		t,
		http.StatusOK,
		"有8项到期日变化",
		"2018年10月31日（星期三） 改为 2018年10月19日（星期五）",
		"air@2018-10",
		"rule overrides.d/10.yaml:2:15",
		"撤销：2018年10月31日（星期三）",
		"新增：2018年9月30日（星期日）",
		"water@2018-Q3",
	)
}

// TestLateAtTheOffice holds that what is late is red, on the page of the office and of the unit.
func TestLateAtTheOffice(t *testing.T) {
	h := newHouse(t)
	h.set("2018-10-08 09:00")
	h.pass()
	h.ask(
		http.MethodGet,
		h.site.URL+"/office",
		nil,
		"Cookie",
		h.signIn(),
	).wants(
		t,
		http.StatusOK,
		"2</b> 项逾期",
		"逾期（2项）",
		"县环保局",
		"已逾期",
	)
	h.get(h.links.Unit(unit, h.clock())).wants(t, http.StatusOK, "2项已逾期")
}

// TestOfficeInABrowser signs in, sees what a unit has asked, and grants it.
func TestOfficeInABrowser(t *testing.T) {
	for _, s := range screens {
		t.Run(s.name, func(t *testing.T) {
			h := newHouse(t)
			h.asks("设备检修")
			ctx := browser(t)
			var overview, after string
			err := chromedp.Run(
				ctx,
				s.emulate(),
				chromedp.Navigate(h.site.URL+"/office"),
				chromedp.SendKeys("#name", director),
				chromedp.SendKeys("#password", password),
				chromedp.Click(
					"main form button",
				),
				chromedp.WaitVisible(".sums"),
				chromedp.Text("main", &overview),
				keep(s, "office"),
				chromedp.Click(
					"form[action$='/grant'] button",
				),
				chromedp.WaitNotPresent("form[action$='/grant']"),
				chromedp.WaitVisible(".sums"),
				chromedp.Text("main", &after),
			)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(overview, "县环保局申请由2018年9月30日") || strings.Contains(after, "设备检修") {
				t.Errorf("before:\n%s\nafter:\n%s", overview, after)
			}
			h.get(h.linkIn(h.mail(unit), "i", september)).wants(t, http.StatusOK, "到期：2018年10月15日")
		})
	}
}

// TestEventByWrongClock looks ahead and records while the clock is hours behind what is on record: the page says why
// nothing is recorded.
func TestEventByWrongClock(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	ahead := scheduler.Entry{At: h.clock().Add(2 * time.Hour), By: "another host", Action: "extend", Target: "x"}
	if err := h.store.Amend(t.Context(), nil, ahead); err != nil {
		t.Fatal(err)
	}
	for _, confirmed := range []string{"", "yes"} {
		form := url.Values{"trigger": {"recall-ordered"}, "at": {"2018-09-25T08:30"}, "confirmed": {confirmed}}
		h.ask(
			http.MethodPost,
			h.site.URL+"/office/events",
			form,
			"Cookie",
			cookie,
		).wants(
			t,
			http.StatusUnprocessableEntity,
			"未作登记：服务器时钟不准",
		)
	}
	if es, err := h.sched.EventsOnRecord(t.Context(), 0); len(es) != 0 || err != nil {
		t.Errorf("recorded %d events, %v", len(es), err)
	}
}
