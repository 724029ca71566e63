package app

import (
	"maps"
	"slices"

	"qixian/configs"
	"qixian/notify"
	"qixian/rules"
	"qixian/rules/document"
)

// Contacts knows the addresses of units by their canonical names.
type Contacts struct {
	addresses map[string][]string
	invent    bool // on the maildir, a unit without an address gets a made-up one
}

// Addresses returns where a unit's mail goes; none if it has no address.
func (c Contacts) Addresses(unit string) []string {
	if a := c.addresses[unit]; len(a) > 0 || !c.invent {
		return a
	}
	return []string{notify.MadeUpAddress(unit)}
}

func loadContacts(cfg configs.Config, catalogue *rules.Catalogue) (Contacts, error) {
	c := Contacts{addresses: map[string][]string{}, invent: cfg.Mail.Transport == "maildir"}
	if cfg.Contacts == "" {
		return c, nil
	}
	var ps document.Problems
	lines, err := configs.LoadContacts(cfg.Contacts)
	gather(&ps, err)
	for _, line := range lines {
		name, ok := catalogue.Canonical(line.Unit)
		switch {
		case !ok:
			near, found := document.Nearest(line.Unit, slices.Sorted(maps.Keys(catalogue.Units)))
			if !found {
				near = "a unit that units: names"
			}
			ps.Add(line.At, "unknown unit %q; did you mean %s?", line.Unit, near)
		case catalogue.Units[name].Group:
			ps.Add(line.At, "%s is a group; give addresses to its members", line.Unit)
		case c.addresses[name] != nil:
			ps.Add(line.At, "%s has its addresses already, as %s", line.Unit, name)
		default:
			c.addresses[name] = line.Addresses
		}
	}
	return c, ps.Err()
}
