package compose_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
)

// TestOverviewTopics holds what an overview asks for at its top, how a figure shares a line, and that bureaus stand in
// one table.
func TestOverviewTopics(t *testing.T) {
	m := mail(t, newComposer(t), letters()["overview"])
	for _, want := range []string{
		"【启用总览】系统已启用，至10月31日有3项到期。",
		"\n- 核对6项表中未定、系统暂取的时限，其中1项请先核定；",
		"\n- 核对2018年后新规（3项）。\n",
		"\n全部内容见附件 overview.xlsx。\n",
		"\n- 20个工作日内：乡村振兴政策举措；乡村振兴战略规划；政策解读等4项\n",
		"先核定的时限（1项，没有法定期限或依据待核实）\n- 24小时内：灾害救助需求信息\n",
		"\n- 2019年9月1日起：公开征求意见一般不少于30日（目录已按此计算）（重大行政决策预公开）\n",
		"\n表中名称 → 一般为（本县情况待核实）：\n- 县国土局、县规划局 → 自然资源和规划局\n- 县食药监局 → 并入市场监管局\n",
		"对该事项或单位写 review: false",
	} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("want %q in\n%s", want, m.Text)
		}
	}
	for _, old := range []string{"法律没有写小时数", "recall-ordered", "本机", "第33项"} {
		if strings.Contains(m.Text, old) || strings.Contains(m.HTML, old) {
			t.Errorf("the mail has %s: that is for the attached table", old)
		}
	}
}

// TestOverviewBounded holds that a mail does not grow with the catalogue.
func TestOverviewBounded(t *testing.T) {
	l := letter(notify.Overview, office, many(200)...)
	l.Overview = &compose.Overview{Until: day(2018, time.October, 31), Calendar: day(2018, time.December, 31)}
	for i := range 500 {
		title := fmt.Sprintf("示例事项之%03d", i)
		l.Overview.Assumed = append(l.Overview.Assumed, compose.Assumption{
			Title: title, Figure: fmt.Sprintf("%d日内", i/2), Decide: i%4 < 2, Assumed: "示例",
		})
		l.Overview.Changes = append(
			l.Overview.Changes,
			compose.Change{Since: "2019", Text: fmt.Sprintf("新规%03d", i), Of: []string{title}},
			compose.Change{Since: "2018", Text: fmt.Sprintf("一般为新局%03d", i), Units: []string{title}},
		)
		l.Overview.Events = append(l.Overview.Events, compose.Trigger{ID: "sample", Title: title, N: 1})
	}
	m := mail(t, newComposer(t), l)
	checkMail(t, m)
	if len(m.Text) > 8<<10 || len(m.HTML) > 32<<10 {
		t.Errorf("text of %d, HTML of %d bytes", len(m.Text), len(m.HTML))
	}
	for _, want := range []string{"（200项）", "另有105种时限。", "其他时限：234项", "另有480条。", "项请先核定"} {
		if !strings.Contains(m.Text, want) || !strings.Contains(m.HTML, want) {
			t.Errorf("want %q in both parts of\n%s", want, m.Text)
		}
	}
}
