package bench_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/textproto"
	"sync"
	"testing"
	"time"
)

// sink is a mail server that takes all mails, does nothing else, and counts the distinct Message-IDs: what every
// contender sends to.
type sink struct {
	listener net.Listener
	conns    sync.WaitGroup

	mu      sync.Mutex
	seen    map[string]int // mails by Message-ID
	bytes   int
	awaited map[string]bool // nil: any
	left    int             // distinct ones that are awaited
	reached chan struct{}   // closed once there are none
	first   chan struct{}   // closed once one of them has arrived
}

func newSink(t testing.TB) *sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{listener: l, seen: map[string]int{}}
	s.conns.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Go(func() { s.converse(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close() })
	return s
}

func (s *sink) address() string { return s.listener.Addr().String() }

// await forgets what came before and returns a channel that is closed once all mails with these Message-IDs have
// arrived; with none of them given, once n different ones have.
func (s *sink) await(n int, ids ...string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.bytes, s.left, s.awaited, s.reached, s.first = map[string]int{}, 0, n, nil, make(
		chan struct{},
	), make(
		chan struct{},
	)
	if len(ids) > 0 {
		s.left, s.awaited = len(ids), make(map[string]bool, len(ids))
		for _, id := range ids {
			s.awaited["<"+id+">"] = true
		}
	}
	return s.reached
}

// awaitFirst waits for the first of the mails that are awaited.
func (s *sink) awaitFirst(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	first := s.first
	s.mu.Unlock()
	select {
	case <-first:
	case <-time.After(patience):
		t.Fatal("no mail arrives")
	}
}

// counted returns how many distinct mails have arrived, how many more than once, and their mean size.
func (s *sink) counted() (distinct, doubled, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := 0
	for _, n := range s.seen {
		all += n
		if n > 1 {
			doubled++
		}
	}
	return len(s.seen), doubled, s.bytes / max(1, all)
}

var (
	endOfMail = []byte("\r\n.\r\n")
	messageID = []byte("\r\nmessage-id:")
)

// converse is one conversation, with no check of anything. Both ends speak in turn, so what is buffered is one command,
// or one mail.
func (s *sink) converse(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReaderSize(conn, 16<<10)
	say := func(line string) bool {
		_, err := io.WriteString(conn, line+"\r\n")
		return err == nil
	}
	for ok := say("220 sink"); ok; {
		line, err := in.ReadSlice('\n')
		if err != nil || len(line) < 4 {
			return
		}
		switch string(bytes.ToUpper(line[:4])) {
		case "EHLO":
			ok = say("250-sink\r\n250 8BITMIME")
		case "DATA":
			ok = say("354 go on") && s.take(in) && say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			ok = say("250 ok")
		}
	}
}

// take reads a mail to its final dot.
func (s *sink) take(in *bufio.Reader) bool {
	var mail []byte
	for !bytes.HasSuffix(mail, endOfMail) {
		line, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return false
		}
		mail = append(mail, line...)
	}
	id := ""
	head, _, _ := bytes.Cut(mail, []byte("\r\n\r\n"))
	if at := bytes.Index(bytes.ToLower(head), messageID); at >= 0 {
		rest := head[at+len(messageID):]
		id, _ = textproto.NewReader(
			bufio.NewReader(bytes.NewReader(append(bytes.TrimSpace(rest), "\r\n\r\n"...))),
		).ReadContinuedLine()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[id]++
	s.bytes += len(mail)
	if s.seen[id] > 1 || s.awaited != nil && !s.awaited[id] {
		return true
	}
	select {
	case <-s.first:
	default:
		close(s.first)
	}
	if s.left--; s.left == 0 {
		close(s.reached)
	}
	return true
}
