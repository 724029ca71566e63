package calendar_test

import (
	"errors"
	"testing"
	"time"

	"github.com/rickar/cal/v2"

	"qixian/rules/calendar"
)

func TestAdd(t *testing.T) {
	c := load(t)
	for _, v := range []struct {
		start string
		n     int
		want  string
	}{
		{"2018-02-14", 3, "2018-02-24"}, // a make-up Saturday
		{"2018-02-14", 20, "2018-03-20"},
		{"2018-12-28", 1, "2018-12-29"}, // by the notice for 2019
		{"2018-12-28", 7, "2019-01-09"},
		{"2019-04-26", 5, "2019-05-06"}, // by the amended notice
		{"2020-01-23", 1, "2020-02-03"}, // by the extended break
		{"2020-01-23", 7, "2020-02-11"},
		{"2020-06-24", 1, "2020-06-28"},
		{"2022-09-30", 7, "2022-10-14"},
		{"2023-01-20", 2, "2023-01-29"},
		{"2024-02-08", 2, "2024-02-18"}, // 除夕 was worked
		{"2025-01-24", 7, "2025-02-10"},
		{"2026-02-13", 1, "2026-02-14"},
		{"2026-02-14", 1, "2026-02-24"},
		{"2026-02-16", 1, "2026-02-24"}, // from a day off
		{"2026-09-18", 20, "2026-10-22"},
		{"2026-11-23", 20, "2026-12-21"},
		{"2026-12-25", 1, "2026-12-28"}, // the last day covered
		{"2017-12-30", 1, "2018-01-02"}, // the first
		{"2018-03-20", -20, "2018-02-14"},
		{"2018-02-24", -3, "2018-02-14"},
		{"2026-02-24", -1, "2026-02-14"},
		{"2026-02-20", -1, "2026-02-14"},
	} {
		r, err := c.Add(date(t, v.start), v.n)
		if want := date(t, v.want); err != nil || r.Date != want || r.Earliest != want || r.Provisional {
			t.Errorf("%s %+d = %+v, %v; want %s for certain", v.start, v.n, r, err, v.want)
		}
	}
}

func TestAddProvisional(t *testing.T) {
	c := load(t)
	for _, v := range []struct {
		start          string
		n              int
		want, earliest string
	}{
		{"2026-12-04", 20, "2027-01-04", "2026-12-29"}, // 16 of them are certain, to 28 December
		{"2026-12-28", 1, "2026-12-29", "2026-12-29"},
		{"2026-12-31", 1, "2027-01-04", "2027-01-01"},
		{"2027-01-29", 10, "2027-02-16", "2027-02-08"}, // over 春节: 02-05 and 02-08 are off by law
		{"2027-02-10", -3, "2027-02-03", "2027-01-29"}, // the break may begin on 02-03 and last beyond 02-10
		{"2027-08-10", -3, "2027-08-05", "2027-08-05"}, // no festival is near
		{"2027-01-05", -5, "2026-12-28", "2026-12-24"},
		{"2018-01-03", -3, "2017-12-28", "2017-12-28"}, // before the first notice
	} {
		r, err := c.Add(date(t, v.start), v.n)
		if err != nil {
			t.Error(err)
			continue
		}
		if !r.Provisional || r.Date != date(t, v.want) || r.Earliest != date(t, v.earliest) {
			t.Errorf(
				"%s %+d = %s, earliest %s, provisional %v; want %s, %s",
				v.start,
				v.n,
				r.Date,
				r.Earliest,
				r.Provisional,
				v.want,
				v.earliest,
			)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	c := load(t)
	for _, v := range []struct {
		start string
		n     int
		want  error
	}{
		{"2018-02-14", 0, calendar.ErrCount},
		{"2018-02-14", 2001, calendar.ErrCount},
		{"2018-02-14", -2001, calendar.ErrCount},
		{"2018-02-14", -1 << 63, calendar.ErrCount},
		{"2018-02-14", 1<<63 - 1, calendar.ErrCount},
		{"2017-12-29", 1, calendar.ErrBeforeCoverage},
		{"2017-12-29", -1, calendar.ErrBeforeCoverage},
		{"1999-12-31", 1, calendar.ErrRange},
		{"2101-01-01", -1, calendar.ErrRange},
		{"2099-12-31", 2000, calendar.ErrRange},
		{"9999-12-31", 1, calendar.ErrRange},
	} {
		if r, err := c.Add(date(t, v.start), v.n); !errors.Is(err, v.want) || r != (calendar.Reckoning{}) {
			t.Errorf("%s %+d = %+v, %v; want %v", v.start, v.n, r, err, v.want)
		}
	}
	if _, err := c.Add(calendar.Date{}, 1); !errors.Is(err, calendar.ErrRange) {
		t.Errorf("no date +1: %v", err)
	}
	if r, err := c.Add(date(t, "2018-01-02"), 2000); err != nil || r.Provisional {
		t.Errorf("2018-01-02 +2000 = %+v, %v", r, err)
	}
	if r, err := c.Add(date(t, "2017-12-30"), -2000); err != nil || !r.Provisional {
		t.Errorf("2017-12-30 -2000 = %+v, %v", r, err)
	}
}

func TestNth(t *testing.T) {
	c := load(t)
	for _, v := range []struct {
		from, to       string
		n              int
		want, earliest string // no earliest: certain
	}{
		{"2018-09-01", "2018-09-30", -1, "2018-09-30", ""}, // a make-up Sunday
		{"2018-12-01", "2018-12-31", -1, "2018-12-29", ""},
		{"2018-01-01", "2018-01-31", 1, "2018-01-02", ""},
		{"2018-01-01", "2018-12-31", 250, "2018-12-29", ""},
		{"2018-01-01", "2018-12-31", -250, "2018-01-02", ""},
		{"2018-02-12", "2018-02-12", 1, "2018-02-12", ""},
		{"2018-02-12", "2018-02-12", -1, "2018-02-12", ""},
		{"2017-12-30", "2018-01-31", 1, "2018-01-02", ""},
		{"2026-12-01", "2026-12-31", -1, "2026-12-31", "2026-12-29"},
		{"2026-12-01", "2026-12-31", 1, "2026-12-01", ""},
		{"2027-01-01", "2027-01-31", 1, "2027-01-04", "2027-01-01"},
		{"2027-01-01", "2027-01-31", -1, "2027-01-29", "2027-01-29"},
		{"2028-01-01", "2028-01-31", -1, "2028-01-31", "2028-01-21"},
		{"2028-01-24", "2028-01-31", -1, "2028-01-31", "2028-01-24"},
	} {
		r, err := c.Nth(date(t, v.from), date(t, v.to), v.n)
		if err != nil {
			t.Error(err)
			continue
		}
		earliest := v.earliest
		if earliest == "" {
			earliest = v.want
		}
		if r.Date != date(t, v.want) || r.Earliest != date(t, earliest) || r.Provisional != (v.earliest != "") {
			t.Errorf("working day %d of %s to %s = %+v; want %s, %s", v.n, v.from, v.to, r, v.want, v.earliest)
		}
	}
}

func TestNthRefuses(t *testing.T) {
	c := load(t)
	for _, v := range []struct {
		from, to string
		n        int
		want     error
	}{
		{"2018-02-01", "2018-02-28", 0, calendar.ErrCount},
		{"2018-02-01", "2018-02-28", -3000, calendar.ErrCount},
		{"2018-02-01", "2018-02-28", 18, calendar.ErrTooFew},
		{"2018-02-01", "2018-02-28", -18, calendar.ErrTooFew},
		{"2018-02-15", "2018-02-21", 1, calendar.ErrTooFew}, // 春节
		{"2018-02-28", "2018-02-01", 1, calendar.ErrTooFew},
		{"2017-01-01", "2017-12-31", 1, calendar.ErrBeforeCoverage},
		{"2017-01-01", "2017-12-31", -1, nil}, // the last day that 2018's notice touches is a Sunday; 12-29 is unknown
		{"2017-01-01", "2017-11-30", -1, calendar.ErrBeforeCoverage},
		{"1970-01-01", "2018-01-31", -1, calendar.ErrRange},
		{"2100-12-31", "2101-01-31", 1, calendar.ErrRange},
	} {
		if r, err := c.Nth(date(t, v.from), date(t, v.to), v.n); !errors.Is(err, v.want) {
			t.Errorf("working day %d of %s to %s = %+v, %v; want %v", v.n, v.from, v.to, r, err, v.want)
		}
	}
}

func TestCount(t *testing.T) {
	c := load(t)
	for _, v := range []struct {
		after, upto string
		want        int
	}{
		{"2018-02-14", "2018-03-20", 20},
		{"2018-03-20", "2018-02-14", -20},
		{"2018-02-14", "2018-02-14", 0},
		{"2018-02-14", "2018-02-21", 0},
		{"2018-02-14", "2018-02-24", 3},
		{"0001-01-01", "2000-01-03", 1},
		{"2100-12-30", "9999-12-31", 1},
	} {
		if got := c.Count(date(t, v.after), date(t, v.upto)); got != v.want {
			t.Errorf("after %s up to %s are %d working days, want %d", v.after, v.upto, got, v.want)
		}
	}
}

func TestRoll(t *testing.T) {
	c := load(t)
	for _, v := range []struct {
		day            string
		roll           calendar.Roll
		opening        string
		want, earliest string // no earliest: certain
	}{
		{"2018-07-31", calendar.Preceding, "", "2018-07-31", ""},
		{"2018-02-18", calendar.Preceding, "", "2018-02-14", ""},
		{"2018-02-18", calendar.Following, "", "2018-02-22", ""},
		{"2018-02-18", calendar.None, "", "2018-02-18", ""},
		{"2018-02-18", "", "", "2018-02-18", ""},
		{"2018-02-24", calendar.Preceding, "", "2018-02-24", ""}, // a make-up Saturday
		{"2018-02-18", calendar.Preceding, "2018-02-14", "2018-02-14", ""},
		{"2018-02-18", calendar.Preceding, "2018-02-15", "2018-02-22", ""}, // not before it opens
		{"2025-10-05", calendar.Preceding, "2025-10-01", "2025-10-09", ""},
		// a weekend of which either day may yet be worked
		{"2028-10-08", calendar.Preceding, "2028-10-07", "2028-10-09", "2028-10-07"},
		{"2026-12-28", calendar.Following, "", "2026-12-28", ""},
		{"2026-12-31", calendar.Preceding, "", "2026-12-31", "2026-12-29"},
		{"2026-12-31", calendar.Preceding, "2026-12-30", "2026-12-31", "2026-12-30"},
		{"2027-01-02", calendar.Following, "", "2027-01-04", "2027-01-02"},
		{"2027-01-02", calendar.None, "", "2027-01-02", ""},
		{"2027-01-31", calendar.Preceding, "", "2027-01-29", "2027-01-29"},
		{"2016-05-07", calendar.Following, "", "2016-05-09", "2016-05-07"},
		{"1990-05-05", calendar.Preceding, "", "1990-05-04", "1990-05-04"},
		{"2101-01-01", calendar.Following, "", "2101-01-03", "2101-01-01"},
		{"2101-01-01", calendar.Preceding, "", "2100-12-31", "2100-12-31"},
		{"2000-01-01", calendar.Preceding, "", "1999-12-31", "1999-12-31"},
	} {
		var opening calendar.Date
		if v.opening != "" {
			opening = date(t, v.opening)
		}
		earliest := v.earliest
		if earliest == "" {
			earliest = v.want
		}
		want := calendar.Reckoning{Date: date(t, v.want), Earliest: date(t, earliest), Provisional: v.earliest != ""}
		if got := c.Roll(date(t, v.day), v.roll, opening); got != want {
			t.Errorf("%s %s = %+v, want %+v", v.day, v.roll, got, want)
		}
	}
	if r := c.Roll(calendar.Date{}, calendar.Following, calendar.Date{}); !r.Date.IsZero() {
		t.Errorf("no date lands on %s", r.Date)
	}
	for s, want := range map[string][2]string{
		"2018-02-18": {"2018-02-14", "2018-02-22"},
		"2018-09-30": {"2018-09-30", "2018-09-30"},
	} {
		if b, a := c.OnOrBefore(date(t, s)), c.OnOrAfter(date(t, s)); b != date(t, want[0]) || a != date(t, want[1]) {
			t.Errorf("%s lies between %s and %s, want %v", s, b, a, want)
		}
	}
}

// business returns cal's own calendar of the same days.
func business(c *calendar.Calendar) *cal.BusinessCalendar {
	b := cal.NewBusinessCalendar()
	b.WorkdayFunc = func(t time.Time) bool { return c.IsWorkday(calendar.DateOf(t)) }
	return b
}

func noon(d calendar.Date) time.Time { return d.At(12 * time.Hour) }

// TestAddAsCal holds every count against cal, day by day over all covered years and two beyond.
func TestAddAsCal(t *testing.T) {
	c := load(t)
	b := business(c)
	first, last := c.Coverage()
	counts := []int{1, 2, 3, 5, 7, 10, 20, 60, -1, -2, -3, -5, -7, -20}
	for d := first; !d.After(last.AddDays(730)); d = d.AddDays(1) {
		if d.Day() == 1 && d.Month()%6 == 1 {
			counts = append(counts, 250, -250)
		}
		for _, n := range counts {
			r, err := c.Add(d, n)
			if err != nil {
				t.Fatal(err)
			}
			if want := calendar.DateOf(b.WorkdaysFrom(noon(d), n)); r.Date != want {
				t.Fatalf("%s %+d = %s; cal says %s", d, n, r.Date, want)
			}
		}
		counts = counts[:14]
		to := d.AddDays(40)
		if got, want := c.Count(d.AddDays(-1), to), b.WorkdaysInRange(noon(d), noon(to)); got != want {
			t.Fatalf("%s to %s are %d working days; cal says %d", d, to, got, want)
		}
	}
}

// TestAddAsCalEverywhere holds every count, from every covered day and every one of two years beyond, against cal.
// Counting n days is n times counting one, which TestAddAsCal holds of cal itself; so cal is asked for the next working
// day of each day, and followed from day to day.
func TestAddAsCalEverywhere(t *testing.T) {
	c := load(t)
	b := business(c)
	first, last := c.Coverage()
	last = last.AddDays(730)
	low, high := first.AddDays(-2*calendar.MaxCount), last.AddDays(2*calendar.MaxCount)
	steps := map[int][]calendar.Date{1: nil, -1: nil}
	for way := range steps {
		for d := low; !d.After(high); d = d.AddDays(1) {
			steps[way] = append(steps[way], calendar.DateOf(b.WorkdaysFrom(noon(d), way)))
		}
	}
	for way, step := range steps {
		for d := first; !d.After(last); d = d.AddDays(1) {
			want := d
			for n := range calendar.MaxCount {
				want = step[want.Sub(low)]
				if r, err := c.Add(d, way*(n+1)); err != nil || r.Date != want {
					t.Fatalf("%s %+d = %s, %v; cal says %s", d, way*(n+1), r.Date, err, want)
				}
			}
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	c := load(b)
	start := date(b, "2026-09-18")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Add(start, 20); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAddProvisional(b *testing.B) {
	c := load(b)
	start := date(b, "2026-12-04")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Add(start, 60); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCal(b *testing.B) {
	c := business(load(b))
	start := noon(date(b, "2026-09-18"))
	b.ReportAllocs()
	for b.Loop() {
		c.WorkdaysFrom(start, 20)
	}
}

func BenchmarkCount(b *testing.B) {
	c := load(b)
	from, to := date(b, "2018-01-01"), date(b, "2026-12-28")
	b.ReportAllocs()
	for b.Loop() {
		c.Count(from, to)
	}
}

func BenchmarkNew(b *testing.B) {
	years := load(b).Years()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := calendar.New(years, calendar.Festivals{}); err != nil {
			b.Fatal(err)
		}
	}
}
