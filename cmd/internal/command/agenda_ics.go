package command

import (
	"fmt"
	"io"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"qixian/rules"
	"qixian/scheduler/report/sheet"
)

// agendaICS writes the due dates as an iCalendar (RFC 5545): an all-day event on each due day, or for an hour rule a moment. The UID is the
// occurrence's key, so that importing a newer agenda moves an event instead of doubling it.
func agendaICS(w io.Writer, occurrences []rules.Occurrence, stamp time.Time) error {
	cal := ics.NewCalendarFor("qixian")
	cal.SetMethod(ics.MethodPublish)
	cal.SetName("政务公开期限")
	cal.SetXWRCalName("政务公开期限")
	for _, o := range occurrences {
		e := cal.AddEvent(o.Key + "@qixian.invalid")
		e.SetDtStampTime(stamp)
		if o.Due.Instant.IsZero() {
			e.SetAllDayStartAt(o.Due.Date.At(0))
			e.SetAllDayEndAt(o.Due.Date.AddDays(1).At(0))
		} else {
			e.SetStartAt(o.Due.Instant) // without an end it is a moment (RFC 5545 section 3.6.1)
		}
		summary, status := sheet.OneLine(o.Obligation.Title), ics.ObjectStatusConfirmed
		if o.Due.Provisional {
			summary, status = summary+"（暂定）", ics.ObjectStatusTentative
		}
		e.SetSummary(summary + " 到期")
		e.SetStatus(status)
		e.SetTimeTransparency(ics.TransparencyTransparent)
		e.SetDescription(fmt.Sprintf("第%d行：%s\n牵头单位：%s\n责任单位：%s\n待办编号：%s",
			o.Obligation.Row, sheet.OneLine(o.Obligation.Clause), sheet.OneLine(strings.Join(o.Lead, "、")), sheet.OneLine(strings.Join(o.Responsible, "、")), o.Key))
	}
	_, err := io.WriteString(w, cal.Serialize(ics.WithNewLineWindows))
	if err != nil {
		return fmt.Errorf("write ics: %w", err)
	}
	return nil
}
