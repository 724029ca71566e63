package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/rules/calendar"
	"qixian/rules/wording"
	"qixian/scheduler/report/sheet"
)

// Chinese returns the outcome in words.
func (o Outcome) Chinese() string {
	return map[Outcome]string{
		Overdue: "逾期未办结", Late: "逾期办结", OnTime: "按期办结", Open: "尚未到期", OnShow: "公示", Withdrawn: "已撤销",
	}[o]
}

// Title is the report's: 2026年10月政务公开事项按期办理情况通报.
func (r Report) Title() string {
	return r.Span.Chinese() + "政务公开事项按期办理情况通报"
}

// Moment says when the report was made.
func (r Report) Moment() string { return wording.PlainDay(r.DateOf()) + wording.Clock(r.At) }

// Summary says in a few sentences what the span came to.
func (r Report) Summary() string {
	t := r.Total
	if t.Due == 0 {
		return r.Span.Chinese() + "没有纳入统计的事项。"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s纳入统计的事项%d项", r.Span.Chinese(), t.Due)
	if t.OnTime == t.Due {
		b.WriteString("，全部按期办结。")
		return b.String()
	}
	fmt.Fprintf(&b, "，按期办结%d项", t.OnTime)
	if rate := rateText(t); rate != "" {
		fmt.Fprintf(&b, "（按期办结率%s）", rate)
	}
	if t.Open > 0 {
		fmt.Fprintf(&b, "，尚未到期%d项", t.Open)
	}
	if t.Late > 0 {
		fmt.Fprintf(&b, "，逾期办结%d项（共逾期%d个工作日）", t.Late, t.LateDays)
	}
	fmt.Fprintf(&b, "。截至%s，", wording.PlainDay(r.DateOf()))
	if t.Overdue > 0 {
		fmt.Fprintf(&b, "仍有%d项逾期未办结，涉及%s。", t.Overdue, few(r.unitsWith(Overdue), 4))
	} else {
		b.WriteString("没有逾期未办结的事项。")
	}
	return b.String()
}

// unitsWith returns the units that answer for a deadline with an outcome, in the order of the deadlines.
func (r Report) unitsWith(o Outcome) []string {
	var units []string
	for _, e := range r.Entries {
		if e.Outcome == o {
			units = append(units, distinct(e.Units, units)...)
		}
	}
	return units
}

// Notes say what the figures mean, and what they leave out.
func (r Report) Notes() []string {
	notes := []string{
		fmt.Sprintf(
			"统计到期日（经批准延期的，以延期后的日期为准）在%s至%s之间的事项，情况截至%s。",
			wording.PlainDay(r.From),
			wording.PlainDay(r.To),
			r.Moment(),
		),
		"按期办结：到期日当日或此前登记办结；以小时计的，到期时刻前登记办结。逾期天数按工作日计算，不足1个工作日的记0。",
		"纳入统计＝按期办结＋逾期办结＋逾期未办结＋尚未到期；其中经批准延期的，另列一栏。",
		"按期办结率＝按期办结÷（纳入统计－尚未到期），保留一位小数，其后舍去，因此100.0%表示没有一项逾期。",
		"事项计入办结单位，即负责办结的单位；办结单位不止一个的，分单位统计时各计一次。列为牵头单位或责任单位、由他单位办结的，不计入其他各栏。",
		"未送达：至少有一封提醒邮件被退回、拒收，或因没有可用邮箱改发" + r.Office + "。",
	}
	if !r.Since.IsZero() {
		notes = append([]string{"本系统自" + wording.PlainDay(r.Since) + "启用，此前到期的定期事项不在统计之内。"}, notes...)
	}
	if slices.ContainsFunc(r.Entries, func(e Entry) bool { return e.Provisional }) {
		notes = append(notes, "标“暂定”的，到期日或逾期天数涉及国务院办公厅尚未公布放假安排的日期，公布后可能变动。")
	}
	if n := r.recordedLate(); n > 0 {
		notes = append(notes, fmt.Sprintf(
			"标“%s”的（%d项），起算事由在到期日之后才登记，办结单位此前没有收到提醒；仍按到期日计算，计入逾期。", recordedLate, n))
	}
	if r.Total.OnShow+r.Total.Withdrawn > 0 {
		notes = append(notes, fmt.Sprintf("公示事项（%d项）到期自行结束，已撤销的事项（%d项）不再办理，均不计入。", r.Total.OnShow, r.Total.Withdrawn))
	}
	if r.Ranked {
		notes = append(notes, "排名依次按按期办结率、逾期工作日数（少者在前）确定；两者相同的名次并列。")
	}
	return notes
}

// recordedLate marks what was late when it was recorded.
const recordedLate = "登记时已逾期"

// recordedLate counts what was late when it was recorded.
func (r Report) recordedLate() int {
	n := 0
	for _, e := range r.Entries {
		if e.RecordedLate {
			n++
		}
	}
	return n
}

// Mark says that it was late when it was recorded; empty if it was not.
func (e Entry) Mark() string {
	if e.RecordedLate {
		return recordedLate
	}
	return ""
}

// Standing is its outcome in words, with the mark.
func (e Entry) Standing() string {
	if m := e.Mark(); m != "" {
		return e.Outcome.Chinese() + "（" + m + "）"
	}
	return e.Outcome.Chinese()
}

// DueDay is the due date in words, of an hour rule with its time: 2018年10月12日21:00.
func (e Entry) DueDay() string { return wording.PlainDay(e.date) + e.hour() }

// Name is the deadline's title with its period: 环境空气质量状况（2018年9月应发布，内容为8月情况）.
func (e Entry) Name() string {
	if e.PeriodName == "" {
		return e.Title
	}
	return e.Title + "（" + e.PeriodName + "）"
}

// hour is the time of day of an hour rule's due instant; empty for a date.
func (e Entry) hour() string {
	at, err := time.Parse(time.RFC3339, e.Due)
	if err != nil {
		return ""
	}
	return wording.Clock(at)
}

// DaysText says how late it is; nothing of what is not late.
func (e Entry) DaysText() string {
	switch {
	case e.Outcome != Late && e.Outcome != Overdue:
		return ""
	case e.Days == 0:
		return "不足1个"
	default:
		return fmt.Sprintf("%d个", e.Days)
	}
}

// ClosedDay is when it was closed; nothing of what is open.
func (e Entry) ClosedDay() calendar.Date {
	if e.Closed.IsZero() {
		return calendar.Date{}
	}
	return calendar.DateOf(e.Closed)
}

// rateText writes a share; empty if nothing is over.
func rateText(c Count) string {
	if tenths, ok := c.Rate(); ok {
		return sheet.Percent(tenths).String()
	}
	return ""
}

// few joins names, cutting a long list.
func few(names []string, limit int) string {
	if len(names) <= limit {
		return strings.Join(names, "、")
	}
	return fmt.Sprintf("%s等%d个单位", strings.Join(names[:limit], "、"), len(names))
}
