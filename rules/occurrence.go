package rules

import (
	"time"

	"qixian/rules/calendar"
)

// Event is one dated happening of a trigger (一次起算事由).
type Event struct {
	Trigger string    // a Trigger's name, or done:RULE-ID
	At      time.Time // when it happened; its civil date in Asia/Shanghai starts the day clocks
	Unit    string    // whose event it is; empty: everybody's
	Ref     string    // what tells two events of one trigger apart: a document number such as 宁政发〔2026〕12号
	Title   string
	Subject string // of a group's: names of its subjects, as Settle orders them, with blanks between

	// AllUnits says that an event without a unit is every unit's, although its trigger asks whose it is. It is asked of
	// whoever records it, and not kept.
	AllUnits bool

	// Announced is when the happening became known, for rules that must be met before it: their reminders begin then.
	// Zero where nobody has said; it is no part of the event's identity.
	Announced time.Time

	// Clock are the events on record that stop or end a pause of the clocks which this one has started, in any order;
	// they are no part of its identity.
	Clock []Event

	// Of is the ID of the event whose clocks this one was recorded to stop, or to let run; empty: none, or it was
	// recorded before that was kept. It is no part of its identity.
	Of string

	Record string // the ID under which it is on record; empty: ID derives it
}

// Due (到期) is the last moment that is in time: the end of a civil date, or for hour rules an instant.
type Due struct {
	Date        calendar.Date // the expected date; for an hour rule the civil date of Instant
	Instant     time.Time     // set for hour rules only
	Earliest    calendar.Date // equal to Date unless Provisional: the earliest it can become; reminders key off it
	Provisional bool          // 暂定: days that no notice covers were counted
}

// Occurrence (期次) is one due date computed from a rule: a value.
type Occurrence struct {
	Key        string // rule@period or rule@event: derived, never generated
	Obligation *Obligation
	Rule       *Rule
	// 2018-09, 2018-Q3, 2018-H1, 2018, 2018-W37; a rolling interval's first: its Since; empty for an event's
	Period string
	Event  *Event // nil for a period's
	// when its clock starts: the period's first day, or the event's day; zero where nobody has said
	Opens       calendar.Date
	Due         Due
	Lead        []string   // 牵头单位, groups expanded as of the due date; narrowed to the event's unit where it has one
	Responsible []string   // 责任单位, likewise, without those already in Lead
	Answering   []string   // 办结单位: those of Lead and Responsible who close it; with PerUnit each its own
	Reminders   []Reminder // none while its clock stands

	Stands  *Standstill // its clock stands, and Due is what it was before; nil: it runs
	Stood   int         // the working days on which its clock stood, before it ran again
	Resumed time.Time   // when its clock last ran again; zero: it never stood
}

// Texts returns what readers are told of the occurrence: its rule's texts, and the obligation's where that has none.
func (o Occurrence) Texts() Texts { return o.Obligation.TextsOf(o.Rule) }

// Reminder (提醒) is one stage of one occurrence: fired once to each of its units.
type Reminder struct {
	Stage     Stage
	At        time.Time // when it fires; in working hours of a working day, unless Immediate
	Immediate bool      // an hour rule's: breaks in at any hour
	Units     []string  // who is told of this stage, lead units first: see told
}
