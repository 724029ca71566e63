package rules

import (
	"slices"

	"qixian/rules/calendar"
	"qixian/rules/document"
)

// Catalogue is everything that the YAML files say: the table's rows, its units, the triggers and the obligations. Load
// makes one; it is not changed afterwards and is safe for concurrent use.
type Catalogue struct {
	Year        int // the table's own, in which rules with years: table hold; 0: no file says
	YearAt      document.Position
	Rows        []Row            // by number
	Units       map[string]*Unit // by canonical name, groups included
	Triggers    map[string]Trigger
	Obligations []*Obligation // by row, then ID; disabled ones included

	aliases map[string]string // unit by alias, made by Load; nil: they are looked for
}

// Obligation returns the obligation with this ID.
func (c *Catalogue) Obligation(id string) (*Obligation, bool) {
	i := slices.IndexFunc(c.Obligations, func(o *Obligation) bool { return o.ID == id })
	if i < 0 {
		return nil, false
	}
	return c.Obligations[i], true
}

// Canonical returns the canonical name of a unit or group, given that name or one of its aliases.
func (c *Catalogue) Canonical(name string) (string, bool) {
	if _, ok := c.Units[name]; ok {
		return name, true
	}
	if c.aliases != nil {
		canonical, ok := c.aliases[name]
		return canonical, ok
	}
	for canonical, u := range c.Units {
		if slices.Contains(u.Aliases, name) {
			return canonical, true
		}
	}
	return "", false
}

// Expand returns the units that names stand for on a date: each group is replaced by its members, in their order, and
// no unit is returned twice. With the zero date a member counts whatever the dates of its membership. A name that the
// catalogue does not know stands for itself.
func (c *Catalogue) Expand(names []string, on calendar.Date) []string {
	e := expansion{c: c, on: on, seen: map[string]bool{}}
	for _, n := range names {
		e.add(n)
	}
	return e.units
}

type expansion struct {
	c     *Catalogue
	on    calendar.Date
	seen  map[string]bool // units and groups: a group inside itself, which Load refuses, ends here too
	units []string
}

func (e *expansion) add(name string) {
	if canonical, ok := e.c.Canonical(name); ok {
		name = canonical
	}
	if e.seen[name] {
		return
	}
	e.seen[name] = true
	u, ok := e.c.Units[name]
	if !ok || !u.Group {
		e.units = append(e.units, name)
		return
	}
	for _, m := range u.Members {
		if m.in(e.on) {
			e.add(m.Unit)
		}
	}
}

// in reports whether the membership holds on a date.
func (m Member) in(on calendar.Date) bool {
	return on.IsZero() || !on.Before(m.From) && (m.Until.IsZero() || !on.After(m.Until))
}
