package calendar

import (
	"strconv"

	"qixian/rules/document"
)

// leapYear makes a date of a month and a day, 02-29 included.
const leapYear = "2000-"

// festivalDays reads festivals.yaml: under fixed the days that are the same each year, under years those that the moon and the
// sun move.
func (l *loader) festivalDays(root document.Node) {
	m := root.Fields("basis", "since", "fixed", "years")
	l.festivals.Basis = l.text(m, root, "basis")
	if n, ok := l.field(m, root, "since"); ok {
		l.festivals.Since = l.date(n)
	}
	if n, ok := l.field(m, root, "fixed"); ok {
		l.festivals.Fixed = l.festival(n, l.monthDay)
	}
	n, ok := l.field(m, root, "years")
	if !ok {
		return
	}
	for _, f := range n.Entries() {
		year := f.Key.Int(firstYear, lastYear)
		l.festivals.Moved = append(l.festivals.Moved, l.festival(f.Value, func(n document.Node) Date {
			d := l.date(n)
			if !d.IsZero() && strconv.Itoa(d.Year()) != f.Name && year != 0 {
				n.Problem("%s stands among the days of %s", d, f.Name)
			}
			return d
		})...)
	}
}

// festival reads a mapping of festivals to their days.
func (l *loader) festival(n document.Node, read func(document.Node) Date) []Festival {
	var days []Festival
	for _, f := range n.Entries() {
		f.Key.OneOf(festivalNames...)
		for _, item := range f.Value.Items() {
			days = append(days, Festival{f.Name, read(item)})
		}
	}
	return days
}

// monthDay reads a day of every year, MM-DD.
func (l *loader) monthDay(n document.Node) Date {
	text := n.Text()
	if text == "" {
		return Date{}
	}
	d, err := ParseDate(leapYear + text)
	if err != nil {
		n.Problem("%q is no day of a year: want MM-DD", text)
	}
	return d
}
