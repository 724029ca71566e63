package calendar

import (
	"slices"
	"strings"
	"time"

	"qixian/rules/document"
)

// The festivals of the law, as the notices name them.
const (
	newYear   = "元旦"
	spring    = "春节"
	tombs     = "清明节"
	labour    = "劳动节"
	boats     = "端午节"
	midAutumn = "中秋节"
	national  = "国庆节"
)

var festivalNames = []string{newYear, spring, tombs, labour, boats, midAutumn, national}

// lawful are the days that were off by law in every year since 2008, whatever else changed.
var lawful = []struct {
	name  string
	month time.Month
	day   int
}{
	{newYear, time.January, 1},
	{labour, time.May, 1},
	{national, time.October, 1},
	{national, time.October, 2},
	{national, time.October, 3},
}

// What a notice has been seen to do in a year, from 2018 to 2026; beyond it a warning.
const (
	fewestOff, mostOff       = 17, 19 // days off from Monday to Friday
	fewestMakeup, mostMakeup = 5, 8
	earliestDecember         = 29 // the first day of the December before that a notice has touched
)

// readYear reads one year's file.
func (l *loader) readYear(root document.Node, year int) {
	m := root.Fields("year", "notice", "issued", "amended", "holidays")
	y := Year{Year: year, Notice: l.text(m, root, "notice")}
	if n, ok := field(m, root, "year"); ok {
		if v := n.Int(firstYear+1, lastYear-1); v != 0 && v != year {
			n.Problem("%d stands in the file of %d", v, year)
		}
	}
	if n, ok := field(m, root, "issued"); ok {
		y.Issued = l.issued(n, year)
	}
	n, ok := field(m, root, "holidays")
	if !ok {
		return
	}
	items := n.Items()
	if len(items) == 0 {
		if n.IsSequence() {
			n.Problem("no holiday is listed: %s", document.Term(unknownYear))
		}
		return
	}
	for _, item := range items {
		y.Holidays = append(y.Holidays, l.holiday(item, year))
	}
	if a, ok := m["amended"]; ok {
		for _, item := range a.Items() {
			y.Amended = append(y.Amended, l.amendment(item, y))
		}
	}
	checkNames(n, items, y)
	checkLawful(n, items, y)
	l.unlikely(n, y)
	l.years = append(l.years, y)
}

// issued reads the day on which a notice was issued: in its year or the year before.
func (l *loader) issued(n document.Node, year int) Date {
	d := l.date(n)
	if !d.IsZero() && d.Year() != year && d.Year() != year-1 {
		n.Problem("%s is no day in %d or %d, when the notice for %d was issued", d, year-1, year, year)
	}
	return d
}

func (l *loader) amendment(n document.Node, y Year) Amendment {
	m := n.Fields("holiday", "notice", "issued", "change")
	a := Amendment{Holiday: l.text(m, n, "holiday"), Notice: l.text(m, n, "notice"), Change: l.text(m, n, "change")}
	if i, ok := field(m, n, "issued"); ok {
		a.Issued = l.issued(i, y.Year)
	}
	var names []string
	for _, h := range y.Holidays {
		names = append(names, h.Name)
	}
	if h, ok := m["holiday"]; ok && a.Holiday != "" {
		h.OneOf(names...)
	}
	return a
}

// holiday reads one break.
func (l *loader) holiday(n document.Node, year int) Holiday {
	m := n.Fields("name", "off", "work")
	h := Holiday{Name: l.text(m, n, "name")}
	if off, ok := field(m, n, "off"); ok {
		h.Off = l.days(off, year)
		if off.IsSequence() && len(off.Items()) == 0 {
			off.Problem("no day is listed; a holiday has at least one day off")
		}
		l.unbroken(off, h)
	}
	work, ok := m["work"]
	if !ok {
		return h
	}
	h.Work = l.days(work, year)
	for i, d := range h.Work {
		if isWeekday(d) {
			work.Items()[i].Problem("%s is a %s; only a Saturday or a Sunday is made a workday", d, d.Weekday())
		}
	}
	return h
}

// days reads a list of days of the year, or of the December before it, none of which is listed anywhere else. A day
// that cannot be read is kept as no date, so that the list still fits its nodes.
func (l *loader) days(n document.Node, year int) []Date {
	items := n.Items()
	days := make([]Date, len(items))
	for i, item := range items {
		d := l.date(item)
		days[i] = d
		if d.IsZero() {
			continue
		}
		december := d.Year() == year-1 && d.Month() == time.December
		if d.Year() != year && !december {
			item.Problem("%s is neither in %d nor in the December before", d, year)
			continue
		}
		if december && d.Day() < earliestDecember {
			l.warnings.Add(
				item.Position(),
				"%s is earlier than any day that a notice has touched in the December before its year; dates up to it were called final",
				d,
			)
		}
		if at, twice := l.seen[d]; twice {
			item.Problem("%s is listed twice; first at %s", d, at)
			continue
		}
		l.seen[d] = item.Position()
	}
	return days
}

// unbroken warns of a break whose days do not follow one another.
func (l *loader) unbroken(n document.Node, h Holiday) {
	for i := 1; i < len(h.Off); i++ {
		a, b := h.Off[i-1], h.Off[i]
		if !a.IsZero() && !b.IsZero() && b.Sub(a) != 1 {
			l.warnings.Add(
				n.Items()[i].Position(),
				"%s does not follow %s; the days off of one holiday are expected to be unbroken",
				b,
				a,
			)
		}
	}
}

// checkNames checks that each of the seven festivals is named once, alone or with another: 中秋节、国庆节.
func checkNames(n document.Node, items []document.Node, y Year) {
	seen := map[string]bool{}
	for i, h := range y.Holidays {
		for name := range strings.SplitSeq(h.Name, "、") {
			if seen[name] {
				items[i].Problem("%s is named twice", name)
			}
			seen[name] = true
		}
	}
	for _, name := range festivalNames {
		if !seen[name] {
			n.Problem("no holiday is named %s; a notice arranges all of %s", name, document.Join(festivalNames, ", "))
		}
	}
}

// checkLawful checks that the days off by law are off. Where a day could not be read, its holiday is left alone.
func checkLawful(n document.Node, items []document.Node, y Year) {
	for _, law := range lawful {
		d := NewDate(y.Year, law.month, law.day)
		off := slices.ContainsFunc(y.Holidays, func(h Holiday) bool {
			return slices.Contains(h.Off, d) || slices.Contains(h.Off, Date{})
		})
		if off {
			continue
		}
		at := n
		for i, h := range y.Holidays {
			if strings.Contains(h.Name, law.name) {
				at = items[i]
			}
		}
		at.Problem("%s is off by law, and no holiday lists it", d)
	}
}

// unlikely warns of numbers of days that no notice has had.
func (l *loader) unlikely(n document.Node, y Year) {
	off, makeup := 0, 0
	for _, h := range y.Holidays {
		makeup += len(h.Work)
		for _, d := range h.Off {
			if isWeekday(d) {
				off++
			}
		}
	}
	if off < fewestOff || off > mostOff {
		l.warnings.Add(
			n.Position(),
			"%d days off fall on Monday to Friday; notices have had %d to %d",
			off,
			fewestOff,
			mostOff,
		)
	}
	if makeup < fewestMakeup || makeup > mostMakeup {
		l.warnings.Add(
			n.Position(),
			"%d make-up workdays are listed; notices have had %d to %d",
			makeup,
			fewestMakeup,
			mostMakeup,
		)
	}
}
