package burst

import (
	"testing"
	"time"
)

// AwaitMails waits until so many mails have arrived, or as many as there are reminders, as Await does.
func (b *Burst) AwaitMails(t testing.TB, n int, patience time.Duration) {
	t.Helper()
	b.Await(t, "mails arrive", patience, func() bool { return b.Sink.Count() >= min(n, b.Promised()) })
}

// AwaitPromised waits until the messages of so many reminders are in the outbox, as Await does.
func (b *Burst) AwaitPromised(t testing.TB, n int, patience time.Duration) {
	t.Helper()
	b.Await(t, "reminders are promised", patience, func() bool {
		s, err := b.standing()
		return err == nil && s.promised >= min(n, b.Promised())
	})
}

// Await waits until ok says so, at most for patience. With a Clock it does not wait for back-offs, pauses and leases:
// where messages rest and nothing happens, it lets time pass.
func (b *Burst) Await(t testing.TB, what string, patience time.Duration, ok func() bool) {
	t.Helper()
	if !b.wait(t, patience, ok) {
		s, err := b.standing()
		t.Fatalf("%s: not within %s; %d mails have arrived, %+v (%v)", what, patience, b.Sink.Count(), s, err)
	}
}

// wait is Await that says whether it came to pass.
func (b *Burst) wait(t testing.TB, patience time.Duration, ok func() bool) bool {
	t.Helper()
	seen, since, strides := b.Sink.Activity(), time.Now(), 0
	for end := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
		if now := b.Sink.Activity(); now != seen {
			seen, since, strides = now, time.Now(), 0
		}
		if !built.clock || time.Since(since) < calm {
			continue
		}
		s, err := b.standing()
		// While faults are injected, what rests as uncertain goes on resting: a resend that is cut off too would be the
		// last.
		moving := s.pending + s.held
		if !b.finishing {
			moving -= s.resting
		}
		if err != nil || moving == 0 || s.held > 0 && time.Since(since) < b.o.Timeout+calm {
			time.Sleep(calm / 5)
			continue
		}
		b.Look(t)
		b.Pass(t, b.stride(s, strides))
		since, strides = time.Now(), strides+1
	}
	return true
}

// calm is how long nothing may happen before time is let pass: a little more than from one look of the daemon at its
// outbox to the next.
const calm = 1500 * time.Millisecond

// stride is how much time is let pass: to when the next message is due, or else more and more, for a pause or a lease
// that nobody sees.
func (b *Burst) stride(s standing, n int) time.Duration {
	if wait := s.next.Sub(b.Clock.Now()); b.finishing && n == 0 && !s.next.IsZero() && wait > 0 {
		return wait.Truncate(time.Second) + time.Second
	}
	strides := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
	return strides[min(n, len(strides)-1)]
}
