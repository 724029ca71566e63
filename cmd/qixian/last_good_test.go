package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLastGood starts a daemon with broken files: it runs on those of its last good load, tells everybody so, and takes
// the mended ones up.
func TestLastGood(t *testing.T) {
	dir := t.TempDir()
	config, override := filepath.Join(dir, "qixian.yaml"), filepath.Join(dir, "overrides.d", "10-office.yaml")
	address := freeAddress(t)
	good := "state_dir: state\noverrides: overrides.d\ncontacts: contacts.yaml\nweb: {accounts: accounts.yaml}\nwatch: {listen: '" + address + "', ping: 'http://127.0.0.1:1/hush'}\n"
	const rule = "obligations:\n  air-quality: {rule: {every: month, due: {day: 20}}}\n"
	write(t, config, good)
	write(t, override, rule)
	write(t, filepath.Join(dir, "contacts.yaml"), "contacts: {县政府办公室: [office@example.invalid]}\n")
	write(
		t,
		filepath.Join(dir, "accounts.yaml"),
		"accounts: {甲: \"$argon2id$v=19$m=65536,t=1,p=2$hushhushhushhushhush$hushhushhushhushhushhushhushhushhushhushhus\"}\n",
	)
	start := func() *daemon {
		t.Helper()
		notify, env := notifySocket(t)
		d := serve(t, dir, append(env, "STATE_DIRECTORY="+filepath.Join(dir, "state")), "--config", config)
		await(t, notify, "READY=1")
		return d
	}
	d := start()
	before := planInForce(t, dir, config)
	if code := d.stop(t); code != 0 {
		t.Fatalf("exit %d\n%s", code, d.output(t))
	}
	kept, err := os.ReadFile(filepath.Join(dir, "state", "last-good.json"))
	if err != nil || strings.Contains(string(kept), "hush") {
		t.Errorf("kept: %v\n%s", err, kept)
	}

	for name, broken := range map[string]string{"a bad key": good + "ofice: 甲\n", "no YAML at all": "office: [\n", "a good one": good} {
		write(t, config, broken)
		write(t, override, "obligations:\n  air-qualty: {rule: {evry: month}}\n")
		d := start()
		if log := d.output(t); !strings.Contains(log, "runs on the last good ones") {
			t.Errorf("%s: the log does not say so:\n%s", name, log)
		}
		eventually(t, 20*time.Second, "the office is told", func() bool {
			box := filepath.Join(dir, "state", "mail", "new")
			for _, mail := range list(box) {
				if raw, err := os.ReadFile(filepath.Join(box, mail)); err == nil &&
					strings.Contains(textOf(t, raw), "规则文件") {
					return true
				}
			}
			return false
		})
		write(t, config, good) // for the commands that look
		write(t, override, rule)
		if out := must(t, dir, "--config", config, "status"); !strings.Contains(out, "现按原规则执行") {
			t.Errorf("%s: status:\n%s", name, out)
		}
		if got := planInForce(t, dir, config); got != before {
			t.Errorf("%s: the plan is %s, before it was %s", name, got, before)
		}
		eventually(t, 20*time.Second, "readyz is green", func() bool {
			status, _ := get(t, "http://"+address+"/readyz")
			return status == http.StatusOK
		})
		if _, text := get(t, "http://"+address+"/metrics"); !strings.Contains(text, "reload_last_successful 0") {
			t.Errorf("%s: the metrics do not say so", name)
		}
		if _, stderr, code := qixian(t, dir, "reload", "--config", config, "--pid", pid(d)); code != 0 {
			t.Errorf("%s: reload of the mended files: exit %d, %s", name, code, stderr)
		}
		if out := must(t, dir, "--config", config, "status"); strings.Contains(out, "现按原规则执行") {
			t.Errorf("%s: status after the reload:\n%s", name, out)
		}
		if code := d.stop(t); code != 0 {
			t.Errorf("%s: exit %d", name, code)
		}
	}
}

// TestServeExits holds by which code a daemon that cannot start tells the service manager why.
func TestServeExits(t *testing.T) {
	for name, c := range map[string]struct {
		config string
		args   []string
		code   int
	}{
		"wrong usage": {"state_dir: state\n", []string{"--nonsense"}, 2}, "broken files": {"ofice: 甲\nstate_dir: state\n", nil, 3},
		"no database": {"state_dir: state\ndatabase: {path: broken.db}\n", nil, 4},
	} {
		dir := t.TempDir()
		config := filepath.Join(dir, "qixian.yaml")
		write(t, config, c.config)
		write(t, filepath.Join(dir, "state", "broken.db"), strings.Repeat("no database ", 1000))
		for _, path := range []string{"state", "state/broken.db"} {
			if err := os.Chmod(filepath.Join(dir, path), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if _, stderr, code := qixian(
			t,
			dir,
			append([]string{"serve", "--config", config}, c.args...)...); code != c.code {
			t.Errorf("%s: exit %d, want %d\n%s", name, code, c.code, stderr)
		}
	}
}

// planInForce returns the plan by which the daemon on a configuration works.
func planInForce(t *testing.T, dir, config string) string {
	t.Helper()
	var report struct {
		Daemons []struct{ Plan string }
	}
	eventually(t, 20*time.Second, "the daemon is noted", func() bool {
		err := json.Unmarshal([]byte(must(t, dir, "--config", config, "status", "--format", "json")), &report)
		return err == nil && len(report.Daemons) == 1
	})
	return report.Daemons[0].Plan
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
