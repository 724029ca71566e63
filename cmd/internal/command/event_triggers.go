package command

import (
	"strconv"

	"qixian/cmd/internal/app"
)

type eventTriggersCmd struct {
	Format string `enum:"table,json" default:"table" help:"table or json."`
}

// triggerLine is one trigger as JSON shows it.
type triggerLine struct {
	ID     string   `json:"id"`
	Title  string   `json:"title"`
	Starts []string `json:"obligations"` // whose clock it starts
}

// Run lists the triggers that something waits for, those that start most first.
func (c *eventTriggersCmd) Run(s *session) error {
	in, err := app.Load(s.source)
	if err != nil {
		return err
	}
	lines := []triggerLine{}
	rows := [][]string{}
	for _, t := range in.Plan.Awaited() {
		lines = append(lines, triggerLine{t.ID, t.Title, t.Starts})
		rows = append(rows, []string{t.ID, t.Title, strconv.Itoa(len(t.Starts))})
	}
	if c.Format == "json" {
		return writeJSON(s.out, lines)
	}
	writeTable(s.out, []column{{"trigger", 0}, {"title", 60}, {"obligations", 0}}, rows)
	return nil
}
