package notify_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"qixian/notify"
)

// outbox keeps messages in memory.
type outbox struct {
	rows     []*row
	failing  error
	failures int
}

type row struct {
	m       notify.Message
	state   string
	owner   string
	expires time.Time
	next    time.Time
	reply   string
}

func newOutbox(*testing.T) *outbox { return &outbox{} }

func (o *outbox) promise(_ *testing.T, m notify.Message) {
	m.ID = int64(len(o.rows) + 1)
	o.rows = append(o.rows, &row{m: m, state: "pending", next: m.At})
}

func (o *outbox) states(*testing.T) map[string]string {
	got := map[string]string{}
	for _, r := range o.rows {
		got[r.m.Unit] = r.state
	}
	return got
}

func (o *outbox) lastReply(_ *testing.T, unit string) string {
	i := slices.IndexFunc(o.rows, func(r *row) bool { return r.m.Unit == unit })
	return o.rows[i].reply
}

func (o *outbox) seize(_ *testing.T, unit string) {
	i := slices.IndexFunc(o.rows, func(r *row) bool { return r.m.Unit == unit })
	o.rows[i].owner = "somebody else"
}

func (o *outbox) failSettle(err error, times int) { o.failing, o.failures = err, times }

func (o *outbox) Claim(_ context.Context, owner string, now time.Time, lease time.Duration, limit int) ([]notify.Message, error) {
	var ms []notify.Message
	for _, r := range o.rows {
		if len(ms) < limit && r.state == "pending" && !r.next.After(now) {
			r.state, r.owner, r.expires = "claimed", owner, now.Add(lease)
			ms = append(ms, r.m)
		}
	}
	return ms, nil
}

func (o *outbox) Begin(_ context.Context, owner string, now time.Time, ms []notify.Message) ([]notify.Message, error) {
	var begun []notify.Message
	for _, m := range ms {
		r := o.rows[m.ID-1]
		if r.owner != owner || r.state != "claimed" {
			continue
		}
		if r.expires.Before(now) {
			continue
		}
		r.state = "sending"
		r.m.Attempt++
		begun = append(begun, r.m)
	}
	return begun, nil
}

func (o *outbox) Settle(_ context.Context, owner string, ds []notify.Delivery) error {
	if o.failures > 0 {
		o.failures--
		return o.failing
	}
	for _, d := range ds {
		r := o.rows[d.Message.ID-1]
		if r.owner != owner {
			continue
		}
		r.owner, r.next, r.state, r.reply = "", d.NextAt, "pending", d.Outcome.Reply
		if d.FinalState {
			r.state = string(d.Outcome.Class)
		}
		r.m.Uncertain = r.m.Uncertain || d.Outcome.Class == notify.Uncertain
	}
	return nil
}

func (o *outbox) Recover(_ context.Context, now time.Time, resend time.Duration) (int, error) {
	n := 0
	for _, r := range o.rows {
		if r.owner == "" || !r.expires.Before(now) {
			continue
		}
		switch {
		case r.state == "claimed":
			r.state = "pending"
		case r.state == "sending" && r.m.Uncertain:
			r.state = "uncertain"
		case r.state == "sending":
			r.state, r.next, r.m.Uncertain = "pending", now.Add(resend), true
		}
		r.owner = ""
		n++
	}
	return n, nil
}
