package scheduler

import (
	"regexp"
	"slices"
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

// wish is what one line of a reply says about one item, as far as it was understood without looking at the item.
type wish struct {
	Line    string // as written
	Row     int    // which line it is, from 1; empty ones are not counted
	Verb    verb   // empty: the line speaks of a verb, or has a link, and was not understood
	Number  int    // the item's in the mail, from 1; 0: not given
	Key     string // the deadline's; empty: not given
	Listed  bool   // the line has a number of a list, which may be the item's or not
	URL     string // of a 办结, as PublishedLink has it
	Note    string // likewise
	Said    string // of a 办结 without a link: words by which it is done, such as 已答复申请人
	Bare    bool   // a 办结 without a word more
	To      calendar.Date
	Span    span   // of a 延期 that says how long and not until when
	Reason  string // of a 延期 or 不同意
	Problem string // zh-CN: why it was not understood, and what to write; empty: it was
}

const (
	maxWishes = 50   // of one reply: more than a mail has items that a person answers at once
	maxLine   = 4000 // characters of a line that are looked at: a link has up to 2,000
	maxLines  = 500  // of a reply that are looked at: a wish stands at its beginning
	maxJoined = 8    // lines that a 办结 takes
	wrapped   = 60   // columns; a program breaks no shorter line
)

// Why a line was not understood that begins with no verb.
const (
	notPlain      = "提到了“办结”或“延期”，但没有看懂，未作登记。要登记的，请另起一行，以“办结”或“延期”开头，照下面的写法写。"
	notDone       = "看来尚未办结，或者是在提问，未作登记。办结以后，请照下面的写法写；有疑问的，请与{office}联系。"
	notConsent    = "提到了“同意”，但没有看懂，未作答复。请另起一行，只写“同意”，或者写“不同意 理由”。"
	onlyLink      = "这一行只有链接，看不出是哪一项的，未作登记。请写“办结 序号 公开网址”，每行一项。"
	brokenLink    = "链接像是断成了两行，未作登记。请把整个链接写在一行里，后面不加文字。"
	oneALine      = "一行里像是写了两件事，未作登记。请每行写一项。"
	noVerb        = "这一行有链接或序号，但没有以“办结”或“延期”开头，未作登记。请写“办结 序号”，后面写公开网址，或“办理情况：……”，每行一项。"
	listOrItem    = "行首的两个数字看不出是几项、是编号还是日期，未作登记。请以“办结”或“延期”开头，后面写序号，如“办结 1、2 公开网址”。"
	takenBack     = "另一行像是说这一行写错了或尚未办结，未作登记。请重新写明。"
	mistaken      = "像是要更正或撤销登记，所说的未作登记。已经登记的，请与{office}联系。"
	contradictory = "对同一项写了不一致的话，都未作登记。请只写一种。"
	tooManyLines  = "从这一行起没有再读。一封回信请不要超过50项、500行，其余的请另发一封。"
)

// readReply returns what a reply says, an item each, and the lines that it may mean something by and that were not
// understood. A line that does not begin with a verb is a greeting, a signature or something for people; if it speaks
// of a verb it is named. Punctuation, digits and spaces may be of full width (： ２). consents: the mail asked for 同意 or
// 不同意.
func readReply(text string, today calendar.Date, consents bool) []wish {
	r := reading{today: today, consents: consents}
	for i, raw := range strings.Split(text, "\n") {
		l := newLine(raw)
		if len(l.norm) == 0 {
			r.apart = true
			continue
		}
		r.row++
		if i >= maxLines || len(r.wishes) >= maxWishes {
			return append(
				r.wishes[:min(len(r.wishes), maxWishes)],
				wish{Line: string(l.orig), Row: r.row, Problem: tooManyLines},
			)
		}
		r.read(l)
		r.apart, r.width = false, l.width()
	}
	return r.wishes[:min(len(r.wishes), maxWishes)]
}

// reading is how far a reply has been read.
type reading struct {
	today    calendar.Date
	consents bool
	wishes   []wish
	row      int
	begun    int  // where the wishes of the last line that was a 办结 begin in wishes
	open     bool // that line was the last but for what was added to it
	joined   int  // how many lines were added to it
	links    bool // lines of another link follow it
	apart    bool // an empty line follows it
	width    int  // of the line before, in columns
}

// read reads one line, or adds it to the one before, where a program or the writer has put the rest of it.
func (r *reading) read(l *line) {
	if r.open && r.continues(l) {
		return
	}
	w, items := readLine(l.copy(), r.today)
	w.Row, r.open = r.row, w.Verb == verbDone || w.Problem == noReason
	text := l.rest()
	wished := slices.ContainsFunc(r.wishes, func(w wish) bool { return w.Verb != "" })
	switch {
	case w.Verb != "":
		r.add(w, items)
	case ownForm.MatchString(text):
	case wished && r.takesBack(text):
		w.Problem = notDone
		if retracting.MatchString(text) {
			w.Problem = mistaken
		}
		r.wishes = append(r.wishes, w)
	case speaks.MatchString(text):
		w.Problem = notPlain
		if doubts(doubtful, text) {
			w.Problem = notDone
		}
		r.wishes = append(r.wishes, w)
	case r.consents && consentForm.MatchString(text):
		w.Problem = notConsent
		r.wishes = append(r.wishes, w)
	case wished && (strings.Contains(strings.ToLower(text), "http") || itemForm.MatchString(text)):
		w.Problem = noVerb
		r.wishes = append(r.wishes, w)
	}
}

// add adds what a line says, for each item that it names.
func (r *reading) add(w wish, items []item) {
	r.begun, r.joined, r.links = len(r.wishes), 0, false
	switch {
	case len(items) == 0:
		items = []item{{}}
	case w.Problem != "" && w.Problem != noLink && w.Span == (span{}): // is said once
		items = items[:1]
	}
	for _, it := range items {
		w.Number, w.Key = it.number, it.key
		r.wishes = append(r.wishes, w)
	}
}

// continues reports whether a line belongs to the 办结 before it, and then has read both as one.
func (r *reading) continues(l *line) bool {
	last := r.wishes[r.begun]
	text := strings.TrimLeft(labelForm.ReplaceAllString(strings.TrimLeft(l.rest(), "<("), ""), "<(")
	begins := strings.HasPrefix(strings.ToLower(text), "http")
	switch {
	case r.links && !begins:
		return false
	case last.Problem == noLink && (begins || noURLForm.MatchString(text) || noteForm.MatchString(text)):
		r.again(last, last.Line+" "+string(l.orig))
		return true
	case !r.apart && (last.Problem == noLink && wordedForm.MatchString(text) ||
		last.Problem == noNote && noteLine.MatchString(text) ||
		last.Problem == noReason && reasonLine.MatchString(text)):
		r.again(last, last.Line+" "+string(l.orig))
		return true
	case last.URL == "" || r.apart && !begins:
		return false
	case begins && samePage(urlForm.FindString(text), last.URL): // Outlook's <link> after the link
		return true
	case begins:
		r.wishes, r.links = append(r.wishes, wish{Line: string(l.orig), Row: r.row, Problem: onlyLink}), true
		return true
	}
	whole := newLine(last.Line).rest()
	links := urlForm.FindAllString(whole, -1)
	piece := urlPiece.FindStringSubmatch(l.rest())
	if piece == nil || len(links) == 0 || !strings.HasSuffix(whole, links[len(links)-1]) {
		return false
	}
	end := links[len(links)-1]
	rest := piece[1]
	switch named := finished.MatchString(end); {
	case strings.ContainsAny(rest[:1], "/?&#=%") || strings.ContainsAny(end[len(end)-1:], "?&=#%-_"),
		!named && r.width >= wrapped && strings.ContainsAny(rest, "./=&_-%"):
		r.again(last, last.Line+string(l.orig))
		return true
	case !named && (r.width >= wrapped || strings.ContainsAny(rest, "/=&_%") || finished.MatchString(rest)):
		last.URL, last.Problem = "", brokenLink
		r.wishes = append(r.wishes[:r.begun], last)
		return true
	}
	return false
}

// again reads the last 办结 as the text given.
func (r *reading) again(last wish, text string) {
	joined := r.joined + 1
	r.wishes = r.wishes[:r.begun]
	w, items := readLine(newLine(text), r.today)
	w.Row = last.Row
	r.add(w, items)
	r.open, r.joined = joined < maxJoined, joined
}

var (
	// ownForm is a line of our own mails, which some programs quote without a mark.
	ownForm = regexp.MustCompile(
		`^[- ]*(?:(?:办结(?:\(报送.{4}的\))?|延期|不同意|同意):(?:到期前)?写“|如何办结:|怎样办结:|怎样答复:|办结方式:|答复方式:|报送方式:|登记方式:)`,
	)
	speaks = regexp.MustCompile(`[办辦] *[结結]|延 *[期长長]`)
	// consentForm is a 同意 that was not understood.
	consentForm = regexp.MustCompile(`同 *意`)
	// noteLine and reasonLine are what the line after one begins with that lacks a note or a reason.
	noteLine   = regexp.MustCompile(`^(?:(?:办理|完成)情况|说明[ :]|已(?:在|于|张贴|公示|公开|答复|送达|印发|发放))`)
	reasonLine = regexp.MustCompile(`^(?:因|由于|(?:延期)?(?:理由|原因):)`)
	// urlPiece is what a line begins with that could be the rest of a link: nothing but what a link is made of, and no
	// mail address.
	urlPiece = regexp.MustCompile(`^([A-Za-z0-9/?&#=%._~:+!,;()-]+)(?:[ >)]|\p{Han}|$)`)
	// finished is a link that ends in the name of a file.
	finished = regexp.MustCompile(
		`(?i)\.(?:[sp]?html?|aspx?|jspx?|php|do|action|pdf|docx?|xlsx?|pptx?|wps|et|zip|rar|jpe?g|png|txt)$`,
	)
)

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
		// no width, or nothing to see
		if r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
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

func (l *line) copy() *line { return &line{orig: slices.Clone(l.orig), norm: slices.Clone(l.norm)} }

// rest is what has not been read, in plain form.
func (l *line) rest() string { return string(l.norm) }

// words is what has not been read, as written, without punctuation around it.
func (l *line) words() string { return strings.Trim(string(l.orig), " \t　,，、:：;；。.") }

// width is how many columns the line takes.
func (l *line) width() int {
	n := len(l.orig)
	for _, r := range l.orig {
		if r >= 0x1100 {
			n++
		}
	}
	return n
}

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
