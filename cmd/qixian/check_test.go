package main_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// TestCheck runs `qixian check` on configurations that are wrong in ways only the whole shows; what it prints stands
// beside each.
func TestCheck(t *testing.T) {
	configs, err := filepath.Glob("testdata/check/*/qixian.yaml")
	if err != nil || len(configs) < 6 {
		t.Fatalf("%d configurations, %v", len(configs), err)
	}
	for _, config := range configs {
		dir := filepath.Dir(config)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			work := t.TempDir()
			if err := os.CopyFS(work, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(work, "password"), "secret")
			if err := os.Chmod(filepath.Join(work, "password"), 0o644); err != nil {
				t.Fatal(err)
			}
			stdout, stderr, code := qixian(t, work, "check", "--config", "qixian.yaml")
			// where a daemon would start, check is content
			if want := strings.Contains(stdout, "problems: "); (code == 1) != want || code > 1 || stderr != "" {
				t.Errorf("exit %d, %s", code, stderr)
			}
			golden(t, filepath.Join("testdata", "check", filepath.Base(dir)+".want"), stdout)
		})
	}
}

// TestCheckWarns holds that what is lawful but not likely meant is said, and is no failure: duties that are over, a
// directory of seeds without any, and a year that an amendment has given more days off than any had.
func TestCheckWarns(t *testing.T) {
	work := t.TempDir()
	shipped, err := os.ReadFile("../../seeds/calendar/2026.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"overrides.d", "calendar.d"} {
		if err := os.Mkdir(filepath.Join(work, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(work, "qixian.yaml"), "overrides: overrides.d\ncalendar: calendar.d\n")
	write(t, filepath.Join(work, "overrides.d", "10.yaml"), `obligations:
  once: {new: true, row: 0, title: 一次, clause: 一次, kind: fixed, lead: [县财政局], rule: {by: 2025-11-30}}
`)
	amended := strings.Replace(string(shipped), "holidays:\n", `amended:
  - holiday: 元旦
    notice: 国务院办公厅关于延长2026年元旦假期的通知
    issued: 2026-01-02
    change: 元旦假期延长至1月9日
holidays:
`, 1)
	amended = strings.Replace(
		amended,
		"2026-01-03]",
		"2026-01-03, 2026-01-04, 2026-01-05, 2026-01-06, 2026-01-07, 2026-01-08, 2026-01-09]",
		1,
	)
	amended = strings.Replace(amended, "    work: [2026-01-04]\n", "", 1)
	write(t, filepath.Join(work, "calendar.d", "2026.yaml"), amended)
	golden(t, "testdata/check-warns.want", must(t, work, "check", "--config", "qixian.yaml"))

	if err := os.Mkdir(filepath.Join(work, "seeds"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(work, "seeds", "units.yaml"), "units: {县政府办公室: {full_name: 宁阳县人民政府办公室}}\n")
	write(t, filepath.Join(work, "qixian.yaml"), "seeds: seeds\n")
	golden(t, "testdata/check-empty-seeds.want", must(t, work, "check", "--config", "qixian.yaml"))
}

// TestCheckShipped holds the files in configs to the program that loads them: they are good as they lie there.
func TestCheckShipped(t *testing.T) {
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS("../../configs")); err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "check-shipped.want"), must(t, work, "check", "--config", "qixian.yaml"))
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
