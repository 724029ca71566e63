package command

import (
	"strings"
	"testing"

	"qixian/cmd/internal/app"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
)

// TestExplainSpared holds that a date on record which is not the rule's is shown with the reason, and one that the office has extended is not.
func TestExplainSpared(t *testing.T) {
	on := func(day int) rules.Due {
		d := calendar.NewDate(2020, 2, day)
		return rules.Due{Date: d, Earliest: d}
	}
	o := rules.Occurrence{Due: on(1)}
	spared := app.Tracked{Deadline: scheduler.Deadline{State: scheduler.Open, Due: on(3)}}
	if got := strings.Join(onRecord(o, []app.Tracked{spared}), "\n"); !strings.Contains(got, "登记的到期日：2020年2月3日（星期一）。放假通知或推算办法变动时已来不及") {
		t.Errorf("it says %q", got)
	}
	extended := spared
	extended.ExtendedTo = calendar.NewDate(2020, 2, 10)
	for _, d := range []app.Tracked{extended, {Deadline: scheduler.Deadline{State: scheduler.Open, Due: on(1)}}} {
		if got := strings.Join(onRecord(o, []app.Tracked{d}), "\n"); strings.Contains(got, "来不及") {
			t.Errorf("it says %q", got)
		}
	}
}
