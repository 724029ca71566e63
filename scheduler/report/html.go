package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"qixian/rules/calendar"
	"qixian/rules/wording"
)

//go:embed report.html
var pageText string

var page = template.Must(template.New("report.html").Funcs(template.FuncMap{
	"join": func(names []string) string { return strings.Join(names, "、") },
	"day":  wording.PlainDay,
	"row":  wording.Row,
	"bar":  newBar,
	"inc":  func(i int) int { return i + 1 },
	"rate": rateText,
}).Parse(pageText))

// view is what the page shows.
type view struct {
	Report
	Lists    []list
	Measures []measure
}

// measure is one of the figures at the top.
type measure struct {
	Name, Value, Class string
}

// list is the deadlines of a section, each on a line.
type list struct {
	Title    string
	Entries  []Entry
	Days     string // the heading of the column that says how late they are; empty: none
	Closed   bool   // there is a column for when it was closed
	Extended bool   // there are columns for the date before the extension, and its reason
	Unsent   bool   // there is a column for the units that were not reached
}

// HTML writes the report as a page of its own: in the browser for a wide or a narrow screen, and on paper as A4. It
// loads nothing and runs nothing.
func (r Report) HTML(w io.Writer) error {
	if err := page.Execute(w, r.view()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

func (r Report) view() view {
	t := r.Total
	rate := rateText(t)
	if rate == "" {
		rate = "—"
	}
	v := view{Report: r, Measures: []measure{
		{"纳入统计", fmt.Sprint(t.Due), ""},
		{"按期办结", fmt.Sprint(t.OnTime), "good"},
		{"逾期办结", fmt.Sprint(t.Late), warn(t.Late, "fair")},
		{"逾期未办结", fmt.Sprint(t.Overdue), warn(t.Overdue, "bad")},
		{"尚未到期", fmt.Sprint(t.Open), ""},
		{"按期办结率", rate, ""},
	}}
	var extended, unsent []Entry
	for _, e := range r.Entries {
		if e.Extended && e.Outcome.Counts() {
			extended = append(extended, e)
		}
		if len(e.Undelivered) > 0 && e.Outcome.Counts() {
			unsent = append(unsent, e)
		}
	}
	v.Lists = []list{
		{Title: "逾期未办结", Entries: r.with(Overdue), Days: "已逾期工作日"},
		{Title: "逾期办结", Entries: r.with(Late), Days: "逾期工作日", Closed: true},
		{Title: "经批准延期", Entries: extended, Extended: true},
		{Title: "未送达", Entries: unsent, Unsent: true},
	}
	if gone := r.with(Withdrawn); len(gone) > 0 {
		v.Lists = append(v.Lists, list{Title: "已撤销（不计入）", Entries: gone, Closed: true})
	}
	return v
}

// warn returns a class for a figure that should be 0.
func warn(n int, class string) string {
	if n == 0 {
		return ""
	}
	return class
}

// Numeral counts the page's sections as documents do.
func (view) Numeral(i int) string {
	return [...]string{"一", "二", "三", "四", "五", "六", "七", "八"}[i]
}

// After is the number of the section after all lists.
func (v view) After(i int) int { return len(v.Lists) + i }

// bar is a stacked bar, 100 wide, of what some deadlines came to.
type bar struct {
	Text  string // the same in words
	Parts []stretch
}

type stretch struct {
	Class   string
	X, Wide int
}

func newBar(c Count) bar {
	b := bar{Text: fmt.Sprintf("按期%d，逾期办结%d，逾期未办结%d，尚未到期%d", c.OnTime, c.Late, c.Overdue, c.Open)}
	from, n := 0, 0
	for _, p := range []struct {
		class string
		n     int
	}{{"good", c.OnTime}, {"fair", c.Late}, {"bad", c.Overdue}, {"open", c.Open}} {
		if n += p.n; p.n > 0 {
			to := n * 100 / c.Due
			b.Parts = append(b.Parts, stretch{p.class, from, to - from})
			from = to
		}
	}
	return b
}

// Short writes a day, without the year where it is the report's.
func (v view) Short(d calendar.Date) string {
	if d.IsZero() || d.Year() != v.Span.Year {
		return wording.PlainDay(d)
	}
	return wording.MonthDay(d)
}

// ShortDue writes when a deadline fell due, with the time of an hour rule.
func (v view) ShortDue(e Entry) string { return v.Short(e.date) + e.hour() }

// Answering are the units that have something to answer for, or were not reached.
func (v view) Answering() []Unit {
	return slices.DeleteFunc(slices.Clone(v.Units), func(u Unit) bool { return u.Due+u.Undelivered == 0 })
}

// Assisting are the units that answer for nothing, and are told of what others do.
func (v view) Assisting() []Unit {
	return slices.DeleteFunc(
		slices.Clone(v.Units),
		func(u Unit) bool { return u.Due+u.Undelivered > 0 || u.Assists == 0 },
	)
}

// Counted are the obligations of which something fell due.
func (v view) Counted() []Obligation {
	return slices.DeleteFunc(slices.Clone(v.Obligations), func(o Obligation) bool { return o.Due == 0 })
}

// DateOf is the day of the report's moment.
func (r Report) DateOf() calendar.Date { return calendar.DateOf(r.At) }
