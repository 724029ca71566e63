package main_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOwnDutyByCommand records an application at a bureau: the bureau closes the reply as its own, the office, which the
// table names as lead, does not, and the month's report counts it for the bureau.
func TestOwnDutyByCommand(t *testing.T) {
	dir := t.TempDir()
	added := must(t, dir, "event", "add", "disclosure-request-received", "--unit", "县环保局", "--ref", "1",
		"--at", time.Now().AddDate(0, 0, -60).Format(time.RFC3339), "--state-dir", "qixian-data")
	key := deadlineKey(t, added, "disclosure-request-reply.law-2019")
	var s statusReport
	decode(t, must(t, dir, "status", "--format", "json"), &s)
	due := ""
	for _, d := range s.Deadlines {
		if d.Key == key {
			due = d.Due
			if !slices.Equal(d.Answering, []string{"县环保局"}) || !slices.Equal(d.Lead, []string{"县政府办公室"}) {
				t.Errorf("it is answered for by %v, with %v leading", d.Answering, d.Lead)
			}
		}
	}
	done := []string{"done", key, "--note", "已答复申请人"}
	if _, stderr, code := qixian(t, dir, append(done, "--unit", "县政府办公室")...); code != 1 ||
		!strings.Contains(stderr, "only the answering unit closes it: 县环保局, not 县政府办公室") {
		t.Errorf("the lead unit: exit %d, %s", code, stderr)
	}
	must(t, dir, append(done, "--unit", "县环保局")...)
	var report struct {
		Units []struct {
			Unit string `json:"unit"`
			Due  int    `json:"due"`
		} `json:"by_unit"`
	}
	text := must(t, dir, "report", "--month", due[:len("2006-01")], "--format", "json")
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatal(err)
	}
	counted := map[string]int{}
	for _, u := range report.Units {
		counted[u.Unit] = u.Due
	}
	if counted["县环保局"] != 1 || counted["县政府办公室"] != 0 {
		t.Errorf("the report counts %v:\n%s", counted, text)
	}
	// The office closes anything, without a name.
	added = must(t, dir, "event", "add", "disclosure-request-received", "--unit", "县环保局", "--ref", "2")
	must(t, dir, "done", deadlineKey(t, added, "disclosure-request-reply.law-2019"), "--note", "已答复申请人")
}
