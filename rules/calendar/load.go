package calendar

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"time"

	"qixian/rules/document"
)

// festivalFile is the one file of a calendar directory that is no year's.
const festivalFile = "festivals.yaml"

var yearFile = regexp.MustCompile(`^[0-9]{4}\.yaml$`)

// unknownYear ends the message about a year that lists nothing.
const unknownYear = "a year without its notice is unknown, never a year without holidays; remove the file until the notice is out"

// Layer is a directory of calendar files that an administrator keeps.
type Layer struct {
	Name string // stands before the file names in problems
	FS   fs.FS
}

// Load reads a directory with one YAML file a year, named as the year is (2026.yaml), and festivals.yaml. A file of a
// later layer takes the place of the file of the same name before it. The warnings are of what is unlikely but not
// impossible; the error is document.Problems and holds every mistake of every file. With any mistake there is no
// calendar.
func Load(fsys fs.FS, dir string, layers ...Layer) (*Calendar, []document.Problem, error) {
	l := &loader{seen: map[Date]document.Position{}}
	sources := map[string]source{}
	l.find(sources, fsys, dir, dir)
	for _, layer := range layers {
		l.find(sources, layer.FS, ".", layer.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		l.read(name, sources[name])
	}
	at := document.Position{File: dir}
	if _, ok := sources[festivalFile]; !ok {
		l.warnings.Add(
			at,
			"%s is not here: days off by law are expected to be worked in a year without its notice",
			festivalFile,
		)
	}
	l.gaps(dir)
	if len(l.years) == 0 && len(l.problems) == 0 {
		l.problems.Add(at, "no year is here: want at least one file such as 2026.yaml")
	}
	if err := l.problems.Err(); err != nil {
		return nil, l.warnings, err
	}
	c, err := New(l.years, l.festivals)
	if err != nil {
		l.problems.Add(at, "%v", err)
		return nil, l.warnings, l.problems.Err()
	}
	return c, l.warnings, nil
}

// source is where a file is read from, and how it is shown.
type source struct {
	fsys fs.FS
	path string
	show string
}

// loader gathers what the files say.
type loader struct {
	years     []Year
	festivals Festivals
	seen      map[Date]document.Position // where each day was first listed, in any file
	problems  document.Problems
	warnings  document.Problems
}

// find enters the calendar files of a directory. Files that are no YAML are somebody else's.
func (l *loader) find(sources map[string]source, fsys fs.FS, dir, show string) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		l.problems.Add(document.Position{File: show}, "read directory: %v", err)
		return
	}
	for _, e := range entries {
		name := e.Name()
		s := source{fsys, path.Join(dir, name), path.Join(show, name)}
		switch ext := path.Ext(name); {
		case e.IsDir() || ext != ".yaml" && ext != ".yml":
		case yearFile.MatchString(name) || name == festivalFile:
			sources[name] = s
		default:
			l.problems.Add(
				document.Position{File: s.show},
				"a calendar file is named as its year is, such as 2026.yaml, or %s",
				festivalFile,
			)
		}
	}
}

// read reads one file.
func (l *loader) read(name string, s source) {
	at := document.Position{File: s.show}
	data, err := document.ReadIn(s.fsys, s.path)
	if err != nil {
		l.problems.Add(at, "read file: %v", err)
		return
	}
	before := len(l.problems)
	root, ok := document.Parse(s.show, data, &l.problems)
	year, _ := strconv.Atoi(name[:4])
	switch {
	case ok && name == festivalFile:
		l.readFestivals(root)
	case ok:
		l.readYear(root, year)
	case len(l.problems) > before: // Parse said why
	case name == festivalFile:
		l.problems.Add(at, "the file is empty")
	default:
		l.problems.Add(at, "the file is empty: %s", document.Term(unknownYear))
	}
}

// gaps warns of a year that is loaded but cut off by a missing one.
func (l *loader) gaps(dir string) {
	for i := 1; i < len(l.years); i++ {
		if a, b := l.years[i-1].Year, l.years[i].Year; b > a+1 {
			l.warnings.Add(
				document.Position{File: path.Join(dir, fmt.Sprintf("%d.yaml", a+1))},
				"there is no such file: every day from %s on is unknown, although %d is loaded",
				NewDate(a, time.December, 29),
				b,
			)
		}
	}
}

// field returns a field that must be there.
func field(m map[string]document.Node, of document.Node, key string) (document.Node, bool) {
	n, ok := m[key]
	if !ok && of.IsMapping() {
		of.Problem("%s is missing", key)
	}
	return n, ok
}

// value returns a plain text; ok is false, and the problem is told, where there is none.
func (l *loader) value(n document.Node) (s string, ok bool) {
	before := len(l.problems)
	s = n.Text()
	if s == "" && len(l.problems) == before {
		n.Problem("an empty text stands here")
	}
	return s, len(l.problems) == before
}

// text reads a text that must be there.
func (l *loader) text(m map[string]document.Node, of document.Node, key string) string {
	n, ok := field(m, of, key)
	if !ok {
		return ""
	}
	s, _ := l.value(n)
	return s
}

// date reads a date.
func (l *loader) date(n document.Node) Date { return l.parse(n, ParseDate) }

// parse reads a plain text that stands for a date.
func (l *loader) parse(n document.Node, parse func(string) (Date, error)) Date {
	s, ok := l.value(n)
	if !ok {
		return Date{}
	}
	d, err := parse(s)
	if err != nil {
		n.Problem("%v", err)
		return Date{}
	}
	return d
}
