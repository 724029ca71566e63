package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"

	"qixian/notify"
)

// quitTimeout bounds the leave-taking: by then every message of the burst is settled, and nobody should wait for it.
const quitTimeout = 5 * time.Second

// session is one connection that is logged in.
type session struct {
	client *mail.Client
	conn   *line       // the TCP connection itself: go-mail leaves it open after most errors
	stop   func() bool // lifts the limit on the time of dialling
	used   int         // messages tried on it
}

// dial returns a new session or an outcome that says why there is none. Everything must be done within DialTimeout:
// go-mail itself has one time-out only, and that must be long enough for the final dot.
func (t *Transport) dial(ctx context.Context) (*session, notify.Outcome) {
	ctx, cancel := context.WithTimeout(ctx, t.o.DialTimeout)
	defer cancel()
	var (
		s   session
		l   *login
		err error
	)
	opts := t.options(ctx, &s)
	if t.o.Username != "" {
		password, err := t.o.Password()
		if err != nil {
			return nil, notify.Outcome{Class: notify.Halted, Reply: clean(fmt.Sprintf("read password: %v", err))}
		}
		l = &login{username: t.o.Username, password: password}
		opts = append(opts, mail.WithSMTPAuthCustom(l))
	}
	if s.client, err = mail.NewClient(t.o.Host, opts...); err != nil {
		return nil, notify.Outcome{Class: notify.Halted, Reply: clean(fmt.Sprintf("configure client: %v", err))}
	}
	if err = s.client.DialWithContext(ctx); err == nil && s.stop() {
		return &s, notify.Outcome{}
	}
	if s.conn != nil {
		_ = s.conn.Close() // the error that counts is err
	}
	if ctx.Err() != nil { // err, if there is one, only says that the connection is closed
		err = fmt.Errorf("dial and log in: %w", ctx.Err())
	}
	return nil, dialOutcome(err, l)
}

// options are those of a go-mail client. It sends neither NOOP nor RSET, which some servers refuse (eYou answers RSET
// with 502, go-mail #551) and others count against us; and it does not ask for SMTPUTF8, which our ASCII addresses do
// not need and which the next server on the way may not have.
func (t *Transport) options(dialling context.Context, s *session) []mail.Option {
	config := &tls.Config{ServerName: t.o.Host, RootCAs: t.o.Roots, MinVersion: tls.VersionTLS12}
	opts := []mail.Option{
		mail.WithPort(t.o.Port), mail.WithTimeout(t.o.Timeout), mail.WithHELO(t.o.HELO), mail.WithTLSConfig(config),
		mail.WithoutNoop(), mail.WithoutRset(), mail.WithoutSMTPUTF8(),
		mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := t.o.Dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			s.conn, s.stop = &line{Conn: conn}, context.AfterFunc(dialling, func() { _ = conn.Close() })
			if t.o.TLS != Implicit {
				return s.conn, nil
			}
			return tls.Client(s.conn, config), nil // the first read shakes hands
		}),
	}
	switch t.o.TLS {
	case Implicit:
		return append(opts, mail.WithSSL())
	case None:
		return append(opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
}

// drop closes the connection without a word. After a failure nothing else will do: any further command, QUIT included,
// would first end an unfinished DATA block, and the server would accept half a mail.
func (t *Transport) drop() {
	if t.s != nil {
		t.s.conn.discard()
		t.s = nil
	}
}

// hangUp says QUIT and closes the connection.
func (t *Transport) hangUp() error {
	if t.s == nil {
		return nil
	}
	s := t.s
	t.s = nil
	late := time.AfterFunc(quitTimeout, func() { _ = s.conn.Close() })
	defer late.Stop()
	err := s.client.Close()
	if cerr := s.conn.Close(); err == nil && !errors.Is(cerr, net.ErrClosed) {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("close connection: %w", err)
	}
	return nil
}

var errNoLogin = errors.New("the server offers no login that we know (PLAIN, LOGIN)")

// login is AUTH PLAIN or LOGIN, whichever the server offers: all that the providers here have in common. It remembers
// that it was begun, so that a refused login is told from a refused connection.
type login struct {
	username, password string
	begun              bool
	gosmtp.Auth
}

// hide takes the login out of a server's words; nil: there is none.
func (l *login) hide(text string) string {
	if l == nil {
		return text
	}
	return notify.Hide(text, "\x00"+l.username+"\x00"+l.password, l.password)
}

// Start implements the interface of go-mail's smtp package.
func (l *login) Start(server *gosmtp.ServerInfo) (string, []byte, error) {
	l.begun = true
	offered := func(mechanism string) bool {
		return slices.ContainsFunc(server.Auth, func(s string) bool { return strings.EqualFold(s, mechanism) })
	}
	switch {
	case offered("PLAIN"):
		l.Auth = gosmtp.PlainAuth("", l.username, l.password, server.Name, false)
	case offered("LOGIN"):
		l.Auth = gosmtp.LoginAuth(l.username, l.password, server.Name, false)
	default:
		return "", nil, errNoLogin
	}
	return l.Auth.Start(server)
}
