package command

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"qixian/cmd/internal/app"
	"qixian/configs"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/rules/document"
	"qixian/rules/wording"
	"qixian/scheduler"
)

type eventCmd struct {
	Add      eventAddCmd      `cmd:"" help:"Record that a trigger has happened; opens the deadlines that it starts."`
	List     eventListCmd     `cmd:"" help:"List the events on record, newest first."`
	Triggers eventTriggersCmd `cmd:"" help:"List the triggers that an event can be recorded for, with what each starts."`
	Withdraw eventWithdrawCmd `cmd:"" help:"Take back an event that was recorded by mistake; withdraws what it has opened and is not done."`
	Move     eventMoveCmd     `cmd:"" help:"Give an event another time; what it has opened and is not done falls due accordingly."`
}

type eventAddCmd struct {
	Trigger  string   `arg:"" optional:"" help:"The trigger, such as document-published; event triggers lists them."`
	Subject  []string `help:"Of a group of triggers: which of its subjects it is about; may be given several times." placeholder:"SUBJECT"`
	Unit     string   `xor:"whose" help:"Whose event it is; most triggers want it." placeholder:"UNIT"`
	AllUnits bool     `xor:"whose" help:"It is every unit's, although its trigger asks whose it is; in a batch, of every line without a unit."`
	At       string   `help:"When it happened, Beijing time (2026-11-23T10:00); left out: now." placeholder:"TIME"`
	Ref      string   `help:"What tells it apart, such as a document number." placeholder:"REF"`
	Title    string   `help:"What it was, for the mails." placeholder:"TITLE"`
	FromCSV  string   `name:"from-csv" help:"Record a batch instead: a file (or - for standard input) with the columns trigger, subject, unit, at, ref, title; all or nothing." placeholder:"FILE"`
	Late     bool     `xor:"past" help:"With --from-csv: what was due before now opens as late, and its units are pressed."`
	Done     bool     `name:"already-done" xor:"past" help:"With --from-csv: what was due before now is done already, and is not opened."`
	By       string   `help:"Who says so." env:"SUDO_USER,USER" default:"cli"`

	lines []csvRow // where each event of a batch stands
}

func (c *eventAddCmd) Run(s *session) error {
	if (c.Trigger == "") == (c.FromCSV == "") {
		return usageError{errors.New("give a trigger, or --from-csv FILE")}
	}
	if c.FromCSV != "" && len(c.Subject) > 0 {
		return usageError{errors.New("--subject is for a single event; a batch has a column subject")}
	}
	if c.FromCSV == "" && (c.Late || c.Done) {
		return usageError{
			errors.New(
				"--late and --already-done are for a batch (--from-csv); a single event that was due before now opens as late",
			),
		}
	}
	in, err := s.loadToDecide()
	if err != nil {
		return err
	}
	events, err := c.events(s, in)
	if err != nil {
		return err
	}
	desk, err := s.deskToRecord(in)
	if err != nil {
		return err
	}
	recorded, err := c.record(s, desk, events)
	for _, r := range recorded {
		word := "已登记"
		if !r.New {
			word = "此前已登记"
		}
		s.say("%s %s：%s，新增%d项", r.ID, triggerName(in, r.Trigger), word, len(r.Deadlines))
		for _, d := range r.Deadlines {
			state := ""
			if d.IsLate(s.now) {
				state = "  已逾期"
			}
			s.say("  %s  %s  %s%s", d.Key, d.Due.Chinese(), d.Title, state)
		}
		for _, d := range r.Already {
			state := "已在办"
			if d.State == scheduler.Done {
				state = "已办结"
			}
			s.say("  %s  %s，此前已因同一单位、同一文件的其他起算事由%s，不再新增", d.Key, d.Title, state)
		}
		for _, d := range r.Paused {
			switch {
			case d.Paused():
				s.say("  已暂停：%s  %s，自%s起暂停计时，暂停期间不算逾期", d.Key, d.Title, d.PausedSince.Chinese())
			case in.Plan.Planner.Restarts(r.Trigger):
				s.say("  重新计算：%s  %s，%s到期", d.Key, d.Title, d.DueDate().Chinese())
			default:
				s.say("  已恢复：%s  %s，%s到期", d.Key, d.Title, d.DueDate().Chinese())
			}
		}
		for _, key := range r.Past {
			s.say("  %s  此前已到期，按已办结处理，不再新增", key)
		}
	}
	return errors.Join(c.located(err), desk.Close())
}

// triggerName is a trigger by its title and its name: 政策文件公布（policy-published）.
func triggerName(in *app.Inputs, name string) string {
	if t := in.Plan.Catalogue.Triggers[name]; t.Title != "" {
		return t.Title + "（" + name + "）"
	}
	return name
}

// subjectTitles is an event's subjects, which have blanks between, by their titles.
func subjectTitles(in *app.Inputs, subjects string) string {
	names := strings.Fields(subjects)
	for i, name := range names {
		if t := in.Plan.Catalogue.Triggers[name]; t.Title != "" {
			names[i] = t.Title
		}
	}
	return strings.Join(names, "、")
}

// deskToRecord opens the database, and makes it for an event before the daemon's first start where somebody has said
// where that is to be: in whatever directory this is, no daemon would ever see it.
func (s *session) deskToRecord(in *app.Inputs) (*app.Desk, error) {
	if !s.named {
		return s.deskOn(in)
	}
	return app.MakeDesk(s.ctx, in, newLogger(s, configs.Log{Level: "warn"}))
}

// record records one event, or a batch, and says of the latter how to go on where it is refused for what was due before
// now.
func (c *eventAddCmd) record(s *session, desk *app.Desk, events []rules.Event) ([]scheduler.Recorded, error) {
	if c.FromCSV == "" {
		return desk.Scheduler.AddEvents(s.ctx, s.now, c.By, events)
	}
	past := scheduler.PastRefused
	switch {
	case c.Late:
		past = scheduler.PastLate
	case c.Done:
		past = scheduler.PastDone
	}
	recorded, err := desk.Scheduler.AddBatch(s.ctx, s.now, c.By, events, past)
	if _, ok := errors.AsType[*scheduler.PastError](err); ok {
		err = fmt.Errorf(
			"nothing is recorded: %w; --late opens them as late and presses their units, --already-done records the events and opens none of these",
			err,
		)
	}
	return recorded, err
}

// located gives the scheduler's refusals of a batch the lines they are about.
func (c *eventAddCmd) located(err error) error {
	var joined interface{ Unwrap() []error }
	if c.FromCSV == "" || !errors.As(err, &joined) {
		return err
	}
	var ps document.Problems
	for _, e := range joined.Unwrap() {
		var refused *scheduler.EventError
		if !errors.As(e, &refused) {
			return err
		}
		row := c.lines[refused.Index]
		at := row.at
		if why, ok := errors.AsType[*scheduler.RefusedEvent](refused); ok {
			at = row.about(why.Why)
		}
		ps.Add(at, "%v", refused)
	}
	return ps.Err()
}

func (c *eventAddCmd) events(s *session, in *app.Inputs) ([]rules.Event, error) {
	if c.FromCSV != "" {
		return c.eventsFromCSV(s, in)
	}
	e := rules.Event{
		Trigger: c.Trigger, Subject: strings.Join(c.Subject, " "), Unit: c.Unit, AllUnits: c.AllUnits,
		Ref: c.Ref, Title: c.Title, At: s.now.Truncate(time.Second),
	}
	if c.At != "" {
		at, err := parseTime(c.At)
		if err != nil {
			return nil, usageError{fmt.Errorf("--at: %w", err)}
		}
		e.At = at
	}
	e, err := in.Event(e)
	return []rules.Event{e}, err
}

type eventListCmd struct {
	Format string `enum:"table,json" default:"table" help:"table or json."`
}

// eventLine is one event on record as JSON shows it.
type eventLine struct {
	ID         string `json:"id"`
	Trigger    string `json:"trigger"`
	Subject    string `json:"subject"` // names with blanks between; empty for most
	Unit       string `json:"unit"`
	At         string `json:"at"`
	Ref        string `json:"ref"`
	Title      string `json:"title"`
	RecordedAt string `json:"recorded_at"`
	By         string `json:"by"`
	Withdrawn  string `json:"withdrawn_at"`
	Reason     string `json:"reason"`
}

func (c *eventListCmd) Run(s *session) error {
	in, desk, err := s.openToLook()
	if err != nil {
		return err
	}
	events, err := desk.Events(s.ctx)
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	lines := make([]eventLine, len(events))
	rows := make([][]string, len(events))
	for i, e := range events {
		lines[i] = eventLine{
			e.ID,
			e.Trigger,
			e.Subject,
			e.Unit,
			moment(e.At),
			e.Ref,
			e.Title,
			moment(e.RecordedAt),
			e.By,
			moment(e.Withdrawn),
			e.Reason,
		}
		state := ""
		if !e.Withdrawn.IsZero() {
			state = "已撤销"
		}
		rows[i] = []string{
			e.ID,
			triggerName(in, e.Trigger),
			subjectTitles(in, e.Subject),
			e.Unit,
			minute(e.At),
			e.Ref,
			e.Title,
			recorder(e.By),
			state,
		}
	}
	if c.Format == "json" {
		return writeJSON(s.out, lines)
	}
	writeTable(
		s.out,
		[]column{
			{"编号", 0},
			{wording.Occasion, 0},
			{"涉及", 40},
			{"单位", 0},
			{"时间", 0},
			{"文号", 24},
			{"名称", 40},
			{"登记人", 0},
			{"状态", 0},
		},
		rows,
	)
	return nil
}

// moment is an instant as JSON shows it: RFC 3339, Beijing time; empty where there is none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(calendar.Zone()).Format(time.RFC3339)
}
