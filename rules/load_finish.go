package rules

import (
	"fmt"
	"slices"
	"strings"

	"qixian/rules/document"
)

// finish takes what an obligation leaves to its row, makes its units' names canonical and resolves the rules it waits
// for.
func (l *loader) finish(c *Catalogue, d *draft) {
	o := d.obligation
	if row, ok := l.rows[o.Row]; ok {
		if !d.places.has("lead") {
			o.Lead = slices.Clone(row.row.Lead)
			d.places.set("lead", row.places.at("lead"))
		}
		if !d.places.has("responsible") {
			o.Responsible = slices.Clone(row.row.Responsible)
			d.places.set("responsible", row.places.at("responsible"))
		}
	}
	for _, names := range [][]string{o.Lead, o.Responsible} {
		for i, name := range names {
			if canonical, ok := c.Canonical(name); ok {
				names[i] = canonical
			}
		}
	}
	for i := range o.Rules {
		l.resolve(o, &o.Rules[i])
	}
	o.Origin = d.places.origin()
}

// resolve turns {done: NAME} into the ID of the rule it means: first of this obligation's rules, then of all.
func (l *loader) resolve(o *Obligation, r *Rule) {
	for _, members := range [][]Rule{r.LaterOf, r.EarlierOf} {
		for i := range members {
			l.resolve(o, &members[i])
		}
	}
	name, ok := strings.CutPrefix(r.After, DoneTrigger)
	if ok && slices.Contains(ruleNames(o), name) {
		r.After = DoneTrigger + o.ID + "." + name
	}
}

// check reports what only the whole catalogue can show.
func (l *loader) check(c *Catalogue) {
	k := &checker{loader: l, c: c, ruleIDs: map[string]*draft{}}
	for _, o := range c.Obligations {
		for i := range o.Rules {
			k.ruleIDs[o.Rules[i].ID] = l.obligations[o.ID]
		}
	}
	k.units()
	k.rows()
	k.triggers()
	for _, o := range c.Obligations {
		if k.enough() {
			return
		}
		k.obligation(l.obligations[o.ID])
	}
	k.circles()
}

// checker looks at a whole catalogue for mistakes.
type checker struct {
	*loader
	c       *Catalogue
	ruleIDs map[string]*draft // the obligation of every rule
}

// report adds a problem at the place of a value.
func (k *checker) report(p places, path, format string, args ...any) {
	k.problems.Add(p.at(path), format, args...)
}

// rows checks that the table's units are known.
func (k *checker) rows() {
	for i := range k.c.Rows {
		if k.enough() {
			return
		}
		row := &k.c.Rows[i]
		p := k.loader.rows[row.Number].places
		k.names(p, "lead", row.Lead)
		k.names(p, "responsible", row.Responsible)
	}
}

// names checks that every name of a list is a unit's or a group's, and stands once.
func (k *checker) names(p places, path string, names []string) {
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		at := fmt.Sprintf("%s[%d]", path, i)
		canonical, ok := k.c.Canonical(name)
		twice := seen[canonical]
		seen[name], seen[canonical] = true, true
		if !p.has(at) {
			continue // taken from the row, where it is checked
		}
		switch {
		case !ok:
			k.report(
				p,
				at,
				"no unit %q is known%s; add it under units: or correct the name",
				name,
				document.Suggest(name, k.unitNames()),
			)
		case twice:
			k.report(p, at, "unit %q stands twice in %s", name, path)
		}
	}
}

// unitNames returns every name by which a unit can be called, in order.
func (k *checker) unitNames() []string {
	var names []string
	for name, u := range k.c.Units {
		names = append(names, name)
		names = append(names, u.Aliases...)
	}
	slices.Sort(names)
	return names
}
