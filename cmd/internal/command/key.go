package command

import (
	"time"

	"qixian/cmd/internal/app"
)

type keyCmd struct {
	Show  keyShowCmd  `cmd:"" help:"Print the fingerprints of this host's signing key and of the one that the database is of."`
	Adopt keyAdoptCmd `cmd:"" help:"Make the database that of this host's signing key: what the old one has signed ends."`
}

type keyShowCmd struct{}

// Run prints fingerprints, which tell nothing of the keys.
func (c *keyShowCmd) Run(s *session) error {
	keys, err := app.SigningKeys(s.ctx, s.source)
	if err != nil {
		return err
	}
	word := func(fingerprint string) string {
		if fingerprint == "" {
			return "none yet"
		}
		return fingerprint
	}
	s.say("this host: %s", word(keys.Host))
	s.say("database:  %s", word(keys.Database))
	return nil
}

type keyAdoptCmd struct {
	Reason string `required:"" help:"Why; kept for good." placeholder:"TEXT"`
	By     string `help:"Who says so." env:"SUDO_USER,USER" default:"cli"`
}

// Run takes this host's key into use.
func (c *keyAdoptCmd) Run(s *session) error {
	adopted, alive, err := app.AdoptKey(s.ctx, s.source, s.now, app.Adoption{By: c.By, Reason: c.Reason})
	if err != nil {
		return err
	}
	if !adopted {
		s.say("the database is that of this key already")
		return nil
	}
	s.say("adopted")
	for _, d := range alive {
		s.say("a daemon runs on %s since %s and stops writing within a minute: restart it with this key",
			d.Host, d.Started.Format(time.DateTime))
	}
	return nil
}
