package app

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"qixian/configs"
	"qixian/notify"
	"qixian/notify/inbox"
	"qixian/scheduler"
)

const (
	// tickPatience is how long a metronome that ticks once a minute may be silent: as long as the service manager waits
	// (WatchdogSec).
	tickPatience = 3 * time.Minute
	// roundTripPatience is how long the database may take to answer somebody who only asks how it is.
	roundTripPatience = 5 * time.Second
)

// ledger is the store as the watch needs it.
type ledger interface {
	Ping(ctx context.Context) error
	Condition(ctx context.Context, now time.Time) (scheduler.Condition, error)
	Daemons(ctx context.Context) ([]scheduler.Daemon, error)
	SigningKey(ctx context.Context) (string, error)
}

// watch is how others notice that the daemon is well, or not: what the loops have said of themselves, and the doors at
// which it can be asked for. It takes part in nothing, and nothing waits for it. Its moments are monotonic: no step of
// the wall clock makes it ill.
type watch struct {
	log      *slog.Logger
	store    ledger
	patience time.Duration // how long sending one message may take
	metrics  *metrics
	ping     configs.Watch
	door     *door // nil: nobody is let in

	mu          sync.Mutex
	ticked      time.Time // when the last pass ended, or else the daemon started
	passErr     error     // what it came to, as it is told
	writeErr    error     // what the last write came to, as it is told
	keyErr      error     // the database is another signing key's, as it is told
	drained     bool      // the outbox has been drained
	drainGood   bool      // the last time without an error
	draining    bool
	moved       time.Time // when draining last got on
	haltedUntil time.Time // the mail server refuses our configuration, and is left alone so long
}

// newWatch returns the watch of a daemon, with its door open if it has one: an address that is taken is an error.
func newWatch(ctx context.Context, cfg configs.Config, store ledger, log *slog.Logger) (*watch, error) {
	w := &watch{log: log, store: store, patience: lease(cfg), ping: cfg.Watch, ticked: monotonic(), passErr: errPass}
	w.metrics = newMetrics(store)
	if cfg.Mail.Inbox.Host != "" {
		w.metrics.withInbox()
	}
	if cfg.Watch.Listen == "" {
		return w, nil
	}
	var err error
	w.door, err = openDoor(ctx, "watch.listen", cfg.Watch.Listen, w.handler(), log)
	return w, err
}

// monotonic reads the clock that no administrator and no time server sets. It does not tell what time it is.
func monotonic() time.Time {
	return time.Now() //nolint:forbidigo // the loops read the clock
}

// clockTolerance is how far the wall clock may be slewed between two looks at it before it counts as a jump.
const clockTolerance = 2 * time.Second

// stepped compares the clocks since it was last looked, and returns when that is now. The monotonic one stands still
// while the machine sleeps.
func (w *watch) stepped(looked time.Time) time.Time {
	now := monotonic()
	step := now.Round(0).Sub(looked.Round(0)) - now.Sub(looked)
	if step.Abs() > clockTolerance {
		w.metrics.steps.Inc()
	}
	if step > clockTolerance { // Run itself tells of one that is set back
		w.log.Warn("clock jumped ahead, or the machine slept", "by", step.String())
	}
	return now
}

// passed notes the end of a pass that took some time.
func (w *watch) passed(took time.Duration, err error) {
	w.metrics.passed(took, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ticked, w.passErr = monotonic(), nil
	if err != nil {
		w.passErr = errPass
	}
	if errors.Is(err, scheduler.ErrClock) {
		w.passErr = errClock
	}
}

// wrote notes what became of the write that each tick ends with.
func (w *watch) wrote(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeErr = nil
	if err != nil {
		w.writeErr = errReadOnly
	}
}

// held notes whether the database is that of the daemon's signing key, and reports whether that is news.
func (w *watch) held(is bool) (news bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	news = is == (w.keyErr != nil)
	w.keyErr = nil
	if !is {
		w.keyErr = errOtherKey
	}
	return news
}

// disowned returns an error if the daemon may not write, as the database is another signing key's.
func (w *watch) disowned() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.keyErr
}

// drainBegins notes that the outbox is being drained.
func (w *watch) drainBegins() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.draining, w.moved = true, monotonic()
}

// gotOn notes that draining is not stuck.
func (w *watch) gotOn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moved = monotonic()
}

// drainEnds notes what draining came to at now. A dispatcher that is halted reports nothing until it tries again.
func (w *watch) drainEnds(now time.Time, r notify.Report, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := monotonic()
	switch {
	case r.Halted:
		w.haltedUntil = at.Add(r.Until.Sub(now))
	case !r.Quiet():
		w.haltedUntil = time.Time{}
	}
	w.draining, w.drained, w.drainGood = false, true, err == nil
	w.metrics.drained(err, at.Before(w.haltedUntil))
}

// stuck reports whether a message has been under way for longer than the mail server is given.
func (w *watch) stuck() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.draining && monotonic().Sub(w.moved) > w.patience
}

// What is wrong, as it is told at the door and in the log. None of it names anybody.
var (
	errNoTick  = errors.New("no pass has ended for minutes")
	errStuck   = errors.New("sending is stuck")
	errPass    = errors.New("the last pass ended early")
	errDrain   = errors.New("the outbox could not be drained")
	errHalted  = errors.New("the mail server refuses our configuration")
	errNoDrain = errors.New("the outbox has not been drained yet")
	errMute    = errors.New("the database does not answer")

	errClock    = errors.New("the clock is wrong")
	errReadOnly = errors.New("the database takes no writes")
	errOtherKey = errors.New("the database is another signing key's")
)

// alive returns nil if both loops get on.
func (w *watch) alive() error {
	if w.stuck() {
		return errStuck
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if monotonic().Sub(w.ticked) > tickPatience {
		return errNoTick
	}
	return nil
}

// ready returns nil if the database answers, and the last pass and the last write went well.
func (w *watch) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, roundTripPatience)
	defer cancel()
	if err := w.store.Ping(ctx); err != nil {
		return errMute
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return cmp.Or(w.keyErr, w.passErr, w.writeErr)
}

// well returns nil if all is well: the loops get on, what they last did went well, and the database answers.
func (w *watch) well(ctx context.Context) error {
	if err := w.alive(); err != nil {
		return err
	}
	w.mu.Lock()
	passErr, drained, drainGood, halted := cmp.Or(
		w.keyErr,
		w.passErr,
	), w.drained, w.drainGood, monotonic().Before(
		w.haltedUntil,
	)
	w.mu.Unlock()
	switch {
	case passErr != nil:
		return passErr
	case !drained:
		return errNoDrain
	case !drainGood:
		return errDrain
	case halted:
		return errHalted
	}
	return w.ready(ctx)
}

// reading returns read, with what it comes to counted.
func (w *watch) reading(
	read func(context.Context, time.Time) (inbox.Report, error),
) func(context.Context, time.Time) (inbox.Report, error) {
	return func(ctx context.Context, now time.Time) (inbox.Report, error) {
		report, err := read(ctx, now)
		if ctx.Err() == nil {
			w.metrics.inboxRead(err)
		}
		return report, err
	}
}

// watched is an outbox of which the watch sees that draining gets on, and what becomes of messages.
type watched struct {
	notify.Outbox
	watch *watch
}

// Claim is the outbox's, and a sign of life.
func (o watched) Claim(ctx context.Context, owner string, now time.Time, limit int) ([]notify.Message, error) {
	defer o.watch.gotOn()
	return o.Outbox.Claim(ctx, owner, now, limit)
}

// Begin is the outbox's, and what it settles is counted.
func (o watched) Begin(
	ctx context.Context,
	now time.Time,
	ds []notify.Delivery,
	ms []notify.Message,
) ([]notify.Message, error) {
	defer o.watch.gotOn()
	begun, err := o.Outbox.Begin(ctx, now, ds, ms)
	if err != nil {
		return nil, err
	}
	o.watch.metrics.delivered(ds)
	return begun, nil
}

// Settle is the outbox's, and is counted.
func (o watched) Settle(ctx context.Context, ds []notify.Delivery) error {
	defer o.watch.gotOn()
	if err := o.Outbox.Settle(ctx, ds); err != nil {
		return err
	}
	o.watch.metrics.delivered(ds)
	return nil
}
