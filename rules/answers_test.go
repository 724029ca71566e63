package rules_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
)

const answersYAML = `
units: {县政府办公室: {}, 县环保局: {}, 县教育局: {}}
triggers: {policy-published: {title: 政策文件公布}, recall-ordered: {title: 责令召回}, notice-posted: {title: 公示开始}}
obligations:
  own: {row: 0, title: 谁起草谁解读, clause: 解读, kind: after-event, lead: [县政府办公室], responsible: [县环保局, 县教育局], rule: {after: policy-published, within: 20wd}}
  joint: {row: 0, title: 汇总, clause: 汇总, kind: after-event, answers: lead, lead: [县政府办公室], responsible: [县环保局, 县教育局], rule: {after: policy-published, within: 20wd}}
  all: {row: 0, title: 各自, clause: 各自, kind: after-event, per: unit, lead: [县政府办公室], responsible: [县环保局, 县教育局], rule: {after: policy-published, within: 20wd}}
  guided: {row: 0, title: 指导, clause: 指导, kind: after-event, per: unit, answers: responsible, lead: [县政府办公室], responsible: [县环保局, 县教育局], rule: {after: policy-published, within: 20wd}}
  hours: {row: 0, title: 召回, clause: 召回, kind: after-event, lead: [县政府办公室], responsible: [县环保局], rule: {after: recall-ordered, within: 24h}}
  show: {row: 0, title: 公示, clause: 公示, kind: on-show, lead: [县政府办公室], responsible: [县环保局], rule: {after: notice-posted, on_show: 10d}}
  monthly: {row: 0, title: 按月, clause: 按月, kind: periodic, lead: [县政府办公室], responsible: [县环保局], rule: {every: month}}
  quota: {row: 0, title: 两次, clause: 两次, kind: quota, lead: [县政府办公室], responsible: [县环保局], rule: {every: year, at_least: 2}}
`

// Who answers gets every stage, a lead unit that does not answer gets none, and who takes part gets the first and the
// last.
func TestAnswering(t *testing.T) {
	c, err := rules.Load(rules.Layer{Name: "t", FS: fstest.MapFS{"a.yaml": {Data: []byte(answersYAML)}}})
	if err != nil {
		t.Fatal(err)
	}
	p := rules.NewPlanner(c, loadCalendar(t), rules.Options{})
	short := strings.NewReplacer("县政府办公室", "office", "县环保局", "epa", "县教育局", "edu")
	tests := []struct {
		rule, trigger, unit string
		lead, answering     string
		stages              string
	}{
		{
			"own",
			"policy-published",
			"",
			"office",
			"office",
			"record[office epa edu] 5wd[office] 1wd[office] 0[office epa edu]",
		},
		{"own", "policy-published", "县环保局", "office", "epa", "record[epa] 5wd[epa] 1wd[epa] 0[epa]"},
		{"own", "policy-published", "县政府办公室", "office", "office", "record[office] 5wd[office] 1wd[office] 0[office]"},
		{
			"joint",
			"policy-published",
			"县环保局",
			"office",
			"office",
			"record[office epa] 5wd[office] 1wd[office] 0[office epa]",
		},
		{
			"all",
			"policy-published",
			"",
			"office",
			"office epa edu",
			"record[office epa edu] 5wd[office epa edu] 1wd[office epa edu] 0[office epa edu]",
		},
		{"all", "policy-published", "县环保局", "", "epa", "record[epa] 5wd[epa] 1wd[epa] 0[epa]"},
		{
			"guided",
			"policy-published",
			"",
			"office",
			"epa edu",
			"record[epa edu] 5wd[epa edu] 1wd[epa edu] 0[epa edu]",
		},
		{"guided", "policy-published", "县环保局", "office", "epa", "record[epa] 5wd[epa] 1wd[epa] 0[epa]"},
		{"hours", "recall-ordered", "县环保局", "office", "epa", "record[epa] 12h[epa] 2h[epa]"},
		{"hours", "recall-ordered", "", "office", "office", "record[office epa] 12h[office] 2h[office epa]"},
		{"show", "notice-posted", "县环保局", "office", "epa", "record[epa] 0[epa]"},
		{"monthly", "", "", "office", "office", "5wd[office epa] 2wd[office] 0[office epa]"},
		{
			"quota",
			"",
			"",
			"office",
			"office",
			"half[office epa] 20wd[office] 10wd[office] 5wd[office] 1wd[office] 0[office epa]",
		},
	}
	for _, tt := range tests {
		t.Run(tt.rule+" "+tt.unit, func(t *testing.T) {
			os, err := p.Occurrences(date(t, "2018-12-01"), date(t, "2018-12-31"))
			if tt.trigger != "" {
				os, err = p.OnEvent(rules.Event{Trigger: tt.trigger, Unit: tt.unit, At: moment(t, "2018-03-07T10:00")})
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range os {
				if o.Rule.ID != tt.rule {
					continue
				}
				later, err := p.Extended(o, o.Due.Date.AddDays(90))
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range []rules.Occurrence{o, later} {
					var stages []string
					for _, r := range o.Reminders {
						stages = append(stages, r.Stage.String()+"["+strings.Join(r.Units, " ")+"]")
					}
					got := []string{
						strings.Join(o.Lead, " "),
						strings.Join(o.Answering, " "),
						strings.Join(stages, " "),
					}
					if tt.trigger == "recall-ordered" && o.Due.Instant.IsZero() {
						got[2] = tt.stages // an hour rule that was extended runs to the end of a day, by other stages
					}
					for i := range got {
						got[i] = short.Replace(got[i])
					}
					if diff := cmp.Diff([]string{tt.lead, tt.answering, tt.stages}, got); diff != "" {
						t.Errorf("lead, answering and stages (-want +got):\n%s", diff)
					}
				}
				return
			}
			t.Fatal("nothing was opened")
		})
	}
}

// TestGuidedNeedsUnits holds what answers: responsible needs, and that a lead unit's event starts nothing of it.
func TestGuidedNeedsUnits(t *testing.T) {
	for _, change := range []string{"per: obligation", "responsible: []"} {
		_, err := loadWith(t, "obligations: {village-affairs-quarterly: {"+change+"}}")
		if err == nil || !strings.Contains(err.Error(), "answers: responsible needs per: unit, and responsible units") {
			t.Errorf("%s: %v", change, err)
		}
	}
	p := rules.NewPlanner(loadTable(t), loadCalendar(t), rules.Options{})
	for unit, want := range map[string]int{"县民政局": 0, "泗店镇": 2} {
		os, err := p.OnEvent(rules.Event{
			Trigger: "village-matter-decided", Unit: unit, At: moment(t, "2018-03-07T10:00"),
		})
		if err != nil || len(os) != want {
			t.Errorf("%s: %d occurrences, want %d: %v", unit, len(os), want, err)
		}
	}
}

// TestWhoAnswersInTheTable holds whose event's unit does not answer: where the clause speaks of the county's warnings,
// debts, lists and accidents, which the lead units publish for all, whatever unit reports.
func TestWhoAnswersInTheTable(t *testing.T) {
	var byLead []string
	for _, o := range loadTable(t).Obligations {
		if o.Answers == rules.AnswersLead {
			byLead = append(byLead, o.ID)
		}
	}
	slices.Sort(byLead)
	want := []string{
		"accident-info", "administrative-power-adjustment", "flood-drought-warning", "gazette-publication",
		"government-debt", "heavy-pollution-measures", "heavy-pollution-warning", "one-visit-list", "safety-blacklist",
	}
	if diff := cmp.Diff(want, byLead); diff != "" {
		t.Errorf("answered for by the lead units (-want +got):\n%s", diff)
	}
}
