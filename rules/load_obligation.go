package rules

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"qixian/rules/document"
)

// draft is an obligation with the places of its values.
type draft struct {
	obligation *Obligation
	places     places
	base       bool // from a layer that is no override
	// paths of rules and lists with a value that could not be read: nothing follows from the rest of them
	broken map[string]bool
}

func newDraft(f document.Field, base bool) *draft {
	return &draft{
		obligation: &Obligation{
			ID:      f.Name,
			Per:     PerObligation,
			Answers: AnswersEvent,
			Act:     Publish,
			Covers:  CoversSame,
		},
		places: places{"": f.Key.Position()},
		base:   base,
		broken: map[string]bool{},
	}
}

var (
	obligationKeys = []string{
		"row",
		"title",
		"clause",
		"kind",
		"rule",
		"rules",
		"assumed",
		"note",
		"basis",
		"lead",
		"responsible",
		"per",
		"act",
		"covers",
		"nothing_new",
		"answers",
		"part_of",
		"addition",
		"review",
		"disable",
		"new",
	}
	kinds = []string{
		string(
			Periodic,
		),
		string(PeriodicAssumed),
		string(Fixed),
		string(AfterEvent),
		string(Chained),
		string(BeforeEvent),
		string(OnShow),
		string(Quota),
		string(Statutory),
		string(Prompt),
	}
)

func (l *loader) readObligation(f document.Field) {
	fields := f.Value.Fields(obligationKeys...)
	d := l.draftOf(f, fields)
	o := d.obligation
	for _, key := range obligationKeys {
		n, ok := fields[key]
		if !ok {
			continue
		}
		switch key {
		case "rule", "rules", "lead", "responsible", "new":
		default:
			d.places.set(key, n.Position())
		}
		switch key {
		case "row":
			o.Row = n.Int(0, 9999)
		case "title", "clause", "assumed", "note", "basis":
			readTexts(fields, key, &o.Texts)
		case "kind":
			o.Kind = Kind(n.OneOf(kinds...))
		case "rule":
			l.readOnlyRule(d, n)
		case "rules":
			l.readNamedRules(d, n, fields["rule"])
		case "lead":
			o.Lead = l.readNames(n, key, d.places)
			d.broken[key] = !n.IsSequence() || len(o.Lead) < len(n.Items())
		case "responsible":
			o.Responsible = l.readNames(n, key, d.places)
		case "per":
			o.Per = Per(n.OneOf(string(PerObligation), string(PerUnit)))
		case "act":
			o.Act = Act(n.OneOf(string(Publish), string(Handle), string(Prepare)))
		case "covers":
			o.Covers = Covers(n.OneOf(string(CoversSame), string(CoversPrevious)))
		case "nothing_new":
			o.NothingNew = n.Bool()
		case "answers":
			o.Answers = Answers(n.OneOf(string(AnswersEvent), string(AnswersLead), string(AnswersResponsible)))
		case "part_of":
			o.PartOf = readPartOf(n)
		case "addition":
			o.Addition = n.Bool()
		case "review":
			o.Review = readReview(n)
		case "disable":
			o.Disabled = readDisable(n)
		}
	}
	_, part := fields["part_of"]
	if len(o.Rules) > 0 && l.override && !part { // the office has given it a rule of its own
		o.PartOf = ""
	}
}

// readTexts reads one of the texts that obligations and named rules have.
func readTexts(fields map[string]document.Node, key string, t *Texts) {
	switch key {
	case "title":
		t.Title = fields[key].Line()
	case "clause":
		readText(fields, key, &t.Clause)
	case "assumed":
		readText(fields, key, &t.Assumed)
	case "note":
		readText(fields, key, &t.Note)
	case "basis":
		readText(fields, key, &t.Basis)
	}
}

// draftOf returns the draft that an entry fills: the known one that an override changes, a new one, or, for an entry
// that should not be there, one that is thrown away, so that the entry's other mistakes are still found.
func (l *loader) draftOf(f document.Field, fields map[string]document.Node) *draft {
	known, ok := l.obligations[f.Name]
	marked, isNew := fields["new"], false
	if !marked.IsZero() {
		isNew = marked.Bool()
	}
	switch {
	case ok && isNew:
		marked.Problem(
			"obligation %q is no new one, it stands at %s; leave new out to change it",
			f.Name,
			known.places[""],
		)
	case ok && l.override:
		return known
	case ok:
		f.Key.Problem("obligation %q stands twice; the first is at %s", f.Name, known.places[""])
	case l.override && !isNew:
		f.Key.Problem("no obligation %q is known%s; to add one, write new: true",
			f.Name, document.Suggest(f.Name, slices.Sorted(maps.Keys(l.obligations))))
	default:
		if !l.override && !marked.IsZero() {
			marked.Problem("new marks what an override file adds; leave it out here")
		}
		checkID(f.Key, "obligation", f.Name)
		d := newDraft(f, !l.override)
		l.obligations[f.Name] = d
		l.bound(f.Key, "obligations", len(l.obligations), maxList)
		return d
	}
	return newDraft(f, false)
}

// readDisable reads why an obligation is switched off; false switches it on again.
func readDisable(n document.Node) string {
	switch v := strings.TrimSpace(n.Text()); v {
	case "false":
		return ""
	case "", "true", "yes", "no":
		n.Problem("%q stands where disable wants the reason in words (or false, to switch the obligation on again)", v)
		return "-"
	default:
		return v
	}
}

// maxID bounds an ID: two of them and a period are a key of the store.
const maxID = 60

var kebab = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// checkID reports an ID, or a name that is part of one, that is not kebab-case.
func checkID(key document.Node, what, id string) {
	switch {
	case !kebab.MatchString(id):
		key.Problem(
			"%s %q is not in kebab-case: want small letters, digits and single hyphens, such as air-quality",
			document.Term(what),
			id,
		)
	case len(id) > maxID:
		key.Problem("%s %q has %d characters; at most %d are allowed", document.Term(what), id, len(id), maxID)
	case id == "null" || id == "true" || id == "false":
		key.Problem("%s %q is a word of YAML itself; choose another", document.Term(what), id)
	}
}

// readOnlyRule reads rule:, the obligation's one rule. Without a form it changes those keys of the rule that it gives.
func (l *loader) readOnlyRule(d *draft, n document.Node) {
	o := d.obligation
	if l.override && isPatch(n) && len(o.Rules) > 0 {
		if names := ruleNames(o); len(names) > 0 {
			n.Problem(
				"%s has several rules (%s); name the one to change under rules:",
				o.ID,
				document.Join(names, ", "),
			)
			return
		}
		l.readRule(d, n, &o.Rules[0], "rule")
		return
	}
	d.forgetRules()
	d.places.set("rule", n.Position())
	o.Rules = []Rule{{ID: o.ID}}
	l.readRule(d, n, &o.Rules[0], "rule")
}

// readNamedRules reads rules:, several rules by name. In an override it changes those it names, as rule: does, and adds
// those that are not known; the obligation's other rules stay.
func (l *loader) readNamedRules(d *draft, n, only document.Node) {
	o := d.obligation
	if !only.IsZero() {
		n.Problem("rule and rules stand in one obligation; give every rule a name under rules:")
		return
	}
	if len(o.Rules) == 1 && o.Rules[0].Name == "" {
		d.forgetRules()
	}
	if len(o.Rules) == 0 {
		d.places.set("rules", n.Position())
	}
	entries := n.Entries()
	if n.IsMapping() && len(entries) == 0 {
		n.Problem("rules is empty; name at least one rule, or write rule: for a single one")
	}
	l.bound(n, "rules in one obligation", len(entries), maxOf)
	for _, f := range entries {
		if l.enough() {
			return
		}
		path := "rules." + f.Name
		i := slices.IndexFunc(o.Rules, func(r Rule) bool { return r.Name == f.Name })
		if i < 0 && l.override && len(o.Rules) > 0 && isPatch(f.Value) {
			f.Key.Problem("%s has no rule %q%s; a new one needs a form: one of %s",
				o.ID, f.Name, document.Suggest(f.Name, ruleNames(o)), document.Join(ruleForms, ", "))
			continue
		}
		if i < 0 {
			checkID(f.Key, "rule", f.Name)
			i = len(o.Rules)
			o.Rules = append(o.Rules, Rule{})
		}
		if !l.override || !isPatch(f.Value) || !d.places.has(path) {
			o.Rules[i] = Rule{ID: o.ID + "." + f.Name, Name: f.Name, Texts: o.Rules[i].Texts}
			d.places.replaceRule(path, f.Value.Position())
			delete(d.broken, path)
		}
		l.readRule(d, f.Value, &o.Rules[i], path)
	}
}

// forgetRules drops what was said of the rules, for others to take their place.
func (d *draft) forgetRules() {
	d.obligation.Rules = nil
	d.places.clear("rule")
	d.places.clear("rules")
	maps.DeleteFunc(d.broken, func(path string, _ bool) bool { return strings.HasPrefix(path, "rule") })
}

// isPatch reports whether a rule names no form, so that in an override it changes the rule there is.
func isPatch(n document.Node) bool {
	if !n.IsMapping() {
		return false
	}
	return !slices.ContainsFunc(n.Entries(), func(f document.Field) bool { return slices.Contains(ruleForms, f.Name) })
}

func ruleNames(o *Obligation) []string {
	var names []string
	for i := range o.Rules {
		if o.Rules[i].Name != "" {
			names = append(names, o.Rules[i].Name)
		}
	}
	return names
}
