package web

import (
	"crypto/rand"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"qixian/scheduler/web/account"
	"qixian/scheduler/web/page"
)

// pathSignIn is where the form of the sign-in goes.
const pathSignIn = "/office/sign-in"

// byOffice stands before the name of the account that has acted here, in the audit trail.
const byOffice = "office:"

// openOffice adds the office's side.
func (w *window) openOffice(mux *http.ServeMux) {
	mux.HandleFunc("POST "+pathSignIn, w.atOffice(w.signIn))
	mux.HandleFunc("POST /office/sign-out", w.atOffice(w.signOut))
	mux.HandleFunc("GET /office", w.signedIn(w.overview))
	mux.HandleFunc("POST /office/address", w.signedIn(w.clearAddress))
	mux.HandleFunc("GET /office/contacts", w.signedIn(w.contacts))
	mux.HandleFunc("POST /office/contacts", w.signedIn(w.replaceAddress))
	mux.HandleFunc("GET /office/feeds", w.signedIn(w.feeds))
	mux.HandleFunc("POST /office/feeds", w.signedIn(w.revokeFeed))
	mux.HandleFunc("GET /office/report", w.signedIn(w.reports))
	mux.HandleFunc("GET /office/report/{file}", w.signedIn(w.report))
	mux.HandleFunc("GET /office/plan", w.signedIn(w.plan))
	mux.HandleFunc("GET /office/mail", w.signedIn(w.mail))
	mux.HandleFunc("GET /office/year", w.signedIn(w.year))
	mux.HandleFunc("GET /office/events", w.signedIn(w.events))
	mux.HandleFunc("POST /office/events", w.signedIn(w.addEvent))
	mux.HandleFunc("POST /office/event/{id}/withdraw", w.signedIn(w.withdrawEvent))
	mux.HandleFunc("POST /office/event/{id}/move", w.signedIn(w.moveEvent))
	mux.HandleFunc("GET /office/number", w.signedIn(w.byNumber))
	mux.HandleFunc("GET /office/item/{key}", w.signedIn(w.officeItem))
	mux.HandleFunc("POST /office/item/{key}/done", w.signedIn(w.officeDone))
	mux.HandleFunc("POST /office/item/{key}/extend", w.signedIn(w.officeExtend))
	mux.HandleFunc("POST /office/request/{id}/grant", w.signedIn(w.grant))
	mux.HandleFunc("POST /office/request/{id}/refuse", w.signedIn(w.refuse))
}

// cookie is the name of the session's cookie. With __Host- a browser takes it from this host alone, by https (RFC
// 6265bis section 4.1.3.2).
func (w *window) cookie() string {
	if w.secure() {
		return "__Host-qixian"
	}
	return "qixian"
}

// deviceCookie is the name of the cookie that a sign-in leaves. It lets nobody in.
func (w *window) deviceCookie() string { return w.cookie() + "-device" }

func (w *window) secure() bool { return strings.HasPrefix(w.URL, "https://") }

func (w *window) setCookie(rw http.ResponseWriter, name, value string, age int) {
	http.SetCookie(
		rw,
		&http.Cookie{ //nolint:gosec // G124: it is not Secure only where the window is reached by http, on this host
			Name:     name,
			Value:    value,
			Path:     "/",
			MaxAge:   age,
			Secure:   w.secure(),
			HttpOnly: true,
			SameSite: http.SameSiteStrictMode,
		},
	)
}

// signIn begins a session. Whatever token the browser has brought along means nothing after it.
func (w *window) signIn(rw http.ResponseWriter, r *http.Request) {
	brought := w.brought(r)
	if !genuine(r, brought) {
		w.foreign(rw, r)
		return
	}
	w.Accounts.SignOut(brought)
	who := w.client(r)
	attempt := account.Attempt{
		Name:     r.PostFormValue("name"),
		Password: r.PostFormValue("password"),
		Client:   who.String(),
	}
	if c, err := r.Cookie(w.deviceCookie()); err == nil {
		attempt.Device = c.Value
	}
	entered, err := w.Accounts.SignIn(attempt)
	var named []any
	if w.Accounts.Knows(attempt.Name) { // what else was typed may be a password
		named = []any{"account", attempt.Name}
	}
	log := w.Logger.With("client", who.String()).With(named...)
	delay, delayed := errors.AsType[*account.Delay](err)
	switch {
	case delayed:
		w.refused(refusedDelayed, who, named...)
		seconds := int(math.Ceil(delay.For.Seconds()))
		rw.Header().Set("Retry-After", strconv.Itoa(seconds))
		w.showSignIn(rw, r, http.StatusTooManyRequests, "失败次数过多，请"+strconv.Itoa((seconds+59)/60)+"分钟后再试。")
	case errors.Is(err, account.ErrBusy):
		w.refused(refusedBusy, who, named...)
		rw.Header().Set("Retry-After", "5")
		w.showSignIn(rw, r, http.StatusServiceUnavailable, "同时登录的人较多，请几秒钟后再试。")
	case err != nil:
		w.refused(refusedWrong, who)
		log.Warn("sign-in refused")
		w.showSignIn(rw, r, http.StatusUnauthorized, "用户名或密码错误。")
	default:
		log.Info("signed in")
		w.setCookie(rw, w.cookie(), entered.Token, 0)
		w.setCookie(rw, w.deviceCookie(), entered.Device, int(account.DeviceFor/time.Second))
		http.Redirect(rw, r, "/office", http.StatusSeeOther)
	}
}

func (w *window) signOut(rw http.ResponseWriter, r *http.Request) {
	brought := w.brought(r)
	if !genuine(r, brought) {
		w.foreign(rw, r)
		return
	}
	w.Accounts.SignOut(brought)
	w.setCookie(rw, w.cookie(), "", -1)
	http.Redirect(rw, r, "/office", http.StatusSeeOther)
}

// showSignIn shows the form of the sign-in, which belongs to what the browser has brought along: where that is nothing,
// to a new text that is no session's.
func (w *window) showSignIn(rw http.ResponseWriter, r *http.Request, status int, problem string) {
	token := w.brought(r)
	if token == "" {
		token = rand.Text()
		w.setCookie(rw, w.cookie(), token, 0)
	}
	p := page.SignIn{Head: w.head("登录"), Problem: problem}
	p.Token = formToken(token)
	w.show(rw, status, "sign-in", p)
}

// atOffice shows nothing where nobody may sign in.
func (w *window) atOffice(next http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if w.Accounts.Empty() {
			w.nothing(rw, r)
			return
		}
		next(rw, r)
	}
}

// signedIn lets those in who have a session, with the name under which they act, and asks all others to sign in.
func (w *window) signedIn(next func(rw http.ResponseWriter, r *http.Request, by string)) http.HandlerFunc {
	return w.atOffice(func(rw http.ResponseWriter, r *http.Request) {
		name, ok := w.Accounts.Who(w.brought(r))
		posted := r.Method == http.MethodPost
		switch {
		case !ok && posted:
			w.showSignIn(rw, r, http.StatusUnauthorized, "登录已失效，刚才提交的内容未作登记。请登录后重新提交。")
		case !ok:
			w.showSignIn(rw, r, http.StatusOK, "")
		case posted && !genuine(r, w.brought(r)):
			w.foreign(rw, r)
		default:
			next(rw, r, byOffice+name)
		}
	})
}
