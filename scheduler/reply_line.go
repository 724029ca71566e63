package scheduler

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"qixian/rules/calendar"
)

// item is what a line names of the mail: a number or a key.
type item struct {
	number int
	key    string
}

const (
	digits  = `(?:[1-9][0-9]{4,6}|[0-9]{1,3})` // a deadline's number (see NumberOf), or an item's in the mail
	chinese = `[一二三四五六七八九十两]{1,3}`
	circled = `[①-⑳]`
	openers = `["“”'「『【\[(《<*•· -]*`
	keyText = `[0-9A-Za-z][0-9A-Za-z.-]*@[0-9A-Za-z-]+`
)

var (
	openForm = regexp.MustCompile(`^` + openers)
	// listForm is the number of a list, which people write before a line whatever the items' numbers are.
	listForm = regexp.MustCompile(
		`^(?:[(\[【]? *(?:[0-9]{1,2}|` + chinese + `) *(?:[)\]】][.、,]?|[.、,])|` + circled + `[.、,:]?) *`,
	)
	// pointForm is such a number with a mark that also parts the items of a list or the numbers of a date, and bareForm
	// what is no more than a number.
	pointForm = regexp.MustCompile(`^[0-9]{1,2} *[.、,] *$`)
	bareForm  = regexp.MustCompile(`^[0-9]`)
	// leadForm is an item that is named before the verb.
	leadForm = regexp.MustCompile(
		`^(?:第 *(` + digits + `|` + chinese + `) *[项号条件]|(?:(?:序号|短号) *:? *)(` + digits + `)|(?:待办编号|编号)?[ :]*(` + keyText + `))[ :,、]*` + openers + `|^(` + digits + `)(?: *号)?[ :]*` + openers,
	)
	greetForm = regexp.MustCompile(`^(?:(?:您好|你好|领导好|各位领导|尊敬的领导|回复|答复|回信)[ ,:;!。]+)+`)
	verbForm  = regexp.MustCompile(
		`^(?:(?:我(?:们|办|室)?)?(不同意|不予同意|同意)|(?:[该此本]项|该事项)?(?:现|现?已经?)?(办结)(?:了|完毕)?|` +
			`(?:申请|请予?以?)?(延期)(?:申请)?)["”'」』】\])》*]*`,
	)
	gapForm = regexp.MustCompile(`^[ ,:;、。.—–→]+`)
	// wordForm is what may follow a verb without a gap.
	wordForm = regexp.MustCompile(
		`(?i)^(?:[0-9(\[【①-⑳]|第|序号|短号|编号|待办编号|https?:|<http|[a-z0-9.-]+@|` + noURL + `|(?:办理|完成)情况|现?已[^ ]{0,12}(?:完成|答复)|` + labels + `|` + before + `)`,
	)

	keyForm    = regexp.MustCompile(`^(?:待办编号|编号)?[ :]*(` + keyText + `)`)
	numberForm = regexp.MustCompile(
		`^(?:第 *(` + digits + `|` + chinese + `) *[项号条件]?|(?:序号|短号|待办编号|编号)[ :]*(` + digits + `)|[(\[【] *(` + digits + `) *[)\]】]|(` + circled + `)|(` + digits + `)(?: *号)?|(` + chinese + `))`,
	)
	listSign = regexp.MustCompile(`^ *[、,和及与&+] *`)
	listEnd  = regexp.MustCompile(`^ *[项号条件]`)
	// countForm follows a number that is none of an item.
	countForm = regexp.MustCompile(`^ *(?:月|天|日(?:$|[^期])|周|个|年|星期|礼拜|工作日|小时|项|条|件|次|份)`)
)

// readLine reads one line; without a verb it is no wish. The items are those that it names.
func readLine(l *line, today calendar.Date) (wish, []item) {
	w := wish{Line: string(l.orig)}
	l.take(greetForm)
	if ownForm.MatchString(l.rest()) {
		return w, nil
	}
	l.take(openForm)
	items, twice := l.lead(), false
	if len(items) == 0 {
		if m := l.take(listForm); m != nil {
			w.Listed = true
			l.take(openForm)
			twice = pointForm.MatchString(m[0]) && bareForm.MatchString(l.rest())
			items = l.lead()
		}
	}
	m := l.take(verbForm)
	if m == nil || !l.verbEnds(m[1]+m[2]+m[3]) {
		return wish{Line: w.Line}, nil
	}
	switch w.Verb = verb(m[1] + m[2] + m[3]); w.Verb {
	case verbDone, verbExtend, verbGrant:
	default:
		w.Verb = verbRefuse
	}
	if twice { // 1、2办结, 11.2办结
		w.Listed, w.Problem = false, listOrItem
		return w, nil
	}
	after := l.items()
	if len(after) > 0 && len(items) > 0 && (len(after) > 1 || after[0] != items[0]) {
		w.Problem = twoItems
		return w, items
	}
	if len(items) == 0 {
		items = after
	}
	w.Listed = w.Listed && len(items) == 0
	switch w.Verb {
	case verbDone:
		w.readDone(l)
	case verbExtend:
		w.readExtension(l, today)
	case verbGrant:
		if !isConsent(l.rest()) {
			w.Problem = noOther
		}
	case verbRefuse:
		l.take(aboutForm)
		w.readReason(l)
	}
	return w, items
}

// lead reads the items that a line names before its verb: 第1项办结, 1 办结, 第1、2项已办结.
func (l *line) lead() []item {
	try := l.copy()
	if m := try.take(leadForm); m != nil {
		if it := itemOf(m[1] + m[2] + m[3] + m[4]); it != (item{}) && verbForm.MatchString(try.rest()) {
			*l = *try
			return []item{it}
		}
	}
	if try = l.copy(); !strings.HasPrefix(try.rest(), "第") {
		return nil
	}
	items := try.list()
	try.take(gapForm)
	if len(items) < 2 || !verbForm.MatchString(try.rest()) {
		return nil
	}
	*l = *try
	return items
}

// verbEnds reports whether a verb ends where it was read: at a gap, at the end, or before what may follow it. 办结不了,
// 办结时限 and 同意吗 are other words.
func (l *line) verbEnds(v string) bool {
	if l.take(gapForm) != nil || len(l.norm) == 0 {
		return true
	}
	rest := l.rest()
	switch {
	case strings.HasSuffix(v, string(verbGrant)):
		return strings.ContainsAny(rest[:1], "!(") || l.take(saidForm) != nil || aboutForm.MatchString(rest) ||
			numberForm.MatchString(rest)
	case strings.Contains(v, string(verbExtend)) && untilForm.MatchString(rest),
		strings.Contains(v, string(verbExtend)) && spanForm.MatchString(rest):
		return true
	}
	return wordForm.MatchString(rest)
}

// items reads the items that a line names after its verb, with what parts them from the rest; none if what stands there
// is no list of items.
func (l *line) items() []item {
	try := l.copy()
	items := try.list()
	if len(items) == 0 || !try.itemEnds() {
		return nil
	}
	try.take(gapForm)
	*l = *try
	return items
}

// list reads items, parted by commas or 和.
func (l *line) list() []item {
	var items []item
	for len(items) < maxWishes {
		it, ok := l.item()
		if !ok {
			break
		}
		items = append(items, it)
		next := l.copy()
		if next.take(listSign) == nil {
			break
		}
		if _, another := next.copy().item(); !another {
			break
		}
		*l = *next
	}
	if len(items) > 1 {
		l.take(listEnd)
	}
	return items
}

// item reads one item.
func (l *line) item() (item, bool) {
	if m := l.take(keyForm); m != nil {
		return itemOf(m[1]), true
	}
	m := numberForm.FindStringSubmatch(l.rest())
	if m == nil {
		return item{}, false
	}
	after := l.rest()[len(m[0]):]
	if counted := m[1] == "" && countForm.MatchString(after); counted && !listEnd.MatchString(after) {
		return item{}, false
	}
	if after != "" && strings.ContainsAny(after[:1], "0123456789-/") ||
		len(after) > 1 && after[0] == '.' && after[1] >= '0' && after[1] <= '9' {
		return item{}, false // part of a date or of a longer number
	}
	it := itemOf(strings.Join(m[1:], ""))
	if it.number == 0 {
		return item{}, false
	}
	l.skip(len(m[0]))
	return it, true
}

// itemEnds reports whether an item ends here.
func (l *line) itemEnds() bool {
	rest := l.rest()
	if rest == "" || wordForm.MatchString(rest) && !countForm.MatchString(rest) && (rest[0] < '0' || rest[0] > '9') {
		return true
	}
	first, _ := utf8.DecodeRuneInString(rest)
	return strings.ContainsRune(" ,:;、。.)!—–→", first) && !countForm.MatchString(rest) || untilForm.MatchString(rest)
}

// itemOf returns the item of a number in any script, or of a key.
func itemOf(text string) item {
	if strings.Contains(text, "@") {
		return item{key: text}
	}
	return item{number: number(text)}
}

// number reads a number up to three digits, in Chinese up to 99, or in a circle.
func number(text string) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	n, tens := 0, 0
	for _, r := range text {
		switch i := strings.IndexRune("零一二三四五六七八九", r); {
		case r >= '①' && r <= '⑳':
			return int(r-'①') + 1
		case r == '十':
			tens, n = max(n, 1)*10, 0
		case r == '〇' || r == '○':
			n *= 10
		case r == '两':
			n = 2
		case i >= 0:
			n = n*10 + i/len("一")
		}
	}
	return tens + n
}
