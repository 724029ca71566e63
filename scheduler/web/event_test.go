package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestEventOfGroup records a document as the office does: it chooses the unit, is shown what is that unit's, is asked
// once what kind of document it is, sees what that starts, and records it as one event.
func TestEventOfGroup(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	post := func(pairs ...string) answer {
		form := url.Values{"at": {"2018-09-25T08:30"}}
		for i := 0; i < len(pairs); i += 2 {
			form.Add(pairs[i], pairs[i+1])
		}
		return h.ask(http.MethodPost, h.site.URL+"/office/events", form, "Cookie", cookie)
	}
	all := h.ask(http.MethodGet, h.site.URL+"/office/events", nil, "Cookie", cookie)
	all.wants(t, http.StatusOK, `<optgroup label="文件">`, `<optgroup label="许可、处罚和检查">`, "文件公布", "责令召回的决定作出")
	for _, part := range []string{"政策文件公布", "规范性文件印发", "建设项目许可作出"} {
		if strings.Contains(all.body, part) {
			t.Errorf("the part %s is offered", part)
		}
	}
	narrowed := post("unit", unit, "narrow", "yes")
	narrowed.wants(t, http.StatusOK, "文件公布", "行政许可决定作出")
	if strings.Contains(narrowed.body, "责令召回的决定作出") {
		t.Error("a trigger of another unit's duties is offered")
	}

	post("trigger", "document", "ref", "1").wants(t, http.StatusOK, "请看文件类别", "时间填公布日期。")
	post("trigger", "document", "ref", "1", "asked", "document").
		wants(t, http.StatusUnprocessableEntity, "请选择起草单位；确是各单位共同的事由，请选“全部单位”")
	asked := post("trigger", "document", "unit", unit, "ref", "1")
	asked.wants(t, http.StatusOK, "请看文件类别", `name="subject" value="normative">规范性文件印发`, "单位（起草单位）")
	if strings.Contains(asked.body, "确认登记") {
		t.Error("it can be recorded before the kind of document was asked for")
	}
	post("trigger", "document", "unit", unit, "ref", "1", "asked", "document").
		wants(t, http.StatusOK, "政策解读材料（县环保局）将于2018年9月28日", "确认登记")
	seen := post("trigger", "document", "unit", unit, "ref", "1", "asked", "document", "subject", "normative")
	seen.wants(t, http.StatusOK, "政策解读材料", "公报刊登（县环保局）将于", `value="normative" checked`)
	if n := strings.Count(seen.body, `type="hidden" name="subject" value="normative"`); n != 1 {
		t.Errorf("the form that confirms has the subject %d times", n)
	}
	record := func(pairs ...string) {
		t.Helper()
		if got := post(append(pairs, "confirmed", "yes")...); got.status != http.StatusSeeOther {
			t.Fatalf("recorded: %d\n%s", got.status, got.body)
		}
	}
	record("trigger", "document", "unit", unit, "ref", "1", "subject", "normative")
	h.ask(http.MethodGet, h.site.URL+"/office/events", nil, "Cookie", cookie).
		wants(t, http.StatusOK, "文件公布：规范性文件印发", "已登记的起算事由（1件）")
	post("trigger", "policy", "unit", unit, "ref", "1").
		wants(t, http.StatusOK, "政策解读材料：同一单位、同一文号已另行登记，2018年9月28日", "不重复计算")

	post("trigger", "permit", "unit", unit, "ref", "2", "asked", "permit").
		wants(t, http.StatusUnprocessableEntity, "未作登记：请勾选领域。", "公共资源许可作出")
	post("trigger", "permit", "unit", other, "ref", "2").
		wants(t, http.StatusOK, "建设项目许可（县财政局）", `type="hidden" name="subject" value="project-permit"`)
	record("trigger", "policy", "unit", "*", "ref", "3")
	es, err := h.sched.EventsOnRecord(t.Context(), 0)
	if err != nil || len(es) != 2 || es[0].Subject+es[1].Subject != "normative" || es[0].Unit+es[1].Unit != unit {
		t.Errorf("on record are %+v, %v", es, err)
	}
}
