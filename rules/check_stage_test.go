package rules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"qixian/rules"
	"qixian/rules/document"
)

// stageForms are rules that leave all sorts of time, with the longest lead time, in days, that is tried on them.
var stageForms = []struct {
	rule string
	most int
}{
	{"every: week", 9},
	{"every: week, due: {weekday: wednesday}", 9},
	{"every: week, due: {following: true, weekday: friday}", 16},
	{"every: month", 33},
	{"every: month, due: {day: 10}", 14},
	{"every: month, due: {workday: 3}", 16},
	{"every: month, due: {following: true, day: 10}", 45},
	{"every: quarter, due: {month: 1, day: 15}", 20},
	{"every: quarter, due: {month: 2, workday: -1}", 64},
	{"every: quarter, due: {after_end: 5wd}", 110},
	{"every: quarter, due: {after_end: 15d}", 110},
	{"by: 01-15", 18},
	{"by: 03-10, roll: following", 76},
	{"after: policy-published, within: 5wd", 18},
	{"after: policy-published, within: 20wd", 46},
	{"after: policy-published, within: 10d", 20},
	{"after: policy-published, within: 1m", 42},
	{"after: policy-published, on_show: 7wd", 22},
}

// A stage that is refused because it would never fire must indeed never fire, in nine years and after an event on any
// day.
func TestRefusedStagesNeverFire(t *testing.T) {
	rulesOf, stageOf := map[string]string{}, map[string]string{}
	for i, f := range stageForms {
		for n := 1; n <= f.most; n++ {
			for _, clock := range []string{"wd", "d"} {
				id := fmt.Sprintf("form-%d-%d%s", i, n, clock)
				rulesOf[id], stageOf[id] = f.rule, fmt.Sprintf("%d%s", n, clock)
			}
		}
	}
	var b strings.Builder
	b.WriteString("obligations:\n")
	lines := []string{""}
	for id, rule := range rulesOf {
		lines = append(lines, id)
		fmt.Fprintf(
			&b,
			"  %s: {new: true, title: 甲, kind: statutory, basis: 乙, lead: [文庙街道], rule: {%s, stages: [%s, 0]}}\n",
			id,
			rule,
			stageOf[id],
		)
	}
	c, err := rules.Load(rules.Layer{Name: "base", FS: baseFiles(t)}, overrides(b.String()))
	ps, ok := errors.AsType[document.Problems](err)
	if !ok {
		t.Fatal(err)
	}
	refused := map[string]bool{}
	for _, p := range ps {
		if !strings.Contains(p.Message, "would never fire") {
			t.Fatal(p)
		}
		refused[lines[p.Line-1]] = true
	}
	for id := range firedStages(t, c) {
		if refused[id] {
			t.Errorf("stage %s of {%s} is refused and fires", stageOf[id], rulesOf[id])
		}
	}
	if share := len(refused) * 100 / len(rulesOf); share < 10 {
		t.Errorf("only %d %% of the stages are refused; the forms leave too much time to show anything", share)
	}
}

// firedStages plans nine years and events on two years' days, and returns the rules of which a stage before due fired.
func firedStages(t *testing.T, c *rules.Catalogue) map[string]bool {
	t.Helper()
	fired := map[string]bool{}
	p := rules.NewPlanner(c, loadCalendar(t), rules.Options{})
	note := func(os []rules.Occurrence, err error) {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range os {
			for _, r := range o.Reminders {
				if r.Stage != rules.OnDue {
					fired[o.Rule.ID] = true
				}
			}
		}
	}
	note(p.Occurrences(date(t, "2018-06-01"), date(t, "2026-11-30")))
	for at := moment(t, "2018-01-10T08:00"); at.Year() < 2020; at = at.Add(24 * time.Hour) {
		note(p.OnEvent(rules.Event{Trigger: "policy-published", At: at}))
	}
	return fired
}
