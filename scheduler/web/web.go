// Package web is the window at which units look and answer, and the office too: pages drawn by the server, without
// scripts, for whoever has a signed link from one of their mails, or an account. A GET changes nothing, as mail
// scanners follow links; what changes something is a form that is posted.
package web

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"qixian/notify"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/web/account"
	"qixian/scheduler/web/link"
	"qixian/scheduler/web/page"
)

// Desk is the scheduler as the window needs it; *scheduler.Scheduler is one.
type Desk interface {
	Subscribed(ctx context.Context, unit, serial string) (string, error)
	Status(ctx context.Context, now time.Time, f scheduler.Filter) (scheduler.Standing, error)
	Look(ctx context.Context, now time.Time, key, unit string) (scheduler.View, error)
	Complete(ctx context.Context, now time.Time, by, key, unit, url, note string) (scheduler.Completed, error)
	RequestExtension(
		ctx context.Context,
		now time.Time,
		by, key, unit string,
		to calendar.Date,
		reason string,
	) (scheduler.Request, error)
	Habits() scheduler.Habits
}

// OfficeDesk is the scheduler as the office's side needs it beside that; *scheduler.Scheduler is one.
type OfficeDesk interface {
	Named(ctx context.Context, name, unit string) (key, of string, err error)
	Inspect(ctx context.Context, now time.Time, key, unit string) (scheduler.View, error)
	Extend(
		ctx context.Context,
		now time.Time,
		by, key, unit string,
		to calendar.Date,
		reason string,
	) (scheduler.Deadline, error)
	CorrectDue(
		ctx context.Context,
		now time.Time,
		by, key, unit string,
		to calendar.Date,
		reason string,
	) (scheduler.Deadline, error)
	Grant(ctx context.Context, now time.Time, by, id string) (scheduler.Request, error)
	Refuse(ctx context.Context, now time.Time, by, id, reason string) (scheduler.Request, error)
}

// Calendar is the year as the office's side needs it; *scheduler.Scheduler is one.
type Calendar interface {
	Year(ctx context.Context, year int, f scheduler.YearFilter) ([]scheduler.YearDay, error)
	Choices() (units, obligations []scheduler.Choice)
}

// Events is what starts clocks, as the office's side needs it; *scheduler.Scheduler is one.
type Events interface {
	Offers(now time.Time, unit string) []rules.Offer
	EventTitle(e rules.Event) string
	Foresee(ctx context.Context, now time.Time, e rules.Event) (scheduler.Recorded, error)
	AddEvents(ctx context.Context, now time.Time, by string, es []rules.Event) ([]scheduler.Recorded, error)
	EventsOnRecord(ctx context.Context, limit int) ([]scheduler.Event, error)
}

// Corrections put right what was recorded by mistake, as the office's side needs it; *scheduler.Scheduler is one.
type Corrections interface {
	WithdrawEvent(ctx context.Context, now time.Time, by, id, reason string) (scheduler.Corrected, error)
	MoveEvent(
		ctx context.Context,
		now time.Time,
		by, id string,
		at time.Time,
		reason string,
	) (scheduler.Corrected, error)
}

// Contacts is where the units' mail goes, as the office's side needs it; *scheduler.Scheduler is one.
type Contacts interface {
	Contacts(ctx context.Context) ([]scheduler.UnitContact, error)
	ReplaceAddress(ctx context.Context, now time.Time, by, unit, was, address, reason string) error
	ClearAddress(ctx context.Context, now time.Time, by, address, reason string) error
}

// Feeds is the calendars that units have, as the office's side needs them; *scheduler.Scheduler is one.
type Feeds interface {
	Feeds(ctx context.Context) ([]scheduler.UnitFeed, error)
	RevokeFeed(ctx context.Context, now time.Time, by, serial, reason string) error
}

// Records is what was said and done, as the office's side needs it; *scheduler.Scheduler is one.
type Records interface {
	Mail(ctx context.Context, key string) (notify.Message, error)
	Brief(ctx context.Context, now time.Time, span scheduler.Span, ranking bool) (scheduler.Brief, error)
}

// Candidate returns what a reload would change of what is to come, or the mistakes for which it would be refused.
type Candidate func(ctx context.Context, now time.Time) (d scheduler.Difference, refused []Mistake, err error)

// Mistake is one mistake in a file with its place: for the office, and as `qixian check` prints it.
type Mistake struct{ Chinese, English string }

// Office is what the office has at its side of the window.
type Office interface {
	OfficeDesk
	Calendar
	Events
	Corrections
	Contacts
	Feeds
	Records
}

// Options says whose window it is. Desk, Links, Clock and Logger are required.
type Options struct {
	Desk     Desk
	AtOffice Office        // nil: the office has no side of its own
	Accounts *account.Book // who may sign in there; required with AtOffice, which shows nothing while there is nobody
	Plan     Candidate     // what a reload would change; required with AtOffice
	// how the window is reached, such as https://qixian.example.invalid; by https cookies go no other way
	URL      string
	Links    *link.Maker
	Proxies  func() []netip.Prefix // who is believed to say for whom he asks (X-Forwarded-For); nil: nobody
	Clock    func() time.Time      // what time it is
	Answered func()                // called when a unit has reported something; nil: nobody wants to know
	Refused  func(Refused)         // called when a visitor is turned away; nil: nobody counts
	Logger   *slog.Logger          // what went wrong, without links: they are secrets
}

// window is the handler's state.
type window struct {
	Options

	standing standing
	floor    *floor
	tally    tally
	silent   sync.Once // a proxy that does not say for whom it asks
}

// New returns the window.
func New(o Options) http.Handler {
	return newWindow(o).handler()
}

func newWindow(o Options) *window {
	if o.Answered == nil {
		o.Answered = func() {}
	}
	if o.Proxies == nil {
		o.Proxies = func() []netip.Prefix { return nil }
	}
	if o.Refused == nil {
		o.Refused = func(Refused) {}
	}
	return &window{Options: o, floor: newFloor(), tally: tally{said: map[Refused]time.Time{}, since: map[Refused]int{}}}
}

func (w *window) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", w.door)
	mux.HandleFunc("GET /style.css", w.style)
	mux.HandleFunc("GET /u/{token}", w.unit)
	mux.HandleFunc("GET /u/{token}/{key}", w.item)
	mux.HandleFunc("POST /u/{token}/{key}/done", w.done)
	mux.HandleFunc("POST /u/{token}/{key}/extend", w.extend)
	mux.HandleFunc("GET /i/{token}", w.item)
	mux.HandleFunc("POST /i/{token}/done", w.done)
	mux.HandleFunc("POST /i/{token}/extend", w.extend)
	mux.HandleFunc("GET /c/{file}", w.oldFeed)
	mux.HandleFunc("GET /f/{file}", w.feed)
	if w.AtOffice != nil {
		w.openOffice(mux)
	}
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		if to := unslashed(mux, r); to != "" {
			http.Redirect(rw, r, to, http.StatusSeeOther)
			return
		}
		w.nothing(rw, r)
	})
	// A form is posted from our own pages, as browsers say (Fetch Metadata, Sec-Fetch-Site; Origin in older ones); a
	// browser that says nothing of it shows that by the form's token.
	guarded := http.NewCrossOriginProtection()
	if w.URL != "" { // a proxy may not hand on the name by which it was asked
		if err := guarded.AddTrustedOrigin(w.URL); err != nil {
			w.Logger.Error("forms are taken by the name of the host alone", "error", err)
		}
	}
	guarded.SetDenyHandler(http.HandlerFunc(w.foreign))
	return secured(guarded.Handler(w.limited(mux)))
}

// unslashed returns where the page is that was asked for with a slash too many at its end, as people type it and some
// mail programs complete it; empty: there is none.
func unslashed(mux *http.ServeMux, r *http.Request) string {
	bare := strings.TrimRight(r.URL.EscapedPath(), "/")
	if r.Method != http.MethodGet || bare == "" || bare == r.URL.EscapedPath() {
		return ""
	}
	to := bare
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	page, err := url.ParseRequestURI(to)
	if err != nil {
		return ""
	}
	if _, pattern := mux.Handler(&http.Request{Method: r.Method, Host: r.Host, URL: page}); pattern == "/" {
		return ""
	}
	return to
}

// secured gives every answer the headers that keep a browser from doing more with it than showing it: nothing of other
// sites is loaded, no script runs, no other site frames it, no link out of it tells where it was, and no cache keeps
// it.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set(
			"Content-Security-Policy",
			"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // for browsers of before Content-Security-Policy
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		next.ServeHTTP(rw, r)
	})
}

// show writes a page that has been drawn as a whole: half a page is never shown.
func (w *window) show(rw http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := page.Render(&b, name, data); err != nil {
		w.Logger.Error("page not drawn", "page", name, "error", err)
		http.Error(rw, "系统出错，请稍后再试。", http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = b.WriteTo(rw) // a visitor that has gone cannot be helped
}

// say shows a page that says one thing.
func (w *window) say(rw http.ResponseWriter, status int, title, text string) {
	w.show(rw, status, "message", page.Message{Head: w.head(title), Text: text})
}

// office is what the office is called.
func (w *window) office() string { return w.Desk.Habits().Office }

func (w *window) head(title string) page.Head {
	habits := w.Desk.Habits()
	return page.Head{Title: title, Office: habits.Office, Contact: habits.Reach}
}

// door is what stands at the root: without a link there is nothing to see.
func (w *window) door(rw http.ResponseWriter, _ *http.Request) {
	w.say(rw, http.StatusOK, "政务公开期限提醒系统", "请从提醒邮件中的链接进入。每个单位的链接只对本单位有效，请勿转发。")
}

func (w *window) nothing(rw http.ResponseWriter, _ *http.Request) {
	w.say(rw, http.StatusNotFound, "页面不存在", "网址可能不完整。请从最近一封提醒邮件中重新点开链接。")
}

func (w *window) foreign(rw http.ResponseWriter, r *http.Request) {
	w.refused(refusedForeign, w.client(r))
	w.say(rw, http.StatusForbidden, "未作登记", "这次提交不是从本系统的网页发出的，未作任何登记。请重新打开网页（单位从提醒邮件中的链接进入）后再提交。")
}

// failed tells a visitor that it is not the visitor's fault, and the log why.
func (w *window) failed(rw http.ResponseWriter, err error) {
	w.Logger.Error("page failed", "error", err)
	if errors.Is(err, scheduler.ErrClock) {
		w.say(rw, http.StatusServiceUnavailable, "暂不能登记", "服务器时钟不准，这次未作任何登记。请稍后再试；仍不成功的，请与"+w.office()+"联系。")
		return
	}
	w.say(rw, http.StatusInternalServerError, "系统出错", "这次没有成功，未作任何登记。请稍后再试；仍不成功的，请与"+w.office()+"联系。")
}

func (w *window) style(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Content-Type", "text/css; charset=utf-8")
	rw.Header().Set("Cache-Control", "max-age=3600")
	_, _ = rw.Write(page.Style()) // as in show
}

// claim reads the link of a request. It returns false if the link opens nothing, and has said so.
func (w *window) claim(rw http.ResponseWriter, r *http.Request, p link.Purpose, token string) (link.Claim, bool) {
	c, err := w.Links.Read(p, token, w.Clock())
	switch {
	case err == nil:
		return c, true
	case errors.Is(err, link.ErrExpired):
		w.refused(refusedExpired, w.client(r))
		w.say(rw, http.StatusGone, "链接已过期", "这个链接的有效期到"+c.Until.Chinese()+"为止。请打开最近一封提醒邮件，用其中的链接。")
	default:
		w.noLink(rw, r)
	}
	return link.Claim{}, false
}

func (w *window) noLink(rw http.ResponseWriter, r *http.Request) {
	w.refused(refusedLink, w.client(r))
	w.say(rw, http.StatusForbidden, "链接无效", "这个链接不完整、被改动过，或已被停用。请打开最近一封提醒邮件，用其中的链接；不要手工抄写。")
}
