package command

import (
	"errors"
	"fmt"

	"qixian/cmd/internal/app"
	"qixian/notify"
)

type mailCmd struct {
	Test mailTestCmd `cmd:"" help:"Send one test mail now, through the configured transport."`
}

type mailTestCmd struct {
	Address string `arg:"" help:"Where to send it."`
}

// Run sends one mail without the outbox and says what became of it.
func (c *mailTestCmd) Run(s *session) error {
	if err := notify.CheckAddress(c.Address); err != nil {
		return fmt.Errorf("%q: %w; want name@domain alone", c.Address, err)
	}
	in, err := app.Load(s.source)
	if err != nil {
		return err
	}
	outcome, err := app.SendTest(s.ctx, in, c.Address, s.now)
	if err != nil {
		return err
	}
	if outcome.Class != "sent" {
		return errors.New("test mail not sent: " + string(outcome.Class) + " " + outcome.Reply)
	}
	if in.Config.Mail.Transport == "maildir" {
		s.say("written into the maildir %s; no mail server has it", in.Config.Mail.Maildir)
		return nil
	}
	s.say("sent through %s", in.Config.Mail.Transport)
	return nil
}
