package web

import (
	"errors"
	"net/http"
	"strings"

	"qixian/scheduler/web/account"
	"qixian/scheduler/web/page"
)

// byOffice stands before the name of the account that has acted here, in the audit trail.
const byOffice = "office:"

// openOffice adds the office's side.
func (w *window) openOffice(mux *http.ServeMux) {
	mux.HandleFunc("POST /office/sign-in", w.signIn)
	mux.HandleFunc("POST /office/sign-out", w.signOut)
	mux.HandleFunc("GET /office", w.signedIn(w.overview))
	mux.HandleFunc("POST /office/address", w.signedIn(w.clearAddress))
	mux.HandleFunc("GET /office/contacts", w.signedIn(w.contacts))
	mux.HandleFunc("POST /office/contacts", w.signedIn(w.replaceAddress))
	mux.HandleFunc("GET /office/report", w.signedIn(w.reports))
	mux.HandleFunc("GET /office/report/{file}", w.signedIn(w.report))
	mux.HandleFunc("GET /office/plan", w.signedIn(w.plan))
	mux.HandleFunc("GET /office/mail", w.signedIn(w.mail))
	mux.HandleFunc("GET /office/year", w.signedIn(w.year))
	mux.HandleFunc("GET /office/events", w.signedIn(w.events))
	mux.HandleFunc("POST /office/events", w.signedIn(w.addEvent))
	mux.HandleFunc("POST /office/event/{id}/withdraw", w.signedIn(w.withdrawEvent))
	mux.HandleFunc("POST /office/event/{id}/move", w.signedIn(w.moveEvent))
	mux.HandleFunc("GET /office/item/{key}", w.signedIn(w.officeItem))
	mux.HandleFunc("POST /office/item/{key}/done", w.signedIn(w.officeDone))
	mux.HandleFunc("POST /office/item/{key}/extend", w.signedIn(w.officeExtend))
	mux.HandleFunc("POST /office/request/{id}/grant", w.signedIn(w.grant))
	mux.HandleFunc("POST /office/request/{id}/refuse", w.signedIn(w.refuse))
}

// cookie is the name of the session's cookie. With __Host- a browser takes it from this host alone, by https (RFC 6265bis section 4.1.3.2).
func (w *window) cookie() string {
	if w.secure() {
		return "__Host-qixian"
	}
	return "qixian"
}

func (w *window) secure() bool { return strings.HasPrefix(w.URL, "https://") }

func (w *window) setCookie(rw http.ResponseWriter, token string, age int) {
	http.SetCookie(rw, &http.Cookie{ //nolint:gosec // G124: it is not Secure only where the window is reached by http, on this host
		Name: w.cookie(), Value: token, Path: "/", MaxAge: age, Secure: w.secure(), HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// signIn begins a session. Whatever token the browser has brought along means nothing after it.
func (w *window) signIn(rw http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		w.showSignIn(rw, http.StatusBadRequest, "提交的内容不完整，请重新填写。")
		return
	}
	if old, err := r.Cookie(w.cookie()); err == nil {
		w.Accounts.SignOut(old.Value)
	}
	token, err := w.Accounts.SignIn(r.PostFormValue("name"), r.PostFormValue("password"))
	switch {
	case errors.Is(err, account.ErrLocked):
		w.showSignIn(rw, http.StatusTooManyRequests, "失败次数过多，请15分钟后再试。")
	case err != nil:
		w.Logger.Warn("sign-in refused")
		w.showSignIn(rw, http.StatusUnauthorized, "用户名或者密码不对。")
	default:
		w.setCookie(rw, token, 0)
		http.Redirect(rw, r, "/office", http.StatusSeeOther)
	}
}

func (w *window) signOut(rw http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(w.cookie()); err == nil {
		w.Accounts.SignOut(c.Value)
	}
	w.setCookie(rw, "", -1)
	http.Redirect(rw, r, "/office", http.StatusSeeOther)
}

func (w *window) showSignIn(rw http.ResponseWriter, status int, problem string) {
	w.show(rw, status, "sign-in", page.SignIn{Head: w.head("登录"), Problem: problem})
}

// signedIn lets those in who have a session, with the name under which they act, and asks all others to sign in.
func (w *window) signedIn(next func(rw http.ResponseWriter, r *http.Request, by string)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(w.cookie()); err == nil {
			if name, ok := w.Accounts.Who(c.Value); ok {
				next(rw, r, byOffice+name)
				return
			}
		}
		problem, status := "", http.StatusOK
		if r.Method == http.MethodPost {
			problem, status = "登录已失效，刚才提交的内容未作登记。请登录后重新提交。", http.StatusUnauthorized
		}
		w.showSignIn(rw, status, problem)
	}
}
