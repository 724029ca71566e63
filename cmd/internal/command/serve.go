package command

import (
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"qixian/cmd/internal/app"
	"qixian/configs"
	"qixian/rules/calendar"
	"qixian/rules/document"
)

type serveCmd struct{}

// Run runs the daemon until it is told to stop, and prints first what is due next and where the mails go.
func (c *serveCmd) Run(s *session) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP) // before all else: one that comes while the daemon starts is no reason to end
	defer signal.Stop(hangup)
	cfg, _ := app.Configure(s.source) // for how to log: NewDaemon tells of mistakes
	var level slog.LevelVar
	d, err := app.NewDaemon(s.ctx, s.source, newLoggerAt(s, cfg.Log.Format, &level), &level)
	if err != nil {
		return unstarted(err)
	}
	s.announce(d.Inputs())
	reload := make(chan struct{})
	go func() {
		for range hangup {
			reload <- struct{}{}
		}
	}()
	return errors.Join(d.Run(s.ctx, reload), d.Close())
}

// unstarted gives the error of a daemon that could not start its exit code.
func unstarted(err error) error {
	if _, files := errors.AsType[document.Problems](err); files {
		return exitError{err, 3}
	}
	if _, database := errors.AsType[app.DatabaseError](err); database {
		return exitError{err, 4}
	}
	return err
}

// announce prints the next due dates and the mailbox, for whoever started the daemon by hand.
func (s *session) announce(in *app.Inputs) {
	today := calendar.DateOf(s.now)
	s.say("qixian %s", version())
	s.say(
		"catalogue: %d obligations, %d units; calendar known to %s",
		len(in.Plan.Catalogue.Obligations),
		len(in.Units()),
		lastKnown(in),
	)
	next, _ := in.Plan.Planner.Occurrences(today, today.AddDays(45)) // the pass tells of rules that cannot be reckoned
	if len(next) > 0 {
		s.say("due next:")
		for _, o := range next[:min(5, len(next))] {
			s.say("  %s  %s  %s", o.Due.Chinese(), o.Texts().Title, few(o.Answering, 2))
		}
	}
	switch in.Config.Mail.Transport {
	case "maildir":
		box := in.Config.Mail.Maildir
		if abs, err := filepath.Abs(box); err == nil {
			box = abs
		}
		s.say("mails go to: %s (a maildir: mutt -f %[1]s, or read the files in %[1]s/new)", box)
	default:
		s.say("mails go to: %s:%d (%s)", in.Config.Mail.SMTP.Host, in.Config.Mail.SMTP.Port, in.Config.Mail.SMTP.TLS)
	}
}

func lastKnown(in *app.Inputs) calendar.Date {
	_, last := in.Plan.Calendar.Coverage()
	return last
}

func newLogger(s *session, l configs.Log) *slog.Logger {
	return newLoggerAt(s, l.Format, app.LogLevel(l))
}

func newLoggerAt(s *session, format string, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: app.Discreet}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(s.err, options))
	}
	return slog.New(slog.NewTextHandler(s.err, options))
}

type reloadCmd struct {
	Pid int `required:"" help:"Process id of the daemon." placeholder:"PID"`
}

// patience is how long a reload may take: the largest catalogue loads in well under a second.
const patience = 30 * time.Second

// Run asks the daemon to reload and prints the problems that made it refuse, if there were any, or what takes a
// restart.
func (c *reloadCmd) Run(s *session) error {
	restart, err := app.SignalReload(s.ctx, s.source, c.Pid, patience)
	if len(restart) > 0 {
		s.note("qixian: reloaded, but these changes take a restart: %s", strings.Join(restart, ", "))
	}
	return err
}

// openDesk opens the database beside a daemon that may be running on it.
func (s *session) openDesk() (*app.Desk, error) {
	in, err := s.loadToDecide()
	if err != nil {
		return nil, err
	}
	return s.deskOn(in)
}

// loadToDecide loads what a decision stands on. While a file is bad nothing can be decided here: the plan in force is
// the daemon's alone.
func (s *session) loadToDecide() (*app.Inputs, error) {
	in, err := app.Load(s.source)
	if _, bad := errors.AsType[document.Problems](err); bad {
		s.note(
			"qixian: nothing is recorded, as what follows from it would be reckoned by files with mistakes; the daemon runs on by the files as they were:\n",
		)
	}
	return in, err
}

// openToLook opens the database for a command that only shows what is in it, which it does even while a file is bad:
// the warning says so. It returns by what it is read, too.
func (s *session) openToLook() (*app.Inputs, *app.Desk, error) {
	in, err := app.Load(s.source)
	if ps, bad := errors.AsType[document.Problems](err); bad {
		builtIn, kept, again := app.LoadBuiltIn(s.source)
		if again != nil {
			return nil, nil, err
		}
		s.note(
			"qixian: warning: %d problems in the files, which qixian check names; shown is what the database has, working days and units as built in\n",
			len(ps),
		)
		if !kept.IsZero() {
			s.note(
				"qixian: warning: as some are in %s itself, its settings are those the daemon kept on %s, by which it runs\n",
				s.source.ConfigFile,
				kept.In(calendar.Zone()).Format(time.DateTime),
			)
		}
		in, err = builtIn, nil
	}
	if err != nil {
		return nil, nil, err
	}
	desk, err := s.deskOn(in)
	return in, desk, err
}

func (s *session) deskOn(in *app.Inputs) (*app.Desk, error) {
	return app.OpenDesk(s.ctx, in, newLogger(s, configs.Log{Level: "warn"}))
}
