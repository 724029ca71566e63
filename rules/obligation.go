// Package rules computes: from obligations (事项) and their rules (规则) it derives occurrences (期次) with their due
// dates (到期) and reminders (提醒). It knows no clock and no database, so the same input gives the same answer for ever.
package rules

import (
	"cmp"

	"qixian/rules/calendar"
	"qixian/rules/document"
	"qixian/rules/wording"
)

// Kind says how a clause of the table speaks of time; it classifies the clause, while the Rule says what is computed.
type Kind string

// The kinds of clause, as DESIGN has them and as YAML writes them.
const (
	Periodic        Kind = "periodic"         // 按月, 按季度, 年度
	PeriodicAssumed Kind = "periodic-assumed" // 定期, 按时: the period is the office's assumption
	Fixed           Kind = "fixed"            // 每年7月底前, 年底前, 年内
	AfterEvent      Kind = "after-event"      // N个工作日内, 30日内, 24小时内
	Chained         Kind = "chained"          // 招生工作结束后: an earlier step's end starts the clock
	BeforeEvent     Kind = "before-event"     // 决策前, 出台前
	OnShow          Kind = "on-show"          // 公示不得少于10天
	Quota           Kind = "quota"            // 年内不得少于2次
	Statutory       Kind = "statutory"        // 按法定时限: the figure is the statute's
	Prompt          Kind = "prompt"           // 及时, 同步: no figure; 20 working days on an event
)

// Per says how many deadlines one occurrence makes.
type Per string

// PerObligation makes one deadline, which Answers says who closes; PerUnit one for each unit named.
const (
	PerObligation Per = "obligation"
	PerUnit       Per = "unit"
)

// Act says what a duty asks of its unit, and so what the unit reports.
type Act string

// The acts, as YAML writes them. Only what is published is reported with a link.
const (
	Publish Act = wording.Publish // 主动公开: reported with the published URL, or a note where nothing is published online
	Handle  Act = wording.Handle  // 办理: a reply to an applicant, a case; reported with 办理情况, never a link
	Prepare Act = wording.Prepare // 事前: done before something else, such as a review; reported with 完成情况, never a link
)

// Covers says which period's data an occurrence of a periodic rule is about.
type Covers string

// The covers, as YAML writes them. Previous is for figures, which exist only once their period is over: what falls due
// in November is October's. What falls due after its period is about that period, by either word.
const (
	CoversSame     Covers = "same"     // 计划、年度、次数: the occurrence's own period
	CoversPrevious Covers = "previous" // 月报、季报: the latest period that is over on the day that the rule names
)

// Answers says who answers for what an event of one unit starts (办结单位). What no unit's event starts, the lead units
// answer for; with PerUnit each unit answers for its own.
type Answers string

// AnswersEvent is the default: who drafts interprets, who publishes reviews, who receives an application replies.
// AnswersLead is for work of several units that the lead units bring together. AnswersResponsible is for what each
// responsible unit has done in its own area while the lead units guide it: they answer for nothing, and hear of what is
// late or done.
const (
	AnswersEvent       Answers = "event"
	AnswersLead        Answers = "lead"
	AnswersResponsible Answers = "responsible" // with PerUnit only
)

// Obligation (事项) is what must be done, by whom, from which row and clause.
type Obligation struct {
	ID          string // kebab-case, unique, stable: it is the first part of every key
	Row         int    // the table's row, 1 to 185; 0 for one that the office added
	Texts              // of all its rules that have none of their own
	Kind        Kind
	Rules       []Rule   // one, or several with names
	Lead        []string // 牵头单位 as written: canonical names or groups
	Responsible []string // 责任单位 as written: canonical names or groups
	Per         Per
	Answers     Answers
	Act         Act
	Covers      Covers                       // of the rules with a period
	NothingNew  bool                         // a period without news is reported as that, without a link
	PartOf      string                       // the obligation that this is one duty with, by whose rules it goes
	Parts       []*Obligation                // those in force that are part of this one, in the order of the catalogue
	Addition    bool                         // the catalogue has it by law; the table's row does not time it
	Review      Review                       // what has changed in law since the table, for the office to look at
	Disabled    string                       // why the office has switched it off; empty while in force
	Origin      map[string]document.Position // where each field was last set: "row", "rule", "rule.within", "lead", …
}

// Texts are what readers are told of an obligation or of one of its rules, all in zh-CN. Assumed and Note are kept
// apart, as the office decides on the one and not on the other.
type Texts struct {
	Title   string // short name for mails and pages
	Clause  string // the exact words of the row that set the time; a substring of Row.Text
	Assumed string // what table and law leave open and the catalogue chose, and why (默认取值说明); empty if nothing is
	Note    string // how the figure that table or law fixes is to be read (说明); empty if it needs no word
	Basis   string // the statute's article where the figure comes from one
}

// TextsOf returns what readers are told of one of the obligation's rules: its own texts, and the obligation's in place
// of those that it has not.
func (o *Obligation) TextsOf(r *Rule) Texts {
	return Texts{
		Title:   cmp.Or(r.Texts.Title, o.Title),
		Clause:  cmp.Or(r.Texts.Clause, o.Clause),
		Assumed: cmp.Or(r.Texts.Assumed, o.Assumed),
		Note:    cmp.Or(r.Texts.Note, o.Note),
		Basis:   cmp.Or(r.Texts.Basis, o.Basis),
	}
}

// Review (请核对) says that law or institutions have changed since the table was issued. The zero value says nothing.
type Review struct {
	Since  string // as exactly as is known: 2019-09-01, 2020-01 or 2018
	Change string // zh-CN
}

// Rule (规则) says when an occurrence falls due and who is told when. Exactly one of the forms is set: Every (periodic,
// or a quota with AtLeast), By, After (with Within or OnShow), Before, Interval, or LaterOf / EarlierOf.
type Rule struct {
	ID   string // the obligation's ID, or ID.Name where the obligation has several rules
	Name string // empty for an obligation's only rule

	Texts Texts // of a named rule, each empty where the obligation's holds; no part of when it falls due

	Every   PeriodLength // one occurrence for each period
	Due     PeriodDay    // the day within (or after) the period; the zero value is its last working day
	AtLeast int          // with Every: a quota of this many completions in each period
	Months  []int        // with Every: only the periods that begin in one of these months, 1 to 12; nil: every period

	By    MonthDay // a fixed date, each year
	Years Years    // with By or Every: which years it applies to

	// the trigger that starts the clock: a trigger's name, or done:RULE-ID for an earlier step's completion
	After  string
	Within Span // with After: due at the end of this span
	OnShow Span // with After: minimum time on show; may not close before its end

	Before string // the trigger before whose day it must be met
	Ahead  Span   // with Before: the distance; zero means the working day before

	Interval Span          // rolling: due this long after the last completion
	Since    calendar.Date // with Interval: the first publication, which starts the first interval

	LaterOf   []Rule // the latest of these; each is a nameless Rule of a date form
	EarlierOf []Rule // the earliest of these

	Cap   *Cap    // how far it may be extended; nil: as far as the office grants, an hour rule to the next day
	Pause []Pause // with Within: the events that stop its clock

	Roll   calendar.Roll // what happens on a day off; empty means the form's default
	Stages []Stage       // nil means the form's default
	From   calendar.Date // valid from this due date on, inclusive; zero: always
	Until  calendar.Date // valid to this due date, inclusive; zero: for ever
}

// PeriodLength (周期) is the stretch that an occurrence of a periodic rule is for.
type PeriodLength string

// The period lengths. A week is an ISO 8601 week; a half is 上半年 or 下半年.
const (
	Week    PeriodLength = "week"
	Month   PeriodLength = "month"
	Quarter PeriodLength = "quarter"
	Half    PeriodLength = "half"
	Year    PeriodLength = "year"
)

// PeriodDay picks a day of a period. The zero value is the last working day of the period itself.
type PeriodDay struct {
	Following bool // counted in the following period: 次年1月31日前, 次月10日前
	Month     int  // the n-th month of the period, 1 to 12; 0: see Day
	// the day of that month, or, with no Month, the n-th day of the period, from 1; negative counts from the end
	Day      int
	Workday  int  // the n-th working day of the period (of its Month, if set); negative counts from the end
	Weekday  int  // with Week: 1 Monday to 7 Sunday
	AfterEnd Span // this long after the period's end: 季度结束后15日内
}

// MonthDay is a fixed date of a year: 07-31; with Year set (2018-12-31) it falls once.
type MonthDay struct {
	Year, Month, Day int
}

// Years says in which years a yearly rule makes occurrences.
type Years string

// EveryYear is the default; TableYears is the table's own year, or the years that the configuration names
// (table_years): 年底前, 年内 are set by a table for its own year.
const (
	EveryYear  Years = ""
	TableYears Years = "table"
)

// Row is one row of the table, as read from the source document.
type Row struct {
	Number      int
	Section     string
	Subsection  string
	Text        string
	Lead        []string
	Responsible []string
	Decision    string // how a doubtful merged cell was read, and why; zh-CN; empty where there was no doubt
}

// Unit is an organisation that the table names, or a group of them.
type Unit struct {
	Name     string // canonical
	FullName string
	Aliases  []string
	Note     string
	Review   Review   // what became of it since the table
	Members  []Member // of a group; a group never gets mail itself
	Group    bool
	At       document.Position
}

// Member is a unit's membership of a group; From and Until are inclusive, zero for open.
type Member struct {
	Unit        string
	From, Until calendar.Date
}
