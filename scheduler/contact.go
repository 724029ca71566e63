package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/notify"
)

// Replacement is the office's word that a unit's mail goes to another address than its contacts have. It holds for as
// long as they have that one: whoever edits them has the last word.
type Replacement struct {
	Unit    string
	Listed  string // as contacts have it, in lower case; empty: they have none of the unit
	Address string // where its mail goes
	Reason  string
	By      string
	At      time.Time
}

// Replacements is the store as it remembers where mail goes in place of what contacts say.
type Replacements interface {
	// Replace records r in the place of what was recorded of its Unit and Listed; one whose Address is Listed takes
	// that back.
	Replace(ctx context.Context, r Replacement, audit Entry) error
	// Replacements lists what is in force, by unit and listed address.
	Replacements(ctx context.Context) ([]Replacement, error)
}

// listed is an address as a unit's contacts have it, in lower case.
type listed struct{ unit, address string }

// Why an address is not replaced.
var (
	ErrNoUnit     = errors.New("no such unit")
	ErrNotTheirs  = errors.New("the unit's mail does not go there")
	ErrNoAddress  = errors.New("not a mail address; want name@domain alone")
	ErrSame       = errors.New("the unit's mail goes there already")
	ErrKnownAsBad = errors.New("mail to it came back; clear it first if it works again")
)

// contacts returns where a unit's mail is to go, each address once: what its contacts have, with what was replaced
// since.
func (d *desk) contacts(unit string) []string {
	var all []string
	for _, c := range d.assigned(unit) {
		if !slices.ContainsFunc(all, func(a string) bool { return strings.EqualFold(a, c.Address) }) {
			all = append(all, c.Address)
		}
	}
	return all
}

// assigned returns, for each address that a unit's contacts have, as they write it, the one that its mail goes to;
// nobody has said so where it is the same.
func (d *desk) assigned(unit string) []Replacement {
	addresses := d.Contacts.Addresses(unit)
	if len(addresses) == 0 {
		if r, ok := d.replaced[listed{unit, ""}]; ok {
			return []Replacement{r}
		}
		return nil
	}
	all := make([]Replacement, len(addresses))
	for i, a := range addresses {
		r, ok := d.replaced[listed{unit, strings.ToLower(a)}]
		if !ok {
			r = Replacement{Unit: unit, Address: a}
		}
		r.Listed = a
		all[i] = r
	}
	return all
}

// UnitContact is a unit with its addresses and what is known of them.
type UnitContact struct {
	Unit      string
	Addresses []ContactAddress
}

// ContactAddress is where a unit's mail goes.
type ContactAddress struct {
	Address             // one of which nothing is known has no State
	Instead Replacement // by which it is another than contacts have; its zero value: it is theirs
}

// Replaced reports whether contacts have another in its place, or none.
func (a ContactAddress) Replaced() bool { return a.Instead.Address != "" }

// Contacts lists the units, groups left out, with their addresses.
func (s *Scheduler) Contacts(ctx context.Context) ([]UnitContact, error) {
	d := s.desk()
	if err := s.loadAddresses(ctx, d); err != nil {
		return nil, err
	}
	var all []UnitContact
	for _, name := range keys(d.Catalogue.Units) {
		if d.Catalogue.Units[name].Group {
			continue
		}
		c := UnitContact{Unit: name}
		for _, r := range d.assigned(name) {
			a := ContactAddress{Address: d.bad[strings.ToLower(r.Address)]}
			a.Address.Address = r.Address
			if r.Listed != r.Address {
				a.Instead = r
			}
			c.Addresses = append(c.Addresses, a)
		}
		all = append(all, c)
	}
	return all, nil
}

// badContacts lists the bad addresses that units still have, by unit.
func (d *desk) badContacts() []Address {
	var bad []Address
	for _, name := range keys(d.Catalogue.Units) {
		for _, text := range d.contacts(name) {
			if a, ok := d.bad[strings.ToLower(text)]; ok {
				a.Unit = name
				bad = append(bad, a)
			}
		}
	}
	return bad
}

// ReplaceAddress records a person's word that a unit's mail goes to an address in place of the one that it goes to now,
// which is empty for a unit that has none. What is promised from now on goes there. Replaced by the one that contacts
// have, an address is as it was. The error is ErrNoUnit, ErrNotTheirs, ErrNoAddress, ErrSame, ErrKnownAsBad, or the
// store's.
func (s *Scheduler) ReplaceAddress(ctx context.Context, now time.Time, by, unit, was, address, reason string) error {
	reason, err := Reason(reason)
	if err != nil {
		return fmt.Errorf("replace address: %w", err)
	}
	d := s.desk()
	if err := s.loadAddresses(ctx, d); err != nil {
		return err
	}
	r, err := d.replacement(unit, was, address)
	if err != nil {
		return fmt.Errorf("replace address: %w", err)
	}
	r.Reason, r.By, r.At = reason, by, now
	audit := Entry{
		At:     now,
		By:     by,
		Action: "contact.replace",
		Target: r.Unit,
		Detail: detail(map[string]string{"from": was, "to": address, "reason": reason}),
	}
	if err := s.o.Store.Replace(ctx, r, audit); err != nil {
		return fmt.Errorf("replace address: %w", err)
	}
	return nil
}

// replacement finds which of a unit's addresses is meant, and says what is wrong with the new one.
func (d *desk) replacement(unit, was, address string) (Replacement, error) {
	name, ok := d.Catalogue.Canonical(unit)
	if !ok || d.Catalogue.Units[name].Group {
		return Replacement{}, fmt.Errorf("%q: %w", unit, ErrNoUnit)
	}
	r := Replacement{Unit: name, Address: address}
	if err := notify.CheckAddress(address); err != nil {
		return r, fmt.Errorf("%q: %w", address, errors.Join(ErrNoAddress, err))
	}
	all := d.assigned(name)
	i := slices.IndexFunc(all, func(x Replacement) bool { return strings.EqualFold(x.Address, was) })
	switch _, bad := d.bad[strings.ToLower(address)]; {
	case i < 0 && (was != "" || len(all) > 0):
		goes := "nowhere"
		if len(all) > 0 {
			goes = strings.Join(d.contacts(name), ", ")
		}
		return r, fmt.Errorf("%q: %w; it goes to %s", was, ErrNotTheirs, goes)
	case strings.EqualFold(was, address):
		return r, fmt.Errorf("%q: %w", address, ErrSame)
	case bad:
		return r, fmt.Errorf("%q: %w", address, ErrKnownAsBad)
	case i >= 0:
		r.Listed = strings.ToLower(all[i].Listed)
	}
	return r, nil
}
