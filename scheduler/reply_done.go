package scheduler

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is wrong with a 办结.
const (
	noLink    = "没有公开网址。网址须以 http:// 或 https:// 开头；不需上网公开的，请写“无链接”和说明，如“办结 序号 无链接 已在公告栏张贴”。"
	noNote    = "“无链接”“办理情况”或“完成情况”后面还须写明具体情况，如“无链接 已在公告栏张贴”；“说明”二字请换成具体情况。"
	between   = "“办结”和链接之间的文字没有看懂，未作登记。请写“办结 序号 公开网址”，说明写在最后：“办理情况：……”。"
	linkWords = "链接和后面的文字连在一起，分不清链接到哪里为止。请在链接后空一格，或另起一行。"
	twoLinks  = "一行里有两个链接，未作登记。请每行写一项、一个链接。"
	bothLinks = "写了“无链接”，又有链接，未作登记。请只写一样。"
	afterLink = "链接后面的话看来是说尚未办结，或者是在提问，未作登记。确已办结的，请只写“办结 序号 公开网址”，说明写在“办理情况：”之后。"
	twoItems  = "前后写了不同的序号，未作登记。请写“办结 序号 公开网址”，每行一项。"
)

const (
	noURL  = `(?:无|没有|未有)(?:网页|公开)?(?:链接|网址|网页)`
	labels = `(?:公开|发布|网页|网站)?(?:链接|网址|地址|网页)(?:如下)?`
	before = `(?:(?:请[详参]?|详)?见|已(?:经)?(?:公开|发布|公布|上网)|公开于)`
)

var (
	noURLForm = regexp.MustCompile(`^` + noURL)
	noteForm  = regexp.MustCompile(`^(?:办理|完成)情况[ :,]*`)
	// wordedForm is a note without a label that says by itself that something is done.
	wordedForm = regexp.MustCompile(`^现?已[^,;。]{0,12}(?:完成|完毕|答复|回复|办结|办妥|送达)`)
	labelForm  = regexp.MustCompile(`^(?:` + before + `[ :,]*(?:` + labels + `[为是]?)?|` + labels + `[为是]?)[ :,]*`)
	titleForm  = regexp.MustCompile(`^《(?:[^《》]|《[^《》]*》)*》[ ,:;、。]*`) // a title may have one in it
	urlForm    = regexp.MustCompile(`(?i)https?://(?:\[[0-9a-f:.]+\])?[^\s<>\[\]"“”、。》】「」『』]+`)
	quoteForm  = regexp.MustCompile(`^["“'「『【\[(<*]+`)
	dotForm    = regexp.MustCompile(`^。[0-9A-Za-z]`) // a full stop that was typed in Chinese, in a link
	closeForm  = regexp.MustCompile(`^[>)\]"”'》】」』]+`)
	doubleForm = regexp.MustCompile(`(?i)^ *[<(\[] *(?:mailto:)?(https?://[^\s<>()\[\]]+) *[>)\]]`)
)

// readDone reads the link and the note of a 办结. After the verb and the items only a link counts, which may have a label
// or a title before it, or 无链接 and why, or 办理情况 and what was done. Whether words without any of
// these do is known by the item.
func (w *wish) readDone(l *line) {
	switch {
	case l.take(noURLForm) != nil:
		l.take(gapForm)
		l.take(noteForm)
		w.noteOf(l)
		if w.Problem == "" && urlForm.MatchString(l.rest()) {
			w.Note, w.Problem = "", bothLinks
		}
		return
	case l.take(noteForm) != nil:
		w.readNote(l)
		return
	}
	said := l.copy()
	var titles []string
	for {
		l.take(quoteForm)
		if m := l.take(titleForm); m != nil {
			titles = append(titles, strings.Trim(m[0], " ,:;、。"))
		} else if l.take(labelForm) == nil {
			break
		}
	}
	rest := l.rest()
	at := urlForm.FindStringIndex(rest)
	switch {
	case at == nil && wordedForm.MatchString(said.rest()):
		w.readSaid(said)
		return
	case at == nil && l.words() != "" && doubts(doubtful, rest):
		w.Problem = notDone
		return
	case at == nil:
		w.Problem, w.Bare = noLink, said.words() == ""
		return
	case at[0] > 0 && doubts(doubtful, rest[:at[0]]):
		w.Problem = notDone
		return
	case at[0] > 0:
		w.Problem = between
		return
	}
	if w.URL, w.Problem = l.link(); w.Problem != "" {
		return
	}
	l.take(closeForm)
	l.double(w.URL)
	w.readAfter(l, strings.Join(titles, ""))
}

// readSaid reads a 办结 that says in words of its own that it is done, which does where no link is asked for.
func (w *wish) readSaid(l *line) {
	switch text := l.rest(); {
	case another.MatchString(text):
		w.Problem = oneALine
	case doubts(unfinished, text) || doubts(inPart, text):
		w.Problem = notDone
	default:
		w.Said, w.Problem = l.words(), noLink
	}
}

// readAfter reads what stands after a link: a note, or a few words, among which nothing may say that the item is not
// done.
func (w *wish) readAfter(l *line, title string) {
	l.take(gapForm)
	l.take(closeForm)
	l.take(gapForm)
	said := l.rest()
	noted := l.take(noteForm) != nil
	switch {
	case urlForm.MatchString(harmless.ReplaceAllString(said, "")):
		w.Problem = twoLinks
	case another.MatchString(said):
		w.Problem = oneALine
	case noted:
		w.noteOf(l)
		return
	case doubts(doubtful, said):
		w.Problem = afterLink
	}
	if w.Problem != "" {
		w.URL = ""
		return
	}
	note := l.words()
	if !strings.ContainsAny(note, `"“《(（【<`) {
		note = strings.TrimRight(note, `"'”>)）》】`) // they close what was opened before the link
	}
	w.Note = strings.TrimSpace(title + " " + note)
}

// readNote reads what follows 办理情况, where there may be a link too.
func (w *wish) readNote(l *line) {
	at := urlForm.FindStringIndex(l.rest())
	if at == nil {
		w.noteOf(l)
		return
	}
	before := &line{orig: l.orig[:utf8.RuneCountInString(l.rest()[:at[0]])]}
	whole := l.rest()
	l.skip(at[0])
	if w.URL, w.Problem = l.link(); w.Problem != "" {
		return
	}
	l.take(closeForm)
	l.double(w.URL)
	switch {
	case urlForm.MatchString(l.rest()):
		w.Problem = twoLinks
	case another.MatchString(whole):
		w.Problem = oneALine
	case doubts(unfinished, strings.Replace(whole, w.URL, "", 1)):
		w.Problem = notDone
	}
	if w.Problem != "" {
		w.URL = ""
		return
	}
	label := regexp.MustCompile(labels + `[为是]?[ :：]*$`)
	w.Note = strings.Trim(label.ReplaceAllString(before.words(), "")+"，"+l.words(), " ，,：:")
}

// noteOf takes the rest of the line for the note.
func (w *wish) noteOf(l *line) {
	switch w.Note = l.words(); {
	case saysNothing(w.Note):
		w.Problem = noNote
	case another.MatchString(l.rest()):
		w.Problem = oneALine
	case doubts(unfinished, l.rest()):
		w.Problem = notDone
	}
	if w.Problem != "" {
		w.URL, w.Note = "", ""
	}
}

// double passes over a link that is there once more, as programs put it in brackets behind the first. Another is none.
func (l *line) double(link string) {
	if m := doubleForm.FindStringSubmatch(l.rest()); m != nil && samePage(m[1], link) {
		l.take(doubleForm)
	}
}

// link reads the link that begins here. Chinese that follows it without a space is none of it, if the link ends in the
// name of a file; where a link has Chinese in its middle that is its own. Otherwise nobody can tell.
func (l *line) link() (link, problem string) {
	n := utf8.RuneCountInString(urlForm.FindString(l.rest()))
	for i, r := range l.orig[:n] { // these end a link in a Chinese sentence; their ASCII forms may belong to it
		if i > len("https://") && strings.ContainsRune("，；！）？：（［］", r) {
			n = i
			break
		}
	}
	for n > 0 && strings.ContainsRune(".,;)!'", l.norm[n-1]) {
		n--
	}
	if dotForm.MatchString(string(l.norm[n:])) {
		return "", linkWords
	}
	end := n
	for end > 0 && unicode.Is(unicode.Han, l.norm[end-1]) {
		end--
	}
	if end < n {
		if text := string(l.norm[:end]); !finished.MatchString(text) {
			return "", linkWords
		}
		n = end
	}
	text := string(l.norm[:n])
	asked := strings.HasSuffix(text, "?")
	link, err := PublishedLink(text)
	if refused, ok := errors.AsType[*RefusedLink](err); ok {
		return "", refused.Chinese()
	}
	l.skip(len(text))
	l.take(regexp.MustCompile(`^[.,;)!']+`))
	if asked {
		return "", afterLink
	}
	return link, ""
}
