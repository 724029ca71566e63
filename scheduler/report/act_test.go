package report_test

import (
	"strings"
	"testing"

	"qixian/scheduler/report"
)

// TestWhatWasReported holds that a report shows what a unit reported: the link of what was published, and of what was
// handled or prepared the note.
func TestWhatWasReported(t *testing.T) {
	b := brief(t)
	for i, a := range b.Accounts {
		if a.Obligation == "budget" {
			b.Accounts[i].History.Completions[0].URL, b.Accounts[i].History.Completions[0].Note = "", "已书面答复申请人"
		}
	}
	r := report.New(b)
	book := cellsOf(t, render(t, r, "xlsx"))
	for _, want := range []string{
		"未送达单位|公开网址或办理情况|待办编号", "|https://www.example.invalid/water|", "|已书面答复申请人|budget@2018-10",
	} {
		if !strings.Contains(book, want) {
			t.Errorf("the workbook does not say %q:\n%s", want, book)
		}
	}
	if json := string(render(t, r, "json")); !strings.Contains(json, `"note": "已书面答复申请人"`) {
		t.Errorf("the note is missing in\n%s", json)
	}
}
