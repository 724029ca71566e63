package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"qixian/configs"
	"qixian/notify"
	"qixian/rules/document"
)

// reloadFile is where, in its state directory, a daemon leaves word of its last reload for `qixian reload` to read. It
// is no setting of the database, as `qixian reload` may be unable to read the database's password, and another daemon
// may share that database.
const reloadFile = "reload.json"

// reloadOutcome is what a reload came to; no problems means that it was taken up.
type reloadOutcome struct {
	Pid      int               `json:"pid"`
	Reloads  int               `json:"reloads"` // since the daemon started
	At       time.Time         `json:"at"`
	Problems document.Problems `json:"problems,omitempty"`
	Restart  []string          `json:"restart,omitempty"` // keys whose change waits for a restart
}

func (o reloadOutcome) record(stateDir string) error {
	text, err := json.Marshal(o)
	if err == nil {
		err = replaceFile(filepath.Join(stateDir, reloadFile), text)
	}
	if err != nil {
		return fmt.Errorf("record reload: %w", err)
	}
	return nil
}

func readOutcome(stateDir string) (o reloadOutcome, err error) {
	data, err := document.Read(filepath.Join(stateDir, reloadFile))
	if err == nil {
		err = json.Unmarshal(data, &o)
	}
	return o, err
}

// Refused returns how many mistakes the files had that the daemon on this state directory refused last: it runs on
// older ones. 0: none runs, or on those that are there.
func Refused(s Source) int {
	cfg, _ := Configure(s) // of which the state directory is known, whatever else is wrong
	o, err := readOutcome(cfg.StateDir)
	if running, _ := isLocked(cfg.StateDir); err != nil || !running {
		return 0
	}
	return len(o.Problems)
}

// replaceFile writes a file of the state directory whole, for its owner alone: a reader finds what was there or what is
// there now.
func replaceFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, handOver(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// SignalReload asks the daemon with this process id to reload, and waits for its word: the problems it found, or the
// keys whose change waits for a restart. It reads of the configuration only where the state directory is: whatever else
// is wrong is for the daemon to find and to tell. Where another daemon is known to run there it does not signal: SIGHUP
// ends most programs. It makes nothing.
func SignalReload(ctx context.Context, s Source, pid int, patience time.Duration) (restart []string, err error) {
	cfg, configErr := Configure(s)
	before, noWord := readOutcome(cfg.StateDir)
	if running, _ := isLocked(cfg.StateDir); running && noWord == nil && !isProcess(pid, before.Pid) {
		return nil, fmt.Errorf(
			"process %d is not the daemon of the state directory %s%s; that is %d",
			pid,
			cfg.StateDir,
			named(s),
			before.Pid,
		)
	}
	signalled := clock()
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		return nil, fmt.Errorf("signal daemon %d: %w", pid, err)
	}
	switch {
	case noWord != nil && configErr != nil:
		return nil, configErr
	case errors.Is(noWord, fs.ErrNotExist):
		return nil, fmt.Errorf(
			"the daemon was signalled, but its word cannot be awaited: no daemon has left any in the state directory %s%s",
			cfg.StateDir,
			named(s),
		)
	case noWord != nil:
		return nil, fmt.Errorf("the daemon was signalled, but its word cannot be awaited: %w", noWord)
	}
	outcome, err := awaitReload(ctx, cfg.StateDir, signalled, patience)
	if err != nil {
		return nil, fmt.Errorf("%w; it was looked for in the state directory %s%s", err, cfg.StateDir, named(s))
	}
	return outcome.Restart, outcome.Problems.Err()
}

// isProcess reports whether a process is the one that calls itself self: a daemon in a container knows itself by
// another number than those outside.
func isProcess(pid, self int) bool {
	if pid == self {
		return true
	}
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(status)) {
		if ids, ok := strings.CutPrefix(line, "NSpid:"); ok {
			return slices.Contains(strings.Fields(ids), strconv.Itoa(self))
		}
	}
	return false
}

// named says by what a state directory was named.
func named(s Source) string {
	if s.ConfigFile == "" {
		return ", the default as no configuration was named; give the daemon's with --config"
	}
	return ", which " + s.ConfigFile + " names"
}

// awaitReload waits until the daemon leaves word of a reload that began after it was signalled: one that somebody else
// has asked for, before, may have read other files.
func awaitReload(
	ctx context.Context,
	stateDir string,
	signalled time.Time,
	patience time.Duration,
) (reloadOutcome, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return reloadOutcome{}, fmt.Errorf("the daemon has not answered within %s", patience)
		}
		after, err := readOutcome(stateDir)
		if err == nil && after.Reloads > 0 && !after.At.Before(signalled) {
			return after, nil
		}
	}
}

// Reload reads every file again. All of it is loaded and checked first, then swapped as a whole; with a mistake
// anywhere the old plan runs on, and the log, the word left for `qixian reload` and one mail to the office say so.
func (d *Daemon) Reload(ctx context.Context, now time.Time) {
	loaded, err := d.reload()
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.mayWrite(ctx) // which is logged, and told to whoever asks how the daemon is
	d.outcome = reloadOutcome{Pid: os.Getpid(), Reloads: d.outcome.Reloads + 1, At: now}
	if err == nil {
		d.adopt(loaded)
		d.outcome.Restart = loaded.restart
	} else {
		d.watch.metrics.refusedReload()
		d.log.Error("reload refused, the old plan runs on", "error", err)
		gather(&d.outcome.Problems, err)
		if d.watch.disowned() != nil {
			d.log.Warn("office not told of the refused reload")
		} else if told := d.desk.Scheduler.ReportTrouble(ctx, now, d.outcome.Problems); told != nil {
			d.log.Error("office not told of the refused reload", "error", told)
		}
	}
	if recorded := d.outcome.record(d.started.StateDir); recorded != nil {
		d.log.Error("outcome of the reload not recorded", "error", recorded)
	}
	nudge(d.wake)
}

// reloaded is everything that a reload swaps, built and checked.
type reloaded struct {
	inputs     *Inputs
	transports []notify.Transport
	restart    []string // keys that stay as they were at the start
}

// reload loads, and outlives a panic that a file has brought about.
func (d *Daemon) reload() (r reloaded, err error) {
	defer outlive(d.log, &err)
	cfg, err := Configure(d.source)
	var ps document.Problems
	gather(&ps, err)
	r.restart = append(cfg.Keep(d.started), d.keyFile()...)
	if r.inputs, err = load(cfg, ps, nil); err != nil {
		return r, err
	}
	r.transports, err = openTransports(r.inputs.Config, d.signer)
	return r, err
}

// adopt puts what was loaded in the place of what runs.
func (d *Daemon) adopt(r reloaded) {
	d.inputs = r.inputs
	cfg := r.inputs.Config
	d.desk.Scheduler.Reconfigure(schedulerOptions(r.inputs, nil, nil))
	for i, t := range r.transports {
		d.transports[i].next.Store(&t)
	}
	if d.links != nil {
		d.links.Hold(cfg.Web.LinkDays)
	}
	d.window.reload(r.inputs)
	d.level.Set(LogLevel(cfg.Log))
	d.keep()
	d.dispatcher.Resume() // the reload may have brought what the mail server wanted
	nudge(d.look)
	d.watch.metrics.loaded(r.inputs)
	if len(r.restart) > 0 {
		d.log.Warn("reloaded, but for changes that take a restart", "keys", strings.Join(r.restart, " "))
	}
	d.log.Info("reloaded", "obligations", len(r.inputs.Plan.Catalogue.Obligations), "plan", r.inputs.Plan.Fingerprint)
}

// LogLevel returns how much is logged.
func LogLevel(l configs.Log) slog.Level {
	return map[string]slog.Level{"debug": slog.LevelDebug, "warn": slog.LevelWarn, "error": slog.LevelError}[l.Level]
}
