package rules_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"qixian/rules"
)

// TestExplainQuotes holds that a clause with quotation marks in it is quoted with single ones inside.
func TestExplainQuotes(t *testing.T) {
	const table = "year: 2025\nunits: {县财政局: {}}\nobligations:\n" +
		"  yearly: {row: 0, title: 年度, clause: 坚持“谁公开谁审查”, kind: periodic, lead: [县财政局], rule: {every: year}}\n"
	c, err := rules.Load(rules.Layer{Name: "seeds", FS: fstest.MapFS{"a.yaml": {Data: []byte(table)}}})
	if err != nil {
		t.Fatal(err)
	}
	p := rules.NewPlanner(c, loadCalendar(t), rules.Options{})
	o, err := p.Find("yearly@2025", nil)
	if err != nil {
		t.Fatal(err)
	}
	if lines := p.Explain(o).Lines; !slices.Contains(lines, "任务要求：“坚持‘谁公开谁审查’”（本县增列事项）") {
		t.Errorf("%q", lines)
	}
}
