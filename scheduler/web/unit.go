package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/rules/wording"
	"qixian/scheduler"
	"qixian/scheduler/web/link"
	"qixian/scheduler/web/page"
)

const (
	comingDays = 90 // how far a unit's page looks ahead
	doneDays   = 90 // and back
)

// unit shows what a unit has open, what is coming and what is done.
func (w *window) unit(rw http.ResponseWriter, r *http.Request) {
	c, ok := w.claim(rw, r, link.Unit, r.PathValue("token"))
	if !ok {
		return
	}
	now := w.Clock()
	st, err := w.Desk.Status(
		r.Context(),
		now,
		scheduler.Filter{Unit: c.Unit, States: []scheduler.State{scheduler.Open, scheduler.Done}},
	)
	if err != nil {
		w.failed(rw, err)
		return
	}
	p := page.Unit{Head: w.head(c.Unit), Unit: c.Unit, Today: calendar.DateOf(now).Chinese()}
	today := calendar.DateOf(now)
	for _, row := range st.Rows {
		e := w.entry(row, c.Unit, unitItem(r.PathValue("token"), row.Key))
		switch {
		case e.Assists && row.State == scheduler.Done:
		case e.Assists && !row.DueDate().After(today.AddDays(comingDays)):
			p.Others = append(p.Others, e)
		case e.Assists:
		case row.State == scheduler.Done:
			if !calendar.DateOf(row.ClosedAt).Before(today.AddDays(-doneDays)) {
				p.Done = append(p.Done, e)
			}
		case row.Paused():
			p.Coming = append(p.Coming, e)
		case row.Light == scheduler.Red:
			p.Late = append(p.Late, e)
		case row.DueDate() == today:
			p.DueToday = append(p.DueToday, e)
		case row.Light == scheduler.Yellow || row.ByHour():
			p.Soon = append(p.Soon, e)
		case !row.DueDate().After(today.AddDays(comingDays)):
			p.Coming = append(p.Coming, e)
		}
	}
	slices.Reverse(p.Done) // the last first
	w.show(rw, http.StatusOK, "unit", p)
}

// entry is a deadline as a line of a list.
func (w *window) entry(row scheduler.Row, unit, path string) page.Entry {
	e := page.Entry{
		Link:     path,
		Title:    row.Name,
		Due:      due(row.Deadline),
		Light:    string(row.Light),
		Standing: stands(row),
		Assists:  unit != "" && row.Unit == "" && !row.Answers(unit),
	}
	if row.State == scheduler.Open {
		e.Number = row.Number
	}
	if e.Assists {
		e.Who = strings.Join(row.Answering, "、")
	}
	return e
}

// due writes a due date, marked where it may still move.
func due(dl scheduler.Deadline) string {
	if dl.Due.Provisional && dl.ExtendedTo.IsZero() {
		return wording.Tentative(dl.DueChinese())
	}
	return dl.DueChinese()
}

// stands says in words how a deadline stands.
func stands(row scheduler.Row) string {
	switch {
	case row.State == scheduler.Done && row.Late:
		return "逾期办结"
	case row.State == scheduler.Done:
		return "已办结"
	case row.Light == scheduler.Yellow && row.Left > 0:
		return "即将到期，" + row.Remaining
	default:
		return row.Remaining
	}
}

// visit is somebody at the page of one item, by the item's link or by its unit's. The page makes no link of its own:
// whatever it shows lies below the one that was brought, and so reaches no wider and ends with it.
type visit struct {
	link.Claim

	path string // of the item's page
	home string // of the unit's; empty: the link leads to the item alone
}

// visit reads the link of a request for an item. It returns false if the link opens nothing, and has said so.
func (w *window) visit(rw http.ResponseWriter, r *http.Request) (v visit, ok bool) {
	token := r.PathValue("token")
	if key := r.PathValue("key"); key != "" {
		v.Claim, ok = w.claim(rw, r, link.Unit, token)
		v.Key, v.home = key, "/u/"+token
		v.path = unitItem(token, key)
		return v, ok
	}
	v.Claim, ok = w.claim(rw, r, link.Item, token)
	v.path = "/i/" + token
	return v, ok
}

// unitItem is the path of an item's page by the link of its unit.
func unitItem(token, key string) string { return "/u/" + token + "/" + url.PathEscape(key) }

// item shows one deadline, with the forms by which it is answered.
func (w *window) item(rw http.ResponseWriter, r *http.Request) {
	if v, ok := w.visit(rw, r); ok {
		w.showItem(rw, r, v, http.StatusOK, page.Forms{})
	}
}

func (w *window) showItem(rw http.ResponseWriter, r *http.Request, at visit, status int, f page.Forms) {
	now := w.Clock()
	v, err := w.Desk.Look(r.Context(), now, at.Key, at.Unit)
	switch {
	case errors.Is(err, scheduler.ErrNotFound):
		w.say(rw, http.StatusNotFound, "已不在本单位名下", "本项已不由"+at.Unit+"办理，无须登记。")
		return
	case err != nil:
		w.failed(rw, err)
		return
	}
	f.Done, f.Extend = at.path+"/done", at.path+"/extend"
	p := w.itemPage(v, w.entry(v.Row, at.Unit, at.path), f)
	p.Unit, p.Home = at.Unit, at.home
	p.MayExtend = p.MayDone && !v.Late && v.Asked.ID == "" && v.Paused == ""
	p.Token = formToken(r.PathValue("token"))
	w.show(rw, status, "item", p)
}

// itemPage is what an item's page has, whoever sees it.
func (w *window) itemPage(v scheduler.View, e page.Entry, f page.Forms) page.Item {
	p := page.Item{
		Head: w.head(
			v.Title,
		),
		Entry:       e,
		Key:         v.Key,
		Duty:        v.Duty,
		Assumed:     v.Assumed,
		Note:        v.Note,
		Basis:       v.Basis,
		Occasion:    v.Occasion,
		Why:         v.Why,
		Provisional: v.Provisional,
		Asks:        v.Asks,
		Reports:     v.Act.Reports(),
		Published:   v.Act == rules.Publish,
		MayBeDone:   v.Act == rules.Prepare && v.Needed <= 1,
		Lead:        v.Lead,
		Responsible: v.Responsible,
		Answering:   v.Answering,
		OnShow:      v.OnShow && v.State == scheduler.Open,
		Forms:       f,
		Office:      w.office(),
		Earliest: v.DueDate().AddDays(
			1,
		).String(),
		Open:      v.State == scheduler.Open,
		Withdrawn: v.State == scheduler.Withdrawn,
		MayDone:   v.State == scheduler.Open && v.Answers && !v.OnShow,
	}
	p.Paused = v.Paused
	if x := v.Extend; x != nil {
		p.Latest, p.Itself = calendar.DateOf(x.Latest).String(), x.Own
		p.Limit = strings.Trim("最迟延至"+calendar.DateOf(x.Latest).Chinese()+"，"+x.Rule, "，")
		if x.Note != "" {
			p.Limit += "；" + x.Note
		}
	}
	if !v.ExtendedTo.IsZero() {
		p.Was, p.Due = v.Due.Chinese(), wording.Extended(p.Due)
	}
	if v.OnShow {
		p.Asks = ""
	}
	if v.Unit != "" {
		p.Lead, p.Responsible = nil, nil
	}
	if v.Needed > 1 {
		p.Count = &page.Count{Done: v.Completions, Needed: v.Needed}
	}
	if v.Asked.ID != "" {
		p.Asked = &page.Asked{To: v.Asked.To.Chinese(), Reason: v.Asked.Reason}
	}
	for _, x := range v.History.Completions {
		p.History = append(
			p.History,
			page.Said{
				At:   wording.Moment(x.At),
				By:   w.whose(x.By),
				What: "办结",
				Link: safeLink(x.URL),
				Text: x.Note,
				Late: x.Late,
			},
		)
	}
	for _, x := range v.History.Extensions {
		p.History = append(
			p.History,
			page.Said{
				At:   wording.Moment(x.At),
				By:   w.whose(x.By),
				What: extensionWord(x) + x.To.Chinese(),
				Text: x.Reason,
			},
		)
	}
	return p
}

// extensionWord tells an extension from a correction, which no cap bounds.
func extensionWord(x scheduler.Extension) string {
	if x.Correction {
		return "更正到期日为"
	}
	return "延期至"
}

// whose names who has said something; an account on the host is the office's.
func (w *window) whose(by string) string {
	for _, prefix := range []string{byWeb, "mail:", byOffice} {
		if unit, ok := strings.CutPrefix(by, prefix); ok {
			return unit
		}
	}
	return w.office()
}

// safeLink is a link that a page may have: what is on record was checked when it was recorded, and is looked at again.
func safeLink(recorded string) string {
	link, err := scheduler.PublishedLink(recorded)
	if err != nil {
		return ""
	}
	return link
}
