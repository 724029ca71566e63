package main_test

import (
	"strings"
	"testing"
	"time"
)

// TestActs reports, by the command line, duties that are not to be published: a link is refused, and what was done is
// kept and explained.
func TestActs(t *testing.T) {
	dir := t.TempDir()
	at := time.Now().AddDate(0, 0, 40).Format(time.DateOnly)
	added := must(
		t,
		dir,
		"event",
		"add",
		"welfare-decision-published",
		"--unit",
		"县教育局",
		"--ref",
		"1",
		"--at",
		at,
		"--state-dir",
		"qixian-data",
	)
	review, comments := deadlineKey(
		t,
		added,
		"welfare-decision-assessment",
	), deadlineKey(
		t,
		added,
		"welfare-decision-comments",
	)
	const link = "https://www.example.invalid/1"
	for _, tt := range []struct{ key, flag, value, want string }{
		{comments, "--url", link, "not to be put on the web, so no link is taken; say in a note what was done (办理情况)"},
		{comments, "--note", "见 " + link, "not to be put on the web"},
		{comments, "--note", "", "want a note that says what was done (办理情况)"},
		{review, "--url", link, "say in a note what was done (完成情况)"},
	} {
		_, stderr, code := qixian(t, dir, "done", tt.key, tt.flag, tt.value, "--unit", "县教育局")
		if code != 1 || !strings.Contains(stderr, tt.want) {
			t.Errorf("done %s %s %s: exit %d, %s; want %q", tt.key, tt.flag, tt.value, code, stderr, tt.want)
		}
	}
	must(t, dir, "done", comments, "--note", "意见已逐条答复", "--unit", "县教育局")
	must(t, dir, "done", review, "--unit", "县教育局")
	for key, want := range map[string][]string{
		comments: {"办结方式：办理完毕后报送办理情况（不需上网公开）", "；意见已逐条答复（"},
		review:   {"办结方式：请于到期日前完成，并报送完成情况", "；已完成（"},
	} {
		explained := must(t, dir, "explain", key)
		for _, text := range want {
			if !strings.Contains(explained, text) {
				t.Errorf("explained without %q:\n%s", text, explained)
			}
		}
	}
}

// TestPeriodNames holds that every listing names the month whose data is due, over the turn of a year too.
func TestPeriodNames(t *testing.T) {
	const want = "2026年1月应发布，内容为2025年12月情况"
	dir := t.TempDir()
	span := []string{"agenda", "--from", "2026-01-01", "--to", "2026-01-31", "--format"}
	for _, args := range [][]string{
		{"explain", "air-quality@2026-01"}, append(span, "table"), append(span, "json"), append(span, "csv"), append(span, "ics"),
	} {
		out := strings.ReplaceAll(must(t, dir, args...), "\r\n ", "")
		if !strings.Contains(out, want) {
			t.Errorf("%v does not name %q:\n%.3000s", args, want, out)
		}
	}
	must(t, dir, "check")
}
