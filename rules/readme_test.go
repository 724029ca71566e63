package rules_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestReadme holds that the rules of README.md's table and its file of overrides are taken as they stand there, with
// triggers that there are.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "| the table says | the rule |\n")
	table, rest, _ := strings.Cut(table, "\n\n")
	tried := 0
	for _, span := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(table, -1) {
		rule := span[1]
		switch {
		case strings.Contains(rule, "…"):
			continue
		case strings.HasPrefix(rule, "{workday"):
			rule = "rule: {every: month, due: " + rule + "}"
		case strings.HasPrefix(rule, "due: "):
			rule = "rule: {every: month, " + rule + "}"
		case strings.HasPrefix(rule, "{"):
			rule = "rule: " + rule
		case !strings.HasPrefix(rule, "rules: "):
			continue
		}
		tried++
		kind := "statutory"
		if strings.Contains(rule, "on_show") && !strings.HasPrefix(rule, "rules") {
			kind = "on-show"
		}
		if _, err := loadWith(t, "obligations:\n  example:\n    new: true\n    title: 示例\n    kind: "+kind+
			"\n    lead: [县财政局]\n    basis: 示例\n    "+rule+"\n"); err != nil {
			t.Errorf("%s: %v", span[1], err)
		}
	}
	if tried < 20 {
		t.Errorf("%d rules of the table were tried", tried)
	}
	_, file, _ := strings.Cut(rest, "```yaml\n")
	file, _, _ = strings.Cut(file, "```")
	if _, err := loadWith(t, file); err != nil || file == "" {
		t.Errorf("the file of overrides: %v", err)
	}
}
