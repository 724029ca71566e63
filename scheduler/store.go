package scheduler

import (
	"context"
	"time"

	"qixian/notify"
	"qixian/rules/calendar"
)

// Tracker is the store as planning needs it. Every method is one transaction, retried whole on a deadlock or a lock
// time-out. What changes a deadline raises its Version; what was decided on another Version than the one on record
// changes nothing at all and fails with ErrStale.
type Tracker interface {
	// Track inserts the deadlines that are not known yet (by Key and Unit), each with its reminders, and returns how
	// many were new. One that was withdrawn is open again, as given and counted as new, save the reminders that were
	// promised before and an extension to a day after Due: an obligation that is switched off by mistake and on again
	// loses nothing.
	Track(ctx context.Context, ds []Deadline) (int, error)
	// OpenDeadlines returns every open deadline with its reminders, in the order of ID, beginning after the given ID.
	OpenDeadlines(ctx context.Context, after int64, limit int) ([]Deadline, error)
	// Reschedule gives open deadlines of the Version given their new Due, ExtendedTo, PausedSince, Stood, Needed,
	// units, Plan and reminders: pending reminders that are not listed are cancelled, listed ones get the new time, and
	// one that was promised already is never sent again.
	Reschedule(ctx context.Context, ds []Deadline, audit []Entry) error
	// Withdraw closes open deadlines of the Version given as withdrawn and cancels their pending reminders.
	Withdraw(ctx context.Context, now time.Time, ds []Deadline, audit []Entry) error
	// Units returns the names under which units have deadlines or reminders.
	Units(ctx context.Context) ([]string, error)
	// Rename gives a unit's deadlines and reminders, in whatever state, to the name that it has now. What is on record
	// under that name already stays as it is, and so does what it is the double of.
	Rename(ctx context.Context, old, name string, audit Entry) error
}

// Ripe is a pending reminder whose time has come, with its deadline (without the deadline's other reminders).
type Ripe struct {
	Reminder Reminder
	Deadline Deadline
}

// Promise is what one transaction writes: messages to the outbox, and what becomes of the reminders they carry.
type Promise struct {
	Messages   []notify.Message
	Key        string     // the message key recorded with Carried reminders
	Carried    []int64    // reminders that the messages carry: promised
	Superseded []int64    // earlier stages of the same deadlines and units
	Next       []Reminder // reminders that follow, such as the next escalation
	Fallen     []int64    // messages whose failure these messages report to the office
	Doubts     []string   // doubtful bounces that these messages tell of, by ID
	Requests   []string   // requests that these messages tell of, by ID
	Lines      []Line     // the items that the messages number, if they may be replied to
}

// Promiser is the store as reminding needs it.
type Promiser interface {
	// Ripe calls f with pending reminders, of closed deadlines those that tell of it, with At at or before now, ordered
	// by unit, deadline and time; with immediate with hour rules' only, without it with the others only. It is called
	// once for a number of whole units, so that however many are ripe, few are in memory, and may itself promise them.
	// An error of f ends it, and is returned as it is.
	Ripe(ctx context.Context, now time.Time, immediate bool, f func([]Ripe) error) error
	// Promise writes p in one transaction. It reports false, and changes nothing, if a message with p's first message's
	// key exists already, if one of Carried is no longer pending or if one of Fallen was reported before. A promise
	// without messages only settles its reminders.
	Promise(ctx context.Context, now time.Time, p Promise) (bool, error)
	// PromiseAll is Promise for each of ps by itself, in one transaction as long as nothing is in the way. It returns
	// for each what Promise would.
	PromiseAll(ctx context.Context, now time.Time, ps []Promise) ([]bool, []error)
}

// Letters is the store as it shows mails that it keeps.
type Letters interface {
	// Mail returns the message with this key, with what it says, or ErrNotFound.
	Mail(ctx context.Context, key string) (notify.Message, error)
}

// Undelivered is the store as telling the office of what did not arrive needs it.
type Undelivered interface {
	// Failed returns messages that ended bounced or rejected and that no Fallen has named yet.
	Failed(ctx context.Context) ([]notify.Message, error)
	// Carried returns the reminders that the message with this key carries, with their deadlines.
	Carried(ctx context.Context, key string) ([]Ripe, error)
}

// Closing is what one transaction writes about completions.
type Closing struct {
	Completions []Completion
	Met         []Deadline // closed without a further completion, with what Needed, Late and ClosedAt say
	Started     []Event    // done: events that follow from those that close
	Follow      []Deadline // what these events open
	Told        []Reminder // that they are done: pending, unless such a one was told before
	Audit       []Entry
}

// Recorder is the store as people's words need it: events, completions, extensions.
type Recorder interface {
	// AddEvents records events, opens their deadlines, and reschedules open ones of the Version given whose clocks they
	// stop or let run again, all or nothing. It fails with ErrStale if one of the events is on record and was not
	// withdrawn, or as Reschedule does.
	AddEvents(ctx context.Context, es []Event, ds, moved []Deadline, audit []Entry) error
	// Complete records completions of open deadlines of the Version given; one that reaches Needed is closed as done,
	// its pending reminders cancelled, and so are those that are Met. In the same transaction it records the done:
	// events that follow from them, and opens those events' deadlines. It fails with ErrStale, and records nothing, if
	// one of the deadlines has another Version.
	Complete(ctx context.Context, c Closing) error
	// Extend records an extension and reschedules the deadline as given, or fails with ErrStale as Reschedule does.
	Extend(ctx context.Context, e Extension, d Deadline, audit Entry) error
	// Find returns the deadlines with this key, in any state, with their reminders; with a unit only that unit's.
	Find(ctx context.Context, key, unit string) ([]Deadline, error)
	// History returns what people have said of the deadline with this ID.
	History(ctx context.Context, id int64) (History, error)
}

// EventChange is what one transaction writes when an event is withdrawn or moved.
type EventChange struct {
	Event Event      // as it is from now on
	Of    string     // the ID of the event whose deadlines they are; empty: Event's own
	Moved []Deadline // open ones that fall due at another time; all else of them is as Reschedule has it
	Gone  []Deadline // open ones that are withdrawn; their pending reminders are the ones by which that is told
	Heirs []Deadline // opened for another event in place of those that are withdrawn
	Audit []Entry
}

// Undoing is what one transaction writes when a completion is taken back.
type Undoing struct {
	Completion Completion
	Deadline   Deadline      // open, as it is from now on
	Follow     []EventChange // done: events that followed from it
	Audit      []Entry
}

// Corrector is the store as the correction of people's mistakes needs it. Nothing that was said is forgotten.
type Corrector interface {
	// ChangeEvent withdraws or moves an event that stands. It fails with ErrStale, and changes nothing, if its open
	// deadlines are not those given, each of the Version given.
	ChangeEvent(ctx context.Context, now time.Time, c EventChange) error
	// Undo takes a completion back, and opens its deadline again. It fails with ErrStale, and changes nothing, if the
	// deadline is not of the Version given, or as ChangeEvent does.
	Undo(ctx context.Context, now time.Time, u Undoing) error
}

// Filter narrows what a Register lists; its zero value is everything that is open.
type Filter struct {
	Unit     string        // told to, or responsible
	Event    string        // opened by the event with this ID
	States   []State       // nil: open only
	Happened bool          // only what events have opened
	DueFrom  calendar.Date // with a Limit: due on this day or later; zero: whenever
	Limit    int           // 0: no limit
}

// Register is the store as status needs it.
type Register interface {
	// Deadlines lists deadlines by due date and key, with their reminders.
	Deadlines(ctx context.Context, f Filter) ([]Deadline, error)
	// Events lists the events on record, newest first; with a limit of 0 all of them.
	Events(ctx context.Context, limit int) ([]Event, error)
	// Outbox counts messages by state (pending, claimed, sending, sent, uncertain, bounced, rejected) and lists the
	// unsettled and failed ones.
	Outbox(ctx context.Context) (Outbox, error)
}

// Outbox is the state of the outbox as status shows it.
type Outbox struct {
	Count   map[string]int
	Trouble []notify.Message // uncertain, bounced and rejected, newest first
}

// Settings keeps the few facts that an installation remembers about itself.
type Settings interface {
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string) error
	// Amend sets several settings at once, by somebody's word.
	Amend(ctx context.Context, values map[string]string, audit Entry) error
	// LastRecorded returns when the newest of the last entries of the audit trail was recorded, of those from the last
	// clock.accept on; the zero time if there is none.
	LastRecorded(ctx context.Context) (time.Time, error)
	// Ping makes one round trip: the watchdog is fed only after it.
	Ping(ctx context.Context) error
}
