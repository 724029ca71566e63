package web_test

import (
	"net/http"
	"net/url"
	"testing"
)

const capped = `
triggers:
  received: {title: 收到政府信息公开申请}
  asked: {title: 征求第三方意见}
  answered: {title: 第三方答复意见}
  unclear: {title: 要求补正}
  corrected: {title: 收到补正}
obligations:
  reply:
    new: true
    row: 0
    title: 依申请公开答复
    clause: 按期答复
    kind: after-event
    lead: [县环保局]
    responsible: []
    rule:
      after: received
      within: 20wd
      cap: {most: 20wd, by: unit, article: 《条例》第三十三条, note: 须经本机关负责人同意}
      pause:
        - {stop: asked, continue: answered, article: 《条例》第三十三条第三款}
        - {stop: unclear, restart: corrected, within: 7wd, article: 《条例》第三十条}
`

// TestCapAndPause has a unit extend what the law leaves to it, within the cap, at once; the office records what stops
// the clock, and both pages say that it stands; beyond the cap there is only a correction, which the page marks.
func TestCapAndPause(t *testing.T) {
	h := newHouse(t)
	ask := h.byOffice()
	h.sched.Swap(plan(t, capped))
	record := func(trigger, at, want string) {
		t.Helper()
		form := url.Values{"trigger": {trigger}, "at": {at}, "unit": {unit}, "ref": {"2018-17"}}
		ask(http.MethodPost, "/office/events", form).wants(t, http.StatusOK, want)
		form.Set("confirmed", "yes")
		ask(http.MethodPost, "/office/events", form).wants(t, http.StatusSeeOther, "")
	}
	record("received", "2018-09-03T10:00", "依申请公开答复")
	h.pass()
	es, err := h.sched.EventsOnRecord(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	key := "reply@" + es[0].ID
	item := h.itemOf(key)
	h.get(item).wants(t, http.StatusOK, "由本单位自行决定，登记即生效", "最长20个工作日（《条例》第三十三条）；须经本机关负责人同意", `max="2018-11-02"`)
	extend := func(to string) answer {
		return h.ask(http.MethodPost, item+"/extend", url.Values{"to": {to}, "reason": {"情况复杂"}})
	}
	const beyond = "《条例》第三十三条规定最多延期20个工作日，最迟为2018年11月2日（星期五），未作登记"
	extend("2018-11-05").wants(t, http.StatusUnprocessableEntity, beyond)
	extend("2018-10-12").wants(t, http.StatusSeeOther, "")
	if rs, err := h.sched.Requests(t.Context()); err != nil || len(rs) != 0 {
		t.Errorf("the office is asked: %v, %v", rs, err)
	}
	h.get(item).wants(t, http.StatusOK, "到期：2018年10月12日", "延期至2018年10月12日")

	at := "/office/item/" + url.PathEscape(key)
	late := url.Values{"trigger": {"unclear"}, "at": {"2018-09-13T10:00"}, "unit": {unit}, "ref": {"2018-17"}}
	ask(http.MethodPost, "/office/events", late).wants(t, http.StatusUnprocessableEntity,
		"按《条例》第三十条，至迟应在2018年9月12日（星期三）提出；已过期限的不暂停计时，仍按原到期日计算")
	form := url.Values{"trigger": {"answered"}, "at": {"2018-09-20T10:00"}, "unit": {unit}, "ref": {"2018-17"}}
	ask(http.MethodPost, "/office/events", form).wants(t, http.StatusUnprocessableEntity, "当时没有暂停计时")
	record("asked", "2018-09-20T10:00", "自2018年9月20日（星期四）起暂停计时")
	for _, shown := range []answer{h.get(item), ask(http.MethodGet, at, nil)} {
		shown.wants(t, http.StatusOK, "暂停计时（自2018年9月20日（星期四）起，因征求第三方意见；恢复后还余")
	}
	extend("2018-12-31").wants(t, http.StatusUnprocessableEntity, "已暂停计时，不能延期")
	record("answered", "2018-09-21T10:00", "恢复计时")

	change := url.Values{"to": {"2018-12-28"}, "reason": {"法院裁定"}}
	ask(http.MethodPost, at+"/extend", change).wants(t, http.StatusUnprocessableEntity, "最迟为2018年11月5日（星期一），未作登记")
	change.Set("correction", "1")
	ask(http.MethodPost, at+"/extend", change).wants(t, http.StatusSeeOther, "")
	ask(http.MethodGet, at, nil).wants(t, http.StatusOK, "更正到期日为2018年12月28日", "法院裁定")
	form.Set("trigger", "asked")
	form.Set("at", "2018-09-25T10:00")
	form.Set("ref", "2018-17 再次")
	ask(http.MethodPost, "/office/events", form).wants(t, http.StatusUnprocessableEntity, "到期日已经更正，不再因暂停计时变动")
}
