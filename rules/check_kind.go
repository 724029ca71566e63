package rules

import (
	"slices"

	"qixian/rules/document"
)

// kindForms says which forms of rule a kind of clause can have; statutory can have any.
var kindForms = map[Kind]struct {
	fits func(*Rule) bool
	want document.Words
}{
	Periodic:        {isRecurring, document.Term("every or interval")},
	PeriodicAssumed: {isRecurring, document.Term("every or interval")},
	Fixed:           {isFixed, document.Term("by, or every: year")},
	AfterEvent:      {isAfter, document.Term("after")},
	Chained:         {isAfter, document.Term("after")},
	BeforeEvent:     {func(r *Rule) bool { return r.Before != "" || isChoice(r) }, document.Term("before")},
	OnShow:          {func(r *Rule) bool { return !r.OnShow.IsZero() }, document.Term("after with on_show")},
	Quota:           {func(r *Rule) bool { return r.AtLeast > 0 }, document.Term("every with at_least")},
	Prompt: {
		func(r *Rule) bool { return r.After != "" && r.OnShow.IsZero() },
		document.Term("after with within"),
	},
}

func isRecurring(r *Rule) bool {
	return r.Every != "" && r.AtLeast == 0 || !r.Interval.IsZero() || isChoice(r)
}

func isFixed(r *Rule) bool {
	return r.By != (MonthDay{}) || r.Every == Year && r.AtLeast == 0 || isChoice(r)
}

func isAfter(r *Rule) bool { return r.After != "" || isChoice(r) }

func isChoice(r *Rule) bool { return len(r.LaterOf)+len(r.EarlierOf) > 0 }

// kind checks that the kind of an obligation fits the form of its rule, or of one of its rules where it has several.
func (k *checker) kind(d *draft) {
	o := d.obligation
	forms, limited := kindForms[o.Kind]
	if !limited || len(o.Rules) == 0 {
		return
	}
	var given []document.Words
	for i := range o.Rules {
		r := &o.Rules[i]
		form := r.formName()
		if form == (document.Words{}) || d.broken[rulePath(r)] || forms.fits(r) {
			return
		}
		if !slices.Contains(given, form) {
			given = append(given, form)
		}
	}
	at, first := "kind", rulePath(&o.Rules[0])
	if home := d.places[""].File; d.places.at("kind").File == home && d.places.at(first).File != home {
		at = first // an override has changed the rule and left the kind
	}
	k.report(d.places, at, "kind %s does not fit a rule with %s: it wants %s%s",
		o.Kind, document.Join(given, " or "), forms.want, otherKinds(o))
}

// otherKinds names the kinds that the rules of an obligation would fit.
func otherKinds(o *Obligation) document.Words {
	var fitting []string
	for _, name := range kinds {
		forms, limited := kindForms[Kind(name)]
		if limited && slices.ContainsFunc(o.Rules, func(r Rule) bool { return forms.fits(&r) }) {
			fitting = append(fitting, name)
		}
	}
	if len(fitting) == 0 {
		return document.Words{}
	}
	return document.Say("; this rule fits kind %s", document.Join(fitting, ", "))
}

// formName names the form of a rule as problems speak of it; empty for none.
func (r *Rule) formName() document.Words {
	switch {
	case r.AtLeast > 0:
		return document.Term("every and at_least")
	case r.Every != "":
		return document.Say("every: %s", r.Every)
	case r.By != (MonthDay{}):
		return document.Term("by")
	case !r.OnShow.IsZero():
		return document.Term("after and on_show")
	case r.After != "":
		return document.Term("after")
	case r.Before != "":
		return document.Term("before")
	case !r.Interval.IsZero():
		return document.Term("interval")
	case r.LaterOf != nil:
		return document.Term("later_of")
	case r.EarlierOf != nil:
		return document.Term("earlier_of")
	default:
		return document.Words{}
	}
}
