package notify_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"qixian/notify"
)

// TestBeginFails: a message that was claimed and could not be begun goes back, rather than rest for the length of its
// lease.
func TestBeginFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &beginFails{outbox: newOutbox(t), failures: 1}
		box.promise(t, "县环保局")
		c := &courier{send: always(notify.Outcome{Class: notify.Sent, Code: 250})}
		d := notify.NewDispatcher(notify.Options{Outbox: box, Transports: []notify.Transport{c}, Owner: "test"})
		for ; time.Since(start) <= 10*time.Minute; time.Sleep(time.Minute) {
			_, _ = d.Drain(t.Context(), time.Now())
		}
		if len(c.sent) != 1 {
			t.Errorf("ten minutes after the database came back the message rests: %v", box.counts(t))
		}
	})
}

type beginFails struct {
	*outbox
	failures int
}

func (b *beginFails) Begin(
	ctx context.Context,
	now time.Time,
	ds []notify.Delivery,
	ms []notify.Message,
) ([]notify.Message, error) {
	if b.failures > 0 {
		b.failures--
		return nil, context.DeadlineExceeded
	}
	return b.outbox.Begin(ctx, now, ds, ms)
}

// TestPauseOfAClockThatRanAhead: the server is away while the clock runs ahead; the pause must not last until the wrong
// time comes.
func TestPauseOfAClockThatRanAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := true
		c := &courier{send: always(notify.Outcome{Class: notify.Sent, Code: 250})}
		c.open = func() notify.Outcome {
			if away {
				return notify.Outcome{Class: notify.Retry, Reply: "no route"}
			}
			return notify.Outcome{}
		}
		box := newOutbox(t)
		box.promise(t, "县环保局")
		o := newOffice(t, box, c)
		// as app.clock hands it down: In strips the monotonic reading
		if _, err := o.Drain(t.Context(), time.Now().Add(400*24*time.Hour).In(time.FixedZone("", 8*3600))); err != nil {
			t.Fatal(err)
		}
		away = false
		box.promise(t, "县财政局")
		for ; time.Since(start) < 2*time.Hour; time.Sleep(time.Minute) {
			_, _ = o.Drain(t.Context(), time.Now().In(time.FixedZone("", 8*3600)))
		}
		if len(c.sent) == 0 {
			t.Errorf("two hours after the clock was put right nothing is sent: %v", box.counts(t))
		}
	})
}
