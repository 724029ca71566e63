package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"qixian/rules/document"
)

// units checks aliases and groups.
func (k *checker) units() {
	owner := map[string]string{} // of every alias
	for _, name := range slices.Sorted(maps.Keys(k.c.Units)) {
		if k.enough() {
			return
		}
		u, p := k.c.Units[name], k.loader.units[name].places
		for i, alias := range u.Aliases {
			k.alias(owner, u, alias, p, fmt.Sprintf("aliases[%d]", i))
		}
		k.group(u, p)
	}
}

// alias checks that an alias names one unit.
func (k *checker) alias(owner map[string]string, u *Unit, alias string, p places, path string) {
	other, taken := owner[alias]
	switch _, unit := k.c.Units[alias]; {
	case alias == u.Name:
		k.report(p, path, "%q is the unit's own name; leave it out of its aliases", alias)
	case unit:
		k.report(
			p,
			path,
			"alias %q is another unit's own name (at %s); a name means one unit",
			alias,
			k.c.Units[alias].At,
		)
	case taken && other == u.Name:
		k.report(p, path, "alias %q stands twice", alias)
	case taken:
		k.report(p, path, "alias %q means %s already; a name means one unit", alias, other)
	default:
		owner[alias] = u.Name
	}
}

// group checks that a group has members, that they are known, and that it does not hold itself.
func (k *checker) group(u *Unit, p places) {
	if !u.Group {
		if len(u.Members) > 0 {
			k.report(p, "members", "members make a group of %q; write group: true with them", u.Name)
		}
		return
	}
	before := map[string][]Member{} // of each unit
	for i := range u.Members {
		m := &u.Members[i]
		if m.Unit == "" {
			continue
		}
		at := fmt.Sprintf("members[%d]", i)
		canonical, ok := k.c.Canonical(m.Unit)
		if !ok {
			k.report(
				p,
				at,
				"no unit %q is known%s; add it under units: or correct the name",
				m.Unit,
				document.Suggest(m.Unit, k.unitNames()),
			)
			continue
		}
		m.Unit = canonical
		if slices.ContainsFunc(before[m.Unit], func(other Member) bool { return overlap(other, *m) }) {
			k.report(p, at, "%q is a member of %q twice at one time", m.Unit, u.Name)
		}
		before[m.Unit] = append(before[m.Unit], *m)
	}
	circle := circleFrom(u.Name, k.groupsIn)
	switch {
	case circle != nil && slices.Min(circle) == u.Name:
		k.report(p, "members", "group %q holds itself: %s", u.Name, strings.Join(circle, " → "))
	case circle == nil && !k.holdsUnit(u, map[string]bool{}):
		k.report(p, "", "group %q expands to nothing: list its units under members", u.Name)
	}
}

func overlap(a, b Member) bool {
	return (a.Until.IsZero() || !a.Until.Before(b.From)) && (b.Until.IsZero() || !b.Until.Before(a.From))
}

// groupsIn returns the groups that are members of a group.
func (k *checker) groupsIn(name string) []string {
	var groups []string
	for _, m := range k.c.Units[name].Members {
		canonical, ok := k.c.Canonical(m.Unit)
		if ok && k.c.Units[canonical].Group {
			groups = append(groups, canonical)
		}
	}
	return groups
}

// holdsUnit reports whether a group ever expands to a unit; a member that is not known is a problem of its own, not
// this one.
func (k *checker) holdsUnit(u *Unit, seen map[string]bool) bool {
	seen[u.Name] = true
	for _, m := range u.Members {
		canonical, ok := k.c.Canonical(m.Unit)
		if !ok {
			return true
		}
		member := k.c.Units[canonical]
		if !member.Group || !seen[canonical] && k.holdsUnit(member, seen) {
			return true
		}
	}
	return false
}

// circleFrom returns the way by which start comes back to itself, start at both ends; nil if it does not.
func circleFrom(start string, next func(string) []string) []string {
	seen := map[string]bool{}
	var walk func(name string) []string
	walk = func(name string) []string {
		for _, n := range next(name) {
			if n == start {
				return []string{name, start}
			}
			if seen[n] {
				continue
			}
			seen[n] = true
			if way := walk(n); way != nil {
				return append([]string{name}, way...)
			}
		}
		return nil
	}
	return walk(start)
}
