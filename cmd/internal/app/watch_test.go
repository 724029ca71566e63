package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qixian/configs"
	"qixian/notify"
	"qixian/scheduler"
)

// records is a database that answers, or not.
type records struct{ err error }

func (r *records) Ping(context.Context) error { return r.err }

func (r *records) Condition(context.Context, time.Time) (scheduler.Condition, error) {
	return scheduler.Condition{}, r.err
}

func (r *records) Daemons(context.Context) ([]scheduler.Daemon, error) { return nil, r.err }

func (r *records) SigningKey(context.Context) (string, error) { return "", r.err }

// outbox has one message, for ever.
type outbox struct{ notify.Outbox }

func (outbox) Held(context.Context) ([]notify.Hold, error) { return nil, nil }

func (outbox) Recover(context.Context, time.Time, time.Duration, []notify.Hold) (int, error) {
	return 0, nil
}

func (outbox) Hasten(context.Context, time.Time, time.Time) (int, error) { return 0, nil }

func (outbox) Claim(context.Context, string, time.Time, int) ([]notify.Message, error) {
	return []notify.Message{{ID: 1, Key: "test/1", Fence: 1}}, nil
}

func (outbox) Begin(
	_ context.Context,
	_ time.Time,
	_ []notify.Delivery,
	ms []notify.Message,
) ([]notify.Message, error) {
	return ms, nil
}

func (outbox) Settle(context.Context, []notify.Delivery) error { return nil }

// dead is a mail server that never answers: a transport that minds no deadline.
type dead struct{ release chan struct{} }

func (dead) Open(context.Context) notify.Outcome { return notify.Outcome{} }

func (d dead) Send(context.Context, notify.Message) notify.Outcome {
	<-d.release
	return notify.Outcome{Class: notify.Halted}
}

func (dead) Idle() error { return nil }

func testWatch(t *testing.T, store ledger, change func(*configs.Config)) *watch {
	t.Helper()
	cfg := configs.Default(t.TempDir())
	cfg.Mail.SMTP.Timeout = time.Minute
	if change != nil {
		change(&cfg)
	}
	w, err := newWatch(t.Context(), cfg, store, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.door.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// expect holds that an error is the wanted one.
func expect(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestWatchSending lets the send loop hang in a mail server that never answers: it is stuck as soon as that has had its
// time, and not before.
func TestWatchSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWatch(t, &records{}, nil)
		transport := dead{make(chan struct{})}
		d := &Daemon{
			log:    slog.New(slog.DiscardHandler),
			inputs: &Inputs{Config: configs.Default("")},
			watch:  w,
			wake:   make(chan struct{}, 1),
		}
		d.dispatcher = notify.NewDispatcher(
			notify.Options{
				Outbox:     watched{outbox{}, w},
				Transports: []notify.Transport{transport},
				Owner:      "me",
				Lease:      w.patience,
			},
		)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { d.send(ctx); close(done) }()
		d.wake <- struct{}{}
		synctest.Wait()
		time.Sleep(w.patience)
		w.passed(time.Second, nil)
		expect(t, "while the mail server has its time", w.alive(), nil)
		time.Sleep(time.Millisecond)
		expect(t, "after it", w.alive(), errStuck)
		if !w.stuck() {
			t.Error("the watchdog would be fed")
		}
		close(transport.release)
		synctest.Wait()
		expect(t, "when it goes on", w.alive(), nil)
		expect(t, "with a server that refuses us", w.well(ctx), errHalted)
		time.Sleep(2 * time.Minute) // the next turns of the loop find it halted, and say nothing
		w.passed(time.Second, nil)
		expect(t, "and minutes later", w.well(ctx), errHalted)
		cancel()
		<-done
	})
}

// TestWatchdogStarves holds that the service manager is told of no more life once sending is stuck, and of life again
// when it goes on.
func TestWatchdogStarves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	t.Setenv("NOTIFY_SOCKET", path)
	synctest.Test(t, func(t *testing.T) {
		d, err := NewDaemon(t.Context(), Source{StateDir: t.TempDir()}, slog.New(slog.DiscardHandler), &slog.LevelVar{})
		if err != nil {
			t.Fatal(err)
		}
		transport := dead{make(chan struct{})}
		d.dispatcher = notify.NewDispatcher(
			notify.Options{
				Outbox:     watched{outbox{}, d.watch},
				Transports: []notify.Transport{transport},
				Owner:      "me",
				Lease:      d.watch.patience,
			},
		)
		fed := func() bool {
			t.Helper()
			d.tick(t.Context())
			d.system.notify("MARK=1") // what was said before it is in the socket
			for fed, buf := false, make([]byte, 256); ; {
				n, err := conn.Read(buf)
				if err != nil {
					t.Fatal(err)
				}
				switch string(buf[:n]) {
				case "MARK=1":
					return fed
				case "WATCHDOG=1":
					fed = true
				}
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { d.send(ctx); close(done) }()
		if !fed() {
			t.Error("not fed although all is well")
		}
		synctest.Wait() // the tick has woken the send loop, which hangs now
		time.Sleep(d.watch.patience)
		if !fed() {
			t.Error("not fed while the mail server has its time")
		}
		time.Sleep(time.Millisecond)
		if fed() {
			t.Error("fed although sending is stuck")
		}
		close(transport.release)
		synctest.Wait()
		if !fed() {
			t.Error("not fed when sending goes on")
		}
		cancel()
		<-done
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestWatchWell goes through everything that keeps the outside address from being fetched.
func TestWatchWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &records{}
		w := testWatch(t, store, nil)
		drain := func(err error) {
			w.drainBegins()
			w.drainEnds(clock(), notify.Report{}, err)
		}
		expect(t, "before the first pass", w.well(t.Context()), errPass)
		w.passed(time.Second, nil)
		expect(t, "before the first drain", w.well(t.Context()), errNoDrain)
		drain(nil)
		expect(t, "then", w.well(t.Context()), nil)
		w.passed(time.Second, errors.New("one bad letter"))
		expect(t, "after a bad pass", w.well(t.Context()), errPass)
		w.passed(time.Second, nil)
		drain(errors.New("locked"))
		expect(t, "after a bad drain", w.well(t.Context()), errDrain)
		drain(nil)
		store.err = errors.New("gone away")
		expect(t, "without a database", w.well(t.Context()), errMute)
		expect(t, "its loops", w.alive(), nil)
		store.err = nil
		time.Sleep(tickPatience)
		expect(t, "as long as ticks may take", w.well(t.Context()), nil)
		time.Sleep(time.Millisecond)
		expect(t, "without a tick", w.well(t.Context()), errNoTick)
	})
}

// TestPings fetches at its interval while all is well, looks again soon while it is not, and makes no more of it than
// one log line.
func TestPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &records{}
		w := testWatch(t, store, func(c *configs.Config) {
			c.Watch.Ping, c.Watch.PingInterval = "http://ping.example.invalid/secret", time.Hour
		})
		w.passed(time.Second, nil)
		w.drainEnds(clock(), notify.Report{}, nil)
		var got []string
		began := time.Now()
		transport := roundTrip(func(*http.Request) (*http.Response, error) {
			got = append(got, time.Since(began).String())
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(""))}, nil
		})
		client := &http.Client{Transport: transport}
		for _, step := range []struct {
			err    error
			result string
			wait   time.Duration
		}{
			{nil, "answered", time.Hour},
			{errors.New("gone away"), "withheld", lookAgain},
			{nil, "answered", time.Hour},
		} {
			store.err = step.err
			w.passed(time.Second, nil)
			result, wait, _ := w.pingOnce(t.Context(), client)
			if result != step.result || wait != step.wait {
				t.Errorf(
					"with the database at %v: %s, again in %s; want %s, %s",
					step.err,
					result,
					wait,
					step.result,
					step.wait,
				)
			}
			time.Sleep(wait)
		}
		if strings.Join(got, " ") != "0s 1h0m10s" {
			t.Errorf("fetched at %v", got)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestFetch holds that only a success is one, that nothing is followed, that certificates are checked, and that no
// error quotes the address.
func TestFetch(t *testing.T) {
	asked := 0
	answer := func(status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
	}
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	secure := httptest.NewTLSServer(answer(http.StatusOK))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(secure.Close)
	gone := httptest.NewServer(answer(http.StatusOK))
	gone.Close()
	for name, tt := range map[string]struct {
		address, want string
		asked         int
	}{
		"ok":         {serve(answer(http.StatusOK)), "", 1},
		"no content": {serve(answer(http.StatusNoContent)), "", 1},
		"not found":  {serve(answer(http.StatusNotFound)), "answered with status 404", 1},
		"redirected": {serve(answer(http.StatusFound)), "answered with status 302", 1},
		"untrusted":  {secure.URL, "its certificate is not trusted", 0},
		"plain":      {strings.Replace(serve(answer(http.StatusOK)), "http:", "https:", 1), "the connection failed", 0},
		"gone":       {gone.URL, "the connection failed", 0},
		"unknown":    {"http://secret-host.invalid", "its host is not known", 0},
		"slow": {
			serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })), "no answer in time", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			asked = 0
			client := pingClient()
			if name == "slow" {
				client.Timeout = 50 * time.Millisecond
			}
			err := fetch(t.Context(), client, tt.address+"/hidden-token?key=hidden-token")
			if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if asked != tt.asked {
				t.Errorf("asked %d times", asked)
			}
			if host := strings.TrimPrefix(
				strings.TrimPrefix(tt.address, "http://"),
				"https://",
			); err != nil &&
				(strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), host)) {
				t.Errorf("the address is quoted: %v", err)
			}
		})
	}
}

// TestDoor holds what a visitor may ask and how, and that an address that is taken is an error.
func TestDoor(t *testing.T) {
	store := &records{}
	w := testWatch(t, store, func(c *configs.Config) { c.Watch.Listen = "127.0.0.1:0" })
	go w.door.serve()
	base := "http://" + w.door.address()
	ask := func(method, path string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, strings.TrimSpace(string(body))
	}
	for _, tt := range []struct {
		told func()
		want string
	}{
		{func() {}, "the last pass ended early"},
		{func() { w.passed(0, nil) }, "ok"},
		{func() { w.passed(0, errors.New("disk full")) }, "the last pass ended early"},
		{func() { w.passed(0, nil); w.wrote(errors.New("read-only")) }, "the database takes no writes"},
		{func() { w.wrote(nil) }, "ok"},
		{func() { w.passed(0, fmt.Errorf("begin: %w", scheduler.ErrClock)) }, "the clock is wrong"},
		{func() { w.passed(0, nil) }, "ok"},
	} {
		tt.told()
		if status, body := ask("GET", "/readyz"); body != tt.want || (status == 200) != (body == "ok") {
			t.Errorf("/readyz: %d %q, want %q", status, body, tt.want)
		}
	}
	for _, tt := range []struct {
		method, path string
		err          error
		status       int
		body         string
	}{
		{"GET", "/healthz", nil, 200, "ok"},
		{"HEAD", "/healthz", nil, 200, ""},
		{"GET", "/readyz", nil, 200, "ok"},
		{"GET", "/readyz", errors.New("dial tcp 10.0.0.1: gone away"), 503, "the database does not answer"},
		{"GET", "/healthz", errors.New("gone away"), 200, "ok"},
		{"POST", "/healthz", nil, 405, "Method Not Allowed"},
		{"POST", "/metrics", nil, 405, "Method Not Allowed"},
		{"DELETE", "/readyz", nil, 405, "Method Not Allowed"},
		{"GET", "/", nil, 404, "404 page not found"},
		{"GET", "/debug/pprof/", nil, 404, "404 page not found"},
	} {
		store.err = tt.err
		if status, body := ask(tt.method, tt.path); status != tt.status || body != tt.body {
			t.Errorf("%s %s with %v: %d %q, want %d %q", tt.method, tt.path, tt.err, status, body, tt.status, tt.body)
		}
	}
	store.err = errors.New("gone away")
	if status, body := ask(
		"GET",
		"/metrics",
	); status != 200 || !strings.Contains(body, "qixian_database_up 0\n") ||
		strings.Contains(body, "qixian_deadlines_open") {
		t.Errorf("metrics without a database: %d\n%s", status, body)
	}

	cfg := configs.Default(t.TempDir())
	cfg.Watch.Listen = w.door.address()
	if _, err := newWatch(
		t.Context(),
		cfg,
		store,
		w.log,
	); err == nil ||
		!strings.Contains(err.Error(), "address already in use") {
		t.Errorf("an address that is taken: %v", err)
	}
	conn, err := net.Dial("tcp", w.door.address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(
		conn,
		"GET /healthz HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("x", 64<<10)+"\r\n\r\n",
	); err != nil {
		t.Fatal(err)
	}
	reply := make([]byte, 64)
	if n, err := conn.Read(reply); err != nil || !strings.Contains(string(reply[:n]), " 431 ") {
		t.Errorf("64 kB of header: %q, %v", reply[:n], err)
	}
}

// TestLoopback holds which addresses check takes for reachable from elsewhere.
func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:9473": true, "[::1]:9473": true, "localhost:9473": true, "127.9.9.9:1": true,
		":9473": false, "0.0.0.0:9473": false, "[::]:9473": false, "10.0.0.1:9473": false, "metrics.example.invalid:9473": false, "nonsense": false,
	} {
		if loopback(address) != want {
			t.Errorf("%s: %t", address, !want)
		}
	}
}
