package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"qixian/rules/document"
)

// obligation checks one obligation, and what it says of rows, units, triggers and other rules.
func (k *checker) obligation(d *draft) {
	o := d.obligation
	k.required(d)
	k.clause(d)
	k.names(d.places, "lead", o.Lead)
	k.names(d.places, "responsible", o.Responsible)
	if _, known := k.loader.rows[o.Row]; len(o.Lead) == 0 && !d.broken["lead"] &&
		(o.Row == 0 || known || d.places.has("lead")) {
		k.report(d.places, "lead", "%s has no lead unit; name at least one under lead:", o.ID)
	}
	if o.Kind == Prompt && lacks(o, func(t Texts) bool { return t.Basis == "" && t.Assumed == "" }) ||
		o.Kind == Statutory && lacks(o, func(t Texts) bool { return t.Basis == "" }) {
		k.report(
			d.places,
			"kind",
			"%s is %s and has no basis: name the statute's article that the figure comes from",
			o.ID,
			o.Kind,
		)
	}
	if o.Kind == PeriodicAssumed && lacks(o, func(t Texts) bool { return t.Assumed == "" }) {
		k.report(
			d.places,
			"kind",
			"%s is %s and has no assumed: say which period the office assumed, and why",
			o.ID,
			o.Kind,
		)
	}
	k.part(d)
	if o.Answers == AnswersLead && o.Per == PerUnit {
		k.report(
			d.places,
			"answers",
			"answers: lead and per: unit exclude each other: with per: unit each unit answers",
		)
	}
	if o.Answers == AnswersResponsible && (o.Per != PerUnit || len(o.Responsible) == 0) {
		k.report(d.places, "answers", "answers: responsible needs per: unit, and responsible units")
	}
	if o.Addition && o.Basis == "" {
		k.report(d.places, "addition", "%s is an addition and has no basis: name the article that asks for it", o.ID)
	}
	for i := range o.Rules {
		r := &o.Rules[i]
		path := rulePath(r)
		k.waitsFor(d, r, path)
		if !d.broken[path] {
			k.rule(d, r, path)
		}
	}
	k.kind(d)
	k.covers(d)
	if o.NothingNew && o.Act != Publish {
		k.report(d.places, "nothing_new", "nothing_new is for act: publish alone: %s asks for no link", o.ID)
	}
}

// lacks reports whether a rule of an obligation, or an obligation without rules, has texts without something.
func lacks(o *Obligation, without func(Texts) bool) bool {
	if len(o.Rules) == 0 {
		return without(o.Texts)
	}
	return slices.ContainsFunc(o.Rules, func(r Rule) bool { return without(o.TextsOf(&r)) })
}

// covers checks that an obligation that covers the previous period has a rule with a period, which is no quota: what is
// counted in a period happened in it.
func (k *checker) covers(d *draft) {
	o := d.obligation
	if o.Covers != CoversPrevious || len(o.Rules) == 0 {
		return
	}
	for i := range o.Rules {
		if r := &o.Rules[i]; d.broken[rulePath(r)] || r.length() != "" && r.AtLeast == 0 {
			return
		}
	}
	at, first := "covers", rulePath(&o.Rules[0])
	if home := d.places[""].File; d.places.at(at).File == home && d.places.at(first).File != home {
		at = first // an override has changed the rule and left what it covers
	}
	k.report(
		d.places,
		at,
		"covers: previous needs a rule with a period, such as every: month, and no quota; write covers: same",
	)
}

func rulePath(r *Rule) string {
	if r.Name == "" {
		return "rule"
	}
	return "rules." + r.Name
}

// required checks for what every obligation needs.
func (k *checker) required(d *draft) {
	o, p := d.obligation, d.places
	for _, key := range []string{"title", "kind"} {
		if !p.has(key) {
			k.report(p, "", "%s has no %s", o.ID, key)
		}
	}
	if len(o.Rules) == 0 && !p.has("rule") && !p.has("rules") && o.PartOf == "" {
		k.report(p, "", "%s has no rule; write rule: {…}, or rules: with a name for each", o.ID)
	}
	if d.base && !p.has("row") {
		k.report(p, "", "%s has no row; write row: 0 if it is not of the table", o.ID)
	}
}

// clause checks that the row exists and that the clause is word for word a part of it.
func (k *checker) clause(d *draft) {
	o := d.obligation
	if o.Row == 0 {
		return
	}
	row, ok := k.loader.rows[o.Row]
	switch {
	case !ok && len(k.c.Rows) == 0:
		k.report(d.places, "row", "there is no row %d: no file has any rows", o.Row)
	case !ok:
		k.report(
			d.places,
			"row",
			"there is no row %d: the table has rows %d to %d",
			o.Row,
			k.c.Rows[0].Number,
			k.c.Rows[len(k.c.Rows)-1].Number,
		)
	case !d.places.has("clause"):
		k.report(d.places, "", "%s has no clause; copy from row %d the words that set the time", o.ID, o.Row)
	case o.Addition: // its clause is the law's
	default:
		k.standsInRow(d.places, "clause", o.Clause, row.row)
		for i := range o.Rules {
			k.standsInRow(d.places, rulePath(&o.Rules[i])+".clause", o.Rules[i].Texts.Clause, row.row)
		}
	}
}

// standsInRow checks that a clause is word for word a part of its row; none is.
func (k *checker) standsInRow(p places, path, clause string, row Row) {
	if !strings.Contains(row.Text, clause) {
		k.report(
			p,
			path,
			"clause %q does not stand in row %d%s",
			clause,
			row.Number,
			parting(clause, row.Text),
		)
	}
}

// parting tells up to where a clause follows the text, so that a wrong character is found without comparing by eye.
func parting(clause, text string) document.Words {
	words := []rune(clause)
	n := 0
	for n < len(words) && strings.Contains(text, string(words[:n+1])) {
		n++
	}
	if n == 0 || n == len(words) {
		return document.Say("; copy its words exactly")
	}
	return document.Say("; it does as far as %q", string(words[:n]))
}

// waitsFor checks that the trigger that a rule, or one of its members, waits for can happen.
func (k *checker) waitsFor(d *draft, r *Rule, path string) {
	for key, members := range map[string][]Rule{"later_of": r.LaterOf, "earlier_of": r.EarlierOf} {
		for i := range members {
			k.waitsFor(d, &members[i], fmt.Sprintf("%s.%s[%d]", path, key, i))
		}
	}
	if id, ok := strings.CutPrefix(r.After, DoneTrigger); ok {
		k.done(d, id, path+".after")
	} else {
		k.trigger(d, r.After, path+".after")
	}
	k.trigger(d, r.Before, path+".before")
}

func (k *checker) trigger(d *draft, name, path string) {
	if _, ok := k.c.Triggers[name]; name == "" || ok {
		return
	}
	k.report(d.places, path, "no trigger %q is known%s; add it under triggers: or correct the name",
		name, document.Suggest(name, slices.Sorted(maps.Keys(k.c.Triggers))))
}

// done checks that a rule whose completion is waited for exists and is in force.
func (k *checker) done(d *draft, id, path string) {
	if id == "" {
		return
	}
	if target, ok := k.ruleIDs[id]; ok {
		if o := target.obligation; o.Disabled != "" && d.obligation.Disabled == "" {
			k.report(
				target.places,
				"disable",
				"%s is disabled here, but %s (%s) waits for its completion; disable that too, or give it another rule",
				o.ID,
				d.obligation.ID,
				d.places.at(path),
			)
		}
		return
	}
	if o, ok := k.c.Obligation(id); ok && len(o.Rules) > 0 {
		k.report(d.places, path, "%s has several rules; say which: %s", id, document.Join(ruleIDsOf(o), ", "))
		return
	}
	known := slices.Concat(ruleNames(d.obligation), slices.Sorted(maps.Keys(k.ruleIDs)))
	k.report(
		d.places,
		path,
		"no rule %q is known%s; done wants a rule of this obligation by its name, or any by its ID",
		id,
		document.Suggest(id, known),
	)
}

func ruleIDsOf(o *Obligation) []string {
	ids := make([]string, len(o.Rules))
	for i := range o.Rules {
		ids[i] = o.Rules[i].ID
	}
	return ids
}

// circles checks that no rule waits, by way of others, for its own completion.
func (k *checker) circles() {
	next := map[string][]string{}
	for _, o := range k.c.Obligations {
		for i := range o.Rules {
			r := &o.Rules[i]
			for _, m := range slices.Concat([]Rule{*r}, r.LaterOf, r.EarlierOf) {
				if id, ok := strings.CutPrefix(m.After, DoneTrigger); ok {
					next[r.ID] = append(next[r.ID], id)
				}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(next)) {
		circle := circleFrom(id, func(id string) []string { return next[id] })
		if circle == nil || slices.Min(circle) != id {
			continue
		}
		d := k.ruleIDs[id]
		i := slices.Index(ruleIDsOf(d.obligation), id)
		k.report(
			d.places,
			rulePath(&d.obligation.Rules[i])+".after",
			"%s waits for its own completion: %s",
			id,
			strings.Join(circle, " → "),
		)
	}
}
