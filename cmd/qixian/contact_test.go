package main_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// openStore opens the database of the default configuration in dir.
func openStore(t *testing.T, dir string) *store.Store {
	t.Helper()
	st, err := store.Open(
		t.Context(),
		store.Options{Driver: store.SQLite, Path: filepath.Join(dir, "qixian-data", "qixian.db")},
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// TestContact lists a bad address and clears it. status names the unit, and never the address.
func TestContact(t *testing.T) {
	dir := t.TempDir()
	must(t, dir, "event", "add", "recall-ordered", "--unit", "县食药监局", "--ref", "1", "--state-dir", "qixian-data")
	address := notify.MadeUpAddress("县环保局")
	st := openStore(t, dir)
	m := notify.Message{Key: "digest/1", Unit: "县环保局", To: address, At: time.Now()}
	if _, err := st.MarkBad(t.Context(), time.Now(), m, "5.1.1 User unknown"); err != nil {
		t.Fatal(err)
	}
	var lines []contactLine
	decode(t, must(t, dir, "contact", "list", "--format", "json", "--bad"), &lines)
	if len(lines) != 1 || lines[0].Unit != "县环保局" || lines[0].Address != address || lines[0].State != "bad" ||
		lines[0].Reason != "5.1.1 User unknown" {
		t.Errorf("contact list shows %+v", lines)
	}
	if out := must(t, dir, "contact", "list"); strings.Count(out, "\n") < 50 || !strings.Contains(out, " 可用 ") {
		t.Errorf("contact list shows\n%s", out)
	}
	for _, format := range []string{"table", "json"} {
		out := must(t, dir, "status", "--format", format)
		if !strings.Contains(out, "bad_addresses") && !strings.Contains(out, "邮箱失效") ||
			!strings.Contains(out, "县环保局") ||
			strings.Contains(out, address) {
			t.Errorf("status as %s:\n%s", format, out)
		}
	}
	if _, stderr, code := qixian(
		t,
		dir,
		"contact",
		"clear",
		address,
	); code != 2 ||
		!strings.Contains(stderr, "--reason") {
		t.Errorf("cleared without a reason: exit %d, %s", code, stderr)
	}
	must(t, dir, "contact", "clear", strings.ToUpper(address), "--reason", "邮箱已恢复")
	if _, stderr, code := qixian(
		t,
		dir,
		"contact",
		"clear",
		address,
		"--reason",
		"邮箱已恢复",
	); code != 1 ||
		strings.Contains(stderr, address) {
		t.Errorf("cleared twice: exit %d, %s", code, stderr)
	}
	if out := must(t, dir, "contact", "list", "--bad"); strings.Contains(out, address) {
		t.Errorf("contact list --bad after clearing:\n%s", out)
	}
}

// contactLine is an address as contact list shows it.
type contactLine struct{ Unit, Address, State, Listed, Since, Reason string }

// TestContactReplace has a unit's mail go elsewhere than contacts say, and tells what they have.
func TestContactReplace(t *testing.T) {
	dir := t.TempDir()
	must(t, dir, "event", "add", "recall-ordered", "--unit", "县食药监局", "--ref", "1", "--state-dir", "qixian-data")
	was := notify.MadeUpAddress("县环保局")
	if _, stderr, code := qixian(
		t,
		dir,
		"contact",
		"replace",
		"县环保局",
		"clerk@epb.example.invalid",
		"--reason",
		"来电告知",
	); code != 1 ||
		!strings.Contains(stderr, "does not go there") {
		t.Errorf("replaced without the old one: exit %d, %s", code, stderr)
	}
	must(t, dir, "contact", "replace", "县环保局", "clerk@epb.example.invalid", "--was", was, "--reason", "来电告知")
	var lines []contactLine
	decode(t, must(t, dir, "contact", "list", "--format", "json"), &lines)
	i := slices.IndexFunc(lines, func(l contactLine) bool { return l.Unit == "县环保局" })
	if l := lines[i]; l.Address != "clerk@epb.example.invalid" || l.State != "ok" || l.Listed != was {
		t.Errorf("contact list shows %+v", l)
	}
}

// TestExtendRefuse shows a unit's request for an extension in status, and refuses it once.
func TestExtendRefuse(t *testing.T) {
	dir := t.TempDir()
	must(t, dir, "event", "add", "policy-published", "--unit", "县环保局", "--ref", "1", "--state-dir", "qixian-data")
	st := openStore(t, dir)
	ds, err := st.Deadlines(t.Context(), scheduler.Filter{Unit: "县环保局"})
	if err != nil || len(ds) == 0 {
		t.Fatalf("%d deadlines, %v", len(ds), err)
	}
	key := ds[0].Key
	r := scheduler.Request{
		ID:       "r1",
		Deadline: ds[0],
		Unit:     "县环保局",
		To:       calendar.DateOf(time.Now()).AddDays(60),
		Reason:   "设备检修",
		By:       "mail:县环保局",
		At:       time.Now(),
	}
	if _, err := st.AddRequest(
		t.Context(),
		r,
		scheduler.RequestBound{OfDeadline: 9, OfUnit: 9},
		scheduler.Entry{At: time.Now(), Action: "extend.request"},
	); err != nil {
		t.Fatal(err)
	}
	if out := must(
		t,
		dir,
		"status",
	); !strings.Contains(out, "延期申请：县环保局 ") ||
		!strings.Contains(out, "设备检修") {
		t.Errorf("status:\n%s", out)
	}
	for _, args := range [][]string{{"--reason", "x"}, {"--to", r.To.String(), "--refuse", "--reason", "x"}} {
		if _, _, code := qixian(t, dir, append([]string{"extend", key}, args...)...); code != 2 {
			t.Errorf("extend %v: exit %d", args, code)
		}
	}
	if out := must(t, dir, "extend", key, "--refuse", "--reason", "应当按期公开"); !strings.Contains(out, "不同意县环保局延期至") {
		t.Errorf("refused with %s", out)
	}
	if _, stderr, code := qixian(
		t,
		dir,
		"extend",
		key,
		"--refuse",
		"--reason",
		"应当按期公开",
	); code != 1 ||
		!strings.Contains(stderr, "no such request") {
		t.Errorf("refused twice: exit %d, %s", code, stderr)
	}
}
