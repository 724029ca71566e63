package bench_test

import (
	"net"
	"testing"
	"time"
)

// far is the address of a way to a server on which every round trip takes as long as given.
func far(t testing.TB, to string, roundTrip time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			away, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			go carry(near, away, roundTrip/2)
			go carry(away, near, roundTrip/2)
		}
	}()
	return l.Addr().String()
}

// parcel is what was read at a time.
type parcel struct {
	at   time.Time
	data []byte
}

// carry hands on what comes from one end to the other, each piece so much later.
func carry(from, to net.Conn, delay time.Duration) {
	way := make(chan parcel, 1024)
	go func() {
		defer func() { _ = to.Close() }()
		for p := range way {
			time.Sleep(time.Until(p.at.Add(delay)))
			if _, err := to.Write(p.data); err != nil {
				break
			}
		}
		for range way { // the other end has gone
		}
	}()
	defer close(way)
	for {
		data := make([]byte, 16<<10)
		n, err := from.Read(data)
		if n > 0 {
			way <- parcel{time.Now(), data[:n]}
		}
		if err != nil {
			return
		}
	}
}

// TestFar sends one mail over a way that is longer.
func TestFar(t *testing.T) {
	s := newSink(t)
	took := sendByGoMail(t, s, far(t, s.address(), 20*time.Millisecond), 1, fresh(1))
	if took < 100*time.Millisecond { // a greeting, EHLO, MAIL, RCPT, DATA, the mail
		t.Errorf("six round trips of 20 ms took %v", took)
	}
}
