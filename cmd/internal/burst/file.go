package burst

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"qixian/scheduler/store"
)

// catalogue writes one hour rule for many units, whose reminders break in at any hour, the contacts, and the events
// that start it.
func (b *Burst) catalogue(t testing.TB) {
	t.Helper()
	var names, members, contacts, events strings.Builder
	for i := range b.o.Units {
		fmt.Fprintf(&names, "  %s: {}\n", unit(i))
		fmt.Fprintf(&members, "%s, ", unit(i))
		fmt.Fprintf(&contacts, "  %s: [%s]\n", unit(i), address(i))
	}
	events.WriteString("trigger,at,ref,title\n")
	for i := range b.o.Alarms {
		fmt.Fprintf(&events, "alarm,%s,%s,%[2]s\n", time.Now().Format(time.RFC3339), alarm(i))
	}
	write(t, filepath.Join(b.dir, "alarms.csv"), events.String())
	write(t, filepath.Join(b.dir, "signing-key"), strings.Repeat("5a", 32)) // which daemons on one database share
	// The rule leaves the longest time there is, so that nobody is late where a test moves the clock by weeks.
	write(t, filepath.Join(b.dir, "catalogue", "all.yaml"), fmt.Sprintf(`
units:
  办公室: {}
%s  各单位: {group: true, members: [%s]}
triggers:
  alarm: {title: 警报}
obligations:
  answer-alarm:
    row: 0
    title: 警报处置情况
    kind: after-event
    rule: {after: alarm, within: 999h, stages: [record]}
    lead: [各单位]
`, names.String(), strings.TrimSuffix(members.String(), ", ")))
	write(t, filepath.Join(b.dir, "contacts.yaml"), "contacts:\n  办公室: ["+Office+"]\n"+contacts.String())
	if b.o.Sink.StartTLS {
		write(t, filepath.Join(b.dir, "ca.pem"), string(b.Sink.CA()))
	}
}

// The names by which what arrives is told apart. None is part of another.
func unit(i int) string    { return fmt.Sprintf("单位%04d局", i) }
func alarm(i int) string   { return fmt.Sprintf("警报%04d号", i) }
func address(i int) string { return fmt.Sprintf("u%04d@example.invalid", i) }

// configure writes the configuration of one daemon, or of the commands.
func (b *Burst) configure(t testing.TB, name, dsn string) {
	t.Helper()
	database := fmt.Sprintf("{driver: sqlite, path: %q}", b.DatabaseFile())
	if b.o.Driver == store.MySQL {
		write(t, filepath.Join(b.dir, name+".dsn"), dsn+"\n")
		database = fmt.Sprintf("{driver: mysql, dsn_file: %s.dsn}", name)
	}
	relay := b.o.Relay
	if relay == "" {
		relay = net.JoinHostPort(b.Sink.Host(), strconv.Itoa(b.Sink.Port()))
	}
	host, port, err := net.SplitHostPort(relay)
	if err != nil {
		t.Fatal(err)
	}
	encryption := "tls: none"
	if b.o.Sink.StartTLS {
		encryption = "tls: starttls, ca_file: ca.pem"
	}
	write(t, filepath.Join(b.dir, name+".yaml"), fmt.Sprintf(`
office: 办公室
state_dir: %q
signing_key_file: %q
database: %s
seeds: catalogue
contacts: contacts.yaml
mail:
  transport: smtp
  resend_after: %s
  retry_interval: %s
  smtp: {host: %s, port: %s, %s, connections: %d, timeout: %s}
%s
`, filepath.Join(b.o.Dir, name), filepath.Join(b.dir, "signing-key"), database, b.o.ResendAfter, b.o.Look, host, port, encryption, b.o.Connections, b.o.Timeout, b.o.Config))
}

// DatabaseFile is where SQLite's database lies, whichever daemon asks.
func (b *Burst) DatabaseFile() string { return filepath.Join(b.o.Dir, "database", "qixian.db") }

func write(t testing.TB, path, content string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(content), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// keep copies a log to where QIXIAN_BURST_LOGS says, if it does, so that it outlives the test.
func keep(test, path string, data []byte) error {
	dir := os.Getenv("QIXIAN_BURST_LOGS")
	if dir == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, strings.ReplaceAll(test, "/", "-")+"-"+filepath.Base(path)), data, 0o600)
}
