package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// alertmanager is Debian's, set up to send one mail for each alert, at once.
type alertmanager struct {
	cmd  *exec.Cmd
	base string // of its API
}

func startAlertmanager(t testing.TB, relay string) *alertmanager {
	t.Helper()
	dir := t.TempDir()
	body := strings.ReplaceAll(html, "\n", "")
	config := fmt.Sprintf(`
global: {smtp_smarthost: %q, smtp_from: qixian@example.invalid, smtp_require_tls: false, smtp_hello: example.invalid}
route: {receiver: mail, group_by: ['...'], group_wait: 0s, group_interval: 1h, repeat_interval: 24h}
receivers:
- name: mail
  email_configs: [{to: '{{ .CommonLabels.unit }}@example.invalid', headers: {Subject: %q}, text: %q, html: %q}]
`, relay, subject, text, body)
	path := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	a := &alertmanager{base: "http://" + address + "/api/v2"}
	a.cmd = exec.Command(
		"prometheus-alertmanager",
		"--config.file="+path,
		"--storage.path="+dir,
		"--web.listen-address="+address,
		"--cluster.listen-address=",
	)
	a.cmd.Stdout, a.cmd.Stderr = log, log
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.stop)
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if a.get(t.Context(), "/status") == nil {
			return a
		}
		if time.Now().After(end) {
			written, _ := os.ReadFile(log.Name())
			t.Fatalf("prometheus-alertmanager does not answer\n%s", written)
		}
	}
}

func (a *alertmanager) stop() {
	if a.cmd.ProcessState == nil {
		_ = a.cmd.Process.Kill()
		_ = a.cmd.Wait() // killed
	}
}

func (a *alertmanager) get(ctx context.Context, path string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, http.NoBody)
	if err != nil {
		return err
	}
	return do(r)
}

func do(r *http.Request) error {
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	said, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", answer.Status, said)
	}
	return nil
}

// send fires alerts, and waits until the mail of each has arrived.
func (a *alertmanager) send(t testing.TB, s *sink, n int) run {
	t.Helper()
	arrived := s.await(n)
	start := time.Now()
	for from := 0; from < n; from += 500 {
		var alerts []map[string]any
		for i := range min(500, n-from) {
			alerts = append(
				alerts,
				map[string]any{"labels": map[string]string{"alertname": "due", "unit": fmt.Sprintf("u%05d", from+i)}},
			)
		}
		body, err := json.Marshal(alerts)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.base+"/alerts", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if err := do(r); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-arrived:
	case <-time.After(patience):
		d, _, _ := s.counted()
		t.Fatalf("prometheus-alertmanager has sent %d of %d", d, n)
	}
	r := run{took: time.Since(start), cpu: processTime(a.cmd.Process.Pid)}
	_, r.peak = memory(t, a.cmd.Process.Pid)
	return r
}

// smtpSource sends mails by postfix's smtp-source, which writes no message of its own: what the line bears.
func smtpSource(t testing.TB, relay string, connections, n int) time.Duration {
	t.Helper()
	args := []string{
		"-d",
		"-s",
		fmt.Sprint(connections),
		"-m",
		fmt.Sprint(n),
		"-l",
		"3800",
		"-f",
		"qixian@example.invalid",
		"-t",
		"u@example.invalid",
		"inet:" + relay,
	}
	start := time.Now()
	if out, err := exec.Command("smtp-source", args...).CombinedOutput(); err != nil {
		t.Fatalf("smtp-source: %v\n%s", err, out)
	}
	return time.Since(start)
}

// freeAddress is an address on the loopback at which nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
