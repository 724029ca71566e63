package compose

import (
	"fmt"
	"io/fs"
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
	templates map[notify.Kind]func() (pair, error)
}

// New returns a composer. It reads and tries every template on sample letters of each kind, so that a bad template is
// refused here, with its file and line, and no mail is ever composed with it. The error joins every problem found. The
// embedded templates by themselves cannot be bad, as the tests try them; they are read when a letter of their kind is
// first composed.
func New(o Options) (*Composer, error) {
	files, err := readTemplates(o.Templates)
	if err == nil && o.Templates != nil {
		err = parseEach(files)
	}
	if err != nil {
		return nil, fmt.Errorf("load templates: %w", err)
	}
	c := &Composer{templates: byKind(files)}
	if o.Templates == nil {
		return c, nil
	}
	if err := c.parseAll(); err != nil {
		return nil, fmt.Errorf("load templates: %w", err)
	}
	if err := c.try(o.Replies); err != nil {
		return nil, fmt.Errorf("try templates: %w", err)
	}
	return c, nil
}

// parseAll parses the templates of every kind, and stops at the first that fails.
func (c *Composer) parseAll() error {
	for _, k := range kinds {
		if _, err := c.templates[k](); err != nil {
			return err
		}
	}
	return nil
}

// Compose returns the mail for l. It fails if l's kind is unknown, if l has nothing to say, if an item of a correction
// has no old due date, or if a template fails on it.
func (c *Composer) Compose(l Letter) (Mail, error) {
	m, _, err := c.compose(withoutPower(cleaned(l)))
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
	t, err := c.templates[l.Kind]() // a page has none but the known kinds
	if err != nil {
		return Mail{}, page{}, err
	}
	var text, html strings.Builder
	if err := t.text.ExecuteTemplate(&text, layoutText, p); err != nil {
		return Mail{}, page{}, placed(err)
	}
	if err := t.html.ExecuteTemplate(&html, layoutHTML, p); err != nil {
		return Mail{}, page{}, placed(err)
	}
	gs := groups(l)
	lines := make([]Line, len(gs))
	for i, g := range gs {
		lines[i] = Line{Key: g.Key, Number: g.Number, For: g.units}
	}
	return Mail{Subject: subject(l, gs), Text: tidy(text.String()), HTML: tidy(html.String()), Lines: lines}, p, nil
}

// tidy forgives what a template's layout leaves behind: spaces at the ends of lines, and more than one empty line.
func tidy(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 1)
	empty := false
	for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		line = strings.TrimRight(line, " \t\r")
		if line == "" && empty {
			continue
		}
		empty = line == ""
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}
