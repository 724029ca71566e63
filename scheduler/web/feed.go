package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/icalendar"
	"qixian/scheduler/web/link"
)

// feedDays is how long a calendar keeps what is done or withdrawn.
const feedDays = 180

// feed writes a unit's calendar. What was withdrawn stays in it as cancelled, so that calendar programs take it out; the sequence is the
// deadline's version, which grows with every change.
func (w *window) feed(rw http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok {
		w.nothing(rw, r)
		return
	}
	c, ok := w.claim(rw, r, link.Feed, token)
	if !ok {
		return
	}
	now := w.Clock()
	st, err := w.Desk.Status(r.Context(), now, scheduler.Filter{
		Unit: c.Unit, States: []scheduler.State{scheduler.Open, scheduler.Done, scheduler.Withdrawn},
	})
	if err != nil {
		w.failed(rw, err)
		return
	}
	var entries []icalendar.Entry
	oldest := calendar.DateOf(now).AddDays(-feedDays)
	for _, row := range st.Rows {
		if row.State != scheduler.Open && calendar.DateOf(row.ClosedAt).Before(oldest) {
			continue
		}
		entries = append(entries, w.feedEntry(row, c.Unit))
	}
	var b bytes.Buffer
	if err := icalendar.Write(&b, "政务公开期限（"+c.Unit+"）", entries); err != nil {
		w.failed(rw, err)
		return
	}
	sum := sha256.Sum256(b.Bytes())
	rw.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	rw.Header().Set("Cache-Control", "private, no-cache")
	rw.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	rw.Header().Set("Content-Disposition", `inline; filename="qixian.ics"`)
	http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(b.Bytes()))
}

func (w *window) feedEntry(row scheduler.Row, unit string) icalendar.Entry {
	id := sha256.Sum256([]byte(row.Key + "\x00" + unit))
	stamp := row.OpenedAt
	e := icalendar.Entry{
		UID: hex.EncodeToString(id[:12]) + "@qixian.invalid", Day: row.DueDate(), Sequence: row.Version, Status: icalendar.Confirmed,
		Description: "待办编号：" + row.Key + "\n牵头单位：" + strings.Join(row.Lead, "、"),
	}
	if row.ByHour() {
		e.Instant = row.Due.Instant
	}
	title := strings.Join(strings.Fields(row.Title), " ")
	if row.Period != "" {
		title += "（" + rules.PeriodChinese(row.Period) + "）"
	}
	switch {
	case row.State == scheduler.Withdrawn:
		e.Summary, e.Status, stamp = "【已撤销】"+title, icalendar.Cancelled, row.ClosedAt
	case row.State == scheduler.Done:
		e.Summary, stamp = "【已办结】"+title, row.ClosedAt
	case row.Due.Provisional && row.ExtendedTo.IsZero():
		e.Summary, e.Status = title+"（暂定）到期", icalendar.Tentative
	default:
		e.Summary = title + " 到期"
	}
	e.Stamp = stamp
	return e
}
