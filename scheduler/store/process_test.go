package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"qixian/notify"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// envChild makes the test binary a process that delivers what is in an outbox, as another daemon would.
const envChild = "QIXIAN_STORE_CHILD" // owner, driver and path or DSN

func TestMain(m *testing.M) {
	if child := os.Getenv(envChild); child != "" {
		owner, rest, _ := strings.Cut(child, " ")
		driver, where, _ := strings.Cut(rest, " ")
		if err := deliverAll(
			context.Background(),
			owner,
			store.Options{Driver: driver, Path: where, DSN: where},
		); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func deliverAll(ctx context.Context, owner string, o store.Options) error {
	s, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	for {
		n, err := deliverOne(ctx, s, owner, func(m notify.Message) { fmt.Println(m.Key) })
		if err != nil {
			return err
		}
		if n == 0 {
			return s.Close()
		}
	}
}

// deliverOne claims, begins, sends and settles one message, if any is due.
func deliverOne(ctx context.Context, s *store.Store, owner string, send func(m notify.Message)) (int, error) {
	ms, err := s.Claim(ctx, owner, now, 1)
	if err != nil || len(ms) == 0 {
		return 0, err
	}
	begun, err := s.Begin(ctx, now, nil, ms)
	if err != nil {
		return 0, err
	}
	for _, m := range begun {
		send(m)
		if err := s.Settle(ctx, []notify.Delivery{delivered(m, notify.Sent, time.Time{})}); err != nil {
			return 0, err
		}
	}
	return 1, nil
}

// TestProcesses lets two processes and this one deliver from one outbox at the same time, kills one of them, and holds
// that after recovering every message was sent, and none twice but what the killed one had in hand.
func TestProcesses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		const total, killAfter = 300, 30
		o := storetest.Options(t, driver)
		s := storetest.Reopen(t, o)
		promise(t, s, total)

		var mu sync.Mutex
		sent := map[string]int{}
		count := func(key string) {
			mu.Lock()
			defer mu.Unlock()
			sent[key]++
		}
		var g sync.WaitGroup
		for _, owner := range []string{"doomed", "steady"} {
			g.Go(func() { runChild(t, owner, o, count, owner == "doomed", killAfter) })
		}
		drain(t, s, count)
		g.Wait()

		left, err := s.Held(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n, err := s.Recover(t.Context(), now, 0, left)
		if err != nil || n > 1 {
			t.Fatalf("recovered %d, %v; want at most one", n, err)
		}
		drain(t, s, count)

		twice := 0
		for key, n := range sent {
			if n > 1 {
				twice++
				t.Logf("%s was sent %d times", key, n)
			}
		}
		if len(sent) != total || twice > n {
			t.Errorf("%d of %d were sent, %d of them more than once, with %d in hand", len(sent), total, twice, n)
		}
		if c := counts(t, s); c["sent"] != total {
			t.Errorf("outbox is %v", c)
		}
	})
}

func drain(t *testing.T, s *store.Store, count func(key string)) {
	t.Helper()
	for {
		n, err := deliverOne(t.Context(), s, "parent", func(m notify.Message) { count(m.Key) })
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// runChild runs a process that delivers, and kills a doomed one, with SIGKILL, after so many messages.
func runChild(t *testing.T, owner string, o store.Options, count func(key string), doomed bool, killAfter int) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", envChild, owner, o.Driver, o.Path+o.DSN))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Error(err)
		return
	}
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return
	}
	lines := bufio.NewScanner(out)
	for n := 1; lines.Scan(); n++ {
		count(lines.Text())
		if doomed && n == killAfter {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil && !doomed {
		t.Errorf("%s: %v", owner, err)
	}
}
