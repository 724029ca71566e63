package scheduler_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// actCatalogue has a duty of each act that is not to publish, all of 县环保局, and figures of the month before.
const actCatalogue = `
triggers:
  request-received: {title: 收到政府信息公开申请}
  release-planned: {title: 政府信息拟公开}
obligations:
  request: {new: true, row: 0, title: 依申请公开答复, clause: 按法定时限答复, kind: after-event, act: handle, rule: {after: request-received, within: 15wd}, lead: [县环保局], responsible: []}
  review: {new: true, row: 0, title: 保密审查, clause: 先审查后公开, kind: before-event, act: prepare, rule: {before: release-planned}, lead: [县环保局], responsible: []}
  hearing: {new: true, row: 0, title: 听取汇报, clause: 不得少于2次, kind: quota, act: prepare, rule: {every: year, at_least: 2}, lead: [县环保局], responsible: []}
  air: {covers: previous}
`

// newActRoom returns a room that has just sent 县环保局 the mail of 25 September 2018 about air@2018-09 and, in this
// order, what is asked of it for an application and a release; and the keys of both.
func newActRoom(t *testing.T, st *store.Store) (r *postRoom, request, review string) {
	t.Helper()
	r = openPostRoomOf(t, st, contacts{}, func(o *scheduler.Options) {
		composer := o.Plan.Composer
		o.Plan = overridden(t, actCatalogue)
		o.Plan.Composer = composer
	})
	r.deliver("2018-09-03 09:00")
	at := moment(t, "2018-09-25 08:00")
	request = r.event("2018-09-25 08:10", rules.Event{
		Trigger: "request-received", At: at, Unit: bureau, Ref: "1",
	}).Deadlines[0].Key
	review = r.event("2018-09-25 08:20", rules.Event{
		Trigger: "release-planned", At: at.AddDate(0, 0, 3), Unit: bureau, Ref: "2", Announced: at,
	}).Deadlines[0].Key
	r.deliver("2018-09-25 09:00")
	return r, request, review
}

// numberIn returns the number that an item has in a mail.
func numberIn(t *testing.T, text, key string) string {
	t.Helper()
	before, _, ok := strings.Cut(text, "待办编号："+key)
	if !ok {
		t.Fatalf("no %s in\n%s", key, text)
	}
	for _, line := range slices.Backward(strings.Split(before, "\n")) {
		if n, _, ok := strings.Cut(line, ". "); ok && !strings.HasPrefix(line, " ") {
			return n
		}
	}
	t.Fatalf("no number before %s in\n%s", key, before)
	return ""
}

// TestActsByReply reports, by mail, what each act asks, and what it does not.
func TestActsByReply(t *testing.T) {
	tests := []struct {
		line   string // N is the item's number
		report bool   // of the application; otherwise of the release
		note   string // on record; empty: nothing is
		answer string // in the answer
	}{
		{"办结 N 办理情况：已书面答复申请人", true, "已书面答复申请人", "登记办结"},
		{"办结 N 已书面答复申请人，无异议", true, "已书面答复申请人，无异议", "登记办结"},
		{"办结 N\n已答复申请人", true, "已答复申请人", "登记办结"},
		{"办结 N 无链接 已当面答复", true, "已当面答复", "登记办结"},
		{"办结 N", true, "", "没有写明办理情况，未作登记。请写“办结 序号 办理情况：……”，不写链接。"},
		{"办结 N 办理情况：……", true, "", "还须写明具体情况"},
		{"办结 N " + page1, true, "", "依申请公开答复（1）未作登记：本事项不需上网公开，请不要填写链接，只写办理情况。"},
		{"办结 N 办理情况：已答复，见 " + page1, true, "", "本事项不需上网公开，请不要填写链接"},
		{"办结 N 正在答复", true, "", "看来尚未办结"},
		{"办结 N 已完成一半", true, "", "看来尚未办结"},
		{"办结 N 申请人的材料", true, "", "没有写明办理情况"},
		{"办结 N 已完成保密审查", false, "已完成保密审查", "登记办结"},
		{"办结N已完成保密审查，未发现涉密内容", false, "已完成保密审查，未发现涉密内容", "登记办结"},
		{"办结 N 完成情况：审查通过", false, "审查通过", "登记办结"},
		{"办结 N", false, "已完成", "登记办结"},
		{"办结 N 谢谢", false, "", "没有写明完成情况，未作登记。"},
		{"办结 N 已完成60%", false, "", "看来尚未办结"},
		{"办结 N " + page1, false, "", "保密审查（2）未作登记：本事项不需上网公开，请不要填写链接，只写完成情况。"},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			r, request, review := newActRoom(t, storetest.Open(t, "sqlite"))
			key := review
			if tt.report {
				key = request
			}
			digest := r.mail("digest/2018-09-25/" + bureau)
			line := strings.Replace(tt.line, "N", numberIn(t, digest.Text, key), 1)
			got := r.reply("2018-09-26 10:00", r.answer(digest, line))
			if len(got) != 1 || !strings.Contains(got[0].Text, tt.answer) {
				t.Fatalf("%q is answered with %+v, want %q", line, got, tt.answer)
			}
			want := []string{}
			if tt.note != "" {
				want = append(want, "done 09-26 10:00 mail:县环保局 县环保局 "+tt.note)
			}
			diff(t, "history", r.history(key, ""), want)
		})
	}
}

// TestActsOfSeveralItems holds that one line about several items does for those of which it says enough, and that the
// answer explains how to answer for all the acts of the mail.
func TestActsOfSeveralItems(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r, request, review := newActRoom(t, st)
		digest := r.mail("digest/2018-09-25/" + bureau)
		one, two, three := numberIn(
			t,
			digest.Text,
			airKey,
		), numberIn(
			t,
			digest.Text,
			request,
		), numberIn(
			t,
			digest.Text,
			review,
		)
		got := r.reply("2018-09-26 10:00", r.answer(digest, "办结 "+one+"、"+two+"、"+three+" 已完成"))
		if len(got) != 1 {
			t.Fatalf("answered with %+v", got)
		}
		for want, n := range map[string]int{
			"没有公开网址。": 1, "依申请公开答复（1）已于2018年9月26日（星期三）10:00登记办结。": 1, "保密审查（2）已于2018年9月26日（星期三）10:00登记办结。": 1,
			"\n- 办结：写“办结 序号 https://……”；":       1,
			"\n- 办结（报送办理情况的）：写“办结 序号 办理情况：……”，": 1,
			"\n- 办结（报送完成情况的）：写“办结 序号 已完成……”，":   1,
		} {
			if strings.Count(got[0].Text, want) != n {
				t.Errorf("want %q in\n%s", want, got[0].Text)
			}
		}
		diff(t, "history", r.history(request, ""), []string{"done 09-26 10:00 mail:县环保局 县环保局 已完成"})
		diff(t, "history", r.history(airKey, ""), []string{})
	})
}

// TestActsContradict holds that what is reported without a link contradicts a wish for more time as any report does.
func TestActsContradict(t *testing.T) {
	r, _, review := newActRoom(t, storetest.Open(t, "sqlite"))
	digest := r.mail("digest/2018-09-25/" + bureau)
	n := numberIn(t, digest.Text, review)
	got := r.reply("2018-09-26 10:00", r.answer(digest, "办结 "+n+"\n延期 "+n+" 2018-10-15 材料未齐"))
	if len(got) != 1 || strings.Count(got[0].Text, "对同一项写了不一致的话") != 2 {
		t.Errorf("answered with %+v", got)
	}
	diff(t, "history", r.history(review, ""), []string{})
}

// TestActsByPerson holds what Complete takes for each act: never a link for what is not to be published.
func TestActsByPerson(t *testing.T) {
	tests := []struct{ key, link, note, want string }{
		{
			"request",
			page1,
			"",
			"it is not to be put on the web, so no link is taken; say in a note what was done (办理情况)",
		},
		{"request", page1, "已答复", "not to be put on the web"},
		{"request", "", "已答复，见 HTTPS://www.example.invalid/1", "not to be put on the web"},
		{"request", "", "见 www.example.com/1", "not to be put on the web"},
		{"request", "", "见www.ningyang.example.invalid/a/1.html", "not to be put on the web"},
		{"request", "", "http：//www.example.invalid/1", "not to be put on the web"},
		{"request", "", "见ｈｔｔｐ：／／ｗｗｗ．example．invalid／１", "not to be put on the web"},
		{"request", "", "已在ningyang.example.gov.cn/a/1.html公开", "not to be put on the web"},
		{"request", "", "已发至 a.b@ningyang.example.gov.cn，另附件1.docx", ""},
		{"request", "", "", "want a note that says what was done (办理情况)"},
		{"request", "", "已答复", ""},
		{"review", page1, "", "say in a note what was done (完成情况)"},
		{"review", "", "", ""},
		{"hearing", "", "", "want a note that says what was done (完成情况)"},
		{"hearing", "", "一季度汇报", ""},
		{airKey, "", "", "want the published URL"},
		{airKey, "", "已在公告栏张贴", ""},
	}
	for _, tt := range tests {
		t.Run(tt.key+tt.link+tt.note, func(t *testing.T) {
			r, request, review := newActRoom(t, storetest.Open(t, "sqlite"))
			key := map[string]string{"request": request, "review": review, "hearing": "hearing@2018"}[tt.key]
			if key == "" {
				key = tt.key
			}
			_, err := r.s.Complete(t.Context(), moment(t, "2018-09-26 10:00"), "clerk", key, bureau, tt.link, tt.note)
			switch {
			case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("complete: %v, want %q", err, tt.want)
			case strings.Contains(tt.want, "web"):
				if wrong, ok := errors.AsType[*scheduler.WrongReport](err); !ok || !wrong.Linked {
					t.Errorf("complete: %v, want a WrongReport", err)
				}
			}
		})
	}
}

// TestPeriodNamed holds that mails, pages, lists and reports name the month whose data is due.
func TestPeriodNamed(t *testing.T) {
	r, _, _ := newActRoom(t, storetest.Open(t, "sqlite"))
	const want = "2018年9月应发布，内容为8月情况"
	if text := r.mail("digest/2018-09-25/" + bureau).Text; !strings.Contains(text, "环境空气质量状况（"+want+"）") {
		t.Errorf("want %q in\n%s", want, text)
	}
	now := moment(t, "2018-10-01 09:00")
	st, err := r.s.Status(t.Context(), now, scheduler.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]string{}
	for _, row := range st.Rows {
		named[row.Key] = row.PeriodName
	}
	v, err := r.s.Look(t.Context(), now, airKey, bureau)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.s.Brief(t.Context(), now, scheduler.Span{Year: 2018, Month: 9}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range b.Accounts {
		if a.Key == airKey {
			named["report"] = a.PeriodName
		}
	}
	for where, got := range map[string]string{"status": named[airKey], "page": v.PeriodName, "report": named["report"]} {
		if got != want {
			t.Errorf("%s names %q, want %q", where, got, want)
		}
	}
}
