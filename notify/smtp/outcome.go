package smtp

import (
	"errors"
	"net/textproto"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wneessen/go-mail"
	"golang.org/x/text/encoding/simplifiedchinese"

	"qixian/notify"
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

	anywhere  = dialling | loggingIn | sender | recipient | data | content | final
	accepting = recipient | data | final // where a server judges the address and the message
)

// judgement is the outcome of a failed attempt and where it failed.
type judgement struct {
	at      stage
	outcome notify.Outcome
}

// verdict says what is true after an attempt that ended in err without a delivery. IsTemp is not asked: it takes every
// network failure for permanent. What counts is the stage and the reply's code; where there is none, nothing was accepted
// before the final dot, and after it nobody knows.
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

// dialOutcome is the same for a connection that did not come about, by a login or, with nil, without. Dial errors are not SendErrors.
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

// judge classifies by stage, code and words: the table of known replies first, then the rule.
func judge(at stage, code int, text string) notify.Outcome {
	text = readable(text)
	out := notify.Outcome{Class: rule(at, code), Code: code, Reply: clean(text)}
	i := slices.IndexFunc(replies, func(r reply) bool {
		return code != 0 && r.at&at != 0 && (r.code == nil || r.code(code)) && r.words.MatchString(text)
	})
	if i >= 0 {
		out.Class, out.After, out.Pause = replies[i].class, replies[i].after, replies[i].pause
	}
	// Up to MAIL the server has heard of nobody but us.
	out.Blameless = out.Class == notify.Retry && at&(dialling|loggingIn|sender) != 0
	return out
}

// rule is what holds for replies that no table knows.
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
		if code == 503 { // a transaction that the server believes open
			return notify.Retry
		}
		return notify.Halted
	case recipient:
		return notify.Bounced
	case data, content, final:
		return notify.Rejected
	}
	return notify.Retry
}

// reusable reports whether the connection is as good as before: it answered about one address, and RSET followed.
func (j judgement) reusable() bool {
	return j.at == recipient && (j.outcome.Class == notify.Bounced || j.outcome.Class == notify.Rejected)
}

// stale reports whether a kept connection failed as one does that the server has given up meanwhile, before it heard of any
// message: at MAIL, by silence, by 421 or by not remembering that the last transaction is over. A time-out is not that; it
// is known by its words only, because go-mail's error does not unwrap.
func (j judgement) stale() bool {
	return j.at == sender && (j.outcome.Code == 0 || j.outcome.Code == 421 || j.outcome.Code == 503) &&
		!strings.Contains(j.outcome.Reply, os.ErrDeadlineExceeded.Error())
}

// words returns the server's words from an error that go-mail wraps in its own and does not unwrap. They stand after the
// code, quoted by newer versions of net/textproto.
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

var address = regexp.MustCompile(`[^\s<>()\[\]:;,"']+@[^\s<>()\[\]:;,"']+`)

// clean makes a reply fit for logs and records: one line, no addresses, at most 200 characters.
func clean(text string) string {
	text = address.ReplaceAllString(oneLine(readable(text)), "ADDRESS")
	if r := []rune(text); len(r) > 200 {
		return string(r[:199]) + "…"
	}
	return text
}
