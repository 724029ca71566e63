package notify_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/scheduler"
)

// TestAClockThatIsSetBack puts messages off, and promises one, while the clock runs ahead; then it is put right.
// Nothing waits for the time that was wrong, whether the daemon runs on or is started anew.
func TestAClockThatIsSetBack(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		name   string
		ahead  time.Duration
		anew   bool
		within time.Duration
	}{
		{"by a minute and a half", 90 * time.Second, false, 0},
		{"by six hours", 6 * time.Hour, false, 0},
		{"by a year", 365 * day, false, 0},
		{"by six hours, and started anew", 6 * time.Hour, true, 6*time.Hour + time.Minute},
		{"by two days, and started anew", 2 * day, true, 0},
		{"by a year, and started anew", 365 * day, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				later := notify.Outcome{Class: notify.Retry, Code: 451, Reply: "later"}
				c := &courier{send: always(later)}
				box := newOutbox(t)
				box.promise(t, "0")
				o := newOffice(t, box, c)
				wrong := func() time.Time { return time.Now().Add(tt.ahead).Round(0) }
				promised := scheduler.Promise{Messages: []notify.Message{message("1")}}
				if ok, err := box.Promise(t.Context(), wrong(), promised); !ok || err != nil {
					t.Fatalf("Promise: %t, %v", ok, err)
				}
				if _, err := o.Drain(t.Context(), wrong()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				if tt.anew {
					o = newOffice(t, box, c)
				}
				right, tried := time.Since(start), len(c.sent)
				c.send = always(notify.Outcome{Class: notify.Sent})
				for ; len(box.counts(t)) != 1 || box.counts(t)["sent"] != 2; time.Sleep(time.Minute) {
					if _, err := o.Drain(t.Context(), time.Now().Round(0)); err != nil {
						t.Fatal(err)
					}
					if time.Since(start) > 7*time.Hour {
						break
					}
				}
				if tried != 2 || len(c.sent) != 4 {
					t.Fatalf("attempts %v, of which %d while the clock was wrong", c.sent, tried)
				}
				if took := c.sent[3].At - right; took > tt.within {
					t.Errorf("the last one waited for %v, want at most %v", took, tt.within)
				}
			})
		})
	}
}

// TestASteadyClockHastensNothing corrects a clock by a little now and then; what is put off, though for as long as can
// be, stays so.
func TestASteadyClockHastensNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &courier{send: always(notify.Outcome{Class: notify.Retry, Reply: "later", After: 24 * time.Hour})}
		box := newOutbox(t)
		box.promise(t, "县环保局")
		o := newOffice(t, box, c)
		for ; time.Since(start) < 30*time.Hour; time.Sleep(10 * time.Minute) {
			now := time.Now().Round(0)
			if past := time.Since(start); past > 0 && past%time.Hour == 0 {
				now = now.Add(-30 * time.Second) // as a time server corrects it
			}
			if r, err := o.Drain(t.Context(), now); err != nil || r.Hastened != 0 {
				t.Errorf("report %+v, %v", r, err)
			}
		}
		if diff := cmp.Diff([]string{"0s", "24h10m0s"}, c.times()); diff != "" {
			t.Errorf("attempts, want - got +:\n%s", diff)
		}
	})
}

// TestOnlyBlameCounts tries a message dozens of times for reasons that are not its own; it has all its attempts before
// it still.
func TestOnlyBlameCounts(t *testing.T) {
	for name, blameless := range map[string]notify.Outcome{
		"halted":    {Class: notify.Halted, Code: 535, Reply: "authentication failed"},
		"a quota":   {Class: notify.Retry, Code: 550, Reply: "frequency limited", After: time.Hour, Pause: true},
		"a lapse":   {Class: notify.Retry, Reply: "the hold ran out", Blameless: true},
		"uncertain": {Class: notify.Uncertain, Reply: "line lost"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 40
				if blameless.Class == notify.Uncertain {
					tries = 1
				}
				c := &courier{}
				c.send = func(notify.Message) notify.Outcome {
					if len(c.sent) <= tries {
						return blameless
					}
					return notify.Outcome{Class: notify.Retry, Code: 451, Reply: "later"}
				}
				box := newOutbox(t)
				box.promise(t, "县环保局")
				o := newOffice(t, box, c)
				o.loop(t, time.Minute, 48*time.Hour)
				o.loop(t, 30*time.Minute, 12*24*time.Hour)
				o.loop(t, time.Hour, 24*24*time.Hour)
				if len(c.sent) != tries+24 {
					t.Errorf("%d attempts, want %d and 24", len(c.sent), tries)
				}
				if diff := cmp.Diff(map[string]int{"rejected": 1}, box.counts(t)); diff != "" {
					t.Errorf("states, want - got +:\n%s", diff)
				}
				if !strings.Contains(o.log.String(), "given up after 24 attempts: later") {
					t.Error("the log does not say why")
				}
			})
		})
	}
}
