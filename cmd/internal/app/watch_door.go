package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// What a visitor may cost: each of these is more than an honest one needs.
const (
	maxScrapes    = 2 // at once
	maxHeader     = 16 << 10
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	farewell      = 5 * time.Second // for a scrape under way when the daemon stops
)

// open listens on an address.
func (w *watch) open(ctx context.Context, address string) error {
	door, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("open watch.listen: %w", err)
	}
	w.door = door
	w.server = &http.Server{
		Handler: w.handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	return nil
}

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

// serve lets visitors in until close.
func (w *watch) serve() {
	if w.door == nil {
		return
	}
	w.log.Info("watch is listening", "address", w.door.Addr().String())
	if err := w.server.Serve(w.door); err != nil && !errors.Is(err, http.ErrServerClosed) {
		w.log.Error("watch no longer listens", "error", err)
	}
}

// close shows visitors out, and shuts the door.
func (w *watch) close() error {
	if w.door == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if err := w.server.Shutdown(ctx); err != nil {
		_ = w.server.Close() // whoever is still there has had its time
	}
	if err := w.door.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close watch.listen: %w", err)
	}
	return nil
}

// loopback reports whether an address can be reached from this host alone.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
