package inbox

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"qixian/notify"
)

// sorter says what a mail is. It knows nothing but the mail itself and the key by which we know our own.
type sorter struct {
	signer *notify.Signer
	self   string // the address of our From header
	domain string // that of our Message-IDs
	signed bool   // a bounce shows something only if it comes to a signed return address

	witness witness // says whether a reply comes from where it says
}

func newSorter(signer *notify.Signer, self string, signed bool) sorter {
	return sorter{signer: signer, self: self, domain: notify.Domain(self), signed: signed}
}

// verdict is what a mail was found to be, and why.
type verdict struct {
	kind   Kind
	why    string // a word for the log
	nobody bool   // it does not say, in one plain address, who has written it
	stray  bool   // it looks like a bounce and names no message of ours
	bounce Bounce
	reply  Reply
}

// sort finds out what a mail is that arrived at the given time.
func (s sorter) sort(l *letter, at time.Time) verdict {
	n, why := s.notice(l)
	switch {
	case why != "" && n.delivered:
		return verdict{kind: KindAutomatic, why: "report of a delivery"}
	case why != "":
		ours := s.bounced(l, &n)
		if n.informal && (!ours || s.automatic(l) == "" && s.coded(l)) {
			break // a person who writes of a bounce, perhaps in answer to a mail of ours
		}
		if !ours {
			return verdict{kind: KindAutomatic, why: why, stray: true, bounce: n.Bounce}
		}
		return verdict{kind: KindBounce, why: why, bounce: n.Bounce}
	}
	if why := s.automatic(l); why != "" {
		return verdict{kind: KindAutomatic, why: why}
	}
	if _, ok := l.from(); !ok {
		return verdict{kind: KindOther, why: "not from one plain address", nobody: true}
	}
	r, ok := s.reply(l, at)
	if !ok {
		return verdict{kind: KindOther, why: "nothing of ours is named"}
	}
	return verdict{kind: KindReply, reply: r, why: "a code or a message of ours is named"}
}

// automatic says why a mail is no person's, and nothing if it may be (RFC 3834 section 2; what the programs here write
// beside it).
func (s sorter) automatic(l *letter) string {
	has := func(name string) bool { return l.header.Has(name) }
	is := func(name string) string { return strings.ToLower(strings.TrimSpace(l.header.Get(name))) }
	word, _, _ := strings.Cut(is("Auto-Submitted"), ";")
	if word, _, _ = strings.Cut(word, " "); word != "" && word != "no" {
		return "auto-submitted"
	}
	for _, name := range []string{"X-Autoreply", "X-Auto-Reply", "X-Autorespond", "List-Id", "X-Qixian-Kind"} {
		if has(name) && is(name) != "no" && is(name) != "none" {
			return strings.ToLower(name)
		}
	}
	from, ok := l.from()
	switch {
	case slices.Contains([]string{"bulk", "junk", "list", "auto_reply", "auto-reply"}, is("Precedence")):
		return "precedence"
	case l.report != "":
		return "report"
	case nullPath(l):
		return "null return path"
	case autoSubject.MatchString(l.subject()):
		return "subject"
	case strings.EqualFold(from, s.self) || ok && daemon.MatchString(from):
		return "sender"
	}
	if _, ours := s.own(l.header.Get("Message-Id")); ours {
		return "our own mail"
	}
	for _, a := range l.addresses(recipients...) {
		if _, ok := s.signer.Returned(a); ok { // nobody writes to a return address by hand
			return "return address"
		}
	}
	return ""
}

// recipients are the headers in which a server or a writer leaves word to whom a mail came.
var recipients = []string{
	"To",
	"Cc",
	"Delivered-To",
	"X-Original-To",
	"Envelope-To",
	"X-Envelope-To",
	"X-Real-To",
	"X-Forwarded-To",
}

var (
	autoSubject = regexp.MustCompile(
		`(?i)^[\[【(（<《「\s]*(自动(回复|答复|应答|回覆)|自動(回覆|回復)|休假(自动)?回复|out of (the )?office|automatic reply|auto[- ]?(reply|response)|autoreply|vacation|已读[：:]|read[：:]|已送达[：:])`,
	)
	daemon = regexp.MustCompile(`(?i)^(mailer-daemon|postmaster|mail[._-]?daemon|mdaemon)@`)
)

// nullPath reports whether the server that took the mail in recorded an empty return path (RFC 5321 section 4.4). It
// stands on top of what a sender may have written himself.
func nullPath(l *letter) bool {
	paths := l.header.FieldsByKey("Return-Path")
	return paths.Next() && strings.TrimSpace(paths.Value()) == "<>"
}

// own returns the first Message-ID of ours in a text, without angle brackets.
func (s sorter) own(text string) (string, bool) {
	for _, m := range ownID.FindAllString(text, maxParts) {
		id := strings.ToLower(strings.TrimRight(m, "."))
		if strings.HasSuffix(id, "@"+s.domain) {
			return id, true
		}
	}
	return "", false
}

// ownID is the form of every Message-ID of ours; see [notify.Signer.MessageID].
var ownID = regexp.MustCompile(`(?i)\bm[0-9a-f]{24}@[0-9a-z.-]+`)

// coded reports whether a mail carries a code by which a unit answers.
func (s sorter) coded(l *letter) bool {
	r, _ := s.reply(l, time.Time{})
	return len(r.Codes) > 0
}

// reply reads what a person has answered; false if nothing in it points to a message of ours.
func (s sorter) reply(l *letter, at time.Time) (Reply, bool) {
	from, ok := l.from()
	if !ok {
		return Reply{}, false
	}
	var shown, whole []string
	for _, p := range l.pieces {
		text := p.shown()
		shown, whole = append(shown, text), append(whole, text)
		if text != p.plain {
			whole = append(whole, p.plain)
		}
	}
	own := written(strings.Join(shown, "\n"))
	r := Reply{
		From:          from,
		Authenticated: s.witness.vouches(l, from),
		Subject:       l.subject(),
		Text:          own,
		At:            at,
		References:    l.ids("References"),
	}
	if own == "" {
		r.Sealed = l.sealed
	}
	if ids := l.ids("In-Reply-To"); len(ids) > 0 {
		r.InReplyTo = ids[0]
	}
	if ids := l.ids("Message-Id"); len(ids) > 0 {
		r.MessageID = ids[0]
	}
	addressed := strings.Join(l.addresses(recipients...), "\n\n")
	for _, text := range []string{addressed, r.Subject, strings.Join(whole, "\n")} {
		for _, code := range s.signer.Codes(text) {
			if !slices.Contains(r.Codes, code) {
				r.Codes = append(r.Codes, code)
			}
		}
	}
	_, named := s.own(strings.Join(append(l.ids("References"), r.InReplyTo), " "))
	return r, named || len(r.Codes) > 0
}
