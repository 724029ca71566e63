package command

import (
	"errors"
	"fmt"

	"qixian/rules/calendar"
)

type doneCmd struct {
	Key    string `arg:"" help:"The deadline's key, as mails and status show it."`
	Unit   string `help:"Whose duty is met, where each unit has a deadline of its own." placeholder:"UNIT"`
	URL    string `name:"url" help:"Where it was published; needed unless --note says why there is none." placeholder:"URL"`
	Note   string `help:"A remark, kept with the completion." placeholder:"TEXT"`
	Undo   bool   `help:"Take back the last completion instead, which was recorded by mistake; wants --reason."`
	Reason string `help:"With --undo: why; kept for good." placeholder:"TEXT"`
	By     string `help:"Who says so." env:"SUDO_USER,USER" default:"cli"`
}

func (c *doneCmd) Run(s *session) error {
	switch {
	case c.Undo && c.URL+c.Note != "":
		return usageError{errors.New("--undo takes a completion back and has no --url or --note")}
	case !c.Undo && c.Reason != "":
		return usageError{errors.New("--reason says why with --undo; a remark on a completion is --note")}
	case c.Undo:
		return c.undo(s)
	}
	desk, err := s.openDesk()
	if err != nil {
		return err
	}
	completed, err := desk.Scheduler.Complete(s.ctx, s.now, c.By, c.Key, c.Unit, c.URL, c.Note)
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	word := "办结"
	switch d := completed.Deadline; {
	case !completed.Closed:
		word = fmt.Sprintf("已登记第%d次，共需%d次", d.Completions+1, d.Needed)
	case completed.Late:
		word = "逾期办结"
	}
	s.say("%s %s：%s", c.Key, completed.Deadline.Title, word)
	for _, d := range completed.Opened {
		s.say("  opened %s %s：%s到期", d.Key, d.Title, d.Due.Chinese())
	}
	return nil
}

// undo takes the last completion back.
func (c *doneCmd) undo(s *session) error {
	desk, err := s.openDesk()
	if err != nil {
		return err
	}
	out, err := desk.Scheduler.Undo(s.ctx, s.now, c.By, c.Key, c.Unit, c.Reason)
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	s.say("%s %s：已撤回%s登记的办结，%s到期", c.Key, out.Deadline.Title, minute(out.At), due(out.Deadline))
	for _, d := range out.Withdrawn {
		s.say("  withdrawn %s %s", d.Key, d.Title)
	}
	return nil
}

type extendCmd struct {
	Key    string `arg:"" help:"The deadline's key."`
	Unit   string `help:"Whose deadline, where each unit has its own." placeholder:"UNIT"`
	To     string `xor:"to" required:"" help:"The new due date (YYYY-MM-DD). A unit's request about the deadline counts as granted." placeholder:"DATE"`
	Refuse bool   `xor:"to" required:"" help:"Refuse the unit's request for an extension instead; the unit is told why."`
	Reason string `required:"" help:"Why; kept for good." placeholder:"TEXT"`
	By     string `help:"Who says so." env:"SUDO_USER,USER" default:"cli"`
}

func (c *extendCmd) Run(s *session) error {
	if c.Refuse {
		return c.refuse(s)
	}
	to, err := calendar.ParseDate(c.To)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	desk, err := s.openDesk()
	if err != nil {
		return err
	}
	d, err := desk.Scheduler.Extend(s.ctx, s.now, c.By, c.Key, c.Unit, to, c.Reason)
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	s.say("%s %s：延期至%s", d.Key, d.Title, d.DueDate().Chinese())
	return nil
}

// refuse answers the request that waits for an answer about the deadline.
func (c *extendCmd) refuse(s *session) error {
	desk, err := s.openDesk()
	if err != nil {
		return err
	}
	r, err := desk.Scheduler.RequestFor(s.ctx, c.Key, c.Unit)
	if err == nil {
		r, err = desk.Scheduler.Refuse(s.ctx, s.now, c.By, r.ID, c.Reason)
	}
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	s.say("%s %s：不同意%s延期至%s", c.Key, r.Deadline.Title, r.Unit, r.To.Chinese())
	return nil
}
