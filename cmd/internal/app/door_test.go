package app

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener in memory, whose deadlines go by a bubble's clock.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipes) dial() net.Conn {
	there, here := net.Pipe()
	p.conns <- there
	return here
}

// ended returns a channel that is closed when the other end closes a connection.
func ended(c net.Conn) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, c)
		close(done)
	}()
	return done
}

// TestSlowVisitors holds how long one may send nothing, a header, a body, or be idle, and that nobody keeps others out
// by it.
func TestSlowVisitors(t *testing.T) {
	for name, tt := range map[string]struct {
		sends string
		ends  time.Duration
	}{
		"nothing":         {"", headerTimeout},
		"half a header":   {"GET / HTTP/1.1\r\nHost: q", headerTimeout},
		"half a body":     {"POST / HTTP/1.1\r\nHost: q\r\nContent-Length: 100\r\n\r\nx", readTimeout},
		"nothing further": {"GET / HTTP/1.1\r\nHost: q\r\n\r\n", idleTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := newPipes()
				d := newDoor(
					"web.listen",
					listener,
					http.HandlerFunc(
						func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) },
					),
					slog.New(slog.DiscardHandler),
				)
				go d.serve()
				start := time.Now()
				c := listener.dial()
				done := ended(c)
				if _, err := io.WriteString(c, tt.sends); err != nil {
					t.Fatal(err)
				}
				<-done
				if took := time.Since(start); took > tt.ends+time.Second {
					t.Errorf("it was let stay for %s", took)
				}
				_ = c.Close()
				if err := d.close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestHallIsFull opens many more connections than there may be: a visitor who asks something is answered at once, and
// no more are open than may be.
func TestHallIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		d := newDoor("web.listen", listener, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(rw, "ok")
		}), slog.New(slog.DiscardHandler))
		go d.serve()
		const many = 2 * maxVisitors
		var open atomic.Int64
		start := time.Now()
		for i := range many {
			c := listener.dial()
			open.Add(1)
			go func() {
				<-ended(c)
				open.Add(-1)
			}()
			if i%2 == 0 {
				// it may be shown out meanwhile
				_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: q\r\nContent-Length: 100\r\n\r\nx")
			}
		}
		synctest.Wait()
		if n := open.Load(); n > maxVisitors {
			t.Errorf("%d connections are open", n)
		}
		c := listener.dial()
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: q\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		got, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = got.Body.Close() }()
		said, err := io.ReadAll(got.Body)
		if err != nil || strings.TrimSpace(string(said)) != "ok" || time.Since(start) > 0 {
			t.Errorf("after %s: %q, %v", time.Since(start), said, err)
		}
		_ = c.Close()
		if err := d.close(); err != nil {
			t.Error(err)
		}
		time.Sleep(idleTimeout)
	})
}
