// Package scheduler decides and remembers: it tracks occurrences as deadlines (待办), decides at each pass which
// reminders (提醒) are due, and promises the messages that carry them, in one transaction, before anything is dialled.
package scheduler

import (
	"slices"
	"time"

	"qixian/notify"
	"qixian/rules"
	"qixian/rules/calendar"
)

// State is where a deadline stands. Late and extended are not states: they follow from the dates and the clock.
type State string

// The states of a deadline.
const (
	Open      State = "open"      // 未办结
	Done      State = "done"      // 办结, in time or late (see Deadline.Late)
	Withdrawn State = "withdrawn" // 撤销: its rule or event is no longer in force
)

// Deadline (待办) is an occurrence once tracked. Key and Unit together are its identity.
type Deadline struct {
	ID          int64
	Key         string // rule@period or rule@event
	Unit        string // with per: unit, whose deadline it is; empty: one for all
	Obligation  string
	Rule        string
	Kind        rules.Kind
	Row         int
	Title       string
	Number      int // what people call it by on the telephone; see NumberOf. 0: it is not on record, or has none yet
	Period      string
	Event       string // the event's ID; empty for a period's
	Due         rules.Due
	ExtendedTo  calendar.Date // 延期; zero: not extended
	Fixed       bool          // ExtendedTo was fixed by a correction: no event moves it, or stops its clock
	PausedSince calendar.Date // 暂停计时: the first day that does not count; zero: its clock runs
	Stood       int           // the working days on which its clock stood, before it ran again
	State       State
	Lead        []string
	Responsible []string
	Answering   []string   // 办结单位, of those who are told: see rules.Occurrence
	Answered    []Answered // who answered before them, the first first
	Needed      int        // completions that close it: 1, or a quota's number
	Completions int        // so far
	OpenedAt    time.Time
	ClosedAt    time.Time
	Late        bool   // 逾期办结: done after due
	Plan        string // fingerprint of the rule and calendar that computed it
	Version     int64  // raised by every change: what was decided on a version that is not the last is decided anew
	Reminders   []Reminder
}

// DueDate returns the civil date on which d falls due: the extended one, where the office has extended it.
func (d Deadline) DueDate() calendar.Date {
	if !d.ExtendedTo.IsZero() {
		return d.ExtendedTo
	}
	return d.Due.Date
}

// DueChinese writes the due date in words, or the instant of an hour rule: 2018年9月23日（星期日）16:30.
func (d Deadline) DueChinese() string { return d.due().Chinese() }

// ByHour reports whether d falls due at an instant rather than at the end of a civil date.
func (d Deadline) ByHour() bool { return !d.Due.Instant.IsZero() && d.ExtendedTo.IsZero() }

// Paused reports whether d's clock stands: it is due on no day, and Due is what it was before.
func (d Deadline) Paused() bool { return !d.PausedSince.IsZero() }

// IsLate reports whether now is after the last moment that is in time. A provisional date is late only after it is
// reached as expected, never from its earliest on; nothing is while its clock stands.
func (d Deadline) IsLate(now time.Time) bool {
	if d.Paused() {
		return false
	}
	if d.ByHour() {
		return now.After(d.Due.Instant)
	}
	return calendar.DateOf(now).After(d.DueDate())
}

// RecordedLate reports whether the event that started d was recorded when d's first due date was over already: nobody
// was told in time.
func (d Deadline) RecordedLate() bool {
	if !d.Due.Instant.IsZero() {
		return d.Event != "" && d.OpenedAt.After(d.Due.Instant)
	}
	return d.Event != "" && calendar.DateOf(d.OpenedAt).After(d.Due.Date)
}

// Told returns the units that are told of d: the one whose it is, or the lead units, then the responsible ones.
func (d Deadline) Told() []string {
	if d.Unit != "" {
		return []string{d.Unit}
	}
	return slices.Concat(d.Lead, d.Responsible)
}

// Answered is who answered for a deadline until a changed rule gave it to others.
type Answered struct {
	Units []string
	Until time.Time
}

// Answers reports whether a unit may close d and ask for more time: it answers, or has done so before and takes part
// still, as what it was sent then lets it.
func (d Deadline) Answers(unit string) bool {
	before := func(a Answered) bool { return slices.Contains(a.Units, unit) }
	return slices.Contains(d.Answering, unit) ||
		slices.Contains(d.Told(), unit) && slices.ContainsFunc(d.Answered, before)
}

// Counted returns the units for which d counts in the report of the month in which it falls due: those who answered for
// it when the month closed, so that the report of a month that is over stays as it was.
func (d Deadline) Counted() []string {
	due := d.DueDate()
	closed := Span{due.Year(), due.Month()}.To().AddDays(1).At(0)
	for _, a := range d.Answered {
		if !a.Until.Before(closed) {
			return a.Units
		}
	}
	return d.Answering
}

// leading returns the lead units that do not answer: they are told when d is late, and when it is done. Where the table
// names many, each leads in a field of its own, and the office, which is told too, stands for them. Where each unit
// answers for its own, they lead only what is a responsible unit's alone.
func (d Deadline) leading() []string {
	const few = 5
	if d.Unit != "" && !slices.Equal(d.Responsible, d.Answering) || len(d.Lead) > few {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(d.Lead), func(u string) bool { return slices.Contains(d.Answering, u) })
}

// due returns what reminders and escalations count to: an extended date is the office's word, and certain.
func (d Deadline) due() rules.Due {
	if d.ExtendedTo.IsZero() {
		return d.Due
	}
	return rules.Due{Date: d.ExtendedTo, Earliest: d.ExtendedTo}
}

// dueTime is the due date as an instant: the hour rule's, or the date's first.
func (d Deadline) dueTime() time.Time {
	if d.ByHour() {
		return d.Due.Instant
	}
	return d.DueDate().At(0)
}

// ReminderState is where a reminder stands.
type ReminderState string

// The states of a reminder.
const (
	Pending    ReminderState = "pending"
	Promised   ReminderState = "promised"   // a message in the outbox carries it
	Superseded ReminderState = "superseded" // a later stage went out in its place after a stop
	Cancelled  ReminderState = "cancelled"  // its deadline was done, extended or withdrawn first
)

// Reminder (提醒) is one stage of one deadline to one unit. Deadline, Stage and Unit together are its identity. The
// stages after due are escalations (催办): late1, late4, late7, … the n-th working day after due. A stage that counts to
// an extended date carries it, 5wd@2018-10-31, and so is told again, and so does an escalation that begins anew after
// the due date of a late deadline moved; a due date that moved is told as a stage of its own, such as
// notice-2018-12-31: what moved it, and from when. The stage close is told to nobody: a time on show closes itself
// then.
type Reminder struct {
	ID         int64
	DeadlineID int64
	Stage      string
	Unit       string
	At         time.Time
	Immediate  bool
	State      ReminderState
	MessageKey string // the message that carries it; empty unless Promised
}

// Event (事件) is a rules.Event on record.
type Event struct {
	ID string // derived from trigger, unit and ref (or time): see rules.Event.ID
	rules.Event
	RecordedAt time.Time
	By         string
	Withdrawn  time.Time // when it was withdrawn; zero: it stands
	Reason     string    // why it was withdrawn, or last moved
}

// Completion (办结) is a unit's word, with the published URL, that the duty is met.
type Completion struct {
	ID         int64
	DeadlineID int64
	Version    int64 // of the deadline as it was when the word was judged
	Late       bool  // it comes after due
	At         time.Time
	By         string // who recorded it: a unit, or an account on the host
	Unit       string
	URL        string
	Note       string
}

// Extension (延期) moves an open deadline's due date.
type Extension struct {
	DeadlineID int64
	From, To   calendar.Date
	Reason     string
	By         string
	At         time.Time
	Correction bool // it is a slip of the pen put right, or a court's order: no cap bounded it
	Own        bool // the unit decided it itself, and the office has it in copy; not on record
}

// History is what people have said of one deadline and not taken back, and what was mailed about it, each in the order
// of time.
type History struct {
	Completions []Completion
	Extensions  []Extension
	Mailings    []Mailing // one for each reminder that a mail carries
}

// Mailing is what became of the mail that carries a reminder. The reminder's At is when it was to be sent.
type Mailing struct {
	Reminder
	Sent  time.Time    // when a mail server took it, at the first of the unit's addresses; zero: none has
	Ended notify.Class // of a mail that none took: how it ended; empty: it is still to be sent
}

// Moment is when the mail was sent, or else when it was to be.
func (m Mailing) Moment() time.Time {
	if m.Sent.IsZero() {
		return m.At
	}
	return m.Sent
}

// Standing says in zh-CN what became of the mail.
func (m Mailing) Standing() string {
	switch {
	case !m.Sent.IsZero():
		return "已发出"
	case m.Ended == "":
		return "尚未发出"
	case m.Ended == notify.Uncertain:
		return "送达存疑"
	}
	return "未送达"
}

// Entry is one line of the audit trail, kept for good.
type Entry struct {
	At     time.Time
	By     string
	Action string // event.add, done, extend, withdraw, reload, …
	Target string // a key or an id
	Detail string // JSON
}
