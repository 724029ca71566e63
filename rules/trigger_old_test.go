package rules_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
)

// oldNames is what each trigger started before there were groups: its event's ID, its rules, and how many of the units
// it started something for, with a digest of the keys of each.
const oldNames = "testdata/old-names.golden"

// TestOldNames holds that an event of a trigger of before there were groups is the same event, and starts the same for
// each unit. A line changes only with a rule of the table.
func TestOldNames(t *testing.T) {
	c := loadTable(t)
	p := rules.NewPlanner(c, loadCalendar(t), rules.Options{})
	stored, err := os.ReadFile(oldNames)
	if err != nil && !*update {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(c.Triggers))
	if len(stored) > 0 {
		names = nil
		for line := range strings.Lines(string(stored)) {
			name, _, _ := strings.Cut(line, " ")
			names = append(names, name)
		}
	}
	if len(names) != 87 {
		t.Errorf("%d names are stored, want the 87 of before there were groups", len(names))
	}
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintln(&b, name, startedByName(t, c, p, name))
	}
	if *update {
		if err := os.WriteFile(oldNames, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(stored), b.String()); diff != "" {
		t.Errorf("what the old names start (-stored +now):\n%s", diff)
	}
}

func startedByName(t *testing.T, c *rules.Catalogue, p *rules.Planner, name string) string {
	t.Helper()
	e := rules.Event{
		Trigger: name, Ref: "宁政发〔2026〕12号", At: time.Date(2026, time.March, 3, 10, 0, 0, 0, time.UTC),
	}
	keys := func() (all, ids []string) {
		os, err := p.OnEvent(e)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, o := range os {
			all, ids = append(all, o.Key), append(ids, o.Rule.ID)
		}
		return all, ids
	}
	_, ids := keys()
	id := e.ID()
	h := sha256.New()
	units := 0
	for _, unit := range slices.Sorted(maps.Keys(c.Units)) {
		e.Unit = unit
		if all, _ := keys(); len(all) > 0 {
			units++
			fmt.Fprintln(h, unit, all)
		}
	}
	return fmt.Sprint(id, " ", strings.Join(ids, ","), " ", units, " ", hex.EncodeToString(h.Sum(nil)[:5]))
}
