package scheduler_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// TestUrgentDutiesBreakIn records what cannot wait on a Saturday night, as the catalogue is shipped: the units are
// mailed at once, and the duty ends by the clock.
func TestUrgentDutiesBreakIn(t *testing.T) {
	for _, tt := range []struct {
		trigger, rule string
		hours         int
	}{
		{"heavy-pollution-forecast", "heavy-pollution-warning", 2},
		{"heavy-pollution-response-started", "heavy-pollution-measures", 24},
		{"flood-drought-reported", "flood-drought-warning", 2},
		{"emergency-progressed", "emergency-progress", 24},
		{"disaster-relief-needed", "disaster-relief-needs", 24},
		{"accident-happened", "accident-info.alert", 24},
		{"new-media-fault-found", "new-media-rectification", 24},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			r := newRig(t, storetest.Open(t, "sqlite"), shipped(t, 2018, contacts{}))
			r.pass("2018-07-06 09:00")
			happened, recorded := moment(t, "2018-07-07 23:10"), "2018-07-07 23:12"
			r.event(recorded, rules.Event{Trigger: tt.trigger, Unit: "泗店镇", At: happened})
			due := happened.Add(time.Duration(tt.hours) * time.Hour)
			brokenIn := slices.ContainsFunc(r.passAt(moment(t, recorded)), func(l scheduler.Letter) bool {
				return l.Kind == notify.Immediate && len(l.Items) == 1 &&
					strings.HasPrefix(l.Items[0].Key, tt.rule+"@") && l.Unit == "泗店镇"
			})
			if !brokenIn {
				t.Errorf("nobody in 泗店镇 was mailed at once")
			}
			ds, err := r.store.OpenDeadlines(t.Context(), 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, dl := range ds {
				if dl.Rule == tt.rule && !dl.Due.Instant.Equal(due) {
					t.Errorf("%s ends at %s, want %s", dl.Key, dl.Due.Instant, due)
				}
			}
		})
	}
}
