package inbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"qixian/notify"
)

// maxAnswer is how many bytes of everything but mails the server may say in one reading, a list of 350,000 mails for
// example.
const maxAnswer = 4 << 20

// session is one connection with the folder open, read-only.
type session struct {
	client   *imapclient.Client
	password string
	line     *line
	stop     func() bool
	ctx      context.Context
	validity uint32
	end      imap.UID // the last number given out when the folder was opened; 0: the server does not say
}

// open dials, logs in and opens the folder. The connection is closed when ctx ends: no command of the library waits for
// anything else.
func (r *Reader) open(ctx context.Context) (*session, error) {
	password, err := r.o.Password()
	if err != nil {
		return nil, fmt.Errorf("read inbox password: %w", err)
	}
	conn, err := r.o.Dial(ctx, "tcp", net.JoinHostPort(r.o.Host, strconv.Itoa(r.o.Port)))
	if err != nil {
		return nil, fmt.Errorf("dial inbox: %w", err)
	}
	s := &session{ctx: ctx, password: password, line: &line{Conn: conn, idle: r.o.Idle}}
	s.line.left.Store(maxAnswer)
	s.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err := s.begin(r.o, password); err != nil {
		s.close()
		return nil, s.blame(err)
	}
	return s, nil
}

func (s *session) begin(o Options, password string) error {
	// What comes unasked is read with the same care, and dropped.
	options := &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Fetch: func(data *imapclient.FetchMessageData) {
			if _, err := take(data); err != nil {
				_ = s.line.Close() // the line is broken, or will be
			}
		},
	}}
	config := &tls.Config{ServerName: o.Host, RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	switch o.TLS {
	case StartTLS:
		options.TLSConfig = config
		client, err := imapclient.NewStartTLS(s.line, options)
		if err != nil {
			return fmt.Errorf("encrypt inbox: %w", err)
		}
		s.client = client
	case Implicit:
		conn := tls.Client(s.line, config)
		if err := conn.HandshakeContext(s.ctx); err != nil {
			return fmt.Errorf("encrypt inbox: %w", err)
		}
		s.client = imapclient.New(conn, options)
	default:
		s.client = imapclient.New(s.line, options)
	}
	if err := s.client.WaitGreeting(); err != nil {
		return fmt.Errorf("greet inbox: %w", err)
	}
	if err := s.client.Login(o.Username, password).Wait(); err != nil {
		return loginRefusal(err)
	}
	// NetEase opens no folder for a client that has not said its name: "Unsafe Login" (help.mail.163.com; RFC 2971).
	if s.client.Caps().Has(imap.CapID) {
		if _, err := s.client.ID(&imap.IDData{Name: "qixian", Version: "1", Vendor: "qixian"}).Wait(); err != nil {
			return fmt.Errorf("introduce to inbox: %w", err)
		}
	}
	data, err := s.client.Select(o.Folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return fmt.Errorf("open folder of inbox: %w", err)
	}
	s.validity, s.end = data.UIDValidity, max(data.UIDNext, 1)-1
	return nil
}

// loginRefusal tells a login that was refused from a server that cannot log anybody in at the moment (RFC 5530).
func loginRefusal(err error) error {
	answer, ok := errors.AsType[*imap.Error](err)
	if !ok || answer.Type != imap.StatusResponseTypeNo || answer.Code == imap.ResponseCodeUnavailable ||
		answer.Code == imap.ResponseCodeInUse || answer.Code == imap.ResponseCodeLimit {
		return fmt.Errorf("log in to inbox: %w", err)
	}
	return fmt.Errorf("log in to inbox: %w: %w", ErrLogin, err)
}

// close takes leave without waiting for an answer. What failed before counts, not how this ends.
func (s *session) close() {
	if s.client != nil {
		s.client.Logout()
		_ = s.client.Close()
	}
	s.stop()
	_ = s.line.Close()
}

// blame says why an error came about, where the library only knows that the connection is closed, and takes the
// addresses out of a server's words, and the password.
func (s *session) blame(err error) error {
	if cause := s.ctx.Err(); cause != nil {
		return fmt.Errorf("read inbox: %w", cause)
	}
	if cause := s.line.cause.Load(); cause != nil {
		err = fmt.Errorf("%w: %w", *cause, err)
	}
	return wordless{err, s.password}
}

// wordless is an error that is shown without mail addresses and a password.
type wordless struct {
	error
	password string
}

func (w wordless) Error() string { return masked(notify.Hide(w.error.Error(), w.password)) }
func (w wordless) Unwrap() error { return w.error }

// anyAddress is an ASCII address: Chinese words around one stand without a blank.
var anyAddress = regexp.MustCompile(`[^\s<>()\[\]:;,"'[:^ascii:]]+@[^\s<>()\[\]:;,"'[:^ascii:]]+`)

func masked(s string) string { return anyAddress.ReplaceAllString(s, "ADDRESS") }

// line is a connection on which neither silence nor a flood lasts. The library bounds neither: while it waits for an
// answer it waits for ever, and it keeps lines of any length. After an error it reads on, so that the line is closed at
// the first.
type line struct {
	net.Conn
	idle  time.Duration
	left  atomic.Int64 // bytes that may still come
	cause atomic.Pointer[error]
}

var (
	errSilent = errors.New("the server says nothing")
	errFlood  = errors.New("the server says more than it was asked for")
)

func (l *line) Read(p []byte) (int, error) {
	left := l.left.Load()
	if left <= 0 {
		return 0, l.hangUp(errFlood)
	}
	//nolint:forbidigo // a connection's deadline is by the clock; if it is closed, Read says so
	_ = l.Conn.SetReadDeadline(time.Now().Add(l.idle))
	n, err := l.Conn.Read(p[:min(int64(len(p)), left)])
	l.left.Add(int64(-n))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = l.hangUp(errSilent)
	case err != nil:
		_ = l.Close() // the error that counts is err
	}
	return n, err
}

func (l *line) hangUp(cause error) error {
	l.cause.CompareAndSwap(nil, &cause)
	_ = l.Close() // the error that counts is the cause
	return cause
}

func (l *line) Write(p []byte) (int, error) {
	_ = l.Conn.SetWriteDeadline(time.Now().Add(l.idle)) //nolint:forbidigo // as above
	return l.Conn.Write(p)
}

// SetDeadline, SetReadDeadline and SetWriteDeadline do nothing: the library would lift the limit between two answers.
func (l *line) SetDeadline(time.Time) error      { return nil }
func (l *line) SetReadDeadline(time.Time) error  { return nil } // see SetDeadline
func (l *line) SetWriteDeadline(time.Time) error { return nil } // see SetDeadline
