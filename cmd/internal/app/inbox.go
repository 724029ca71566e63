package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"qixian/configs"
	"qixian/notify"
	"qixian/notify/inbox"
	"qixian/scheduler"
)

// openInbox builds the reader of the mailbox that the configuration names, and nil where it names none. It dials
// nothing. Any number of daemons may read one mailbox: they share the bookmark, and a mail that two of them take is
// done once.
func openInbox(cfg configs.Config, signer *notify.Signer, desk *Desk, log *slog.Logger) (*inbox.Reader, error) {
	i := cfg.Mail.Inbox
	if i.Host == "" {
		return nil, nil
	}
	roots, err := authorities(i.CAFile)
	if err != nil {
		return nil, err
	}
	return inbox.New(inbox.Options{
		Host:       i.Host,
		Port:       i.Port,
		TLS:        inbox.TLS(i.TLS),
		Roots:      roots,
		Username:   i.Username,
		Password:   i.PasswordFile.Read,
		Folder:     i.Folder,
		Signer:     signer,
		Address:    cfg.Mail.FromAddress,
		Signed:     i.PlusAddressing && notify.TakesCode(returnAddress(cfg)),
		AuthservID: i.AuthservID,
		ReceivedBy: i.ReceivedBy,
		Name:       bookmarkName(i, signer),
		Bookmark:   desk.store,
		Handler:    hands{desk.Scheduler},
		Logger:     log,
	})
}

// bookmarkName is another for another mailbox, and for another key: mails are read again by whoever has adopted one.
func bookmarkName(i configs.Inbox, signer *notify.Signer) string {
	sum := sha256.Sum256(
		fmt.Appendf(nil, "%s\x00%d\x00%s\x00%s\x00%s", i.Host, i.Port, i.Username, i.Folder, signer.Fingerprint()),
	)
	return "inbox/" + hex.EncodeToString(sum[:8])
}

// returnAddress is where bounces go, but for the code.
func returnAddress(cfg configs.Config) string {
	if cfg.Mail.EnvelopeFrom != "" {
		return cfg.Mail.EnvelopeFrom
	}
	return cfg.Mail.FromAddress
}

// hands pass on to the scheduler what came.
type hands struct{ scheduler *scheduler.Scheduler }

// Bounced implements inbox.Handler.
func (h hands) Bounced(ctx context.Context, now time.Time, b inbox.Bounce) error {
	return h.scheduler.Bounced(ctx, now, scheduler.Bounce(b))
}

// Replied implements inbox.Handler.
func (h hands) Replied(ctx context.Context, now time.Time, r inbox.Reply) error {
	return h.scheduler.Replied(ctx, now, scheduler.Reply(r))
}

// collect reads the inbox at once and then at every interval, beside ticks and sending, until ctx ends.
func (d *Daemon) collect(ctx context.Context) {
	round{
		interval: d.inputs.Config.Mail.Inbox.Interval,
		read: d.watch.reading(func(ctx context.Context, now time.Time) (inbox.Report, error) {
			if err := d.mayWrite(ctx); err != nil {
				return inbox.Report{}, err
			}
			return d.inbox.Read(ctx, now)
		}),
		now:  clock,
		look: d.look,
		log:  d.log,
		came: func() { nudge(d.wake) },
	}.run(ctx)
}

// round is the loop that reads an inbox.
type round struct {
	interval time.Duration
	read     func(context.Context, time.Time) (inbox.Report, error)
	now      func() time.Time
	look     <-chan struct{} // ends a wait
	came     func()          // called when there was something
	log      *slog.Logger
}

// The longest waits after errors: mails lie safely where they are, but an account whose login is refused again and
// again may be shut, and the sending with it.
const (
	longestWait = 15 * time.Minute
	loginWait   = time.Hour
)

func (r round) run(ctx context.Context) {
	wait := r.interval
	for {
		report, err := r.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if !report.Quiet() {
			r.log.Info("inbox read", "report", report)
		}
		if report.Bounces+report.Replies > 0 {
			r.came()
		}
		switch {
		case err == nil:
			wait = r.interval
		case errors.Is(err, inbox.ErrLogin):
			wait = max(loginWait, r.interval)
		default:
			wait = max(min(2*wait, longestWait), r.interval)
		}
		if err != nil {
			r.log.Error("inbox not read", "error", err, "again_in", wait.String())
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-r.look:
			wait = r.interval
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// once reads the inbox. A panic is an error of this reading alone.
func (r round) once(ctx context.Context) (report inbox.Report, err error) {
	defer outlive(r.log, &err)
	return r.read(ctx, r.now())
}

// nudge wakes whoever waits at c, now or the next time.
func nudge(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
