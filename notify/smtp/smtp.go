// Package smtp is the transport that hands messages to a mail server, and the one package that knows go-mail. It
// renders a message to the bytes of RFC 5322, keeps one connection for a burst, and says of every attempt what is true
// afterwards: delivered, refused, put off, or unknown.
package smtp

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/wneessen/go-mail"

	"qixian/notify"
)

// TLS says how the connection is encrypted.
type TLS string

// The ways to encrypt. With StartTLS and Implicit a server that cannot, or whose certificate does not hold, gets
// nothing.
const (
	StartTLS TLS = "starttls" // STARTTLS (RFC 3207), by custom on port 587
	Implicit TLS = "tls"      // TLS from the first byte (RFC 8314), by custom on port 465
	None     TLS = "none"     // in the clear: for a relay on this host or network, without a login
)

// Options says which server takes our messages and in whose name. Host and Sender.From are required.
type Options struct {
	Host     string
	Port     int                    // default 587, 465 or 25, as TLS has it
	TLS      TLS                    // default StartTLS
	Roots    *x509.CertPool         // authorities for the server's certificate; nil: the system's
	Username string                 // empty: no login
	Password func() (string, error) // asked at each login, so that a new one needs no restart
	HELO     string                 // default: the domain of the From address
	Sender   Sender

	DialTimeout time.Duration // for all from dialling to the end of the login; default 15 s
	// for one message, the reply to the final dot included; default 10 min (RFC 5321 section 4.5.3.2.6)
	Timeout          time.Duration
	MaxPerConnection int // messages; default 100

	// Dial replaces the dialling of TCP; nil: net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Transport sends through one server. It is used by one goroutine at a time.
type Transport struct {
	o Options
	s *session // the kept connection; nil: none
}

var _ notify.Transport = (*Transport)(nil)

// New returns a transport that has not dialled yet. It refuses options that no server could satisfy.
func New(o Options) (*Transport, error) {
	o.TLS = cmp.Or(o.TLS, StartTLS)
	port, known := map[TLS]int{StartTLS: 587, Implicit: 465, None: 25}[o.TLS]
	switch {
	case o.Host == "":
		return nil, errors.New("configure smtp: no host")
	case !known:
		return nil, fmt.Errorf("configure smtp: unknown tls %q", o.TLS)
	case o.Username != "" && o.TLS == None:
		return nil, errors.New("configure smtp: a login needs starttls or tls")
	case o.Username != "" && o.Password == nil:
		return nil, errors.New("configure smtp: a login needs a password")
	}
	if err := o.Sender.check(); err != nil {
		return nil, fmt.Errorf("configure smtp: %w", err)
	}
	o.Port = cmp.Or(o.Port, port)
	o.HELO = cmp.Or(o.HELO, notify.Domain(o.Sender.From.Address))
	o.DialTimeout = cmp.Or(o.DialTimeout, 15*time.Second)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Minute)
	o.MaxPerConnection = cmp.Or(o.MaxPerConnection, 100)
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	return &Transport{o: o}, nil
}

// Open dials and logs in, unless the connection of an earlier message still serves. It cannot tell whether the server
// has closed that one meanwhile; Send finds out before anything of a message has gone out.
func (t *Transport) Open(ctx context.Context) notify.Outcome {
	if t.s != nil && t.s.used < t.o.MaxPerConnection {
		return notify.Outcome{}
	}
	_ = t.hangUp() // its messages are settled
	s, out := t.dial(ctx)
	t.s = s
	return out
}

// Send makes one attempt. A kept connection that turns out to be dead before the server has heard of the message is
// replaced once. Nothing is written any more once ctx has lapsed.
func (t *Transport) Send(ctx context.Context, m notify.Message) notify.Outcome {
	if err := notify.CheckAddress(m.To); err != nil {
		return notify.Outcome{Class: notify.Bounced, Reply: err.Error()}
	}
	for try := 1; ; try++ {
		// A Msg remembers that it was delivered, and that it failed, for ever: each try has its own.
		msg, err := build(m, t.o.Sender, Wire)
		if err != nil {
			return notify.Outcome{Class: notify.Rejected, Reply: err.Error()}
		}
		if notify.Lapsed(ctx, time.Now()) { //nolint:forbidigo // as in line.Write
			return lapsed()
		}
		if out := t.Open(ctx); out.Class != "" {
			out.Pause, out.Shut = true, true
			return out
		}
		kept := t.s.used > 0
		t.s.used++
		err = t.say(ctx, msg)
		// The one thing that is certain: once the server has answered the final dot, nothing that follows undoes it.
		if msg.IsDelivered() {
			return notify.Outcome{Class: notify.Sent, Code: 250, Reply: clean(msg.ServerResponse())}
		}
		if t.s.conn.lapsed {
			t.drop()
			return lapsed()
		}
		v := verdict(err)
		if !v.reusable() {
			t.drop()
		}
		if kept && try == 1 && v.stale() {
			continue
		}
		if v.outcome.Class == notify.Retry && notify.Lapsed(ctx, time.Now()) { //nolint:forbidigo // as in line.Write
			v.outcome.Blameless = true // it may be the process that was not there
		}
		return v.outcome
	}
}

// say holds the conversation about one message. A panic in its midst must not leave a connection on which the next
// command would end up in a half-written mail.
func (t *Transport) say(ctx context.Context, msg *mail.Msg) error {
	said := false
	defer func() {
		if !said {
			t.drop()
		}
	}()
	t.s.conn.hold = ctx
	err := t.s.client.Send(msg)
	t.s.conn.hold = nil
	said = true
	return err
}

// Idle takes leave of the server.
func (t *Transport) Idle() error { return t.hangUp() }
