package app

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes is how many scrapes there may be at once.
const maxScrapes = 2

// handler answers GET and HEAD alone.
func (w *watch) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(w.metrics.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: maxScrapes, Registry: w.metrics.registry, EnableOpenMetrics: true,
	}))
	mux.Handle("GET /healthz", state(func(*http.Request) error { return w.alive() }))
	mux.Handle("GET /readyz", state(func(r *http.Request) error { return w.ready(r.Context()) }))
	return mux
}

// state answers 200 and ok, or 503 and what is wrong.
func state(of func(*http.Request) error) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		rw.Header().Set("Cache-Control", "no-store")
		said := "ok"
		if err := of(r); err != nil {
			said = err.Error()
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = fmt.Fprintln(rw, said) // a visitor that has gone cannot be helped
	})
}
