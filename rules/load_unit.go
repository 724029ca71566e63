package rules

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"qixian/rules/calendar"
	"qixian/rules/document"
)

// rowDraft is a row with the places of its values.
type rowDraft struct {
	row    Row
	places places
}

// unitDraft is a unit with the places of its values.
type unitDraft struct {
	unit   *Unit
	places places
}

func (l *loader) readRows(n document.Node) {
	if l.override {
		n.Problem(
			"an override file has no rows: they are the table's own words; change an obligation by its id instead",
		)
		return
	}
	for _, item := range n.Items() {
		if l.enough() {
			return
		}
		l.readRow(item)
		l.bound(item, "rows", len(l.rows), maxList)
	}
}

// readYear reads the year of the table, which one file says.
func (l *loader) readYear(n document.Node) {
	year := n.Int(2008, 2100)
	switch {
	case l.override:
		n.Problem(
			"an override file has no year: it is the table's own; table_years in the configuration names other years",
		)
	case l.year != 0 && year != l.year:
		n.Problem("the table is of %d by %s; one catalogue has one year", l.year, l.yearAt)
	default:
		l.year, l.yearAt = year, n.Position()
	}
}

func (l *loader) readRow(n document.Node) {
	if !n.IsMapping() {
		n.Problem("a row is a mapping with number, section, subsection, text, lead and responsible")
		return
	}
	fields := n.Fields("number", "section", "subsection", "text", "lead", "responsible", "decision")
	d := &rowDraft{places: places{"": n.Position()}}
	for _, key := range []string{"number", "text"} {
		if _, ok := fields[key]; !ok {
			n.Problem("the row has no %s", key)
		}
	}
	if f, ok := fields["number"]; ok {
		d.row.Number = f.Int(1, 9999)
	}
	readText(fields, "section", &d.row.Section)
	readText(fields, "subsection", &d.row.Subsection)
	readText(fields, "text", &d.row.Text)
	readText(fields, "decision", &d.row.Decision)
	if f, ok := fields["lead"]; ok {
		d.row.Lead = l.readNames(f, "lead", d.places)
	}
	if f, ok := fields["responsible"]; ok {
		d.row.Responsible = l.readNames(f, "responsible", d.places)
	}
	if d.row.Number == 0 {
		return
	}
	if known, ok := l.rows[d.row.Number]; ok {
		fields["number"].Problem("row %d stands twice; the first is at %s", d.row.Number, known.places[""])
		return
	}
	l.rows[d.row.Number] = d
}

// readText reads a text that may be of several lines, if it is there.
func readText(fields map[string]document.Node, key string, into *string) {
	n, ok := fields[key]
	if !ok {
		return
	}
	v := n.Text()
	*into = strings.TrimSpace(v)
	if v != "" && *into == "" {
		n.Problem("an empty text stands here; write the text or leave the key out")
	}
}

// readNames reads a list of names and records the place of each under path[i].
func (l *loader) readNames(n document.Node, path string, p places) []string {
	p.set(path, n.Position())
	var names []string
	items := n.Items()
	l.bound(n, "names in this list", len(items), maxUnits)
	for _, item := range items[:min(len(items), maxUnits)] {
		if name := item.Line(); name != "" {
			p[fmt.Sprintf("%s[%d]", path, len(names))] = item.Position()
			names = append(names, name)
		}
	}
	return names
}

// maxUnit bounds a unit's name: it is part of a message's key and a column of the store.
const maxUnit = 60

func (l *loader) readUnit(f document.Field) {
	fields := f.Value.Fields("full_name", "aliases", "note", "review", "group", "members")
	if n := utf8.RuneCountInString(f.Name); n > maxUnit {
		f.Key.Problem(
			"the unit's name has %d characters; at most %d are allowed: put a long one under full_name",
			n,
			maxUnit,
		)
	}
	d, known := l.units[f.Name]
	switch {
	case !known:
		l.misspelt(f)
		d = &unitDraft{unit: &Unit{Name: f.Name, At: f.Key.Position()}, places: places{"": f.Key.Position()}}
		l.units[f.Name] = d
		l.bound(f.Key, "units", len(l.units), maxUnits)
	case !l.override:
		f.Key.Problem("unit %q stands twice; the first is at %s", f.Name, d.places[""])
		d = &unitDraft{unit: &Unit{}, places: places{}}
	}
	readText(fields, "full_name", &d.unit.FullName)
	readText(fields, "note", &d.unit.Note)
	if n, ok := fields["review"]; ok {
		d.unit.Review = readReview(n)
	}
	if n, ok := fields["aliases"]; ok {
		d.unit.Aliases = l.readNames(n, "aliases", d.places)
	}
	if n, ok := fields["group"]; ok {
		d.unit.Group = n.Bool()
		d.places.set("group", n.Position())
	}
	if n, ok := fields["members"]; ok {
		d.places.set("members", n.Position())
		d.unit.Members = nil
		items := n.Items()
		l.bound(n, "members in this list", len(items), maxUnits)
		for i, item := range items[:min(len(items), maxUnits)] {
			d.places[fmt.Sprintf("members[%d]", i)] = item.Position()
			d.unit.Members = append(d.unit.Members, readMember(item))
		}
	}
}

// misspelt reports a new unit whose name differs from a known one's only by characters that look alike, such as （ and
// (.
func (l *loader) misspelt(f document.Field) {
	name := strings.TrimSpace(f.Name)
	if name == "" || name != f.Name || strings.ContainsAny(name, "\n\r") {
		f.Key.Problem("%q is no name of a unit: no empty name, no space around it, no line break", f.Name)
		return
	}
	look := lookalike(name)
	if known, ok := l.looks[look]; ok {
		f.Key.Problem(
			"unit %q differs from %q only in brackets, spaces, capitals or what cannot be seen; write %q",
			name,
			known,
			known,
		)
		return
	}
	l.looks[look] = name
}

// lookalike folds what a reader of a name does not tell apart: characters of full width and of half, capitals and small
// letters, and all that takes no room or little.
func lookalike(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '、':
			return ','
		case r == '·' || unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me):
			return -1
		case r > 0xFF00 && r < 0xFF5F: // the ASCII characters, in full width
			r -= 0xFEE0
		}
		return unicode.ToLower(unicode.ToUpper(r))
	}, name)
}

func readMember(n document.Node) Member {
	if !n.IsMapping() {
		return Member{Unit: n.Line()}
	}
	fields := n.Fields("unit", "from", "until")
	var m Member
	if f, ok := fields["unit"]; ok {
		m.Unit = f.Line()
	} else {
		n.Problem("the member has no unit")
	}
	if f, ok := fields["from"]; ok {
		m.From = readDate(f)
	}
	if f, ok := fields["until"]; ok {
		m.Until = readDate(f)
	}
	if !m.From.IsZero() && !m.Until.IsZero() && m.Until.Before(m.From) {
		fields["until"].Problem("until %s lies before from %s", m.Until, m.From)
	}
	return m
}

// readDate reads a date as 2026-01-05.
func readDate(n document.Node) calendar.Date {
	s := n.Text()
	if s == "" {
		return calendar.Date{}
	}
	d, err := calendar.ParseDate(s)
	if err != nil {
		n.Problem("%v", err)
	}
	return d
}
