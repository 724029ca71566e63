package report_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"qixian/scheduler/report"
)

// TestRecordedLate marks what was late when it was recorded, wherever the report lists it, and says what the mark means;
// no figure is another for it.
func TestRecordedLate(t *testing.T) {
	b := brief(t)
	plain := report.New(b)
	for i, a := range b.Accounts {
		if a.Obligation == "recall" || a.Obligation == "draft" { // the latter is on show, and never late
			b.Accounts[i].Event, b.Accounts[i].OpenedAt = "e0123456789", clock(11, 1, 9)
		}
	}
	marked := report.New(b)
	if marked.Total != plain.Total || len(marked.Units) != len(plain.Units) {
		t.Errorf("the mark changes figures: %+v, %+v", marked.Total, plain.Total)
	}
	for _, e := range marked.Entries {
		want := ""
		if e.Obligation == "recall" {
			want = "登记时已逾期"
			if e.DueDay() != "2018年10月12日21:00" || e.Standing() != "逾期办结（登记时已逾期）" {
				t.Errorf("%s is due %s, %s", e.Key, e.DueDay(), e.Standing())
			}
		}
		if e.Mark() != want {
			t.Errorf("%s is marked %q, want %q", e.Key, e.Mark(), want)
		}
	}
	var page strings.Builder
	data, err := json.Marshal(marked)
	if err = errors.Join(err, marked.HTML(&page)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), `10月12日21:00<small class="under">登记时已逾期</small>`) ||
		strings.Count(string(data), `"late_when_recorded":true`) != 1 {
		t.Errorf("page and data do not mark it once")
	}
	said := func(r report.Report) bool {
		return strings.Contains(strings.Join(r.Notes(), "\n"), "登记时已逾期”的（1项）")
	}
	if !said(marked) || said(plain) {
		t.Errorf("the mark is not explained:\n%s", strings.Join(marked.Notes(), "\n"))
	}
}
