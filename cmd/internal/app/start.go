package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"qixian/configs"
	"qixian/notify"
	"qixian/rules/document"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// DatabaseError says that a daemon could not start for its database.
type DatabaseError struct{ error }

// Unwrap returns what is wrong with it.
func (e DatabaseError) Unwrap() error { return e.error }

// NewDaemon loads and opens everything that Run needs; what it has opened is closed again if it fails. With mistakes in
// the files it runs on those of the last good load; the error is document.Problems where there are none. A reload sets
// level, which is log's.
func NewDaemon(ctx context.Context, s Source, log *slog.Logger, level *slog.LevelVar) (*Daemon, error) {
	in, broken, err := loadToRun(s, log)
	if err != nil {
		return nil, err
	}
	level.Set(LogLevel(in.Config.Log))
	for _, finding := range in.Warnings {
		log.Warn("configuration wants attention", "at", finding.String(), "finding", finding.Message)
	}
	if err := guard(in.Config); err != nil {
		return nil, err
	}
	unlock, err := lockDirectory(in.Config.StateDir)
	if err != nil {
		return nil, err
	}
	if err := forgetHealth(in.Config.StateDir); err != nil {
		return nil, errors.Join(err, unlock())
	}
	signer, err := signer(in.Config)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	links, err := linkMaker(in.Config)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	wake := make(chan struct{}, 1)
	st, err := makeStore(ctx, in.Config, log)
	if err != nil {
		return nil, errors.Join(DatabaseError{err}, unlock())
	}
	desk, err := newDesk(in, writing{signer: signer, links: links, promised: func(l scheduler.Letter) {
		log.Debug("message promised", "message", l.Message.Key)
		nudge(wake) // while the others are promised, this one can be sent
	}}, st, log)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	d := &Daemon{
		source:  s,
		started: in.Config,
		log:     log,
		level:   level,
		desk:    desk,
		unlock:  unlock,
		inputs:  in,
		wake:    wake,
		look:    make(chan struct{}, 1),
		system: newSystemd(
			log,
		),
		signer:  signer,
		links:   links,
		outcome: reloadOutcome{Pid: os.Getpid(), Problems: broken},
		ill:     true,
	}
	d.memory.work()
	if err := desk.store.HoldKey(ctx, signer.KeyFingerprint()); err != nil {
		return nil, errors.Join(unheld(in.Config, err), d.Close())
	}
	transports, err := openTransports(in.Config, signer)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	for i, t := range transports {
		d.transports = append(d.transports, &replaceable{Transport: t})
		transports[i] = d.transports[i]
	}
	if d.inbox, err = openInbox(in.Config, signer, desk, log); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	owner, err := owner(in.Config.StateDir)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if d.watch, err = newWatch(ctx, in.Config, desk.store, log); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if d.window, err = openWindow(
		ctx,
		in,
		s,
		desk,
		links,
		func() { nudge(wake) },
		d.watch,
		log,
	); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.watch.metrics.loaded(in)
	d.fleet = newFleet(desk.store, owner, clock(), log)
	// One write before anything else: a server that takes none is told of now, not by the first reminder.
	if err := d.fleet.beat(ctx, clock(), in.Plan.Fingerprint); err != nil {
		return nil, errors.Join(DatabaseError{fmt.Errorf("try to write to the database: %w", err)}, d.Close())
	}
	// The lock says that no other process is this owner: what it had in its hands when it died is free at once.
	d.dispatcher = notify.NewDispatcher(notify.Options{
		Outbox: watched{desk.store, d.watch}, Transports: transports, Owner: owner, Logger: log,
		ResendUncertainAfter: in.Config.Mail.ResendAfter, Lease: lease(in.Config),
	})
	if err := d.outcome.record(in.Config.StateDir); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.tellBroken(ctx)
	return d, nil
}

// unheld is why a daemon may not write with its signing key: the database holds another, or takes no writes.
func unheld(cfg configs.Config, err error) error {
	if _, other := errors.AsType[*store.OtherKeyError](err); other {
		return explainKey(cfg, err, adoptCommand)
	}
	return DatabaseError{fmt.Errorf("try to write to the database: %w", err)}
}

// loadToRun loads every file; with mistakes in them, which broken lists, the copy of the last good load.
func loadToRun(s Source, log *slog.Logger) (in *Inputs, broken document.Problems, err error) {
	in, err = Load(s)
	if !errors.As(err, &broken) {
		return in, nil, err
	}
	cfg, _ := Configure(s) // of which the state directory is known, whatever else is wrong
	last, kept, lastErr := loadLastGood(cfg)
	if lastErr != nil {
		if !errors.Is(lastErr, fs.ErrNotExist) {
			log.Error("last good files cannot be used", "error", lastErr)
		}
		return nil, nil, err
	}
	log.Error(
		"the files have mistakes, the daemon runs on the last good ones",
		"kept",
		kept.Format(time.RFC3339),
		"error",
		err,
	)
	return last, broken, nil
}

// tellBroken tells the office and the metrics that the last good files are in force, or else keeps those that are.
func (d *Daemon) tellBroken(ctx context.Context) {
	if len(d.outcome.Problems) == 0 {
		d.keep()
		return
	}
	d.watch.metrics.refusedReload()
	if err := d.desk.Scheduler.ReportTrouble(ctx, clock(), d.outcome.Problems); err != nil {
		d.log.Error("office not told of the broken files", "error", err)
	}
}

// keep keeps a copy of the files in force, for a start with broken ones.
func (d *Daemon) keep() {
	if err := keepLastGood(d.inputs.Config, clock()); err != nil {
		d.log.Error("last good files not kept: a start with broken files would fail", "error", err)
	}
}
