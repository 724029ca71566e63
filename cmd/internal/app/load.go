// Package app wires the program together: it loads what the configuration names, opens the store and the transport, and
// runs the daemon. It is the only package, with the command line above it, that knows all the others.
package app

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"qixian/configs"
	"qixian/notify/compose"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/rules/document"
	"qixian/scheduler"
	"qixian/seeds"
)

// Source says where the configuration comes from.
type Source struct {
	ConfigFile string // empty: the built-in defaults
	StateDir   string // of the built-in defaults; a configuration file may name another
}

// Inputs is everything that an administrator can edit, read and checked: what a reload swaps.
type Inputs struct {
	Config   configs.Config
	Plan     *scheduler.Plan
	Accounts map[string]string // who may sign in at the office's side of the window, name to hash
	// Warnings are what a daemon lives with, but an administrator should look at: check says them and is content. Such
	// are a unit without an address, a year without a calendar, what is lawful but not likely meant.
	Warnings document.Problems
}

// Load reads the configuration and every file it names. The error is document.Problems: all mistakes of all files at
// once, and nothing half applied.
func Load(s Source) (*Inputs, error) {
	var ps document.Problems
	cfg, err := Configure(s)
	gather(&ps, err)
	return load(cfg, ps, nil)
}

// LoadBuiltIn reads the configuration and, in place of every file it names, what is built in, so that the database can
// be looked at while a file is bad. By such a plan nothing is to be decided. Every unit counts as reachable, as the
// contacts are not read. Where the configuration itself has mistakes, that of the daemon's last good load takes its
// place, and kept is when that was; without one the error is those mistakes.
func LoadBuiltIn(s Source) (in *Inputs, kept time.Time, err error) {
	cfg, err := Configure(s)
	if err != nil {
		g, noCopy := readLastGood(cfg)
		if noCopy != nil {
			return nil, kept, err
		}
		cfg, kept = g.Config, g.Kept
	}
	cfg.Seeds, cfg.Overrides, cfg.Calendar, cfg.Contacts, cfg.Mail.Templates, cfg.Web.Accounts = "", "", "", "", "", ""
	in, err = load(cfg, nil, &Contacts{invent: true})
	return in, kept, err
}

// load reads every file that the configuration names, the contacts only if none are given.
func load(cfg configs.Config, ps document.Problems, given *Contacts) (*Inputs, error) {
	in := &Inputs{Config: cfg}
	ps = append(ps, guardFiles(cfg)...)
	for _, dir := range []*string{&cfg.Seeds, &cfg.Calendar, &cfg.Overrides, &cfg.Mail.Templates} {
		if info, err := os.Stat(*dir); len(ps) > 0 && (err != nil || !info.IsDir()) {
			*dir = "" // told already, and what would follow from it is no mistake of its own
		}
	}
	var (
		cal                     *calendar.Calendar
		warnings                []document.Problem
		composer                *compose.Composer
		calendarErr, composeErr error
		beside                  sync.WaitGroup // of the catalogue, which takes as long as both
	)
	beside.Go(func() { cal, warnings, calendarErr = loadCalendar(cfg) })
	beside.Go(func() {
		composer, composeErr = compose.New(
			compose.Options{Templates: templates(cfg), Replies: cfg.Mail.Inbox.Host != ""},
		)
	})
	catalogue, err := rules.Load(layers(cfg)...)
	beside.Wait()
	gather(&ps, calendarErr)
	gather(&ps, err)
	if composeErr != nil {
		ps.Add(document.Position{File: cfg.Mail.Templates}, "%v", composeErr)
	}
	contacts, err := loadContacts(cfg, catalogue)
	gather(&ps, err)
	if given != nil {
		contacts = *given
	}
	in.Accounts, err = loadAccounts(cfg)
	gather(&ps, err)
	switch office, ok := catalogue.Canonical(cfg.Office); {
	case !ok:
		ps.Add(
			cfg.At("office"),
			"office: unknown unit %q%s",
			cfg.Office,
			document.DidYouMean(cfg.Office, units(catalogue)),
		)
	case catalogue.Units[office].Group:
		ps.Add(cfg.At("office"), "office: %s is a group; name one unit", cfg.Office)
	default:
		in.Config.Office = office
		if len(contacts.Addresses(office)) == 0 {
			ps.Add(
				contactsAt(cfg),
				"the office, %s, has no address: nobody could be told of what cannot be delivered",
				office,
			)
		}
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	if !cfg.Additions {
		catalogue.DisableAdditions("配置 additions: false，不采用本目录增列事项")
	}
	in.Plan = &scheduler.Plan{
		Catalogue: catalogue,
		Planner: rules.NewPlanner(
			catalogue,
			cal,
			rules.Options{DigestAt: &cfg.Hours.Digest, TableYears: cfg.TableYears},
		),
		Calendar:    cal,
		Contacts:    contacts,
		Composer:    composer,
		Fingerprint: fingerprint(catalogue, cal, cfg),
	}
	in.Warnings = slices.Concat(in.findings(), proxyFindings(cfg), warnings)
	if seeds := cfg.Seeds; seeds != "" && !hasDuties(catalogue, seeds) {
		in.Warnings.Add(
			document.Position{File: seeds},
			"no obligation stands here, so that nothing falls due but what overrides add",
		)
	}
	return in, nil
}

// hasDuties reports whether an obligation is set in a directory.
func hasDuties(c *rules.Catalogue, dir string) bool {
	return slices.ContainsFunc(c.Obligations, func(o *rules.Obligation) bool {
		for _, at := range o.Origin {
			if strings.HasPrefix(at.File, dir) {
				return true
			}
		}
		return false
	})
}

// Configure reads the configuration alone.
func Configure(s Source) (configs.Config, error) {
	if s.ConfigFile == "" {
		cfg := configs.Default(s.StateDir)
		cfg.ResolveState()
		return cfg, nil
	}
	return configs.Load(s.ConfigFile, s.StateDir)
}

// gather collects the problems in err; an error of another kind becomes a problem without a place.
func gather(ps *document.Problems, err error) {
	var more document.Problems
	switch {
	case err == nil:
	case errors.As(err, &more):
		*ps = append(*ps, more...)
	default:
		ps.Add(document.Position{}, "%v", err)
	}
}

// loadCalendar lays the years of a seeds directory and of the calendar directory over the embedded ones.
func loadCalendar(cfg configs.Config) (*calendar.Calendar, []document.Problem, error) {
	var layers []calendar.Layer
	for _, dir := range calendarDirs(cfg) {
		if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
			continue // a directory of seeds may have no calendar
		}
		layers = append(layers, calendar.Layer{Name: dir, FS: directory(dir)})
	}
	return calendar.Load(seeds.Calendar(), ".", layers...)
}

func calendarDirs(cfg configs.Config) []string {
	dirs := []string{}
	if cfg.Seeds != "" {
		dirs = append(dirs, filepath.Join(cfg.Seeds, "calendar"))
	}
	if cfg.Calendar != "" {
		dirs = append(dirs, cfg.Calendar)
	}
	return dirs
}

func layers(cfg configs.Config) []rules.Layer {
	base := rules.Layer{Name: "seeds", FS: seeds.Catalogue()}
	if cfg.Seeds != "" {
		base = rules.Layer{Name: cfg.Seeds, FS: withoutCalendar{directory(cfg.Seeds)}}
	}
	if cfg.Overrides == "" {
		return []rules.Layer{base}
	}
	return []rules.Layer{base, {Name: cfg.Overrides, FS: directory(cfg.Overrides), Override: true}}
}

func templates(cfg configs.Config) fs.FS {
	if cfg.Mail.Templates == "" {
		return nil
	}
	return directory(cfg.Mail.Templates)
}

// findings lists what is lawful but wants an administrator's eye.
func (in *Inputs) findings() document.Problems {
	var ps document.Problems
	_, last := in.Plan.Calendar.Coverage()
	for i, year := range in.Config.TableYears {
		if calendar.NewDate(year, time.December, 28).After(last) {
			ps.Add(
				in.Config.TableYearsAt[i],
				"table_years: %d has no calendar: its notice is not loaded (known to %s); its dates are provisional",
				year,
				last,
			)
		}
	}
	in.checkReplies(&ps)
	if at := in.Config.Watch.Listen; at != "" && !loopback(at) {
		ps.Add(
			document.Position{File: in.Config.File},
			"watch.listen: %s can be reached from other hosts, and asks nobody who they are; want 127.0.0.1",
			at,
		)
	}
	if in.Config.Mail.Transport == "smtp" {
		without := slices.DeleteFunc(in.Units(), func(unit string) bool {
			return len(in.Plan.Contacts.Addresses(unit)) > 0
		})
		switch n := len(without); n {
		case 0:
		case 1:
			ps.Add(contactsAt(in.Config), "unit %s has no address: its mail goes to %s", without[0], in.Config.Office)
		default:
			ps.Add(
				contactsAt(in.Config),
				"%d units have no address: their mail goes to %s: %s",
				n,
				in.Config.Office,
				document.Join(without, ", "),
			)
		}
	}
	return ps
}

// Units returns the units, groups left out, by name.
func (in *Inputs) Units() []string { return units(in.Plan.Catalogue) }

func units(c *rules.Catalogue) []string {
	var names []string
	for name, u := range c.Units {
		if !u.Group {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Unit returns the canonical name of a unit, or an error that names the nearest one.
func (in *Inputs) Unit(name string) (string, error) {
	if canonical, ok := in.Plan.Catalogue.Canonical(name); ok {
		return canonical, nil
	}
	return "", fmt.Errorf("unknown unit %q%s", name, document.DidYouMean(name, in.Units()))
}

// Event returns e with its unit's canonical name and its subjects settled, or an error that names the nearest trigger
// or unit, or the subjects to choose from.
func (in *Inputs) Event(e rules.Event) (rules.Event, error) {
	err := in.CheckTrigger(e.Trigger)
	if e.Unit != "" {
		unit, unitErr := in.Unit(e.Unit)
		e.Unit, err = unit, errors.Join(err, unitErr)
	}
	if err != nil {
		return e, err
	}
	return in.Plan.Planner.Settle(e)
}

// CheckTrigger returns an error that names the nearest trigger if there is none of this name.
func (in *Inputs) CheckTrigger(name string) error {
	triggers := in.Plan.Catalogue.Triggers
	if _, ok := triggers[name]; ok || strings.HasPrefix(name, "done:") {
		return nil
	}
	return fmt.Errorf("unknown trigger %q%s", name, document.DidYouMean(name, slices.Sorted(maps.Keys(triggers))))
}

// fingerprint tells two plans apart: by the rules, the calendar, and what of the configuration moves a due date or a
// reminder.
func fingerprint(c *rules.Catalogue, cal *calendar.Calendar, cfg configs.Config) string {
	h := sha256.New()
	fmt.Fprintln(h, cal.Version(), c.Year, cfg.TableYears, cfg.Hours)
	for _, name := range slices.Sorted(maps.Keys(c.Units)) {
		fmt.Fprintln(h, name, c.Units[name].Members)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Triggers)) {
		fmt.Fprintln(h, name, c.Triggers[name].Parts)
	}
	for _, o := range c.Obligations {
		lead, responsible := c.Expand(o.Lead, calendar.Date{}), c.Expand(o.Responsible, calendar.Date{})
		for _, r := range o.Rules {
			fmt.Fprintln(h, r.ID, o.Per, o.Answers, o.Disabled, r.Fingerprint(lead, responsible))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// contactsAt is where a missing contact is to be added.
func contactsAt(cfg configs.Config) document.Position {
	if cfg.Contacts == "" {
		return document.Position{File: cfg.File}
	}
	return document.Position{File: cfg.Contacts}
}
