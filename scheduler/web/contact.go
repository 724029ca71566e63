package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"qixian/notify"
	"qixian/rules/wording"
	"qixian/scheduler"
	"qixian/scheduler/web/page"
)

// contacts shows where each unit's mail goes, with the forms by which that is put right.
func (w *window) contacts(rw http.ResponseWriter, r *http.Request, _ string) {
	w.showContacts(rw, r, http.StatusOK, page.ContactForm{})
}

func (w *window) showContacts(rw http.ResponseWriter, r *http.Request, status int, f page.ContactForm) {
	all, err := w.AtOffice.Contacts(r.Context())
	if err != nil {
		w.failed(rw, err)
		return
	}
	p := page.Contacts{Head: w.head("单位邮箱"), Form: f}
	p.Token = w.formOf(r)
	for _, u := range all {
		if len(u.Addresses) == 0 {
			p.None++
			p.Contacts = append(p.Contacts, page.Contact{ID: u.Unit, Unit: u.Unit})
		}
		for i, a := range u.Addresses {
			c := page.Contact{Unit: u.Unit, Address: a.Address.Address}
			if word := a.Instead; a.Replaced() {
				c.Instead = fmt.Sprintf("%s　%s更正：%s", wording.Moment(word.At), w.whose(word.By), word.Reason)
				if c.Listed = word.Listed; c.Listed == "" || c.Listed == notify.MadeUpAddress(u.Unit) {
					c.Listed = "空"
				}
			}
			if i == 0 {
				c.ID = u.Unit
			}
			if c.MadeUp = c.Address == notify.MadeUpAddress(u.Unit); c.MadeUp {
				p.MadeUp++
			}
			if a.State == scheduler.BadAddress {
				p.Bad++
				c.Bad, c.Since, c.Reason = true, wording.Moment(a.Since), a.Reason
			}
			p.Contacts = append(p.Contacts, c)
		}
	}
	slices.SortStableFunc(p.Contacts, func(a, b page.Contact) int { return cmp.Compare(a.Standing(), b.Standing()) })
	for i, c := range p.Contacts { // after a mistake the form that was filled in is open
		p.Contacts[i].Open = f.Problem != "" && c.Unit == f.Unit && strings.EqualFold(c.Address, f.Was)
	}
	w.show(rw, status, "contacts", p)
}

// notReplaced are the reasons for which an address is not replaced.
var notReplaced = []struct {
	err  error
	text string
}{
	{scheduler.ErrNoUnit, "没有这个单位。"},
	{scheduler.ErrNotTheirs, "该单位已不用原来的邮箱，可能刚被他人更正。请核对下面的现状后再改。"},
	{scheduler.ErrSame, "新邮箱与原邮箱相同，无须更正。"},
	{scheduler.ErrKnownAsBad, "这个邮箱的邮件曾被退回，已经停用。确已恢复的，请先在总览页恢复发送。"},
	{scheduler.ErrLong, wordsLong},
	{scheduler.ErrNothing, "请用看得见的文字写明为何更正。"},
	{scheduler.ErrNoAddress, "邮箱地址格式有误。请只填一个地址，如 name@example.invalid。"},
}

// replaceAddress says that a unit's mail goes to another address from now on.
func (w *window) replaceAddress(rw http.ResponseWriter, r *http.Request, by string) {
	f := page.ContactForm{
		Unit: r.PostFormValue(
			"unit",
		),
		Was:     r.PostFormValue("was"),
		Address: strings.TrimSpace(r.PostFormValue("address")),
		Reason:  strings.TrimSpace(r.PostFormValue("reason")),
	}
	if f.Reason == "" {
		f.Problem = "请写明为何更正，如“单位来电告知”。"
		w.showContacts(rw, r, http.StatusUnprocessableEntity, f)
		return
	}
	err := w.AtOffice.ReplaceAddress(r.Context(), w.Clock(), by, f.Unit, f.Was, f.Address, f.Reason)
	for _, n := range notReplaced {
		if errors.Is(err, n.err) {
			f.Problem = n.text
			w.showContacts(rw, r, http.StatusUnprocessableEntity, f)
			return
		}
	}
	if err != nil {
		w.failed(rw, err)
		return
	}
	w.changed()
	http.Redirect(rw, r, "/office/contacts#"+url.PathEscape(f.Unit), http.StatusSeeOther)
}

// clearAddress says that an address works again, to which mail goes from now on.
func (w *window) clearAddress(rw http.ResponseWriter, r *http.Request, by string) {
	reason := strings.TrimSpace(r.PostFormValue("reason"))
	if reason == "" {
		w.say(rw, http.StatusUnprocessableEntity, "未作改动", "请写明为何可以恢复发送，如“单位已清理邮箱”。请返回后填写。")
		return
	}
	err := w.AtOffice.ClearAddress(r.Context(), w.Clock(), by, r.PostFormValue("address"), reason)
	if problem := w.refusal(err); problem != "" {
		w.say(rw, http.StatusUnprocessableEntity, "未作改动", problem)
		return
	}
	if err != nil && !errors.Is(err, scheduler.ErrNotBad) {
		w.failed(rw, err)
		return
	}
	w.changed()
	http.Redirect(rw, r, "/office", http.StatusSeeOther)
}
