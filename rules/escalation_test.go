package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
)

func TestEscalation(t *testing.T) {
	p := newForms(t, rules.Options{})
	certain := rules.Due{Date: date(t, "2018-09-28"), Earliest: date(t, "2018-09-28")}
	provisional := rules.Due{Date: date(t, "2027-01-04"), Earliest: date(t, "2026-12-29"), Provisional: true}
	tests := []struct {
		due  rules.Due
		n    int
		want string
	}{
		{certain, 1, "2018-09-29T09:00"},
		{certain, 4, "2018-10-09T09:00"},
		{certain, 7, "2018-10-12T09:00"},
		{provisional, 1, "2027-01-05T09:00"},
	}
	for _, tt := range tests {
		if got := p.Escalation(tt.due, tt.n); !got.Equal(moment(t, tt.want)) {
			t.Errorf("working day %d after %s: %s, want %s", tt.n, tt.due.Date, got, tt.want)
		}
	}
}

func TestEscalationStages(t *testing.T) {
	n := 0
	for _, want := range []string{"late1", "late4", "late7", "late10"} {
		n = rules.NextEscalation(n, false)
		if got := rules.EscalationStage(n); got != want {
			t.Errorf("stage %s, want %s", got, want)
		}
		if got, ok := rules.ParseEscalation(want); got != n || !ok {
			t.Errorf("ParseEscalation(%s) = %d, %v", want, got, ok)
		}
	}
	for n := range 5 { // what is due at an hour is called for on every working day
		stage := rules.EscalationStage(rules.NextEscalation(n, true))
		if got, ok := rules.ParseEscalation(stage); got != n+1 || !ok {
			t.Errorf("by the hour %s follows day %d: day %d, %v", stage, n, got, ok)
		}
	}
	for n, want := range map[int]int{0: 1, 1: 4, 2: 4, 3: 4, 4: 7, 6: 7, 7: 10} {
		if got := rules.NextEscalation(n, false); got != want {
			t.Errorf("the escalation after day %d is on day %d, want %d", n, got, want)
		}
	}
	for _, s := range []string{"late", "late0", "late01", "late+1", "late-2", "lat1", "5wd", "0", ""} {
		if n, ok := rules.ParseEscalation(s); ok {
			t.Errorf("%q was read as the escalation of day %d", s, n)
		}
	}
}

func TestWorkdaysLeft(t *testing.T) {
	p := newForms(t, rules.Options{})
	due := rules.Due{Date: date(t, "2018-09-30")}
	for on, want := range map[string]int{"2018-09-21": 6, "2018-09-29": 1, "2018-09-30": 0, "2018-10-07": 0, "2018-10-08": -1} {
		if got := p.WorkdaysLeft(date(t, on), due); got != want {
			t.Errorf("on %s %d working days are left, want %d", on, got, want)
		}
	}
}

func TestExtended(t *testing.T) {
	p := newForms(t, rules.Options{})
	o, err := p.Find("monthly@2018-09", nil)
	if err != nil {
		t.Fatal(err)
	}
	later, err := p.Extended(o, date(t, "2018-10-13")) // a Saturday
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"5wd 2018-09-30T09:00", "2wd 2018-10-10T09:00", "0 2018-10-12T09:00"}
	if diff := cmp.Diff(want, marks(later.Reminders)); diff != "" {
		t.Errorf("reminders (-want +got):\n%s", diff)
	}
	if later.Due.Date != date(t, "2018-10-13") || later.Due.Provisional || o.Due.Date == later.Due.Date {
		t.Errorf("due %+v, from %+v", later.Due, o.Due)
	}
	e := rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-02-14T20:30")}
	if o, err = p.Find("recall@"+e.ID(), []rules.Event{e}); err != nil {
		t.Fatal(err)
	}
	if later, err = p.Extended(o, date(t, "2018-02-24")); err != nil {
		t.Fatal(err)
	}
	want = []string{"record 2018-02-22T09:00", "2h 2018-02-24T09:00"}
	if diff := cmp.Diff(want, marks(later.Reminders)); diff != "" {
		t.Errorf("an hour rule extended to a date (-want +got):\n%s", diff)
	}
}
