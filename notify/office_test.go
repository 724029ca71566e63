package notify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"qixian/notify"
)

// courier is a transport that does as it is told, and remembers what it was given.
type courier struct {
	open  func() notify.Outcome
	send  func(notify.Message) notify.Outcome
	takes time.Duration // for each message
	hold  time.Time     // when the last one's ended
	sent  []carried
	idle  int
}

type carried struct {
	Unit      string
	MessageID string
	Attempt   int
	At        time.Duration // since the test's start
}

var start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // every bubble's

func (c *courier) Open(context.Context) notify.Outcome {
	if c.open == nil {
		return notify.Outcome{}
	}
	return c.open()
}

func (c *courier) Send(ctx context.Context, m notify.Message) notify.Outcome {
	c.hold, _ = ctx.Deadline()
	time.Sleep(c.takes)
	if notify.Lapsed(ctx, time.Now()) {
		return notify.Outcome{Class: notify.Retry, Reply: "lapsed", Blameless: true}
	}
	c.sent = append(c.sent, carried{m.Unit, m.MessageID, m.Attempt, time.Since(start)})
	return c.send(m)
}

func (c *courier) Idle() error { c.idle++; return nil }

func always(out notify.Outcome) func(notify.Message) notify.Outcome {
	return func(notify.Message) notify.Outcome { return out }
}

// message is one that was promised at the test's start.
func message(unit string) notify.Message {
	key := "digest/2000-01-01/" + unit
	to := notify.MadeUpAddress(unit)
	return notify.Message{
		Key: key, MessageID: someID("m", key, to), Kind: notify.Digest, Unit: unit, To: to,
		At: start, Subject: "【政务公开】1 项将到期", Text: "环境空气质量状况\n",
	}
}

// office is a dispatcher with all it needs; its log must not hold an address, whatever happens.
type office struct {
	*notify.Dispatcher
	log bytes.Buffer
}

func newOffice(t *testing.T, box notify.Outbox, tr notify.Transport) *office {
	t.Helper()
	return newOfficeOf(t, "test", box, tr)
}

// newOfficeOf is another process, of this owner.
func newOfficeOf(t *testing.T, owner string, box notify.Outbox, transports ...notify.Transport) *office {
	t.Helper()
	o := &office{}
	o.Dispatcher = notify.NewDispatcher(notify.Options{
		Outbox:     box,
		Transports: transports,
		Owner:      owner,
		Logger:     slog.New(slog.NewTextHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	t.Cleanup(func() {
		if strings.Contains(o.log.String(), "@") {
			t.Errorf("the log holds an address:\n%s", &o.log)
		}
	})
	return o
}

// drain is one turn of the loop.
func (o *office) drain(t *testing.T) notify.Report {
	t.Helper()
	r, err := o.Drain(context.Background(), time.Now())
	if err != nil {
		t.Fatalf("Drain: %v", err)
	}
	return r
}

// loop drains every so often until the given time after the start.
func (o *office) loop(t *testing.T, every, until time.Duration) {
	t.Helper()
	for ; time.Since(start) <= until; time.Sleep(every) {
		o.drain(t)
	}
}

// numbered are n units.
func numbered(n int) []string {
	units := make([]string, n)
	for i := range units {
		units[i] = fmt.Sprint(i)
	}
	return units
}

func (c *courier) times() []string {
	var at []string
	for _, s := range c.sent {
		at = append(at, s.At.String())
	}
	return at
}

// someID is a Message-ID that is another for other parts; its prefix says of what.
func someID(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:12]) + "@example.invalid"
}
