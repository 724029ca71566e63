package calendar

import (
	"qixian/rules/document"
)

// readFestivals reads festivals.yaml: under fixed the days that are the same each year, under years those that the moon
// and the sun move.
func (l *loader) readFestivals(root document.Node) {
	m := root.Fields("basis", "since", "fixed", "years")
	l.festivals.Basis = l.text(m, root, "basis")
	if n, ok := field(m, root, "since"); ok {
		l.festivals.Since = l.date(n)
	}
	if n, ok := field(m, root, "fixed"); ok {
		l.festivals.Fixed = l.festival(n, func(n document.Node) Date { return l.parse(n, parseMonthDay) })
	}
	n, ok := field(m, root, "years")
	if !ok {
		return
	}
	for _, f := range n.Entries() {
		year := f.Key.Int(firstYear, lastYear)
		days := l.festival(f.Value, func(n document.Node) Date {
			d := l.date(n)
			if year != 0 && !d.IsZero() && d.Year() != year {
				n.Problem("%s stands among the days of %d", d, year)
			}
			return d
		})
		l.festivals.Moved = append(l.festivals.Moved, days...)
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

// parseMonthDay reads a day of every year, MM-DD. The date that it returns is of a leap year, so that any such day can
// be read.
func parseMonthDay(s string) (Date, error) {
	d, err := ParseDate("2000-" + s)
	if err != nil {
		return Date{}, document.Errorf("%q is no day of a year: want MM-DD", s)
	}
	return d, nil
}
