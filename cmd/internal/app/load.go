// Package app wires the program together: it loads what the configuration names, opens the store and the transport, and runs the
// daemon. It is the only package, with the command line above it, that knows all the others.
package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
	Contacts Contacts
	Composer *compose.Composer
	// Findings are what check reports and the daemon lives with: a unit without an address, a year without a calendar.
	Findings document.Problems
}

// Load reads the configuration and every file it names. The error is document.Problems: all mistakes of all files at once, and
// nothing half applied.
func Load(s Source) (*Inputs, error) {
	var ps document.Problems
	cfg, err := configure(s)
	gather(&ps, err)
	in := &Inputs{Config: cfg}

	cal, warnings, err := calendar.Load(calendarFiles(cfg), ".")
	gather(&ps, err)
	catalogue, err := rules.Load(layers(cfg)...)
	gather(&ps, err)
	composer, err := compose.New(compose.Options{Templates: templates(cfg)})
	gather(&ps, err)
	if err := ps.Err(); err != nil {
		return nil, err
	}

	in.Contacts, err = loadContacts(cfg, catalogue)
	gather(&ps, err)
	if _, ok := catalogue.Canonical(cfg.Office); !ok {
		ps.Add(document.Position{File: cfg.File}, "office: unknown unit %q", cfg.Office)
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	in.Composer = composer
	in.Plan = scheduler.NewPlan(catalogue, cal, rules.Options{DigestAt: cfg.Hours.Digest, TableYears: cfg.TableYears})
	in.Findings = append(warnings, in.findings()...)
	return in, nil
}

func configure(s Source) (configs.Config, error) {
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

func calendarFiles(cfg configs.Config) fs.FS {
	files := seeds.Calendar()
	if cfg.Seeds != "" {
		files = os.DirFS(filepath.Join(cfg.Seeds, "calendar"))
	}
	if cfg.Calendar != "" {
		files = overlay{os.DirFS(cfg.Calendar), files}
	}
	return files
}

func layers(cfg configs.Config) []rules.Layer {
	base := rules.Layer{Name: "seeds", FS: seeds.Catalogue()}
	if cfg.Seeds != "" {
		base = rules.Layer{Name: cfg.Seeds, FS: withoutCalendar{os.DirFS(cfg.Seeds)}}
	}
	if cfg.Overrides == "" {
		return []rules.Layer{base}
	}
	return []rules.Layer{base, {Name: cfg.Overrides, FS: os.DirFS(cfg.Overrides), Override: true}}
}

func templates(cfg configs.Config) fs.FS {
	if cfg.Mail.Templates == "" {
		return nil
	}
	return os.DirFS(cfg.Mail.Templates)
}

// findings lists what is lawful but wants an administrator's eye.
func (in *Inputs) findings() document.Problems {
	var ps document.Problems
	at := document.Position{File: in.Config.File}
	_, last := in.Plan.Calendar.Coverage()
	for _, year := range in.Config.TableYears {
		if calendar.NewDate(year, time.December, 28).After(last) {
			ps.Add(at, "table_years: %d has no calendar: its notice is not loaded (known to %s); its dates are provisional", year, last)
		}
	}
	if in.Config.Mail.Transport == "smtp" {
		for _, unit := range in.Plan.Units() {
			if len(in.Contacts.Addresses(unit)) == 0 {
				ps.Add(document.Position{File: in.Config.Contacts}, "unit %s has no address: its mail goes to %s", unit, in.Config.Office)
			}
		}
	}
	return ps
}
