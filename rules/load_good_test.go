package rules_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/rules/document"
	"qixian/seeds"
)

// goodLayers are the base catalogue and every file of testdata/good as overrides.
func goodLayers(t testing.TB) []rules.Layer {
	t.Helper()
	return []rules.Layer{
		{Name: "base", FS: baseFiles(t)},
		{Name: "good", FS: os.DirFS("testdata/good"), Override: true},
	}
}

func loadGood(t testing.TB) *rules.Catalogue {
	t.Helper()
	c, err := rules.Load(goodLayers(t)...)
	if err != nil {
		t.Fatalf("load testdata/good:\n%v", err)
	}
	return c
}

// What testdata/good says must not only load but fall due where a reader of its titles expects it.
func TestGoodFilesFallDue(t *testing.T) {
	c := loadGood(t)
	p := rules.NewPlanner(c, loadCalendar(t), rules.Options{TableYears: []int{2018}})
	due := map[string][]string{}
	note := func(os []rules.Occurrence) {
		for _, o := range os {
			text := o.Due.Date.String()
			if !o.Due.Instant.IsZero() {
				text = o.Due.Instant.Format("2006-01-02T15:04")
			}
			due[o.Rule.ID] = append(due[o.Rule.ID], text)
		}
	}
	clock, err := p.Occurrences(date(t, "2018-01-01"), date(t, "2018-12-31"))
	if err != nil {
		t.Fatal(err)
	}
	note(clock)
	for _, trigger := range []string{
		"policy-published", "meeting-held", "enrolment-concluded", "done:enrolment-result.publish", "done:enrolment-result.show",
		"done:publish-and-show.publish", "done:rolling",
	} {
		os, err := p.OnEvent(
			rules.Event{Trigger: trigger, At: moment(t, "2018-02-14T10:00"), Announced: moment(t, "2018-01-15T10:00")},
		)
		if err != nil {
			t.Fatal(err)
		}
		note(os)
	}
	var b strings.Builder
	for _, o := range c.Obligations {
		for _, r := range o.Rules {
			days := due[r.ID]
			if len(days) == 0 && o.Disabled == "" {
				t.Errorf("%s never falls due in 2018", r.ID)
			}
			if len(days) > 4 {
				days = append(days[:3:3], fmt.Sprintf("… %s (%d)", days[len(days)-1], len(days)))
			}
			fmt.Fprintf(&b, "%s | %s | %s\n    %s\n", o.Title, r.ID, r, strings.Join(days, ", "))
		}
	}
	golden(t, "testdata/good/2018.want", b.String())
}

// Every rule, written as it is shown and read again, is the same rule.
func TestRulesRoundTrip(t *testing.T) {
	seedLayers := []rules.Layer{{Name: "seeds", FS: seeds.Catalogue()}}
	for name, layers := range map[string][]rules.Layer{"good": goodLayers(t), "seeds": seedLayers} {
		t.Run(name, func(t *testing.T) {
			c, err := rules.Load(layers...)
			if err != nil {
				t.Fatal(err)
			}
			roundTrip(t, layers, c)
		})
	}
}

// roundTrip writes every rule of a catalogue into one more override, as YAML and as JSON, and compares what is read.
func roundTrip(t testing.TB, layers []rules.Layer, c *rules.Catalogue) {
	t.Helper()
	forms := map[string]func(rules.Rule) string{
		"String": rules.Rule.String,
		"MarshalJSON": func(r rules.Rule) string {
			data, err := r.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			return string(data)
		},
	}
	for name, write := range forms {
		var b strings.Builder
		b.WriteString("obligations:\n")
		for _, o := range c.Obligations {
			if o.PartOf != "" { // it has no rule
				continue
			}
			fmt.Fprintf(&b, "  %s:\n", o.ID)
			for i, r := range o.Rules {
				switch {
				case r.Name == "":
					fmt.Fprintf(&b, "    rule: %s\n", write(r))
				case i == 0:
					fmt.Fprintf(&b, "    rules:\n      %s: %s\n", r.Name, write(r))
				default:
					fmt.Fprintf(&b, "      %s: %s\n", r.Name, write(r))
				}
			}
		}
		again := rules.Layer{Name: "again", FS: fstest.MapFS{"all.yaml": {Data: []byte(b.String())}}, Override: true}
		got, err := rules.Load(append(slices.Clip(layers), again)...)
		if err != nil {
			t.Fatalf("%s reads back with problems:\n%v\n%s", name, err, b.String())
		}
		for i, o := range c.Obligations {
			if diff := cmp.Diff(o.Rules, got.Obligations[i].Rules, cmp.Comparer(sameDate)); diff != "" {
				t.Errorf("%s of %s reads back as another rule (-want +got):\n%s", name, o.ID, diff)
			}
		}
	}
}

func sameDate(a, b calendar.Date) bool { return a == b }

func TestOverrideChangesOnlyWhatItGives(t *testing.T) {
	c := loadGood(t)
	type line struct {
		ID, Rules, Assumed, Disabled, Lead, Responsible string
	}
	var got []line
	for _, id := range []string{"air-quality", "enrolment-plan", "enrolment-result", "policy-reading"} {
		o, ok := c.Obligation(id)
		if !ok {
			t.Fatalf("no obligation %s", id)
		}
		var each []string
		for _, r := range o.Rules {
			each = append(each, r.Name+r.String())
		}
		got = append(
			got,
			line{
				id,
				strings.Join(each, " "),
				o.Assumed,
				o.Disabled,
				strings.Join(o.Lead, " "),
				strings.Join(o.Responsible, " "),
			},
		)
	}
	want := []line{
		{"air-quality", "{every: month, roll: none, stages: [3wd, 0], from: 2018-03-01}", "", "", "县环保局", "全县"},
		{"enrolment-plan", "{by: 08-15}", "2018年招生推迟，县政府办公室定。", "", "县教育局", "各乡镇（街道）"},
		{
			"enrolment-result",
			"publish{after: enrolment-concluded, within: 10wd} show{after: {done: publish}, on_show: 10d} correct{after: {done: show}, within: 5wd}",
			"",
			"",
			"县教育局",
			"各乡镇（街道）",
		},
		{"policy-reading", "{after: policy-published, within: 3wd}", "", "并入新闻发布", "县环保局", "县政府各部门"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("overridden obligations (-want +got):\n%s", diff)
	}
	if title := c.Triggers["meeting-held"].Title; title != "县政府常务会议召开" {
		t.Errorf("meeting-held is titled %s", title)
	}
}

func TestOriginSaysWhereEachValueWasSet(t *testing.T) {
	c := loadGood(t)
	air, _ := c.Obligation("air-quality")
	result, _ := c.Obligation("enrolment-result")
	at := func(file string, line, col int) document.Position {
		return document.Position{File: file, Line: line, Col: col}
	}
	want := map[string]document.Position{
		"row": at("base/obligations.yaml", 3, 10), "title": at("base/obligations.yaml", 4, 12),
		"clause": at("base/obligations.yaml", 5, 13), "kind": at("base/obligations.yaml", 6, 11),
		"rule": at("base/obligations.yaml", 7, 11), "rule.every": at("base/obligations.yaml", 7, 19),
		"rule.stages": at("good/overrides.yaml", 12, 20), "rule.roll": at("good/overrides.yaml", 12, 36),
		"rule.from": at("good/overrides.yaml", 12, 48),
		"lead":      at("base/table.yaml", 7, 11), "responsible": at("good/overrides.yaml", 13, 18),
	}
	if diff := cmp.Diff(want, air.Origin); diff != "" {
		t.Errorf("air-quality (-want +got):\n%s", diff)
	}
	if got, want := result.Origin["rules.show.on_show"], at("good/overrides.yaml", 17, 23); got != want {
		t.Errorf("rules.show.on_show was set at %s, want %s", got, want)
	}
	if got, want := result.Origin["rules.show.after"], at("base/obligations.yaml", 21, 21); got != want {
		t.Errorf("rules.show.after was set at %s, want %s", got, want)
	}
}
