package torture_test

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"qixian/cmd/internal/burst"
)

// proxy stands between the daemon and the database, and cuts lines.
type proxy struct {
	listener net.Listener

	mu     sync.Mutex
	target string
	lines  map[net.Conn]net.Conn
	left   int // bytes until the next cut; negative: none is to come
	cuts   int
}

// byProxy places the burst on a MariaDB that the daemon reaches by a proxy alone.
func byProxy(t *testing.T, r *ordeal, o *burst.Options) {
	t.Helper()
	ownServer()(t, r, o)
	cfg, err := driver.ParseDSN(o.DSN)
	if err != nil {
		t.Fatal(err)
	}
	r.proxy = newProxy(t, cfg.Addr)
	cfg.Addr = r.proxy.listener.Addr().String()
	r.dsn = cfg.FormatDSN()
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: target, listener: l, lines: map[net.Conn]net.Conn{}, left: -1}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.carry(client) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		serving.Wait()
	})
	return p
}

// redirect sends connections elsewhere from now on.
func (p *proxy) redirect(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// carry carries one connection, both ways, until it is cut or closed.
func (p *proxy) carry(client net.Conn) {
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	server, err := net.Dial("tcp", target)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.lines[client] = server
	p.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], meter{way[1], p}) // it ends in any case
			_ = client.Close()
			_ = server.Close()
		})
	}
	both.Wait()
	p.mu.Lock()
	delete(p.lines, client)
	p.mu.Unlock()
}

// meter counts what comes from one side, and lets it through up to the byte of the next cut.
type meter struct {
	net.Conn
	p *proxy
}

func (m meter) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	if let := m.p.count(n); let < n {
		return let, io.ErrUnexpectedEOF
	}
	return n, err
}

// count returns how many of n bytes may pass; fewer than n once for each cut.
func (p *proxy) count(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left < 0 {
		return n
	}
	if n <= p.left {
		p.left -= n
		return n
	}
	n, p.left = p.left, -1
	p.cuts++
	return n
}

// cut drops every line.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for client, server := range p.lines {
		_ = client.Close()
		_ = server.Close()
	}
}

// cutConnections cuts one line in the midst of what it carries, after some more bytes, and sometimes all others with
// it.
func cutConnections(t *testing.T, r *ordeal, _ int) {
	p := r.proxy
	p.mu.Lock()
	p.left = r.IntN(20_000)
	before := p.cuts
	p.mu.Unlock()
	r.Await(t, fmt.Sprintf("cut %d", before+1), patience, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.cuts > before
	})
	if r.IntN(4) == 0 {
		p.cut()
		time.Sleep(r.between(0, 100*time.Millisecond))
	}
}
