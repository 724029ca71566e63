package command

import (
	"qixian/cmd/internal/app"
)

type versionCmd struct{}

// Run prints the version that the build information names: the tag, or the commit and whether it was changed.
func (c *versionCmd) Run(s *session) error {
	s.say("qixian %s", version())
	return nil
}

func version() string {
	program, goVersion := app.Version()
	return program + " " + goVersion
}
