package smtp_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"qixian/notify"
	"qixian/notify/smtp"
	"qixian/notify/smtp/smtptest"
)

// sleepyLine freezes its process after one of its reads or writes, as SIGSTOP or a sleeping machine would, and notes
// what is written afterwards.
type sleepyLine struct {
	net.Conn
	op, at int // how many reads and writes there were; after which one it freezes
	freeze func()
	late   int // bytes written after that
}

func (l *sleepyLine) after(n int, err error) (int, error) {
	if l.op++; l.op == l.at {
		l.freeze()
	}
	return n, err
}

func (l *sleepyLine) Read(b []byte) (int, error) { return l.after(l.Conn.Read(b)) }

func (l *sleepyLine) Write(b []byte) (int, error) {
	if l.at > 0 && l.op >= l.at {
		l.late += len(b)
	}
	return l.after(l.Conn.Write(b))
}

// stepped is a context whose deadline lies behind by the wall clock once that has been stepped, and ahead by the
// monotonic one.
type stepped struct {
	context.Context
	yes atomic.Bool
}

func (s *stepped) Deadline() (time.Time, bool) {
	end, ok := s.Context.Deadline()
	if s.yes.Load() {
		return time.Now().Add(-time.Hour).Round(0), true
	}
	return end, ok
}

// TestAFrozenProcessSendsNothing freezes an attempt after each read and write of its conversation in turn. When it
// wakes, its hold has lapsed: by both clocks, or by the wall clock alone. It writes no more, and what it says of the
// attempt is true.
func TestAFrozenProcessSendsNothing(t *testing.T) {
	long := message("县环保局")
	long.HTML = strings.Repeat(long.HTML, 200) // more than one buffer
	for _, tls := range []smtp.TLS{smtp.None, smtp.StartTLS} {
		for _, clock := range []string{"both clocks", "wall clock"} {
			t.Run(fmt.Sprint(tls, ", ", clock), func(t *testing.T) {
				seen := map[notify.Class]int{}
				for at := 1; ; at++ {
					out, arrived, late, frozen := freezeAt(t, tls, clock == "both clocks", long, at)
					if !frozen {
						break
					}
					seen[out.Class]++
					if late > 0 {
						t.Errorf("frozen after operation %d: %d bytes written too late", at, late)
					}
					if arrived != (out.Class == notify.Sent || out.Class == notify.Uncertain) ||
						out.Class == notify.Retry && !out.Blameless {
						t.Errorf("frozen after operation %d: %+v, and it has arrived: %t", at, out, arrived)
					}
				}
				if seen[notify.Retry] < 6 || seen[notify.Sent] == 0 {
					t.Errorf("outcomes %v: the conversation was not frozen everywhere", seen)
				}
			})
		}
	}
}

// freezeAt makes one attempt on a connection that is dialled before, and returns what became of it.
func freezeAt(
	t *testing.T,
	tls smtp.TLS,
	sleep bool,
	m notify.Message,
	at int,
) (out notify.Outcome, arrived bool, late int, frozen bool) {
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.New(t, smtptest.Options{StartTLS: tls == smtp.StartTLS})
		l := &sleepyLine{}
		tr := dial(t, s, false, func(o *smtp.Options) {
			o.TLS, o.Host = tls, "mail.example.invalid"
			o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := s.Dial(ctx, network, address)
				l.Conn = conn
				return l, err
			}
		})
		if out := tr.Open(t.Context()); out.Class != "" {
			t.Fatalf("not opened: %+v", out)
		}
		hold, release := context.WithTimeout(t.Context(), 20*time.Minute)
		defer release()
		ctx := &stepped{Context: hold}
		l.op, l.at = 0, at
		l.freeze = func() {
			frozen = true
			if sleep {
				time.Sleep(time.Hour)
				return
			}
			ctx.yes.Store(true)
		}
		out = tr.Send(ctx, m)
		late, arrived = l.late, len(s.Mails()) > 0
		l.at = 1 << 30
		_ = tr.Idle()
		synctest.Wait()
		if len(s.Mails()) > 0 != arrived {
			t.Errorf("frozen after operation %d: the mail arrived after all was said", at)
		}
	})
	return out, arrived, late, frozen
}

// TestALapsedHold sends nothing at all, and does not dial for it.
func TestALapsedHold(t *testing.T) {
	s := smtptest.New(t, smtptest.Options{})
	tr := dial(t, s, false, nil)
	hold, release := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer release()
	if out := tr.Send(hold, message("县环保局")); out.Class != notify.Retry || !out.Blameless || out.Pause {
		t.Errorf("outcome %+v, want a blameless retry", out)
	}
	if n := s.Dialled(); n != 0 {
		t.Errorf("dialled %d times", n)
	}
}

// TestAWriteThatWaits ends with the hold: the server reads nothing more, and would go on after it.
func TestAWriteThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.New(t, smtptest.Options{}).On(smtptest.Fault{At: smtptest.Content, Stall: true})
		start := time.Now()
		l := &deaf{}
		tr := dial(t, s, false, func(o *smtp.Options) {
			o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := s.Dial(ctx, network, address)
				l.Conn = conn
				return l, err
			}
		})
		if out := tr.Open(t.Context()); out.Class != "" {
			t.Fatalf("not opened: %+v", out)
		}
		hold, release := context.WithTimeout(t.Context(), time.Minute)
		defer release()
		out := tr.Send(hold, message("县环保局"))
		if took := time.Since(
			start,
		); took != time.Minute ||
			out.Class != notify.Uncertain && out.Class != notify.Retry {
			t.Errorf("after %v: %+v", took, out)
		}
	})
}

// deaf takes no mail: a write of more than a command waits until its deadline.
type deaf struct {
	net.Conn
	write time.Time
}

func (d *deaf) SetWriteDeadline(t time.Time) error { d.write = t; return d.Conn.SetWriteDeadline(t) }

func (d *deaf) Write(b []byte) (int, error) {
	if len(b) < 200 {
		return d.Conn.Write(b)
	}
	time.Sleep(time.Until(d.write))
	return 1, os.ErrDeadlineExceeded
}

// TestAPanicInMidMail leaves no connection behind on which the next message would be taken for the rest of that mail.
func TestAPanicInMidMail(t *testing.T) {
	s := smtptest.New(t, smtptest.Options{})
	tr := dial(t, s, false, func(o *smtp.Options) {
		o.Timeout = 5 * time.Second
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := s.Dial(ctx, network, address)
			if s.Dialled() == 1 {
				return &shaky{conn}, err
			}
			return conn, err
		}
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		long := message("县环保局")
		long.HTML = strings.Repeat(long.HTML, 200) // more than one buffer
		attempt(t, tr, long)
	}()
	wantSent(t, attempt(t, tr, message("县民政局")))
	if n := len(s.Mails()); n != 1 || s.Dialled() != 2 {
		t.Errorf("%d mails over %d connections, want 1 and 2", n, s.Dialled())
	}
}

// shaky panics when a part of a mail is out.
type shaky struct{ net.Conn }

func (s *shaky) Write(b []byte) (int, error) {
	n, err := s.Conn.Write(b)
	if len(b) > 200 {
		panic("bad memory")
	}
	return n, err
}
