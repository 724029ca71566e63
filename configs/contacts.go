package configs

import "qixian/rules/document"

// Contact is one unit's line of contacts.yaml.
type Contact struct {
	Unit      string // as written; an alias is as good as the name
	Addresses []string
	At        document.Position
}

// LoadContacts reads contacts.yaml. The error is document.Problems. Whether the units exist is for the caller to say,
// who has the catalogue.
func LoadContacts(path string) ([]Contact, error) {
	var contacts []Contact
	err := loadEntries(path, "contacts", func(f document.Field) { contacts = append(contacts, readContact(f)) })
	return contacts, err
}

func readContact(f document.Field) Contact {
	c := Contact{Unit: f.Name, At: f.Key.Position()}
	seen := map[string]bool{}
	for _, n := range f.Value.Items() {
		var a string
		address(n, &a)
		if seen[a] {
			n.Problem("%q stands twice for %s", a, f.Name)
		}
		seen[a] = true
		c.Addresses = append(c.Addresses, a)
	}
	if len(c.Addresses) == 0 {
		f.Key.Problem("%s has no address; give a list such as [name@example.invalid], or leave the unit out", f.Name)
	}
	return c
}
