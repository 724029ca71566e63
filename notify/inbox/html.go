package inbox

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode"
)

// plainText returns what an HTML mail says, a line for each block, quotations marked ">". The standard library's decoder reads HTML as it comes
// when it is told to (see xml.Decoder); where a page breaks even its loose rules, it goes on after the place.
func plainText(page string) string {
	page = unsaid.ReplaceAllString(printable(page), "")
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

// printable takes out what the decoder would stumble over.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || r == '\uFFFE' || r == '\uFFFF' {
			return -1
		}
		return r
	}, s)
}

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
