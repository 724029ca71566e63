package smtp

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"qixian/notify"
)

var errLapsed = errors.New("the hold on the message ran out before it was sent")

// line is the connection itself, beneath TLS. Once the hold has lapsed under which a message is sent, not a byte is
// written on it: a process that was stopped, or a machine that slept, wakes in the middle of a conversation as if
// nothing had happened, and the message is somebody else's by then.
//
// What remains is the moment between the check and the system call that follows it: a process that is stopped right
// there, for the rest of the lease, writes up to one buffer of go-mail's (4 kB) when it wakes, and if that ends the
// mail, the mail arrives twice with the same Message-ID. A virtual machine that is put by and taken up again with both
// its clocks where they were is the same case. No check on this side can do better, and the mail server has no fences.
type line struct {
	net.Conn
	hold   context.Context // of the message under way; nil: none
	lapsed bool            // a write was refused, so what it was to write has not gone out
}

// Write implements net.Conn. With what cannot be written in time the connection ends, as nobody would answer.
func (l *line) Write(b []byte) (int, error) {
	if l.hold != nil &&
		notify.Lapsed(l.hold, time.Now()) { //nolint:forbidigo // what counts is the moment of the write itself
		l.lapsed = true
		l.discard()
		return 0, errLapsed
	}
	n, err := l.Conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		l.discard()
	}
	return n, err
}

// SetDeadline implements net.Conn. A write that waits for the server waits no longer than the hold lasts; a reply is
// awaited as long as it takes, because one that comes late is still the truth.
func (l *line) SetDeadline(t time.Time) error {
	if err := l.SetReadDeadline(t); err != nil {
		return err
	}
	if l.hold != nil {
		if end, ok := l.hold.Deadline(); ok && (t.IsZero() || end.Before(t)) {
			t = end
		}
	}
	return l.SetWriteDeadline(t)
}

// discard closes the connection and throws away what the system has taken over and not yet delivered, lest it be
// delivered later.
func (l *line) discard() {
	if tcp, ok := l.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = l.Close() // there is nothing to be lost on it
}

// lapsed is the outcome of an attempt that was broken off before the final dot.
func lapsed() notify.Outcome {
	return notify.Outcome{Class: notify.Retry, Reply: errLapsed.Error(), Blameless: true}
}
