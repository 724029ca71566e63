// Package smtptest is a mail server for tests: it takes mails and keeps them, and misbehaves as it is told at any point
// of the conversation.
package smtptest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Verb is a point of the conversation: a command, or what stands between commands.
type Verb string

// The points at which a Fault can strike.
const (
	Greeting Verb = "greeting"
	EHLO     Verb = "EHLO"
	HELO     Verb = "HELO"
	STARTTLS Verb = "STARTTLS"
	AUTH     Verb = "AUTH"
	MAIL     Verb = "MAIL"
	RCPT     Verb = "RCPT"
	DATA     Verb = "DATA"
	Content  Verb = "content" // once the first line of a mail has arrived
	Final    Verb = "."       // once the final dot has arrived
	RSET     Verb = "RSET"
	NOOP     Verb = "NOOP"
	QUIT     Verb = "QUIT"
	// before a TLS record goes out, those of the handshake too: a Reply is written as it is, and the line drops.
	Record Verb = "record"
)

// Fault is one way to misbehave.
type Fault struct {
	At    Verb
	Match string // strikes only if the command's argument contains it, such as an address
	Skip  int    // lets that many chances pass first
	Times int    // strikes that often; 0: always

	Reply string // the answer in place of the usual one, its code included
	Keep  bool   // at Final: the mail is accepted for all that
	Drop  bool   // the line is dropped, after Reply if there is one
	Stall bool   // nothing is answered until the client hangs up

	// Hold is called first, with the client's address, and everything waits until it returns. A fault that says nothing
	// else lets the conversation go on as usual then.
	Hold func(client string)
}

// Mail is one mail that was accepted.
type Mail struct {
	HELO   string
	User   string // logged in as; empty: not
	TLS    bool
	From   string // between the angle brackets of MAIL
	Params string // what followed them
	To     []string
	Data   []byte // as sent, dots unstuffed, lines ending in CRLF
	Conn   int    // the connection, counted from 1
	Client string // the address that it came from
}

// Options says what the server offers.
type Options struct {
	StartTLS   bool
	Implicit   bool              // TLS from the first byte
	Users      map[string]string // user to password; nil: no AUTH
	Mechanisms string            // default "PLAIN LOGIN"
	Extensions []string          // further EHLO lines
	Bears      int               // connections at a time; a further one is greeted with 421 and dropped; 0: any number
}

// Server is one mail server.
type Server struct {
	o     Options
	certs certificates

	mu       sync.Mutex
	faults   []Fault
	mails    []Mail
	commands []string
	struck   int
	pace     func()
	conns    map[net.Conn]bool
	dialled  int
	busiest  int // connections at a time
	retired  int // connections up to this one
	closed   bool
	listener net.Listener
	serving  sync.WaitGroup
}

// New returns a server that has no address yet; it is reached by Dial, which works in memory and so in a synctest
// bubble, or by TCP after Listen. It stops with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Mechanisms == "" {
		o.Mechanisms = "PLAIN LOGIN"
	}
	s := &Server{o: o, conns: map[net.Conn]bool{}}
	if o.StartTLS || o.Implicit {
		s.certs = newCertificates(t)
	}
	t.Cleanup(s.Close)
	return s
}

// Listen opens a port on 127.0.0.1.
func (s *Server) Listen(t testing.TB) *Server {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	s.listener = l
	s.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.start(conn)
		}
	})
	return s
}

// Host is the name that the certificate holds for.
func (s *Server) Host() string { return "127.0.0.1" }

// Port is the one that Listen opened.
func (s *Server) Port() int {
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	n, _ := strconv.Atoi(port)
	return n
}

// Roots holds the authority that signed the server's certificate.
func (s *Server) Roots() *x509.CertPool { return s.certs.roots }

// CA is the same authority in PEM, for a file.
func (s *Server) CA() []byte { return s.certs.ca }

// Dial connects in memory, whatever the address.
func (s *Server) Dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	if !s.start(server) {
		return nil, fmt.Errorf("dial: %w", net.ErrClosed)
	}
	return client, nil
}

// On adds faults; the first that fits strikes.
func (s *Server) On(fs ...Fault) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fs...)
	return s
}

// Pace has a function called before each mail begins, which takes its time; nil: none.
func (s *Server) Pace(wait func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace = wait
}

// Mend takes all faults away.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Mails returns what was accepted, in order.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Count returns how many mails were accepted.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mails)
}

// Commands returns the verbs that arrived, in order, over all connections.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// Struck returns how often a fault has struck.
func (s *Server) Struck() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.struck
}

// Activity returns a number that grows whenever a client says something.
func (s *Server) Activity() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialled + len(s.commands) + len(s.mails)
}

// Dialled returns how many connections there were.
func (s *Server) Dialled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialled
}

// Busiest returns how many connections there were at a time, at most; those that Options.Bears had refused are not
// counted.
func (s *Server) Busiest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busiest
}

// HangUp drops every connection and goes on listening.
func (s *Server) HangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

// Retire ends every connection that has carried a mail before it carries another one, so that its client, at no risk to
// any mail, dials anew.
func (s *Server) Retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retired = s.dialled
}

func (s *Server) retires(connection int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return connection <= s.retired
}

// Close stops the server and waits for its conversations to end. Closing twice is harmless.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if s.listener != nil {
		_ = s.listener.Close()
	}
	s.HangUp()
	s.serving.Wait()
}

func (s *Server) start(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
		return false
	}
	s.dialled++
	s.conns[conn] = true
	c := &conversation{s: s, raw: conn, number: s.dialled, unborne: s.o.Bears > 0 && len(s.conns) > s.o.Bears}
	if !c.unborne {
		s.busiest = max(s.busiest, len(s.conns))
	}
	if s.o.Implicit {
		c.encrypt()
	} else {
		c.speak(conn)
	}
	s.serving.Go(func() {
		c.run()
		_ = conn.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, conn)
	})
	return true
}

// strike returns the fault that fits, if one does, and counts it.
func (s *Server) strike(at Verb, argument string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		f := &s.faults[i]
		if f.At != at || f.Times < 0 || !strings.Contains(argument, f.Match) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		hit := *f
		s.struck++
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				f.Times = -1 // spent
			}
		}
		return hit, true
	}
	return Fault{}, false
}

func (s *Server) keepPace() {
	s.mu.Lock()
	wait := s.pace
	s.mu.Unlock()
	if wait != nil {
		wait()
	}
}

func (s *Server) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
}

func (s *Server) note(command string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, command)
}

func (s *Server) tlsConfig() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{s.certs.server}, MinVersion: tls.VersionTLS12}
}
