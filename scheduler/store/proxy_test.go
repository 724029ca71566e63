package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// cut says when a proxy cuts a connection.
type cut string

const (
	never      cut = ""
	beforeSent cut = "before COMMIT is passed on" // the transaction is not done
	afterSent  cut = "after COMMIT is answered"   // it is done, and nobody has heard of it
)

// proxy stands between a store and a MariaDB server, and reads what is asked of it (the client/server protocol: packets
// of a length of three bytes, a number of one, and a payload that begins with 3 for a query).
type proxy struct {
	server string

	mu   sync.Mutex
	next cut // of the next COMMIT
	cuts int // so far

	word, instead string // the server is asked for another word of the same length
}

// openByProxy opens a database by a proxy.
func openByProxy(t *testing.T, o store.Options) (*store.Store, *proxy) {
	t.Helper()
	o, p := startProxy(t, o)
	return storetest.Reopen(t, o), p
}

// startProxy starts a proxy and returns what opens the database by it.
func startProxy(t *testing.T, o store.Options) (store.Options, *proxy) {
	t.Helper()
	cfg, err := driver.ParseDSN(o.DSN)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{server: cfg.Addr}
	cfg.Addr = l.Addr().String()
	o.DSN = cfg.FormatDSN()
	var g sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); g.Wait() })
	g.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			g.Go(func() { p.carry(client) })
		}
	})
	return o, p
}

// cutNext cuts the connection at the next COMMIT.
func (p *proxy) cutNext(c cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = c
}

func (p *proxy) cutSoFar() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// take says what is to be done at a COMMIT.
func (p *proxy) take() cut {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.next
	if p.next = never; c != never {
		p.cuts++
	}
	return c
}

// carry carries one connection. The protocol takes turns: what comes back is passed on packet by packet, and a COMMIT
// is answered by one.
func (p *proxy) carry(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.server)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	done := make(chan struct{})
	var swallow sync.Mutex // held while the answer is not for the client
	go func() {
		defer close(done)
		for {
			packet, err := readPacket(server)
			if err != nil {
				return
			}
			if !swallow.TryLock() {
				return // COMMIT has been answered
			}
			_, err = client.Write(packet)
			swallow.Unlock()
			if err != nil {
				return
			}
		}
	}()
	for {
		packet, err := readPacket(client)
		if err != nil {
			return
		}
		packet = bytes.Replace(packet, []byte(p.word), []byte(p.instead), 1)
		what := never
		if bytes.Equal(packet[4:], []byte("\x03COMMIT")) {
			what = p.take()
		}
		switch what {
		case beforeSent:
			return
		case afterSent:
			swallow.Lock()
		}
		if _, err := server.Write(packet); err != nil {
			return
		}
		if what == afterSent {
			<-done
			return
		}
	}
}

func readPacket(r io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	size := int(binary.LittleEndian.Uint32([]byte{head[0], head[1], head[2], 0}))
	packet := make([]byte, 4+size)
	copy(packet, head)
	_, err := io.ReadFull(r, packet[4:])
	return packet, err
}
