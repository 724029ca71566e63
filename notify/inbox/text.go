package inbox

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
)

// What of a text is read as a reply; nobody writes more by hand.
const (
	maxWritten = 16 << 10 // bytes
	maxLines   = 1000     // lines, quoted ones included
)

// written returns what the writer has written himself: without the lines marked ">" and without the mail that his program has put below. Where
// that begins is told by the line that programs set above it, none of which any standard knows.
func written(text string) string {
	var own []string
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u200b", "").Replace(text), "\n")
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
		if separator.MatchString(lines[i]) || block(lines[i:]) {
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

// block reports whether a program's list of the quoted mail's headers begins here: 发件人, 发送时间, 收件人, 主题 in whatever order.
func block(lines []string) bool {
	if !writerField.MatchString(lines[0]) {
		return false
	}
	n := 0
	for _, l := range lines[1:min(7, len(lines))] {
		if otherField.MatchString(l) {
			n++
		}
	}
	return n >= 2
}

var (
	// QQ, Foxmail, WeCom: "------------------ 原始邮件 ------------------"; NetEase: "---- 回复的原邮件 ----"; Outlook: "-----Original Message-----".
	separator = regexp.MustCompile(`(?i)^\s*[-—_=*]{2,}\s*(回复的)?(原始邮件|原邮件|原始郵件|原文|转发(的)?邮件|转发邮件信息|original( message| mail)?|forwarded message|reply message)\s*[-—_=*:：]*\s*$`)
	wrote     = regexp.MustCompile(`(?i)^\s*(在|于|on|at|le|am|[^>]*(于|at|on)\s*\d{4}).*(写道|寫道|wrote|说道)\s*[:：]\s*$|^[^>]*[<(（][^\s<>]+@[^\s<>]+[>)）].{0,60}(写道|寫道|wrote)\s*[:：]\s*$`)
	opens     = regexp.MustCompile(`(?i)^\s*((在|于)\s*["“]?\d{4}|(on|at)\s+\S|[^>]*[<(][^\s<>]+@[^\s<>]+[>)]\s*(于|at|on)?)`)

	writerField = regexp.MustCompile(`(?i)^\s*\**(发件人|寄件者|寄件人|from)\**\s*[:：]`)
	otherField  = regexp.MustCompile(`(?i)^\s*\**(发送时间|发送日期|日期|时间|收件人|收件者|抄送|主题|主旨|sent|date|to|cc|subject)\**\s*[:：]`)
)

// plainText returns what an HTML mail says, a line for each block, quotations marked ">". The standard library's decoder reads HTML as it comes
// when it is told to (see xml.Decoder); where a page breaks even its loose rules, it goes on after the place.
func plainText(page string) string {
	page = unsaid.ReplaceAllString(page, "")
	var p pageText
	for begin := 0; begin < len(page); {
		d := xml.NewDecoder(strings.NewReader(page[begin:]))
		d.Strict, d.Entity = false, xml.HTMLEntity
		end, broken := p.read(d)
		if !broken || begin+end >= len(page) {
			break
		}
		p.line.WriteByte(page[begin+end]) // what was taken for the beginning of a tag
		begin += end + 1
	}
	p.end()
	return p.text.String()
}

// unsaid is what is never shown: comments, Outlook's conditions, styles and scripts.
var unsaid = regexp.MustCompile(`(?is)<!--.*?-->|<!\[.*?>|<\?.*?>|<!doctype.*?>|<style\b.*?</style\s*>|<script\b.*?</script\s*>|<head\b.*?</head\s*>`)

const maxErrors = 200 // after which the rest of a page is its own affair

// pageText gathers the text of a page.
type pageText struct {
	text   strings.Builder
	line   strings.Builder
	depth  int // quotations around
	errors int
}

// read gathers up to the end of the page, or to a syntax error; then it returns where the piece begins that is broken.
func (p *pageText) read(d *xml.Decoder) (end int, broken bool) {
	for {
		at := int(d.InputOffset())
		token, err := d.RawToken()
		if err != nil {
			p.errors++
			return at, !errors.Is(err, io.EOF) && p.errors <= maxErrors
		}
		switch t := token.(type) {
		case xml.CharData:
			p.line.Write(t)
		case xml.StartElement:
			p.tag(strings.ToLower(t.Name.Local), 1)
		case xml.EndElement:
			p.tag(strings.ToLower(t.Name.Local), -1)
		}
	}
}

// tag breaks the line where a block begins or ends.
func (p *pageText) tag(name string, step int) {
	switch name {
	case "br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "title":
		p.end()
	case "blockquote":
		p.end()
		p.depth = max(p.depth+step, 0)
	case "td", "th":
		p.line.WriteByte(' ')
	}
}

func (p *pageText) end() {
	if line := oneLine(p.line.String()); line != "" {
		p.text.WriteString(strings.Repeat("> ", min(p.depth, 5)) + line + "\n")
	}
	p.line.Reset()
}
