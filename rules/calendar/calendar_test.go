package calendar_test

import (
	"os"
	"testing"

	"qixian/rules/calendar"
)

// seeds is the directory of the calendar files that the program ships.
const seeds = "../../seeds"

// load returns the calendar of the shipped files.
func load(t testing.TB) *calendar.Calendar {
	t.Helper()
	c, warnings, err := calendar.Load(os.DirFS(seeds), "calendar")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		t.Errorf("warning: %v", w)
	}
	return c
}

// date reads a date of a test.
func date(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCoverage(t *testing.T) {
	c := load(t)
	first, last := c.Coverage()
	if first != date(t, "2017-12-30") || last != date(t, "2026-12-28") {
		t.Errorf("coverage is %s to %s", first, last)
	}
	if len(c.Version()) < 8 {
		t.Errorf("version is %q", c.Version())
	}
}

// TestWorkdaysOfYears holds the working days of each year against counts made by hand from the notices.
func TestWorkdaysOfYears(t *testing.T) {
	want := map[int]int{2018: 250, 2019: 250, 2020: 249, 2021: 250, 2022: 249, 2023: 249, 2024: 251, 2025: 248, 2026: 248}
	c := load(t)
	for year, n := range want {
		got := c.Count(calendar.NewDate(year-1, 12, 31), calendar.NewDate(year, 12, 31))
		if got != n {
			t.Errorf("%d has %d working days, want %d", year, got, n)
		}
	}
}
