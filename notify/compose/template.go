package compose

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"

	"qixian/notify"
	"qixian/rules/document"
)

//go:embed templates
var embedded embed.FS

// The templates that are executed; each kind's own file, digest.txt and digest.html and so on, defines their "content".
const (
	layoutText = "layout.txt"
	layoutHTML = "layout.html"
)

// kinds are the kinds of letter, each with a template of its name for either part.
var kinds = []notify.Kind{
	notify.Digest,
	notify.Immediate,
	notify.Correction,
	notify.Fallback,
	notify.Overview,
	notify.Trouble,
	notify.Request,
	notify.Answer,
	notify.Weekly,
	notify.PeriodReport,
	notify.Test,
}

// pair is the templates of one kind.
type pair struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

// Outlook renders with Word, which knows no max-width: a table that only it sees holds the mail's width there. The
// template package strips comments, so that they come from functions.
var functions = map[string]any{
	"join": func(ss []string) string { return strings.Join(ss, "、") },
	"outlookOpen": func() htmltemplate.HTML {
		return `<!--[if mso]><table role="presentation" width="680" align="center" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->`
	},
	"outlookClose": func() htmltemplate.HTML { return `<!--[if mso]></td></tr></table><![endif]-->` },
}

// byKind returns for each kind what parses its templates, once, when it is first asked.
func byKind(files map[string]string) map[notify.Kind]func() (pair, error) {
	ts := make(map[notify.Kind]func() (pair, error), len(kinds))
	for _, k := range kinds {
		ts[k] = sync.OnceValues(func() (pair, error) { return parse(files, k) })
	}
	return ts
}

// parse parses the templates of one kind.
func parse(files map[string]string, k notify.Kind) (pair, error) {
	p := pair{text: texttemplate.New("").Funcs(functions), html: htmltemplate.New("").Funcs(functions)}
	for _, name := range []string{"layout", "item", string(k)} {
		if _, err := p.text.New(name + ".txt").Parse(files[name+".txt"]); err != nil {
			return pair{}, placed(err)
		}
		if _, err := p.html.New(name + ".html").Parse(files[name+".html"]); err != nil {
			return pair{}, placed(err)
		}
	}
	return p, nil
}

// readTemplates returns every template's text by file name: the embedded ones, with those of over in their place where
// it has them. A template in over that replaces none is refused: its author has mistyped the name, and would go on
// seeing the embedded one.
func readTemplates(over fs.FS) (map[string]string, error) {
	files := map[string]string{}
	own, err := fs.Sub(embedded, "templates")
	if err != nil {
		return nil, fmt.Errorf("open embedded templates: %w", err)
	}
	take := func(fsys fs.FS, name string) error {
		b, err := document.ReadIn(fsys, name)
		files[name] = strings.ReplaceAll(string(b), "\r\n", "\n")
		return err
	}
	names, err := templateNames(own)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := take(own, name); err != nil {
			return nil, fmt.Errorf("read template: %w", err)
		}
	}
	if over == nil {
		return files, nil
	}
	replaced, err := templateNames(over)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, name := range replaced {
		if !slices.Contains(names, name) {
			errs = append(errs, fmt.Errorf("%s: replaces no template: want one of %s", name, strings.Join(names, ", ")))
		} else if err := take(over, name); err != nil {
			errs = append(errs, fmt.Errorf("read template: %w", err))
		}
	}
	return files, errors.Join(errs...)
}

// templateNames lists the templates in the root of fsys; what ends in neither .txt nor .html is none.
func templateNames(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	var names []string
	for _, e := range entries {
		if ext := path.Ext(e.Name()); !e.IsDir() && (ext == ".txt" || ext == ".html") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// parseEach parses every file by itself, so that one run reports what is wrong with each.
func parseEach(files map[string]string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if _, err := texttemplate.New(name).Funcs(functions).Parse(files[name]); err != nil {
			errs = append(errs, placed(err))
		}
	}
	return errors.Join(errs...)
}

// templateError is a template package's error, beginning with the file and line as every other problem does.
type templateError struct{ err error }

func (e templateError) Error() string {
	s := strings.TrimPrefix(e.err.Error(), "template: ")
	return strings.TrimPrefix(s, "html/template:")
}

func (e templateError) Unwrap() error { return e.err }

func placed(err error) error { return templateError{err} }
