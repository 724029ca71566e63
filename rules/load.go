package rules

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"qixian/rules/document"
)

// Layer is one set of the catalogue's files: every *.yaml of FS, in the order of their names, folders included. Hidden
// files (.#10-office.yaml) are passed over; a .yml is a problem, lest it be thought to be in force.
type Layer struct {
	Name     string // stands before the files' names in positions: a directory, or empty
	FS       fs.FS
	Override bool // its files change what earlier layers say, each the ones before it, and may add with new: true
}

// Load reads the layers in their order. The error is document.Problems: every mistake of every file, with its position.
// The catalogue is then as much as could be read: good for finding further mistakes that depend on it, for nothing
// else.
func Load(layers ...Layer) (*Catalogue, error) {
	l := &loader{
		units:       map[string]*unitDraft{},
		looks:       map[string]string{},
		triggers:    map[string]*triggerDraft{},
		rows:        map[int]*rowDraft{},
		obligations: map[string]*draft{},
	}
	for _, layer := range layers {
		l.override, l.bytes = layer.Override, 0
		l.readLayer(layer)
	}
	if l.enough() {
		return &Catalogue{}, l.problems.Err()
	}
	c := l.catalogue()
	if l.check(c); len(l.problems) == 0 {
		l.told(c)
	}
	return c, l.problems.Err()
}

// loader is a catalogue in the making. Reading writes straight into it, so that a later file changes what an earlier
// one has set and every value is looked at where it stands; what depends on other values is checked at the end.
type loader struct {
	problems    document.Problems
	override    bool // of the layer being read
	bytes       int  // of its files, so far
	stopped     bool // there is too much of something
	units       map[string]*unitDraft
	looks       map[string]string // the first unit of each look
	triggers    map[string]*triggerDraft
	rows        map[int]*rowDraft
	obligations map[string]*draft
	year        int // the table's; 0: no file has said
	yearAt      document.Position
}

// readLayer reads every file of a layer.
func (l *loader) readLayer(layer Layer) {
	err := fs.WalkDir(layer.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if l.enough() {
			return fs.SkipAll
		}
		at := document.Position{File: path.Join(layer.Name, name)}
		switch ext := strings.ToLower(path.Ext(name)); {
		case hidden(name):
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
		case err != nil:
			l.problems.Add(at, "cannot be read: %v", pathless(err))
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
		case d.IsDir():
		case ext == ".yaml" && path.Ext(name) == ext:
			l.readFile(layer.FS, name, at.File)
		case ext == ".yaml" || ext == ".yml":
			l.problems.Add(at, "only files that end in .yaml are read; rename it")
		}
		return nil
	})
	if err != nil {
		l.problems.Add(document.Position{File: layer.Name}, "cannot be read: %v", pathless(err))
	}
}

// hidden reports whether a file is an editor's lock, a file manager's shadow or the like, which is nobody's override.
func hidden(name string) bool { return name != "." && strings.HasPrefix(path.Base(name), ".") }

// pathless takes the path out of an error, where the position has it already.
func pathless(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

func (l *loader) readFile(fsys fs.FS, name, show string) {
	data, err := document.ReadIn(fsys, name)
	if err != nil {
		l.problems.Add(document.Position{File: show}, "cannot be read: %v", pathless(err))
		return
	}
	if l.bytes += len(data); l.bytes > maxBytes {
		l.tooMuch(
			document.Position{File: show},
			"with this file there are more than %d bytes in its directory",
			maxBytes,
		)
		return
	}
	root, ok := document.Parse(show, data, &l.problems)
	if !ok {
		return
	}
	fields := root.Fields("year", "rows", "units", "triggers", "obligations")
	if n, ok := fields["year"]; ok {
		l.readYear(n)
	}
	if n, ok := fields["rows"]; ok {
		l.readRows(n)
	}
	if n, ok := fields["units"]; ok {
		l.readEach(n, l.readUnit)
	}
	if n, ok := fields["triggers"]; ok {
		l.readEach(n, l.readTrigger)
	}
	if n, ok := fields["obligations"]; ok {
		l.readEach(n, l.readObligation)
	}
}

func (l *loader) readEach(n document.Node, read func(document.Field)) {
	for _, f := range n.Entries() {
		if l.enough() {
			return
		}
		read(f)
	}
}

// catalogue puts what was read together: defaults taken, names of units made canonical, references to rules resolved.
func (l *loader) catalogue() *Catalogue {
	c := &Catalogue{
		Year: l.year, YearAt: l.yearAt,
		Units: map[string]*Unit{}, Triggers: map[string]Trigger{}, aliases: map[string]string{},
	}
	for name, d := range l.triggers {
		c.Triggers[name] = d.trigger
	}
	for _, name := range slices.Sorted(maps.Keys(l.units)) {
		c.Units[name] = l.units[name].unit
		for _, alias := range c.Units[name].Aliases {
			if _, taken := c.aliases[alias]; !taken {
				c.aliases[alias] = name
			}
		}
	}
	for _, n := range slices.Sorted(maps.Keys(l.rows)) {
		c.Rows = append(c.Rows, l.rows[n].row)
	}
	for _, id := range slices.Sorted(maps.Keys(l.obligations)) {
		d := l.obligations[id]
		l.finish(c, d)
		c.Obligations = append(c.Obligations, d.obligation)
	}
	slices.SortStableFunc(c.Obligations, func(a, b *Obligation) int { return cmp.Compare(a.Row, b.Row) })
	c.join()
	return c
}
