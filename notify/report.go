package notify

import (
	"log/slog"
	"time"
)

// Report is what one Drain came to; its zero value says that nothing happened.
type Report struct {
	Recovered int       // messages whose lease had ended, returned to the outbox
	Sent      int       //
	Retried   int       // put off, with back-off
	Uncertain int       // lost after the final dot
	Bounced   int       // ended: the address is bad
	Rejected  int       // ended: refused for good, or given up
	Lost      int       // claimed, and found in other hands when they were to be begun
	Halted    bool      // our own configuration is wrong; nothing is sent until it is mended or Until has come
	Until     time.Time // when sending goes on, if it pauses
	Reason    string    // why it pauses, in the server's words, without addresses
}

// Quiet reports whether nothing happened.
func (r Report) Quiet() bool { return r == Report{} }

// count adds one delivery.
func (r *Report) count(c Class) {
	switch c {
	case Sent:
		r.Sent++
	case Bounced:
		r.Bounced++
	case Rejected:
		r.Rejected++
	case Uncertain:
		r.Uncertain++
	case Retry, Halted:
		r.Retried++
	}
}

// LogValue shows what is not zero.
func (r Report) LogValue() slog.Value {
	var as []slog.Attr
	for _, n := range []struct {
		name  string
		count int
	}{
		{"recovered", r.Recovered}, {"sent", r.Sent}, {"retried", r.Retried}, {"uncertain", r.Uncertain},
		{"bounced", r.Bounced}, {"rejected", r.Rejected}, {"lost", r.Lost},
	} {
		if n.count != 0 {
			as = append(as, slog.Int(n.name, n.count))
		}
	}
	if !r.Until.IsZero() {
		as = append(as, slog.Bool("halted", r.Halted), slog.Time("until", r.Until), slog.String("reason", r.Reason))
	}
	return slog.GroupValue(as...)
}
