package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/rules/wording"
	"qixian/scheduler"
	"qixian/scheduler/web/page"
)

const (
	weekDays = 7   // what falls due in so many days from today is due this week
	mostRows = 500 // how many deadlines the overview looks at: those that fall due first
	mostOf   = 50  // and how many of each kind it shows
)

// freshFor is how long the overview is shown to others who ask for it: directors look at it together, and the database
// is asked once.
const freshFor = 3 * time.Second

// standing is what the overview was drawn from last.
type standing struct {
	mu sync.Mutex
	at time.Time // when it was asked for; zero: never, or something has been done since
	scheduler.Standing
	done []scheduler.Row // of late, the last first
}

// look returns where everything stands, and what was done of late.
func (w *window) look(ctx context.Context, now time.Time) (scheduler.Standing, []scheduler.Row, error) {
	w.standing.mu.Lock()
	defer w.standing.mu.Unlock()
	if age := now.Sub(w.standing.at); age >= 0 && age < freshFor {
		return w.standing.Standing, w.standing.done, nil
	}
	st, err := w.Desk.Status(ctx, now, scheduler.Filter{Limit: mostRows})
	if err != nil {
		return st, nil, err
	}
	since := calendar.DateOf(now).AddDays(-weekDays)
	done, err := w.Desk.Status(
		ctx,
		now,
		scheduler.Filter{States: []scheduler.State{scheduler.Done}, DueFrom: since, Limit: mostRows},
	)
	if err != nil {
		return st, nil, err
	}
	rows := slices.DeleteFunc(
		done.Rows,
		func(r scheduler.Row) bool { return calendar.DateOf(r.ClosedAt).Before(since) },
	)
	slices.SortStableFunc(rows, func(a, b scheduler.Row) int { return b.ClosedAt.Compare(a.ClosedAt) })
	w.standing.at, w.standing.Standing, w.standing.done = now, st, rows
	return st, rows, nil
}

// changed is called when something was done.
func (w *window) changed() {
	w.standing.mu.Lock()
	w.standing.at = time.Time{}
	w.standing.mu.Unlock()
	w.Answered()
}

// overview shows what a director wants to know: what is late, due this week, undeliverable, uncertain, and asked.
func (w *window) overview(rw http.ResponseWriter, r *http.Request, by string) {
	now := w.Clock()
	st, done, err := w.look(r.Context(), now)
	if err != nil {
		w.failed(rw, err)
		return
	}
	today := calendar.DateOf(now)
	p := page.Office{
		Head:  w.head(w.office()),
		Today: today.Chinese(),
		Who:   strings.TrimPrefix(by, byOffice),
		More:  len(st.Rows) == mostRows,
	}
	p.Token = w.formOf(r)
	for _, row := range done {
		put(&p.Done, w.officeEntry(row))
	}
	for _, row := range st.Rows {
		e := w.officeEntry(row)
		switch {
		case row.Light == scheduler.Red:
			put(&p.Late, e)
		case !row.Paused() && !row.DueDate().After(today.AddDays(weekDays)):
			put(&p.Week, e)
		}
		if len(row.Undeliverable) > 0 {
			e.Who = strings.Join(row.Undeliverable, "、")
			put(&p.Undeliverable, e)
		}
	}
	for _, m := range st.Outbox.Trouble {
		if m.Uncertain || m.Ended != "" {
			p.Trouble = append(
				p.Trouble,
				page.Mail{Unit: m.Unit, Subject: m.Subject, At: wording.Moment(m.At), Uncertain: m.Uncertain},
			)
		}
	}
	for _, a := range st.Bad {
		p.Bad = append(
			p.Bad,
			page.Address{Unit: a.Unit, Address: a.Address, Since: wording.Moment(a.Since), Reason: a.Reason},
		)
	}
	for _, q := range st.Requests {
		p.Requests = append(p.Requests, page.Request{
			Unit:   q.Unit,
			Title:  q.Deadline.Title,
			Link:   officeLink(q.Deadline),
			Due:    q.Deadline.DueChinese(),
			To:     q.To.Chinese(),
			Reason: q.Reason,
			Grant:  "/office/request/" + q.ID + "/grant",
			Refuse: "/office/request/" + q.ID + "/refuse",
		})
	}
	w.show(rw, http.StatusOK, "office", p)
}

// officeEntry is a line of the office's lists, with who answers for it.
func (w *window) officeEntry(row scheduler.Row) page.Entry {
	e := w.entry(row, "", officeLink(row.Deadline))
	e.Who = strings.Join(row.Answering, "、")
	return e
}

// put adds to a list, which shows no more than can be read.
func put(l *page.List, e page.Entry) {
	if l.Total++; l.Total <= mostOf {
		l.Entries = append(l.Entries, e)
	}
}

// officeLink is the path of a deadline's page at the office's side.
func officeLink(dl scheduler.Deadline) string {
	path := "/office/item/" + url.PathEscape(dl.Key)
	if dl.Unit != "" {
		path += "?unit=" + url.QueryEscape(dl.Unit)
	}
	return path
}

// byNumber leads from what a unit has said on the telephone to the deadline's page.
func (w *window) byNumber(rw http.ResponseWriter, r *http.Request, _ string) {
	key, unit, err := w.AtOffice.Named(r.Context(), strings.TrimSpace(r.URL.Query().Get("number")), "")
	switch {
	case errors.Is(err, scheduler.ErrNumber):
		w.say(rw, http.StatusUnprocessableEntity, "短号有误", "没有这样的短号：可能听错、看错了一位，或者颠倒了两位。请与单位核对。")
	case errors.Is(err, scheduler.ErrNotFound):
		w.say(rw, http.StatusNotFound, "待办不存在", "没有用这个短号的待办。请与单位核对。")
	case err != nil:
		w.failed(rw, err)
	default:
		http.Redirect(rw, r, officeLink(scheduler.Deadline{Key: key, Unit: unit}), http.StatusSeeOther)
	}
}

func (w *window) officeItem(rw http.ResponseWriter, r *http.Request, _ string) {
	w.showOfficeItem(rw, r, http.StatusOK, page.Forms{})
}

func (w *window) showOfficeItem(rw http.ResponseWriter, r *http.Request, status int, f page.Forms) {
	v, err := w.AtOffice.Inspect(r.Context(), w.Clock(), r.PathValue("key"), r.URL.Query().Get("unit"))
	switch {
	case errors.Is(err, scheduler.ErrNotFound):
		w.say(rw, http.StatusNotFound, "待办不存在", "待办编号 "+r.PathValue("key")+" 未登记。")
		return
	case err != nil:
		w.failed(rw, err)
		return
	}
	base, query, _ := strings.Cut(officeLink(v.Deadline), "?")
	if query != "" {
		query = "?" + query
	}
	f.Done, f.Extend = base+"/done"+query, base+"/extend"+query
	p := w.itemPage(v, w.entry(v.Row, "", officeLink(v.Deadline)), f)
	p.Unit, p.Home, p.ByOffice, p.MayExtend = w.office(), "/office", true, p.MayDone && v.Paused == ""
	if p.MayCorrect = p.MayExtend; !v.ExtendedTo.IsZero() { // an extension can be taken back
		p.Earliest = v.Due.Date.String()
	}
	p.Token = w.formOf(r)
	p.Reminders = reminders(v, w.Clock())
	w.show(rw, status, "item", p)
}

// officeDone records that a duty is met, on a unit's behalf.
func (w *window) officeDone(rw http.ResponseWriter, r *http.Request, by string) {
	f := page.Forms{URL: strings.TrimSpace(r.PostFormValue("url")), Note: strings.TrimSpace(r.PostFormValue("note"))}
	unit := r.URL.Query().Get("unit")
	_, err := w.Desk.Complete(r.Context(), w.Clock(), by, r.PathValue("key"), unit, f.URL, f.Note)
	if errors.Is(err, scheduler.ErrClosed) || errors.Is(err, scheduler.ErrRepeated) {
		err = nil // as for a unit
	}
	w.acted(rw, r, err, f)
}

// officeExtend moves a due date at once.
func (w *window) officeExtend(rw http.ResponseWriter, r *http.Request, by string) {
	f := page.Forms{To: strings.TrimSpace(r.PostFormValue("to")), Reason: strings.TrimSpace(r.PostFormValue("reason"))}
	to, problem := wrongExtension(f)
	if f.Problem = problem; problem != "" {
		w.showOfficeItem(rw, r, http.StatusUnprocessableEntity, f)
		return
	}
	extend := w.AtOffice.Extend
	if r.PostFormValue("correction") != "" {
		extend = w.AtOffice.CorrectDue
	}
	_, err := extend(r.Context(), w.Clock(), by, r.PathValue("key"), r.URL.Query().Get("unit"), to, f.Reason)
	w.acted(rw, r, err, f)
}

// acted shows the item after something was done to it, or says why it was not.
func (w *window) acted(rw http.ResponseWriter, r *http.Request, err error, f page.Forms) {
	switch problem := w.refusal(err); {
	case err == nil:
		w.changed()
		http.Redirect(
			rw,
			r,
			officeLink(scheduler.Deadline{Key: r.PathValue("key"), Unit: r.URL.Query().Get("unit")}),
			http.StatusSeeOther,
		)
	case problem != "":
		f.Problem = problem
		w.showOfficeItem(rw, r, http.StatusUnprocessableEntity, f)
	default:
		w.failed(rw, err)
	}
}

func (w *window) grant(rw http.ResponseWriter, r *http.Request, by string) {
	_, err := w.AtOffice.Grant(r.Context(), w.Clock(), by, r.PathValue("id"))
	w.decided(rw, r, err)
}

func (w *window) refuse(rw http.ResponseWriter, r *http.Request, by string) {
	reason := strings.TrimSpace(r.PostFormValue("reason"))
	if reason == "" {
		w.say(rw, http.StatusUnprocessableEntity, "未作答复", "不同意延期的，请写明理由；理由会告知申请的单位。请返回后填写。")
		return
	}
	_, err := w.AtOffice.Refuse(r.Context(), w.Clock(), by, r.PathValue("id"), reason)
	w.decided(rw, r, err)
}

// decided goes back to the overview after a request was answered, by whomever.
func (w *window) decided(rw http.ResponseWriter, r *http.Request, err error) {
	switch problem := w.refusal(err); {
	case err == nil || errors.Is(err, scheduler.ErrDecided) || errors.Is(err, scheduler.ErrNoRequest):
		w.changed()
		http.Redirect(rw, r, "/office", http.StatusSeeOther)
	case problem != "":
		w.say(rw, http.StatusUnprocessableEntity, "未作答复", problem)
	default:
		w.failed(rw, err)
	}
}

// reminders are those of a deadline, in the order of time: what was sent, and when that was, and what is to come, a
// line for each time.
func reminders(v scheduler.View, now time.Time) []page.Reminder {
	var all []page.Reminder
	for _, m := range v.History.Mailings {
		all = append(all, page.Reminder{
			At:       wording.Moment(m.Moment()),
			Unit:     m.Unit,
			Standing: m.Standing(),
			Link:     "/office/mail?key=" + url.QueryEscape(m.MessageKey),
		})
	}
	rs := slices.DeleteFunc(
		slices.Clone(v.Reminders),
		func(r scheduler.Reminder) bool { return r.State != scheduler.Pending },
	)
	slices.SortStableFunc(rs, func(a, b scheduler.Reminder) int { return a.At.Compare(b.At) })
	sent := len(all)
	for _, r := range rs {
		at := "下次发信时" // its time was past when it was recorded
		if r.At.After(now) {
			at = wording.Moment(r.At)
		}
		if last := len(all) - 1; last >= sent && all[last].At == at {
			if !slices.Contains(strings.Split(all[last].Unit, "、"), r.Unit) {
				all[last].Unit += "、" + r.Unit
			}
			continue
		}
		all = append(all, page.Reminder{At: at, Unit: r.Unit, Standing: "待发出"})
	}
	return all
}

// mail shows a mail as it was written.
func (w *window) mail(rw http.ResponseWriter, r *http.Request, _ string) {
	m, err := w.AtOffice.Mail(r.Context(), r.URL.Query().Get("key"))
	switch {
	case errors.Is(err, scheduler.ErrNotFound):
		w.say(rw, http.StatusNotFound, "邮件不存在", "记录中没有这封邮件。")
	case err != nil:
		w.failed(rw, err)
	default:
		w.show(
			rw,
			http.StatusOK,
			"mail",
			page.Letter{
				Head:     w.head(m.Subject),
				Unit:     m.Unit,
				At:       wording.Moment(m.At),
				Standing: fate(m),
				Text:     discreet(m.Text),
			},
		)
	}
}

// fate says what has become of a mail.
func fate(m notify.Message) string {
	switch m.Ended {
	case notify.Sent:
		return "已送达邮件服务器"
	case notify.Bounced, notify.Rejected:
		return "未送达：被退回或拒收"
	case notify.Uncertain:
		return "送达存疑：可能已送达"
	case notify.Retry, notify.Halted:
	}
	return "待发送"
}
