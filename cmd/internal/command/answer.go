package command

import (
	"errors"
	"fmt"

	"qixian/scheduler"
)

type doneCmd struct {
	Key    string `arg:"" help:"The deadline's key or its number (短号), as mails and status show them."`
	Unit   string `help:"Whose duty is met, where each unit has a deadline of its own." placeholder:"UNIT"`
	URL    string `name:"url" help:"Where it was published, if the duty is to publish; what is handled or prepared takes no URL." placeholder:"URL"`
	Note   string `help:"What was done (办理情况, 完成情况), or why nothing is published online; kept with the completion." placeholder:"TEXT"`
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
	var completed scheduler.Completed
	err := s.decide(c.Key, c.Unit, func(d *scheduler.Scheduler, key, unit string) (err error) {
		completed, err = d.Complete(s.ctx, s.now, c.By, key, unit, c.URL, c.Note)
		return err
	})
	if err != nil {
		return err
	}
	word := "办结"
	switch d := completed.Deadline; {
	case !completed.Closed:
		word = fmt.Sprintf("已登记第%d次，共需%d次", d.Completions+1, d.Needed)
	case completed.Late:
		word = "逾期办结"
	}
	s.say("%s %s：%s", completed.Deadline.Key, completed.Deadline.Title, word)
	for _, d := range completed.Opened {
		s.say("  已新增：%s %s，%s到期", d.Key, d.Title, d.Due.Chinese())
	}
	return nil
}

// undo takes the last completion back.
func (c *doneCmd) undo(s *session) error {
	var out scheduler.Undone
	err := s.decide(c.Key, c.Unit, func(d *scheduler.Scheduler, key, unit string) (err error) {
		out, err = d.Undo(s.ctx, s.now, c.By, key, unit, c.Reason)
		return err
	})
	if err != nil {
		return err
	}
	s.say("%s %s：已撤销%s登记的办结，%s到期", out.Deadline.Key, out.Deadline.Title, minute(out.At), due(out.Deadline))
	for _, d := range out.Withdrawn {
		s.say("  已撤销：%s %s", d.Key, d.Title)
	}
	return nil
}

type extendCmd struct {
	Key        string `arg:"" help:"The deadline's key or its number (短号)."`
	Unit       string `help:"Whose deadline, where each unit has its own." placeholder:"UNIT"`
	To         string `xor:"to" required:"" help:"The new due date (YYYY-MM-DD). A unit's request about the deadline counts as granted." placeholder:"DATE"`
	Correction bool   `help:"With --to: a slip of the pen or a court's order, which no limit of the law bounds; marked as that in the history and the report."`
	Refuse     bool   `xor:"to" required:"" help:"Refuse the unit's request for an extension instead; the unit is told why."`
	Reason     string `required:"" help:"Why; kept for good." placeholder:"TEXT"`
	By         string `help:"Who says so." env:"SUDO_USER,USER" default:"cli"`
}

func (c *extendCmd) Run(s *session) error {
	switch {
	case c.Refuse && c.Correction:
		return usageError{errors.New("--correction goes with --to")}
	case c.Refuse:
		return c.refuse(s)
	}
	to, err := parseDay(c.To)
	if err != nil {
		return usageError{fmt.Errorf("--to: %w", err)}
	}
	var extended scheduler.Deadline
	var off string // that the day is a day off
	err = s.decide(c.Key, c.Unit, func(d *scheduler.Scheduler, key, unit string) (err error) {
		if c.Correction {
			extended, err = d.CorrectDue(s.ctx, s.now, c.By, key, unit, to, c.Reason)
		} else {
			extended, err = d.Extend(s.ctx, s.now, c.By, key, unit, to, c.Reason)
		}
		off = d.DayOff(to)
		return err
	})
	if err != nil {
		return err
	}
	word := "延期至"
	if c.Correction {
		word = "更正到期日为"
	}
	s.say("%s %s：%s%s%s", extended.Key, extended.Title, word, extended.DueDate().Chinese(), off)
	return nil
}

// refuse answers the request that waits for an answer about the deadline.
func (c *extendCmd) refuse(s *session) error {
	var r scheduler.Request
	err := s.decide(c.Key, c.Unit, func(d *scheduler.Scheduler, key, unit string) (err error) {
		if r, err = d.RequestFor(s.ctx, key, unit); err == nil {
			r, err = d.Refuse(s.ctx, s.now, c.By, r.ID, c.Reason)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.say("%s %s：不同意%s延期至%s", r.Deadline.Key, r.Deadline.Title, r.Unit, r.To.Chinese())
	return nil
}

// decide opens the database and hands f the deadline that a person names by its key or its number.
func (s *session) decide(name, unit string, f func(d *scheduler.Scheduler, key, unit string) error) error {
	desk, err := s.openDesk()
	if err != nil {
		return err
	}
	key, unit, err := desk.Scheduler.Named(s.ctx, name, unit)
	if err == nil {
		err = f(desk.Scheduler, key, unit)
	}
	return errors.Join(err, desk.Close())
}
