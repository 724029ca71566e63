package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qixian/scheduler"
)

// TestToldApart records two events of one sort: lists, items and the calendar tell what they started apart, and say how
// far away it is; what is due today stands under 今日到期.
func TestToldApart(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	for _, ref := range []string{"食药召〔2018〕3号", "食药召〔2018〕4号"} {
		form := url.Values{
			"trigger": {
				"recall-ordered",
			},
			"at":        {"2018-09-25T08:30"},
			"ref":       {ref},
			"title":     {"召回某批次食品"},
			"confirmed": {"yes"},
		}
		h.ask(http.MethodPost, h.site.URL+"/office/events", form, "Cookie", cookie).wants(t, http.StatusSeeOther)
	}
	h.later(time.Minute)
	h.ask(http.MethodGet, h.site.URL+"/office/item/"+h.keyOf("recall"), nil, "Cookie", cookie).
		wants(t, http.StatusOK, "下次发信时　县财政局　待发出")
	h.pass()
	h.set("2018-09-26 08:00")
	home := h.links.Unit(other, h.clock())
	page := h.get(home)
	page.wants(t, http.StatusOK, "召回信息（食药召〔2018〕3号）", "召回信息（食药召〔2018〕4号）", "2项今日到期", "<h2>今日到期（2项）</h2>", "还有30分钟")
	if _, soon, _ := strings.Cut(page.body, "<h2>即将到期"); soon == "" || strings.Contains(soon, "召回信息") {
		t.Errorf("what is due today stands under 即将到期:\n%s", soon)
	}
	own, others, _ := strings.Cut(page.body, "<h2>由其他单位办结（")
	if strings.Contains(own, "环境空气质量状况") || !strings.Contains(others, "环境空气质量状况") ||
		!strings.Contains(others, "由县环保局办结") || strings.Contains(others, "邀请公众列席") {
		t.Errorf("what another unit answers for is not apart:\n%s", page.body)
	}
	h.ask(http.MethodGet, h.site.URL+"/office", nil, "Cookie", h.signIn()).
		wants(t, http.StatusOK, "召回信息（食药召〔2018〕3号）", "即将到期，还有4个工作日")

	h.get(
		h.links.Item(other, h.keyOf("recall"), h.clock()),
	).wants(
		t,
		http.StatusOK,
		"<h1>召回信息（食药召〔2018〕",
		"<dt>起算事由</dt>",
		"责令召回的决定作出：《召回某批次食品》（食药召〔2018〕",
		"），2018年9月25日（星期二）08:30",
		"2018年9月26日（星期三）08:30",
		"“24小时内”（本县增列事项）",
	)

	h.set("2018-10-08 09:00")
	h.get(h.links.Unit(unit, h.clock())).wants(t, http.StatusOK, "已逾期1个工作日")
}

// keyOf is the key of the first open deadline of an obligation.
func (h *house) keyOf(obligation string) string {
	h.t.Helper()
	ds, err := h.store.Deadlines(h.t.Context(), scheduler.Filter{})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, d := range ds {
		if d.Obligation == obligation {
			return d.Key
		}
	}
	h.t.Fatalf("%s has no deadline", obligation)
	return ""
}
