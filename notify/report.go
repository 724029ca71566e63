package notify

import (
	"log/slog"
	"time"
)

// Report is what one Drain came to; its zero value says that nothing happened.
type Report struct {
	Recovered int       // messages that nobody was at work on any more, returned to the outbox
	Hastened  int       // messages that were put off by a clock that was wrong, due now
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
	for _, a := range []slog.Attr{
		slog.Int("recovered", r.Recovered), slog.Int("hastened", r.Hastened), slog.Int("sent", r.Sent), slog.Int("retried", r.Retried),
		slog.Int("uncertain", r.Uncertain), slog.Int("bounced", r.Bounced), slog.Int("rejected", r.Rejected),
		slog.Int("lost", r.Lost),
	} {
		if a.Value.Int64() != 0 {
			as = append(as, a)
		}
	}
	if !r.Until.IsZero() {
		as = append(as, slog.Bool("halted", r.Halted), slog.Time("until", r.Until), slog.String("reason", r.Reason))
	}
	return slog.GroupValue(as...)
}
