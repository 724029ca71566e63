package calendar

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"time"

	"qixian/rules/document"
)

// festivalFile is the one file of a calendar directory that is no year's.
const festivalFile = "festivals.yaml"

var yearFile = regexp.MustCompile(`^[0-9]{4}\.yaml$`)

// Load reads a directory with one YAML file a year, named as the year is, and festivals.yaml. The warnings are of what is
// unlikely but not impossible; the error is document.Problems and holds every mistake. With any mistake there is no calendar.
func Load(fsys fs.FS, dir string) (*Calendar, []document.Problem, error) {
	l := &loader{seen: map[Date]document.Position{}}
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		l.problems.Add(document.Position{File: dir}, "read directory: %v", err)
		return nil, nil, l.problems.Err()
	}
	for _, e := range entries {
		if !e.IsDir() {
			l.file(fsys, dir, e.Name())
		}
	}
	l.gaps(dir)
	if err := l.problems.Err(); err != nil {
		return nil, l.warnings, err
	}
	c, err := New(l.years, l.festivals)
	if err != nil {
		l.problems.Add(document.Position{File: dir}, "no year is here: want a file such as 2026.yaml")
		return nil, l.warnings, l.problems.Err()
	}
	return c, l.warnings, nil
}

// loader gathers what the files of one directory say.
type loader struct {
	years     []Year
	festivals Festivals
	seen      map[Date]document.Position // where each day was first listed, in any file
	problems  document.Problems
	warnings  document.Problems
}

// file reads one file of the directory. Files that are no YAML are somebody else's.
func (l *loader) file(fsys fs.FS, dir, name string) {
	file := path.Join(dir, name)
	at := document.Position{File: file}
	isYear := yearFile.MatchString(name)
	switch ext := path.Ext(name); {
	case ext == ".yml" || ext == ".yaml" && !isYear && name != festivalFile:
		l.problems.Add(at, "a calendar file is named as its year is, such as 2026.yaml, or %s", festivalFile)
		return
	case ext != ".yaml":
		return
	}
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		l.problems.Add(at, "read file: %v", err)
		return
	}
	before := len(l.problems)
	root, ok := document.Parse(file, data, &l.problems)
	switch {
	case !ok && len(l.problems) == before && isYear:
		l.problems.Add(at, "the file is empty: %s", unknownYear)
	case !ok && len(l.problems) == before:
		l.problems.Add(at, "the file is empty")
	case !ok:
	case isYear:
		year, _ := strconv.Atoi(name[:4])
		l.year(root, year)
	default:
		l.festivalDays(root)
	}
}

// unknownYear ends the message about a year that lists nothing.
const unknownYear = "a year without its notice is unknown, never a year without holidays; remove the file until the notice is out"

// gaps warns of a year that is loaded but cut off by a missing one.
func (l *loader) gaps(dir string) {
	for i := 1; i < len(l.years); i++ {
		if a, b := l.years[i-1].Year, l.years[i].Year; b > a+1 {
			l.warnings.Add(document.Position{File: path.Join(dir, fmt.Sprintf("%d.yaml", a+1))},
				"there is no such file: every day from %s on is unknown, although %d is loaded", NewDate(a, time.December, 29), b)
		}
	}
}

// field returns a field that must be there.
func (l *loader) field(m map[string]document.Node, of document.Node, key string) (document.Node, bool) {
	n, ok := m[key]
	if !ok {
		of.Problem("%s is missing", key)
	}
	return n, ok
}

// date reads a date.
func (l *loader) date(n document.Node) Date {
	text := n.Text()
	if text == "" {
		return Date{}
	}
	d, err := ParseDate(text)
	if err != nil {
		n.Problem("%v", err)
	}
	return d
}

// text reads a text that must be there.
func (l *loader) text(m map[string]document.Node, of document.Node, key string) string {
	n, ok := l.field(m, of, key)
	if !ok {
		return ""
	}
	return n.Text()
}
