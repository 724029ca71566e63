package command

import (
	"errors"

	"qixian/cmd/internal/app"
	"qixian/rules/calendar"
	"qixian/rules/document"
)

type checkCmd struct{}

// Run prints every problem, a line each: what stops a daemon, and what it would live with but an administrator should mend. Of what is lawful
// but not likely meant it only warns.
func (c *checkCmd) Run(s *session) error {
	in, err := app.Load(s.source)
	var ps document.Problems
	switch {
	case errors.As(err, &ps):
	case err != nil:
		return err
	default:
		ps = append(ps, in.Findings...)
		ps = append(ps, app.CheckSecrets(in.Config)...)
		for _, w := range append(in.Warnings, in.Plan.Planner.Doubts(calendar.DateOf(s.now))...) {
			s.say("warning: %s", w.Error())
		}
	}
	for _, p := range ps {
		s.say("%s", p.Error())
	}
	if len(ps) > 0 {
		s.say("problems: %d", len(ps))
		return errReported
	}
	first, last := in.Plan.Calendar.Coverage()
	s.say("ok: %d obligations, %d units, calendar %s to %s", len(in.Plan.Catalogue.Obligations), len(in.Units()), first, last)
	return nil
}
