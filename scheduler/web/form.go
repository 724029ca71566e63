package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// fieldForm is the field by which a form shows that it is from one of our pages: browsers of before Fetch Metadata say
// nothing of that.
const fieldForm = "form"

// formToken returns what the forms of a page hold. secret is what only those know who may see the page: the session's
// cookie, or the link.
func formToken(secret string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte("qixian form"))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// genuine reports whether a request has a form of a page that this secret was needed for.
func genuine(r *http.Request, secret string) bool {
	return secret != "" && hmac.Equal([]byte(r.PostFormValue(fieldForm)), []byte(formToken(secret)))
}

// formOf is what the forms of a page at the office's side hold.
func (w *window) formOf(r *http.Request) string { return formToken(w.brought(r)) }

// brought is the session's cookie that a request brings along; empty: none.
func (w *window) brought(r *http.Request) string {
	c, err := r.Cookie(w.cookie())
	if err != nil {
		return ""
	}
	return c.Value
}
