package rules_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/seeds"
)

// loadWith loads the catalogue as it is shipped, under an override.
func loadWith(t *testing.T, override string) (*rules.Catalogue, error) {
	t.Helper()
	return rules.Load(
		rules.Layer{Name: "seeds", FS: seeds.Catalogue()},
		rules.Layer{
			Name:     "overrides.d",
			FS:       fstest.MapFS{"10.yaml": {Data: []byte(override)}},
			Override: true,
		},
	)
}

// reportsOf returns the keys of the annual reports that fall due in 2026.
func reportsOf(t *testing.T, c *rules.Catalogue) []string {
	t.Helper()
	os, err := rules.NewPlanner(c, loadCalendar(t), rules.Options{}).Occurrences(
		calendar.NewDate(2026, time.January, 1), calendar.NewDate(2026, time.December, 31))
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range os {
		if strings.HasPrefix(o.Key, "annual-report-") {
			keys = append(keys, o.Key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Rows 45 and 150 speak of one annual report: it is one duty, that quotes both.
func TestOneReportIsOneDuty(t *testing.T) {
	c := loadTable(t)
	want := []string{"annual-report-proposals-units.law-2019@2025", "annual-report-proposals@2025"}
	if diff := cmp.Diff(want, reportsOf(t, c)); diff != "" {
		t.Errorf("annual reports of 2026 (-want +got):\n%s", diff)
	}
	p := rules.NewPlanner(c, loadCalendar(t), rules.Options{})
	o, err := p.Find(want[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Join(p.Explain(o).Lines, "\n")
	for _, said := range []string{"第45", "第150", "主动公开目录建设及公开情况", "建议和提案办理结果公开情况"} {
		if !strings.Contains(lines, said) {
			t.Errorf("the explanation does not say %s:\n%s", said, lines)
		}
	}
	_, err = p.Find("annual-report-catalogue-units.law-2019@2025", nil)
	if err == nil || !strings.Contains(err.Error(), "is part of annual-report-proposals-units") {
		t.Errorf("a key of before says %v", err)
	}
}

// An office that wants two reports gives the part a rule of its own; one that disables a part has it named no more.
func TestPartsAreTheOfficesToChange(t *testing.T) {
	c, err := loadWith(t, "obligations: {annual-report-catalogue: {rule: {by: 03-15}}}")
	if err != nil {
		t.Fatal(err)
	}
	if got := reportsOf(t, c); !slices.Contains(got, "annual-report-catalogue@2026") {
		t.Errorf("with a rule of its own, the part is not due: %v", got)
	}
	c, err = loadWith(t, "obligations: {annual-report-catalogue: {disable: 另行公布}}")
	if err != nil {
		t.Fatal(err)
	}
	if o, _ := c.Obligation("annual-report-proposals"); len(o.Parts) > 0 {
		t.Errorf("a disabled part is still part of %s", o.ID)
	}
	c, err = loadWith(t, "obligations: {annual-report-proposals: {disable: 另行公布}}")
	if err != nil {
		t.Fatal(err)
	}
	doubts := rules.NewPlanner(c, loadCalendar(t), rules.Options{}).Doubts(calendar.NewDate(2026, time.January, 5))
	if !strings.Contains(
		doubts.Error(),
		"annual-report-catalogue is part of annual-report-proposals, which is disabled",
	) {
		t.Errorf("nobody says that the part is asked of nobody: %v", doubts)
	}
}

// What law asks for beside the table is marked, names its article and its row, has the law's figure, and is switched
// off by one word.
func TestAdditions(t *testing.T) {
	figures := map[string]string{
		"budget-government":           "20d",
		"budget-departments":          "20d",
		"land-requisition-prenotice":  "10wd",
		"land-compensation-plan-show": "30d",
		"land-requisition-notice":     "15wd",
		"penalty-withdrawal":          "3wd",
	}
	c := loadTable(t)
	got := map[string]string{}
	for _, o := range c.Obligations {
		if !o.Addition {
			continue
		}
		if got[o.ID] = o.Rules[0].Within.String(); o.Rules[0].Within.IsZero() {
			got[o.ID] = o.Rules[0].OnShow.String()
		}
		if o.Row == 0 || !strings.Contains(o.Basis, "第") || !strings.HasPrefix(o.Note, "表中未写时间") {
			t.Errorf("%s: row %d, basis %q, note %q", o.ID, o.Row, o.Basis, o.Note)
		}
	}
	if diff := cmp.Diff(figures, got); diff != "" {
		t.Errorf("additions (-want +got):\n%s", diff)
	}
	before := len(c.Obligations)
	c.DisableAdditions("不采用")
	for _, o := range c.Obligations {
		if o.Addition != (o.Disabled != "") {
			t.Errorf("%s: addition %v, disabled %q", o.ID, o.Addition, o.Disabled)
		}
	}
	p := rules.NewPlanner(c, loadCalendar(t), rules.Options{})
	os, err := p.OnEvent(rules.Event{Trigger: "budget-approved", At: moment(t, "2026-01-20T10:00")})
	if err != nil || len(os) > 0 || len(c.Obligations) != before {
		t.Errorf("switched off, the budget still starts %v (%v)", os, err)
	}
}

// Each change since the table is told once, with all that it is about: laws before bureaus, the oldest first.
func TestReviews(t *testing.T) {
	c := loadTable(t)
	rs := c.Reviews()
	units := slices.IndexFunc(rs, func(r rules.Reviewed) bool { return len(r.Obligations) == 0 })
	for _, part := range [][]rules.Reviewed{rs[:units], rs[units:]} {
		if !slices.IsSortedFunc(part, func(a, b rules.Reviewed) int { return strings.Compare(a.Since, b.Since) }) {
			t.Errorf("reviews are out of order: %v", part)
		}
	}
	about := map[string]string{}
	for _, r := range rs {
		if r.Since == "" || r.Change == "" || len(r.Obligations)+len(r.Units) == 0 {
			t.Errorf("review %+v is empty", r)
		}
		for _, o := range r.Obligations {
			about[o.ID] = r.Since
		}
		for _, u := range r.Units {
			about[u] = r.Since
		}
	}
	for id, since := range map[string]string{
		"decision-draft": "2019-09-01", "hotline-case": "2020-01", "project-permit-penalty": "2021-07-15",
		"flood-drought-warning": "2024-11-01", "village-finances-monthly": "2026-01-01",
		"heavy-pollution-warning": "2026-08-15", "县环保局": "2018", "人行宁阳县支行": "2023",
	} {
		if about[id] != since {
			t.Errorf("%s has changed since %q, want %s", id, about[id], since)
		}
	}
	c, err := loadWith(t, "obligations: {decision-draft: {review: false}}\nunits: {县环保局: {review: false}}")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Reviews() {
		if slices.Contains(r.Units, "县环保局") ||
			slices.ContainsFunc(r.Obligations, func(o *rules.Obligation) bool { return o.ID == "decision-draft" }) {
			t.Errorf("what the office has looked at is listed again: %+v", r)
		}
	}
}
