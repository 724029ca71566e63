package compose

import (
	"fmt"
	"strings"
	"time"

	"qixian/rules/wording"
)

// Report is what the mail that brings a report (通报) says of it; the report itself is attached.
type Report struct {
	Span        string    // the month or year that it is about: 2026年10月
	Year        bool      // it is a year's
	Since       time.Time // the first day accounted for, if that is later than the span's first; zero otherwise
	Due         int       // deadlines that fell due in the span, those that are not over yet included
	OnTime      int       // done in time
	Late        int       // done late
	LateDays    int       // by how many working days, all of them together
	Overdue     int       // past due and open still at At
	Open        int       // not due yet at At
	Extended    int       // of Due: those the office extended
	Undelivered int       // of Due: those of which a mail did not reach a unit
	Withdrawn   int       // not counted in Due
	Rate        string    // the share of OnTime in what is over: 92.3%; empty if nothing is
	Chase       []Overdue // the overdue ones, longest first
	Files       []string  // what is attached, a clause each: report-2026-10.html（可打印）
	LeftOut     []string  // files that were too large to be attached
}

// Overdue is one deadline that is past due and open.
type Overdue struct {
	Title string
	Units []string
	Due   time.Time
	Days  int // working days since
	Key   string

	Number int // 短号; 0: it has none
}

// chaseShown is how many overdue deadlines the mail lists; the report has all.
const chaseShown = 20

// account is a Report in words.
type account struct {
	Parts   []part
	Chase   []fact
	More    int // overdue ones that are not listed
	Files   []string
	LeftOut []string
}

func newAccount(l Letter) *account {
	r := l.Report
	rate := r.Rate
	if rate == "" {
		rate = "（没有已到期的事项）"
	}
	late := fmt.Sprintf("%d项", r.Late)
	if r.Late > 0 {
		late += fmt.Sprintf("，共逾期%d个工作日", r.LateDays)
	}
	a := &account{
		Files: r.Files, LeftOut: r.LeftOut, More: max(len(r.Chase)-chaseShown, 0),
		Parts: []part{{r.Span + "到期事项", []fact{
			{"纳入统计", fmt.Sprintf("%d项", r.Due)},
			{"按期办结", fmt.Sprintf("%d项", r.OnTime)},
			{"逾期办结", late},
			{"逾期未办结", fmt.Sprintf("%d项", r.Overdue)},
			{"尚未到期", fmt.Sprintf("%d项", r.Open)},
			{"按期办结率", rate},
			{"经批准延期", fmt.Sprintf("%d项", r.Extended)},
			{"未送达", fmt.Sprintf("%d项", r.Undelivered)},
			{"已撤销", fmt.Sprintf("%d项（不计入）", r.Withdrawn)},
		}}},
	}
	for _, o := range r.Chase[:min(len(r.Chase), chaseShown)] {
		a.Chase = append(a.Chase, fact{
			strings.Join(
				o.Units,
				"、",
			),
			fmt.Sprintf("%s，%s到期，%s（%s）", o.Title, shortDay(o.Due, l.At), overdueBy(o.Days), o.called()),
		})
	}
	return a
}

// called is what the office and the unit call it by.
func (o Overdue) called() string {
	if o.Number > 0 {
		return fmt.Sprintf("短号 %d", o.Number)
	}
	return "待办编号 " + o.Key
}

// overdueBy says for how long something has been overdue.
func overdueBy(days int) string {
	if days < 1 {
		return "逾期不足1个工作日"
	}
	return fmt.Sprintf("已逾期%d个工作日", days)
}

// reportHeadline says what a span came to.
func reportHeadline(l Letter) string {
	r := l.Report
	if r.Due == 0 {
		return r.Span + "没有纳入统计的事项"
	}
	s := fmt.Sprintf("%s纳入统计%d项，按期办结%d项", r.Span, r.Due, r.OnTime)
	if r.Late > 0 {
		s += fmt.Sprintf("，逾期办结%d项", r.Late)
	}
	if r.Overdue > 0 {
		s += fmt.Sprintf("，逾期未办结%d项", r.Overdue)
	}
	return s
}

// reportTitle is what sort of report it is.
func reportTitle(l Letter) string {
	if l.Report.Year {
		return "年度通报"
	}
	return "月度通报"
}

// reportNotes are sentences for above the figures.
func reportNotes(l Letter) []string {
	if l.Report.Since.IsZero() {
		return nil
	}
	return []string{"本系统自" + wording.Day(l.Report.Since) + "启用，此前到期的定期事项不在统计之内。"}
}
