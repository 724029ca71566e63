package notify_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/notify/smtp"
	"qixian/notify/smtp/smtptest"
)

// newStation is an office with so many lanes to a server.
func newStation(t *testing.T, box notify.Outbox, s *smtptest.Server, lanes int) *office {
	t.Helper()
	transports := make([]notify.Transport, lanes)
	for i := range transports {
		tr, err := smtp.New(smtp.Options{Host: "mail.example.invalid", TLS: smtp.None, Sender: sender, Dial: s.Dial})
		if err != nil {
			t.Fatal(err)
		}
		transports[i] = tr
	}
	return newOfficeOf(t, "test", box, transports...)
}

// slowly has a server take a second for each mail, so that a burst's connections meet.
func slowly(t *testing.T, o smtptest.Options) *smtptest.Server {
	t.Helper()
	s := smtptest.New(t, o)
	s.Pace(func() { time.Sleep(time.Second) })
	return s
}

// arrivals counts the mails by address.
func arrivals(s *smtptest.Server) map[string]int {
	count := map[string]int{}
	for _, m := range s.Mails() {
		count[m.To[0]]++
	}
	return count
}

// once is one arrival of each.
func once(units []string) map[string]int {
	count := map[string]int{}
	for _, u := range units {
		count[notify.MadeUpAddress(u)] = 1
	}
	return count
}

// TestAsManyConnectionsAsTheServerBears sends a burst on up to eight connections.
func TestAsManyConnectionsAsTheServerBears(t *testing.T) {
	tests := []struct {
		name   string
		bears  int
		lanes  int
		atMost int           // connections
		within time.Duration // at a second for a mail
	}{
		{name: "any number", lanes: 8, atMost: 8, within: 18 * time.Second},
		{name: "three", bears: 3, lanes: 8, atMost: 3, within: 40 * time.Second},
		{name: "one", bears: 1, lanes: 8, atMost: 1, within: 102 * time.Second},
		{name: "one lane", lanes: 1, atMost: 1, within: 101 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := slowly(t, smtptest.Options{Bears: tt.bears})
				box := newOutbox(t)
				units := numbered(100)
				box.promise(t, units...)
				r := newStation(t, box, s, tt.lanes).drain(t)
				took := time.Since(start)
				if diff := cmp.Diff(notify.Report{Sent: 100}, r); diff != "" {
					t.Errorf("report, want - got +:\n%s", diff)
				}
				if s.Busiest() != tt.atMost || took > tt.within {
					t.Errorf(
						"%d connections at a time, and %v; want %d and at most %v",
						s.Busiest(),
						took,
						tt.atMost,
						tt.within,
					)
				}
				if diff := cmp.Diff(once(units), arrivals(s)); diff != "" {
					t.Errorf("arrived, want - got +:\n%s", diff)
				}
				for _, m := range box.held(t) {
					t.Errorf("message %d is still in hand", m.ID)
				}
			})
		})
	}
}

// TestAServerThatAsksForLess answers 421 and 450 in the midst of a burst: fewer connections go on, and no other message
// waits.
func TestAServerThatAsksForLess(t *testing.T) {
	for _, reply := range []string{"421 4.7.0 too much at a time", "450 4.7.1 slow down"} {
		t.Run(reply[:3], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := slowly(t, smtptest.Options{})
				s.On(smtptest.Fault{At: smtptest.RCPT, Skip: 40, Times: 4, Reply: reply, Drop: reply[:3] == "421"})
				box := newOutbox(t)
				box.promise(t, numbered(100)...)
				o := newStation(t, box, s, 8)
				r := o.drain(t)
				if want := (notify.Report{Sent: 96, Retried: 4}); !cmp.Equal(want, r) {
					t.Errorf("report, want - got +:\n%s", cmp.Diff(want, r))
				}
				if took := time.Since(start); took < 20*time.Second || took > 70*time.Second {
					t.Errorf("took %v: as on 8 connections to the end, or on one", took)
				}
				o.loop(t, time.Minute, 10*time.Minute)
				if diff := cmp.Diff(once(numbered(100)), arrivals(s)); diff != "" {
					t.Errorf("arrived, want - got +:\n%s", diff)
				}
			})
		})
	}
}

// TestAServerThatGoesAway drops all connections and takes no new ones: that is no message's fault, and the burst is
// over.
func TestAServerThatGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slowly(t, smtptest.Options{})
		box := newOutbox(t)
		units := numbered(60)
		box.promise(t, units...)
		go func() {
			time.Sleep(7500 * time.Millisecond)
			s.On(smtptest.Fault{At: smtptest.Greeting, Reply: "421 4.3.2 shutting down", Drop: true})
			s.HangUp()
			time.Sleep(5 * time.Minute)
			s.Mend()
		}()
		o := newStation(t, box, s, 8)
		if r := o.drain(t); r.Until.IsZero() || r.Halted || r.Sent == 0 || r.Bounced+r.Rejected+r.Uncertain > 0 {
			t.Errorf("report %+v, want a pause", r)
		}
		o.loop(t, time.Minute, time.Hour)
		if diff := cmp.Diff(once(units), arrivals(s)); diff != "" {
			t.Errorf("arrived, want - got +:\n%s", diff)
		}
	})
}

// crew is a set of couriers that work side by side.
type crew struct {
	mu    sync.Mutex
	tries map[string]int // by unit
	send  func(notify.Message) notify.Outcome
}

func (c *crew) lanes(n int) []notify.Transport {
	lanes := make([]notify.Transport, n)
	for i := range lanes {
		lanes[i] = c
	}
	return lanes
}

func (c *crew) Open(context.Context) notify.Outcome { return notify.Outcome{} }
func (c *crew) Idle() error                         { return nil }

func (c *crew) Send(_ context.Context, m notify.Message) notify.Outcome {
	c.mu.Lock()
	if c.tries == nil {
		c.tries = map[string]int{}
	}
	c.tries[m.Unit]++
	c.mu.Unlock()
	return c.send(m)
}

// TestOneThatTakesForEverHoldsUpNoOther has a server answer nothing for one message for as long as its hold lasts.
func TestOneThatTakesForEverHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last time.Duration
		c := &crew{}
		c.send = func(m notify.Message) notify.Outcome {
			if m.Unit == "3" {
				time.Sleep(25 * time.Minute)
				return notify.Outcome{Class: notify.Sent}
			}
			time.Sleep(time.Second)
			c.mu.Lock()
			defer c.mu.Unlock()
			last = time.Since(start)
			return notify.Outcome{Class: notify.Sent}
		}
		box := newOutbox(t)
		box.promise(t, numbered(200)...)
		r := newOfficeOf(t, "test", box, c.lanes(4)...).drain(t)
		if r.Sent != 200 || r.Recovered != 0 || last > 90*time.Second {
			t.Errorf("report %+v, the last of the others after %v", r, last)
		}
	})
}

// TestACrashOfManyLanes panics in the midst of a burst: what the others have sent is settled, and what was in hand
// comes once more at most.
func TestACrashOfManyLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const lanes = 4
		c := &crew{}
		c.send = func(m notify.Message) notify.Outcome {
			time.Sleep(time.Second)
			if m.Unit == "30" && m.Attempt == 1 {
				panic("the courier fell")
			}
			return notify.Outcome{Class: notify.Sent}
		}
		box := newOutbox(t)
		box.promise(t, numbered(100)...)
		o := newOfficeOf(t, "test", box, c.lanes(lanes)...)
		func() {
			defer func() {
				if p := recover(); p == nil {
					t.Error("Drain did not panic")
				}
			}()
			o.drain(t)
		}()
		o.loop(t, time.Minute, time.Hour)
		for unit, n := range c.tries {
			if want := map[bool]int{true: 2, false: 1}[unit == "30"]; n != want {
				t.Errorf("message %s: %d times, want %d", unit, n, want)
			}
		}
		if diff := cmp.Diff(map[string]int{"sent": 100}, box.counts(t)); diff != "" {
			t.Errorf("states, want - got +:\n%s", diff)
		}
	})
}

// TestLostAnswersOfManyLanes is TestLostAnswers with many messages in hand.
func TestLostAnswersOfManyLanes(t *testing.T) {
	for _, method := range []string{"Claim", "Begin", "Settle", "Held", "Hasten"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &crew{send: func(notify.Message) notify.Outcome {
					time.Sleep(time.Second)
					return notify.Outcome{Class: notify.Sent}
				}}
				box := newOutbox(t)
				units := numbered(100)
				box.promise(t, units...)
				deaf := &deafBox{outbox: box, method: method}
				o := newOfficeOf(t, "test", deaf, c.lanes(4)...)
				for ; time.Since(start) < 10*time.Minute; time.Sleep(time.Minute) {
					_, _ = o.Drain(t.Context(), time.Now())
				}
				if !deaf.lost {
					t.Fatal("no answer was lost")
				}
				if got := slices.Collect(maps.Values(c.tries)); len(got) != 100 || slices.Max(got) != 1 {
					t.Errorf("tried %v, want each of 100 once", c.tries)
				}
				if diff := cmp.Diff(map[string]int{"sent": 100}, box.counts(t)); diff != "" {
					t.Errorf("states, want - got +:\n%s", diff)
				}
			})
		})
	}
}

// TestFewAreInDoubt looks at how many messages are begun at a time.
func TestFewAreInDoubt(t *testing.T) {
	for _, lanes := range []int{1, 2, 8} {
		t.Run(fmt.Sprint(lanes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				box := newOutbox(t)
				box.promise(t, numbered(50)...)
				most := 0
				c := &crew{}
				c.send = func(notify.Message) notify.Outcome {
					time.Sleep(time.Second)
					c.mu.Lock()
					defer c.mu.Unlock()
					begun := 0
					for _, h := range box.held(t) {
						if h.Begun {
							begun++
						}
					}
					most = max(most, begun)
					return notify.Outcome{Class: notify.Sent}
				}
				newOfficeOf(t, "test", box, c.lanes(lanes)...).drain(t)
				limit := 4 * lanes
				if lanes == 1 {
					limit = 1
				}
				if most > limit || most < lanes {
					t.Errorf("%d were begun at a time, want at most %d", most, limit)
				}
			})
		})
	}
}
