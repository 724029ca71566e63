package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"qixian/configs"
	"qixian/rules/document"
)

// healthFile is where, in its state directory, a daemon leaves word of how it is.
const healthFile = "health"

// health is that word.
type health struct {
	At    time.Time `json:"at"`
	Wrong string    `json:"wrong,omitempty"` // empty: nothing
}

// leaveHealth puts down how the daemon is at now: the whole word, or the one before.
func leaveHealth(dir string, now time.Time, wrong error) error {
	h := health{At: now}
	if wrong != nil {
		h.Wrong = wrong.Error()
	}
	text, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("leave word of health: %w", err)
	}
	path := filepath.Join(dir, healthFile)
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("leave word of health: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("leave word of health: %w", err)
	}
	return nil
}

// forgetHealth takes away the word of the daemon before.
func forgetHealth(dir string) error {
	if err := os.Remove(filepath.Join(dir, healthFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget word of health: %w", err)
	}
	return nil
}

// Ping returns nil if a daemon runs on the configuration's state directory and has said within the last minutes that it
// is well. It reads nothing but where that directory is, and what is in it, and makes nothing.
func Ping(s Source, now time.Time) error {
	cfg, wrong := Configure(s) // a daemon that runs is well whatever has been done to the file since
	if err := configs.Guard(cfg.StateDir, configs.Writing); err != nil {
		return fmt.Errorf("%s: %w", cfg.StateDir, err)
	}
	switch locked, err := isLocked(cfg.StateDir); {
	case err != nil:
		return err
	case !locked:
		var ps document.Problems
		gather(&ps, wrong)
		gather(&ps, fmt.Errorf(
			"no daemon runs on %s; name its configuration with --config, or its directory with --state-dir",
			cfg.StateDir,
		))
		return ps.Err()
	}
	text, err := os.ReadFile(filepath.Join(cfg.StateDir, healthFile))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the daemon is starting: its first pass has not ended")
	}
	if err != nil {
		return fmt.Errorf("read health: %w", err)
	}
	var h health
	if err := json.Unmarshal(text, &h); err != nil {
		return fmt.Errorf("read health: %w", err)
	}
	switch {
	case now.Sub(h.At).Abs() > tickPatience:
		return fmt.Errorf("the daemon has said nothing of itself since %s", h.At.Format(time.DateTime))
	case h.Wrong != "":
		return fmt.Errorf("the daemon is not well: %s", h.Wrong)
	}
	return nil
}

// isLocked reports whether a daemon holds the lock of a state directory. It takes the lock for a moment where none
// does, which lockDirectory waits for.
func isLocked(dir string) (bool, error) {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a daemon: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, f.Close()
	}
	if err != nil {
		err = fmt.Errorf("look for a daemon: %w", err)
	}
	return false, errors.Join(err, f.Close())
}

// leaveWord tells whoever asks by `status --ping` how the daemon is.
func (d *Daemon) leaveWord(ctx context.Context) {
	d.health.Lock()
	defer d.health.Unlock()
	wrong := d.watch.well(ctx)
	if ctx.Err() != nil {
		return // it is being stopped
	}
	d.ill = wrong != nil
	if err := leaveHealth(d.started.StateDir, clock(), wrong); err != nil {
		d.log.Error("health not told", "error", err)
	}
}

// wordAfterDrain is leaveWord for the moments between ticks: only what may have got better or worse is told at once.
func (d *Daemon) wordAfterDrain(ctx context.Context, err error) {
	d.health.Lock()
	ill := d.ill
	d.health.Unlock()
	if ill || err != nil {
		d.leaveWord(ctx)
	}
}
