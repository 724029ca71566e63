package page

// Contacts is the page of the units' addresses.
type Contacts struct {
	Head
	Form      ContactForm
	Contacts  []Contact
	Bad, None int // bad addresses, and units without one
	MadeUp    int // units that have none, and a made-up one while mail is only written to files
}

// ContactForm is the form as it was filled in, after a mistake.
type ContactForm struct{ Unit, Was, Address, Reason, Problem string }

// Contact is one address of a unit, or a unit without one.
type Contact struct {
	ID            string // by which the page can be opened at it; empty for all but a unit's first
	Unit, Address string
	Listed        string // what the file has in its place; empty: the same
	Instead       string // who has said so, when and why
	Bad           bool   // mail came back, and none goes there
	MadeUp        bool   // it stands for one that the unit does not have
	Since, Reason string
	Open          bool // its form is the one with the mistake
}

// Standing orders contacts: those of no use come first.
func (c Contact) Standing() int {
	switch {
	case c.Bad:
		return 0
	case c.Address == "":
		return 1
	}
	return 2
}
