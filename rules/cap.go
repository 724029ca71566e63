package rules

import (
	"strings"

	"qixian/rules/calendar"
	"qixian/rules/document"
)

// Decider is who decides on an extension (延期).
type Decider string

// The office decides on a unit's request; a unit that decides for itself records its own.
const (
	ByOffice Decider = "office"
	ByUnit   Decider = "unit"
)

// Cap says how far extensions (延期) may move a due date, all of them together.
type Cap struct {
	Most    Span // counted from the due date that the rule itself gives, as expected; never hours
	By      Decider
	Article string // what sets it, zh-CN
	Note    string // what the unit sees to first, zh-CN, one clause; may be empty
}

var (
	capKeys  = []string{"most", "by", "article", "note"}
	deciders = []string{string(ByOffice), string(ByUnit)}
)

func readCap(d *draft, n document.Node, path string) *Cap {
	c := &Cap{By: ByOffice}
	fields := n.Fields(capKeys...)
	for _, key := range capKeys {
		v, ok := fields[key]
		if !ok {
			continue
		}
		d.places.set(path+"."+key, v.Position())
		switch key {
		case "most":
			c.Most = readSpan(v)
		case "by":
			c.By = Decider(v.OneOf(deciders...))
		case "article":
			c.Article = v.Line()
		case "note":
			c.Note = strings.TrimRight(v.Line(), "。")
		}
	}
	return c
}

// cap checks that a cap says how far, by what article, and in days.
func (k *checker) cap(d *draft, r *Rule, path string) {
	if r.Cap == nil {
		return
	}
	at := path + ".cap"
	for _, key := range []string{"most", "article"} {
		if !has(d, at, key) {
			k.report(
				d.places,
				at,
				"cap has no %s; want {most: 20wd, article: …}, with by: unit where the unit decides",
				key,
			)
		}
	}
	switch {
	case r.Cap.Most.Clock == Hours:
		k.report(
			d.places,
			at+".most",
			"%s counts hours, but an extension names a day; write working days (20wd) or days (1d)",
			r.Cap.Most,
		)
	case !r.OnShow.IsZero():
		k.report(d.places, at, "a time on show closes itself and is not extended; leave cap out")
	}
}

// form returns the cap's fields as YAML has them.
func (c *Cap) form() mapping {
	var m mapping
	m.add("most", c.Most.String(), c.Most.IsZero())
	m.add("by", string(c.By), c.By == ByOffice)
	m.add("article", text(c.Article), c.Article == "")
	m.add("note", text(c.Note), c.Note == "")
	return m
}

// Chinese returns the cap in words: 最长20个工作日（《…》第三十三条）.
func (c *Cap) Chinese() string {
	words := "最长" + c.Most.Chinese()
	if c.Article != "" {
		words += "（" + c.Article + "）"
	}
	return words
}

// hourCap bounds the extension of an hour rule that has no cap: what runs by the hour is not put off for days.
var hourCap = Cap{Most: Span{1, CalendarDays}, By: ByOffice}

// EffectiveCap returns the rule's cap, or the one that every hour rule has; nil: the office decides freely.
func (r *Rule) EffectiveCap() *Cap {
	if r.Cap == nil && r.hourly() {
		return &hourCap
	}
	return r.Cap
}

// Limit returns the last day to which a due date may be extended under a cap: the end of its span, landed on a working
// day as a count of days is, save where hours run through nights and days off.
func (p *Planner) Limit(c *Cap, due Due) (calendar.Date, error) {
	switch c.Most.Clock {
	case WorkingDays:
		last, err := p.calendar.Add(due.Date, c.Most.N)
		return last.Date, err
	case Months:
		return p.calendar.OnOrAfter(due.Date.AddMonths(c.Most.N)), nil
	}
	last := due.Date.AddDays(c.Most.N)
	if due.Instant.IsZero() {
		last = p.calendar.OnOrAfter(last)
	}
	return last, nil
}
