package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"qixian/configs"
	"qixian/notify"
	"qixian/notify/inbox"
	"qixian/rules/calendar"
	"qixian/rules/document"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/web/link"
)

// Daemon is the running program: a metronome that makes the scheduler pass once a minute, a loop that drains the outbox, and one that reads the
// inbox.
type Daemon struct {
	source  Source
	started configs.Config // what it was started with
	log     *slog.Logger
	level   *slog.LevelVar // of log; a reload sets it
	system  systemd

	desk       *Desk
	dispatcher *notify.Dispatcher
	transports []*replaceable
	signer     *notify.Signer
	links      *link.Maker // nil: there is no window
	watch      *watch
	window     *window // nil: none is configured
	fleet      *fleet
	unlock     func() error
	wake       chan struct{} // messages are promised
	inbox      *inbox.Reader // nil: none is configured
	look       chan struct{} // a reload may have brought what the inbox wanted
	memory     memory

	health sync.Mutex // held while word of health is left
	ill    bool       // what was left last

	mu      sync.Mutex // held by a tick and by a reload: never both at once
	inputs  *Inputs
	outcome reloadOutcome // of the last reload
}

// DatabaseError says that a daemon could not start for its database.
type DatabaseError struct{ error }

// Unwrap returns what is wrong with it.
func (e DatabaseError) Unwrap() error { return e.error }

// NewDaemon loads and opens everything that Run needs; what it has opened is closed again if it fails. With mistakes in the files it runs on those
// of the last good load; the error is document.Problems where there are none. A reload sets level, which is log's.
func NewDaemon(ctx context.Context, s Source, log *slog.Logger, level *slog.LevelVar) (*Daemon, error) {
	in, broken, err := loadToRun(s, log)
	if err != nil {
		return nil, err
	}
	level.Set(LogLevel(in.Config.Log))
	for _, finding := range slices.Concat(in.Findings, in.Warnings) {
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
		source: s, started: in.Config, log: log, level: level, desk: desk, unlock: unlock, inputs: in, wake: wake, look: make(chan struct{}, 1),
		system: newSystemd(log), signer: signer, links: links, outcome: reloadOutcome{Pid: os.Getpid(), Problems: broken}, ill: true,
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
	if d.window, err = openWindow(ctx, in, s, desk, links, func() { nudge(wake) }, d.watch.metrics.turnedAway, log); err != nil {
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
	log.Error("the files have mistakes, the daemon runs on the last good ones", "kept", kept.Format(time.RFC3339), "error", err)
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

// Inputs returns what the daemon is working with.
func (d *Daemon) Inputs() *Inputs {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inputs
}

// Run works until ctx ends: it passes at once and then at every full minute, reloads on each signal from reload, and finishes the
// message under way before it returns.
func (d *Daemon) Run(ctx context.Context, reload <-chan struct{}) error {
	tick := func() { d.tick(ctx) }
	beat, err := metronome(d.log, tick, d.watch.metrics.skipped.Inc)
	if err != nil {
		return err
	}
	var sending sync.WaitGroup
	sending.Go(func() { d.send(ctx) })
	sending.Go(func() { d.watch.pings(ctx) })
	go d.watch.door.serve() // until Close
	go d.window.serve()     // as well
	if d.inbox != nil {
		sending.Go(func() { d.collect(ctx) })
	}
	nudge(d.wake) // for what was promised before
	d.system.ready()
	d.log.Info("ready", "state_dir", d.inputs.Config.StateDir, "transport", d.inputs.Config.Mail.Transport)
	beat.Entries()[0].WrappedJob.Run() // the first tick, with the same guards as every other
	beat.Start()
	watch := time.NewTicker(stepWatch)
	defer watch.Stop()
	seen, looked := clock(), monotonic()
	for {
		select {
		case <-watch.C:
			// The metronome sleeps until a time of the wall clock: set back by hours, it would sleep for hours.
			if now := clock(); now.Before(seen) {
				d.log.Warn("clock was set back, metronome started anew", "by", seen.Sub(now).String())
				beat.Stop()
				if beat, err = metronome(d.log, tick, d.watch.metrics.skipped.Inc); err != nil {
					return err
				}
				beat.Start()
			}
			seen, looked = clock(), d.watch.stepped(looked)
		case <-reload:
			d.system.reloading()
			d.Reload(ctx, clock())
			d.system.ready()
		case <-ctx.Done():
			d.system.stopping()
			<-beat.Stop().Done()
			sending.Wait()
			d.fleet.leave()
			d.log.Info("stopped")
			return nil
		}
	}
}

// stepWatch is how often Run looks whether the clock was set back.
const stepWatch = 15 * time.Second

// metronome returns a cron that ticks at every full minute, not started yet. A tick that panics is logged and the next one comes; SkipIfStillRunning
// stands outermost, as it would never let another tick pass after a panic that reached it.
func metronome(log *slog.Logger, tick, skipped func()) (*cron.Cron, error) {
	quiet := cronLogger{log, skipped}
	c := cron.New(cron.WithLocation(calendar.Zone()), cron.WithChain(cron.SkipIfStillRunning(quiet), cron.Recover(quiet)))
	if _, err := c.AddFunc("* * * * *", tick); err != nil {
		return nil, fmt.Errorf("start metronome: %w", err)
	}
	return c, nil
}

// tick is one turn of the metronome.
func (d *Daemon) tick(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.leaveWord(ctx)
	now := clock()
	begun := monotonic()
	report, err := d.desk.Scheduler.Pass(ctx, now)
	if ctx.Err() != nil {
		return
	}
	d.watch.passed(monotonic().Sub(begun), err)
	if err != nil {
		d.log.Error("pass ended early", "error", err)
	}
	if !report.Quiet() {
		d.log.Info("pass", "report", report)
	}
	nudge(d.wake)
	// The watchdog is fed only after a good round trip to the database and while sending gets on, so that a daemon cut off from the one or
	// caught in the other is restarted.
	if err := d.desk.store.Ping(ctx); err != nil {
		d.log.Error("database does not answer", "error", err)
		return
	}
	err = d.fleet.beat(ctx, now, d.inputs.Plan.Fingerprint)
	if ctx.Err() == nil {
		d.watch.wrote(err)
	}
	if err != nil && ctx.Err() == nil {
		d.log.Error("daemon not noted among those that share the database", "error", err)
	}
	if d.watch.stuck() {
		d.log.Error("sending is stuck", "patience", d.watch.patience.String())
		return
	}
	d.system.watchdog()
	d.memory.rest()
}

// send drains the outbox whenever a pass has woken it, and between passes for what is to be tried again.
func (d *Daemon) send(ctx context.Context) {
	ticker := time.NewTicker(d.inputs.Config.Mail.RetryInterval)
	defer ticker.Stop()
	for {
		select {
		case <-d.wake:
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		d.watch.drainBegins()
		report, err := d.drain(ctx)
		if ctx.Err() != nil {
			continue
		}
		d.watch.drainEnds(clock(), report, err)
		d.wordAfterDrain(ctx, err)
		if err != nil {
			d.log.Error("outbox not drained", "error", err)
		}
	}
}

// drain sends what is due. A panic is an error of this time alone: what it had in its hands is recovered as after a crash.
func (d *Daemon) drain(ctx context.Context) (report notify.Report, err error) {
	defer outlive(d.log, &err)
	defer d.memory.send()()
	return d.dispatcher.Drain(ctx, clock())
}

// outlive is deferred: it makes an error of a panic and logs where that came about.
func outlive(log *slog.Logger, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v", p)
		log.Error("outlived a panic", "error", *err, "stack", string(debug.Stack()))
	}
}

// Close closes what NewDaemon has opened.
func (d *Daemon) Close() error {
	var watch error
	if d.watch != nil {
		watch = d.watch.door.close()
	}
	return errors.Join(watch, d.window.close(), d.desk.Close(), d.unlock())
}

// clock is the one place where the daemon reads the time; everything below is handed it.
func clock() time.Time {
	return time.Now().In(calendar.Zone()) //nolint:forbidigo // the loops read the clock
}

// cronLogger writes what the metronome has to say: a panic of a tick, or a tick skipped because the last one still runs.
type cronLogger struct {
	log     *slog.Logger
	skipped func()
}

func (l cronLogger) Info(msg string, _ ...any) {
	if msg == "skip" {
		l.skipped()
		l.log.Warn("tick skipped, the last one still runs")
	}
}

func (l cronLogger) Error(err error, msg string, keysAndValues ...any) {
	l.log.Error("tick broke off", append([]any{"error", err, "cause", msg}, keysAndValues...)...)
}
