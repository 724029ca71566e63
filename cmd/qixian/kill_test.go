package main_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/mail"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qixian/notify/smtp/smtptest"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

const (
	units  = 50
	alarms = 40
	burst  = units * alarms // reminders in flight: one to each unit for each alarm
	kills  = 5

	office = "office@example.invalid"
)

// TestKill kills the daemon again and again in the middle of a burst, and starts it anew each time. In the end every reminder has arrived,
// and what arrived twice was in flight at a kill and carries the same Message-ID.
func TestKill(t *testing.T) {
	storetest.Each(t, killInBurst)
}

func killInBurst(t *testing.T, driver string) {
	server := smtptest.New(t, smtptest.Options{})
	server.Listen(t)
	dir := t.TempDir()
	config := burstFiles(t, dir, driver, server)

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	must(t, dir, "event", "add", "--from-csv", filepath.Join(dir, "alarms.csv"), "--config", config)
	for range kills {
		before := len(server.Mails())
		d := serve(t, dir, nil, "--config", config)
		target := before + 1 + random.IntN(burst/kills)
		eventually(t, time.Minute, "mails go out", func() bool { return len(server.Mails()) >= min(target, burst) })
		d.kill()
	}
	d := serve(t, dir, nil, "--config", config)
	eventually(t, 2*time.Minute, "every reminder arrives", func() bool { return len(arrived(t, server)) >= burst })
	// What was in flight at a kill is sent once more after resend_after: wait for it, then look at everything.
	eventually(t, time.Minute, "the outbox is settled", func() bool {
		return !strings.Contains(must(t, dir, "status", "--config", config, "--format", "json"), `"pending"`)
	})
	if code := d.stop(t); code != 0 {
		t.Errorf("the daemon stopped with %d", code)
	}

	ids, doubled := arrived(t, server), 0
	for _, n := range ids {
		doubled += n - 1
	}
	if len(ids) != burst || doubled > kills {
		t.Errorf("%d of %d reminders arrived, %d doubled by %d kills", len(ids), burst, doubled, kills)
	}
	t.Logf("%d reminders, %d kills: lost 0, doubled %d", len(ids), kills, doubled)
}

// arrived returns how often each reminder's mail has arrived, by its Message-ID: one for each unit and alarm.
func arrived(t *testing.T, server *smtptest.Server) map[string]int {
	t.Helper()
	ids := map[string]int{}
	for _, m := range server.Mails() {
		if m.To[0] == office {
			continue
		}
		msg, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil {
			t.Fatal(err)
		}
		ids[msg.Header.Get("Message-ID")]++
	}
	return ids
}

// burstFiles writes a catalogue of one hour rule for many units, whose reminders break in at any hour, and returns the configuration file.
func burstFiles(t *testing.T, dir, driver string, server *smtptest.Server) string {
	t.Helper()
	var names, members, contacts, events strings.Builder
	for i := range units {
		fmt.Fprintf(&names, "  单位%02d: {}\n", i)
		fmt.Fprintf(&members, "单位%02d, ", i)
		fmt.Fprintf(&contacts, "  单位%02d: [u%02d@example.invalid]\n", i, i)
	}
	events.WriteString("trigger,at,ref\n")
	for i := range alarms {
		fmt.Fprintf(&events, "alarm,%s,%d\n", time.Now().Format(time.RFC3339), i)
	}
	write(t, filepath.Join(dir, "alarms.csv"), events.String())
	write(t, filepath.Join(dir, "seeds", "all.yaml"), fmt.Sprintf(`
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
    rule: {after: alarm, within: 24h, stages: [record]}
    lead: [各单位]
`, names.String(), strings.TrimSuffix(members.String(), ", ")))
	write(t, filepath.Join(dir, "contacts.yaml"), "contacts:\n  办公室: ["+office+"]\n"+contacts.String())
	database := "database: {driver: sqlite}"
	if driver == store.MySQL {
		database = fmt.Sprintf("database: {driver: mysql, dsn: %q}", storetest.Options(t, driver).DSN)
	}
	config := filepath.Join(dir, "qixian.yaml")
	write(t, config, fmt.Sprintf(`
office: 办公室
state_dir: state
%s
seeds: seeds
contacts: contacts.yaml
mail:
  transport: smtp
  resend_after: 1s
  retry_interval: 1s
  smtp: {host: %s, port: %d, tls: none, timeout: 10s}
`, database, server.Host(), server.Port()))
	return config
}
