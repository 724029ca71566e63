package web

import (
	"errors"
	"net/http"
	"strings"

	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/web/link"
	"qixian/scheduler/web/page"
)

// byWeb stands before the name of the unit that has answered here, in the audit trail.
const byWeb = "web:"

// done records that a deadline is met. Posting the same again finds it recorded, and shows that.
func (w *window) done(rw http.ResponseWriter, r *http.Request) {
	c, ok := w.posted(rw, r)
	if !ok {
		return
	}
	f := page.Forms{URL: strings.TrimSpace(r.PostFormValue("url")), Note: strings.TrimSpace(r.PostFormValue("note"))}
	switch {
	case f.URL == "" && f.Note == "":
		f.Problem = "请填写公开网页的链接；网上没有公开的，请写明说明。"
	case f.URL != "" && safeLink(f.URL) == "":
		f.Problem = "链接须以 http:// 或 https:// 开头。"
	default:
		_, err := w.Desk.Complete(r.Context(), w.Clock(), byWeb+c.Unit, c.Key, c.Unit, f.URL, f.Note)
		if errors.Is(err, scheduler.ErrClosed) || errors.Is(err, scheduler.ErrRepeated) {
			err = nil // somebody was quicker, or the button was pressed twice: the page shows what is on record
		}
		w.answered(rw, r, c, err, f)
		return
	}
	w.showItem(rw, r, c, http.StatusUnprocessableEntity, f)
}

// extend records that a unit asks for more time.
func (w *window) extend(rw http.ResponseWriter, r *http.Request) {
	c, ok := w.posted(rw, r)
	if !ok {
		return
	}
	f := page.Forms{To: strings.TrimSpace(r.PostFormValue("to")), Reason: strings.TrimSpace(r.PostFormValue("reason"))}
	to, err := calendar.ParseDate(f.To)
	switch {
	case err != nil:
		f.Problem = "请填写延期到哪一天，如 2026-12-31。"
	case f.Reason == "":
		f.Problem = "请写明延期的理由。"
	default:
		_, err := w.Desk.RequestExtension(r.Context(), w.Clock(), byWeb+c.Unit, c.Key, c.Unit, to, f.Reason)
		w.answered(rw, r, c, err, f)
		return
	}
	w.showItem(rw, r, c, http.StatusUnprocessableEntity, f)
}

// posted reads the link and the form of a request that is to change something.
func (w *window) posted(rw http.ResponseWriter, r *http.Request) (link.Claim, bool) {
	c, ok := w.claim(rw, link.Item, r.PathValue("token"))
	if !ok {
		return c, false
	}
	if err := r.ParseForm(); err != nil {
		w.say(rw, http.StatusBadRequest, "未作登记", "提交的内容过长或不完整，未作任何登记。请返回后重新填写。")
		return c, false
	}
	return c, true
}

// refusals say why the scheduler has refused what was asked.
var refusals = []struct {
	err  error
	text string
}{
	{scheduler.ErrOnShow, "公示期满自动办结，不必办理。"},
	{scheduler.ErrLate, "已过到期日，不能再申请延期。请尽快办理，或与政务公开主管单位联系。"},
	{scheduler.ErrPast, "申请的日期已过，请另定日期。"},
	{scheduler.ErrNoDelay, "到期日不早于所填的日期，不必延期。"},
	{scheduler.ErrClosed, "这一项此前已办结或撤销。"},
	{scheduler.ErrNotLead, "这一项由牵头单位答复，本单位不必答复。"},
	{scheduler.ErrNotFound, "这一项已不在本单位名下。"},
}

// answered shows the item after it was answered, by a page that can be loaded again without answering again, or says why it was not.
func (w *window) answered(rw http.ResponseWriter, r *http.Request, c link.Claim, err error, f page.Forms) {
	if err == nil {
		w.Answered()
		http.Redirect(rw, r, "/i/"+r.PathValue("token"), http.StatusSeeOther)
		return
	}
	for _, refusal := range refusals {
		if errors.Is(err, refusal.err) {
			f.Problem = refusal.text
			w.showItem(rw, r, c, http.StatusUnprocessableEntity, f)
			return
		}
	}
	w.failed(rw, err)
}
