package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// readICS prints the events of the calendar on standard input, as ical.js reads them: the parser of Thunderbird, in its
// strict mode.
const readICS = `
const ICAL = require("ical.js").default ?? require("ical.js");
ICAL.design.strict = true;
const calendar = new ICAL.Component(ICAL.parse(require("fs").readFileSync(0, "utf8")));
console.log(JSON.stringify(calendar.getAllSubcomponents("vevent").map(c => {
  const e = new ICAL.Event(c);
  return {uid: e.uid, summary: e.summary, description: e.description, start: e.startDate.toString(), end: e.endDate.toString(), stamp: c.getFirstPropertyValue("dtstamp").toString()};
})));`

// TestAgendaICS reads the iCalendar agenda with the parser of a real calendar program.
func TestAgendaICS(t *testing.T) {
	if _, err := exec.LookPath("npm"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("npm is needed: .ci/check-deploy installs it")
		}
		t.Skip("npm is not installed")
	}
	dir := t.TempDir()
	install := exec.CommandContext(
		t.Context(),
		"npm",
		"install",
		"--prefix",
		dir,
		"--no-audit",
		"--no-fund",
		"--silent",
		"ical.js@2.2.1",
	)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	args := []string{"--from", "2018-07-01", "--to", "2018-12-31", "--event", "recall-ordered@2018-09-01T20:30"}
	node := exec.CommandContext(t.Context(), "node", "-e", readICS)
	node.Dir = dir
	node.Stdin = strings.NewReader(must(t, dir, append([]string{"agenda", "--format", "ics"}, args...)...))
	node.Stderr = os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("ical.js: %v", err)
	}
	var events []struct{ UID, Summary, Description, Start, End, Stamp string }
	if err := json.Unmarshal(out, &events); err != nil {
		t.Fatal(err)
	}
	want := agenda(t, args...)
	if len(events) != len(want) {
		t.Fatalf("%d events, want %d", len(events), len(want))
	}
	for i, e := range events {
		start := want[i].Due
		if len(start) > len("2018-09-30") { // an hour rule: an instant, in UTC
			start = "2018-09-02T12:30:00Z"
		}
		if e.UID != want[i].Key+"@qixian.invalid" || e.Start != start ||
			want[i].Period != "" && !strings.HasPrefix(e.Summary, want[i].Title+"（"+want[i].PeriodName+"）") ||
			!strings.Contains(e.Description, want[i].Key) {
			t.Errorf("event %d: %+v, want %s due %s", i, e, want[i].Key, want[i].Due)
		}
	}
}
