package command

import (
	"errors"
	"fmt"
	"strings"

	"qixian/scheduler"
)

type contactCmd struct {
	List    contactListCmd    `cmd:"" help:"List the units with their addresses, and which of them mail came back from."`
	Clear   contactClearCmd   `cmd:"" help:"Say that a bad address works again: mail goes there from now on."`
	Replace contactReplaceCmd `cmd:"" help:"Say that a unit's mail goes to another address than contacts.yaml has, for as long as it has that."`
}

type contactListCmd struct {
	Bad    bool   `help:"Only units with a bad address, or none."`
	Format string `enum:"table,json" default:"table" help:"table or json."`
}

// contactLine is one address of a unit, or a unit without any.
type contactLine struct {
	Unit    string `json:"unit"`
	Address string `json:"address"`
	State   string `json:"state"`  // ok, bad or none
	Listed  string `json:"listed"` // what contacts.yaml has in its place
	Since   string `json:"since"`
	Reason  string `json:"reason"`
}

func (c *contactListCmd) Run(s *session) error {
	desk, err := s.openDesk()
	if err != nil {
		return err
	}
	contacts, err := desk.Scheduler.Contacts(s.ctx)
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	lines := c.lines(contacts)
	if c.Format == "json" {
		return writeJSON(s.out, lines)
	}
	rows := make([][]string, len(lines))
	for i, l := range lines {
		rows[i] = []string{l.Unit, l.Address, contactStates[l.State], l.Since, l.Reason, l.Listed}
	}
	writeTable(
		s.out,
		[]column{{"单位", 28}, {"邮箱", 0}, {"状态", 0}, {"失效时间", 0}, {"原因", 50}, {"原登记邮箱", 0}},
		rows,
	)
	return nil
}

// contactStates are the states of an address in Chinese.
var contactStates = map[string]string{"ok": "可用", "bad": "失效", "none": "未登记"}

func (c *contactListCmd) lines(contacts []scheduler.UnitContact) []contactLine {
	lines := []contactLine{}
	for _, u := range contacts {
		if len(u.Addresses) == 0 {
			lines = append(lines, contactLine{Unit: u.Unit, State: "none"})
		}
		for _, a := range u.Addresses {
			l := contactLine{Unit: u.Unit, Address: a.Address.Address, State: "ok", Listed: a.Instead.Listed}
			if a.State == scheduler.BadAddress {
				l.State, l.Since, l.Reason = "bad", moment(a.Since), a.Reason
			}
			if l.State == "bad" || !c.Bad {
				lines = append(lines, l)
			}
		}
	}
	return lines
}

type contactClearCmd struct {
	Address string `arg:"" help:"The address, as contact list shows it."`
	Reason  string `required:"" help:"Why it is good again; kept for good." placeholder:"TEXT"`
	By      string `help:"Who says so." env:"SUDO_USER,USER" default:"cli"`
}

func (c *contactClearCmd) Run(s *session) error {
	desk, err := s.openDesk()
	if err != nil {
		return err
	}
	err = desk.Scheduler.ClearAddress(s.ctx, s.now, c.By, c.Address, c.Reason)
	if errors.Is(err, scheduler.ErrNotBad) {
		err = c.notBad(s, desk.Scheduler, err)
	}
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	s.say("已恢复：今后邮件发往该邮箱")
	return nil
}

// notBad tells an address that is good from one that is nobody's.
func (c *contactClearCmd) notBad(s *session, d *scheduler.Scheduler, err error) error {
	contacts, listErr := d.Contacts(s.ctx)
	if listErr != nil {
		return errors.Join(err, listErr)
	}
	for _, u := range contacts {
		for _, a := range u.Addresses {
			if strings.EqualFold(a.Address.Address, c.Address) {
				return fmt.Errorf("%w: the one of %s", err, u.Unit)
			}
		}
	}
	return fmt.Errorf("clear address: no unit has the address %q; qixian contact list shows which they have", c.Address)
}

type contactReplaceCmd struct {
	Unit    string `arg:"" help:"The unit, by any of its names."`
	Address string `arg:"" help:"Where its mail goes from now on."`
	Was     string `help:"Where it goes now, as contact list shows it; left out for a unit without an address." placeholder:"ADDRESS"`
	Reason  string `required:"" help:"Why; kept for good." placeholder:"TEXT"`
	By      string `help:"Who says so." env:"SUDO_USER,USER" default:"cli"`
}

func (c *contactReplaceCmd) Run(s *session) error {
	desk, err := s.openDesk()
	if err != nil {
		return err
	}
	err = desk.Scheduler.ReplaceAddress(s.ctx, s.now, c.By, c.Unit, c.Was, c.Address, c.Reason)
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	s.say("已更正：今后邮件发往新邮箱；请系统管理员适时更新 contacts.yaml")
	return nil
}
