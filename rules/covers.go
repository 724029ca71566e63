package rules

import (
	"slices"

	"qixian/rules/wording"
)

// should is what the unit is to do by the due date, in a period's name.
func (a Act) should() string {
	switch a {
	case Handle:
		return "应办理"
	case Prepare:
		return "应完成"
	default:
		return "应发布"
	}
}

// Reports names what a unit reports: 公开网址, 办理情况 or 完成情况.
func (a Act) Reports() string { return wording.Reports(string(a)) }

// Asks says what a unit does and reports.
func (o *Obligation) Asks() string {
	if o.NothingNew {
		return wording.AsksOrNothing(string(o.Act))
	}
	return wording.Asks(string(o.Act))
}

// PeriodChinese names the period of an occurrence, by its obligation, its rule's ID and its key, and with it the period
// whose data is due, where that is another: 2026年11月应发布，内容为10月情况. An occurrence for an event has no period; what is
// not in the catalogue any more is named by its period alone.
func (c *Catalogue) PeriodChinese(obligation, rule, key string) string {
	o, ok := c.Obligation(obligation)
	if !ok {
		return wording.Period(key)
	}
	i := slices.IndexFunc(o.Rules, func(r Rule) bool { return r.ID == rule })
	if i < 0 {
		return wording.Period(key)
	}
	return periodChinese(o, &o.Rules[i], key)
}

// PeriodChinese is the catalogue's, for this occurrence.
func (o Occurrence) PeriodChinese() string { return periodChinese(o.Obligation, o.Rule, o.Period) }

func periodChinese(o *Obligation, r *Rule, key string) string {
	pd, err := parsePeriod(key)
	switch {
	case err != nil || o.Covers != CoversPrevious:
		return wording.Period(key)
	case r.followsPeriod():
		return "内容为" + pd.full() + "情况"
	}
	data := pd.previous()
	words := data.chinese()
	if data.year() != pd.year() {
		words = data.full()
	}
	return pd.full() + o.Act.should() + "，内容为" + words + "情况"
}

// followsPeriod reports whether the day that the rule names comes after its period: what is due then is about the
// period itself. Where that day is landed does not count, or one month's figures would be left out and another's come
// twice.
func (r *Rule) followsPeriod() bool {
	follows := func(m Rule) bool { return m.followsPeriod() }
	switch {
	case len(r.LaterOf) > 0:
		return slices.ContainsFunc(r.LaterOf, follows)
	case len(r.EarlierOf) > 0:
		return !slices.ContainsFunc(r.EarlierOf, func(m Rule) bool { return !m.followsPeriod() })
	}
	return r.Due.Following || !r.Due.AfterEnd.IsZero()
}
