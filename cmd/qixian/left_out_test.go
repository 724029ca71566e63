package main_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLeftOut has a range in which some rules cannot be reckoned: all else is shown in every form, and each of them is
// named.
func TestLeftOut(t *testing.T) {
	dir := t.TempDir()
	span := []string{"--from", "2017-12-01", "--to", "2018-02-28"}
	for _, command := range [][]string{
		{"agenda"},
		{"agenda", "--format", "json"},
		{"agenda", "--format", "csv"},
		{"agenda", "--format", "ics"},
		{"agenda", "--unit", "县环保局"},
		{"preview"},
		{"preview", "--format", "json"},
		{"preview", "--unit", "县环保局"},
	} {
		stdout, stderr, code := qixian(t, dir, append(command, span...)...)
		shown := "air-quality@2018-02"
		if command[0] == "preview" {
			shown = "县环保局"
		}
		if code != 1 || !strings.Contains(stdout, shown) ||
			!strings.Contains(stderr, "left out: reckon air-quality@2017-12") {
			t.Errorf("%v: exit %d, %d bytes\n%s", command, code, len(stdout), stderr)
		}
	}
	if _, stderr, code := qixian(
		t,
		dir,
		"agenda",
		"--from",
		"2018-02-01",
		"--to",
		"2018-02-28",
	); code != 0 ||
		stderr != "" {
		t.Errorf("a range without gaps: exit %d, %s", code, stderr)
	}
}

// TestExplainUnreckoned holds that what is on record is shown though its rule is no longer in force.
func TestExplainUnreckoned(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "qixian.yaml")
	write(t, config, "state_dir: state\n")
	out := must(t, dir, "--config", config, "event", "add", "recall-ordered", "--unit", "县食药监局", "--ref", "一号")
	key := regexp.MustCompile(`\S+@e[0-9a-f]+`).FindString(out)
	rule, _, _ := strings.Cut(key, "@")
	rule, _, _ = strings.Cut(rule, ".")
	write(t, filepath.Join(dir, "overrides.d", "10.yaml"), "obligations: {"+rule+": {disable: 由省局统一发布}}\n")
	write(t, config, "state_dir: state\noverrides: overrides.d\n")
	stdout, stderr, code := qixian(t, dir, "--config", config, "explain", key)
	if code != 1 || !strings.Contains(stdout, "登记的到期日") || !strings.Contains(stderr, "is disabled") {
		t.Errorf("explain %s: exit %d\n%s%s", key, code, stdout, stderr)
	}
}
