package scheduler_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler/store/storetest"
	"qixian/seeds"
)

// TestUrgentDutiesBreakIn records what cannot wait on a Saturday night, as the catalogue is shipped: those who answer are
// mailed at once, nobody else is, and the duty ends by the clock.
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
			var mailed []string
			for _, l := range r.passAt(moment(t, recorded)) {
				if l.Kind == notify.Immediate && strings.HasPrefix(l.Items[0].Key, tt.rule+"@") {
					mailed = append(mailed, l.Unit)
				}
			}
			ds, err := r.store.OpenDeadlines(t.Context(), 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			var answering []string
			for _, dl := range ds {
				if dl.Rule == tt.rule {
					answering = append(answering, dl.Answering...)
				}
				if dl.Rule == tt.rule && !dl.Due.Instant.Equal(due) {
					t.Errorf("%s ends at %s, want %s", dl.Key, dl.Due.Instant, due)
				}
			}
			slices.Sort(mailed)
			slices.Sort(answering)
			diff(t, "mailed at once", mailed, answering)
			if len(answering) == 0 {
				t.Error("nobody answers")
			}
		})
	}
}

// TestStricterFiguresAccuseNobody upgrades a catalogue under open deadlines: a figure that has become hours, or days
// fewer, makes nothing late that was in time. It is due on the next working day, the unit is told once, and a second
// look changes nothing.
func TestStricterFiguresAccuseNobody(t *testing.T) {
	before := layer("before", `
obligations:
  flood-drought-warning: {rule: {within: 20wd}}
  meeting-decisions: {rule: {within: 20wd}}
  new-media-rectification: {rule: {within: 20wd}}
`, true)
	seeded := rules.Layer{Name: "seeds", FS: seeds.Catalogue()}
	r := newRig(t, storetest.Open(t, "sqlite"), plan(t, 2018, contacts{}, seeded, before))
	r.pass("2018-07-02 09:00")
	for _, trigger := range []string{"flood-drought-reported", "government-meeting-decided"} {
		r.event("2018-07-03 10:00", rules.Event{Trigger: trigger, Unit: "泗店镇", At: moment(t, "2018-07-03 08:00")})
	}
	r.event("2018-07-12 16:30", rules.Event{
		Trigger: "new-media-fault-found", Unit: "泗店镇", At: moment(t, "2018-07-12 16:00"),
	})
	r.pass("2018-07-12 16:31")
	r.s.Swap(shipped(t, 2018, contacts{}))
	for _, at := range []string{"2018-07-13 09:00", "2018-07-13 09:05", "2018-07-13 20:00"} {
		for _, l := range r.passAt(moment(t, at)) {
			for _, it := range l.Items {
				if l.Unit == "泗店镇" && strings.HasPrefix(it.Stage, "late") {
					t.Errorf("%s: %s is called late: %s", at, it.Key, l.Subject)
				}
			}
		}
		want := map[string]string{
			"flood-drought-warning":   "2018-07-16",
			"meeting-decisions":       "2018-07-16",
			"new-media-rectification": "2018-07-16",
		}
		ds, err := r.store.OpenDeadlines(t.Context(), 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, dl := range ds {
			if due, ok := want[dl.Rule]; ok && dl.DueDate().String() != due {
				t.Errorf("%s: %s is due on %s, want %s", at, dl.Key, dl.DueDate(), due)
			}
		}
	}
}
