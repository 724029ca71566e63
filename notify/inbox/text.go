package inbox

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// What of a text is read as a reply; nobody writes more by hand.
const (
	maxWritten = 16 << 10 // bytes
	maxLines   = 1000     // lines, quoted ones included
)

// written returns what the writer has written himself: without the lines marked ">" and without the mail that his
// program has put below. Where that begins is told by the line that programs set above it, none of which any standard
// knows.
func written(text string) string {
	var own []string
	lines := strings.Split(
		strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u200b", "").Replace(text),
		"\n",
	)
	lines = lines[:min(len(lines), maxLines)]
	for i := 0; i < len(lines); i++ {
		if quoted(lines[i]) {
			continue
		}
		if n := attribution(lines[i:]); n > 0 {
			if next := firstText(lines[i+n:]); next != "" && quoted(next) {
				i += n - 1 // the quotation is marked, and what follows it is the writer's again
				continue
			}
			break
		}
		if separator.MatchString(lines[i]) || framed.MatchString(lines[i]) || block(lines[i:]) || ourMail(lines[i:]) {
			break
		}
		own = append(own, strings.TrimRight(lines[i], " \t"))
	}
	s := strings.TrimSpace(strings.Join(own, "\n"))
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	return strings.ToValidUTF8(s[:min(len(s), maxWritten)], "")
}

func quoted(line string) bool {
	line = strings.TrimLeft(line, " \t|")
	return strings.HasPrefix(line, ">") || strings.HasPrefix(line, "＞")
}

func firstText(lines []string) string {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return l
		}
	}
	return ""
}

// attribution returns how many lines "在 2018年9月21日，…写道：" takes, up to three as programs wrap it; 0: it is none.
func attribution(lines []string) int {
	if wrote.MatchString(lines[0]) {
		return 1
	}
	if !opens.MatchString(lines[0]) {
		return 0
	}
	for n := 1; n < min(3, len(lines)); n++ {
		if strings.TrimSpace(lines[n]) == "" {
			return 0
		}
		if wrote.MatchString(strings.Join(lines[:n+1], " ")) {
			return n + 1
		}
	}
	return 0
}

// block reports whether a program's list of the quoted mail's headers begins here: 发件人, 发送时间, 收件人, 主题 in whatever
// order.
func block(lines []string) bool {
	if !writerField.MatchString(lines[0]) {
		return false
	}
	n := 0
	for _, l := range lines[1:min(9, len(lines))] {
		if otherField.MatchString(l) {
			n++
		}
	}
	return n >= 2
}

// ourMail reports whether a mail of ours begins here, which a program has quoted without a mark: its greeting and
// headline, or, of the HTML part, its title and day above the greeting.
func ourMail(lines []string) bool {
	next := strings.TrimSpace(firstText(lines[1:]))
	line := strings.TrimSpace(lines[0])
	return greeting.MatchString(line) && headline.MatchString(next) ||
		titled.MatchString(line) && greeting.MatchString(next) ||
		ways.MatchString(line)
}

var (
	greeting = regexp.MustCompile(`^[^\s：:]{2,60}[：:]$`)
	headline = regexp.MustCompile(`^【[^】]{2,20}】.*。$`)
	titled   = regexp.MustCompile(`^\S{2,20}\s+\d{4}年\d{1,2}月\d{1,2}日（星期.）$`)
	ways     = regexp.MustCompile(`^(回信写法|回复码（回信时请保留).*[：:]$`)

	// QQ, Foxmail, WeCom: "------------------ 原始邮件 ------------------"; QQ on a telephone: "---原始邮件---"; NetEase: "----
	// 回复的原邮件 ----"; Coremail: "-----原始邮件-----"; Outlook: "-----Original Message-----", "-----邮件原件-----"; Huawei:
	// "-------- 原始邮件 --------".
	separator = regexp.MustCompile(
		`(?i)^\s*[-—_=*]{2,}\s*(回复的?)?(原始邮件|原邮件|邮件原件|原始郵件|原始信息|原文|转发(的)?邮件|转发邮件信息|转发的消息|original( message| mail)?|forwarded message|reply message)\s*[-—_=*:：]*\s*$`,
	)
	// framed is that of an old Foxmail: "======= 2018-11-19 10:00:00 您在来信中写道：=======".
	framed = regexp.MustCompile(`(?i)^\s*[-—_=*]{3,}.*(写道|寫道|wrote)\s*[:：]?\s*[-—_=*]*\s*$`)
	wrote  = regexp.MustCompile(
		`(?i)^\s*(在|于|on|at|le|am|[^>]*(于|at|on)\s*\d{4}).*(写道|寫道|wrote|说道)\s*[:：]\s*$|^[^>]*[<(（][^\s<>]+@[^\s<>]+[>)）].{0,60}(写道|寫道|wrote)\s*[:：]\s*$`,
	)
	opens = regexp.MustCompile(
		`(?i)^\s*((在|于)\s*["“]?\d{4}|(on|at)\s+\S|[^>]*[<(][^\s<>]+@[^\s<>]+[>)]\s*(于|at|on)?)`,
	)

	// Alibaba's programs write 日　期 and 主　题; QQ's write 发件时间.
	writerField = regexp.MustCompile(`(?i)^\s*\**(发件人|发送人|寄件者|寄件人|from)\**\s*[:：]`)
	otherField  = regexp.MustCompile(
		`(?i)^\s*\**(发送时间|发件时间|发送日期|日[\s　]*期|时[\s　]*间|收件人|收件者|抄[\s　]*送|主[\s　]*题|主旨|sent|date|to|cc|subject)\**\s*[:：]`,
	)
)

// plainText returns what an HTML mail says, a line for each block, quotations marked ">", and whether something that
// is struck out or not shown was left out. A link behind a title follows the title, which is put in 《》.
func plainText(page string) (text string, hidden bool) {
	var p pageText
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end, which is the only error of a string
			p.end()
			return p.text.String(), p.hidden
		case html.TextToken:
			if p.mute != "" {
				p.hidden = p.hidden || !silent[p.mute] && len(bytes.TrimSpace(z.Raw())) > 0
			} else {
				p.line.WriteString(html.UnescapeString(string(z.Raw())))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			p.begin(token)
		case html.EndTagToken:
			name, _ := z.TagName()
			p.finish(string(name))
		}
	}
}

// pageText gathers the text of a page.
type pageText struct {
	text   strings.Builder
	line   strings.Builder
	depth  int    // quotations around
	mute   string // the element around whose text is not read
	muted  int    // how many elements of that name are open, it among them
	hidden bool   // something a reader would not see, or see struck out, was left out
	href   string // of the link around
	from   int    // where the link's words begin in line
}

func (p *pageText) begin(t html.Token) {
	switch {
	case p.mute != "":
		if t.Data == p.mute && t.Type == html.StartTagToken {
			p.muted++
		}
	case t.Type == html.StartTagToken && (silent[t.Data] || unread(t)):
		p.mute, p.muted = t.Data, 1
	}
	if silent[t.Data] {
		return
	}
	if t.Data == "a" {
		p.link()
		for _, a := range t.Attr {
			if a.Key == "href" && webLink.MatchString(strings.TrimSpace(a.Val)) {
				p.href, p.from = oneLine(a.Val), p.line.Len()
			}
		}
		return
	}
	p.tag(t.Data, 1)
}

func (p *pageText) finish(name string) {
	if p.mute != "" && name == p.mute {
		if p.muted--; p.muted == 0 {
			p.mute = ""
		}
	}
	switch {
	case silent[name]:
	case name == "a":
		p.link()
	default:
		p.tag(name, -1)
	}
}

var (
	// silent are the elements that are never shown.
	silent = map[string]bool{"style": true, "script": true, "title": true, "xml": true}
	// void are the elements that have no end.
	void = []string{"br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr", "source", "embed"}
	// unseen is a style of what is struck out or not shown.
	unseen = regexp.MustCompile(`(?i)line-through|display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all`)
)

// unread reports whether what stands in an element is struck out or not shown.
func unread(t html.Token) bool {
	switch {
	case slices.Contains(void, t.Data):
		return false
	case slices.Contains([]string{"s", "del", "strike"}, t.Data):
		return true
	}
	return slices.ContainsFunc(t.Attr, func(a html.Attribute) bool {
		return a.Key == "hidden" || a.Key == "style" && unseen.MatchString(a.Val)
	})
}

var (
	webLink   = regexp.MustCompile(`(?i)^https?://`)
	bareLink  = regexp.MustCompile(`(?i)https?://|^www\.`)
	shortLink = regexp.MustCompile(`(?i)^www\.|(…|\.\.\.)$`)
)

// link ends a link: what its writer sees as a link stays, and a title is followed by where it leads.
func (p *pageText) link() {
	href := p.href
	p.href = ""
	if href == "" || p.from > p.line.Len() {
		return
	}
	line := p.line.String()
	before, words := line[:p.from], oneLine(line[p.from:])
	switch {
	case words == "":
		return
	case bareLink.MatchString(words) && !shortLink.MatchString(words):
		return
	case bareLink.MatchString(words):
		words = href
	case strings.HasPrefix(words, "《") && strings.HasSuffix(words, "》"):
		words += " " + href
	default:
		words = "《" + words + "》 " + href
	}
	p.line.Reset()
	p.line.WriteString(before + " " + words + " ")
}

// tag breaks the line where a block begins or ends.
func (p *pageText) tag(name string, step int) {
	switch name {
	case "br",
		"p",
		"div",
		"tr",
		"li",
		"ul",
		"ol",
		"table",
		"h1",
		"h2",
		"h3",
		"h4",
		"h5",
		"h6",
		"hr",
		"pre",
		"body",
		"section",
		"center":
		p.end()
	case "blockquote":
		p.end()
		p.depth = max(p.depth+step, 0)
	case "td", "th":
		p.line.WriteByte(' ')
	}
}

func (p *pageText) end() {
	p.link()
	if line := oneLine(p.line.String()); line != "" {
		p.text.WriteString(strings.Repeat("> ", min(p.depth, 5)) + line + "\n")
	}
	p.line.Reset()
}
