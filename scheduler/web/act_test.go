package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// actDuties are duties of 县环保局 that are not to be published, and figures of the month before.
const actDuties = `
triggers:
  request-received: {title: 收到政府信息公开申请}
  release-planned: {title: 政府信息拟公开}
obligations:
  request: {new: true, row: 0, title: 依申请公开答复, clause: 按法定时限答复, kind: after-event, act: handle, rule: {after: request-received, within: 15wd}, lead: [县环保局], responsible: []}
  review: {new: true, row: 0, title: 保密审查, clause: 先审查后公开, kind: before-event, act: prepare, rule: {before: release-planned}, lead: [县环保局], responsible: []}
  air: {covers: previous}
`

// newActHouse returns a house with those duties, and the keys of an application and of a release.
func newActHouse(t *testing.T) (h *house, request, review string) {
	t.Helper()
	h = newHouse(t)
	p := plan(t, actDuties)
	p.Fingerprint = "2"
	h.sched.Swap(p)
	at := calendar.NewDate(2018, time.September, 25).At(8 * time.Hour)
	var keys []string
	for _, e := range []rules.Event{
		{Trigger: "request-received", At: at, Unit: unit, Ref: "1"},
		{Trigger: "release-planned", At: at.AddDate(0, 0, 3), Unit: unit, Ref: "2", Announced: at},
	} {
		got, err := h.sched.AddEvents(t.Context(), h.clock(), "clerk", []rules.Event{e})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, got[0].Deadlines[0].Key)
	}
	return h, keys[0], keys[1]
}

// TestActsOnPages holds what the page of a duty asks, of its unit and of the office: a link only of what is published.
func TestActsOnPages(t *testing.T) {
	h, request, review := newActHouse(t)
	office := h.byOffice()
	for _, tt := range []struct {
		key             string
		asks, not, note string
	}{
		{september, `<label for="url">公开网址</label>`, "办理情况", "<dd>公开后报送公开网址</dd>"},
		{request, "办理情况（不需上网公开，不填写链接）", `name="url"`, "<dd>办理完毕后报送办理情况（不需上网公开）</dd>"},
		{review, "完成情况（不需上网公开，不填写链接）", `name="url"`, "<dd>请于到期日前完成，并报送完成情况</dd>"},
	} {
		for who, page := range map[string]answer{
			"unit": h.get(h.itemOf(tt.key)), "office": office(http.MethodGet, "/office/item/"+tt.key, nil),
		} {
			page.wants(t, http.StatusOK, tt.asks, tt.note)
			if strings.Contains(page.body, tt.not) {
				t.Errorf("%s: %q on the page of %s:\n%s", who, tt.not, tt.key, page.body)
			}
		}
	}
}

// TestReportsOnPages holds what is taken by the pages, and that what is not to be published takes no link, though the
// form was made by hand.
func TestReportsOnPages(t *testing.T) {
	const link = "https://www.example.invalid/1"
	for _, tt := range []struct {
		of        string
		url, note string
		want      string // empty: it is taken
		recorded  string
	}{
		{"request", link, "", "本事项不需上网公开，请不要填写链接，只写办理情况。", ""},
		{"request", "", "答复见 " + link, "本事项不需上网公开，请不要填写链接", ""},
		{"request", "", " ", "请填写办理情况。", ""},
		{"request", "", "已书面答复", "", "已书面答复"},
		{"review", link, "已审查", "本事项不需上网公开，请不要填写链接，只写完成情况。", ""},
		{"review", "", "", "", "已完成"},
		{"air", "", "", "请填写公开网址；不需上网公开的，请用文字写明原因。", ""},
	} {
		for _, who := range []string{"unit", "office"} {
			t.Run(who+" "+tt.of+tt.url+tt.note, func(t *testing.T) {
				h, request, review := newActHouse(t)
				key := map[string]string{"request": request, "review": review, "air": september}[tt.of]
				form := url.Values{"url": {tt.url}, "note": {tt.note}}
				item, ask := "/office/item/"+key, h.byOffice()
				if who == "unit" {
					item = h.itemOf(key)
					ask = func(method, target string, form url.Values) answer { return h.ask(method, target, form) }
				}
				got := ask(http.MethodPost, item+"/done", form)
				if tt.want != "" {
					got.wants(t, http.StatusUnprocessableEntity, tt.want)
					return
				}
				got.wants(t, http.StatusSeeOther)
				ask(http.MethodGet, item, nil).wants(t, http.StatusOK, "办结", tt.recorded)
			})
		}
	}
}

// TestPeriodOnPages holds that pages and calendars name the month whose data is due.
func TestPeriodOnPages(t *testing.T) {
	h, _, _ := newActHouse(t)
	const want = "2018年9月应发布，内容为8月情况"
	office := h.byOffice()
	h.get(h.itemOf(september)).wants(t, http.StatusOK, want)
	office(http.MethodGet, "/office", nil).wants(t, http.StatusOK, want)
	unitPage := h.links.Unit(unit, h.clock())
	h.get(unitPage).wants(t, http.StatusOK, want)
	feed := h.get(h.feedIn(h.mail(unit)))
	if text := strings.ReplaceAll(feed.body, "\r\n ", ""); !strings.Contains(text, "环境空气质量状况（"+want+"）") {
		t.Errorf("the calendar does not name %q:\n%s", want, text)
	}
}

// byOffice returns how the office asks, signed in.
func (h *house) byOffice() func(method, path string, form url.Values) answer {
	cookie := h.signIn()
	return func(method, path string, form url.Values) answer {
		return h.ask(method, h.site.URL+path, form, "Cookie", cookie)
	}
}

// itemOf is the page of one of the unit's items.
func (h *house) itemOf(key string) string { return h.links.Item(unit, key, h.clock()) }
