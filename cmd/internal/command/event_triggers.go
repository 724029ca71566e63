package command

import (
	"strconv"

	"qixian/cmd/internal/app"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/rules/wording"
)

type eventTriggersCmd struct {
	Unit   string `help:"Only those that start something for this unit." placeholder:"UNIT"`
	Format string `enum:"table,json" default:"table" help:"table or json."`
}

// triggerLine is one trigger that an event can be recorded for, as JSON shows it.
type triggerLine struct {
	ID       string     `json:"id"`
	Title    string     `json:"title"`
	Section  string     `json:"section"`
	Unit     string     `json:"unit"` // whose event it is; empty: it may be everybody's
	Hint     string     `json:"hint"`
	Parts    []partLine `json:"parts"`    // older names for a part of what it starts
	Subjects []partLine `json:"subjects"` // what --subject may name
	Asked    bool       `json:"asked"`    // a subject is needed
	Starts   []string   `json:"obligations"`
}

type partLine struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// Run lists the triggers that something waits for, under each group its parts, and the subjects with a plus.
func (c *eventTriggersCmd) Run(s *session) error {
	in, err := app.Load(s.source)
	if err != nil {
		return err
	}
	unit := ""
	if c.Unit != "" {
		if unit, err = in.Unit(c.Unit); err != nil {
			return err
		}
	}
	lines := []triggerLine{}
	rows := [][]string{}
	for _, o := range in.Plan.Planner.Offers(unit, calendar.DateOf(s.now)) {
		line := triggerLine{
			ID: o.Name, Title: o.Title, Section: o.Section, Unit: o.Unit, Hint: o.Hint, Asked: o.Asked,
			Parts: []partLine{}, Subjects: []partLine{}, Starts: o.Obligations,
		}
		rows = append(rows, []string{o.Section, o.Name, o.Title, o.Unit, strconv.Itoa(len(o.Obligations)), o.Hint})
		for _, name := range o.Parts {
			part := in.Plan.Catalogue.Triggers[name]
			line.Parts = append(line.Parts, partLine{part.Name, part.Title})
			rows = append(rows, partRow("= ", part))
		}
		for _, part := range o.Subjects {
			line.Subjects = append(line.Subjects, partLine{part.Name, part.Title})
			rows = append(rows, partRow("+ ", part))
		}
		lines = append(lines, line)
	}
	if c.Format == "json" {
		return writeJSON(s.out, lines)
	}
	writeTable(
		s.out,
		[]column{{"类别", 0}, {"代号", 0}, {wording.Occasion, 60}, {"单位", 0}, {"起算事项数", 0}, {"登记说明", 80}},
		rows,
	)
	return nil
}

func partRow(mark string, t rules.Trigger) []string {
	return []string{"", "  " + mark + t.Name, t.Title, t.Unit, "", t.Hint}
}
