package calendar_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"qixian/rules/calendar"
)

func TestParseDateRefuses(t *testing.T) {
	for _, s := range []string{
		"", "2018", "2018-2-3", "2018-02-30", "2018-13-01", "0000-01-01", "2018/01/01", "-018-01-01", "2018-01-0a",
		"2018-00-10", "2018-01-00", "20180-1-01", "+018-01-01", "2018-01-01 ", "２０１８-01", "2019-02-29", "1900-02-29",
	} {
		if d, err := calendar.ParseDate(s); err == nil || !d.IsZero() {
			t.Errorf("%q is read as %s, %v", s, d, err)
		}
	}
}

func TestNewDate(t *testing.T) {
	for _, v := range []struct {
		year  int
		month time.Month
		day   int
		want  string
	}{
		{2018, 4, 31, "2018-05-01"},
		{2018, 13, 1, "2019-01-01"},
		{2018, 3, 0, "2018-02-28"},
		{1, 1, 1, "0001-01-01"},
		{9999, 12, 31, "9999-12-31"},
		{10000, 1, 1, ""},
		{1, 1, 0, ""},
		{1 << 40, 1, 1, ""},
		{2018, -1 << 40, 1, ""},
		{2018, 1, 1 << 60, ""},
	} {
		if got := calendar.NewDate(v.year, v.month, v.day).String(); got != v.want {
			t.Errorf("NewDate(%d, %d, %d) = %q, want %q", v.year, v.month, v.day, got, v.want)
		}
	}
}

// TestDateWalk goes through every day of the range beside time.Time.
func TestDateWalk(t *testing.T) {
	at := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	n := 0
	for d := calendar.NewDate(1, 1, 1); !d.IsZero(); d = d.AddDays(1) {
		y, m, day := at.Date()
		if d.Year() != y || d.Month() != m || d.Day() != day || d.Weekday() != at.Weekday() ||
			d != calendar.NewDate(y, m, day) {
			t.Fatalf("%s (%s) stands for %s", d, d.Weekday(), at)
		}
		at = at.AddDate(0, 0, 1)
		n++
	}
	if n != 3652059 {
		t.Errorf("%d days from 0001-01-01 to 9999-12-31", n)
	}
}

// TestNewDateAsTime holds days and months that are far out of their range against time.Date.
func TestNewDateAsTime(t *testing.T) {
	const day1 = -62135596800 // 0001-01-01, in seconds since 1970
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		y, m, d := r.IntN(12_000)-1_000, time.Month(r.IntN(4_000)-2_000), r.IntN(800_000)-400_000
		want := calendar.Date{}
		if at := time.Date(y, m, d, 0, 0, 0, 0, time.UTC); at.Year() >= 1 && at.Year() <= 9999 {
			want = date(t, "0001-01-01").AddDays(int((at.Unix() - day1) / 86400))
		}
		if got := calendar.NewDate(y, m, d); got != want {
			t.Fatalf("NewDate(%d, %d, %d) = %s, want %s", y, m, d, got, want)
		}
	}
}

// TestAtAsTime holds instants against time.Date, through the summer times that China has had and long after them.
func TestAtAsTime(t *testing.T) {
	for d := date(t, "1900-01-01"); d.Year() < 2110; d = d.AddDays(1) {
		for _, since := range []time.Duration{0, 9 * time.Hour, 17*time.Hour + 30*time.Minute + time.Nanosecond, 24 * time.Hour, -time.Second} {
			want := time.Date(
				d.Year(),
				d.Month(),
				d.Day(),
				0,
				0,
				int(since/time.Second),
				int(since%time.Second),
				calendar.Zone(),
			)
			if got := d.At(since); got != want {
				t.Fatalf("%s at %s is %s, want %s", d, since, got, want)
			}
		}
	}
}

func TestNoDate(t *testing.T) {
	var d calendar.Date
	if d.Year() != 0 || d.Month() != 0 || d.Day() != 0 || d.String() != "" || d.Chinese() != "" || !d.IsZero() {
		t.Errorf("no date reads %d-%d-%d %q %q", d.Year(), d.Month(), d.Day(), d, d.Chinese())
	}
	if !d.AddDays(1).IsZero() || !d.AddMonths(1).IsZero() {
		t.Error("no date and some days are a date")
	}
	last := date(t, "9999-12-31")
	if !last.AddDays(1).IsZero() || !last.AddMonths(1).IsZero() || !last.AddDays(-1<<62).IsZero() ||
		!last.AddMonths(1<<62).IsZero() {
		t.Error("arithmetic beyond the range gives a date")
	}
}

func TestAddMonths(t *testing.T) {
	for _, v := range []struct {
		from string
		n    int
		want string
	}{
		{"2018-01-31", 1, "2018-02-28"},
		{"2020-01-31", 1, "2020-02-29"},
		{"2020-02-29", 12, "2021-02-28"},
		{"2018-03-31", -1, "2018-02-28"},
		{"2018-11-15", 3, "2019-02-15"},
		{"2018-12-31", 12, "2019-12-31"},
		{"2018-05-31", 0, "2018-05-31"},
		{"2018-01-15", -1, "2017-12-15"},
	} {
		if got := date(t, v.from).AddMonths(v.n); got != date(t, v.want) {
			t.Errorf("%s %+d months = %s, want %s", v.from, v.n, got, v.want)
		}
	}
}

func TestDateCompare(t *testing.T) {
	a, b, same := date(t, "2018-09-28"), date(t, "2018-10-08"), date(t, "2018-09-28")
	if a.Compare(b) != -1 || b.Compare(a) != 1 || a.Compare(same) != 0 || !a.Before(b) || !b.After(a) || a.After(b) ||
		b.Before(a) {
		t.Errorf("%s and %s are in no order", a, b)
	}
	if b.Sub(a) != 10 || a.Sub(b) != -10 {
		t.Errorf("%s is %d days after %s", b, b.Sub(a), a)
	}
}

// TestDateOf crosses midnight in China while it is afternoon in Greenwich.
func TestDateOf(t *testing.T) {
	for instant, want := range map[string]string{
		"2026-02-13T15:59:59Z":      "2026-02-13",
		"2026-02-13T16:00:00Z":      "2026-02-14",
		"2026-02-14T00:00:00+08:00": "2026-02-14",
		"2026-02-13T23:59:59-10:00": "2026-02-14",
	} {
		at, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := calendar.DateOf(at).String(); got != want {
			t.Errorf("%s falls on %s, want %s", instant, got, want)
		}
	}
	if d := calendar.DateOf(time.Time{}); !d.IsZero() {
		t.Errorf("no time falls on %s", d)
	}
}

func TestAt(t *testing.T) {
	d := date(t, "2018-09-28")
	for since, want := range map[time.Duration]string{
		0:                                    "2018-09-28T00:00:00+08:00",
		9 * time.Hour:                        "2018-09-28T09:00:00+08:00",
		24 * time.Hour:                       "2018-09-29T00:00:00+08:00",
		17*time.Hour + 1500*time.Millisecond: "2018-09-28T17:00:01.5+08:00",
	} {
		if got := d.At(since).Format(time.RFC3339Nano); got != want {
			t.Errorf("%s at %s is %s, want %s", d, since, got, want)
		}
	}
	if z := d.At(0).Location(); z != calendar.Zone() || z.String() != "Asia/Shanghai" {
		t.Errorf("zone is %s", z)
	}
	// In the summers of 1986 to 1991 China's clocks were an hour ahead; the clock still shows nine.
	if got := date(t, "1988-07-01").At(9 * time.Hour).Format(time.RFC3339); got != "1988-07-01T09:00:00+09:00" {
		t.Errorf("1988-07-01 at 9 h is %s", got)
	}
}

func TestChinese(t *testing.T) {
	for s, want := range map[string]string{
		"2018-09-28": "2018年9月28日（星期五）",
		"2026-11-01": "2026年11月1日（星期日）",
	} {
		if got := date(t, s).Chinese(); got != want {
			t.Errorf("%s in words is %s, want %s", s, got, want)
		}
	}
}

func TestDateText(t *testing.T) {
	in := map[string]calendar.Date{"due": date(t, "2018-09-28"), "none": {}}
	data, err := json.Marshal(in)
	if err != nil || string(data) != `{"due":"2018-09-28","none":""}` {
		t.Fatalf("%s, %v", data, err)
	}
	var out map[string]calendar.Date
	if err := json.Unmarshal(data, &out); err != nil || out["due"] != in["due"] || !out["none"].IsZero() {
		t.Errorf("%v, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"due":"2018-09-31"}`), &out); err == nil {
		t.Error("2018-09-31 is read from JSON")
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2018-09-28", "2020-02-29", "0001-01-01", "9999-12-31", "2018-02-30", "2018-9-28", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := calendar.ParseDate(s)
		if err != nil {
			if !d.IsZero() {
				t.Errorf("%q is %s and an error", s, d)
			}
			return
		}
		if d.String() != s {
			t.Errorf("%q is written back as %s", s, d)
		}
		if at := d.At(12 * time.Hour); calendar.DateOf(at) != d && d.Year() > 1 {
			t.Errorf("noon of %s falls on %s", d, calendar.DateOf(at))
		}
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			t.Errorf("time.Parse refuses %q: %v", s, err)
		}
	})
}
