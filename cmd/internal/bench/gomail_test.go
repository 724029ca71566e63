package bench_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wneessen/go-mail"

	"qixian/notify"
)

// sendByGoMail sends messages by go-mail alone, as its manual has it, without the NOOP and RSET that can be left out,
// on so many kept connections to a sink or on the way there, and returns how long it took until the sink had all.
func sendByGoMail(t testing.TB, s *sink, relay string, connections int, ms []notify.Message) time.Duration {
	t.Helper()
	arrived := s.await(0, ids(ms)...)
	host, port, err := net.SplitHostPort(relay)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	todo := make(chan notify.Message)
	var senders sync.WaitGroup
	for range connections {
		senders.Go(func() {
			client, err := mail.NewClient(
				host,
				mail.WithPort(number),
				mail.WithTLSPolicy(mail.NoTLS),
				mail.WithoutNoop(),
				mail.WithoutRset(),
				mail.WithHELO("example.invalid"),
			)
			if err != nil {
				t.Error(err)
				return
			}
			if err := client.DialWithContext(context.Background()); err != nil {
				t.Error(err)
				return
			}
			for m := range todo {
				msg, err := compose(m)
				if err == nil {
					err = client.Send(msg)
				}
				if err != nil {
					t.Error(err)
				}
			}
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	for _, m := range ms {
		todo <- m
	}
	close(todo)
	senders.Wait()
	select {
	case <-arrived:
	case <-time.After(patience):
		t.Fatal("not all has arrived")
	}
	return time.Since(start)
}

func compose(m notify.Message) (*mail.Msg, error) {
	// as the daemon does: for Chinese it is two thirds of the default
	msg := mail.NewMsg(mail.WithEncoding(mail.EncodingB64))
	if err := msg.From("qixian@example.invalid"); err != nil {
		return nil, err
	}
	if err := msg.To(m.To); err != nil {
		return nil, err
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetDate()
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	return msg, nil
}

// letters are n messages of a batch.
func letters(batch string, n int) []notify.Message {
	ms := make([]notify.Message, n)
	for i := range ms {
		key := fmt.Sprintf("bench/%s/%d", batch, i)
		to := fmt.Sprintf("u%04d@example.invalid", i)
		ms[i] = notify.Message{
			Key:       key,
			MessageID: someID("m", key, to),
			To:        to,
			Subject:   subject,
			Text:      text,
			HTML:      html,
		}
	}
	return ms
}

// ids are the Message-IDs of messages.
func ids(ms []notify.Message) []string {
	all := make([]string, len(ms))
	for i, m := range ms {
		all[i] = m.MessageID
	}
	return all
}

// someID is a Message-ID that is another for other parts; its prefix says of what.
func someID(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:12]) + "@example.invalid"
}
