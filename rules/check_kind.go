package rules

import (
	"slices"
	"strings"
)

// kindForms says which forms of rule a kind of clause can have; statutory can have any.
var kindForms = map[Kind]struct {
	fits func(*Rule) bool
	want string
}{
	Periodic:        {isRecurring, "every or interval"},
	PeriodicAssumed: {isRecurring, "every or interval"},
	Fixed:           {isFixed, "by, or every: year"},
	AfterEvent:      {isAfter, "after"},
	Chained:         {isAfter, "after"},
	BeforeEvent:     {func(r *Rule) bool { return r.Before != "" || isChoice(r) }, "before"},
	OnShow:          {func(r *Rule) bool { return !r.OnShow.IsZero() }, "after with on_show"},
	Quota:           {func(r *Rule) bool { return r.AtLeast > 0 }, "every with at_least"},
	Prompt:          {func(r *Rule) bool { return r.After != "" && r.OnShow.IsZero() }, "after with within"},
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
	var given []string
	for i := range o.Rules {
		r := &o.Rules[i]
		form := r.formName()
		if form == "" || d.broken[rulePath(r)] || forms.fits(r) {
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
		o.Kind, strings.Join(given, " or "), forms.want, otherKinds(o))
}

// otherKinds names the kinds that the rules of an obligation would fit.
func otherKinds(o *Obligation) string {
	var fitting []string
	for _, name := range kinds {
		forms, limited := kindForms[Kind(name)]
		if limited && slices.ContainsFunc(o.Rules, func(r Rule) bool { return forms.fits(&r) }) {
			fitting = append(fitting, name)
		}
	}
	if len(fitting) == 0 {
		return ""
	}
	return "; this rule fits kind " + strings.Join(fitting, ", ")
}

// formName names the form of a rule as problems speak of it; empty for none.
func (r *Rule) formName() string {
	switch {
	case r.AtLeast > 0:
		return "every and at_least"
	case r.Every != "":
		return "every: " + string(r.Every)
	case r.By != (MonthDay{}):
		return "by"
	case !r.OnShow.IsZero():
		return "after and on_show"
	case r.After != "":
		return "after"
	case r.Before != "":
		return "before"
	case !r.Interval.IsZero():
		return "interval"
	case r.LaterOf != nil:
		return "later_of"
	case r.EarlierOf != nil:
		return "earlier_of"
	default:
		return ""
	}
}
