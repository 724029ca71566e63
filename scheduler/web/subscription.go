package web

import (
	"errors"
	"net/http"
	"strings"

	"qixian/rules/wording"
	"qixian/scheduler"
	"qixian/scheduler/web/page"
)

// mostRevoked is how many revoked calendars are listed.
const mostRevoked = 100

// feeds shows the units' calendars, with the forms by which they are revoked.
func (w *window) feeds(rw http.ResponseWriter, r *http.Request, _ string) {
	w.showFeeds(rw, r, http.StatusOK, page.FeedForm{})
}

func (w *window) showFeeds(rw http.ResponseWriter, r *http.Request, status int, f page.FeedForm) {
	all, err := w.AtOffice.Feeds(r.Context())
	if err != nil {
		w.failed(rw, err)
		return
	}
	p := page.Feeds{Head: w.head("日历订阅"), Form: f}
	p.Token = w.formOf(r)
	for _, u := range all {
		line := page.Feed{
			Unit:   u.Unit,
			Issued: wording.Moment(u.Issued),
			Serial: u.Serial,
			URL:    u.URL,
			Open:   f.Problem != "" && f.Serial == u.Serial,
		}
		switch {
		case u.Revoked.IsZero():
			p.Work = append(p.Work, line)
		case len(p.Revoked) < mostRevoked:
			line.Revoked, line.By, line.Reason = wording.Moment(u.Revoked), w.whose(u.RevokedBy), u.Reason
			p.Revoked = append(p.Revoked, line)
		}
	}
	w.show(rw, status, "feeds", p)
}

// revokeFeed says that a calendar works no longer.
func (w *window) revokeFeed(rw http.ResponseWriter, r *http.Request, by string) {
	f := page.FeedForm{Serial: r.PostFormValue("serial")}
	reason := strings.TrimSpace(r.PostFormValue("reason"))
	if reason == "" {
		f.Problem = "请写明为何停用，如“邮件误转外单位”。"
		w.showFeeds(rw, r, http.StatusUnprocessableEntity, f)
		return
	}
	err := w.AtOffice.RevokeFeed(r.Context(), w.Clock(), by, f.Serial, reason)
	if f.Problem = w.refusal(err); f.Problem != "" {
		w.showFeeds(rw, r, http.StatusUnprocessableEntity, f)
		return
	}
	if err != nil && !errors.Is(err, scheduler.ErrNoFeed) { // pressed twice: the list shows that it is revoked
		w.failed(rw, err)
		return
	}
	w.changed()
	http.Redirect(rw, r, "/office/feeds", http.StatusSeeOther)
}
