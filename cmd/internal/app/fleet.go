package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"qixian/scheduler"
)

// Version returns what the build information names: the tag, or the commit and whether it was changed; and Go's
// version.
func Version() (program, goVersion string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", "unknown"
	}
	return info.Main.Version, info.GoVersion
}

// built returns when the program was made, as the build information has it: the time of its last commit. It is the zero
// time where that was not known to the compiler.
func built() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			at, _ := time.Parse(time.RFC3339, s.Value) // what cannot be read is not known
			return at
		}
	}
	return time.Time{}
}

// register is the store as the fleet needs it.
type register interface {
	Beat(ctx context.Context, d scheduler.Daemon) error
	Leave(ctx context.Context, owner string) error
	Daemons(ctx context.Context) ([]scheduler.Daemon, error)
}

// fleet is this daemon's place among those that share its database.
type fleet struct {
	store register
	log   *slog.Logger
	self  scheduler.Daemon
	told  string // what was last logged of the others
}

func newFleet(store register, owner string, now time.Time, log *slog.Logger) *fleet {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	version, _ := Version()
	return &fleet{
		store: store,
		log:   log,
		self:  scheduler.Daemon{Owner: owner, Host: host, Version: version, Started: now},
	}
}

// beat notes that this daemon lives and which plan it works by, and says aloud where the others have another: two plans
// would move due dates back and forth, at each start and reload of one of them.
func (f *fleet) beat(ctx context.Context, now time.Time, plan string) error {
	f.self.Plan, f.self.Seen = plan, now
	if err := f.store.Beat(ctx, f.self); err != nil {
		return err
	}
	ds, err := f.store.Daemons(ctx)
	if err != nil {
		return err
	}
	said := differences(ds, now)
	if said != "" && said != f.told {
		f.log.Warn(
			"daemons on this database differ in plan or version: give them one configuration, or due dates move back and forth",
			"daemons",
			said,
		)
	}
	f.told = said
	return nil
}

// differences lists the running daemons if they do not all work alike.
func differences(ds []scheduler.Daemon, now time.Time) string {
	if f := scheduler.Muster(ds, now); f.Plans <= 1 && f.Versions <= 1 {
		return ""
	}
	var running []string
	for _, d := range ds {
		if d.Alive(now) {
			running = append(running, fmt.Sprintf("%s plan %s version %s", d.Host, d.Plan, d.Version))
		}
	}
	return strings.Join(running, "; ")
}

// leave says goodbye, so that nobody waits for this daemon. It is a courtesy: without it the others take it for silent.
func (f *fleet) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), roundTripPatience)
	defer cancel()
	if err := f.store.Leave(ctx, f.self.Owner); err != nil {
		f.log.Warn("daemon not signed off", "error", err)
	}
}
