package compose

import (
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"qixian/notify"
)

// try composes sample letters of every kind. A template fails if it cannot be executed on one, or if its mail leaves
// out what no mail may leave out: a replaced template that forgets the items would send nothing but greetings.
func (c *Composer) try(replies bool) error {
	var errs []error
	var said []string
	for _, l := range samples() {
		if replies {
			l.ReplyCode, l.Decides = "sample-code", true
		}
		m, p, err := c.compose(l)
		if err == nil {
			err = complete(m, p)
		}
		if err != nil && !slices.Contains(said, err.Error()) {
			said = append(said, err.Error())
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// complete checks that both parts of a mail hold what its reader cannot do without.
func complete(m Mail, p page) error {
	want := [][]string{{p.Unit}} // each in one of these forms
	for _, e := range p.Entries {
		want = append(want, []string{e.Name}, []string{e.Due, e.DueShort})
		if p.Kind != notify.Overview || e.Number == "" { // one name is enough there, where nothing is answered
			want = append(want, []string{e.Key})
		}
		if p.Kind == notify.Fallback {
			want = append(want, []string{e.Units})
		}
	}
	for _, g := range p.Unreached {
		want = append(want, []string{strings.Join(g.Units, "、")})
	}
	for _, g := range p.Answered {
		for _, a := range g.Lines {
			want = append(want, []string{a.Became})
		}
	}
	if p.Code != "" {
		want = append(want, []string{p.Code})
	}
	for _, pr := range p.Problems {
		want = append(want, []string{pr.Where}, []string{pr.Text})
	}
	for ext, part := range map[string]string{"txt": m.Text, "html": html.UnescapeString(m.HTML)} {
		for _, forms := range want {
			if !slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(part, form) }) {
				return fmt.Errorf("%s.%s: a sample letter's %q is not in the mail", p.Kind, ext, forms[0])
			}
		}
	}
	return nil
}

// samples returns letters that between them have every field set and every field left out, so that every branch of a
// template is tried.
func samples() []Letter {
	now := time.Date(2018, time.September, 21, 9, 0, 0, 0, beijing)
	full, bare := sampleItem(now), Item{Key: "sample-bare@2018", Title: "示例事项乙", Due: now.AddDate(0, 0, 7), Left: 5}
	bare.Act = Handle
	ahead := bare
	ahead.Key, ahead.Title, ahead.Act = "sample-ahead@e3", "示例事前事项", Prepare
	late := full
	late.Key, late.Due, late.Left, late.Stage = "sample-late@2018-08", now.AddDate(0, 0, -3), -1, "late1"
	show := Item{
		Key:    "sample-show@e1",
		Title:  "示例公示",
		Due:    now.AddDate(0, 0, 10),
		OnShow: true,
		Event:  &Event{Trigger: "公示开始", At: now},
	}
	hour := full
	hour.Key, hour.ByHour, hour.Due, hour.Stage = "sample-hour@e2", true, now.Add(2*time.Hour), "2h"
	elsewhere := full
	elsewhere.Key, elsewhere.For, elsewhere.Moved = "sample-for@2018-09", "示例单位丙", nil
	unreached := []Unreached{{"示例单位丙", "未登记邮箱"}, {"示例单位丁", "邮件被拒收"}}
	of := func(kind notify.Kind, items ...Item) Letter {
		return Letter{Kind: kind, Unit: "示例单位甲", Office: "县政府办公室", At: now, Items: items}
	}
	fullOf := func(kind notify.Kind, items ...Item) Letter {
		l := of(kind, items...)
		l.Contact, l.Notes = "电话0538-0000000", []string{"示例附注。"}
		return l
	}

	digest := fullOf(
		notify.Digest,
		slices.Concat(slices.Repeat([]Item{full, bare}, tableFrom), []Item{late, ahead, show, elsewhere})...)
	digest.First, digest.Unreached = true, unreached
	fallback := fullOf(notify.Fallback, elsewhere)
	fallback.Unreached = unreached
	fallback.Enclosed = []Enclosure{{"for-01.html", "示例单位丙"}}
	byHand := fullOf(notify.Digest, full, bare)
	byHand.ByHand = true
	returned := of(notify.Fallback)
	returned.Unreached = unreached
	overview := fullOf(notify.Overview, full, bare)
	overview.Overview = &Overview{
		Table:    "示例分解表",
		Until:    now.AddDate(0, 1, 0),
		Loaded:   []Count{{"事项", 2}},
		Calendar: now,
		Assumed: []Assumption{
			{Row: 22, Title: "示例事项甲", Figure: "20个工作日内"},
			{Title: "示例事项乙", Figure: "24小时内", Decide: true},
		},
		Changes: []Change{
			{Since: "2019-05-15", Text: "示例新规", Of: []string{"示例事项甲"}},
			{Since: "2018", Text: "一般为示例局", Units: []string{"示例单位甲"}},
		},
		File:        "overview.xlsx",
		NoAddress:   []string{"示例单位丙"},
		Placeholder: true,
		Events:      []Trigger{{"policy-published", "政策文件公布", 3}},
		Delivery:    "服务器上的邮箱目录",
	}
	unaddressed, empty := of(notify.Overview), of(notify.Overview)
	unaddressed.Overview = &Overview{NoAddress: []string{"示例单位丙"}}
	empty.Overview = &Overview{}
	refused, other := fullOf(notify.Trouble), of(notify.Trouble)
	refused.Problems = []Problem{
		{"文件 overrides.d/10.yaml 第3行第5列", "没有这个键", "overrides.d/10.yaml:3:5: unknown key"},
		{"", "没有办公室", "no office"},
	}
	other.Headline = "尚未载入2019年节假日安排"
	calm, busy := of(notify.Weekly), fullOf(notify.Weekly)
	calm.Weekly = &Weekly{From: now.AddDate(0, 0, -11), To: now.AddDate(0, 0, -5), Covered: now.AddDate(1, 0, 0)}
	busy.Weekly = &Weekly{Undelivered: 2, Waiting: 1, Daemons: []Daemon{{Host: "甲"}}}
	busy.Unreached = unreached
	quiet, sorry := of(notify.PeriodReport), fullOf(notify.PeriodReport)
	quiet.Report = &Report{Span: "2018年8月"}
	sorry.Report = &Report{
		Span:     "2018年",
		Year:     true,
		Since:    now,
		Due:      4,
		OnTime:   1,
		Late:     1,
		LateDays: 3,
		Overdue:  1,
		Open:     1,
		Rate:     "33.3%",
		Chase: slices.Repeat(
			[]Overdue{{Title: "示例事项甲", Units: []string{"示例单位甲"}, Due: now, Key: "sample-full@2018-08"}},
			chaseShown+1,
		),
		Files:   []string{"report-2018.html"},
		LeftOut: []string{"report-2018.csv"},
	}
	request := fullOf(notify.Request, elsewhere)
	request.Request = &Request{To: now.AddDate(0, 1, 0), Reason: "示例理由", At: now}
	replied := of(notify.Answer)
	replied.Answers = []Answered{
		{"办结 1 https://www.example.invalid/1", "示例事项甲已登记办结。", true},
		{"办结 2", "示例事项乙没有链接。", false},
	}
	return []Letter{
		request, replied,
		digest, of(notify.Digest, bare), of(notify.Digest, show),
		fullOf(notify.Immediate, hour, full), of(notify.Immediate, bare),
		fullOf(notify.Correction, full), of(notify.Correction, full),
		fallback, byHand, returned, overview, unaddressed, empty, refused, other, calm, busy, quiet, sorry,
		fullOf(notify.Test), of(notify.Test),
	}
}

// sampleItem has every field set that a unit's own item can have.
func sampleItem(now time.Time) Item {
	return Item{
		Key:         "sample-full@2018-09",
		Number:      48291,
		Title:       "示例事项甲",
		Row:         22,
		Clause:      "按月发布信息",
		Basis:       "示例条例第一条",
		Period:      "2018年9月",
		Event:       &Event{Trigger: "政策文件公布", Ref: "示例〔2018〕1号", Title: "示例文件", At: now},
		Due:         now,
		Provisional: "通知尚未发布。",
		Why:         "九月最后一个工作日。",
		Assumed:     "示例认定。",
		Stage:       "0",
		Belated:     now.AddDate(0, 0, -1),
		Lead:        []string{"示例单位甲"},
		Responsible: []string{"示例单位乙"},
		PerUnit:     true,
		Needed:      2,
		Completions: 1,
		Moved: &Move{
			From:     now.AddDate(0, 0, 3),
			Why:      "示例原因。",
			Extended: true,
		},
		ActionURL: "https://qixian.example.invalid/sample",
	}
}
