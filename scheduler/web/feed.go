package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/icalendar"
	"qixian/scheduler/web/link"
)

// feedDays is how long a calendar keeps what is done or withdrawn.
const feedDays = 180

// noticeDays is for how many days at its end an old calendar says that it ends.
const noticeDays = 28

// feed writes the calendar of a unit that has subscribed to it.
func (w *window) feed(rw http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok {
		w.nothing(rw, r)
		return
	}
	unit, serial, err := w.Links.ReadFeed(token)
	if err != nil {
		w.noLink(rw, r)
		return
	}
	unit, err = w.Desk.Subscribed(r.Context(), unit, serial)
	switch {
	case errors.Is(err, scheduler.ErrNoFeed):
		w.refused(refusedExpired, w.client(r))
		w.say(rw, http.StatusGone, "日历已停用", "这个日历网址已停用。请删除这个订阅，打开最近一封提醒邮件，用其中的日历网址重新订阅。")
	case err != nil:
		w.failed(rw, err)
	default:
		w.showFeed(rw, r, unit)
	}
}

// oldFeed writes a unit's calendar by a link that ends by itself, as mails once had. In its last weeks it says so.
func (w *window) oldFeed(rw http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok {
		w.nothing(rw, r)
		return
	}
	c, ok := w.claim(rw, r, link.Feed, token)
	if !ok {
		return
	}
	if from := c.Until.AddDays(1 - noticeDays); !calendar.DateOf(w.Clock()).Before(from) {
		w.showFeed(rw, r, c.Unit, notice(c, from))
		return
	}
	w.showFeed(rw, r, c.Unit)
}

// notice is an event of the weeks in which an old calendar ends, which says what to do.
func notice(c link.Claim, from calendar.Date) icalendar.Entry {
	id := sha256.Sum256([]byte(c.Unit + "\x00" + c.Until.String()))
	return icalendar.Entry{
		UID: "notice-" + hex.EncodeToString(
			id[:12],
		) + "@qixian.invalid",
		Day:         from,
		Last:        c.Until,
		Stamp:       from.At(0),
		Status:      icalendar.Confirmed,
		Summary:     "【请换订】本日历" + c.Until.Chinese() + "后停用",
		Description: "请打开最近一封提醒邮件，用其中的日历网址重新订阅，并删除本日历。新网址长期有效。",
	}
}

// showFeed writes a calendar. What was withdrawn stays in it as cancelled, so that calendar programs take it out; the
// sequence is the deadline's version, which grows with every change.
func (w *window) showFeed(rw http.ResponseWriter, r *http.Request, unit string, entries ...icalendar.Entry) {
	now := w.Clock()
	st, err := w.Desk.Status(r.Context(), now, scheduler.Filter{
		Unit: unit, States: []scheduler.State{scheduler.Open, scheduler.Done, scheduler.Withdrawn},
	})
	if err != nil {
		w.failed(rw, err)
		return
	}
	oldest := calendar.DateOf(now).AddDays(-feedDays)
	for _, row := range st.Rows {
		if row.State != scheduler.Open && calendar.DateOf(row.ClosedAt).Before(oldest) {
			continue
		}
		entries = append(entries, w.feedEntry(row, unit))
	}
	var b bytes.Buffer
	if err := icalendar.Write(&b, "政务公开期限（"+unit+"）", entries); err != nil {
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
		UID: hex.EncodeToString(
			id[:12],
		) + "@qixian.invalid",
		Day:         row.DueDate(),
		Sequence:    row.Version,
		Status:      icalendar.Confirmed,
		Description: called(row) + "待办编号：" + row.Key + "\n办结单位：" + strings.Join(row.Answering, "、"),
	}
	if row.ByHour() {
		e.Instant = row.Due.Instant
	}
	title := strings.Join(strings.Fields(row.Name), " ")
	switch {
	case row.State == scheduler.Withdrawn:
		e.Summary, e.Status, stamp = "【已撤销】"+title, icalendar.Cancelled, row.ClosedAt
	case row.State == scheduler.Done:
		e.Summary, stamp = "【已办结】"+title, row.ClosedAt
	case row.Paused():
		e.Summary, e.Status = title+"（暂停计时，暂停前到期日）", icalendar.Tentative
	case row.Due.Provisional && row.ExtendedTo.IsZero():
		e.Summary, e.Status = title+"（暂定）到期", icalendar.Tentative
	default:
		e.Summary = title + "到期"
	}
	e.Stamp = stamp
	return e
}

// called is the line of a calendar's entry that says what the deadline is called on the telephone.
func called(row scheduler.Row) string {
	if row.Number == 0 || row.State != scheduler.Open {
		return ""
	}
	return fmt.Sprintf("短号：%d\n", row.Number)
}
