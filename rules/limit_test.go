package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"qixian/rules"
)

// many writes a text so often, numbered.
func many(n int, form string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, form, i)
	}
	return b.String()
}

// TestLoadRefusesTooMuch holds that a catalogue which would take for ever to plan is refused where it becomes too
// large, in one problem.
func TestLoadRefusesTooMuch(t *testing.T) {
	obligation := func(i int) string {
		return fmt.Sprintf(
			"  more-%d: {new: true, title: 甲, kind: periodic, rule: {every: month}, lead: [甲0], responsible: [大组]}\n",
			i,
		)
	}
	var told strings.Builder
	for i := range 60 {
		told.WriteString(obligation(i))
	}
	for name, tc := range map[string]struct{ text, want string }{
		"units": {
			"units:\n" + many(10001, "  甲%d: {}\n"),
			"there are more than 10000 units; that is more than this program takes",
		},
		"triggers": {
			"triggers:\n" + many(10001, "  t%d: {title: 甲}\n"),
			"there are more than 10000 triggers; that is more than this program takes",
		},
		"rules": {
			"obligations:\n  more: {new: true, title: 甲, kind: periodic, lead: [县环保局], rules: {\n" + many(51, "    r%d: {every: month},\n") + "  }}\n",
			"there are more than 50 rules in one obligation; that is more than this program takes",
		},
		"dates to choose from": {
			"obligations:\n  more: {new: true, title: 甲, kind: periodic, lead: [县环保局], rule: {later_of: [\n" + many(51, "    {by: 07-31}, #%d\n") + "  ]}}\n",
			"there are more than 50 dates to choose from; that is more than this program takes",
		},
		"names": {
			"obligations:\n  air-quality:\n    responsible: [" + many(10001, "甲%d,") + "]\n",
			"there are more than 10000 names in this list; that is more than this program takes",
		},
		"told": {
			"units:\n" + many(9000, "  甲%d: {}\n") + "  大组: {group: true, members: [" + many(9000, "甲%d,") + "]}\nobligations:\n" + told.String(),
			"the units that are told of each rule, one by one, are more than 500000",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rules.Load(rules.Layer{Name: "base", FS: baseFiles(t)}, overrides(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("got %.600v, want %s", err, tc.want)
			}
		})
	}
}

// TestLoadRefusesABulkOfFiles holds that files which are small each are bounded together as well.
func TestLoadRefusesABulkOfFiles(t *testing.T) {
	texts := make([]string, 40)
	for i := range texts {
		texts[i] = strings.Repeat("# nothing\n", 100000)
	}
	_, err := rules.Load(rules.Layer{Name: "base", FS: baseFiles(t)}, overrides(texts...))
	if want := "with this file there are more than 33554432 bytes in its directory"; err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
