package command

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qixian/cmd/internal/app"
	"qixian/notify"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
)

// TestExplainMailings tells when a mail was sent, not when it was to be, and of one that no server took that it was
// not.
func TestExplainMailings(t *testing.T) {
	at := func(hour, minute int) time.Time { return time.Date(2018, 9, 25, hour, minute, 0, 0, calendar.Zone()) }
	mailing := func(unit string, sent time.Time, ended notify.Class) scheduler.Mailing {
		return scheduler.Mailing{Reminder: scheduler.Reminder{Unit: unit, At: at(9, 0)}, Sent: sent, Ended: ended}
	}
	lines := onRecord(rules.Occurrence{}, []app.Tracked{{
		Deadline: scheduler.Deadline{State: scheduler.Open},
		History: scheduler.History{Mailings: []scheduler.Mailing{
			mailing(
				"县环保局",
				at(15, 37),
				notify.Sent,
			),
			mailing("县财政局", time.Time{}, notify.Rejected),
			mailing("县教育局", time.Time{}, ""),
		}},
	}})
	for _, want := range []string{"  2018-09-25 15:37  提醒已发：县环保局", "  2018-09-25 09:00  提醒未送达：县财政局", "  2018-09-25 09:00  提醒尚未发出：县教育局"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is missing in\n%s", want, strings.Join(lines, "\n"))
		}
	}
}
