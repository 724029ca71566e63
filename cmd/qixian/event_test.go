package main_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEventOfGroup records a document once, as a command line and as a batch, with what it is about; the part's old name
// adds nothing then.
func TestEventOfGroup(t *testing.T) {
	dir := t.TempDir()
	add := []string{"event", "add", "document-issued", "--ref", "甲", "--state-dir", "qixian-data"}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--subject", "normative-document-issued"}, "document-issued without a unit would press every unit of its rules; say whose it is (制定单位), or that it is all units' (--all-units)"},
		{[]string{"--unit", "县旅游局", "--subject", "housing-policy-formed"}, "housing-policy-formed starts nothing for 县旅游局; choose from: normative-document-issued (规章或规范性文件印发), policy-issued (其他政策文件印发)"},
		{[]string{"--unit", "县旅游局", "--subject", "normative"}, `document-issued has no subject "normative"`},
	} {
		if _, stderr, code := qixian(
			t,
			dir,
			append(slices.Clone(add), tt.args...)...); code != 1 ||
			!strings.Contains(stderr, tt.want) {
			t.Errorf("%v: exit %d\n%s", tt.args, code, stderr)
		}
	}
	out := must(
		t,
		dir,
		append(add, "--unit", "县环保局", "--subject", "pollution-control-updated,normative-document-issued")...)
	for _, want := range []string{"：已登记，新增2项", "政府公报刊登规章和规范性文件", "污染防治政策、进展和效果"} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q in\n%s", want, out)
		}
	}
	must(t, dir, "event", "add", "document-published", "--unit", "县环保局", "--ref", "甲", "--state-dir", "qixian-data")
	out = must(t, dir, "event", "add", "policy-published", "--unit", "县环保局", "--ref", "甲")
	if !strings.Contains(out, "：已登记，新增0项") || strings.Count(out, "不再新增") != 1 {
		t.Errorf("the same document by its old name:\n%s", out)
	}
	at := time.Now().Format("2006-01-02 15:04")
	write(t, filepath.Join(dir, "events.csv"), "trigger,subject,unit,at,ref\n"+
		"document-published,,,"+at+",乙\n"+
		"permit-granted,,县环保局,"+at+",丙\n"+
		"permit-granted,food-drug-permit-granted,县环保局,"+at+",丁\n")
	_, stderr, code := qixian(t, dir, "event", "add", "--from-csv", "events.csv")
	for _, want := range []string{
		"events.csv:2:3: document-published without a unit",
		"events.csv:3:2: permit-granted needs a subject; choose from: project-permit-granted",
		"events.csv:4:2: food-drug-permit-granted starts nothing for 县环保局",
	} {
		if code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("exit %d, want %q in\n%s", code, want, stderr)
		}
	}
	write(t, filepath.Join(dir, "events.csv"), "trigger,subject,unit,at,ref\n"+
		"document-published,,,"+at+",乙\n"+
		"permit-granted,project-permit-granted、resource-permit-granted,县环保局,"+at+",丙\n"+
		"permit-granted,,县食药监局,"+at+",丁\n")
	out = must(t, dir, "event", "add", "--from-csv", "events.csv", "--all-units")
	if strings.Count(out, "新增1项") != 2 || strings.Count(out, "新增2项") != 1 {
		t.Errorf("a good batch:\n%s", out)
	}
	list := must(t, dir, "event", "list")
	list = strings.Join(strings.Fields(list), "")
	for _, want := range []string{"公布（document-published）", "规章或规范性文件印发、污染防治政策"} {
		if !strings.Contains(list, want) {
			t.Errorf("want %s in\n%s", want, list)
		}
	}
	var events []struct{ Trigger, Subject, Unit string }
	lenient(t, must(t, dir, "event", "list", "--format", "json"), &events)
	subjects := map[string]string{}
	for _, e := range events {
		subjects[e.Trigger+" "+e.Unit] = e.Subject
	}
	for event, want := range map[string]string{
		"document-issued 县环保局": "normative-document-issued pollution-control-updated",
		"document-published ":  "",
		"permit-granted 县环保局":  "project-permit-granted resource-permit-granted",
		"permit-granted 县食药监局": "food-drug-permit-granted",
	} {
		if got, ok := subjects[event]; !ok || got != want {
			t.Errorf("%s is on record with %q, want %q", event, got, want)
		}
	}
}

// lenient reads of JSON what is wanted of it.
func lenient(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// TestEventTriggers lists what a unit can record, with the parts of each, and reckons with such an event.
func TestEventTriggers(t *testing.T) {
	dir := t.TempDir()
	out := must(t, dir, "event", "triggers", "--unit", "县旅游局")
	for _, want := range []string{"document-published", "= policy-published", "+ normative-document-issued", "起草或制定单位", "由业务系统办理、量大", "时间填公布日期"} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q in\n%s", want, out)
		}
	}
	for _, other := range []string{"recall-ordered", "housing-policy-formed", "people-congress-closed"} {
		if strings.Contains(out, other) {
			t.Errorf("%s is offered to 县旅游局", other)
		}
	}
	type listed struct {
		ID       string
		Asked    bool
		Subjects []struct{ ID string }
	}
	var triggers []listed
	lenient(t, must(t, dir, "event", "triggers", "--format", "json"), &triggers)
	i := slices.IndexFunc(triggers, func(l listed) bool { return l.ID == "permit-granted" })
	if i < 0 || !triggers[i].Asked || len(triggers[i].Subjects) != 3 {
		t.Errorf("permit-granted is not listed with its subjects: %+v", triggers)
	}
	var obligations []struct {
		ID         string
		RecordedAs []string `json:"recorded_as"`
	}
	lenient(t, must(t, dir, "obligations", "--format", "json"), &obligations)
	as := map[string]string{}
	for _, o := range obligations {
		as[o.ID] = strings.Join(o.RecordedAs, " ")
	}
	for id, want := range map[string]string{
		"policy-interpretation": "document-published", "gazette-publication": "document-issued",
		"food-drug-recall": "recall-ordered", "air-quality": "",
	} {
		if as[id] != want {
			t.Errorf("%s is recorded as %q, want %q", id, as[id], want)
		}
	}
	days := []string{"agenda", "--from", "2026-11-01", "--to", "2026-12-31", "--unit", "县旅游局", "--event"}
	event := "document-issued+normative-document-issued@2026-11-23T10:00@县旅游局"
	if out := must(
		t,
		dir,
		append(days, event)...); !strings.Contains(out, "gazette-publication@") {
		t.Errorf("agenda:\n%s", out)
	}
	if _, stderr, code := qixian(
		t,
		dir,
		append(days, "permit-granted@2026-11-23T10:00")...); code != 1 ||
		!strings.Contains(stderr, "needs a subject") {
		t.Errorf("agenda without a subject: exit %d\n%s", code, stderr)
	}
}
