package smtp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"regexp"
	"strings"

	"github.com/wneessen/go-mail"

	"qixian/notify"
)

// writeMixed writes a body and the files that go with it: multipart/mixed, whose first part is the
// multipart/alternative that a mail without files is as a whole. go-mail knows one fixed boundary for all of a
// message's parts, where each needs its own, so that the inner ones are written here.
func writeMixed(msg *mail.Msg, m notify.Message, f Form) error {
	body, err := alternative(m, f)
	if err != nil {
		return err
	}
	msg.SetBodyString(
		mail.ContentType("multipart/alternative; boundary="+inner(m)),
		body,
		mail.WithPartEncoding(mail.NoEncoding),
	)
	for _, a := range m.Attachments {
		if !plainName.MatchString(a.Name) || !mediaType.MatchString(a.Type) {
			return fmt.Errorf(
				"attachment %q: want a name of letters, digits, dots and hyphens, and a media type",
				oneLine(a.Name),
			)
		}
		err := msg.AttachReader(
			a.Name,
			bytes.NewReader(a.Content),
			mail.WithFileContentType(mail.ContentType(a.Type)),
			mail.WithFileEncoding(mail.EncodingB64),
		)
		if err != nil {
			return fmt.Errorf("attach %s: %w", a.Name, err)
		}
	}
	return nil
}

// A name that needs no encoding is read alike by every mail program.
var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$`)
	mediaType = regexp.MustCompile(`^[a-z]+/[a-z0-9.+-]+$`)
)

// inner separates the parts of a body within a message. It does not begin as the outer boundary does: a reader may take
// a line for a boundary that only begins with it (RFC 2046 section 5.1.1).
func inner(m notify.Message) string { return "body-" + boundary(m) }

// alternative returns the parts of a body, text first.
func alternative(m notify.Message, f Form) (string, error) {
	text, html := lines(m.Text), lines(m.HTML)
	if strings.TrimSpace(text) == "" {
		return "", errors.New("no text")
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(inner(m)); err != nil {
		return "", fmt.Errorf("set boundary: %w", err)
	}
	for _, part := range []struct{ kind, body string }{{"text/plain", text}, {"text/html", html}} {
		if strings.TrimSpace(part.body) == "" {
			continue
		}
		e := encoding(part.body, f)
		p, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Type": {part.kind + "; charset=UTF-8"}, "Content-Transfer-Encoding": {string(e)},
		})
		if err != nil {
			return "", fmt.Errorf("begin part: %w", err)
		}
		if e == mail.EncodingB64 {
			part.body = wrapped(part.body)
		}
		if _, err := io.WriteString(p, part.body); err != nil {
			return "", fmt.Errorf("write part: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("end parts: %w", err)
	}
	return b.String(), nil
}

// wrapped returns s in base64, in lines of 76 characters (RFC 2045 section 6.8).
func wrapped(s string) string {
	const width = 76
	var b strings.Builder
	for code := base64.StdEncoding.EncodeToString([]byte(s)); code != ""; {
		n := min(width, len(code))
		b.WriteString(code[:n] + "\r\n")
		code = code[n:]
	}
	return b.String()
}
