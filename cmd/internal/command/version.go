package command

import (
	"fmt"
	"runtime/debug"
)

type versionCmd struct{}

// Run prints the version that the build information names: the module's tag, or the commit it was built from.
func (c *versionCmd) Run(s *session) error {
	fmt.Fprintln(s.out, "qixian", version())
	return nil
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "", ""
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			revision = " " + setting.Value[:min(12, len(setting.Value))]
		case "vcs.modified":
			if setting.Value == "true" {
				dirty = "+changes"
			}
		}
	}
	return fmt.Sprintf("%s%s%s %s", info.Main.Version, revision, dirty, info.GoVersion)
}
