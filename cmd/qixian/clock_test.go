package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qixian/scheduler"
)

// TestClock starts a daemon whose database has a recording that is hours ahead of the clock: everybody who asks is
// told, until somebody says that the clock is right.
func TestClock(t *testing.T) {
	dir := t.TempDir()
	address := freeAddress(t)
	write(t, filepath.Join(dir, "qixian.yaml"), fmt.Sprintf("state_dir: qixian-data\nwatch: {listen: %q}\n", address))
	with := func(args ...string) []string { return append(args, "--config", "qixian.yaml") }
	ping := func() (string, int) {
		_, stderr, code := qixian(t, dir, with("status", "--ping")...)
		return stderr, code
	}
	d := serve(t, dir, nil, with()...)
	eventually(t, 30*time.Second, "the daemon is well", func() bool { _, code := ping(); return code == 0 })
	if _, stderr, code := qixian(
		t,
		dir,
		with("clock", "accept", "--reason", "试试")...); code != 1 ||
		!strings.Contains(stderr, "nothing to accept") {
		t.Errorf("a clock that is right is accepted: exit %d, %s", code, stderr)
	}
	d.stop(t)

	ahead := time.Now().Add(3 * time.Hour)
	entry := scheduler.Entry{At: ahead, By: "another host", Action: "extend", Target: "x"}
	if err := openStore(t, dir).Amend(t.Context(), nil, entry); err != nil {
		t.Fatal(err)
	}
	d = serve(t, dir, nil, with()...)
	eventually(
		t,
		30*time.Second,
		"the daemon says so",
		func() bool { said, code := ping(); return code == 1 && strings.Contains(said, "the clock is wrong") },
	)
	if got := status(address, "/readyz"); got != 503 {
		t.Errorf("/readyz: %d", got)
	}
	if got := status(address, "/healthz"); got != 200 {
		t.Errorf("/healthz: %d: a restart would not help", got)
	}
	if !strings.Contains(d.output(t), "the clock is wrong: it shows") {
		t.Errorf("the log:\n%s", d.output(t))
	}
	if out := must(
		t,
		dir,
		with("status")...); !strings.Contains(
		out,
		"注意：服务器时间不准，不新增事项，也不催办。给系统管理员：the clock is wrong: it shows",
	) {
		t.Errorf("status:\n%s", out)
	}
	if _, stderr, code := qixian(
		t,
		dir,
		with("event", "add", "recall-ordered", "--unit", "县食药监局")...); code != 1 ||
		!strings.Contains(stderr, "the clock is wrong") {
		t.Errorf("an event: exit %d, %s", code, stderr)
	}
	if _, _, code := qixian(t, dir, with("clock", "accept")...); code != 2 {
		t.Errorf("accepted without a reason: exit %d", code)
	}
	if out := must(
		t,
		dir,
		with("clock", "accept", "--reason", "已与授时中心核对")...); !strings.Contains(
		out,
		"is overruled\ndue dates count from",
	) {
		t.Errorf("accepted: %s", out)
	}
	d.stop(t)
	serve(t, dir, nil, with()...)
	eventually(t, 30*time.Second, "the daemon is well", func() bool { _, code := ping(); return code == 0 })
}
