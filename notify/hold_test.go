package notify_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
)

const lease = 30 * time.Minute // the default

// TestLapsed asks both clocks.
func TestLapsed(t *testing.T) {
	now := time.Now()
	hold, release := context.WithDeadline(t.Context(), now.Add(time.Hour))
	defer release()
	for _, tt := range []struct {
		name string
		// how far the monotonic clock has come, and by how much the wall clock was set in the meantime
		mono, set time.Duration
		want      bool
	}{
		{"at once", 0, 0, false},
		{"in time", time.Hour, 0, false},
		{"too late", time.Hour + time.Second, 0, true},
		{"too late, and the wall clock was set back", 2 * time.Hour, -3 * time.Hour, true},
		{"in time, after a sleep or a leap", time.Second, 2 * time.Hour, true},
		{"in time, and the wall clock was set back", time.Second, -2 * time.Hour, false},
	} {
		if got := notify.Lapsed(hold, setWall(now.Add(tt.mono), tt.set)); got != tt.want {
			t.Errorf("%s: lapsed %t", tt.name, got)
		}
	}
	if notify.Lapsed(t.Context(), now.Add(1000*time.Hour)) {
		t.Error("what has no deadline lapses")
	}
}

// setWall sets the wall clock's part of a time and leaves the monotonic one as it is: the first word of a time.Time
// that has both holds the seconds of the wall clock above its nanoseconds, which take 30 bits.
func setWall(t time.Time, by time.Duration) time.Time {
	*(*uint64)(unsafe.Pointer(&t)) += uint64(by/time.Second) << 30
	return t
}

// dies claims and begins a message as a process that is killed right after it went out, or before.
func dies(t *testing.T, owner string, box *outbox, sent bool) {
	t.Helper()
	c := &courier{send: func(notify.Message) notify.Outcome { panic("killed") }}
	if !sent {
		c.open = func() notify.Outcome { panic("killed") }
	}
	defer func() { _ = recover() }()
	newOfficeOf(t, owner, box, c).drain(t)
	t.Fatal("it lives")
}

// TestWhatAnotherLeavesRestsForALease lets a daemon see how another dies, whatever its own clock shows.
func TestWhatAnotherLeavesRestsForALease(t *testing.T) {
	for _, skew := range []time.Duration{0, -6 * time.Hour, 6 * time.Hour, 1000 * time.Hour} {
		for sent, want := range map[bool]time.Duration{false: lease, true: lease + 10*time.Minute} {
			t.Run(fmt.Sprint("clock off by ", skew, ", sent ", sent), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					box := newOutbox(t)
					box.promise(t, "县环保局")
					dies(t, "other", box, sent)
					c := &courier{send: always(notify.Outcome{Class: notify.Sent})}
					o := newOffice(t, box, c)
					for ; time.Since(start) < 7*time.Hour; time.Sleep(time.Minute) {
						if _, err := o.Drain(t.Context(), time.Now().Add(skew).Round(0)); err != nil {
							t.Fatal(err)
						}
					}
					wait := want
					if skew < 0 && !sent { // by its clock the message is not promised yet
						wait = max(wait, -skew)
					}
					if diff := cmp.Diff([]string{wait.String()}, c.times()); diff != "" {
						t.Errorf("attempts, want - got +:\n%s", diff)
					}
				})
			})
		}
	}
}

// TestWhoeverIsAtWorkIsLetBe lets a second daemon look on for hours while the first has a lot to do, each message
// taking nearly as long as its hold.
func TestWhoeverIsAtWorkIsLetBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newOutbox(t)
		box.promise(t, numbered(8)...)
		slow := &courier{takes: lease - lease/10, send: always(notify.Outcome{Class: notify.Sent})}
		done := drainBeside(t, newOfficeOf(t, "slow", box, slow))
		quick := &courier{open: func() notify.Outcome { return notify.Outcome{Class: notify.Retry, Reply: "no route"} }}
		recovered := 0
		for o := newOffice(t, box, quick); time.Since(start) < 5*time.Hour; time.Sleep(time.Minute) {
			recovered += o.drain(t).Recovered
		}
		if r := <-done; r.Sent != 8 || r.Lost != 0 || recovered != 0 {
			t.Errorf("report %+v, and %d recovered; want 8 sent, none recovered", r, recovered)
		}
	})
}

// TestAFrozenDaemon freezes a daemon in the midst of an attempt, past its lease. By then its message is another's.
func TestAFrozenDaemon(t *testing.T) {
	tests := []struct {
		name   string
		frozen time.Duration
		out    notify.Outcome // what it says when it wakes; zero: it finds that its hold has lapsed
		times  []string       // when the other sends
	}{
		{"before it sends", 2 * time.Hour, notify.Outcome{}, []string{"40m0s"}},
		{"having sent, until the other has recovered it", 35 * time.Minute, notify.Outcome{Class: notify.Sent}, nil},
		{
			"having sent, until the other has sent it too",
			45 * time.Minute,
			notify.Outcome{Class: notify.Sent},
			[]string{"40m0s"},
		},
		{
			"having been put off, until the other has recovered it",
			35 * time.Minute,
			notify.Outcome{Class: notify.Retry},
			[]string{"40m0s"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				box := newOutbox(t)
				box.promise(t, "县环保局")
				sleeper := &courier{takes: tt.frozen}
				var tr notify.Transport = sleeper
				if tt.out.Class != "" {
					tr = &frozen{courier: sleeper, out: tt.out}
				}
				done := drainBeside(t, newOfficeOf(t, "sleeper", box, tr))
				c := &courier{send: always(notify.Outcome{Class: notify.Sent})}
				newOffice(t, box, c).loop(t, time.Minute, 3*time.Hour)
				<-done
				if diff := cmp.Diff(tt.times, c.times()); diff != "" {
					t.Errorf("the other's attempts, want - got +:\n%s", diff)
				}
				if end := sleeper.hold.Sub(start); len(tt.times) > 0 && end >= lease {
					t.Errorf("it might have sent until %v", end)
				}
				if diff := cmp.Diff(map[string]int{"sent": 1}, box.counts(t)); diff != "" {
					t.Errorf("states, want - got +:\n%s", diff)
				}
			})
		})
	}
}

// drainBeside drains in a goroutine of its own, and returns when it is at work.
func drainBeside(t *testing.T, o *office) <-chan notify.Report {
	t.Helper()
	done := make(chan notify.Report, 1)
	go func() {
		r, err := o.Drain(context.Background(), time.Now())
		if err != nil {
			t.Errorf("Drain: %v", err)
		}
		done <- r
	}()
	synctest.Wait()
	return done
}

// frozen is a courier that is frozen where nothing can be checked any more.
type frozen struct {
	*courier
	out notify.Outcome
}

func (f *frozen) Send(ctx context.Context, _ notify.Message) notify.Outcome {
	f.hold, _ = ctx.Deadline()
	time.Sleep(f.takes)
	return f.out
}

// TestLostAnswers lets the outbox do what it is asked and lose the answer, once: every message is sent, once, and none
// waits for a lease.
func TestLostAnswers(t *testing.T) {
	for _, method := range []string{"Claim", "Begin", "Settle", "Held", "Recover", "Hasten"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				box := newOutbox(t)
				box.promise(t, numbered(3)...)
				deaf := &deafBox{outbox: box, method: method}
				c := &courier{send: always(notify.Outcome{Class: notify.Sent})}
				if method == "Recover" {
					dies(t, "test", box, false)
				}
				o := newOffice(t, deaf, c)
				for ; time.Since(start) < 5*time.Minute; time.Sleep(time.Minute) {
					_, _ = o.Drain(t.Context(), time.Now())
				}
				if !deaf.lost {
					t.Fatal("no answer was lost")
				}
				if len(c.sent) != 3 {
					t.Errorf("sent %v, want 3", c.sent)
				}
				for _, s := range c.sent {
					if s.Attempt != 1 {
						t.Errorf("message %s was sent at attempt %d", s.Unit, s.Attempt)
					}
				}
				if diff := cmp.Diff(map[string]int{"sent": 3}, box.counts(t)); diff != "" {
					t.Errorf("states, want - got +:\n%s", diff)
				}
			})
		})
	}
}

// deafBox is an outbox whose first answer of one method is lost.
type deafBox struct {
	*outbox
	method string
	lost   bool
}

func (d *deafBox) lose(method string, err error) error {
	if err != nil || d.lost || method != d.method {
		return err
	}
	d.lost = true
	return errors.New("invalid connection")
}

func (d *deafBox) Claim(ctx context.Context, owner string, now time.Time, limit int) ([]notify.Message, error) {
	ms, err := d.outbox.Claim(ctx, owner, now, limit)
	if err = d.lose("Claim", err); err != nil {
		return nil, err
	}
	return ms, nil
}

func (d *deafBox) Begin(
	ctx context.Context,
	now time.Time,
	ds []notify.Delivery,
	ms []notify.Message,
) ([]notify.Message, error) {
	begun, err := d.outbox.Begin(ctx, now, ds, ms)
	if err = d.lose("Begin", err); err != nil {
		return nil, err
	}
	return begun, nil
}

func (d *deafBox) Settle(ctx context.Context, ds []notify.Delivery) error {
	return d.lose("Settle", d.outbox.Settle(ctx, ds))
}

func (d *deafBox) Held(ctx context.Context) ([]notify.Hold, error) {
	hs, err := d.outbox.Held(ctx)
	return hs, d.lose("Held", err)
}

func (d *deafBox) Recover(ctx context.Context, now time.Time, resend time.Duration, hs []notify.Hold) (int, error) {
	n, err := d.outbox.Recover(ctx, now, resend, hs)
	return n, d.lose("Recover", err)
}

func (d *deafBox) Hasten(ctx context.Context, now, limit time.Time) (int, error) {
	n, err := d.outbox.Hasten(ctx, now, limit)
	return n, d.lose("Hasten", err)
}

// TestAnOutboxThatIsAwayForDays takes the outbox away right after a message was sent. Nothing is dialled or sent while
// it is away, and what was sent is not sent again, although another daemon would have recovered it.
func TestAnOutboxThatIsAwayForDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &awayBox{outbox: newOutbox(t)}
		box.promise(t, numbered(3)...)
		dialled := 0
		c := &courier{open: func() notify.Outcome { dialled++; return notify.Outcome{} }}
		c.send = func(notify.Message) notify.Outcome {
			box.away.Store(len(c.sent) == 2 && time.Since(start) == 0)
			return notify.Outcome{Class: notify.Sent}
		}
		o := newOffice(t, box, c)
		for ; time.Since(start) < 3*24*time.Hour; time.Sleep(10 * time.Minute) {
			if _, err := o.Drain(t.Context(), time.Now()); err == nil {
				t.Fatal("Drain says nothing of the outbox")
			}
		}
		if dialled != 2 || len(c.sent) != 2 {
			t.Errorf("dialled %d times, %d sent; want 2 and 2", dialled, len(c.sent))
		}
		box.away.Store(false)
		if r := o.drain(t); r.Sent != 1 || r.Recovered != 0 || len(c.sent) != 3 {
			t.Errorf("report %+v, %d sent in all; want the third one sent", r, len(c.sent))
		}
		if diff := cmp.Diff(map[string]int{"sent": 3}, box.counts(t)); diff != "" {
			t.Errorf("states, want - got +:\n%s", diff)
		}
	})
}

// awayBox is an outbox that can be away.
type awayBox struct {
	*outbox
	away atomic.Bool
}

var errAway = errors.New("connection refused")

func (a *awayBox) Claim(ctx context.Context, owner string, now time.Time, limit int) ([]notify.Message, error) {
	if a.away.Load() {
		return nil, errAway
	}
	return a.outbox.Claim(ctx, owner, now, limit)
}

func (a *awayBox) Settle(ctx context.Context, ds []notify.Delivery) error {
	if a.away.Load() {
		return errAway
	}
	return a.outbox.Settle(ctx, ds)
}

func (a *awayBox) Held(ctx context.Context) ([]notify.Hold, error) {
	if a.away.Load() {
		return nil, errAway
	}
	return a.outbox.Held(ctx)
}
