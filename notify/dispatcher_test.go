package notify_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
)

func TestABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &courier{send: always(notify.Outcome{Class: notify.Sent, Code: 250})}
		box := newOutbox(t)
		units := numbered(50)
		box.promise(t, units...)
		o := newOffice(t, box, c)
		if diff := cmp.Diff(notify.Report{Sent: 50}, o.drain(t)); diff != "" {
			t.Errorf("report, want - got +:\n%s", diff)
		}
		var got []string
		for _, s := range c.sent {
			got = append(got, s.Unit)
		}
		if diff := cmp.Diff(units, got); diff != "" {
			t.Errorf("order, want - got +:\n%s", diff)
		}
		if c.idle != 1 {
			t.Errorf("idle %d times, want once", c.idle)
		}
		o.log.Reset()
		if r := o.drain(t); !r.Quiet() || o.log.Len() != 0 {
			t.Errorf("nothing happened, and yet: %+v, %s", r, &o.log)
		}
	})
}

func TestOneBadAddressHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &courier{send: func(m notify.Message) notify.Outcome {
			switch m.Unit {
			case "坏":
				return notify.Outcome{Class: notify.Bounced, Code: 550, Reply: "unknown user"}
			case "拒":
				return notify.Outcome{Class: notify.Rejected, Code: 554, Reply: "spam"}
			case "满":
				return notify.Outcome{Class: notify.Retry, Code: 452, Reply: "mailbox full"}
			}
			return notify.Outcome{Class: notify.Sent, Code: 250}
		}}
		box := newOutbox(t)
		box.promise(t, "坏", "拒", "满", "好")
		o := newOffice(t, box, c)
		if diff := cmp.Diff(notify.Report{Sent: 1, Retried: 1, Bounced: 1, Rejected: 1}, o.drain(t)); diff != "" {
			t.Errorf("report, want - got +:\n%s", diff)
		}
		want := map[string]int{"bounced": 1, "rejected": 1, "pending": 1, "sent": 1}
		if diff := cmp.Diff(want, box.counts(t)); diff != "" {
			t.Errorf("states, want - got +:\n%s", diff)
		}
	})
}

func TestTheBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &courier{send: always(notify.Outcome{Class: notify.Retry, Code: 451, Reply: "later"})}
		box := newOutbox(t)
		box.promise(t, "县环保局")
		o := newOffice(t, box, c)
		o.loop(t, time.Minute, 119*time.Minute)
		o.loop(t, 3*time.Minute, 228*time.Minute) // from 2 h on, such that 3 h 51 min is hit
		o.loop(t, time.Hour, 80*time.Hour)        // and from there on every fourth hour
		want := []string{"0s", "1m0s", "6m0s", "21m0s", "51m0s", "1h51m0s", "3h51m0s", "7h51m0s"}
		if diff := cmp.Diff(want, c.times()[:len(want)]); diff != "" {
			t.Errorf("attempts, want - got +:\n%s", diff)
		}
		if last := c.sent[len(c.sent)-1]; len(c.sent) != 24 || last.Attempt != 24 ||
			last.At != 71*time.Hour+51*time.Minute {
			t.Errorf("%d attempts, the last %+v; want 24, the last after 71h51m", len(c.sent), last)
		}
		if failed, err := box.Failed(
			t.Context(),
		); err != nil || len(failed) != 1 ||
			failed[0].Ended != notify.Rejected {
			t.Errorf("failed %+v, %v; want one that was rejected, so that the office is told", failed, err)
		}
		if !strings.Contains(o.log.String(), "given up after 24 attempts: later") {
			t.Error("the log does not say why")
		}
	})
}

func TestAServerThatAsksForMoreTimeGetsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &courier{
			send: always(notify.Outcome{Class: notify.Retry, Code: 451, Reply: "later", After: 2 * time.Minute}),
		}
		box := newOutbox(t)
		box.promise(t, "县环保局")
		newOffice(t, box, c).loop(t, time.Minute, 10*time.Minute)
		if diff := cmp.Diff([]string{"0s", "2m0s", "7m0s"}, c.times()); diff != "" {
			t.Errorf("attempts, want - got +:\n%s", diff)
		}
	})
}

func TestAnUncertainMessageIsSentOnceMore(t *testing.T) {
	for _, second := range []notify.Class{notify.Sent, notify.Uncertain} {
		t.Run(string(second), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &courier{}
				c.send = func(notify.Message) notify.Outcome {
					if len(c.sent) == 1 {
						return notify.Outcome{Class: notify.Uncertain, Reply: "line lost"}
					}
					return notify.Outcome{Class: second, Reply: "line lost"}
				}
				box := newOutbox(t)
				box.promise(t, "县环保局")
				newOffice(t, box, c).loop(t, time.Minute, 3*time.Hour)
				if diff := cmp.Diff([]string{"0s", "10m0s"}, c.times()); diff != "" {
					t.Errorf("attempts, want - got +:\n%s", diff)
				}
				if c.sent[0].MessageID != c.sent[1].MessageID {
					t.Errorf("Message-IDs %s and %s, want the same", c.sent[0].MessageID, c.sent[1].MessageID)
				}
				if diff := cmp.Diff(map[string]int{string(second): 1}, box.counts(t)); diff != "" {
					t.Errorf("states, want - got +:\n%s", diff)
				}
			})
		})
	}
}

// A refused login must not be tried again and again, and costs no message anything.
func TestHaltedStopsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened := 0
		refused := notify.Outcome{Class: notify.Halted, Code: 535, Reply: "authentication failed"}
		c := &courier{
			open: func() notify.Outcome { opened++; return refused },
			send: always(notify.Outcome{Class: notify.Sent}),
		}
		box := newOutbox(t)
		box.promise(t, numbered(5)...)
		o := newOffice(t, box, c)
		r := o.drain(t)
		if want := (notify.Report{Halted: true, Until: start.Add(time.Hour), Reason: "authentication failed"}); !cmp.Equal(
			want,
			r,
		) {
			t.Errorf("report, want - got +:\n%s", cmp.Diff(want, r))
		}
		if !strings.Contains(o.log.String(), "level=ERROR") {
			t.Errorf("no error in the log:\n%s", &o.log)
		}
		o.loop(t, time.Minute, 150*time.Minute)
		if opened != 3 { // at 0, 1 and 2 hours
			t.Errorf("%d logins in two and a half hours, want 3", opened)
		}
		c.open = nil // the password is right now
		if r := o.drain(t); !r.Quiet() {
			t.Errorf("report %+v, want none before the hour is over", r)
		}
		o.Resume()
		if r := o.drain(t); r.Sent != 5 {
			t.Errorf("report %+v, want all 5 sent", r)
		}
		for _, s := range c.sent {
			if s.Attempt != 1 {
				t.Errorf("attempt %d of %s, want the first", s.Attempt, s.Unit)
			}
		}
	})
}

func TestHaltedAtOneMessageStopsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &courier{
			send: always(notify.Outcome{Class: notify.Halted, Code: 440, Reply: "mail from account doesn't conform"}),
		}
		box := newOutbox(t)
		box.promise(t, numbered(5)...)
		newOffice(t, box, c).loop(t, time.Minute, 30*time.Minute)
		if len(c.sent) != 1 {
			t.Errorf("%d attempts, want 1", len(c.sent))
		}
		if diff := cmp.Diff(map[string]int{"pending": 5}, box.counts(t)); diff != "" {
			t.Errorf("states, want - got +:\n%s", diff)
		}
	})
}

// However long a server is away, no message is given up for it.
func TestAServerThatIsAwayForAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialled []string
		c := &courier{send: always(notify.Outcome{Class: notify.Sent, Code: 250})}
		c.open = func() notify.Outcome {
			if time.Since(start) > 7*24*time.Hour {
				return notify.Outcome{}
			}
			dialled = append(dialled, time.Since(start).String())
			return notify.Outcome{Class: notify.Retry, Reply: "connection refused"}
		}
		box := newOutbox(t)
		box.promise(t, numbered(30)...)
		o := newOffice(t, box, c)
		o.loop(t, time.Minute, time.Hour)
		o.loop(t, time.Hour, 7*24*time.Hour+2*time.Hour)
		want := []string{"0s", "1m0s", "3m0s", "8m0s", "18m0s", "33m0s", "48m0s"}
		if diff := cmp.Diff(want, dialled[:len(want)]); diff != "" {
			t.Errorf("dialled, want - got +:\n%s", diff)
		}
		if len(c.sent) != 30 || c.sent[0].Attempt != 1 {
			t.Errorf("%d messages sent, want 30 at the first attempt", len(c.sent))
		}
	})
}

func TestAQuotaPausesAllAndGivesUpNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &courier{}
		c.send = func(notify.Message) notify.Outcome {
			if time.Since(start) > 80*time.Hour || len(c.sent) == 1 {
				return notify.Outcome{Class: notify.Sent, Code: 250}
			}
			return notify.Outcome{
				Class: notify.Retry,
				Code:  550,
				Reply: "frequency limited",
				After: time.Hour,
				Pause: true,
			}
		}
		box := newOutbox(t)
		box.promise(t, numbered(3)...)
		o := newOffice(t, box, c)
		if r := o.drain(t); r.Sent != 1 || r.Retried != 1 || !r.Until.Equal(start.Add(time.Hour)) || r.Halted {
			t.Errorf("report %+v, want one sent, one put off, a pause of an hour", r)
		}
		o.loop(t, time.Hour, 90*time.Hour)
		if diff := cmp.Diff(map[string]int{"sent": 3}, box.counts(t)); diff != "" {
			t.Errorf("states, want - got +:\n%s", diff)
		}
	})
}

func TestACrashLeavesOneMessageInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &courier{}
		c.send = func(notify.Message) notify.Outcome {
			if len(c.sent) == 3 {
				panic("killed") // after the message went out, before anything was recorded of it
			}
			return notify.Outcome{Class: notify.Sent, Code: 250}
		}
		box := newOutbox(t)
		box.promise(t, numbered(10)...)
		func() {
			defer func() { _ = recover() }()
			newOffice(t, box, c).drain(t)
		}()
		newOffice(t, box, c).loop(t, time.Minute, 10*time.Minute) // the same owner's: it waits for no lease
		count := map[string]int{}
		for _, s := range c.sent {
			count[s.Unit]++
		}
		for i := range 10 {
			want := map[bool]int{true: 2, false: 1}[i == 2]
			if unit := fmt.Sprint(i); count[unit] != want {
				t.Errorf("message %s: %d times, want %d", unit, count[unit], want)
			}
		}
		if diff := cmp.Diff(map[string]int{"sent": 10}, box.counts(t)); diff != "" {
			t.Errorf("states, want - got +:\n%s", diff)
		}
	})
}

func TestAnOutboxThatFailsLosesNoOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &courier{send: always(notify.Outcome{Class: notify.Sent, Code: 250})}
		box := newOutbox(t)
		box.promise(t, numbered(5)...)
		o := newOffice(t, box, c)
		box.failing, box.failures = errors.New("database is locked"), 3
		for range 3 {
			if _, err := o.Drain(context.Background(), time.Now()); err == nil {
				t.Error("Drain says nothing of the database")
			}
			time.Sleep(time.Minute)
		}
		o.loop(t, time.Minute, 2*time.Hour)
		if len(c.sent) != 5 {
			t.Errorf("%d attempts, want 5: %v", len(c.sent), c.sent)
		}
	})
}

func TestAnEndingContextFinishesTheMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		c := &courier{}
		c.send = func(notify.Message) notify.Outcome {
			if len(c.sent) == 3 {
				cancel()
			}
			return notify.Outcome{Class: notify.Sent, Code: 250}
		}
		box := newOutbox(t)
		box.promise(t, numbered(10)...)
		r, err := newOffice(t, box, c).Drain(ctx, time.Now())
		if err != nil || r.Sent != 3 {
			t.Errorf("report %+v, error %v; want 3 sent", r, err)
		}
		if r := newOffice(t, box, c).drain(t); r.Sent != 7 || r.Recovered != 0 {
			t.Errorf("report %+v; want the other 7 sent at once", r)
		}
	})
}

// However long the others take, a message is begun under a lease of its own.
func TestSlowMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &courier{takes: 20 * time.Minute, send: always(notify.Outcome{Class: notify.Sent, Code: 250})}
		box := newOutbox(t)
		box.promise(t, numbered(9)...)
		if r := newOffice(t, box, c).drain(t); r.Sent != 9 || r.Lost != 0 || r.Recovered != 0 {
			t.Errorf("report %+v, want 9 sent", r)
		}
	})
}

func TestAMessageInOtherHandsIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &courier{send: always(notify.Outcome{Class: notify.Sent, Code: 250})}
		box := newOutbox(t)
		box.promise(t, "0")
		c.open = func() notify.Outcome { box.seize(t); return notify.Outcome{} }
		if r := newOffice(t, box, c).drain(t); r.Lost != 1 || len(c.sent) != 0 {
			t.Errorf("report %+v, %d sent; want one lost, none sent", r, len(c.sent))
		}
	})
}
