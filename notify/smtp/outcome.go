package smtp

import (
	"errors"
	"net/textproto"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wneessen/go-mail"
	"golang.org/x/text/encoding/simplifiedchinese"

	"qixian/notify"
	"qixian/notify/refusal"
)

// stage is how far an attempt got.
type stage int

const (
	dialling  stage = 1 << iota // dial, greeting, EHLO, STARTTLS
	loggingIn                   // AUTH
	sender                      // MAIL
	recipient                   // RCPT
	data                        // DATA
	content                     // while the message goes out, before the final dot
	final                       // after the final dot

	accepting = recipient | data | final // where a server judges the address and the message
)

// judgement is the outcome of a failed attempt and where it failed.
type judgement struct {
	at      stage
	outcome notify.Outcome
}

// verdict says what is true after an attempt that ended in err without a delivery. IsTemp is not asked: it takes every
// network failure for permanent. What counts is the stage and the reply's code; where there is none, nothing was
// accepted before the final dot, and after it nobody knows.
func verdict(err error) judgement {
	var failed *mail.SendError
	if !errors.As(err, &failed) {
		return judgement{sender, judge(sender, 0, err.Error())}
	}
	at, known := map[mail.SendErrReason]stage{
		mail.ErrConnCheck: sender, mail.ErrSMTPMailFrom: sender, mail.ErrSMTPRcptTo: recipient,
		mail.ErrSMTPData: data, mail.ErrWriteContent: content, mail.ErrSMTPDataClose: final,
	}[failed.Reason]
	if !known { // go-mail found fault with the message before it said a word
		return judgement{sender, notify.Outcome{Class: notify.Rejected, Reply: clean(failed.Error())}}
	}
	return judgement{at, judge(at, failed.ErrorCode(), words(failed))}
}

// dialOutcome is the same for a connection that did not come about, by a login or, with nil, without. Dial errors are
// not SendErrors.
func dialOutcome(err error, l *login) notify.Outcome {
	at := dialling
	if l != nil && l.begun {
		at = loggingIn
	}
	var reply *textproto.Error
	switch {
	case errors.As(err, &reply):
		return judge(at, reply.Code, l.hide(reply.Msg))
	case errors.Is(err, errNoLogin), strings.Contains(err.Error(), "does not support STARTTLS"):
		return notify.Outcome{Class: notify.Halted, Reply: clean(err.Error())}
	}
	return judge(at, 0, l.hide(err.Error()))
}

// judge classifies by stage and code, unless the words are known to mean something else.
func judge(at stage, code int, text string) notify.Outcome {
	text = readable(text)
	out := notify.Outcome{Class: rule(at, code), Code: code, Reply: clean(text)}
	if code != 0 {
		heed(at, refusal.Judge(code, text), &out)
	}
	// Up to MAIL the server has heard of nobody but us; a limit at MAIL may be one of the hour, and holds up no message
	// for longer than any other.
	early := at&(dialling|loggingIn) != 0 || at == sender && (code < 500 || code == wrongOrder)
	out.Blameless = out.Class == notify.Retry && early
	return out
}

// limited is how long a message waits that a server refuses for good and for now in one reply, where it does not say
// how long that lasts.
const limited = time.Hour

// heed lets a server's words correct what its code says. A limit puts off that message, and all of them only where the
// words name our login or our host.
func heed(at stage, f refusal.Finding, out *notify.Outcome) {
	put := func(pause bool) {
		out.Class, out.Pause, out.After = notify.Retry, pause, f.After
		if out.After == 0 && out.Code >= 500 {
			out.After = limited
		}
	}
	switch f.About {
	case refusal.Setup:
		out.Class = notify.Halted
	case refusal.Sender:
		put(true)
	case refusal.Busy:
		if at != loggingIn || out.Code < 500 {
			put(false)
		}
	case refusal.Full:
		if at != loggingIn {
			put(false)
		}
	case refusal.Content:
		if out.Code >= 500 && at&(sender|accepting) != 0 {
			out.Class = notify.Rejected
		}
	case refusal.Mailbox:
		if out.Code >= 500 && at&accepting != 0 {
			out.Class = notify.Bounced
		}
	case refusal.Unknown:
	}
}

// wrongOrder is the code for a command out of order, such as MAIL in a transaction that the server believes open (RFC
// 5321 section 4.3.2).
const wrongOrder = 503

// rule is what holds for replies whose words nobody knows. It takes no address for bad.
func rule(at stage, code int) notify.Class {
	switch {
	case code == 0 && at == final:
		return notify.Uncertain
	case code < 500:
		return notify.Retry
	}
	switch at {
	case loggingIn: // the user, the password, or the right to send
		return notify.Halted
	case sender: // the same for every message: our From address, or we ourselves
		if code == wrongOrder {
			return notify.Retry
		}
		return notify.Halted
	case recipient, data, content, final:
		return notify.Rejected
	}
	return notify.Retry
}

// reusable reports whether the connection is as good as before: it answered about one address, and RSET followed.
func (j judgement) reusable() bool {
	return j.at == recipient && (j.outcome.Class == notify.Bounced || j.outcome.Class == notify.Rejected)
}

// stale reports whether a kept connection failed as one does that the server has given up meanwhile, before it heard of
// any message: at MAIL, by silence, by 421 or by not remembering that the last transaction is over. A time-out is not
// that; it is known by its words only, because go-mail's error does not unwrap.
func (j judgement) stale() bool {
	return j.at == sender && (j.outcome.Code == 0 || j.outcome.Code == 421 || j.outcome.Code == 503) &&
		!strings.Contains(j.outcome.Reply, os.ErrDeadlineExceeded.Error())
}

// words returns the server's words from an error that go-mail wraps in its own and does not unwrap. They stand after
// the code, quoted by newer versions of net/textproto.
func words(e *mail.SendError) string {
	s := strings.TrimPrefix(e.Error(), e.Reason.String()+": ")
	if e.ErrorCode() != 0 && len(s) > 4 {
		s = s[4:]
		if quoted, err := strconv.QuotedPrefix(s); err == nil {
			s, _ = strconv.Unquote(quoted) // QuotedPrefix has checked it
			return s
		}
	}
	for _, tail := range []string{", affected recipient(s): ", ", affected message ID: "} {
		s, _, _ = strings.Cut(s, tail)
	}
	return s
}

// readable returns text as UTF-8: Chinese servers have been seen to answer in GBK.
func readable(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	if decoded, err := simplifiedchinese.GB18030.NewDecoder().String(text); err == nil {
		return decoded
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// address is one of ours, which are ASCII: Chinese words around it stand without a blank.
var address = regexp.MustCompile(`[^\s<>()\[\]:;,"'[:^ascii:]]+@[^\s<>()\[\]:;,"'[:^ascii:]]+`)

// clean makes a reply fit for logs and records: one line, no addresses, at most 200 characters.
func clean(text string) string {
	text = address.ReplaceAllString(oneLine(readable(text)), "ADDRESS")
	if r := []rune(text); len(r) > 200 {
		return string(r[:199]) + "…"
	}
	return text
}
