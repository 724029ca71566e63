package command

import (
	"fmt"
	"strconv"
	"time"

	"qixian/cmd/internal/app"
	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/scheduler"
)

type previewCmd struct {
	dateRange  `embed:""`
	Event      []string `help:"An event to reckon with, TRIGGER[+SUBJECT]…@TIME[@UNIT[@REF]]; may be given several times. Those on record are not read." placeholder:"EVENT" sep:"none"`
	Unit       string   `help:"Only this unit's mails." placeholder:"UNIT"`
	Unanswered bool     `help:"Assume that nothing is ever done, so that escalations follow; otherwise all is done on its due day."`
	Maildir    string   `help:"Write the mails into this maildir too; links in them open nothing, and codes answer nothing." type:"path" placeholder:"DIR"`
	Format     string   `enum:"table,json" default:"table" help:"table or json."`
}

// previewLine is one mail as JSON shows it.
type previewLine struct {
	At      string                 `json:"at"`
	Unit    string                 `json:"unit"`
	Subject string                 `json:"subject"`
	Kind    notify.Kind            `json:"kind"`
	Items   []scheduler.LetterItem `json:"items"`
}

func (c *previewCmd) Run(s *session) error {
	from, to, err := c.parse()
	if err != nil {
		return err
	}
	in, err := app.Load(s.source)
	if err != nil {
		return err
	}
	letters, err := c.letters(in, from, to)
	missing, err := ruleErrors(err)
	if err != nil {
		return err
	}
	if c.Maildir != "" {
		if err := app.WriteMaildir(s.ctx, in, c.Maildir, letters); err != nil {
			return err
		}
		s.note("%d mails written to %s", len(letters), c.Maildir)
	}
	lines := make([]previewLine, len(letters))
	rows := make([][]string, len(letters))
	for i, l := range letters {
		items := l.Items
		if items == nil {
			items = []scheduler.LetterItem{}
		}
		lines[i] = previewLine{l.At.In(calendar.Zone()).Format(time.RFC3339), l.Unit, l.Subject, l.Kind, items}
		rows[i] = []string{
			minute(l.At),
			l.Unit,
			strconv.Itoa(len(l.Items)),
			l.Subject,
		}
	}
	if c.Format == "json" {
		if err := writeJSON(s.out, lines); err != nil {
			return err
		}
		return s.leftOut(missing)
	}
	writeTable(s.out, []column{{"时间", 0}, {"单位", 0}, {"事项数", 0}, {"主题", 0}}, rows)
	return s.leftOut(missing)
}

func (c *previewCmd) letters(in *app.Inputs, from, to calendar.Date) ([]scheduler.Letter, error) {
	events, err := assumedEvents(in, c.Event)
	if err != nil {
		return nil, err
	}
	assumption := scheduler.AllAnswered
	if c.Unanswered {
		assumption = scheduler.NoneAnswered
	}
	options, err := app.PreviewOptions(in)
	if err != nil {
		return nil, err
	}
	all, missing := scheduler.Preview(options, from, to, events, assumption)
	if c.Unit == "" {
		return all, missing
	}
	unit, err := in.Unit(c.Unit)
	if err != nil {
		return nil, fmt.Errorf("--unit: %w", err)
	}
	var mine []scheduler.Letter
	for _, l := range all {
		if l.Unit == unit {
			mine = append(mine, l)
		}
	}
	return mine, missing
}
