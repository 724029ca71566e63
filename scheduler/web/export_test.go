package web

import (
	"log/slog"
	"net/http"
	"net/netip"
)

// FormToken is what the forms of a page hold.
var FormToken = formToken

// NewCounted is New, with what counts the places that are held and the clients that are here.
func NewCounted(o Options) (h http.Handler, counts func() (served, clients int)) {
	w := newWindow(o)
	return w.handler(), w.floor.counts
}

// ClientOf returns who asks, where these proxies are trusted.
func ClientOf(r *http.Request, proxies ...netip.Prefix) netip.Addr {
	return newWindow(
		Options{Proxies: func() []netip.Prefix { return proxies }, Logger: slog.New(slog.DiscardHandler)},
	).client(
		r,
	)
}

// The bounds on visitors.
const (
	MaxAtOnce  = maxAtOnce
	MaxClient  = maxClient
	MaxWait    = maxWait
	MaxReading = maxReading
)
