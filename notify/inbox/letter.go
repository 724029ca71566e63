package inbox

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/charset" // Big5, UTF-16 and the rest
	netmail "github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"

	"qixian/notify"
)

// The bounds within which a mail is taken apart; what lies beyond them is not looked at.
const (
	maxHeader  = 128 << 10 // bytes
	maxDepth   = 6         // parts within parts
	maxParts   = 40
	maxText    = 64 << 10  // bytes of one part's text
	maxPage    = 192 << 10 // of one in HTML: the styles of Word alone take fifty thousand
	maxGroups  = 20        // recipients of one delivery report
	maxSubject = 500       // characters
)

// The programs here name GB 2312 or GBK and write what is in GB 18030 alone; and they name the encodings of the West,
// and send GBK or UTF-8, which text tells apart.
func init() {
	for _, name := range []string{
		"gb2312", "gb_2312", "gb_2312-80", "csgb2312", "gb2312-80", "euc-cn", "gbk", "x-gbk", "cp936", "ms936", "windows-936", "936", "gb18030-2000", "gb18030-2005", "gb18030-2022",
	} {
		charset.RegisterEncoding(name, simplifiedchinese.GB18030)
	}
	for _, name := range []string{"iso-8859-1", "iso_8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252", "ascii", "ansi_x3.4-1968", "utf8", "utf-8n"} {
		charset.RegisterEncoding(name, encoding.Nop)
	}
}

// letter is a mail taken apart, as far as it concerns us.
type letter struct {
	header   netmail.Header
	report   string             // of a multipart/report: its type, in lower case (RFC 6522)
	pieces   []piece            // the texts, attached ones left out
	plain    []string           // their plain forms
	html     []string           // and their pages
	sealed   string             // a part that holds a text which cannot be read: Winmail or Encrypted
	groups   []textproto.Header // of a delivery report: what became of each recipient (RFC 3464 section 2.3)
	attached []string           // headers of mails that are attached, whole or in part, as they stand
	parts    int
}

// piece is a text of a mail in the forms in which it has it (RFC 2046 section 5.1.4).
type piece struct{ plain, page string }

// shown is the text as its writer saw it: from the page, if there is one, as some programs put a stub beside it, break
// links in the other form or leave them out. What is struck out on the page stands in the other form as if it were not.
func (p piece) shown() string {
	if text, hidden := plainText(p.page); hidden || strings.TrimSpace(text) != "" {
		return text
	}
	return p.plain
}

// parse takes a mail apart. What is broken or cut off is left out; the error says that not even its header can be read.
func parse(raw []byte) (*letter, error) {
	e, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: maxHeader})
	if e == nil {
		return nil, fmt.Errorf("parse mail: %w", headerError(err))
	}
	l := &letter{header: netmail.Header{Header: e.Header}}
	if media, params, _ := e.Header.ContentType(); media == "multipart/report" {
		l.report = strings.ToLower(params["report-type"])
	}
	l.pieces = l.walk(e, 0)
	return l, nil
}

// headerError keeps what a stranger wrote out of the error.
func headerError(err error) error {
	if err == nil || err == io.EOF { //nolint:errorlint // the library returns it bare
		return io.ErrUnexpectedEOF
	}
	before, _, _ := strings.Cut(err.Error(), ": malformed")
	if before != err.Error() {
		return fmt.Errorf("%s: malformed header", before)
	}
	return err
}

// walk returns the texts of a part. What is not text it keeps in l.
func (l *letter) walk(e *message.Entity, depth int) []piece {
	if l.parts++; l.parts > maxParts || depth > maxDepth {
		return nil
	}
	media, params, _ := e.Header.ContentType()
	if parts := e.MultipartReader(); parts != nil {
		return l.walkParts(parts, media, depth)
	}
	switch media {
	case "message/delivery-status", "message/global-delivery-status":
		l.readGroups(e.Body)
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers":
		head, _, _ := strings.Cut(strings.ReplaceAll(text(e.Body, maxText), "\r\n", "\n"), "\n\n")
		l.attached = append(l.attached, head)
	case "application/ms-tnef":
		l.sealed = Winmail
	case "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted":
		l.sealed = Encrypted
	case "text/plain", "":
		if !isAttachment(e.Header) {
			plain := unflowed(text(e.Body, maxText), params)
			l.plain = append(l.plain, plain)
			return []piece{{plain: plain}}
		}
	case "text/html":
		if !isAttachment(e.Header) {
			page := text(e.Body, maxPage)
			l.html = append(l.html, page)
			return []piece{{page: page}}
		}
	}
	return nil
}

// walkParts returns the texts of parts that follow each other, or the one text that they are forms of.
func (l *letter) walkParts(parts message.MultipartReader, media string, depth int) []piece {
	var all []piece
	for l.parts <= maxParts {
		// An error beside a part is an encoding that nobody knows; one without is the end, or where the mail is cut
		// off.
		part, _ := parts.NextPart()
		if part == nil {
			break
		}
		all = append(all, l.walk(part, depth+1)...)
	}
	if media != "multipart/alternative" || len(all) < 2 {
		return all
	}
	var one piece
	for _, p := range all { // a form may itself be of several parts, as Apple's programs have it
		one.plain, one.page = joined(one.plain, p.plain), joined(one.page, p.page)
	}
	return []piece{one}
}

// joined is two texts, one below the other.
func joined(a, b string) string { return strings.TrimPrefix(a+"\n"+b, "\n") }

func isAttachment(h message.Header) bool {
	disposition, _, _ := h.ContentDisposition()
	return disposition == "attachment"
}

// readGroups reads the fields about the message and then those about each recipient, which are set apart by empty
// lines.
func (l *letter) readGroups(body io.Reader) {
	r := bufio.NewReader(io.LimitReader(body, maxText))
	for range maxGroups {
		group, err := textproto.ReadHeader(r)
		if group.Len() > 0 {
			l.groups = append(l.groups, group)
		}
		if _, end := r.Peek(1); err != nil || end != nil {
			return
		}
	}
}

// text reads a part's text, as far as it can be read. One that is in no charset that it names, as old programs send it,
// is taken for GB 18030.
func text(r io.Reader, most int64) string {
	b, _ := io.ReadAll(io.LimitReader(r, most)) // what comes before a broken encoding still counts
	return readable(b)
}

func readable(b []byte) string {
	if !utf8.Valid(b) {
		if decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b); err == nil {
			b = decoded
		}
	}
	return printable(strings.ToValidUTF8(string(b), "\uFFFD"))
}

// printable takes out the control characters that no text needs.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || r == '\uFFFE' || r == '\uFFFF' {
			return -1
		}
		return r
	}, s)
}

// unflowed joins the lines that a mail program has broken softly (RFC 3676).
func unflowed(s string, params map[string]string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	if !strings.EqualFold(params["format"], "flowed") {
		return s
	}
	var b strings.Builder
	for line := range strings.SplitAfterSeq(s, "\n") {
		soft, isSoft := strings.CutSuffix(line, " \n")
		switch {
		case !isSoft || soft == "-" || soft == "--" || strings.HasPrefix(line, ">"):
			b.WriteString(line)
		case strings.EqualFold(params["delsp"], "yes"):
			b.WriteString(soft)
		default:
			b.WriteString(soft + " ")
		}
	}
	return b.String()
}

// subject returns the subject, decoded, on one line.
func (l *letter) subject() string {
	value, err := l.header.Text("Subject")
	if err != nil {
		value = l.header.Get("Subject")
	}
	return cut(oneLine(readable([]byte(value))), maxSubject)
}

// addresses returns every address that stands in the headers named, however badly they are written.
func (l *letter) addresses(names ...string) []string {
	var as []string
	for _, name := range names {
		for fields := l.header.FieldsByKey(name); fields.Next(); {
			as = append(as, anyAddress.FindAllString(readable([]byte(fields.Value())), -1)...)
		}
	}
	return as
}

// from returns the writer's address; false unless the mail states exactly one, as one plain mailbox: with a display
// name or without, but no group, no comment and no list (RFC 5322 section 3.4), which programs read in different ways.
func (l *letter) from() (string, bool) {
	fields := l.header.FieldsByKey("From")
	if fields.Len() != 1 || !fields.Next() {
		return "", false
	}
	// a display name may hold anything
	value := quotedString.ReplaceAllString(oneLine(readable([]byte(fields.Value()))), " ")
	m := plainMailbox.FindStringSubmatch(strings.TrimSpace(value))
	if m == nil {
		return "", false
	}
	address := m[1] + m[2]
	return address, notify.CheckAddress(address) == nil
}

var (
	quotedString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	plainMailbox = regexp.MustCompile(
		`^(?:[^<>@(),;:"]*<([^<>@(),;:"\s]+@[^<>@(),;:"\s]+)>|([^<>@(),;:"\s]+@[^<>@(),;:"\s]+))$`,
	)
)

// ids returns the Message-IDs in a header, without angle brackets.
func (l *letter) ids(name string) []string {
	var ids []string
	between := func(r rune) bool { return strings.ContainsRune("<> \t\r\n,", r) }
	for _, field := range strings.FieldsFunc(readable([]byte(l.header.Get(name))), between) {
		if strings.Contains(field, "@") && len(ids) < maxParts {
			ids = append(ids, field)
		}
	}
	return ids
}

// cut is s, or as much of it as n characters leave room for.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// oneLine is s with white space of any kind as one space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
