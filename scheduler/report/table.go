package report

import (
	"cmp"
	"io"
	"strconv"
	"strings"

	"qixian/scheduler/report/sheet"
)

// CSV writes one table: the total, each unit and each obligation, a line each.
func (r Report) CSV(w io.Writer) error { return r.table().CSV(w) }

// XLSX writes a workbook: the table of CSV in parts, and every deadline.
func (r Report) XLSX(w io.Writer) error {
	p := sheet.Properties{Title: r.Title(), Creator: r.Office, At: r.At}
	return sheet.XLSX(w, p, r.totals(), r.units(), r.obligations(), r.deadlines())
}

// byOthers is the column of how often a unit has part in what another one answers for.
const byOthers = "由他单位办结"

// counts are the columns that every line of counts has.
var counts = []sheet.Column{
	{Name: "纳入统计", Width: 10},
	{Name: "按期办结", Width: 10},
	{Name: "逾期办结", Width: 10},
	{Name: "逾期办结工作日", Width: 10},
	{Name: "逾期未办结", Width: 11},
	{Name: "未办结已逾期工作日", Width: 12},
	{Name: "尚未到期", Width: 10},
	{Name: "按期办结率", Width: 11},
	{Name: "经批准延期", Width: 11},
	{Name: "未送达", Width: 8},
	{Name: "已撤销（不计）", Width: 9},
	{Name: "公示（不计）", Width: 9},
}

func cells(c Count) []any {
	var rate any
	if tenths, ok := c.Rate(); ok {
		rate = sheet.Percent(tenths)
	}
	return []any{
		c.Due,
		c.OnTime,
		c.Late,
		c.LateDays,
		c.Overdue,
		c.OverdueDays,
		c.Open,
		rate,
		c.Extended,
		c.Undelivered,
		c.Withdrawn,
		c.OnShow,
	}
}

// table is all counts in one table, for programs.
func (r Report) table() sheet.Sheet {
	s := sheet.Sheet{
		Columns: append(
			[]sheet.Column{{Name: "类别"}, {Name: "名称"}, {Name: "编号"}, {Name: "排名"}, {Name: byOthers}},
			counts...),
	}
	add := func(c Count, lead ...any) { s.Rows = append(s.Rows, append(lead, cells(c)...)) }
	add(r.Total, "合计", r.Span.Chinese(), r.Span.String(), nil, nil)
	for _, u := range r.Units {
		add(u.Count, "单位", u.Name, nil, ranked(u), u.Assists)
	}
	for _, o := range r.Obligations {
		add(o.Count, "事项", o.Title, o.ID, nil, nil)
	}
	return s
}

// ranked is a unit's rank as a cell.
func ranked(u Unit) any {
	if u.Rank == 0 {
		return nil
	}
	return u.Rank
}

func (r Report) totals() sheet.Sheet {
	s := sheet.Sheet{
		Name:    "概况",
		Title:   r.Title(),
		Columns: []sheet.Column{{Name: "项目", Width: 22}, {Name: "数值", Width: 90}},
	}
	for i, cell := range cells(r.Total) {
		s.Rows = append(s.Rows, []any{counts[i].Name, cell})
	}
	s.Rows = append(s.Rows, []any{"概述", r.Summary()}, []any{"编制单位", r.Office}, []any{"截至", r.Moment()})
	for i, n := range r.Notes() {
		s.Rows = append(s.Rows, []any{"说明" + strconv.Itoa(i+1), n})
	}
	return s
}

func (r Report) units() sheet.Sheet {
	s := sheet.Sheet{Name: "分单位", Title: r.Title() + "：分单位", Columns: []sheet.Column{{Name: "单位", Width: 26}}}
	if r.Ranked {
		s.Columns = append(s.Columns, sheet.Column{Name: "排名", Width: 7})
	}
	s.Columns = append(append(s.Columns, counts...), sheet.Column{Name: byOthers, Width: 13})
	for _, u := range r.Units {
		row := []any{u.Name}
		if r.Ranked {
			row = append(row, ranked(u))
		}
		s.Rows = append(s.Rows, append(append(row, cells(u.Count)...), u.Assists))
	}
	return s
}

func (r Report) obligations() sheet.Sheet {
	s := sheet.Sheet{
		Name:  "分事项",
		Title: r.Title() + "：分事项",
		Columns: append(
			[]sheet.Column{{Name: "任务序号", Width: 9}, {Name: "事项", Width: 36}, {Name: "编号", Width: 26}},
			counts...),
	}
	for _, o := range r.Obligations {
		s.Rows = append(s.Rows, append([]any{row(o.Row), o.Title, o.ID}, cells(o.Count)...))
	}
	return s
}

// row is a row of the table as a cell; the office's own obligations have none.
func row(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

func (r Report) deadlines() sheet.Sheet {
	s := sheet.Sheet{Name: "明细", Title: r.Title() + "：明细", Columns: []sheet.Column{
		{Name: "办结单位", Width: 24},
		{Name: "牵头单位", Width: 24},
		{Name: "责任单位", Width: 24},
		{Name: "事项", Width: 34},
		{Name: "任务序号", Width: 9},
		{Name: "到期日", Width: 12},
		{Name: "情况", Width: 12},
		{Name: "办结日", Width: 12},
		{Name: "逾期工作日", Width: 9},
		{Name: "暂定", Width: 7},
		{Name: "原到期日", Width: 12},
		{Name: "延期理由", Width: 24},
		{Name: "未送达单位", Width: 24},
		{Name: "公开网址或办理情况", Width: 30},
		{Name: "待办编号", Width: 30},
	}}
	for _, e := range r.Entries {
		var days, provisional any
		if e.Outcome == Late || e.Outcome == Overdue {
			days = e.Days
		}
		if e.Provisional {
			provisional = "暂定"
		}
		s.Rows = append(s.Rows, []any{
			strings.Join(e.Units, "、"),
			strings.Join(e.lead, "、"),
			strings.Join(e.responsible, "、"),
			e.Name(),
			row(e.Row),
			e.date,
			e.Standing(),
			e.ClosedDay(),
			days,
			provisional,
			e.Original,
			e.Reason,
			strings.Join(e.Undelivered, "、"),
			cmp.Or(e.URL, e.Note),
			e.Key,
		})
	}
	return s
}
