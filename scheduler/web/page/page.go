// Package page draws the window's pages: HTML that a clerk's old browser shows and a telephone too, with one style
// sheet and no script.
package page

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"path"
	"strings"
	"sync"
)

//go:embed templates/*.html
var files embed.FS

//go:embed style.css
var style []byte

// Style is the style sheet, which is served as /style.css.
func Style() []byte { return style }

// Head is what every page has.
type Head struct {
	Title   string
	Office  string
	Contact string
	Token   string // which the forms of the page hold; empty where there are none
}

// Message is a page that says one thing.
type Message struct {
	Head
	Text string
}

// Unit is a unit's page.
type Unit struct {
	Head
	Unit                               string
	Today                              string
	Late, DueToday, Soon, Coming, Done []Entry
	Others                             []Entry // open ones that other units answer for
}

// Entry is a deadline as a line of a list. Its standing is told in words: the light only repeats it.
type Entry struct {
	Link     string
	Title    string // told apart from others by its period, or its event
	Number   int    // what people call it by on the telephone; 0: it has none, or is open no more
	Due      string
	Light    string // green, yellow, red or grey
	Standing string
	Assists  bool   // another unit answers for it
	Who      string // to the office: who answers, or cannot be told; to a unit: who answers in its stead
}

// Item is one deadline's page.
type Item struct {
	Head
	Entry

	Unit, Key, Duty, Basis, Assumed, Note, Occasion, Why, Provisional string

	Was  string // the original due date; empty: it was not extended
	Home string // where all of them are listed; empty: whoever looks sees this one alone

	Asks      string // what is to be done and reported
	Reports   string // what is reported: 公开网址, 办理情况 or 完成情况
	Published bool   // with a link, or a note where there is none; otherwise with a note alone
	MayBeDone bool   // no word more is needed than that it is done

	Lead, Responsible []string
	Answering         []string // 办结单位
	Count             *Count   // nil: once is enough
	Asked             *Asked   // nil: nothing is asked
	OnShow            bool     // it closes itself
	Open              bool     // it is not done yet
	ByOffice          bool     // it is the office that looks
	Withdrawn         bool
	History           []Said
	Reminders         []Reminder // shown to the office alone
	MayDone           bool
	MayExtend         bool
	MayCorrect        bool   // beyond what an extension may come to
	Itself            bool   // the unit decides on the extension itself
	Latest, Limit     string // to when it may be extended, YYYY-MM-DD, and in words with the rule; empty: no bound
	Paused            string // since when its clock stands, and why; empty: it runs
	Office            string
	Earliest          string // the first day to which it may be extended, YYYY-MM-DD
	Forms             Forms
}

// Count is how often a quota is met.
type Count struct{ Done, Needed int }

// Asked is a request that waits for an answer.
type Asked struct{ To, Reason string }

// Said is a line of a deadline's history.
type Said struct {
	At, By, What, Link, Text string
	Late                     bool
}

// Reminder is a line of what was and will be sent.
type Reminder struct {
	At, Unit, Standing string
	Link               string // to the mail; empty: it is not written yet
}

// Letter is the page that shows a mail as it was written.
type Letter struct {
	Head
	Unit, At, Standing, Text string
}

// Plan is the page that shows what a reload would change.
type Plan struct {
	Head
	Mistakes        []string // for which it would be refused, zh-CN
	Originals       []string // the same as `qixian check` prints them, for the administrator
	Changes         []Change
	MailsWas, Mails int
}

// Change is an occurrence that would fall due otherwise; an empty date: not at all.
type Change struct {
	Title, Key, Was, Is string
	Origin              []string // what is set anew, and where
}

// Forms is where the forms go and what stands in them; after a mistake, what was filled in, and what is wrong with it.
type Forms struct {
	Done, Extend string
	URL, Note    string
	To, Reason   string
	Problem      string
}

// SignIn is the page at which one signs in.
type SignIn struct {
	Head
	Problem string
}

// Office is the office's overview.
type Office struct {
	Head
	Today, Who                string
	Late, Week, Undeliverable List
	Done                      List // of late, the last first
	Trouble                   []Mail
	Requests                  []Request
	Bad                       []Address
	More                      bool // there are more deadlines than were looked at
}

// List is the first of some deadlines, and how many there are.
type List struct {
	Entries []Entry
	Total   int
}

// Rest is how many are not shown.
func (l List) Rest() int { return l.Total - len(l.Entries) }

// Address is an address from which mail came back.
type Address struct{ Unit, Address, Since, Reason string }

// Mail is a mail whose fate wants attention.
type Mail struct {
	Unit, Subject, At string
	Uncertain         bool
}

// Request is a request for an extension that waits for the office's answer.
type Request struct {
	Unit, Title, Link, Due, To, Reason string
	Grant, Refuse                      string // where the answers go
}

// Choice is one of several that may be chosen.
type Choice struct {
	ID, Title string
	Chosen    bool
}

// Year is the page that draws a year.
type Year struct {
	Head
	Year, Before, After int
	Width, Height       int
	Months              []Month
	Days                []string // on which something falls due, in words
	Units, Obligations  []Choice
}

// Month is a month of the drawing, and where its name stands.
type Month struct {
	Name  string
	X, Y  int
	Cells []Cell
}

// Cell is a day of the drawing.
type Cell struct {
	X, Y, Day int
	Kind      string // workday, weekend, holiday or makeup
	Level     int    // how much falls due, from 0 to 4
	Says      string
}

// Events is the page at which events are recorded.
type Events struct {
	Head
	Form     EventForm
	Units    []Choice
	Sections []Section
	Recorded []Event
}

// Section is a heading with what can be recorded under it.
type Section struct {
	Title    string
	Triggers []Choice
}

// EventForm is the form, as it was filled in; after a look ahead, what the event would bring about.
type EventForm struct {
	Trigger, At, Unit, Ref, Title, Problem string

	Notice string   // what is still to be looked at
	Given  []string // names of subjects

	// of the trigger that was chosen: whose event it is, advice, and what its subjects are
	Whose, Hint, Asks string
	Subjects          []Choice

	Foreseen []string
	Confirm  bool
}

// Event is an event on record.
type Event struct {
	Title, What, Unit, At, By string
	Reason                    string // why it was withdrawn, or moved; empty: neither

	Withdraw, Move string // where the forms go
	Local          string // when it happened, as the form has it

	Withdrawn bool
}

// Reports is the page that lists a year's reports.
type Reports struct {
	Head
	Year, Before, After int // 0: there is none
	Spans               []Span
}

// Span is a month or a year of which there is a report.
type Span struct {
	ID, Title string
	Open      bool // it is not over
}

// names are the pages.
var names = []string{
	"message",
	"unit",
	"item",
	"sign-in",
	"office",
	"year",
	"events",
	"mail",
	"plan",
	"contacts",
	"reports",
	"feeds",
}

// parsed are the pages' templates, each with the layout.
var parsed = sync.OnceValues(func() (map[string]*template.Template, error) {
	all := map[string]*template.Template{}
	for _, name := range names {
		t, err := template.New(
			"layout.html",
		).Funcs(
			template.FuncMap{"join": func(s []string) string { return strings.Join(s, "、") }},
		).
			ParseFS(
				files,
				"templates/layout.html",
				path.Join("templates", name+".html"),
			)
		if err != nil {
			return nil, fmt.Errorf("read page %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
})

// Render draws a page.
func Render(w io.Writer, name string, data any) error {
	all, err := parsed()
	if err != nil {
		return err
	}
	t := all[name]
	if t == nil {
		return fmt.Errorf("draw page %s: there is none", name)
	}
	if err := t.Execute(w, data); err != nil {
		return fmt.Errorf("draw page %s: %w", name, err)
	}
	return nil
}
