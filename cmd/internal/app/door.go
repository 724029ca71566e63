package app

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// What a visitor may cost: each of these is more than an honest one needs.
const (
	maxHeader     = 16 << 10
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = time.Minute
	farewell      = 5 * time.Second // for what is under way when the daemon stops
	// connections; where one comes too many, the one on which nothing has moved on for longest goes.
	maxVisitors = 600
)

// door is an address at which the daemon is visited by HTTP; nil: nobody is let in.
type door struct {
	name     string // its key in the configuration
	log      *slog.Logger
	listener net.Listener
	server   *http.Server
}

// openDoor listens on an address.
func openDoor(ctx context.Context, name, address string, handler http.Handler, log *slog.Logger) (*door, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return newDoor(name, listener, handler, log), nil
}

func newDoor(name string, listener net.Listener, handler http.Handler, log *slog.Logger) *door {
	hall := &hall{at: map[net.Conn]*list.Element{}}
	return &door{name: name, log: log, listener: listener, server: &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
		ConnState:         hall.moved,
	}}
}

// hall is the connections that are open, that on which nothing has moved on for longest first. An honest visitor is
// through in a moment, so whoever waits longest is idle, or sends slowly.
type hall struct {
	mu    sync.Mutex
	order list.List // of net.Conn
	at    map[net.Conn]*list.Element
}

// moved is called when a connection is new, sends something, is idle, or ends.
func (h *hall) moved(c net.Conn, to http.ConnState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.at[c]; e != nil {
		h.order.Remove(e)
		delete(h.at, c)
	}
	if to == http.StateClosed || to == http.StateHijacked {
		return
	}
	h.at[c] = h.order.PushBack(c)
	if oldest, ok := h.order.Front().Value.(net.Conn); ok && h.order.Len() > maxVisitors {
		h.order.Remove(h.at[oldest])
		delete(h.at, oldest)
		_ = oldest.Close() // whoever is at its other end has had its time
	}
}

// address is where it listens.
func (d *door) address() string { return d.listener.Addr().String() }

// serve lets visitors in until close.
func (d *door) serve() {
	if d == nil {
		return
	}
	d.log.Info("listening", "door", d.name, "address", d.address())
	if err := d.server.Serve(d.listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
		d.log.Error("no longer listening", "door", d.name, "error", err)
	}
}

// close shows visitors out, and shuts the door.
func (d *door) close() error {
	if d == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if err := d.server.Shutdown(ctx); err != nil {
		_ = d.server.Close() // whoever is still there has had its time
	}
	if err := d.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close %s: %w", d.name, err)
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
