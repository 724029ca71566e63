package report

import (
	"bytes"
	"fmt"
	"strings"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules/calendar"
	"qixian/rules/wording"
	"qixian/scheduler/report/sheet"
)

// overviewFile is the workbook that goes along with the office's overview.
const overviewFile = "overview.xlsx"

// Overview returns the workbook that has all of an overview (启用总览); none if it is too large for a mail.
func (Writer) Overview(l compose.Letter) ([]notify.Attachment, error) {
	o := l.Overview
	p := sheet.Properties{Title: o.Table + "：启用总览", Creator: l.Office, At: l.At}
	var content bytes.Buffer
	if err := sheet.XLSX(&content, p, assumedSheet(o), changesSheet(o), triggersSheet(o), dueSheet(l)); err != nil {
		return nil, fmt.Errorf("write %s: %w", overviewFile, err)
	}
	if content.Len() > maxAttached {
		return nil, nil
	}
	return []notify.Attachment{{Name: overviewFile, Type: workbookType, Content: content.Bytes()}}, nil
}

// assumedSheet has room for what the office decides.
func assumedSheet(o *compose.Overview) sheet.Sheet {
	s := sheet.Sheet{Name: "表中未定的时限", Title: "表中未定、系统暂取的时限", Columns: []sheet.Column{
		{Name: "任务序号", Width: 9},
		{Name: "事项", Width: 30},
		{Name: "期限", Width: 20},
		{Name: wording.Basis, Width: 28},
		{Name: wording.Assumed, Width: 60},
		{Name: "请先核定", Width: 9},
		{Name: "核定意见", Width: 20},
	}}
	for _, a := range o.Assumed {
		var decide any
		if a.Decide {
			decide = "是"
		}
		s.Rows = append(s.Rows, []any{rowCell(a.Row), a.Title, a.Figure, a.Basis, a.Assumed, decide, nil})
	}
	return s
}

// rowCell is a number in the table; an addition of the office has none.
func rowCell(row int) any {
	if row == 0 {
		return nil
	}
	return row
}

func changesSheet(o *compose.Overview) sheet.Sheet {
	s := sheet.Sheet{Name: "新规", Title: "任务分解表印发后的新规和机构变化，请核对", Columns: []sheet.Column{
		{Name: "自何时起", Width: 12},
		{Name: "内容", Width: 70},
		{Name: "涉及事项", Width: 50},
		{Name: "涉及单位（表中名称）", Width: 30},
	}}
	for _, c := range o.Changes {
		s.Rows = append(s.Rows, []any{c.Since, c.Text, strings.Join(c.Of, "、"), strings.Join(c.Units, "、")})
	}
	return s
}

func triggersSheet(o *compose.Overview) sheet.Sheet {
	s := sheet.Sheet{Name: "起算事由", Title: "待登记的起算事由", Columns: []sheet.Column{
		{Name: wording.Occasion, Width: 60},
		{Name: "代号", Width: 36},
		{Name: "起算的事项数", Width: 14},
	}}
	for _, t := range o.Events {
		s.Rows = append(s.Rows, []any{t.Title, t.ID, t.N})
	}
	return s
}

func dueSheet(l compose.Letter) sheet.Sheet {
	s := sheet.Sheet{Name: "今后到期", Title: "至" + wording.Day(l.Overview.Until) + "到期", Columns: []sheet.Column{
		{Name: "到期日", Width: 12},
		{Name: "事项", Width: 40},
		{Name: "周期", Width: 30},
		{Name: wording.LeadUnits, Width: 40},
		{Name: "短号", Width: 9},
		{Name: "待办编号", Width: 44},
	}}
	for _, it := range l.Items {
		s.Rows = append(s.Rows, []any{
			calendar.DateOf(it.Due), it.Title, it.Period, strings.Join(it.Lead, "、"), rowCell(it.Number), it.Key,
		})
	}
	return s
}
