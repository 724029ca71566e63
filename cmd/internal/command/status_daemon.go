package command

import (
	"time"

	"qixian/rules/calendar"
	"qixian/scheduler"
)

// daemonLine is one daemon on this database, as JSON shows it.
type daemonLine struct {
	Host    string `json:"host"`
	Version string `json:"version"`
	Plan    string `json:"plan"`
	Started string `json:"started"`
	Seen    string `json:"seen"`
	Alive   bool   `json:"alive"`
}

func daemonLines(ds []scheduler.Daemon, now time.Time) []daemonLine {
	lines := make([]daemonLine, len(ds))
	for i, d := range ds {
		lines[i] = daemonLine{d.Host, d.Version, d.Plan, moment(d.Started), moment(d.Seen), d.Alive(now)}
	}
	return lines
}

// daemonTable prints which daemons live, and says so where they do not all work alike.
func daemonTable(s *session, ds []scheduler.Daemon) {
	f := scheduler.Muster(ds, s.now)
	s.say("daemons: %d alive, %d silent", f.Alive, f.Silent)
	for _, d := range ds {
		state := "alive"
		if !d.Alive(s.now) {
			state = "silent"
		}
		s.say(
			"  %s: %s, version %s, plan %s, last seen %s",
			state,
			d.Host,
			d.Version,
			d.Plan,
			d.Seen.In(calendar.Zone()).Format(time.DateTime),
		)
	}
	if f.Plans > 1 {
		s.say(
			"warning: the daemons work by %d different plans, and move due dates back and forth; give them one configuration and reload",
			f.Plans,
		)
	}
	if f.Versions > 1 {
		s.say("warning: the daemons are of %d different versions", f.Versions)
	}
}
