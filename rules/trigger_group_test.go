package rules_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/wording"
)

// groupsGolden is what one record of each group starts, for each unit: to be read line by line, as nothing may stand
// on one line that begins at different moments, or that nobody wants together.
const groupsGolden = "testdata/groups.golden"

// TestGroups holds what one record of each group of the catalogue starts for each unit.
func TestGroups(t *testing.T) {
	c := loadTable(t)
	p := rules.NewPlanner(c, loadCalendar(t), rules.Options{})
	var b strings.Builder
	for _, o := range p.Offers("", tableDay) {
		if !o.IsGroup() {
			continue
		}
		fmt.Fprintf(&b, "%s %s（%s）\n", o.Name, o.Title, o.Unit)
		without := rules.Event{Trigger: o.Name}
		writeStarts(t, &b, c, p, without, nil)
		for _, s := range o.Subjects {
			fmt.Fprintf(&b, "  + %s %s\n", s.Name, s.Title)
			writeStarts(t, &b, c, p, rules.Event{Trigger: o.Name, Subject: s.Name}, &without)
		}
	}
	if *update {
		if err := os.WriteFile(groupsGolden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(readTestFile(t, groupsGolden)), b.String()); diff != "" {
		t.Errorf("what groups start (-golden +now):\n%s", diff)
	}
}

// writeStarts lists what an event starts, units for which that is the same on one line, all of a group by its name; the
// units for which it starts no more than another are left out.
func writeStarts(
	t *testing.T,
	b *strings.Builder,
	c *rules.Catalogue,
	p *rules.Planner,
	e rules.Event,
	other *rules.Event,
) {
	t.Helper()
	units := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Units)) {
		if c.Units[name].Group {
			continue
		}
		key := started(t, p, e, name)
		if key != "" && (other == nil || started(t, p, *other, name) != key) {
			units[key] = append(units[key], name)
		}
	}
	for _, starts := range slices.Sorted(maps.Keys(units)) {
		fmt.Fprintf(b, "    %s: %s\n", strings.Join(shortened(c, units[starts]), "、"), starts)
	}
}

// started names what an event of a unit starts.
func started(t *testing.T, p *rules.Planner, e rules.Event, unit string) string {
	t.Helper()
	e.At, e.Unit = groupedAt, unit
	os, err := p.OnEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	var starts []string
	for _, o := range os {
		starts = append(starts, fmt.Sprintf("%s %s", o.Rule.ID, wording.Quote(o.Obligation.Title)))
	}
	return strings.Join(starts, "; ")
}

// shortened puts the name of each group of the catalogue for all its members, where they are all there.
func shortened(c *rules.Catalogue, units []string) []string {
	var out []string
	for _, group := range []string{"各乡镇（街道）", "县政府各部门（单位）"} {
		members := c.Expand([]string{group}, tableDay)
		if !slices.ContainsFunc(members, func(u string) bool { return !slices.Contains(units, u) }) {
			out = append(out, group)
			units = slices.DeleteFunc(units, func(u string) bool { return slices.Contains(members, u) })
		}
	}
	return append(out, units...)
}

// TestEveryUnitIsOfferedLittle holds how many triggers a unit chooses from, which were 87 for everybody.
func TestEveryUnitIsOfferedLittle(t *testing.T) {
	c := loadTable(t)
	p := rules.NewPlanner(c, loadCalendar(t), rules.Options{})
	all := p.Offers("", tableDay)
	if len(all) > 60 {
		t.Errorf("the office chooses from %d triggers", len(all))
	}
	for name, u := range c.Units {
		if n := len(p.Offers(name, tableDay)); !u.Group && n > 60 {
			t.Errorf("%s chooses from %d triggers", name, n)
		}
	}
	sections := []string{}
	for _, o := range all {
		if o.Section == "" {
			t.Errorf("%s is offered under no heading", o.Name)
		}
		if !slices.Contains(sections, o.Section) {
			sections = append(sections, o.Section)
		} else if sections[len(sections)-1] != o.Section {
			t.Errorf("%s stands apart from the others under %s", o.Name, o.Section)
		}
	}
	if got := sections[len(sections)-1]; got != "由业务系统办理、量大" {
		t.Errorf("the last section is %s", got)
	}
}

// TestTitlesAreShort holds that what is shown in a list says what happened, and nothing else.
func TestTitlesAreShort(t *testing.T) {
	for _, trigger := range loadTable(t).Triggers {
		if strings.Contains(trigger.Title, "或者") || strings.HasSuffix(trigger.Title, "）") {
			t.Errorf("%s is called %s", trigger.Name, trigger.Title)
		}
		if trigger.Hint != "" && !strings.HasSuffix(trigger.Hint, "。") {
			t.Errorf("the hint of %s is no sentence: %s", trigger.Name, trigger.Hint)
		}
	}
}
