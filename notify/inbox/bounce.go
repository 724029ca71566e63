package inbox

import (
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-message/textproto"

	"qixian/notify/refusal"
)

// notice is a mail that says what became of another; whose, is yet to be found out.
type notice struct {
	Bounce
	delivered bool // that it arrived, or was handed on
	informal  bool // it has the words of a bounce, and neither a null return path nor a mail daemon for a sender
	report    bool // it is a delivery report
}

// notice reads a mail that has the form of a bounce, and says which form; empty: it has none.
func (s sorter) notice(l *letter) (notice, string) {
	if l.report == "delivery-status" || l.report == "" && len(l.groups) > 0 {
		if n, ok := reported(l); ok {
			n.report = true
			return n, "delivery report"
		}
	}
	if l.report != "" && l.report != "delivery-status" {
		return notice{}, "" // a read receipt (RFC 8098), a complaint (RFC 5965)
	}
	return s.told(l)
}

// reported reads a delivery report (RFC 3464): of the recipients that one mail of ours can have after a forwarding, the
// one that is worst off.
func reported(l *letter) (notice, bool) {
	rank := map[string]int{"failed": 3, "delayed": 2}
	var worst textproto.Header
	best := 0
	for _, g := range l.groups {
		if !g.Has("Action") && !g.Has("Status") {
			continue // the fields about the message
		}
		if r := max(rank[action(g)], 1); r > best {
			best, worst = r, g
		}
	}
	if best == 0 {
		return notice{}, false
	}
	n := notice{
		Bounce: Bounce{Status: enhanced(worst.Get("Status")), Text: words(afterType(worst.Get("Diagnostic-Code")))},
	}
	for _, name := range []string{"Original-Recipient", "Final-Recipient"} {
		if a := anyAddress.FindString(readable([]byte(afterType(worst.Get(name))))); a != "" {
			n.Recipient = a
		}
	}
	n.Mailbox = mailbox(n.Status, worst.Get("Diagnostic-Code"))
	switch action(worst) {
	case "failed": // given up, perhaps after days for a reason of 4.x.x (RFC 3464 section 2.3.3)
		n.Permanent = true
	case "delayed":
	case "": // which is required, and left out by some
		n.Permanent, n.delivered = strings.HasPrefix(n.Status, "5"), n.Status == ""
	default: // delivered, relayed, expanded
		n.delivered = true
	}
	return n, true
}

func action(g textproto.Header) string {
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(g.Get("Action"))), " ")
	return word
}

// afterType cuts the type off a typed field: "smtp; 550 5.1.1 unknown".
func afterType(value string) string {
	if _, rest, ok := strings.Cut(value, ";"); ok {
		return strings.TrimSpace(rest)
	}
	return strings.TrimSpace(value)
}

// mailbox reports whether a bounce with this status and these words says that the mailbox does not exist, or was
// closed.
func mailbox(status, words string) bool {
	return !strings.HasPrefix(status, "4") &&
		refusal.Judge(0, status+" "+oneLine(readable([]byte(words)))).About == refusal.Mailbox
}

// told reads a bounce in plain words, as QQ, NetEase and Coremail, qmail and others write it: with a subject that says
// so or to a signed return address, and with a code, or words that stand for one. A null return path or a mail daemon
// for a sender is a hint, not proof: some servers write neither, and anybody can write both.
func (s sorter) told(l *letter) (notice, string) {
	from, _ := l.from()
	informal := !nullPath(l) && !daemon.MatchString(from)
	said := failSubject.MatchString(l.subject()) || l.header.Has("X-Failed-Recipients")
	if _, returned := s.returned(l); !said && !returned {
		return notice{}, ""
	}
	text := strings.Join(l.plain, "\n")
	if strings.TrimSpace(text) == "" {
		text, _ = plainText(strings.Join(l.html, "\n"))
	}
	// What follows the copy of our own mail is our own words.
	if at := copyBelow.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	status, line := statusIn(text)
	if informal && status == "" || !said && enhanced(line) == "" {
		return notice{}, "" // an absence notice goes to the return address as well (RFC 3834 section 4)
	}
	// Whoever says that a mail has failed has given it up, whatever he calls the reason.
	n := notice{informal: informal, Bounce: Bounce{
		Status:    status,
		Permanent: said || strings.HasPrefix(status, "5"),
		Text:      words(line),
		Mailbox:   mailbox(status, text),
	}}
	if delaySubject.MatchString(l.subject()) {
		n.Permanent = false
	}
	n.Recipient = anyAddress.FindString(readable([]byte(l.header.Get("X-Failed-Recipients"))))
	if informal {
		return n, "words of a bounce"
	}
	return n, "words of a mail daemon"
}

var (
	failSubject = regexp.MustCompile(
		`(?i)undeliver|returned mail|mail delivery (failed|problem|system)|delivery (status notification|failure|has failed|problem)|failure notice|returned to sender|delay(ed)? (mail|delivery)|(mail|message|delivery).*delayed|` +
			`退信|退回|被退|投递(失败|延迟|状态)|发送失败|发送不成功|无法(投递|送达)|未(能)?(投递|送达)|回弹|傳送失敗`,
	)
	delaySubject = regexp.MustCompile(`(?i)delay|warning|延迟|暂时|稍后重试`)
	copyBelow    = regexp.MustCompile(
		`(?im)^[-=_* ]*(below this line is a copy|this is a copy of|(以下是|下面是).{0,6}(原邮件|邮件(原文|副本|内容)))`,
	)
)

// statusIn finds the first status code in a text, with the line in which it stands: an enhanced one (RFC 3463), or a
// reply code, or words of which the providers here are known to make one.
func statusIn(text string) (status, line string) {
	lines := strings.Split(text, "\n")
	for _, l := range lines {
		if code := enhanced(l); code != "" {
			return code, l
		}
	}
	for _, l := range lines {
		if m := replyCode.FindStringSubmatch(l); m != nil {
			if code := statusInWords(l); code != "" && code[:1] == m[1][:1] {
				return code, l
			}
			return m[1][:1] + ".0.0", l
		}
	}
	for _, l := range lines {
		if code := statusInWords(l); code != "" {
			return code, l
		}
	}
	return "", ""
}

// statusInWords returns the status that words stand for, where a server gives none.
func statusInWords(line string) string {
	return map[refusal.About]string{refusal.Full: "5.2.2", refusal.Mailbox: "5.1.1", refusal.Content: "5.7.1"}[refusal.Judge(0, line).About]
}

var (
	enhancedCode = regexp.MustCompile(`(?:^|[^0-9A-Za-z.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[^0-9.]|\.[^0-9]|\.?$)`)
	replyCode    = regexp.MustCompile(`(?:^|[\s:：#(\[<"'“，,；;=])([45][0-5][0-9])(?:[ \-#:：]|\s*$)`)
)

// enhanced returns the first enhanced status code in a line (RFC 3463), 4.x.x and 5.x.x alone.
func enhanced(line string) string {
	for _, m := range enhancedCode.FindAllStringSubmatch(line, -1) {
		if m[1][0] != '2' {
			return m[1]
		}
	}
	return ""
}

// bounced finds out whose bounce it is, and what shows that: the signed return address, or a Message-ID of ours in the
// header of the mail that is attached, in the text, where providers quote it, or in what a delivery report answers. A
// Message-ID that anybody else's mail answers shows nothing.
func (s sorter) bounced(l *letter, n *notice) bool {
	if id, ok := s.returned(l); ok {
		n.MessageID, n.Signed = id, !n.informal
		return true
	}
	found := func(text string, shows bool) bool {
		id, ok := s.own(text)
		n.MessageID, n.Returned = id, ok && shows && !n.informal && !s.signed
		return ok
	}
	for _, head := range l.attached {
		if m := messageIDField.FindStringSubmatch(head); m != nil && found(m[1], true) {
			return true
		}
	}
	for _, text := range slices.Concat(l.plain, l.html) {
		if found(text, true) {
			return true
		}
	}
	return found(l.header.Get("In-Reply-To"), n.report) || found(l.header.Get("References"), n.report)
}

func (s sorter) returned(l *letter) (string, bool) {
	for _, a := range l.addresses(recipients...) {
		if id, ok := s.signer.Returned(a); ok {
			return id, true
		}
	}
	return "", false
}

var messageIDField = regexp.MustCompile(`(?im)^message-id:((?:[^\n]|\n[ \t])*)`)

// words makes a server's words fit for logs and records: one line, no addresses, at most 200 characters.
func words(text string) string {
	return cut(masked(oneLine(readable([]byte(text)))), 200)
}
