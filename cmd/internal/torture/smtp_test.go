package torture_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/notify/smtp/smtptest"
)

// toUnit is part of every unit's address, and not of the office's: a refusal of the office's own mail is the end of the
// line.
const toUnit = "u0"

// judging are the points at which a server says what it thinks of a message.
var judging = []smtptest.Verb{smtptest.RCPT, smtptest.Final}

// connecting are the points that are passed once a connection.
var connecting = []smtptest.Verb{smtptest.Greeting, smtptest.EHLO, smtptest.STARTTLS}

func smtpFaults() []fault {
	fs := []fault{
		refusing(
			"SMTP 421",
			"421 4.3.2 %s",
			[]string{"Service shutting down", "too many connections", "try again later"},
			smtptest.Greeting,
			smtptest.EHLO,
			smtptest.MAIL,
			smtptest.RCPT,
			smtptest.DATA,
			smtptest.Final,
		),
		refusing(
			"SMTP 450",
			"450 %s",
			[]string{"4.2.1 mailbox busy", "4.7.1 greylisted, try again in five minutes", "MI:CEL"},
			smtptest.MAIL,
			smtptest.RCPT,
			smtptest.DATA,
			smtptest.Final,
		),
		refusing(
			"SMTP 451",
			"451 %s",
			[]string{"4.3.0 local error", "DT:SPM, please try again", "4.4.3 no answer from the name server"},
			smtptest.MAIL,
			smtptest.RCPT,
			smtptest.DATA,
			smtptest.Final,
		),
		refusing("SMTP 452", "452 %s", []string{"4.3.1 insufficient storage", "4.5.3 too many recipients"},
			smtptest.MAIL, smtptest.RCPT, smtptest.DATA, smtptest.Final),
		refusing(
			"SMTP 550",
			"550 %s",
			[]string{"5.1.1 no such user", "mailbox unavailable", "5.7.1 message refused"},
			judging...),
		refusing(
			"SMTP 552",
			"552 %s",
			[]string{"5.3.4 message too large", "5.2.2 mailbox is full", "exceeded"},
			judging...),
		refusing("SMTP 554", "554 %s", []string{"5.7.1 refused", "transaction failed", "DT:SUM"}, judging...),
		refusing("SMTP 55x that passes", "%s", []string{
			"550 Connection frequency limited",
			"550 Domain frequency limited",
			"550 Mail from frequency limited",
			"554 HL:ICC",
			"554 HL:IFQ",
			"552 Daily sending quota exceeded",
			"554 too frequently sending",
		}, smtptest.MAIL, smtptest.RCPT, smtptest.Final),
		stalling(),
		garbling(),
		encryptionFailing(),
	}
	for _, at := range []smtptest.Verb{
		smtptest.Greeting, smtptest.EHLO, smtptest.STARTTLS, smtptest.MAIL, smtptest.RCPT, smtptest.DATA, smtptest.Content, smtptest.Final,
	} {
		fs = append(fs, dropping(at))
	}
	return fs
}

// misbehave lets the server do so once, at the next chance there is.
func (r *ordeal) misbehave(t *testing.T, f smtptest.Fault) {
	t.Helper()
	f.Times = 1
	before := r.Sink.Struck()
	r.Sink.On(f)
	if slices.Contains(connecting, f.At) { // which may have been for the last time
		r.Sink.Retire()
	}
	r.Await(
		t,
		fmt.Sprintf("the mail server misbehaves at %s", f.At),
		patience,
		func() bool { return r.Sink.Struck() > before },
	)
}

// during does something while the mail server holds a conversation at one of its points, any of them.
func (r *ordeal) during(t *testing.T, do func()) {
	t.Helper()
	reached, goOn := make(chan struct{}), make(chan struct{})
	at := pick(r, smtptest.MAIL, smtptest.RCPT, smtptest.DATA, smtptest.Content, smtptest.Final)
	r.misbehave(t, smtptest.Fault{At: at, Hold: func(string) {
		close(reached)
		<-goOn
	}})
	<-reached
	do()
	close(goOn)
}

// refusing answers with a code, in one of several words.
func refusing(name, form string, words []string, points ...smtptest.Verb) fault {
	return fault{name: name, strike: func(t *testing.T, r *ordeal, _ int) {
		f := smtptest.Fault{At: pick(r, points...), Reply: fmt.Sprintf(form, pick(r, words...))}
		switch {
		case strings.HasPrefix(f.Reply, "421"): // it closes the channel (RFC 5321 section 3.8)
			f.Drop = true
		case f.At == smtptest.RCPT || f.At == smtptest.Final:
			f.Match = toUnit
		}
		passes := strings.Contains(f.Reply, "mailbox is full") || strings.Contains(f.Reply, "exceeded")
		if f.Reply[0] == '5' && len(points) == len(judging) && !passes {
			r.refused++ // for good: a full mailbox is emptied some day, and a quota begins anew
		}
		r.misbehave(t, f)
	}}
}

// dropping drops the line; after the final dot it has taken the mail, or has not.
func dropping(at smtptest.Verb) fault {
	name := map[smtptest.Verb]string{smtptest.Greeting: "connecting", smtptest.Content: "content", smtptest.Final: "final dot"}[at]
	if name == "" {
		name = string(at)
	}
	return fault{
		name:    "line dropped at " + name,
		options: func(o *burst.Options) { o.Sink.StartTLS = at == smtptest.STARTTLS },
		strike: func(t *testing.T, r *ordeal, _ int) {
			f := smtptest.Fault{At: at, Drop: true}
			if at == smtptest.Final && r.IntN(2) == 0 {
				f.Keep = true
				r.inDoubt++
			}
			r.misbehave(t, f)
		},
		doubled: doubts,
	}
}

// stalling says nothing any more, until the daemon gives up or the line breaks.
func stalling() fault {
	return fault{
		name:    "SMTP stalls",
		options: func(o *burst.Options) { o.Timeout = 2 * time.Second },
		strike: func(t *testing.T, r *ordeal, _ int) {
			f := smtptest.Fault{Stall: true, At: pick(
				r,
				smtptest.Greeting,
				smtptest.EHLO,
				smtptest.MAIL,
				smtptest.RCPT,
				smtptest.DATA,
				smtptest.Content,
				smtptest.Final,
			)}
			if f.At == smtptest.Final && r.IntN(2) == 0 {
				f.Keep = true
				r.inDoubt++
			}
			r.misbehave(t, f)
			if f.At == smtptest.Greeting || f.At == smtptest.EHLO || r.IntN(2) == 0 {
				time.Sleep(r.between(0, time.Second))
				r.Sink.HangUp()
			}
		},
		// What breaks the line may find the daemon past the stall, and between any two mails.
		doubled: each,
	}
}

// garbling answers what no mail server should.
func garbling() fault {
	return fault{
		name: "SMTP answers garbage",
		strike: func(t *testing.T, r *ordeal, _ int) {
			f := smtptest.Fault{Reply: r.garbage(), Drop: r.IntN(3) == 0, At: pick(
				r,
				smtptest.Greeting,
				smtptest.EHLO,
				smtptest.MAIL,
				smtptest.RCPT,
				smtptest.DATA,
				smtptest.Content,
				smtptest.Final,
			)}
			if f.At == smtptest.RCPT || f.At == smtptest.Final {
				f.Match = toUnit
				r.maybeRefused++ // garbage that begins like a refusal is one
			}
			if f.At == smtptest.Final && r.IntN(2) == 0 {
				f.Keep = true
				r.inDoubt++
			}
			r.misbehave(t, f)
		},
		doubled: doubts,
	}
}

// garbage is no answer of RFC 5321: and none that begins with a 2 or a 3, which would be a lie and no garbage.
func (r *ordeal) garbage() string {
	noise := make([]byte, 1+r.IntN(2000))
	for i := range noise {
		noise[i] = byte(r.IntN(256))
	}
	noise[0] |= 0x80
	return pick(
		r,
		string(noise),
		"",
		"\x00\x00\x00",
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n",
		"99",
		"4",
		"5xx",
		"-ERR unknown command",
		"* BAD expected an IMAP command",
		"\xff\xfd\x18\xff\xfd\x20",
		strings.Repeat("a", 100_000),
		"450-this answer\r\n250 changes its mind",
		"999 beyond all codes",
		"000 nothing",
		"\r\n\r\n",
	)
}

// encryptionFailing breaks TLS off: instead of the handshake, in it, or at any record of a conversation.
func encryptionFailing() fault {
	return fault{
		name:    "TLS fails half-way",
		options: func(o *burst.Options) { o.Sink.StartTLS = true },
		strike: func(t *testing.T, r *ordeal, _ int) {
			f := smtptest.Fault{At: smtptest.Record, Skip: r.IntN(30)}
			switch r.IntN(4) {
			case 0: // after the word to begin, something else than a handshake
				f = smtptest.Fault{At: smtptest.STARTTLS, Reply: "220 go ahead\r\n" + r.garbage(), Drop: true}
			case 1: // a record that is none
				f.Reply = r.garbage()
			}
			r.misbehave(t, f)
		},
		doubled: each,
	}
}
