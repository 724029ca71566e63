package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qixian/rules/document"
	"qixian/rules/wording"
)

// readPartOf reads with which obligation an entry is one duty; none makes it a duty of its own again.
func readPartOf(n document.Node) string {
	if id := n.Line(); id != "none" {
		return id
	}
	return ""
}

// isSince reports whether s is a day, a month or a year that exists.
func isSince(s string) bool {
	return slices.ContainsFunc([]string{time.DateOnly, "2006-01", "2006"}, func(layout string) bool {
		_, err := time.Parse(layout, s)
		return err == nil
	})
}

// readReview reads what has changed since the table; false takes a review back that the office has done.
func readReview(n document.Node) Review {
	if !n.IsMapping() {
		if v := strings.TrimSpace(n.Text()); v != "" && v != "false" {
			n.Problem("%q stands where review wants since and change (or false, once it is looked at)", v)
		}
		return Review{}
	}
	fields := n.Fields("since", "change")
	var r Review
	for _, key := range []string{"since", "change"} {
		if fields[key].IsZero() {
			n.Problem("review has no %s", key)
		}
	}
	if f, ok := fields["since"]; ok {
		if r.Since = strings.TrimSpace(f.Text()); r.Since != "" && !isSince(r.Since) {
			f.Problem("%q is no since: want YYYY-MM-DD, YYYY-MM or YYYY, as exactly as is known", r.Since)
		}
	}
	readText(fields, "change", &r.Change)
	return r
}

// join gives each obligation its parts.
func (c *Catalogue) join() {
	for _, o := range c.Obligations {
		if whole, ok := c.Obligation(o.PartOf); ok && o.PartOf != "" && o.Disabled == "" {
			whole.Parts = append(whole.Parts, o)
		}
	}
}

// Whole returns what explains an occurrence of an obligation that is part of another: the key of that one's, and a
// line that says so. A key of any other obligation is returned as it is.
func (c *Catalogue) Whole(key string) (whole, why string) {
	rule, _, _ := strings.Cut(key, "@")
	id, _, _ := strings.Cut(rule, ".")
	part, ok := c.Obligation(id)
	if !ok || part.PartOf == "" {
		return key, ""
	}
	of, ok := c.Obligation(part.PartOf)
	if !ok {
		return key, ""
	}
	why = fmt.Sprintf("本项并入%s（%s），按其期限一并办结", wording.Quote(of.Title), wording.Place(of.Row))
	return strings.Replace(key, id, of.ID, 1), why
}

// DisableAdditions switches off what the catalogue has by law alone and the office has not switched off itself; why is
// the reason.
func (c *Catalogue) DisableAdditions(why string) {
	for _, o := range c.Obligations {
		if o.Addition && o.Disabled == "" {
			o.Disabled = why
		}
	}
}

// Reviewed is one change since the table, and what it is about.
type Reviewed struct {
	Review
	Obligations []*Obligation // those in force, in the order of the catalogue
	Units       []string      // by name
}

// Reviews returns what the office has to look at since law and institutions have changed: first what concerns
// obligations, then what became of units, each from the oldest change on.
func (c *Catalogue) Reviews() []Reviewed {
	found := map[Review]*Reviewed{}
	of := func(r Review) *Reviewed {
		if found[r] == nil {
			found[r] = &Reviewed{Review: r}
		}
		return found[r]
	}
	for _, o := range c.Obligations {
		if o.Review != (Review{}) && o.Disabled == "" {
			of(o.Review).Obligations = append(of(o.Review).Obligations, o)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Units)) {
		if r := c.Units[name].Review; r != (Review{}) {
			of(r).Units = append(of(r).Units, name)
		}
	}
	all := make([]Reviewed, 0, len(found))
	for _, r := range found {
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b Reviewed) int {
		return cmp.Or(
			-cmp.Compare(min(len(a.Obligations), 1), min(len(b.Obligations), 1)),
			strings.Compare(a.Since, b.Since),
			strings.Compare(a.Change, b.Change),
		)
	})
	return all
}

// part checks what an entry is part of, and that it leaves the rules to that.
func (k *checker) part(d *draft) {
	o := d.obligation
	whole, known := k.c.Obligation(o.PartOf)
	switch {
	case o.PartOf == "":
	case !known:
		k.report(d.places, "part_of", "no obligation %q is known%s", o.PartOf,
			document.Suggest(o.PartOf, slices.Sorted(maps.Keys(k.obligations))))
	case whole == o || whole.PartOf != "":
		k.report(d.places, "part_of", "part_of wants an obligation with rules of its own; %s has none", o.PartOf)
	case len(o.Rules) > 0:
		k.report(
			d.places,
			rulePath(&o.Rules[0]),
			"%s is part of %s and goes by its rules; leave its own out, or part_of",
			o.ID,
			o.PartOf,
		)
	}
}
