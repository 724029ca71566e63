package compose

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"qixian/notify"
)

// Options says what may differ between installations.
type Options struct {
	Templates fs.FS // files in its root replace the embedded templates of the same name; nil: none
	Replies   bool  // mails may be replied to: templates that do not show the code are refused
}

// Composer composes letters. It is safe for concurrent use.
type Composer struct {
	templates map[notify.Kind]pair
}

// New returns a composer. It reads and tries every template on sample letters of each kind, so that a bad template is
// refused here, with its file and line, and no mail is ever composed with it. The error joins every problem found.
func New(o Options) (*Composer, error) {
	ts, err := loadTemplates(o.Templates)
	if err != nil {
		return nil, fmt.Errorf("load templates: %w", err)
	}
	c := &Composer{templates: ts}
	if err := c.try(o.Replies); err != nil {
		return nil, fmt.Errorf("try templates: %w", err)
	}
	return c, nil
}

// Compose returns the mail for l. It fails if l's kind is unknown, if l has nothing to say, if an item of a correction has
// no old due date, or if a template fails on it.
func (c *Composer) Compose(l Letter) (Mail, error) {
	m, _, err := c.compose(cleaned(l))
	if err != nil {
		return Mail{}, fmt.Errorf("compose %s letter: %w", l.Kind, err)
	}
	return m, nil
}

// compose also returns the page that the mail shows.
func (c *Composer) compose(l Letter) (Mail, page, error) {
	p, err := newPage(l)
	if err != nil {
		return Mail{}, page{}, err
	}
	var text, html strings.Builder
	t := c.templates[l.Kind]
	if err := t.text.ExecuteTemplate(&text, layoutText, p); err != nil {
		return Mail{}, page{}, placed(err)
	}
	if err := t.html.ExecuteTemplate(&html, layoutHTML, p); err != nil {
		return Mail{}, page{}, placed(err)
	}
	gs := groups(l)
	lines := make([]Line, len(gs))
	for i, g := range gs {
		lines[i] = Line{Key: g.Key, For: g.units}
	}
	return Mail{Subject: subject(l, gs), Text: tidy(text.String()), HTML: tidy(html.String()), Lines: lines}, p, nil
}

var (
	trailing = regexp.MustCompile(`[ \t\r]+\n`)
	gap      = regexp.MustCompile(`\n{3,}`)
)

// tidy forgives what a template's layout leaves behind: spaces at the ends of lines, and more than one empty line.
func tidy(s string) string {
	s = gap.ReplaceAllString(trailing.ReplaceAllString(s+"\n", "\n"), "\n\n")
	return strings.TrimSpace(s) + "\n"
}
