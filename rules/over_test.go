package rules_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
)

// TestDoubts names duties that are over, by their own words or by the table's years, and rolls with nothing to roll;
// and nothing else. Of the table as it is shipped that is the one duty of 2018 alone.
func TestDoubts(t *testing.T) {
	c, err := rules.Load(rules.Layer{FS: fstest.MapFS{"over.yaml": {Data: []byte(`
units: {县财政局: {full_name: 宁阳县财政局}}
triggers: {policy-published: {title: 政策文件公布}}
obligations:
  once: {new: true, row: 0, title: t, clause: t, kind: fixed, lead: [县财政局], rule: {by: 2025-11-30}}
  once-to-come: {new: true, row: 0, title: t, clause: t, kind: fixed, lead: [县财政局], rule: {by: 2026-11-30}}
  once-landed-before: {new: true, row: 0, title: t, clause: t, kind: fixed, lead: [县财政局], rule: {by: 2026-11-29}}
  until-past: {new: true, row: 0, title: t, clause: t, kind: periodic, lead: [县财政局], rule: {every: month, until: 2026-06-30}}
  until-soon: {new: true, row: 0, title: t, clause: t, kind: periodic, lead: [县财政局], rule: {every: year, until: 2026-12-15}}
  until-later: {new: true, row: 0, title: t, clause: t, kind: periodic, lead: [县财政局], rule: {every: month, until: 2026-12-31}}
  event-past: {new: true, row: 0, title: t, clause: t, kind: after-event, lead: [县财政局], rule: {after: policy-published, within: 3d, until: 2026-06-30}}
  event: {new: true, row: 0, title: t, clause: t, kind: after-event, lead: [县财政局], rule: {after: policy-published, within: 3d}}
  table: {new: true, row: 0, title: t, clause: t, kind: fixed, lead: [县财政局], rule: {by: "12-31", years: table}}
  yearly: {new: true, row: 0, title: t, clause: t, kind: fixed, lead: [县财政局], rule: {by: "01-05"}}
  chosen: {new: true, row: 0, title: t, clause: t, kind: fixed, lead: [县财政局], rule: {later_of: [{by: 2025-06-30}, {every: year, due: {workday: 3}}]}}
  succeeded: {new: true, row: 0, title: t, clause: t, kind: periodic, lead: [县财政局], rules: {old: {every: month, until: 2019-03-31}, now: {every: month, from: 2019-04-01}}}
  off: {new: true, row: 0, title: t, clause: t, kind: fixed, lead: [县财政局], rule: {by: 2025-11-30}, disable: 已完成}
  idle: {new: true, row: 0, title: t, clause: t, kind: periodic, lead: [县财政局], rule: {every: month, due: {workday: 3}, roll: following}}
  idle-count: {new: true, row: 0, title: t, clause: t, kind: after-event, lead: [县财政局], rule: {after: policy-published, within: 3wd, roll: preceding}}
  shown: {new: true, row: 0, title: t, clause: t, kind: on-show, lead: [县财政局], rule: {after: policy-published, on_show: 10d, roll: preceding}}
  ahead: {new: true, row: 0, title: t, clause: t, kind: before-event, lead: [县财政局], rule: {before: policy-published, ahead: 3d, roll: following}}
  busy: {new: true, row: 0, title: t, clause: t, kind: periodic, lead: [县财政局], rule: {every: week, roll: preceding}}
`)}}, Override: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range rules.NewPlanner(c, loadCalendar(t), rules.Options{TableYears: []int{2024, 2025}}).Doubts(date(t, "2026-11-29")) {
		got = append(got, p.Error())
	}
	want := []string{
		"over.yaml:21:135: roll: following may lead to the day of the event, or past it",
		"over.yaml:15:85: chosen never falls due again: by names the year 2025, and is past",
		"over.yaml:11:140: event-past never falls due again: until 2026-06-30 is past",
		"over.yaml:18:126: roll: following has nothing to do: the rule counts working days, and ends on one",
		"over.yaml:19:140: roll: preceding has nothing to do: the rule counts working days, and ends on one",
		"over.yaml:5:88: once never falls due again: by names the year 2025, and is past",
		"over.yaml:7:102: once-landed-before never falls due again: by names the year 2026, and is past",
		"over.yaml:20:132: roll: preceding ends a time on show before it is over",
		"over.yaml:13:105: table never falls due again: years: table holds in the years of table_years, the last of which is 2025",
		"over.yaml:8:114: until-past never falls due again: until 2026-06-30 is past",
		"over.yaml:9:113: until-soon never falls due again: nothing falls due any more until 2026-12-15",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("doubts (-want +got):\n%s", diff)
	}
	shipped := rules.NewPlanner(loadTable(t), loadCalendar(t), rules.Options{}).Doubts(date(t, "2026-11-29"))
	if len(shipped) != 2 || !strings.Contains(shipped[0].Message, "regulation-anniversary never falls due again") ||
		!strings.HasPrefix(shipped[1].Message, "the table is of 2018: ") {
		t.Errorf("of the table as it is shipped: %v", shipped)
	}
}
