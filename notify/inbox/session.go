package inbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	maxMail   = 256 << 10 // bytes of a mail that are read; what follows is attachments
	maxAnswer = 4 << 20   // bytes of everything else that the server says in one reading, a list of 350,000 mails for example
)

// mail is one mail as it lies in the mailbox.
type mail struct {
	uid imap.UID
	at  time.Time // when it arrived (INTERNALDATE)
	raw []byte    // its first 256 KiB
}

// session is one connection with the folder open, read-only.
type session struct {
	client   *imapclient.Client
	line     *line
	stop     func() bool
	ctx      context.Context
	validity uint32
	end      imap.UID // the last number given out when the folder was opened; 0: the server does not say
}

// open dials, logs in and opens the folder. The connection is closed when ctx ends: no command of the library waits for anything else.
func (r *Reader) open(ctx context.Context) (*session, error) {
	password, err := r.o.Password()
	if err != nil {
		return nil, fmt.Errorf("read inbox password: %w", err)
	}
	conn, err := r.o.Dial(ctx, "tcp", net.JoinHostPort(r.o.Host, strconv.Itoa(r.o.Port)))
	if err != nil {
		return nil, fmt.Errorf("dial inbox: %w", err)
	}
	s := &session{ctx: ctx, line: &line{Conn: conn, idle: r.o.Idle}}
	s.line.left.Store(maxAnswer)
	s.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err := s.begin(r.o, password); err != nil {
		s.close()
		return nil, s.blame(err)
	}
	return s, nil
}

func (s *session) begin(o Options, password string) error {
	config := &tls.Config{ServerName: o.Host, RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	switch o.TLS {
	case StartTLS:
		client, err := imapclient.NewStartTLS(s.line, &imapclient.Options{TLSConfig: config})
		if err != nil {
			return fmt.Errorf("encrypt inbox: %w", err)
		}
		s.client = client
	case Implicit:
		conn := tls.Client(s.line, config)
		if err := conn.HandshakeContext(s.ctx); err != nil {
			return fmt.Errorf("encrypt inbox: %w", err)
		}
		s.client = imapclient.New(conn, nil)
	default:
		s.client = imapclient.New(s.line, nil)
	}
	if err := s.client.WaitGreeting(); err != nil {
		return fmt.Errorf("greet inbox: %w", err)
	}
	if err := s.client.Login(o.Username, password).Wait(); err != nil {
		return refusal(err)
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

// refusal tells a login that was refused from a server that cannot log anybody in at the moment (RFC 5530).
func refusal(err error) error {
	answer, ok := errors.AsType[*imap.Error](err)
	if !ok || answer.Type != imap.StatusResponseTypeNo || answer.Code == imap.ResponseCodeUnavailable ||
		answer.Code == imap.ResponseCodeInUse || answer.Code == imap.ResponseCodeLimit {
		return fmt.Errorf("log in to inbox: %w", err)
	}
	return fmt.Errorf("log in to inbox: %w: %w", ErrLogin, err)
}

// after lists the mails that came after the given one, in the order of arrival; for none, those since a day.
func (s *session) after(last imap.UID, since time.Time) ([]imap.UID, error) {
	criteria := &imap.SearchCriteria{Since: since}
	if last > 0 {
		var set imap.UIDSet
		set.AddRange(last+1, 0)
		criteria = &imap.SearchCriteria{UID: []imap.UIDSet{set}}
	}
	data, err := s.client.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return nil, s.blame(fmt.Errorf("list inbox: %w", err))
	}
	// Of a mailbox without anything new "last+1:*" is the last mail itself.
	uids := slices.DeleteFunc(data.AllUIDs(), func(uid imap.UID) bool { return uid <= last })
	slices.Sort(uids)
	return uids, nil
}

// fetch reads mails, without marking them as seen. One that was deleted meanwhile is left out; one that is there and that the server does not
// hand over is an error.
//
// The library drops a mail whose UID comes after its content, as servers are free to send it, and takes another client's change of a flag for
// the answer. So the mails are asked for by their places in the folder, which stand before everything, and each must have come whole.
func (s *session) fetch(uids []imap.UID) ([]mail, error) {
	places, err := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, InternalDate: true}).Collect()
	if err != nil {
		return nil, s.blame(fmt.Errorf("fetch from inbox: %w", err))
	}
	if len(places) == 0 {
		return nil, nil
	}
	mails := map[uint32]mail{}
	for _, p := range places {
		mails[p.SeqNum] = mail{uid: p.UID, at: p.InternalDate}
	}
	s.line.left.Add(int64(len(mails)) * (maxMail + maxMail/8)) // and what encryption adds
	body := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: maxMail}}
	got, err := s.client.Fetch(imap.SeqSetNum(slices.Collect(maps.Keys(mails))...), &imap.FetchOptions{
		UID: true, BodySection: []*imap.FetchItemBodySection{body},
	}).Collect()
	if err != nil {
		return nil, s.blame(fmt.Errorf("fetch from inbox: %w", err))
	}
	var whole []mail
	for _, g := range got {
		if m := mails[g.SeqNum]; m.uid == g.UID && len(g.BodySection) > 0 {
			raw := g.FindBodySection(body)
			m.raw = raw[:min(len(raw), maxMail)]
			whole = append(whole, m)
		}
	}
	if len(whole) < len(mails) {
		return nil, errors.New("fetch from inbox: not all that was asked for has come")
	}
	slices.SortFunc(whole, func(a, b mail) int { return cmp.Compare(a.uid, b.uid) })
	return whole, nil
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

// blame says why an error came about, where the library only knows that the connection is closed, and takes the addresses out of a server's words.
func (s *session) blame(err error) error {
	if cause := s.ctx.Err(); cause != nil {
		return fmt.Errorf("read inbox: %w", cause)
	}
	if cause := s.line.cause.Load(); cause != nil {
		err = fmt.Errorf("%w: %w", *cause, err)
	}
	return wordless{err}
}

// wordless is an error that is shown without mail addresses.
type wordless struct{ error }

func (w wordless) Error() string { return masked(w.error.Error()) }
func (w wordless) Unwrap() error { return w.error }

var anyAddress = regexp.MustCompile(`[^\s<>()\[\]:;,"']+@[^\s<>()\[\]:;,"']+`)

func masked(s string) string { return anyAddress.ReplaceAllString(s, "ADDRESS") }

// line is a connection on which neither silence nor a flood lasts. The library bounds neither: while it waits for an answer it waits for ever,
// and it keeps lines of any length. After an error it reads on, so that the line is closed at the first.
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
	_ = l.Conn.SetReadDeadline(time.Now().Add(l.idle)) //nolint:forbidigo // a connection's deadline is by the clock; if it is closed, Read says so
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
