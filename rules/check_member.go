package rules

import "fmt"

// memberForms are the forms that a member of later_of or earlier_of can have, wholeKeys the keys that only the whole
// rule can.
var (
	memberForms = []string{"every", "by", "after", "before"}
	wholeKeys   = []string{"at_least", "months", "on_show", "cap", "pause", "stages", "from", "until"}
)

// members checks the dates of which later_of or earlier_of takes one.
func (k *checker) members(d *draft, r *Rule, path string) {
	key, members := "later_of", r.LaterOf
	if has(d, path, "earlier_of") {
		key, members = "earlier_of", r.EarlierOf
	}
	path += "." + key
	if !d.places.has(path) {
		return
	}
	if len(members) < 2 {
		k.report(d.places, path, "%s wants two dates or more, each a rule of its own", key)
	}
	started := ""
	for i := range members {
		m, at := &members[i], fmt.Sprintf("%s[%d]", path, i)
		if !k.member(d, m, key, at) {
			continue
		}
		trigger := m.trigger()
		switch {
		case trigger == "":
		case started != "" && started != trigger:
			k.report(
				d.places,
				at,
				"%s starts at %s, the one before it at %s; the dates of %s need one event",
				at[len(path)-len(key):],
				trigger,
				started,
				key,
			)
		case m.precedes() != r.precedes():
			k.report(
				d.places,
				at,
				"after and before stand in one %s; a date is counted either from its event or back from it",
				key,
			)
		default:
			started = trigger
		}
	}
}

// member checks one of the dates by itself.
func (k *checker) member(d *draft, m *Rule, key, path string) bool {
	for _, form := range []string{"interval", "later_of", "earlier_of"} {
		if has(d, path, form) {
			k.report(d.places, path+"."+form, "%s cannot stand inside %s; want every, by, after or before", form, key)
			return false
		}
	}
	for _, whole := range wholeKeys {
		if has(d, path, whole) {
			k.report(
				d.places,
				path+"."+whole,
				"%s cannot stand inside %s; write it beside %s, for the rule as a whole, or leave it out",
				whole,
				key,
				key,
			)
			return false
		}
	}
	if !k.form(d, path, memberForms) {
		return false
	}
	k.companions(d, path)
	k.periodDay(d, m, path)
	if m.hourly() {
		k.report(
			d.places,
			path,
			"%s counts hours; the dates of %s are compared by days, so write days (30d) or working days (20wd)",
			m.span(),
			key,
		)
		return false
	}
	return true
}
