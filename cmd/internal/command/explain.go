package command

import (
	"fmt"
	"strings"

	"qixian/cmd/internal/app"
)

type explainCmd struct {
	Key   string   `arg:"" help:"A deadline's key, such as air-quality@2018-09."`
	Event []string `help:"An event to reckon with: TRIGGER@TIME or TRIGGER@TIME@UNIT; those on record are known." placeholder:"EVENT" sep:"none"`
}

// Run prints how the date came about, in Chinese, and where each value of the rule was set.
func (c *explainCmd) Run(s *session) error {
	in, err := app.Load(s.source)
	if err != nil {
		return err
	}
	events, err := parseEvents(in, c.Event)
	if err != nil {
		return err
	}
	recorded, err := app.RecordedEvents(s.ctx, in)
	if err != nil {
		return err
	}
	o, err := in.Plan.Planner.Find(c.Key, append(events, recorded...))
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, strings.Join(in.Plan.Planner.Explain(o).Lines, "\n"))
	return nil
}
