package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"syscall"
	"time"

	"qixian/rules/document"
	"qixian/scheduler"
)

// settingReload is where the daemon leaves word of its last reload, for `qixian reload` to read.
const settingReload = "reload"

// reloadOutcome is what a reload came to; no problems means that it was taken up.
type reloadOutcome struct {
	At       time.Time         `json:"at"`
	Problems document.Problems `json:"problems,omitempty"`
}

func (o reloadOutcome) record(ctx context.Context, s scheduler.Settings) error {
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("record reload: %w", err)
	}
	return s.SetSetting(ctx, settingReload, string(text))
}

// SignalReload asks the daemon with this process id to reload, and waits for its word: nil, or the problems it found. It reads of the
// configuration only where the database is, so that whatever else is wrong is for the daemon to find and to tell.
func SignalReload(ctx context.Context, s Source, pid int, patience time.Duration) error {
	hangUp := func() error {
		if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
			return fmt.Errorf("signal daemon %d: %w", pid, err)
		}
		return nil
	}
	cfg, err := Configure(s)
	if err != nil {
		return errors.Join(err, hangUp())
	}
	st, err := openStore(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	before, err := st.Setting(ctx, settingReload)
	if err == nil {
		err = hangUp()
	}
	if err == nil {
		err = awaitReload(ctx, st, before, patience)
	}
	return errors.Join(err, st.Close())
}

// awaitReload waits until the daemon leaves another word than the one before.
func awaitReload(ctx context.Context, s scheduler.Settings, before string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("the daemon has not answered within %s", patience)
		}
		after, err := s.Setting(ctx, settingReload)
		if err != nil || after == before {
			continue
		}
		var outcome reloadOutcome
		if err := json.Unmarshal([]byte(after), &outcome); err != nil {
			return fmt.Errorf("read outcome of the reload: %w", err)
		}
		return outcome.Problems.Err()
	}
}
