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
	for _, want := range []string{"  2018年9月25日（星期二）15:37  提醒已发出：县环保局", "  2018年9月25日（星期二）09:00  提醒未送达：县财政局", "  2018年9月25日（星期二）09:00  提醒尚未发出：县教育局"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is missing in\n%s", want, strings.Join(lines, "\n"))
		}
	}
}

// TestExplainExtension takes for the date of all what all were extended to, and else leaves it to each.
func TestExplainExtension(t *testing.T) {
	day := func(d int) calendar.Date { return calendar.NewDate(2018, 10, d) }
	extended := func(unit string, to calendar.Date) app.Tracked {
		return app.Tracked{
			Deadline: scheduler.Deadline{
				Unit: unit, Number: 20009, State: scheduler.Open, Due: rules.Due{Date: day(8)}, ExtendedTo: to,
			},
			History: scheduler.History{Extensions: []scheduler.Extension{
				{From: day(8), To: day(10), Reason: "检修"}, {From: day(10), To: to, Reason: "等数据"},
			}},
		}
	}
	e, ok := extension([]app.Tracked{extended("", day(12))})
	if !ok || e.Was.Date != day(8) || e.To != day(12) || e.Reason != "等数据" {
		t.Errorf("extended: %+v, %t", e, ok)
	}
	for name, ds := range map[string][]app.Tracked{
		"none":      nil,
		"one of":    {extended("甲", day(12)), extended("乙", calendar.Date{})},
		"other of":  {extended("甲", calendar.Date{}), extended("乙", day(12))},
		"different": {extended("甲", day(12)), extended("乙", day(15))},
	} {
		if e, ok := extension(ds); ok {
			t.Errorf("%s: %+v", name, e)
		}
	}
	lines := onRecord(rules.Occurrence{Due: rules.Due{Date: day(8)}}, []app.Tracked{extended("甲", day(12))})
	if want := "短号：20009　甲　到期：2018年10月12日（星期五，延期），原到期日：2018年10月8日（星期一）"; !slices.Contains(lines, want) {
		t.Errorf("%q is missing in\n%s", want, strings.Join(lines, "\n"))
	}
}
