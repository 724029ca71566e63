package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// oldFeed is a link to the calendar of unit as mails of before 0011_feeds had it, of 25 September 2018, for thirty
// days.
const oldFeed = "/c/ASkADOWOv-eOr-S_neWxgCG1LV1A-QBPRpX15cFf7PM.ics"

// TestRevokedFeed revokes a calendar at the office: it is gone at once, the next pass issues another, and only mails
// and the office show them.
func TestRevokedFeed(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	office := func(method string, form url.Values) answer {
		return h.ask(method, h.site.URL+"/office/feeds", form, "Cookie", cookie)
	}
	first := h.feedIn(h.mail(unit))
	h.get(first).wants(t, http.StatusOK, "BEGIN:VCALENDAR", "环境空气质量状况")
	office(http.MethodGet, nil).wants(t, http.StatusOK, first, "在用（3个）", "2018年9月25日（星期二）09:00签发")
	feeds := func() (working, revoked scheduler.UnitFeed) {
		t.Helper()
		all, err := h.sched.Feeds(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			switch {
			case f.Unit != unit:
			case f.URL != "":
				working = f
			default:
				revoked = f
			}
		}
		return working, revoked
	}
	is, _ := feeds()
	office(
		http.MethodPost,
		url.Values{"serial": {is.Serial}, "reason": {" "}},
	).wants(
		t,
		http.StatusUnprocessableEntity,
		"请写明为何停用",
		"<details open>",
	)
	h.get(first).wants(t, http.StatusOK, "BEGIN:VCALENDAR")
	for range 2 { // pressed twice
		if got := office(
			http.MethodPost,
			url.Values{"serial": {is.Serial}, "reason": {"<b>误转</b>"}},
		); got.status != http.StatusSeeOther {
			t.Fatalf("revoked: %d\n%s", got.status, got.body)
		}
	}
	h.get(first).wants(t, http.StatusGone, "日历已停用")
	revoked := office(http.MethodGet, nil)
	revoked.wants(t, http.StatusOK, "在用（2个）", "已停用", "主任停用：&lt;b&gt;误转&lt;/b&gt;")
	if strings.Contains(revoked.body, first) {
		t.Error("the link of a revoked calendar is shown")
	}
	h.set("2018-09-28 09:00")
	h.pass()
	second := h.feedIn(h.mail(unit))
	if second == first {
		t.Error("the next mail has the revoked calendar")
	}
	h.get(second).wants(t, http.StatusOK, "BEGIN:VCALENDAR")
	h.get(first).wants(t, http.StatusGone, "日历已停用")
	if now, was := feeds(); now.Number != 2 || was.Number != 1 || was.RevokedBy != "office:"+director ||
		now.URL != second {
		t.Errorf("on record are %+v and %+v", now, was)
	}
	// It does not end by itself, and other links end with their day.
	h.set("2020-09-25 09:00")
	h.get(second).wants(t, http.StatusOK, "BEGIN:VCALENDAR")
}

// TestFeedsThatOpenNothing forges links to calendars.
func TestFeedsThatOpenNothing(t *testing.T) {
	h := newHouse(t)
	mine := h.feedIn(h.mail(unit))
	all, err := h.sched.Feeds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	serials := map[string]string{}
	for _, f := range all {
		serials[f.Unit] = f.Serial
	}
	for name, tt := range map[string]struct {
		link   string
		status int
	}{
		"mangled":                 {strings.Replace(mine, "/f/", "/f/A", 1), http.StatusForbidden},
		"without its end":         {strings.TrimSuffix(mine, ".ics"), http.StatusNotFound},
		"the serial alone":        {h.site.URL + "/f/" + serials[unit] + ".ics", http.StatusForbidden},
		"another's serial":        {h.links.Feed(unit, serials[other]), http.StatusGone},
		"one that was not issued": {h.links.Feed(unit, "none"), http.StatusGone},
		"a link to a page":        {strings.Replace(h.linkIn(h.mail(unit), "u", ""), "/u/", "/f/", 1) + ".ics", http.StatusForbidden},
		"as an old one":           {strings.Replace(mine, "/f/", "/c/", 1), http.StatusForbidden},
		"an old one as a new":     {h.site.URL + strings.Replace(oldFeed, "/c/", "/f/", 1), http.StatusForbidden},
		"as a page":               {strings.TrimSuffix(strings.Replace(mine, "/f/", "/u/", 1), ".ics"), http.StatusForbidden},
	} {
		if got := h.get(tt.link); got.status != tt.status {
			t.Errorf("%s: %d, want %d", name, got.status, tt.status)
		}
	}
	if h.refusals("link") < 5 || h.refusals("expired") != 2 {
		t.Errorf("counted are %v", h.refused)
	}
}

// TestOldFeed holds that a calendar that was subscribed to before goes on until its day, and says in its last four
// weeks what to do.
func TestOldFeed(t *testing.T) {
	h := newHouse(t)
	at := func(when string) answer {
		h.set(when)
		got := h.get(h.site.URL + oldFeed)
		got.body = strings.ReplaceAll(got.body, "\r\n ", "")
		return got
	}
	if got := at(
		"2018-09-27 23:59",
	); got.status != http.StatusOK || strings.Contains(got.body, "换订") ||
		!strings.Contains(got.body, "环境空气质量状况") {
		t.Errorf("before: %d\n%s", got.status, got.body)
	}
	for _, when := range []string{"2018-09-28 00:00", "2018-10-25 23:59"} {
		got := at(when)
		got.wants(
			t,
			http.StatusOK,
			"SUMMARY:【请换订】本日历2018年10月25日（星期四）后停用",
			"DTSTART;VALUE=DATE:20180928",
			"DTEND;VALUE=DATE:20181026",
			"用其中的日历网址重新订阅",
			"环境空气质量状况",
		)
		if strings.Count(got.body, "换订") != 1 {
			t.Errorf("it says so more than once:\n%s", got.body)
		}
	}
	at("2018-10-26 00:00").wants(t, http.StatusGone, "链接已过期")
}

// TestNoPageShowsAFeed looks for the link to a calendar on every page that a link leads to.
func TestNoPageShowsAFeed(t *testing.T) {
	h := newHouse(t)
	feed := h.feedIn(h.mail(unit))
	seen := h.leads(strings.TrimPrefix(h.linkIn(h.mail(unit), "u", ""), h.site.URL), map[string]bool{})
	if len(seen) < 6 {
		t.Fatalf("it leads to %v", seen)
	}
	for path := range seen {
		if body := h.get(
			h.site.URL + path,
		).body; strings.Contains(body, feed) || strings.Contains(body, "/f/") ||
			strings.Contains(body, "/c/") {
			t.Errorf("%s shows a calendar", path)
		}
	}
}

// forgetful is a store that has no calendars to give.
type forgetful struct{ *store.Store }

func (forgetful) Feeds(context.Context) ([]scheduler.Feed, error) { return nil, errors.New("broken") }

// TestNoFeedStopsNoMail holds that mails go out where calendars cannot be read, without them.
func TestNoFeedStopsNoMail(t *testing.T) {
	h := newHouse(t)
	var mails []scheduler.Letter
	s, err := scheduler.New(scheduler.Options{
		Plan: plan(
			t,
		),
		Store:    forgetful{storetest.Open(t, store.SQLite)},
		Office:   office,
		IDs:      h.ids,
		Links:    h.links,
		Promised: func(l scheduler.Letter) { mails = append(mails, l) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pass(t.Context(), h.clock()); err == nil || !strings.Contains(err.Error(), "list calendars") {
		t.Errorf("the pass says %v", err)
	}
	i := slices.IndexFunc(mails, func(l scheduler.Letter) bool { return l.Unit == unit && l.Kind == notify.Digest })
	if i < 0 || strings.Contains(mails[i].Message.Text, "/f/") ||
		!strings.Contains(mails[i].Message.Text, h.site.URL+"/u/") {
		t.Errorf("of %d mails that of the unit is %d", len(mails), i)
	}
}

// TestFeedsInABrowser revokes a unit's calendar as a clerk of the office does.
func TestFeedsInABrowser(t *testing.T) {
	for _, s := range []screen{screens[0], screens[3]} {
		t.Run(s.name, func(t *testing.T) {
			h := newHouse(t)
			feed := h.feedIn(h.mail(unit))
			var before, after string
			of := "//li[contains(., '" + feed + "')]"
			err := chromedp.Run(
				browser(t),
				s.emulate(),
				chromedp.Navigate(h.site.URL+"/office"),
				chromedp.SendKeys("#name", director),
				chromedp.SendKeys("#password", password),
				chromedp.Click(
					"main form button",
				),
				chromedp.WaitVisible(".sums"),
				chromedp.Click("a[href='/office/feeds']"),
				chromedp.WaitVisible("//h1[text()='日历订阅']"),
				chromedp.Text("main", &before),
				chromedp.Click(
					of+"//summary",
				),
				chromedp.SendKeys(of+"//input[@name='reason']", "误转外单位"),
				chromedp.Click(of+"//button"),
				chromedp.WaitVisible("//h2[text()='已停用']"),
				chromedp.Text("main", &after),
				keep(s, "feeds-revoked"),
			)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(before, feed) || strings.Contains(after, feed) ||
				!strings.Contains(after, "主任停用：误转外单位") {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
			h.get(feed).wants(t, http.StatusGone, "日历已停用")
		})
	}
}
