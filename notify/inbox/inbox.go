// Package inbox reads the mailbox to which bounces and units' replies come back, by IMAP (RFC 9051), and hands each new
// mail once to whoever acts on it. It looks and touches nothing: the folder is opened read-only, no mail is flagged,
// moved or deleted. It is the one package that knows the IMAP and MIME libraries.
//
// What it reads was written by anybody. A mail is cut off at 256 KiB and taken apart within bounds; one that cannot be
// read is skipped with a line in the log and holds up no other.
//
// A bounce must look like one, by a delivery report (RFC 3464) or, as Chinese providers write them, by subject and
// code, and name a message of ours. It says what it shows for that: that it came to the signed return address, or that
// it brings the Message-ID back. What counts is for the handler to say. Whoever has had the mail can forge a bounce for
// it; all he gains is that the address which he reads himself is taken for bad, and the office is told. Automatic
// replies are counted and otherwise left alone. A mail that is not from one plain mailbox is nobody's, and does
// nothing.
package inbox

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"qixian/notify"
)

// Kind is what a mail is to us.
type Kind string

// The kinds of mail.
const (
	KindBounce Kind = "bounce" // a server's word that a message of ours did not arrive, or has not yet
	KindReply  Kind = "reply"  // a person's answer to a message of ours
	// written by a machine: an absence notice, a receipt, a list, a bounce of nothing of ours, our own mail.
	KindAutomatic Kind = "automatic"
	KindOther     Kind = "other" // a person's mail that answers nothing of ours
)

// Bounce is a mail server's word on a message of ours (RFC 3464).
type Bounce struct {
	MessageID string // ours, without angle brackets
	Recipient string // whom the server could not reach, as it says; may be behind a forwarding, or empty
	Status    string // RFC 3463: 5.1.1; a reply code alone gives 5.0.0 or 4.0.0; empty if the server gave neither
	// it will not be tried again, whether for a reason that lasts (5.x.x, a full mailbox 5.2.2 included) or for one
	// that has lasted for days (4.x.x)
	Permanent bool
	Text      string // the server's words: one line, without addresses

	Mailbox  bool // the words are about the mailbox itself: not about a rate, a quota, a policy or the mail's content
	Signed   bool // it came to the signed return address of that message
	Returned bool // it brings the message's Message-ID back, in the form of a bounce
}

// Why a reply cannot be read.
const (
	Winmail   = "winmail"   // all that it says is in a winmail.dat (MS-OXTNEF), which Outlook writes for Exchange alone
	Encrypted = "encrypted" // by S/MIME or OpenPGP
)

// Reply is a mail that a person has sent in answer to one of ours.
type Reply struct {
	From       string    // the writer's address, as the mail states it
	Codes      []string  // what could be reply codes, those of the addresses first
	InReplyTo  string    // Message-ID without angle brackets; may be empty
	References []string  // likewise
	MessageID  string    // its own, without angle brackets
	Subject    string    //
	Text       string    // what the writer has written, without what is quoted; lines end in \n
	At         time.Time // when it arrived at the mailbox, which no writer can set back

	Sealed        string // why nothing of it can be read: Winmail or Encrypted; empty: it can, or there is nothing
	Authenticated bool   // the receiving server vouches for From; see Options.AuthservID
}

// Handler acts on what came. It may be handed the same mail again, and an error says that it must be. An error that
// concerns one mail and stays would hold up the rest: after ten times that mail is skipped.
type Handler interface {
	Bounced(ctx context.Context, now time.Time, b Bounce) error
	Replied(ctx context.Context, now time.Time, r Reply) error
}

// Bookmark keeps how far the mailbox has been read.
type Bookmark interface {
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string) error
}

// TLS says how the connection is encrypted.
type TLS string

// The ways to encrypt. With StartTLS and Implicit a server that cannot, or whose certificate does not hold, gets no
// password.
const (
	Implicit TLS = "tls"      // from the first byte (RFC 8314), by custom on port 993
	StartTLS TLS = "starttls" // STARTTLS (RFC 9051 section 6.2.1), by custom on port 143
	None     TLS = "none"     // in the clear: for a server on this host alone
)

// Options says which mailbox is read. Host, Username, Password, Signer, Address, Name, Bookmark and Handler are
// required.
type Options struct {
	Host     string
	Port     int                    // default 993 or 143, as TLS has it
	TLS      TLS                    // default Implicit
	Roots    *x509.CertPool         // authorities for the server's certificate; nil: the system's
	Username string                 //
	Password func() (string, error) // asked at each login, so that a new one needs no restart
	Folder   string                 // default INBOX

	Signer  *notify.Signer // knows our return addresses
	Address string         // that of our From header; its domain is that of our Message-IDs
	Signed  bool           // our return addresses are signed: a bounce must come to one

	// by which our mail server signs its Authentication-Results (RFC 8601); empty: no reply is taken for authenticated
	AuthservID string
	// the name by which it writes its Received field: what stands below the topmost of those, the sender may have
	// written
	ReceivedBy string

	Name     string // under which the bookmark is kept
	Bookmark Bookmark
	Handler  Handler

	// how far back the first reading goes, and one of a mailbox that was made anew; default 14 days
	Back    time.Duration
	Idle    time.Duration // how long the server may be silent within an answer; default 1 min
	Timeout time.Duration // for one reading; default 10 min
	Logger  *slog.Logger  // default: none

	// Dial replaces the dialling of TCP; nil: net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// ErrLogin is what Read returns, wrapped, when the server refuses the login: trying again soon would only shut the
// account.
var ErrLogin = errors.New("the server refuses the login")

// Reader reads one mailbox. It is used by one goroutine at a time.
type Reader struct {
	o     Options
	log   *slog.Logger
	sort  sorter
	stuck struct { // the mail that failed last
		at    mark
		tries int
	}
	careful mark // up to this mail they are fetched one by one
}

// New returns a reader that has not dialled yet.
func New(o Options) (*Reader, error) {
	o.TLS = cmp.Or(o.TLS, Implicit)
	port, known := map[TLS]int{Implicit: 993, StartTLS: 143, None: 143}[o.TLS]
	switch {
	case o.Host == "" || o.Username == "" || o.Password == nil:
		return nil, errors.New("configure inbox: want a host, a username and a password")
	case !known:
		return nil, fmt.Errorf("configure inbox: unknown tls %q", o.TLS)
	case o.TLS == None && !loopback(o.Host):
		return nil, errors.New(
			"configure inbox: without tls the password would cross the network in the clear; that is for a server on this host alone",
		)
	case o.Signer == nil || o.Bookmark == nil || o.Handler == nil || o.Name == "":
		return nil, errors.New("configure inbox: want a signer, a bookmark with its name and a handler")
	}
	if err := notify.CheckAddress(o.Address); err != nil {
		return nil, fmt.Errorf("configure inbox: %w", err)
	}
	o.Port = cmp.Or(o.Port, port)
	o.Folder = cmp.Or(o.Folder, "INBOX")
	o.Back = cmp.Or(o.Back, 14*24*time.Hour)
	o.Idle = cmp.Or(o.Idle, time.Minute)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Minute)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	r := &Reader{o: o, log: o.Logger, sort: newSorter(o.Signer, o.Address, o.Signed)}
	r.sort.witness = newWitness(o.AuthservID, o.ReceivedBy)
	return r, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Report is what one reading came to; its zero value says that nothing was new.
type Report struct {
	Bounces   int
	Replies   int
	Automatic int // counted and left alone
	Other     int // likewise
	Skipped   int // could not be read, or not be handled ten times over
}

// Quiet reports whether nothing was new.
func (r Report) Quiet() bool { return r == Report{} }

func (r *Report) count(k Kind) {
	switch k {
	case KindBounce:
		r.Bounces++
	case KindReply:
		r.Replies++
	case KindAutomatic:
		r.Automatic++
	case KindOther:
		r.Other++
	}
}

// LogValue shows what is not zero.
func (r Report) LogValue() slog.Value {
	var as []slog.Attr
	for _, a := range []slog.Attr{
		slog.Int("bounces", r.Bounces), slog.Int("replies", r.Replies), slog.Int("automatic", r.Automatic), slog.Int("other", r.Other),
		slog.Int("skipped", r.Skipped),
	} {
		if a.Value.Int64() != 0 {
			as = append(as, a)
		}
	}
	return slog.GroupValue(as...)
}
