package app

import (
	"log/slog"

	"github.com/coreos/go-systemd/v22/daemon"
)

// systemd tells the service manager how the daemon is (sd_notify(3)). Where there is none it says nothing.
type systemd struct{ log *slog.Logger }

func newSystemd(log *slog.Logger) systemd { return systemd{log} }

func (s systemd) ready()    { s.notify(daemon.SdNotifyReady) }
func (s systemd) stopping() { s.notify(daemon.SdNotifyStopping) }
func (s systemd) watchdog() { s.notify(daemon.SdNotifyWatchdog) }

// reloading carries the monotonic time, without which a newer manager does not take the word.
func (s systemd) reloading() {
	s.notify(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
}

func (s systemd) notify(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.log.Warn("service manager not told", "state", state, "error", err)
	}
}
