package command

import (
	"errors"
	"fmt"

	"qixian/scheduler"
)

type eventWithdrawCmd struct {
	ID     string `arg:"" help:"The event's id, as event list shows it."`
	Reason string `required:"" help:"Why; kept for good, and told to the units." placeholder:"TEXT"`
	By     string `help:"Who says so." env:"SUDO_USER,USER" default:"cli"`
}

func (c *eventWithdrawCmd) Run(s *session) error {
	desk, err := s.openDesk()
	if err != nil {
		return err
	}
	out, err := desk.Scheduler.WithdrawEvent(s.ctx, s.now, c.By, c.ID, c.Reason)
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	s.printCorrected(out, "已撤销")
	return nil
}

type eventMoveCmd struct {
	ID     string `arg:"" help:"The event's id, as event list shows it."`
	At     string `required:"" help:"When it happens now, Beijing time (2026-11-23T10:00)." placeholder:"TIME"`
	Reason string `required:"" help:"Why; kept for good, and told to the units." placeholder:"TEXT"`
	By     string `help:"Who says so." env:"SUDO_USER,USER" default:"cli"`
}

func (c *eventMoveCmd) Run(s *session) error {
	at, err := parseTime(c.At)
	if err != nil {
		return usageError{fmt.Errorf("--at: %w", err)}
	}
	desk, err := s.openDesk()
	if err != nil {
		return err
	}
	out, err := desk.Scheduler.MoveEvent(s.ctx, s.now, c.By, c.ID, at, c.Reason)
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	s.printCorrected(out, "时间改为"+minute(out.At))
	return nil
}

// printCorrected lists what became of each of an event's deadlines.
func (s *session) printCorrected(c scheduler.Corrected, what string) {
	s.say("%s %s：%s", c.ID, c.Trigger, what)
	for _, d := range c.Withdrawn {
		s.say("  撤销  %s  %s  %s", d.Key, d.Unit, d.Title)
	}
	for _, d := range c.Heirs {
		s.say("  改由另一登记起算  %s到期  %s  %s  %s", due(d), d.Key, d.Unit, d.Title)
	}
	for _, d := range c.Moved {
		s.say("  %s到期  %s  %s  %s", due(d), d.Key, d.Unit, d.Title)
	}
	for _, d := range c.Elsewhere {
		s.say("  不变  %s  %s  %s，由同一单位、同一文件的另一登记起算，时间有误的请一并更正", d.Key, d.Unit, d.Title)
	}
	for _, d := range c.Kept {
		s.say("  不变  %s  %s  %s", d.Key, d.Unit, d.Title)
	}
}

// due is when a deadline falls due, in Chinese.
func due(d scheduler.Deadline) string {
	if d.Paused() {
		return "自" + d.PausedSince.Chinese() + "起暂停计时，原" + d.DueDate().Chinese()
	}
	if d.ByHour() {
		return d.Due.Chinese()
	}
	return d.DueDate().Chinese()
}
