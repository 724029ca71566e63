package main_test

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

type agendaItem struct {
	Key         string   `json:"key"`
	Obligation  string   `json:"obligation"`
	Row         int      `json:"row"`
	Title       string   `json:"title"`
	Period      string   `json:"period"`
	PeriodName  string   `json:"period_name"`
	Due         string   `json:"due"`
	Provisional bool     `json:"provisional"`
	Earliest    string   `json:"earliest"`
	Lead        []string `json:"lead_units"`
	Answering   []string `json:"answering_units"`
	Responsible []string `json:"responsible_units"`
	Reminders   []struct {
		Stage string    `json:"stage"`
		At    time.Time `json:"at"`
		Units []string  `json:"units"`
	} `json:"reminders"`
}

func agenda(t *testing.T, args ...string) []agendaItem {
	t.Helper()
	var items []agendaItem
	decode(t, must(t, t.TempDir(), append([]string{"agenda", "--format", "json"}, args...)...), &items)
	return items
}

func decode(t *testing.T, text string, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v in\n%.500s", err, text)
	}
}

// TestAgendaEarliest holds that a provisional date says how early it can become, and no other does.
func TestAgendaEarliest(t *testing.T) {
	saw := map[bool]int{}
	for _, i := range agenda(t, "--from", "2026-11-01", "--to", "2027-02-28") {
		if i.Provisional != (i.Earliest != "") || i.Earliest > i.Due {
			t.Errorf("%s is due on %s, provisional %t, %s at the earliest", i.Key, i.Due, i.Provisional, i.Earliest)
		}
		if i.Key == "air-quality@2026-12" && (i.Due != "2026-12-31" || i.Earliest != "2026-12-29") {
			t.Errorf("December's is due on %s, %s at the earliest", i.Due, i.Earliest)
		}
		saw[i.Provisional]++
	}
	if saw[true] < 10 || saw[false] < 5 {
		t.Errorf("saw %v", saw)
	}
}

// TestAgenda2018 is the table's own year, as the office had to meet it.
func TestAgenda2018(t *testing.T) {
	items := agenda(t, "--from", "2018-01-01", "--to", "2018-12-31")
	due := map[string][]string{}
	quarterly := map[string]int{}
	for _, i := range items {
		due[i.Obligation] = append(due[i.Obligation], i.Due)
		if strings.Contains(i.Period, "-Q") { // some report on a quarter after its end: then 2017-Q4 is one of the four
			quarterly[i.Obligation]++
		}
		for _, r := range i.Reminders {
			if day := r.At.Format(time.DateOnly); dayOff(day) || r.At.Format("15:04") != "09:00" || day > i.Due {
				t.Errorf("%s: reminder %s at %s", i.Key, r.Stage, r.At)
			}
		}
		if len(i.Reminders) == 0 || len(i.Lead) == 0 {
			t.Errorf("%s: %d reminders, lead units %v", i.Key, len(i.Reminders), i.Lead)
		}
	}
	air := []string{
		"2018-01-31", "2018-02-28", "2018-03-30", "2018-04-28", "2018-05-31", "2018-06-29",
		"2018-07-31", "2018-08-31", "2018-09-30", "2018-10-31", "2018-11-30", "2018-12-29",
	}
	if !slices.Equal(due["air-quality"], air) {
		t.Errorf("air quality is due on %v, want %v", due["air-quality"], air)
	}
	if len(quarterly) < 5 {
		t.Errorf("only %d quarterly obligations", len(quarterly))
	}
	for id, n := range quarterly {
		if n != 4 {
			t.Errorf("%s falls due %d times, want 4", id, n)
		}
	}
	if got := due["enrolment-plan"]; !slices.Equal(got, []string{"2018-07-31"}) {
		t.Errorf("the enrolment notice is due on %v", got)
	}
	for _, id := range []string{"catalogue-compilation", "ipv6-upgrade", "hotline-integration-report"} {
		if got := due[id]; !slices.Equal(got, []string{"2018-12-29"}) {
			t.Errorf("%s is due on %v, want the make-up Saturday 2018-12-29", id, got)
		}
	}
}

// dayOff is independent of the program: it knows only the days of 2018 that differ from the plain week.
func dayOff(day string) bool {
	off := strings.Fields(
		"2018-01-01 2018-02-15 2018-02-16 2018-02-19 2018-02-20 2018-02-21 2018-04-05 2018-04-06 2018-04-30 2018-05-01 2018-06-18 2018-09-24 2018-10-01 2018-10-02 2018-10-03 2018-10-04 2018-10-05 2018-12-31",
	)
	work := strings.Fields("2018-02-11 2018-02-24 2018-04-08 2018-04-28 2018-09-29 2018-09-30 2018-12-29")
	d, err := time.Parse(time.DateOnly, day)
	weekend := err == nil && (d.Weekday() == time.Saturday || d.Weekday() == time.Sunday)
	return slices.Contains(off, day) || weekend && !slices.Contains(work, day)
}

func TestAgendaEvents(t *testing.T) {
	items := agenda(
		t,
		"--from",
		"2018-02-14",
		"--to",
		"2018-12-31",
		"--event",
		"policy-published@2018-02-14T10:00@县环保局",
		"--event",
		"education-info-formed@2018-02-14",
		"--event",
		"recall-ordered@2018-02-14T20:30",
	)
	found := map[string]agendaItem{}
	for _, i := range items {
		if i.Period == "" {
			found[i.Obligation] = i
		}
	}
	for id, want := range map[string]string{
		"policy-interpretation": "2018-02-24", "education-info": "2018-03-20", "food-drug-recall": "2018-02-15T20:30:00+08:00",
	} {
		if got := found[id].Due; got != want {
			t.Errorf("%s is due %s, want %s", id, got, want)
		}
	}
	if i := found["policy-interpretation"]; !slices.Equal(i.Responsible, []string{"县环保局"}) {
		t.Errorf("the event's unit alone is responsible: %v", i.Responsible)
	}
}

func TestAgendaUnitAndCSV(t *testing.T) {
	all := agenda(t, "--from", "2018-09-01", "--to", "2018-09-30")
	mine := agenda(t, "--from", "2018-09-01", "--to", "2018-09-30", "--unit", "县卫生计生局")
	if len(mine) == 0 || len(mine) >= len(all) {
		t.Errorf("%d of %d", len(mine), len(all))
	}
	out := must(t, t.TempDir(), "agenda", "--from", "2018-09-01", "--to", "2018-09-30", "--format", "csv")
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out, "\ufeff"))).ReadAll()
	if err != nil || len(records) != len(all)+1 || records[1][0] != all[0].Key {
		t.Errorf("%d records, %v", len(records), err)
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no command", nil, 2, "expected one of"},
		{"unknown command", []string{"agend"}, 2, "agend"},
		{"no range", []string{"agenda"}, 2, "--from"},
		{"reversed range", []string{"agenda", "--from", "2018-02-01", "--to", "2018-01-01"}, 2, "lies before"},
		{"impossible date", []string{"agenda", "--from", "2018-02-30", "--to", "2018-03-01"}, 2, "2018-02-30"},
		{"unknown trigger", []string{"agenda", "--from", "2018-01-01", "--to", "2018-12-31", "--event", "policy-publishd@2018-02-14"}, 1, `did you mean "policy-published"?`},
		{"unknown unit", []string{"agenda", "--from", "2018-01-01", "--to", "2018-12-31", "--unit", "县环保"}, 1, `did you mean "县环保局"?`},
		{"unknown key", []string{"explain", "air-qualty@2018-09"}, 1, "air-quality"},
		{"impossible period", []string{"explain", "air-quality@2018-13"}, 1, "2018-13"},
		{"missing configuration", []string{"check", "--config", "nowhere.yaml"}, 1, "nowhere.yaml"},
		{"bad test address", []string{"mail", "test", "nobody"}, 1, "address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, code := qixian(t, t.TempDir(), c.args...)
			if code != c.code || !strings.Contains(stdout+stderr, c.says) {
				t.Errorf("exit %d (want %d):\n%s%s", code, c.code, stdout, stderr)
			}
		})
	}
}

func TestCalendarAdd(t *testing.T) {
	if got := must(t, t.TempDir(), "calendar", "add", "2026-02-13", "1"); got != "2026-02-14\n" {
		t.Errorf("calendar add 2026-02-13 1 = %q", got)
	}
	if got := must(t, t.TempDir(), "calendar", "add", "--", "2018-03-20", "-20"); got != "2018-02-14\n" {
		t.Errorf("twenty working days back = %q", got)
	}
	out := must(t, t.TempDir(), "calendar", "add", "2026-02-14", "1", "--explain")
	if !strings.HasPrefix(out, "2026-02-24\n") || !strings.Contains(out, "春节") {
		t.Errorf("the explanation:\n%s", out)
	}
	stdout, stderr, _ := qixian(t, t.TempDir(), "calendar", "add", "2026-12-04", "20")
	if !strings.Contains(stderr, "provisional") {
		t.Errorf("a date that no notice covers is not marked: %s%s", stdout, stderr)
	}
}

func TestObligations(t *testing.T) {
	var lines []struct {
		ID          string          `json:"id"`
		Obligation  string          `json:"obligation"`
		Row         int             `json:"row"`
		Title       string          `json:"title"`
		Clause      string          `json:"clause"`
		Kind        string          `json:"kind"`
		Rule        json.RawMessage `json:"rule"`
		RecordedAs  []string        `json:"recorded_as"`
		Assumed     string          `json:"assumed"`
		Note        string          `json:"note"`
		Basis       string          `json:"basis"`
		Answers     string          `json:"answers"`
		Lead        []string        `json:"lead_units"`
		Responsible []string        `json:"responsible_units"`
		Per         string          `json:"per"`
		Act         string          `json:"act"`
		Covers      string          `json:"covers"`
		NothingNew  bool            `json:"nothing_new"`
		PartOf      string          `json:"part_of"`
		Addition    bool            `json:"addition"`
		Review      struct{ Since, Change string }
		Disabled    string `json:"disabled"`
	}
	decode(t, must(t, t.TempDir(), "obligations", "--format", "json"), &lines)
	rules, asked := map[string]string{}, map[string]string{}
	for _, l := range lines {
		rules[l.ID] = string(l.Rule)
		asked[l.ID] = l.Act + " " + l.Covers
		switch l.ID {
		case "annual-report-catalogue":
			if l.PartOf != "annual-report-proposals" {
				t.Errorf("%s is part of %q", l.ID, l.PartOf)
			}
		case "budget-government":
			if !l.Addition || l.Disabled != "" {
				t.Errorf("%s: addition %v, disabled %q", l.ID, l.Addition, l.Disabled)
			}
		case "decision-draft":
			if l.Review.Since != "2019-09-01" || l.Review.Change == "" {
				t.Errorf("%s: review %+v", l.ID, l.Review)
			}
		}
		if !strings.HasPrefix(l.ID, l.Obligation) || l.Row < 1 || l.Row > 185 || l.Clause == "" || len(l.Lead) == 0 {
			t.Errorf("%+v", l)
		}
	}
	for id, want := range map[string]string{
		"air-quality": "publish previous", "hotline-case": "handle same", "secrecy-review": "prepare same",
	} {
		if asked[id] != want {
			t.Errorf("%s is to %s, want %s", id, asked[id], want)
		}
	}
	if got := strings.Join(
		strings.Fields(rules["policy-interpretation"]),
		"",
	); got != `{"after":"policy-published","within":"3wd"}` {
		t.Errorf("the rule as an administrator writes it: %s", got)
	}
}

// TestAgendaOfUnit names the unit that was asked for among those that answer, and each sort of duty in Chinese.
func TestAgendaOfUnit(t *testing.T) {
	dir := t.TempDir()
	out := must(t, dir, "agenda", "--from", "2027-01-01", "--to", "2027-02-28", "--unit", "县环保局")
	for line := range strings.Lines(out) {
		if strings.Contains(line, "@") && strings.Contains(line, "个单位") && !strings.Contains(line, "县环保局") {
			t.Errorf("the unit is not named: %s", line)
		}
	}
	if !strings.Contains(out, "县环保局") {
		t.Errorf("nothing is due:\n%s", out)
	}
	kinds := must(t, dir, "obligations")
	for _, english := range []string{" periodic", " after-event", " prompt ", " statutory "} {
		if strings.Contains(kinds, english) {
			t.Errorf("%q in the table", english)
		}
	}
	for _, command := range []string{"agenda", "preview", "explain"} {
		if help := must(t, dir, command, "--help"); !strings.Contains(help, "+SUBJECT") {
			t.Errorf("%s --help has no subject:\n%s", command, help)
		}
	}
}
