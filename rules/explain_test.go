package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
)

// TestExplain holds the whole account of one occurrence of every form. Read a golden file as the clerk who is told it
// on the telephone.
func TestExplain(t *testing.T) {
	p := newForms(t, rules.Options{})
	policy := rules.Event{
		Trigger: "policy-published",
		At:      moment(t, "2018-02-14T20:00"),
		Unit:    "县政府办公室",
		Ref:     "宁政发〔2018〕2号",
		Title:   "关于春耕生产的意见",
	}
	late := rules.Event{Trigger: "policy-published", At: moment(t, "2026-12-04T10:00")}
	summer := rules.Event{Trigger: "policy-published", At: moment(t, "2018-08-31T10:00")}
	recall := rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-02-14T20:00")}
	posted := rules.Event{Trigger: "notice-posted", At: moment(t, "2018-09-21T09:00")}
	filed := rules.Event{Trigger: "done:case.publish", At: moment(t, "2018-03-06T15:00")}
	meeting := rules.Event{
		Trigger:   "meeting-held",
		At:        moment(t, "2018-02-26T14:00"),
		Announced: moment(t, "2018-02-05T10:00"),
	}
	updated := rules.Event{Trigger: "done:rolling", At: moment(t, "2018-04-02T15:00")}
	events := []rules.Event{policy, late, summer, recall, posted, filed, meeting, updated}
	tests := []struct{ name, key string }{
		{"month", "monthly@2018-09"},
		{"month-end-of-year", "monthly@2018-12"},
		{"month-provisional", "monthly@2027-01"},
		{"week-without-a-working-day", "weekly@2018-W40"},
		{"first-working-day", "first-workday@2018-10"},
		{"day-of-month", "tenth@2018-02"},
		{"after-the-quarter", "quarter-after-workdays@2018-Q3"},
		{"following-january", "next-january@2019"},
		{"kept-in-its-period", "the-fifth@2025-10"},
		{"kept-on-its-first-day", "new-year@2019"},
		{"rolled-out-of-its-period", "the-fifth-preceding@2025-10"},
		{"after-the-quarter-days", "quarter-week@2025-Q3"},
		{"fixed-date-in-january", "by-january@2019"},
		{"fixed-date", "enrolment@2018"},
		{"fixed-date-on-a-holiday", "year-end@2018"},
		{"fixed-date-following", "first-half@2018"},
		{"quota", "quota@2018"},
		{"later-of", "later@2018"},
		{"working-days", "interpretation@" + policy.ID()},
		{"twenty-working-days", "disclosure@" + policy.ID()},
		{"twenty-working-days-provisional", "disclosure@" + late.ID()},
		{"sixty-working-days", "sixty-workdays@" + policy.ID()},
		{"calendar-days", "thirty-days@" + summer.ID()},
		{"months", "three-months@" + policy.ID()},
		{"hours", "recall@" + recall.ID()},
		{"on-show", "on-show@" + posted.ID()},
		{"chained", "case.show@" + filed.ID()},
		{"before", "three-ahead@" + meeting.ID()},
		{"rolling-first", "rolling@2018-01-05"},
		{"rolling-next", "rolling@" + updated.ID()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := p.Find(tt.key, events)
			if err != nil {
				t.Fatal(err)
			}
			explained(t, tt.name, p.Explain(o))
		})
	}
	t.Run("extended", func(t *testing.T) {
		o, err := p.Find("monthly@2018-09", nil)
		if err != nil {
			t.Fatal(err)
		}
		x, err := p.ExplainExtended(o, rules.Extension{
			Was: o.Due, To: date(t, "2018-10-12"), At: date(t, "2018-10-08").At(10 * time.Hour), Reason: "等数据",
		})
		if err != nil {
			t.Fatal(err)
		}
		explained(t, "extended", x)
	})
}

func explained(t *testing.T, name string, x rules.Explanation) {
	t.Helper()
	got := "short: " + x.Short + "\nprovisional: " + x.Provisional + "\n\n" + strings.Join(x.Lines, "\n") + "\n"
	path := filepath.Join("testdata", "explain", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
}
