package smtp

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wneessen/go-mail"

	"qixian/notify"
)

// Sender is in whose name mail is sent.
type Sender struct {
	From     netmail.Address // name, in any script, and address
	Envelope string          // the address that undeliverable mail comes back to; empty: From's
	ReplyTo  string          // where answers go; empty: From's
	// makes return and reply addresses of these, each for its message alone; nil: they stand as they are
	Signer *notify.Signer
	DKIM   *DKIM // nil: unsigned
}

// envelope is the address that this message comes back to; empty: From's.
func (s Sender) envelope(m notify.Message) string {
	if s.Signer == nil {
		return s.Envelope
	}
	return s.Signer.ReturnAddress(cmp.Or(s.Envelope, s.From.Address), m.MessageID)
}

// replyTo is where an answer to this message goes; empty: From's.
func (s Sender) replyTo(m notify.Message) string {
	if s.Signer == nil {
		return s.ReplyTo
	}
	return s.Signer.ReplyAddress(cmp.Or(s.ReplyTo, s.From.Address), m.MessageID)
}

func (s Sender) check() error {
	for _, a := range []struct{ what, address string }{
		{"from", s.From.Address}, {"envelope from", s.Envelope}, {"reply-to", s.ReplyTo},
	} {
		if a.address == "" && a.what != "from" {
			continue
		}
		if err := notify.CheckAddress(a.address); err != nil {
			return fmt.Errorf("check %s address: %w", a.what, err)
		}
	}
	if s.DKIM != nil {
		return s.DKIM.check()
	}
	return nil
}

// Form is for whom a message is rendered.
type Form int

// The two forms of one message; they differ in the transfer encoding of the body and in nothing that is read.
const (
	Wire Form = iota // as sent: base64, which every server on the way leaves alone; signed, if there is a key
	File             // as kept in a file: 8bit, so that it can be searched and read as it is; never signed
)

// beijing is the zone of every Date header; China has had no summer time since 1992.
var beijing = time.FixedZone("", 8*60*60)

// Render returns the bytes of a message (RFC 5322), lines ending in CRLF. They depend on its arguments alone: rendering
// twice gives the same bytes, and Wire those that Send puts on the wire. It fails on a message without a text, and on
// an address or Message-ID that is none.
func Render(m notify.Message, s Sender, f Form) ([]byte, error) {
	if err := notify.CheckAddress(m.To); err != nil {
		return nil, fmt.Errorf("render message: %w", err)
	}
	msg, err := build(m, s, f)
	if err != nil {
		return nil, err
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("render message: %w", err)
	}
	return raw.Bytes(), nil
}

// build returns the message as go-mail has it. All of it is in memory, and writing it can fail only where it is to be
// signed: that is tried, so that by the time anything is dialled for a message it is known to render.
func build(m notify.Message, s Sender, f Form) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingB64),
		mail.WithNoDefaultUserAgent(), mail.WithBoundary(boundary(m)))
	if err := writeHeader(msg, m, s); err != nil {
		return nil, fmt.Errorf("render message: %w", err)
	}
	write := writeBody
	if len(m.Attachments) > 0 {
		write = writeMixed
	}
	if err := write(msg, m, f); err != nil {
		return nil, fmt.Errorf("render message: %w", err)
	}
	if f == Wire && s.DKIM != nil {
		msg.SetDKIM(s.DKIM.signer(m.At))
		if _, err := msg.WriteTo(io.Discard); err != nil {
			return nil, fmt.Errorf("render message: %w", err)
		}
	}
	return msg, nil
}

func writeHeader(msg *mail.Msg, m notify.Message, s Sender) error {
	if !notify.IsMessageID(m.MessageID) {
		return errors.New("no Message-ID of the form left@right")
	}
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetDateWithValue(m.At.In(beijing))
	msg.SetAddrHeaderFromMailAddress(
		mail.HeaderFrom,
		&netmail.Address{Name: displayName(s.From.Name), Address: s.From.Address},
	)
	msg.SetAddrHeaderFromMailAddress(mail.HeaderTo, &netmail.Address{Name: recipientName(m), Address: m.To})
	if a := s.envelope(m); a != "" {
		msg.EnvelopeFromMailAddress(&netmail.Address{Address: a})
	}
	if a := s.replyTo(m); a != "" {
		msg.ReplyToMailAddress(&netmail.Address{Address: a})
	}
	msg.SetGenHeaderPreformatted(mail.HeaderSubject, subject(oneLine(m.Subject)))
	msg.SetGenHeader("Auto-Submitted", submitted(m.Kind))
	msg.SetGenHeader(mail.HeaderXAutoResponseSuppress, "All")
	msg.SetGenHeader("X-Qixian-Kind", oneLine(string(m.Kind)))
	if m.Thread != "" {
		if !notify.IsMessageID(m.Thread) {
			return errors.New("no thread of the form left@right")
		}
		msg.SetGenHeader(mail.HeaderInReplyTo, "<"+m.Thread+">")
		msg.SetGenHeader(mail.HeaderReferences, "<"+m.Thread+">")
	}
	return nil
}

// submitted says that no person has written the mail, so that nobody's vacation notice answers it (RFC 3834 section 5).
func submitted(k notify.Kind) string {
	if k == notify.Answer {
		return "auto-replied"
	}
	return "auto-generated"
}

// subject encodes a subject as RFC 2047 has it, in words of base64, each on a line of at most 76 characters. go-mail
// would leave the header's first line empty, which is allowed and which not every mail program takes well.
func subject(s string) string {
	const first, further = 39, 45 // bytes that fit beside "Subject: " and on a line of their own
	if len(s) <= first && !strings.Contains(s, "=?") && !strings.ContainsFunc(s, func(r rune) bool { return r > '~' }) {
		return s
	}
	var words []string
	word := func(part string) {
		words = append(words, "=?UTF-8?b?"+base64.StdEncoding.EncodeToString([]byte(part))+"?=")
	}
	begin, room := 0, first
	for at, r := range s {
		if at+utf8.RuneLen(r)-begin > room {
			word(s[begin:at])
			begin, room = at, further
		}
	}
	word(s[begin:])
	return strings.Join(words, "\r\n ")
}

// recipientName is the unit whose mail it is, except where somebody else gets it in its place.
func recipientName(m notify.Message) string {
	if m.Kind == notify.Fallback || m.Kind == notify.Test {
		return ""
	}
	return displayName(m.Unit)
}

// displayName is one line without backslashes, which net/mail leaves in encoded words, where they make the header
// unreadable. ASCII is sent in quotes as it is, so what looks like the beginning of an encoded word (RFC 2047), which
// some readers decode even there, is taken apart.
func displayName(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(oneLine(s), `\`, "/"), "=?", "= ?")
}

func writeBody(msg *mail.Msg, m notify.Message, f Form) error {
	text := lines(m.Text)
	if strings.TrimSpace(text) == "" {
		return errors.New("no text")
	}
	msg.SetBodyString(mail.TypeTextPlain, text, mail.WithPartEncoding(encoding(text, f)))
	if html := lines(m.HTML); strings.TrimSpace(html) != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, html, mail.WithPartEncoding(encoding(html, f)))
	}
	return nil
}

// encoding keeps a file readable where 8bit allows it: no line longer than 998 bytes (RFC 5322 section 2.1.1).
func encoding(body string, f Form) mail.Encoding {
	if f == Wire {
		return mail.EncodingB64
	}
	for line := range strings.SplitSeq(body, "\r\n") {
		if len(line) > 998 {
			return mail.EncodingB64
		}
	}
	return mail.NoEncoding
}

// lines returns text in the canonical form of MIME (RFC 2045 section 6.8): UTF-8, every line ended by CRLF, without the
// control characters that no mail may hold.
func lines(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	b.Grow(len(s) + len(s)/16 + len("\r\n"))
	begin := 0 // of what goes as it is
	for at, r := range s {
		if r == '\t' || !unicode.IsControl(r) {
			continue
		}
		b.WriteString(s[begin:at])
		begin = at + utf8.RuneLen(r)
		if r == '\n' || r == '\r' && !strings.HasPrefix(s[begin:], "\n") {
			b.WriteString("\r\n")
		}
	}
	b.WriteString(s[begin:])
	if text := b.String(); text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	b.WriteString("\r\n")
	return b.String()
}

// oneLine returns s as a header's value: valid UTF-8, white space of any kind as one space, no control characters.
// go-mail encodes line breaks and so lets none begin a header, but they would reach the reader of the decoded subject.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

// boundary separates the parts. It derives from the content too, so that no text can be written that contains it.
func boundary(m notify.Message) string {
	h := sha256.New()
	write := func(parts ...string) {
		for _, s := range parts {
			_, _ = io.WriteString(h, s) // a hash never fails
		}
	}
	write(m.MessageID, "\x00", m.Text, "\x00", m.HTML)
	for _, a := range m.Attachments {
		write("\x00", a.Name, "\x00", string(a.Content))
	}
	return "qixian-" + hex.EncodeToString(h.Sum(nil)[:16])
}
