package rules_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// beyondSchema are the bad files whose mistake a schema cannot see, because it lies between files, between distant
// values, in the calendar, or in YAML itself.
var beyondSchema = []string{
	"addition-without-basis",
	"alias-of-two",
	"anchor",
	"asks-of-nothing",
	"bad-date",
	"by-outside-validity",
	"circle",
	"clause-not-in-row",
	"clause-of-another-row",
	"covers-without-period",
	"disabled-but-waited-for",
	"done-of-several",
	"done-unknown",
	"february-30",
	"from-after-until",
	"group-in-itself",
	"group-of-triggers",
	"id-of-yaml",
	"key-twice",
	"kind-unfit",
	"later-of-both-ways",
	"later-of-two-events",
	"lead-answers-per-unit",
	"member-twice",
	"member-until-before-from",
	"members-without-group",
	"merge-key",
	"new-is-known",
	"no-form",
	"no-lead",
	"no-lead-anywhere",
	"no-such-leap-day",
	"not-utf8",
	"not-yaml",
	"nothing-given",
	"part-of-itself",
	"part-of-unknown",
	"part-with-a-rule",
	"pause-trigger-twice",
	"pause-trigger-unknown",
	"period-not-assumed",
	"prompt-without-basis",
	"review-of-no-day",
	"row-without-clause",
	"rows-in-an-override",
	"rule-clause-not-in-row",
	"rule-not-known-yet",
	"rule-of-several",
	"seed-new",
	"seed-without-clause",
	"seed-without-row",
	"stage-beyond-day",
	"stage-beyond-fixed-date",
	"stage-beyond-hours",
	"stage-beyond-period",
	"stage-beyond-span",
	"statutory-without-basis",
	"tag",
	"two-documents",
	"unit-in-other-brackets",
	"unit-twice",
	"unknown-obligation",
	"unknown-row",
	"unknown-trigger",
	"unknown-unit",
	"year-in-an-override",
	"years-with-year",
}

// TestSchema holds the schema that editors complete and underline by to the loader: it passes every file of the
// catalogue that is shipped or good, and refuses every bad one whose mistake it can see.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../configs/schema/catalogue.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{
		"../seeds/*.yaml", "../seeds/obligations/*.yaml", "../configs/overrides.d/*.yaml", "testdata/base/*.yaml", "testdata/good/*.yaml",
		"testdata/plan/*.yaml",
	} {
		for _, name := range glob(t, pattern) {
			v, err := decode(readTestFile(t, name))
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if err := schema.Validate(v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, path := range glob(t, "testdata/bad/*.yaml") {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		v, err := decode(readTestFile(t, path))
		refused := err == nil && schema.Validate(v) != nil
		if want := !slices.Contains(beyondSchema, name); refused != want {
			t.Errorf("%s: refused is %v, want %v", name, refused, want)
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no file is %s: %v", pattern, err)
	}
	return names
}

// decode reads YAML as an editor does, for which a date is a text.
func decode(data []byte) (any, error) {
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		return nil, err
	}
	return datesAsText(v), nil
}

func datesAsText(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = datesAsText(v[k])
		}
	case []any:
		for i := range v {
			v[i] = datesAsText(v[i])
		}
	case time.Time:
		return v.Format(time.DateOnly)
	}
	return v
}
