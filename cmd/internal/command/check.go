package command

import (
	"errors"
	"os"
	"strings"

	"qixian/cmd/internal/app"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/rules/document"
)

type checkCmd struct {
	As string `help:"Look with this user's eyes as well: can the service read every file? Left out: as root, the user of the installed unit that names this configuration." placeholder:"USER"`
}

// Run prints every problem, a line each: what a daemon would refuse, or its service's user could not read. Of what a
// daemon lives with it only warns.
func (c *checkCmd) Run(s *session) error {
	in, err := app.Load(s.source)
	var ps document.Problems
	switch {
	case errors.As(err, &ps):
		cfg, _ := app.Configure(s.source) // its mistakes are among them
		ps = append(ps, app.CheckSecretFiles(cfg)...)
	case err != nil:
		return err
	default:
		ps = append(ps, app.CheckSecrets(in.Config)...)
		ps = append(ps, c.look(s, in)...)
		for _, r := range in.Plan.Catalogue.Reviews() {
			s.say("review: since %s: %s (%s)", r.Since, r.Change, strings.Join(reviewedIDs(r), ", "))
		}
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
	s.say(
		"ok: %d obligations, %d units with the office, calendar %s to %s",
		len(in.Plan.Catalogue.Obligations),
		len(in.Units()),
		first,
		last,
	)
	return nil
}

// reviewedIDs names what has changed: obligations by their IDs, units by their names.
func reviewedIDs(r rules.Reviewed) []string {
	ids := make([]string, 0, len(r.Obligations)+len(r.Units))
	for _, o := range r.Obligations {
		ids = append(ids, o.ID)
	}
	return append(ids, r.Units...)
}

// look reports what the service's user may not read: root may read everything.
func (c *checkCmd) look(s *session, in *app.Inputs) document.Problems {
	name, known := c.As, c.As != ""
	if !known && os.Geteuid() == 0 {
		name, known = app.ServiceUser(in.Config.File)
	}
	if !known {
		return nil
	}
	eyes, known := app.EyesOf(name)
	if !known {
		s.note(
			"qixian: no user %s is known here, as a DynamicUser is only while its service runs: files are held against what everybody may read",
			name,
		)
	}
	return app.LookAs(in.Config, eyes)
}
