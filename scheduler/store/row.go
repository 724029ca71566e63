package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"qixian/rules"
	"qixian/scheduler"
)

// The ids of rows are the database's: they are never inserted, and read back by the rows' keys, because what a batch
// insert reports of them differs from one database to the next. Hence the permission "->", read only.

// deadlineRow is a row of deadlines.
type deadlineRow struct {
	ID               int64 `gorm:"->;primaryKey;autoIncrement:false"`
	DeadlineKey      string
	Unit             string
	Obligation       string
	Rule             string
	Kind             string
	TableRow         int
	Title            string
	Period           string
	EventID          string
	DueDate          string
	DueInstant       int64
	DueEarliest      string
	Provisional      bool
	ExtendedTo       string
	Fixed            bool
	PausedSince      string
	Stood            int
	State            string
	LeadUnits        string
	ResponsibleUnits string
	AnsweringUnits   string
	Answered         string
	Needed           int
	Completions      int
	OpenedAt         int64
	ClosedAt         int64
	Late             bool
	Plan             string
	Version          int64
	Number           int
}

// TableName names the table.
func (deadlineRow) TableName() string { return "deadlines" }

// deadlineIdentity and deadlineFacts are the columns by which a deadline is known, and all others.
var (
	deadlineIdentity = []string{"deadline_key", "unit"}
	deadlineFacts    = []string{
		"obligation",
		"rule",
		"kind",
		"table_row",
		"title",
		"period",
		"event_id",
		"due_date",
		"due_instant",
		"due_earliest",
		"provisional",
		"extended_to",
		"fixed",
		"paused_since",
		"stood",
		"state",
		"lead_units",
		"responsible_units",
		"answering_units",
		"answered",
		"needed",
		"completions",
		"opened_at",
		"closed_at",
		"late",
		"plan",
		"version",
		"number",
	}
)

// firstVersion is the version of a deadline that is tracked for the first time. It is not 0, so that one which was
// never read has none.
const firstVersion = 1

func newDeadlineRow(d scheduler.Deadline) deadlineRow {
	r := deadlineRow{
		ID:          d.ID,
		DeadlineKey: d.Key,
		Unit:        d.Unit,
		Obligation:  d.Obligation,
		Rule:        d.Rule,
		Kind:        string(d.Kind),
		TableRow:    d.Row,
		Period:      d.Period,
		EventID:     d.Event,
		State:       string(d.State),
		Completions: d.Completions,
		OpenedAt: millis(
			d.OpenedAt,
		),
		ClosedAt: millis(d.ClosedAt),
		Late:     d.Late,
		Version:  firstVersion,
		Number:   d.Number,
	}
	if r.State == "" {
		r.State = string(scheduler.Open)
	}
	r.reschedule(d)
	return r
}

// reschedule takes over what a new plan or an extension changes.
func (r *deadlineRow) reschedule(d scheduler.Deadline) {
	r.DueDate, r.DueInstant, r.DueEarliest = d.Due.Date.String(), millis(d.Due.Instant), d.Due.Earliest.String()
	r.Provisional, r.ExtendedTo, r.Needed, r.Plan = d.Due.Provisional, d.ExtendedTo.String(), d.Needed, d.Plan
	r.Fixed, r.PausedSince, r.Stood = d.Fixed, d.PausedSince.String(), d.Stood
	r.Title = d.Title
	r.LeadUnits, r.ResponsibleUnits = listUnits(d.Lead), listUnits(d.Responsible)
	r.AnsweringUnits, r.Answered = listUnits(d.Answering), listAnswered(d.Answered)
}

func (r deadlineRow) deadline() (scheduler.Deadline, error) {
	dueDate, errDue := date(r.DueDate)
	earliest, errEarliest := date(r.DueEarliest)
	extended, errExtended := date(r.ExtendedTo)
	paused, errPaused := date(r.PausedSince)
	lead, errLead := units(r.LeadUnits)
	responsible, errResponsible := units(r.ResponsibleUnits)
	answering, errAnswering := r.answering(lead, responsible)
	answered, errAnswered := readAnswered(r.Answered)
	if err := errors.Join(
		errDue,
		errEarliest,
		errExtended,
		errPaused,
		errLead,
		errResponsible,
		errAnswering,
		errAnswered,
	); err != nil {
		return scheduler.Deadline{}, fmt.Errorf("read deadline %d: %w", r.ID, err)
	}
	return scheduler.Deadline{
		ID:         r.ID,
		Key:        r.DeadlineKey,
		Unit:       r.Unit,
		Obligation: r.Obligation,
		Rule:       r.Rule,
		Kind:       rules.Kind(r.Kind),
		Row:        r.TableRow,
		Title:      r.Title,
		Period:     r.Period,
		Event:      r.EventID,
		Due: rules.Due{
			Date:        dueDate,
			Instant:     instant(r.DueInstant),
			Earliest:    earliest,
			Provisional: r.Provisional,
		},
		ExtendedTo:  extended,
		Fixed:       r.Fixed,
		PausedSince: paused,
		Stood:       r.Stood,
		State:       scheduler.State(r.State),
		Lead:        lead,
		Responsible: responsible,
		Answering:   answering,
		Answered:    answered,
		Needed:      r.Needed,
		Completions: r.Completions,
		OpenedAt:    instant(r.OpenedAt),
		ClosedAt:    instant(r.ClosedAt),
		Late:        r.Late,
		Plan:        r.Plan,
		Version:     r.Version,
		Number:      r.Number,
	}, nil
}

// answering returns who answers: of a deadline from before that was recorded, its own unit, or else the lead units, or,
// where there are none, the responsible ones.
func (r deadlineRow) answering(lead, responsible []string) ([]string, error) {
	switch {
	case r.AnsweringUnits != "":
		return units(r.AnsweringUnits)
	case r.Unit != "":
		return []string{r.Unit}, nil
	case len(lead) > 0:
		return lead, nil
	default:
		return responsible, nil
	}
}

// answered is one of those who answered before, as the column has them.
type answered struct {
	Units []string `json:"units"`
	Until int64    `json:"until"`
}

// listAnswered writes who answered before as a JSON array; nobody is nothing.
func listAnswered(before []scheduler.Answered) string {
	if len(before) == 0 {
		return ""
	}
	all := make([]answered, len(before))
	for i, a := range before {
		all[i] = answered{a.Units, millis(a.Until)}
	}
	text, err := json.Marshal(all)
	if err != nil { // strings and numbers always marshal
		return ""
	}
	return string(text)
}

// readAnswered reads what listAnswered has written.
func readAnswered(text string) ([]scheduler.Answered, error) {
	if text == "" {
		return nil, nil
	}
	var all []answered
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, fmt.Errorf("read who answered before: %w", err)
	}
	before := make([]scheduler.Answered, len(all))
	for i, a := range all {
		before[i] = scheduler.Answered{Units: a.Units, Until: instant(a.Until)}
	}
	return before, nil
}

// reminderRow is a row of reminders.
type reminderRow struct {
	ID         int64 `gorm:"->;primaryKey;autoIncrement:false"`
	DeadlineID int64
	Stage      string
	Unit       string
	FiresAt    int64
	Immediate  bool
	State      string
	MessageKey string
}

// TableName names the table.
func (reminderRow) TableName() string { return "reminders" }

// reminderIdentity and reminderFacts are the columns by which a reminder is known, and all others.
var (
	reminderIdentity = []string{"deadline_id", "stage", "unit"}
	reminderFacts    = []string{"fires_at", "immediate", "state", "message_key"}
)

func newReminderRow(deadline int64, m scheduler.Reminder) reminderRow {
	r := reminderRow{
		DeadlineID: deadline, Stage: m.Stage, Unit: m.Unit, FiresAt: millis(m.At), Immediate: m.Immediate,
		State: string(m.State), MessageKey: m.MessageKey,
	}
	if r.State == "" {
		r.State = string(scheduler.Pending)
	}
	return r
}

func (r reminderRow) reminder() scheduler.Reminder {
	return scheduler.Reminder{
		ID:         r.ID,
		DeadlineID: r.DeadlineID,
		Stage:      r.Stage,
		Unit:       r.Unit,
		At:         instant(r.FiresAt),
		Immediate:  r.Immediate,
		State:      scheduler.ReminderState(r.State),
		MessageKey: r.MessageKey,
	}
}

// auditRow is a row of audit.
type auditRow struct {
	ID         int64 `gorm:"->;primaryKey;autoIncrement:false"`
	RecordedAt int64
	RecordedBy string
	Action     string
	Target     string
	Detail     string
}

// TableName names the table.
func (auditRow) TableName() string { return "audit" }
