package rules_test

import (
	"errors"
	"os"
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

func loadCalendar(t testing.TB) *calendar.Calendar {
	t.Helper()
	c, _, err := calendar.Load(seeds.Calendar(), ".")
	if err != nil {
		t.Fatalf("load the embedded calendar:\n%v", err)
	}
	return c
}

// loadForms loads the catalogue that has every form of rule.
func loadForms(t testing.TB) *rules.Catalogue {
	t.Helper()
	c, err := rules.Load(rules.Layer{Name: "plan", FS: os.DirFS("testdata/plan"), Override: true})
	if err != nil {
		t.Fatalf("load testdata/plan:\n%v", err)
	}
	return c
}

func newForms(t testing.TB, o rules.Options) *rules.Planner {
	t.Helper()
	return rules.NewPlanner(loadForms(t), loadCalendar(t), o)
}

func date(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02T15:04", s, calendar.Zone())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// between plans a stretch of days and returns the occurrences of one rule, or of all if rule is empty.
func between(t testing.TB, p *rules.Planner, rule, from, to string) []rules.Occurrence {
	t.Helper()
	all, err := p.Occurrences(date(t, from), date(t, to))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(o rules.Occurrence) bool { return rule != "" && o.Rule.ID != rule })
}

// dates writes occurrences as "period due".
func dates(os []rules.Occurrence) []string {
	var out []string
	for _, o := range os {
		text := o.Period + " " + o.Due.Date.String()
		if o.Due.Provisional {
			text += " provisional from " + o.Due.Earliest.String()
		}
		out = append(out, strings.TrimSpace(text))
	}
	return out
}

// marks writes reminders as "stage time".
func marks(rs []rules.Reminder) []string {
	var out []string
	for _, r := range rs {
		text := r.Stage.String() + " " + r.At.Format("2006-01-02T15:04")
		if r.Immediate {
			text += " at once"
		}
		out = append(out, text)
	}
	return out
}

func TestDatesOfPeriods(t *testing.T) {
	p := newForms(t, rules.Options{})
	tests := []struct {
		rule, from, to string
		want           []string
	}{
		{
			"monthly",
			"2018-01-01",
			"2018-12-31",
			[]string{
				"2018-01 2018-01-31",
				"2018-02 2018-02-28",
				"2018-03 2018-03-30",
				"2018-04 2018-04-28",
				"2018-05 2018-05-31",
				"2018-06 2018-06-29",
				"2018-07 2018-07-31",
				"2018-08 2018-08-31",
				"2018-09 2018-09-30",
				"2018-10 2018-10-31",
				"2018-11 2018-11-30",
				"2018-12 2018-12-29",
			},
		},
		{"monthly", "2018-09-30", "2018-09-30", []string{"2018-09 2018-09-30"}},
		{"monthly", "2018-10-01", "2018-10-30", nil},
		// The week of 1 to 7 October 2018 has no working day: it falls due on the first one after it.
		{"weekly", "2018-09-24", "2018-10-14", []string{
			"2018-W39 2018-09-30", "2018-W40 2018-10-08", "2018-W41 2018-10-12",
		}},
		{"weekly", "2018-12-29", "2019-01-04", []string{"2018-W52 2018-12-29", "2019-W01 2019-01-04"}},
		{"weekly", "2020-12-28", "2021-01-10", []string{"2020-W53 2020-12-31", "2021-W01 2021-01-08"}},
		{"fridays", "2018-02-05", "2018-02-28", []string{
			"2018-W06 2018-02-09", "2018-W07 2018-02-14", "2018-W08 2018-02-23",
		}},
		{"quarterly", "2018-01-01", "2018-12-31", []string{
			"2018-Q1 2018-03-30", "2018-Q2 2018-06-29", "2018-Q3 2018-09-30", "2018-Q4 2018-12-29",
		}},
		{"half-yearly", "2018-01-01", "2018-12-31", []string{"2018-H1 2018-06-29", "2018-H2 2018-12-29"}},
		{"yearly", "2018-01-01", "2019-12-31", []string{"2018 2018-12-29", "2019 2019-12-31"}},
		{"tenth", "2018-02-01", "2018-03-31", []string{"2018-02 2018-02-09", "2018-03 2018-03-09"}},
		{
			"next-tenth",
			"2018-01-01",
			"2018-03-31",
			[]string{"2017-12 2018-01-10", "2018-01 2018-02-09", "2018-02 2018-03-09"},
		},
		{"quarter-start", "2018-01-01", "2018-12-31", []string{
			"2018-Q1 2018-01-15", "2018-Q2 2018-04-13", "2018-Q3 2018-07-13", "2018-Q4 2018-10-15",
		}},
		{"quarter-after", "2018-01-01", "2018-06-30", []string{"2017-Q4 2018-01-15", "2018-Q1 2018-04-16"}},
		{"quarter-after-workdays", "2018-01-01", "2018-12-31", []string{
			"2017-Q4 2018-01-08", "2018-Q1 2018-04-09", "2018-Q2 2018-07-06", "2018-Q3 2018-10-12",
		}},
		{"next-january", "2018-01-01", "2021-12-31", []string{
			"2017 2018-01-31", "2018 2019-01-31", "2019 2020-01-23", "2020 2021-01-29",
		}},
		{"first-workday", "2018-01-01", "2018-02-28", []string{"2018-01 2018-01-02", "2018-02 2018-02-01"}},
		{"first-workday", "2018-10-01", "2018-10-31", []string{"2018-10 2018-10-08"}},
		{"enrolment", "2018-01-01", "2018-12-31", []string{"2018 2018-07-31"}},
		{"year-end", "2018-01-01", "2018-12-31", []string{"2018 2018-12-29"}},
		{"first-half", "2018-01-01", "2018-12-31", []string{"2018 2018-07-02"}},
		{"once", "2018-01-01", "2020-12-31", []string{"2018 2018-12-29"}},
		{"quota", "2018-01-01", "2018-12-31", []string{"2018 2018-12-29"}},
		{"valid", "2018-01-01", "2018-12-31", []string{
			"2018-03 2018-03-30", "2018-04 2018-04-28", "2018-05 2018-05-31", "2018-06 2018-06-29",
		}},
		{"later", "2018-01-01", "2018-12-31", []string{"2018 2018-06-29"}},
		{"earlier", "2018-01-01", "2018-12-31", []string{"2018 2018-06-26"}},
		{"rolling", "2018-01-01", "2019-12-31", []string{"2018-01-05 2018-04-08"}},
		// A day named in October lands no earlier than October begins, whichever way it is named, unless somebody has
		// written that it does.
		{"the-fifth", "2025-09-01", "2025-11-01", []string{"2025-09 2025-09-05", "2025-10 2025-10-09"}},
		{"next-fifth", "2025-09-01", "2025-11-01", []string{"2025-08 2025-09-05", "2025-09 2025-10-09"}},
		{"the-fifth-preceding", "2025-09-01", "2025-11-01", []string{"2025-09 2025-09-05", "2025-10 2025-09-30"}},
		{
			"weekly",
			"2018-09-25",
			"2018-10-12",
			[]string{"2018-W39 2018-09-30", "2018-W40 2018-10-08", "2018-W41 2018-10-12"},
		},
		{
			"weekly-preceding",
			"2018-09-25",
			"2018-10-12",
			[]string{"2018-W39 2018-09-30", "2018-W40 2018-09-30", "2018-W41 2018-10-12"},
		},
		{
			"quarter-week",
			"2025-07-01",
			"2026-01-31",
			[]string{"2025-Q2 2025-07-07", "2025-Q3 2025-10-09", "2025-Q4 2026-01-07"},
		},
		{"quarter-week-preceding", "2023-07-01", "2023-12-31", []string{"2023-Q2 2023-07-07", "2023-Q3 2023-10-07"}},
		{"new-year", "2018-12-01", "2020-01-31", []string{"2019 2019-01-02", "2020 2020-01-02"}},
		{"by-new-year", "2018-12-01", "2020-01-31", []string{"2019 2018-12-29", "2020 2019-12-31"}},
		{"off", "2018-01-01", "2018-12-31", nil},
		// Nothing is known of 2027 yet.
		{
			"monthly",
			"2026-11-01",
			"2027-01-31",
			[]string{
				"2026-11 2026-11-30",
				"2026-12 2026-12-31 provisional from 2026-12-29",
				"2027-01 2027-01-29 provisional from 2027-01-29",
			},
		},
		{"new-year", "2026-12-01", "2027-01-31", []string{"2027 2027-01-04 provisional from 2027-01-01"}},
	}
	for _, tt := range tests {
		t.Run(tt.rule+" "+tt.from, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, dates(between(t, p, tt.rule, tt.from, tt.to))); diff != "" {
				t.Errorf("due dates (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSinceBeforeCoverage holds that a rolling rule whose first interval ended before anything is known does not spoil
// what is planned now.
func TestSinceBeforeCoverage(t *testing.T) {
	for _, interval := range []rules.Span{{N: 90, Clock: rules.CalendarDays}, {N: 20, Clock: rules.WorkingDays}, {N: 3, Clock: rules.Months}} {
		c := &rules.Catalogue{
			Obligations: []*rules.Obligation{
				{ID: "x", Rules: []rules.Rule{{ID: "x", Interval: interval, Since: date(t, "2017-01-05")}}},
			},
		}
		p := rules.NewPlanner(c, loadCalendar(t), rules.Options{})
		if os, err := p.Occurrences(date(t, "2026-01-01"), date(t, "2026-12-31")); err != nil || len(os) > 0 {
			t.Errorf("%s: %d occurrences, %v", interval, len(os), err)
		}
		if _, err := p.Occurrences(
			date(t, "2017-01-01"),
			date(t, "2017-12-31"),
		); !errors.Is(
			err,
			calendar.ErrBeforeCoverage,
		) {
			t.Errorf("%s: asked for 2017, it says %v", interval, err)
		}
	}
}

func TestTableYears(t *testing.T) {
	p := newForms(t, rules.Options{TableYears: []int{2019, 2021}})
	want := []string{"2019 2019-12-31", "2021 2021-12-31"}
	if diff := cmp.Diff(want, dates(between(t, p, "yearly", "2018-01-01", "2022-12-31"))); diff != "" {
		t.Errorf("due dates (-want +got):\n%s", diff)
	}
	if _, err := p.Find("yearly@2020", nil); err == nil {
		t.Error("a year that is not the table's was found")
	}
	if got := len(between(t, p, "quarterly", "2018-01-01", "2022-12-31")); got != 20 {
		t.Errorf("a rule of every year has %d occurrences, want 20", got)
	}
}

func TestUnitsAsOfTheDueDate(t *testing.T) {
	p := newForms(t, rules.Options{})
	for due, want := range map[string][]string{
		"2018-06-29": {"文庙街道"},
		"2018-07-31": {"文庙街道", "八仙桥街道"},
	} {
		o := between(t, p, "monthly", due, due)[0]
		if diff := cmp.Diff(want, o.Responsible); diff != "" {
			t.Errorf("responsible on %s (-want +got):\n%s", due, diff)
		}
		if diff := cmp.Diff(append([]string{"县环保局"}, want...), o.Reminders[0].Units); diff != "" {
			t.Errorf("told on %s (-want +got):\n%s", due, diff)
		}
	}
}

func TestBeforeCoverage(t *testing.T) {
	p := newForms(t, rules.Options{})
	_, err := p.Occurrences(date(t, "2016-01-01"), date(t, "2018-12-31"))
	if !errors.Is(err, calendar.ErrBeforeCoverage) {
		t.Errorf("planning 2016: %v, want ErrBeforeCoverage", err)
	}
	_, err = p.OnEvent(rules.Event{Trigger: "policy-published", At: moment(t, "2017-03-01T10:00")})
	if !errors.Is(err, calendar.ErrBeforeCoverage) {
		t.Errorf("an event of 2017: %v, want ErrBeforeCoverage", err)
	}
	if _, err := p.Occurrences(calendar.Date{}, date(t, "2018-12-31")); err == nil {
		t.Error("a range without a beginning was planned")
	}
}

// TestUncountableRuleHoldsUpNoOther plans a year with rules of which something cannot be reckoned: each is named, once,
// and all the rest is there.
func TestUncountableRuleHoldsUpNoOther(t *testing.T) {
	const monthly = "  monthly: {new: true, row: 0, title: 一, clause: 按月, kind: periodic, rule: {every: month}, lead: [县教育局], responsible: []}\n"
	layer := rules.Layer{
		Name:     "test",
		Override: true,
		FS: fstest.MapFS{
			"catalogue.yaml": {Data: []byte("units: {县教育局: {full_name: 宁阳县教育局}}\nobligations:\n" + monthly + `
  early: {new: true, row: 0, title: 二, clause: 按月, kind: periodic, rule: {every: half, due: {after_end: 200wd}}, lead: [县教育局], responsible: []}
  rolling: {new: true, row: 0, title: 三, clause: 定期, kind: periodic, rule: {interval: 300wd, since: 2017-06-05}, lead: [县教育局], responsible: []}
`)},
		},
	}
	c, err := rules.Load(layer)
	if err != nil {
		t.Fatal(err)
	}
	os, err := rules.NewPlanner(
		c,
		loadCalendar(t),
		rules.Options{},
	).Occurrences(
		date(t, "2018-01-01"),
		date(t, "2019-12-31"),
	)
	if !errors.Is(err, calendar.ErrBeforeCoverage) || len(strings.Split(err.Error(), "\n")) != 2 ||
		!strings.Contains(err.Error(), "reckon early@201") || !strings.Contains(err.Error(), "rolling@2017-06-05") {
		t.Errorf("reckoned with error: %v", err)
	}
	got := map[string]int{}
	for _, o := range os {
		got[o.Rule.ID]++
	}
	if diff := cmp.Diff(map[string]int{"monthly": 24, "early": 3}, got); diff != "" {
		t.Errorf("occurrences (-want +got):\n%s", diff)
	}
}
