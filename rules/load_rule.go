package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"qixian/rules/calendar"
	"qixian/rules/document"
)

// The keys of a rule as YAML writes them, in the order in which a rule is written. Exactly one form stands in a rule.
var (
	ruleForms = []string{"every", "by", "after", "before", "interval", "later_of", "earlier_of"}
	ruleKeys  = []string{
		"every",
		"due",
		"at_least",
		"months",
		"by",
		"years",
		"after",
		"within",
		"on_show",
		"before",
		"ahead",
		"interval",
		"since",
		"later_of",
		"earlier_of",
		"cap",
		"pause",
		"roll",
		"stages",
		"from",
		"until",
	}
	// the texts that a named rule may have of its own, in place of its obligation's.
	textKeys      = []string{"title", "clause", "assumed", "note", "basis"}
	dueKeys       = []string{"following", "month", "day", "workday", "weekday", "after_end"}
	periodLengths = []string{string(Week), string(Month), string(Quarter), string(Half), string(Year)}
	rolls         = []string{string(calendar.Preceding), string(calendar.Following), string(calendar.None)}
	weekdays      = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
)

// readRule reads the keys that n gives into r, and records their places under path.
func (l *loader) readRule(d *draft, n document.Node, r *Rule, path string) {
	before := len(l.problems)
	known := ruleKeys
	if r.ID != "" { // no member of another rule
		known = slices.Concat(ruleKeys, textKeys)
	}
	fields := n.Fields(known...)
	for _, key := range known {
		if v, ok := fields[key]; ok {
			d.places.set(path+"."+key, v.Position())
			l.readRuleKey(d, r, key, v, path+"."+key)
			readTexts(fields, key, &r.Texts)
			if r.Name == "" && slices.Contains(textKeys, key) {
				v.Problem("%s stands in a single rule; write it beside rule:, one step to the left", key)
			}
		}
	}
	if len(l.problems) > before || !n.IsMapping() {
		d.broken[path] = true
	}
}

func (l *loader) readRuleKey(d *draft, r *Rule, key string, n document.Node, path string) {
	switch key {
	case "every":
		r.Every = PeriodLength(n.OneOf(periodLengths...))
	case "due":
		r.Due = readPeriodDay(d, n, path)
	case "at_least":
		r.AtLeast = n.Int(1, 366)
	case "months":
		r.Months = readMonths(n)
	case "by":
		r.By = readMonthDay(n)
	case "years":
		r.Years = Years(n.OneOf(string(TableYears)))
	case "after":
		r.After = readAfter(n)
	case "within":
		r.Within = readSpan(n)
	case "on_show":
		r.OnShow = readSpan(n)
	case "before":
		r.Before = n.Line()
	case "ahead":
		r.Ahead = readSpan(n)
	case "interval":
		r.Interval = readSpan(n)
	case "since":
		r.Since = readDate(n)
	case "later_of":
		r.LaterOf = l.readMembers(d, n, path)
	case "earlier_of":
		r.EarlierOf = l.readMembers(d, n, path)
	case "cap":
		r.Cap = readCap(d, n, path)
	case "pause":
		r.Pause = l.readPauses(d, n, path)
	case "roll":
		r.Roll = calendar.Roll(n.OneOf(rolls...))
	case "stages":
		r.Stages = readStages(d, n, path)
	case "from":
		r.From = readDate(n)
	case "until":
		r.Until = readDate(n)
	}
}

// readMembers reads the rules of which the later or earlier one counts. Members of a member are refused later, so they
// are not read.
func (l *loader) readMembers(d *draft, n document.Node, path string) []Rule {
	items := n.Items()
	l.bound(n, "dates to choose from", len(items), maxOf)
	if l.enough() || strings.Contains(path, "_of[") {
		return nil
	}
	members := make([]Rule, len(items))
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.places.set(at, item.Position())
		l.readRule(d, item, &members[i], at)
	}
	return members
}

func readPeriodDay(d *draft, n document.Node, path string) PeriodDay {
	fields := n.Fields(dueKeys...)
	var p PeriodDay
	for _, key := range dueKeys {
		v, ok := fields[key]
		if !ok {
			continue
		}
		d.places.set(path+"."+key, v.Position())
		switch key {
		case "following":
			p.Following = v.Bool()
		case "month":
			p.Month = v.Int(1, 12)
		case "day":
			p.Day = readOrdinal(v, 366)
		case "workday":
			p.Workday = readOrdinal(v, 262)
		case "weekday":
			p.Weekday = slices.Index(weekdays, v.OneOf(weekdays...)) + 1
		case "after_end":
			p.AfterEnd = readSpan(v)
		}
	}
	return p
}

// readMonths reads the months of a season, in the order in which it runs: [10, 11, 12, 1, 2].
func readMonths(n document.Node) []int {
	var months []int
	if n.IsSequence() && len(n.Items()) == 0 {
		n.Problem("months is empty, so nothing would ever fall due; leave it out for every month")
	}
	for _, item := range n.Items() {
		m := item.Int(1, 12)
		if slices.Contains(months, m) {
			item.Problem("month %d stands twice", m)
		}
		months = append(months, m)
	}
	return months
}

// readOrdinal reads which one of up to most is meant: from the start, or from the end if negative.
func readOrdinal(n document.Node, most int) int {
	s := n.Text()
	v, err := strconv.Atoi(s)
	if err == nil && v != 0 && v >= -most && v <= most {
		return v
	}
	if s != "" {
		n.Problem(
			"%q stands where a number from 1 to %d is wanted, or from -1 to -%d to count from the end",
			s,
			most,
			most,
		)
	}
	return 0
}

func readSpan(n document.Node) Span {
	s := n.Text()
	if s == "" {
		return Span{}
	}
	span, err := ParseSpan(s)
	if err != nil {
		n.Problem("%v", err)
	}
	return span
}

func readStages(d *draft, n document.Node, path string) []Stage {
	items := n.Items()
	if n.IsSequence() && len(items) == 0 {
		n.Problem(
			"stages is empty, so nobody would be told; leave it out for the form's default, or disable the obligation",
		)
	}
	var stages []Stage
	for _, item := range items {
		word := item.Line()
		if word == "" {
			continue
		}
		s, err := ParseStage(word)
		switch {
		case err != nil:
			item.Problem("%v", err)
			continue
		case slices.Contains(stages, s):
			item.Problem("stage %s stands twice", s)
		}
		d.places[fmt.Sprintf("%s[%d]", path, len(stages))] = item.Position()
		stages = append(stages, s)
	}
	return stages
}

// readAfter reads what starts the clock: a trigger's name, or {done: RULE} for a completion. Which rule that is, is
// resolved at the end.
func readAfter(n document.Node) string {
	if !n.IsMapping() {
		name := n.Line()
		if id, ok := strings.CutPrefix(name, DoneTrigger); ok {
			n.Problem("%q is no trigger; for a completion write after: {done: %s}", name, id)
			return ""
		}
		return name
	}
	done, ok := n.Fields("done")["done"]
	if !ok {
		n.Problem("after wants a trigger's name, or {done: RULE}")
		return ""
	}
	return DoneTrigger + done.Line()
}

var monthDay = regexp.MustCompile(`^(?:(\d{4})-)?(\d{2})-(\d{2})$`)

// readMonthDay reads 07-31, or 2018-07-31 for once.
func readMonthDay(n document.Node) MonthDay {
	s := n.Text()
	if s == "" {
		return MonthDay{}
	}
	m := monthDay.FindStringSubmatch(s)
	if m == nil {
		n.Problem("%q is no fixed date: want MM-DD, such as 07-31, or YYYY-MM-DD for once", s)
		return MonthDay{}
	}
	year, month, day := number(m[1]), number(m[2]), number(m[3])
	switch {
	case month < 1 || month > 12:
		n.Problem("%q is no date: there is no month %02d", s, month)
	case day < 1 || day > monthDays(month):
		n.Problem("%q is no date: month %02d has %d days at most", s, month, monthDays(month))
	case m[1] == "" && month == 2 && day == 29:
		n.Problem(
			"02-29 is a date in leap years only; for the end of February write {every: year, due: {month: 2, day: -1}}",
		)
	case m[1] != "":
		if _, err := calendar.ParseDate(s); err != nil {
			n.Problem("%v", err)
		}
	}
	return MonthDay{year, month, day}
}

// number reads up to four digits; none are zero.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// monthDays returns how many days a month can have.
func monthDays(month int) int {
	return [...]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
}
