package command

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"qixian/cmd/internal/app"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/rules/wording"
	"qixian/scheduler/report/sheet"
)

type agendaCmd struct {
	dateRange `embed:""`
	Unit      string   `help:"Only what this unit answers for, leads or is responsible for." placeholder:"UNIT"`
	Event     []string `help:"An event to reckon with, TRIGGER[+SUBJECT]…@TIME[@UNIT[@REF]]; may be given several times. Those on record are not read." placeholder:"EVENT" sep:"none"`
	Format    string   `enum:"table,json,csv,ics" default:"table" help:"table, json, csv or ics."`
}

// agendaItem is one due date as JSON shows it.
type agendaItem struct {
	Key         string           `json:"key"`
	Obligation  string           `json:"obligation"`
	Row         int              `json:"row"`
	Title       string           `json:"title"`
	Period      string           `json:"period"`
	PeriodName  string           `json:"period_name"` // in words, with whose data is due
	Due         string           `json:"due"`
	Provisional bool             `json:"provisional"`
	Earliest    string           `json:"earliest,omitempty"` // of a provisional date: the earliest that it can become
	Lead        []string         `json:"lead_units"`
	Responsible []string         `json:"responsible_units"`
	Answering   []string         `json:"answering_units"`
	Reminders   []agendaReminder `json:"reminders"`
}

type agendaReminder struct {
	Stage rules.Stage `json:"stage"`
	At    string      `json:"at"`
	Units []string    `json:"units"`
}

func (c *agendaCmd) Run(s *session) error {
	occurrences, err := c.occurrences(s)
	missing, err := ruleErrors(err)
	if err == nil {
		err = c.print(s, occurrences)
	}
	if err != nil {
		return err
	}
	return s.leftOut(missing)
}

func (c *agendaCmd) print(s *session, occurrences []rules.Occurrence) error {
	switch c.Format {
	case "json":
		items := make([]agendaItem, len(occurrences))
		for i, o := range occurrences {
			items[i] = newAgendaItem(o)
		}
		return writeJSON(s.out, items)
	case "csv":
		return agendaCSV(s.out, occurrences)
	case "ics":
		return agendaICS(s.out, occurrences, s.now)
	default:
		agendaTable(s.out, occurrences, c.Unit)
		return nil
	}
}

// occurrences returns what falls due; the error is that of reckon where there is something to show beside it.
func (c *agendaCmd) occurrences(s *session) ([]rules.Occurrence, error) {
	from, to, err := c.parse()
	if err != nil {
		return nil, err
	}
	in, err := app.Load(s.source)
	if err != nil {
		return nil, err
	}
	events, err := assumedEvents(in, c.Event)
	if err != nil {
		return nil, err
	}
	all, missing := reckon(in.Plan.Planner, from, to, events)
	if c.Unit == "" {
		return all, missing
	}
	if c.Unit, err = in.Unit(c.Unit); err != nil {
		return nil, fmt.Errorf("--unit: %w", err)
	}
	unit := c.Unit
	mine := slices.DeleteFunc(all, func(o rules.Occurrence) bool {
		return !slices.Contains(slices.Concat(o.Answering, o.Lead, o.Responsible), unit)
	})
	return mine, missing
}

// assumedEvents reads the events of a command line that knows no others, with what stops their clocks.
func assumedEvents(in *app.Inputs, args []string) ([]rules.Event, error) {
	events, err := parseEvents(in, args)
	if err != nil {
		return nil, err
	}
	if events, err = in.Plan.Planner.Wind(events); err != nil {
		return nil, usageError{fmt.Errorf("--event: %w", err)}
	}
	return events, nil
}

// parseEvents reads the events of a command line and checks their triggers and units.
func parseEvents(in *app.Inputs, args []string) ([]rules.Event, error) {
	events := make([]rules.Event, 0, len(args))
	for _, arg := range args {
		e, err := parseEvent(arg)
		if err != nil {
			return nil, usageError{err}
		}
		if e, err = in.Event(e); err != nil {
			return nil, fmt.Errorf("event %q: %w", arg, err)
		}
		events = append(events, e)
	}
	return events, nil
}

func newAgendaItem(o rules.Occurrence) agendaItem {
	item := agendaItem{
		Key:         o.Key,
		Obligation:  o.Obligation.ID,
		Row:         o.Obligation.Row,
		Title:       o.Texts().Title,
		Period:      o.Period,
		PeriodName:  o.PeriodChinese(),
		Due:         dueText(o.Due),
		Provisional: o.Due.Provisional,
		Lead:        orEmpty(o.Lead),
		Responsible: orEmpty(o.Responsible),
		Answering:   orEmpty(o.Answering),
		Reminders:   []agendaReminder{},
	}
	if o.Due.Provisional {
		item.Earliest = o.Due.Earliest.String()
	}
	for _, r := range o.Reminders {
		item.Reminders = append(item.Reminders, agendaReminder{r.Stage, r.At.Format(time.RFC3339), r.Units})
	}
	return item
}

// dueText is a due date as machines read it: YYYY-MM-DD, or an RFC 3339 instant for an hour rule.
func dueText(d rules.Due) string {
	if !d.Instant.IsZero() {
		return d.Instant.In(calendar.Zone()).Format(time.RFC3339)
	}
	return d.Date.String()
}

// agendaTable prints due dates; of many units that answer, the one that was asked for comes first.
func agendaTable(w io.Writer, occurrences []rules.Occurrence, unit string) {
	rows := make([][]string, len(occurrences))
	for i, o := range occurrences {
		due := o.Due.Chinese()
		if o.Due.Provisional {
			due = wording.Tentative(due)
		}
		rows[i] = []string{
			due,
			titled(o.Texts().Title, o.PeriodChinese()),
			answering(o, unit),
			reminderDays(o),
			strconv.Itoa(o.Obligation.Row),
			o.Key,
		}
	}
	writeTable(
		w,
		[]column{{"到期", 0}, {"事项", 60}, {wording.AnsweringUnits, 30}, {"提醒", 36}, {"序号", 0}, {"待办编号", 0}},
		rows,
	)
}

// answering names who answers for an occurrence, of units that each do it for themselves only the one asked for.
func answering(o rules.Occurrence, unit string) string {
	switch {
	case !slices.Contains(o.Answering, unit):
		return few(o.Answering, 2)
	case o.Obligation.Per == rules.PerUnit:
		return unit
	}
	others := slices.DeleteFunc(slices.Clone(o.Answering), func(u string) bool { return u == unit })
	return few(append([]string{unit}, others...), 2)
}

// titled is a title with its period in words, where there is one.
func titled(title, period string) string {
	if period == "" {
		return title
	}
	return title + "（" + period + "）"
}

// reminderDays lists when an occurrence's reminders go out: 09-21、09-27、09-30.
func reminderDays(o rules.Occurrence) string {
	days := make([]string, len(o.Reminders))
	for i, r := range o.Reminders {
		days[i] = r.At.Format(reminderLayout(r))
	}
	return strings.Join(days, "、")
}

// reminderLayout shows the time of a reminder only where it breaks in at any hour.
func reminderLayout(r rules.Reminder) string {
	if r.Immediate {
		return "01-02 15:04"
	}
	return "01-02"
}

// stages lists an occurrence's reminders, for machines: 5wd 09-21, 2wd 09-27, 0 09-30.
func stages(o rules.Occurrence) string {
	words := make([]string, len(o.Reminders))
	for i, r := range o.Reminders {
		words[i] = r.Stage.String() + " " + r.At.Format(reminderLayout(r))
	}
	return strings.Join(words, ", ")
}

func agendaCSV(w io.Writer, occurrences []rules.Occurrence) error {
	s := sheet.Sheet{Rows: make([][]any, len(occurrences))}
	for _, name := range []string{"key", "obligation", "row", "title", "period", "due", "provisional", "lead_units", "responsible_units", "reminders", "earliest", "period_name", "answering_units"} {
		s.Columns = append(s.Columns, sheet.Column{Name: name})
	}
	for i, o := range occurrences {
		s.Rows[i] = []any{
			o.Key,
			o.Obligation.ID,
			o.Obligation.Row,
			o.Texts().Title,
			o.Period,
			dueText(o.Due),
			o.Due.Provisional,
			strings.Join(o.Lead, "、"),
			strings.Join(o.Responsible, "、"),
			stages(o),
			newAgendaItem(o).Earliest,
			o.PeriodChinese(),
			strings.Join(o.Answering, "、"),
		}
	}
	return s.CSV(w)
}
