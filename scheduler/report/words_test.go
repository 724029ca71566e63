package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"qixian/scheduler/report"
)

// TestOneNameEach holds every form of a report to one name for each thing: who closes a duty, what is counted, what was
// extended, where the duty is in the table.
func TestOneNameEach(t *testing.T) {
	r := report.New(brief(t))
	page := strings.ReplaceAll(string(render(t, r, "html")), "<wbr>", "")
	for format, text := range map[string]string{
		"html": page,
		"csv":  string(render(t, r, "csv")),
		"xlsx": cellsOf(t, render(t, r, "xlsx")),
	} {
		for _, old := range []string{"协办", "配合", "应办结", "行号", "提醒未送达", "其中延期", "期限情况通报"} {
			if strings.Contains(text, old) {
				t.Errorf("%s says %s", format, old)
			}
		}
		for _, want := range []string{"纳入统计", "经批准延期", "未送达", "由他单位办结"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %s", format, want)
			}
		}
	}
	book := cellsOf(t, render(t, r, "xlsx"))
	for _, want := range []string{
		"2018年10月政务公开事项按期办理情况通报",
		"办结单位|牵头单位|责任单位|事项|任务序号",
		"县扶贫办||县扶贫办|扶贫资金使用情况", // nobody leads: the responsible unit answers
		"保留一位小数，其后舍去，因此100.0%表示没有一项逾期",
	} {
		if !strings.Contains(book, want) {
			t.Errorf("the workbook does not say %q:\n%s", want, book)
		}
	}
	if !strings.Contains(page, "第22项　air@2018-10") ||
		!strings.Contains(page, "10月12日21:00") {
		t.Error("the page lacks the number in the table, or a time right after its day")
	}
}

// cellsOf returns all that stands in a workbook, a line to each row.
func cellsOf(t *testing.T, book []byte) string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var b strings.Builder
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			fmt.Fprintln(&b, strings.Join(row, "|"))
		}
	}
	return b.String()
}
