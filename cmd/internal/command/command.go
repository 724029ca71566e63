// Package command is the command line: it reads arguments, asks the app for what they name, and prints the answer.
//
// Exit codes: 0 good; 1 a problem in what the command was given (a file, a key, a date); 2 wrong usage. Of serve alone:
// 3 mistakes in the files and no last good ones to run on; 4 the database.
package command

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"qixian/cmd/internal/app"
	"qixian/rules/document"
)

// grammar is the whole command line, as kong reads it.
type grammar struct {
	Config   string `help:"Configuration file; without one the built-in defaults hold." env:"QIXIAN_CONFIG" placeholder:"FILE"`
	StateDir string `help:"Directory of the database and the mailbox, unless the configuration file names one; by default ./qixian-data." env:"STATE_DIRECTORY" placeholder:"DIR"`

	Serve       serveCmd       `cmd:"" help:"Run the daemon: track deadlines, send reminders."`
	Reload      reloadCmd      `cmd:"" help:"Make a running daemon read its files again, and wait for its word."`
	Check       checkCmd       `cmd:"" help:"Load everything a daemon would load and print every problem."`
	Obligations obligationsCmd `cmd:"" help:"List the obligations of the catalogue."`
	Agenda      agendaCmd      `cmd:"" help:"List every due date in a range, with its reminders."`
	Explain     explainCmd     `cmd:"" help:"Explain a deadline in Chinese: what was counted, what was skipped, and why."`
	Preview     previewCmd     `cmd:"" help:"Show every mail that would be sent in a range, without sending any."`
	Calendar    calendarCmd    `cmd:"" help:"Show a year of working days, or count with them."`
	Event       eventCmd       `cmd:"" help:"Record an event, or list those on record."`
	Done        doneCmd        `cmd:"" help:"Record that a deadline's duty is met."`
	Extend      extendCmd      `cmd:"" help:"Move an open deadline's due date."`
	Contact     contactCmd     `cmd:"" help:"List the units' mail addresses, or say that one works again."`
	Account     accountCmd     `cmd:"" help:"Make accounts for the office's side of the window."`
	Clock       clockCmd       `cmd:"" help:"Overrule that the clock is taken to be wrong."`
	Status      statusCmd      `cmd:"" help:"Show the open deadlines and the outbox."`
	Report      reportCmd      `cmd:"" help:"Write the report of a month or a year: in time, late, extended, open, not delivered."`
	Backup      backupCmd      `cmd:"" help:"Write everything in the database to a file, while the daemon runs or not."`
	Restore     restoreCmd     `cmd:"" help:"Fill an empty database, of either kind, from a backup."`
	Key         keyCmd         `cmd:"" help:"Show or change the signing key that the database is of."`
	Mail        mailCmd        `cmd:"" help:"Try the mail transport."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

// session is what a command is handed: its streams, the moment it was called, and where the configuration is.
type session struct {
	ctx      context.Context
	in       io.Reader
	out, err io.Writer // screens
	raw      io.Writer // standard output itself, for what is no text
	now      time.Time
	source   app.Source
	named    bool // whether a flag or the environment names source; otherwise it is this directory's default
}

// Main runs one command line and returns the exit code.
func Main(args []string, in io.Reader, stdout, stderr io.Writer) int {
	out, errOut := &screen{w: stdout}, &screen{w: stderr}
	var g grammar
	exit := -1
	parser, err := kong.New(
		&g,
		kong.Name("qixian"),
		kong.Description(
			"Qixian (期限) turns the obligations of a government-openness task table into working-day-aware deadlines and mails the units that must act.",
		),
		kong.UsageOnError(),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		sayTo(errOut, "qixian: %v", err)
		return 2
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(brief)
	}
	call, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		hint := "qixian --help"
		if slices.Contains(args, "calendar") && strings.Contains(err.Error(), "unknown flag -") {
			hint = "qixian calendar add -- DATE -N, which counts back"
		}
		sayTo(errOut, "qixian: %v\nTry: %s", err, hint)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := &session{
		ctx:    ctx,
		in:     in,
		out:    out,
		err:    errOut,
		raw:    stdout,
		now:    time.Now(), //nolint:forbidigo // a command reads its moment here and hands it down
		source: app.Source{ConfigFile: g.Config, StateDir: cmp.Or(g.StateDir, "qixian-data")},
		named:  g.Config != "" || g.StateDir != "",
	}
	return s.exitCode(call.Run(s))
}

// brief is how much garbage may lie about, in percent of what is in use: a command is over before collecting it would
// have paid. A daemon, once it has loaded, thinks otherwise.
const brief = 400

// errReported ends a command whose problems are printed already.
var errReported = errors.New("problems were reported")

// usageError is an argument that is well formed for the parser but not for the command.
type usageError struct{ error }

// exitError is an error with an exit code of its own.
type exitError struct {
	error
	code int
}

func (e exitError) Unwrap() error { return e.error }

func (s *session) exitCode(err error) int {
	if own, ok := errors.AsType[exitError](err); ok {
		s.exitCode(own.error)
		return own.code
	}
	var usage usageError
	var problems document.Problems
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.As(err, &usage):
		s.note("qixian: %v", usage.error)
		return 2
	case errors.As(err, &problems):
		for _, p := range problems {
			s.note("%s", p.Error())
		}
		return 1
	default:
		s.note("qixian: %v", err)
		return 1
	}
}
