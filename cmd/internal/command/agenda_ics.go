package command

import (
	"fmt"
	"io"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/wording"
	"qixian/scheduler/icalendar"
	"qixian/scheduler/report/sheet"
)

// agendaICS writes the due dates as an iCalendar. The UID is the occurrence's key, so that importing a newer agenda
// moves an event.
func agendaICS(w io.Writer, occurrences []rules.Occurrence, stamp time.Time) error {
	entries := make([]icalendar.Entry, len(occurrences))
	for i, o := range occurrences {
		e := icalendar.Entry{
			UID:     o.Key + "@qixian.invalid",
			Day:     o.Due.Date,
			Instant: o.Due.Instant,
			Stamp:   stamp,
			Status:  icalendar.Confirmed,
			Description: fmt.Sprintf(
				"%s\n办结单位：%s\n牵头单位：%s\n责任单位：%s\n待办编号：%s",
				demand(o.Obligation),
				sheet.OneLine(strings.Join(o.Answering, "、")),
				sheet.OneLine(strings.Join(o.Lead, "、")),
				sheet.OneLine(strings.Join(o.Responsible, "、")),
				o.Key,
			),
		}
		summary := sheet.OneLine(titled(o.Texts().Title, o.PeriodChinese()))
		if o.Event != nil && o.Event.Ref != "" {
			summary += "（" + sheet.OneLine(o.Event.Ref) + "）"
		}
		if o.Due.Provisional {
			summary, e.Status = summary+"（暂定）", icalendar.Tentative
			e.Description += "\n最早可能：" + o.Due.Earliest.Chinese()
		}
		e.Summary = summary + "到期"
		entries[i] = e
	}
	return icalendar.Write(w, "政务公开期限", entries)
}

// demand says what an obligation's rows ask for, a line each; of an addition that it is one.
func demand(o *rules.Obligation) string {
	place := wording.Place(o.Row)
	if o.Addition {
		place = wording.Added(o.Row)
	}
	lines := []string{place + "：" + sheet.OneLine(o.Clause)}
	for _, part := range o.Parts {
		lines = append(lines, wording.Place(part.Row)+"："+sheet.OneLine(part.Clause))
	}
	return strings.Join(lines, "\n")
}
