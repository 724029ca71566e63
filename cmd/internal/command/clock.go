package command

import (
	"errors"
	"time"

	"qixian/rules/calendar"
)

type clockCmd struct {
	Accept clockAcceptCmd `cmd:"" help:"Say that the clock is right although qixian takes it to be wrong: it was ahead before. Due dates count from today on."`
}

type clockAcceptCmd struct {
	Reason string `required:"" help:"Why; kept for good." placeholder:"TEXT"`
	By     string `help:"Who says so." env:"SUDO_USER,USER" default:"cli"`
}

// Run records that the clock is right and prints what that overrules.
func (c *clockAcceptCmd) Run(s *session) error {
	desk, err := s.openDesk()
	if err != nil {
		return err
	}
	accepted, err := desk.Scheduler.AcceptClock(s.ctx, s.now, c.By, c.Reason)
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	s.say("accepted: it is %s, and what says %s is overruled", s.now.In(calendar.Zone()).Format(time.DateTime),
		accepted.Overruled.Newer.In(calendar.Zone()).Format(time.DateTime))
	if !accepted.First.IsZero() {
		s.say("due dates count from %s on", accepted.First)
	}
	return nil
}
