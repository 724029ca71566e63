package scheduler

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"qixian/rules/calendar"
)

// verb is the word with which a line of a reply says what its writer wants.
type verb string

const (
	verbDone   verb = "办结"
	verbExtend verb = "延期"
	verbGrant  verb = "同意"
	verbRefuse verb = "不同意"
)

// wish is one line of a reply, as far as it was understood without looking at what it is about.
type wish struct {
	Line    string // as written
	Verb    verb
	Number  int    // the item's in the mail, from 1; 0: not given
	Key     string // the deadline's; empty: not given
	URL     string // of a 办结
	Note    string // likewise
	To      calendar.Date
	Reason  string // of a 延期 or 不同意
	Problem string // zh-CN: why it was not understood, and what to write; empty: it was
}

const (
	maxWishes = 50   // of one reply: more than a mail has items that a person answers at once
	maxLine   = 2000 // characters of a line that are looked at
	maxLines  = 500  // of a reply that are looked at: a wish stands at its beginning
)

// readReply returns what a reply wishes, a line each. A line that does not begin with a verb is a greeting, a signature or something for people.
// Punctuation, digits and spaces may be of full width (：　２). A day without a year is the next such day, counted from today.
func readReply(text string, today calendar.Date) []wish {
	var ws []wish
	wantsURL := false // the last line was a 办结 whose link is on the next one, where a mail program has put it
	for i, raw := range strings.SplitN(text, "\n", maxLines+1) {
		line := newLine(raw)
		switch {
		case i == maxLines || len(ws) == maxWishes:
			return ws
		case len(line.norm) == 0:
			continue
		case wantsURL && strings.HasPrefix(line.rest(), "http"):
			last := &ws[len(ws)-1]
			*last = readLine(newLine(last.Line+" "+string(line.orig)), today)
			wantsURL = false
			continue
		}
		wantsURL = false
		if w := readLine(line, today); w.Verb != "" {
			ws = append(ws, w)
			wantsURL = w.Verb == verbDone && w.Problem == noLink
		}
	}
	return ws
}

// line is a line of a reply being read: as written, and with the plain form of every character, of the same length.
type line struct {
	orig, norm []rune
}

func newLine(raw string) *line {
	orig := make([]rune, 0, min(len(raw), maxLine))
	for _, r := range raw {
		if len(orig) == maxLine {
			break
		}
		if r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) { // no width, or nothing to see
			continue
		}
		orig = append(orig, r)
	}
	l := &line{orig: []rune(strings.TrimSpace(string(orig)))}
	l.norm = make([]rune, len(l.orig))
	for i, r := range l.orig {
		l.norm[i] = plain(r)
	}
	return l
}

// plain returns the ASCII form of a full-width character, and a space for white space of any kind.
func plain(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case unicode.IsSpace(r):
		return ' '
	}
	return r
}

// rest is what has not been read, in plain form.
func (l *line) rest() string { return string(l.norm) }

// words is what has not been read, as written, without punctuation around it.
func (l *line) words() string { return strings.Trim(string(l.orig), " \t　,，、:：;；。.") }

// skip passes over the first n bytes of rest.
func (l *line) skip(n int) {
	runes := utf8.RuneCountInString(l.rest()[:n])
	l.orig, l.norm = l.orig[runes:], l.norm[runes:]
}

// take passes over what a pattern, which begins with ^, matches, and returns its groups; nil if it does not match.
func (l *line) take(pattern *regexp.Regexp) []string {
	m := pattern.FindStringSubmatch(l.rest())
	if m != nil {
		l.skip(len(m[0]))
	}
	return m
}

var (
	// A wish may be quoted, as a mail's example is, or numbered, as people number lines.
	wishForm = regexp.MustCompile(`^["“”'「『【\[(《*•· ]*(?:\d{1,2}[.、)] *)?["“”'「『【\[(《* ]*(不同意|同意|(?:现?已|申请)?(?:办结|延期))["”'」』】\])》*]*`)
	// exampleForm is a line of our own mails, which some programs quote without a mark.
	exampleForm = regexp.MustCompile(`^[- ]*(?:办结|延期|不同意|同意):(?:到期前)?写“`)
	gapForm     = regexp.MustCompile(`^[ ,:;、。.]+`)
	keyForm     = regexp.MustCompile(`^(?:待办编号|编号)?[ :]*([0-9A-Za-z][0-9A-Za-z.-]*@[0-9A-Za-z-]+)`)
	numberForm  = regexp.MustCompile(`^(?:(?:序号|待办编号|编号)[ :]*|第 *)?(\d{1,3})(?: *(?:项|号))?`)
	urlForm     = regexp.MustCompile(`(?i)https?://[^\s<>"“”'、。》】]+`)
	noURLForm   = regexp.MustCompile(`^(?:无|没有|未有)(?:网页|公开)?(?:链接|网址|网页)`)
	dateForm    = regexp.MustCompile(`^(?:延?[至到]|为)? *(?:(\d{4}) *[-/.年] *(\d{1,2}) *[-/.月] *(\d{1,2})|(\d{1,2}) *月 *(\d{1,2}))[日号]?`)
	consentTail = regexp.MustCompile(`^(?:延期|该申请)?[ 。.!]*$`)
)

// What is missing from a wish.
const (
	noLink   = "没有网页链接。链接须以 http:// 或 https:// 开头；网上没有公开的，请写“无链接”和说明。"
	noNote   = "写了“无链接”，还须写明说明。"
	noDate   = "没有看懂新的日期。请写成 2018-10-31、2018年10月31日或10月31日。"
	noReason = "没有写明理由。"
	noOther  = "“同意”后面请只写序号；要改日期的，请写“不同意”和理由，由单位重新申请。"
)

// readLine reads one line; without a verb it is no wish.
func readLine(l *line, today calendar.Date) wish {
	w := wish{Line: string(l.orig)}
	if exampleForm.MatchString(l.rest()) {
		return w
	}
	m := l.take(wishForm)
	if m == nil {
		return w
	}
	for _, v := range []verb{verbDone, verbExtend, verbRefuse, verbGrant} {
		if w.Verb == "" && strings.HasSuffix(m[1], string(v)) {
			w.Verb = v
		}
	}
	l.take(gapForm)
	w.Key, w.Number = l.item()
	switch w.Verb {
	case verbDone:
		w.readDone(l)
	case verbExtend:
		w.readExtension(l, today)
	case verbGrant:
		if !consentTail.MatchString(l.rest()) {
			w.Problem = noOther
		}
	case verbRefuse:
		if w.Reason = l.words(); w.Reason == "" {
			w.Problem = noReason
		}
	}
	return w
}

// item reads which item is meant: a key, or a number that is not the beginning of a date or a longer number.
func (l *line) item() (key string, number int) {
	if m := l.take(keyForm); m != nil {
		l.take(gapForm)
		return m[1], 0
	}
	m := numberForm.FindStringSubmatch(l.rest())
	if m == nil {
		return "", 0
	}
	if after := l.rest()[len(m[0]):]; after != "" && !strings.HasPrefix(strings.ToLower(after), "http") {
		next, _ := utf8.DecodeRuneInString(after)
		if !strings.ContainsRune(" ,:;、。.)", next) || strings.HasPrefix(strings.TrimSpace(after), "月") || next == '.' && len(after) > 1 && after[1] >= '0' && after[1] <= '9' {
			return "", 0
		}
	}
	l.skip(len(m[0]))
	l.take(gapForm)
	number, _ = strconv.Atoi(m[1]) // three digits at most
	return "", number
}

// readDone reads the link and the note of a 办结.
func (w *wish) readDone(l *line) {
	rest := l.rest()
	at := urlForm.FindStringIndex(rest)
	if at == nil {
		if l.take(noURLForm) == nil {
			w.Problem = noLink
		} else if w.Note = l.words(); w.Note == "" {
			w.Problem = noNote
		}
		return
	}
	before := &line{orig: l.orig[:utf8.RuneCountInString(rest[:at[0]])]}
	l.skip(at[0])
	n := utf8.RuneCountInString(rest[at[0]:at[1]])
	// A comma of full width ends a link in a Chinese sentence; one of ASCII may belong to it.
	if cut := slices.IndexFunc(l.orig[:n], func(r rune) bool { return strings.ContainsRune("，；！）", r) }); cut >= 0 {
		n = cut
	}
	link := strings.TrimRight(string(l.norm[:n]), ".,;)!")
	if _, err := PublishedLink(link); err != nil {
		w.Problem = noLink
		return
	}
	w.URL, n = link, utf8.RuneCountInString(link)
	after := &line{orig: []rune(strings.TrimLeft(string(l.orig[n:]), ".,;)!>》）”\"'"))} // what closes the link
	w.Note = strings.TrimSpace(strings.TrimRight(before.words(), "<《（(“\"'") + " " + after.words())
}

// readExtension reads the day and the reason of a 延期.
func (w *wish) readExtension(l *line, today calendar.Date) {
	m := l.take(dateForm)
	if m == nil || len(l.norm) > 0 && l.norm[0] >= '0' && l.norm[0] <= '9' {
		w.Problem = noDate
		return
	}
	ok := false
	if year, _ := strconv.Atoi(m[1]); year != 0 { // the pattern leaves digits only
		w.To, ok = civil(year, m[2], m[3])
	} else if w.To, ok = civil(today.Year(), m[4], m[5]); !ok || w.To.Before(today) {
		w.To, ok = civil(today.Year()+1, m[4], m[5])
	}
	if !ok {
		w.To, w.Problem = calendar.Date{}, noDate
		return
	}
	if w.Reason = l.words(); w.Reason == "" {
		w.Problem = noReason
	}
}

// civil returns the day of a year with a month and a day in digits, if there is such a day.
func civil(year int, month, day string) (calendar.Date, bool) {
	m, _ := strconv.Atoi(month) // two digits at most
	d, _ := strconv.Atoi(day)
	date, err := calendar.ParseDate(fmt.Sprintf("%04d-%02d-%02d", year, m, d))
	return date, err == nil
}
