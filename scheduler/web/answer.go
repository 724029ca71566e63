package web

import (
	"errors"
	"net/http"
	"strings"

	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/web/page"
)

// byWeb stands before the name of the unit that has answered here, in the audit trail.
const byWeb = "web:"

// done records that a deadline is met. Posting the same again finds it recorded, and shows that.
func (w *window) done(rw http.ResponseWriter, r *http.Request) {
	v, ok := w.posted(rw, r)
	if !ok {
		return
	}
	f := page.Forms{URL: strings.TrimSpace(r.PostFormValue("url")), Note: strings.TrimSpace(r.PostFormValue("note"))}
	_, err := w.Desk.Complete(r.Context(), w.Clock(), byWeb+v.Unit, v.Key, v.Unit, f.URL, f.Note)
	if errors.Is(err, scheduler.ErrClosed) || errors.Is(err, scheduler.ErrRepeated) {
		err = nil // somebody was quicker, or the button was pressed twice: the page shows what is on record
	}
	w.answered(rw, r, v, err, f)
}

// extend records that a unit asks for more time.
func (w *window) extend(rw http.ResponseWriter, r *http.Request) {
	v, ok := w.posted(rw, r)
	if !ok {
		return
	}
	f := page.Forms{To: strings.TrimSpace(r.PostFormValue("to")), Reason: strings.TrimSpace(r.PostFormValue("reason"))}
	to, problem := wrongExtension(f)
	if f.Problem = problem; problem != "" {
		w.showItem(rw, r, v, http.StatusUnprocessableEntity, f)
		return
	}
	_, err := w.Desk.RequestExtension(r.Context(), w.Clock(), byWeb+v.Unit, v.Key, v.Unit, to, f.Reason)
	w.answered(rw, r, v, err, f)
}

// wrongExtension reads the day of a 延期, and says what is wrong with it, if anything is.
func wrongExtension(f page.Forms) (to calendar.Date, problem string) {
	to, err := calendar.ParseDate(f.To)
	switch {
	case err != nil:
		return to, "请填写延期到哪一天，如 2026-12-31。"
	case f.Reason == "":
		return to, "请写明延期的理由。"
	}
	return to, ""
}

// posted reads the link and the form of a request that is to change something.
func (w *window) posted(rw http.ResponseWriter, r *http.Request) (visit, bool) {
	v, ok := w.visit(rw, r)
	if ok && !genuine(r, r.PathValue("token")) {
		w.foreign(rw, r)
		ok = false
	}
	return v, ok
}

// wordsLong is what whoever has written too much is told.
const wordsLong = "说明、理由、名称和文号都以500字为限，请写得短些。"

// theOffice stands in a sentence for the office's name.
const theOffice = "{office}"

// refusals are the reasons for which the scheduler refuses.
var refusals = []struct {
	err  error
	text string
}{
	{scheduler.ErrLong, wordsLong},
	{scheduler.ErrNothing, "请用看得见的文字写明情况或理由。"},
	{scheduler.ErrOnShow, "公示期满自动办结，无须登记。"},
	{scheduler.ErrLate, "已过到期日，不能再申请延期。请尽快办理，或与" + theOffice + "联系。"},
	{scheduler.ErrFar, "申请的日期在1年以后，请另定日期，或与" + theOffice + "联系。"},
	{scheduler.ErrOften, "1小时内申请延期的次数过多，未作登记；此前的申请仍然有效。请1小时后再申请，或与" + theOffice + "联系。"},
	{scheduler.ErrPaused, "已暂停计时，不能延期；恢复计时后仍需延期的，请再办理。"},
	{scheduler.ErrPast, "申请的日期已过，请另定日期。"},
	{scheduler.ErrNoDelay, "到期日不早于所填的日期，无须延期。"},
	{scheduler.ErrClosed, "本项此前已办结或撤销。"},
	{scheduler.ErrNotAnswering, "本项由办结单位登记，本单位无须登记。"},
	{scheduler.ErrNotFound, "本项已不在本单位名下。"},
}

// refusal says why the scheduler has refused what was asked; nothing for any other error, which is the store's.
func (w *window) refusal(err error) string {
	if link, ok := errors.AsType[*scheduler.RefusedLink](err); ok {
		return link.Chinese()
	}
	if report, ok := errors.AsType[*scheduler.WrongReport](err); ok {
		return report.Chinese()
	}
	if bound, ok := errors.AsType[*scheduler.CapError](err); ok {
		return bound.Chinese(w.office())
	}
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return strings.ReplaceAll(r.text, theOffice, w.office())
		}
	}
	return ""
}

// answered shows the item after it was answered, by a page that can be loaded again without answering again, or says
// why it was not.
func (w *window) answered(rw http.ResponseWriter, r *http.Request, v visit, err error, f page.Forms) {
	switch problem := w.refusal(err); {
	case err == nil:
		w.changed()
		http.Redirect(rw, r, v.path, http.StatusSeeOther)
	case problem != "":
		f.Problem = problem
		w.showItem(rw, r, v, http.StatusUnprocessableEntity, f)
	default:
		w.failed(rw, err)
	}
}
