package calendar_test

import (
	"testing"
)

func TestAddVectors(t *testing.T) {
	c := load(t)
	for _, v := range []struct {
		start string
		n     int
		want  string
	}{
		{"2018-02-14", 20, "2018-03-20"},
		{"2018-02-14", 3, "2018-02-24"},
		{"2018-12-28", 1, "2018-12-29"},
		{"2018-12-28", 7, "2019-01-09"},
		{"2019-04-26", 5, "2019-05-06"},
		{"2020-01-23", 1, "2020-02-03"},
		{"2020-01-23", 7, "2020-02-11"},
		{"2020-06-24", 1, "2020-06-28"},
		{"2022-09-30", 7, "2022-10-14"},
		{"2023-01-20", 2, "2023-01-29"},
		{"2024-02-08", 2, "2024-02-18"},
		{"2025-01-24", 7, "2025-02-10"},
		{"2026-02-13", 1, "2026-02-14"},
		{"2026-02-14", 1, "2026-02-24"},
		{"2026-09-18", 20, "2026-10-22"},
		{"2026-11-23", 20, "2026-12-21"},
		{"2026-02-24", -1, "2026-02-14"},
		{"2018-03-20", -20, "2018-02-14"},
	} {
		r, err := c.Add(date(t, v.start), v.n)
		if err != nil {
			t.Error(err)
			continue
		}
		if want := date(t, v.want); r.Date != want || r.Earliest != want || r.Provisional {
			t.Errorf("%s %+d = %+v, want %s for certain", v.start, v.n, r, v.want)
		}
	}
}

func TestAddProvisional(t *testing.T) {
	c := load(t)
	r, err := c.Add(date(t, "2026-12-04"), 20)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Provisional || r.Date != date(t, "2027-01-04") || r.Earliest != date(t, "2026-12-29") {
		t.Errorf("2026-12-04 +20 = %s, earliest %s, provisional %v", r.Date, r.Earliest, r.Provisional)
	}
}
