package main_test

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// line stands between the daemon and its database, and can be cut: as if the server had gone, or the network.
type line struct {
	to   string
	door net.Listener

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{to: to, door: door}
	t.Cleanup(func() { _ = door.Close(); l.set(true) })
	go func() {
		for {
			in, err := door.Accept()
			if err != nil {
				return
			}
			go l.carry(in)
		}
	}()
	return l
}

// carry joins a connection to the database, unless the line is cut.
func (l *line) carry(in net.Conn) {
	defer func() { _ = in.Close() }()
	out, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	l.mu.Lock()
	cut := l.cut
	l.conns = append(l.conns, in, out)
	l.mu.Unlock()
	if cut {
		return
	}
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	_, _ = io.Copy(in, out)
}

// set cuts the line, with whoever speaks on it, or mends it.
func (l *line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.conns = nil
}

// databaseOf returns the database section of a configuration whose daemon reaches its database through a line; nil if
// it has none to cut.
func databaseOf(t *testing.T, kind string) (string, *line) {
	t.Helper()
	if kind == store.SQLite {
		return "{driver: sqlite}", nil
	}
	cfg, err := driver.ParseDSN(storetest.Options(t, kind).DSN)
	if err != nil {
		t.Fatal(err)
	}
	l := newLine(t, cfg.Addr)
	cfg.Addr = l.door.Addr().String()
	file := filepath.Join(t.TempDir(), "dsn")
	write(t, file, cfg.FormatDSN())
	return fmt.Sprintf("{driver: mysql, dsn_file: %q}", file), l
}

// freeAddress returns an address on the loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// scrape reads /metrics as Prometheus does.
func scrape(t *testing.T, address string) map[string]*dto.MetricFamily {
	t.Helper()
	answer, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// value sums a family's gauges or counters that have the label's value.
func value(families map[string]*dto.MetricFamily, name, label string) float64 {
	sum := 0.0
	for _, m := range families[name].GetMetric() {
		if label == "" || len(m.GetLabel()) == 1 && m.GetLabel()[0].GetValue() == label {
			sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return sum
}

// status asks for the state at a path and returns its code; 0 if nobody answers.
func status(address, path string) int {
	answer, err := http.Get("http://" + address + path)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// TestWatch runs a daemon, asks it how it is, takes its database away and gives it back.
func TestWatch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, kind string) {
		dir := t.TempDir()
		var pings atomic.Int64
		outside := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && r.URL.Path == "/planted-secret" {
				pings.Add(1)
			}
		}))
		t.Cleanup(outside.Close)
		database, line := databaseOf(t, kind)
		address, config := freeAddress(t), filepath.Join(dir, "qixian.yaml")
		write(t, filepath.Join(dir, "inbox-password"), "planted-secret\n")
		// Nobody answers for the inbox: that is counted, and is no reason to tell the outside that the daemon is not
		// well.
		write(
			t,
			config,
			fmt.Sprintf("state_dir: state\ndatabase: %s\nwatch: {listen: %q, ping: %q, ping_interval: 1s}\n"+
				"mail: {retry_interval: 1s, inbox: {host: 127.0.0.1, port: 1, tls: none, username: a, password_file: inbox-password}}\n",
				database, address, outside.URL+"/planted-secret"),
		)
		d := serve(t, dir, nil, "--config", config)
		eventually(t, 20*time.Second, "all is well, and the outside is told", func() bool { return pings.Load() >= 2 })
		for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 404} {
			if got := status(address, path); got != want {
				t.Errorf("%s: %d, want %d", path, got, want)
			}
		}
		checkMetrics(t, scrape(t, address))
		checkAlerts(t, scrape(t, address))
		if out := must(t, dir, "status", "--config", config); !strings.Contains(out, "运行主机：1台运行中，0台无响应\n") {
			t.Errorf("status:\n%s", out)
		}
		if _, stderr, code := qixian(t, dir, "serve", "--config", config, "--state-dir", "other"); code != 1 {
			t.Errorf("a second daemon on the same port and directory: exit %d, %s", code, stderr)
		}
		if line != nil {
			takeAway(t, d, line, address, &pings)
		}
		if code := d.stop(t); code != 0 {
			t.Errorf("stopped with %d", code)
		}
		if got := status(address, "/healthz"); got != 0 {
			t.Errorf("somebody still answers: %d", got)
		}
		if out := must(t, dir, "status", "--config", config); !strings.Contains(out, "运行主机：0台运行中，0台无响应\n") {
			t.Errorf("status after the end:\n%s", out)
		}
		if strings.Contains(d.output(t), "planted-secret") {
			t.Errorf("the log quotes the outside address:\n%s", d.output(t))
		}
	})
}

// takeAway cuts the daemon off its database: it is not ready, tells nobody outside that all is well, and lives; and it
// comes back.
func takeAway(t *testing.T, d *daemon, l *line, address string, pings *atomic.Int64) {
	t.Helper()
	l.set(true)
	eventually(t, 20*time.Second, "it is not ready", func() bool { return status(address, "/readyz") == 503 })
	eventually(
		t,
		20*time.Second,
		"pings are withheld",
		func() bool { return value(scrape(t, address), "qixian_pings_total", "withheld") >= 1 },
	)
	before := pings.Load()
	gone := scrape(t, address)
	if up, ok := gone["qixian_database_up"]; !ok || value(gone, "qixian_database_up", "") != 0 ||
		gone["qixian_deadlines_open"] != nil {
		t.Errorf("metrics without a database: %v, %v", up, gone["qixian_deadlines_open"])
	}
	if got := status(address, "/healthz"); got != 200 {
		t.Errorf("/healthz: %d: the loops go on without a database", got)
	}
	time.Sleep(3 * time.Second) // three intervals in which nothing may happen
	if after := pings.Load(); after != before {
		t.Errorf("the outside was told %d times that all is well", after-before)
	}
	if !strings.Contains(d.output(t), "outside address not fetched") {
		t.Error("the log does not say so")
	}
	l.set(false)
	eventually(t, 90*time.Second, "it is ready again", func() bool { return status(address, "/readyz") == 200 })
	eventually(t, 90*time.Second, "the outside is told again", func() bool { return pings.Load() > before })
}

// checkMetrics holds what a scrape of a daemon that has just started says.
func checkMetrics(t *testing.T, families map[string]*dto.MetricFamily) {
	t.Helper()
	now := float64(time.Now().Unix())
	for name, ok := range map[string]func(float64) bool{
		"qixian_build_info":                               func(v float64) bool { return v == 1 },
		"qixian_plan_info":                                func(v float64) bool { return v == 1 },
		"qixian_passes_total":                             func(v float64) bool { return v >= 1 },
		"qixian_pass_errors_total":                        func(v float64) bool { return v == 0 },
		"qixian_pass_last_success_timestamp_seconds":      func(v float64) bool { return v > now-60 },
		"qixian_drain_last_success_timestamp_seconds":     func(v float64) bool { return v > now-60 },
		"qixian_reload_last_successful":                   func(v float64) bool { return v == 1 },
		"qixian_calendar_covered_until_timestamp_seconds": func(v float64) bool { return v > 1.7e9 },
		"qixian_database_up":                              func(v float64) bool { return v == 1 },
		"qixian_database_round_trip_seconds":              func(v float64) bool { return v > 0 && v < 5 },
		"qixian_deadlines_open":                           func(v float64) bool { return v > 0 },
		"qixian_daemons_alive":                            func(v float64) bool { return v == 1 },
		"qixian_daemon_plans":                             func(v float64) bool { return v == 1 },
		"qixian_inbox_last_read_timestamp_seconds":        func(v float64) bool { return v > now-60 },
		"qixian_inbox_errors_total":                       func(v float64) bool { return v >= 1 },
		"qixian_addresses_bad":                            func(v float64) bool { return v == 0 },
		"qixian_messages_settled_total":                   func(v float64) bool { return v >= 1 },
		"process_resident_memory_bytes":                   func(v float64) bool { return v > 0 },
		"go_goroutines":                                   func(v float64) bool { return v > 0 },
	} {
		if v := value(families, name, ""); families[name] == nil || !ok(v) {
			t.Errorf("%s is %v", name, v)
		}
	}
	if n := families["qixian_pass_seconds"].GetMetric()[0].GetHistogram().GetSampleCount(); n < 1 {
		t.Error("no pass was timed")
	}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if strings.HasPrefix(name, "qixian_") &&
					strings.ContainsFunc(l.GetValue(), func(r rune) bool { return r > '~' || r == '@' }) {
					t.Errorf("%s names somebody: %s", name, l)
				}
			}
		}
	}
}

// checkAlerts holds that every metric that the alert rules and their tests name is there.
func checkAlerts(t *testing.T, families map[string]*dto.MetricFamily) {
	t.Helper()
	named := map[string]bool{}
	for _, file := range []string{"prometheus-alerts.yaml", "prometheus-alerts.test.yaml"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "configs", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\bqixian_[a-z_]+`).FindAllString(string(data), -1) {
			named[name] = true
		}
	}
	if len(named) < 12 {
		t.Errorf("the rules name %d metrics", len(named))
	}
	for name := range maps.Keys(named) {
		if families[name] == nil {
			t.Errorf("the alert rules name %s, and there is none", name)
		}
	}
}

// TestWatchPortTaken holds that a daemon whose port is taken does not start.
func TestWatchPortTaken(t *testing.T) {
	dir := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	config := filepath.Join(dir, "qixian.yaml")
	write(t, config, fmt.Sprintf("state_dir: state\nwatch: {listen: %q}\n", taken.Addr()))
	if _, stderr, code := qixian(
		t,
		dir,
		"serve",
		"--config",
		config,
	); code != 1 ||
		!strings.Contains(stderr, "watch.listen") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	write(t, config, "state_dir: state\nwatch: {listen: \"0.0.0.0:0\"}\n")
	if stdout, _, code := qixian(
		t,
		dir,
		"check",
		"--config",
		config,
	); code != 0 || // as serve takes it
		!strings.Contains(stdout, "can be reached from other hosts") {
		t.Errorf("check: exit %d\n%s", code, stdout)
	}
}

// TestWatchFleet runs two daemons with different plans on one database: the log, status and the metrics say so, until
// one is stopped.
func TestWatchFleet(t *testing.T) {
	storetest.Require(t, store.MySQL)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "dsn"), storetest.Options(t, store.MySQL).DSN)
	write(t, filepath.Join(dir, "signing"), signingSecret)
	address := freeAddress(t)
	start := func(name, more string) (*daemon, string) {
		config := filepath.Join(dir, name+".yaml")
		write(
			t,
			config,
			fmt.Sprintf("state_dir: %s\nsigning_key_file: %s\ndatabase: {driver: mysql, dsn_file: dsn}\n%s",
				name, filepath.Join(dir, "signing"), more),
		)
		return serve(t, dir, nil, "--config", config), config
	}
	first, one := start("one", fmt.Sprintf("watch: {listen: %q}\n", address))
	eventually(t, 20*time.Second, "the first daemon is up", func() bool { return status(address, "/readyz") == 200 })
	other, _ := start("other", "hours: {digest: \"10:00\", from: \"08:30\", to: \"17:30\"}\n")
	eventually(t, 20*time.Second, "they are found to differ", func() bool {
		return value(scrape(t, address), "qixian_daemon_plans", "") == 2
	})
	eventually(t, 20*time.Second, "whoever sees it first says so", func() bool {
		return strings.Contains(first.output(t)+other.output(t), "daemons on this database differ in plan or version")
	})
	out := must(t, dir, "status", "--config", one)
	if !strings.Contains(out, "运行主机：2台运行中，0台无响应\n") ||
		!strings.Contains(out, "注意：各主机所用的规则不一致（2种）") {
		t.Errorf("status:\n%s", out)
	}
	if code := other.stop(t); code != 0 {
		t.Errorf("stopped with %d", code)
	}
	if families := scrape(
		t,
		address,
	); value(families, "qixian_daemon_plans", "") != 1 ||
		value(families, "qixian_daemons_alive", "") != 1 {
		t.Error("a daemon that was stopped is still counted")
	}
}
