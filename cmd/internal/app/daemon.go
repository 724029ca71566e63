package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"qixian/configs"
	"qixian/notify"
	"qixian/notify/inbox"
	"qixian/rules/calendar"
	"qixian/scheduler/web/link"
)

// Daemon is the running program: a metronome that makes the scheduler pass once a minute, a loop that drains the
// outbox, and one that reads the inbox.
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

// Inputs returns what the daemon is working with.
func (d *Daemon) Inputs() *Inputs {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inputs
}

// Run works until ctx ends: it passes at once and then at every full minute, reloads on each signal from reload, and
// finishes the message under way before it returns.
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

// metronome returns a cron that ticks at every full minute, not started yet. A tick that panics is logged and the next
// one comes; SkipIfStillRunning stands outermost, as it would never let another tick pass after a panic that reached
// it.
func metronome(log *slog.Logger, tick, skipped func()) (*cron.Cron, error) {
	quiet := cronLogger{log, skipped}
	c := cron.New(
		cron.WithLocation(calendar.Zone()),
		cron.WithChain(cron.SkipIfStillRunning(quiet), cron.Recover(quiet)),
	)
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
	if err := d.mayWrite(ctx); err != nil {
		d.watch.passed(0, err)
		d.log.Error("nothing is decided", "error", err)
		d.system.watchdog()
		return
	}
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
	// The watchdog is fed only after a good round trip to the database and while sending gets on, so that a daemon cut
	// off from the one or caught in the other is restarted.
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

// drain sends what is due. A panic is an error of this time alone: what it had in its hands is recovered as after a
// crash.
func (d *Daemon) drain(ctx context.Context) (report notify.Report, err error) {
	defer outlive(d.log, &err)
	defer d.memory.send()()
	if err := d.mayWrite(ctx); err != nil {
		return report, err
	}
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

// cronLogger writes what the metronome has to say: a panic of a tick, or a tick skipped because the last one still
// runs.
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
