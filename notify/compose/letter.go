// Package compose turns reminders (提醒) into zh-CN mail: a subject, a text part that is complete by itself, and an HTML
// part with the same facts. It is pure: the same Letter and templates give the same Mail for ever. It knows no rules,
// no addresses and no clock; whoever fills a Letter says what is due and how far away that is.
package compose

import (
	"time"

	"qixian/notify"
)

// Letter is what one mail has to say to one recipient. Which fields count depends on Kind; the others are left zero.
//
//	Digest      Items, First; in the office's own also Items with Copy or For, Unreached and Enclosed
//	Immediate   Items, all of hour rules
//	Correction  Items, each with Moved
//	Fallback    Items, each with For; Unreached, Enclosed
//	Overview    Overview; Items are what falls due until its last day
//	Trouble     Problems; Headline
//	Request     one of Items, with For; Request
//	Answer      Answers; Headline
//	Weekly      Weekly; Unreached
//	PeriodReport Report
//	Test        nothing more
type Letter struct {
	Kind    notify.Kind
	Unit    string    // to whom: a unit's name, or the office's
	Office  string    // the openness office's name, to which a unit answers: 县政府办公室
	Contact string    // how it is reached, such as a telephone number; may be empty
	At      time.Time // when the mail is promised; today is its civil date at +08:00
	Items   []Item    // in any order: they are sorted by due, row and key, and grouped into sections

	First     bool        // the unit's first digest after the first start: what was open already
	Unreached []Unreached // whose mail the office gets in their place, and why
	Overview  *Overview   // required by an Overview, unused elsewhere
	Problems  []Problem   // of a Trouble: why files were refused; the mail then says that the old plan keeps running
	// of a Trouble or an Answer: what happened, one clause, zh-CN; empty: that a reload was refused, or the answers
	// counted
	Headline string
	Notes    []string // further sentences shown above the items, zh-CN
	// what only the system's administrator can follow, a line each, shown below all else; to the office alone
	Technical []string
	Weekly    *Weekly // required by a Weekly, unused elsewhere
	Report    *Report // required by a PeriodReport, unused elsewhere
	// required by a Request; of an Answer, what the reply was about, if it was one; unused elsewhere
	Request *Request
	Answers []Answered // of an Answer
	// of an Answer: those of the items of the mail that was replied to, in the order of Publish, Handle, Prepare
	Acts      []Act
	ReplyCode string // what a reply to this mail is known by; empty: the mail asks for none
	// replies to our mails are read; without a ReplyCode one to this mail is left alone nonetheless
	Inbox   bool
	ReplyTo string // where replies go that the system does not read; empty: nobody reads any
	// what the office decides by reply is taken, as it is known who has sent one; otherwise its mails say where else
	Decides  bool
	Desk     string      // the office's side of the window: a URL; empty: there is none
	Window   Window      // where the unit sees all that is its own; its zero value: nowhere
	Enclosed []Enclosure // files that are attached for the office to pass on, one for each unit
	ByHand   bool        // this is such a file: it carries no code and no link, whatever else the letter has
}

// Enclosure is a file attached to a mail to the office, with what one unit should have had.
type Enclosure struct {
	File string // its name: for-01.html
	Unit string
}

// Window is where a unit sees on the web what is its own. A link is a secret: it opens the page to whoever has it.
type Window struct {
	Page string // the unit's page
	Feed string // its calendar, to subscribe to
}

// Item is one reminder (or one moved due date) in a letter.
//
// Its section follows from its fields, the first that fits: Copy 逾期事项（抄送）; For 转告; OnShow 公示期; due before today
// 已逾期; due today 今日到期; stage record 新增事项; otherwise 即将到期. Items of the sections 抄送 and 转告 that share
// Key and Due are shown as one, with all their units.
type Item struct {
	Key    string // the deadline's key, by which a clerk answers (待办编号)
	Number int    // what people call it by on the telephone (短号); 0: it has none yet
	Title  string
	Row    int    // the table's row; 0 for an obligation that the office added
	Clause string // the exact words of the row, or, of an addition, of the law
	Also   []Clause
	// the catalogue has it by law; the row does not time it
	Addition bool
	Basis    string // the statute's article, if the figure is a statute's
	Act      Act    // what is asked; empty: that it is published
	// a period without news is reported as that, without a link
	NothingNew bool
	// in words, with whose data is due where that is another: 2018年9月应发布，内容为8月情况; empty for an event's
	Period string
	Event  *Event // what started the clock; nil for a period's

	Due         time.Time // a civil date as any instant of it at +08:00; with ByHour the exact instant
	ByHour      bool      // an hour rule: Due is an instant, and hours are left rather than working days
	Left        int       // working days after today up to and with the due date: 0 today, negative when late
	OnShow      bool      // Due is the last day on show: never late, nothing to answer
	Provisional string    // 暂定: why the due date may still move, one clause or sentence; empty if it is certain
	Extended    bool      // Due is the day to which the office has extended it; Why is of the day before that
	Why         string    // why then: one clause or sentence
	Assumed     string    // what table and law leave open and the catalogue chose; empty if nothing
	Note        string    // how what table or law fixes is to be read; empty if it needs no word

	Stage  string    // the stage's word: 5wd, 2h, 0, record, half, late1, late4, …, done
	Closed time.Time // when it was done; zero: it is open
	Late   bool      // it was done after due
	// its hour was over when it was recorded: the mail asks to make up for it, and presses nobody
	Overtaken bool
	Belated   time.Time // when this notice should have gone out, if a stop made it late; zero if it is in time

	Lead        []string // 牵头单位, groups expanded
	Responsible []string // 责任单位, groups expanded
	Answering   []string // 办结单位: those of them who answer; empty: the lead units do
	PerUnit     bool     // each unit answers for itself; otherwise the lead unit answers for all
	Needed      int      // completions that close it; shown above 1 (a quota)
	Completions int      // so far

	Paused    string      // 暂停计时: since when, why and what is left; Due is what it was before. Empty: its clock runs
	Then      string      // in the reminder that its clock has stood for long: what is to be done; empty in all others
	Extend    *Extendable // how far it may be extended; nil: no bound is set, or it may not be
	Moved     *Move       // the due date was moved: by an extension, a notice, a changed rule; nil if it was not
	For       string      // whose item this is, in what the office gets in a unit's place or in copy
	Copy      bool        // the office has it in copy, because For is late
	ActionURL string      // where the completion can be recorded; empty: by telling the office
}

// Event (起算事由) is what started an item's clock.
type Event struct {
	Trigger string    // the trigger's title: 政策文件公布
	Ref     string    // 宁政发〔2018〕12号; may be empty
	Title   string    // may be empty
	At      time.Time // shown as a date, or, for an hour rule, with its time
}

// Move says from when a due date was moved, and why; or that there is no due date any more.
type Move struct {
	From      time.Time // the old due date, or instant with ByHour
	Why       string    // one sentence
	Extended  bool      // the office extended it (延期)
	Withdrawn bool      // the duty is withdrawn (撤销): Due is what it was
}

// Extendable is how far an item may be extended.
type Extendable struct {
	Latest time.Time // the last day, as any instant of it at +08:00
	Rule   string    // zh-CN: 最长20个工作日（《…》第三十三条）; empty: no article sets it
	Own    bool      // the unit that answers decides it itself
	Note   string    // what it sees to first, one clause; may be empty
}

// Request is a unit's wish for a later due date of a Request's item.
type Request struct {
	To     time.Time // the day asked for, as any instant of it at +08:00
	Reason string    // in the unit's words
	At     time.Time // when it was received
}

// Answered is what became of one line of a reply.
type Answered struct {
	Said   string // the line, in the writer's words
	Became string // what was done, or why nothing was and what to write: one sentence or more, zh-CN
	OK     bool   // it was done
}

// Unreached is a unit that cannot be mailed.
type Unreached struct {
	Unit string
	Why  string // zh-CN: 未登记邮箱; 退信（550）; no address in it
}

// Clause is what another row asks for that is one duty with an item's own.
type Clause struct {
	Row  int
	Text string
}

// Problem is one mistake in a file.
type Problem struct {
	Where   string // zh-CN: 文件 contacts.yaml 第3行第3列; may be empty
	Text    string // zh-CN: what is there, and what should be
	English string // place and message, as qixian check prints them
}

// Mail is a composed letter: what notify.Message carries as Subject, Text and HTML.
type Mail struct {
	Subject string // one line, at most 60 characters
	Text    string // ends with a newline; lines end in LF
	HTML    string // a whole document
	Lines   []Line // the items in the order of their numbers, which count from 1
}

// Line is a numbered item of a mail, by which its reader may call it.
type Line struct {
	Key    string   `json:"key"`              // the deadline's
	Number int      `json:"number,omitempty"` // the deadline's, if the line is about one only
	For    []string `json:"for,omitempty"`    // whose it is, in what the office reads for others
}
