package calendar_test

import (
	"fmt"
	"testing"
	"time"

	"qixian/rules/calendar"
)

// moved are 除夕, 清明, 端午 and 中秋 of the years with a notice, by the rules that make festivals.yaml.
var moved = map[int][4]string{
	2018: {"02-15", "04-05", "06-18", "09-24"},
	2019: {"02-04", "04-05", "06-07", "09-13"},
	2020: {"01-24", "04-04", "06-25", "10-01"},
	2021: {"02-11", "04-04", "06-14", "09-21"},
	2022: {"01-31", "04-05", "06-03", "09-10"},
	2023: {"01-21", "04-05", "06-22", "09-29"},
	2024: {"02-09", "04-04", "06-10", "09-17"},
	2025: {"01-28", "04-04", "05-31", "10-06"},
	2026: {"02-16", "04-05", "06-19", "09-25"},
}

// lawful returns the festivals of 2018 to 2026 as if today's law had always been in force.
func lawful(t testing.TB) calendar.Festivals {
	f := calendar.Festivals{Basis: "全国年节及纪念日放假办法", Since: date(t, "2018-01-01")}
	for name, days := range map[string][]string{
		"元旦":  {"01-01"},
		"劳动节": {"05-01", "05-02"},
		"国庆节": {"10-01", "10-02", "10-03"},
	} {
		for _, day := range days {
			f.Fixed = append(f.Fixed, calendar.Festival{Name: name, Day: date(t, "2000-"+day)})
		}
	}
	for year, days := range moved {
		for i, name := range []string{"春节", "清明节", "端午节", "中秋节"} {
			d := date(t, fmt.Sprintf("%d-%s", year, days[i]))
			f.Moved = append(f.Moved, calendar.Festival{Name: name, Day: d})
			for n := 1; name == "春节" && n < 4; n++ {
				f.Moved = append(f.Moved, calendar.Festival{Name: name, Day: d.AddDays(n)})
			}
		}
	}
	return f
}

// TestFestivalsWereOff holds that the notices gave every day that was off by the law of their time. Until 2024 that law
// gave 除夕 and 2 May to nobody, and 2018, 2019 and 2024 show it.
func TestFestivalsWereOff(t *testing.T) {
	c := load(t)
	newly := map[string]bool{"02-09": true, "05-02": true}
	for _, f := range lawful(t).Moved {
		eve := f.Day.Year() < 2025 && newly[f.Day.String()[5:]]
		if c.IsWorkday(f.Day) && !eve {
			t.Errorf("%s of %s was worked", f.Name, f.Day)
		}
	}
	for _, f := range lawful(t).Fixed {
		for year := 2018; year <= 2026; year++ {
			d := calendar.NewDate(year, f.Day.Month(), f.Day.Day())
			if c.IsWorkday(d) && (year >= 2025 || !newly[d.String()[5:]]) {
				t.Errorf("%s of %s was worked", f.Name, d)
			}
		}
	}
}

// TestEarliestHolds takes the later notices away, year by year, reckons without them, and holds every result against
// what the notices then made of it: nothing fell due before the earliest date that was told.
func TestEarliestHolds(t *testing.T) {
	truth := load(t)
	years := truth.Years()
	counts := []int{1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 100, 200, -1, -2, -3, -5, -7, -10, -20, -60, -100}
	for k := 1; k < len(years); k++ {
		then, err := calendar.New(years[:k], lawful(t))
		if err != nil {
			t.Fatal(err)
		}
		_, last := then.Coverage()
		checked := 0
		check := func(what string, d calendar.Date, got, want calendar.Reckoning) {
			t.Helper()
			if want.Provisional {
				return
			}
			checked++
			switch {
			case !got.Provisional && got != want:
				t.Errorf("%s of %s was %s for certain, and became %s", what, d, got.Date, want.Date)
			case got.Earliest.After(want.Date) || got.Earliest.After(got.Date):
				t.Errorf(
					"%s of %s was %s, %s at the earliest, and became %s",
					what,
					d,
					got.Date,
					got.Earliest,
					want.Date,
				)
			}
		}
		for d := last.AddDays(-330); d.Year() <= last.Year()+1; d = d.AddDays(1) {
			for _, n := range counts {
				got, err := then.Add(d, n)
				want, trueErr := truth.Add(d, n)
				if err == nil && trueErr == nil {
					check(fmt.Sprintf("%+d working days", n), d, got, want)
				}
			}
			for _, r := range []calendar.Roll{calendar.Preceding, calendar.Following} {
				check(string(r), d, then.Roll(d, r, calendar.Date{}), truth.Roll(d, r, calendar.Date{}))
			}
			for back := range 12 {
				opening := d.AddDays(-back)
				what := fmt.Sprintf("preceding, but not before %s,", opening)
				check(what, d, then.Roll(d, calendar.Preceding, opening), truth.Roll(d, calendar.Preceding, opening))
			}
		}
		if checked < 10_000 {
			t.Errorf("without the notice for %d only %d results were checked", 2018+k, checked)
		}
	}
}

// TestSlack measures what a count over Monday to Friday is late at worst.
func TestSlack(t *testing.T) {
	c := load(t)
	worst := 0
	for d := date(t, "2018-01-01"); d.Before(date(t, "2026-09-01")); d = d.AddDays(1) {
		plain := d
		for n := 1; n <= 60; n++ {
			plain = plain.AddDays(1)
			for plain.Weekday() == time.Saturday || plain.Weekday() == time.Sunday {
				plain = plain.AddDays(1)
			}
			r, err := c.Add(d, n)
			if err != nil {
				t.Fatal(err)
			}
			worst = max(worst, plain.Sub(r.Date))
		}
	}
	if worst != 4 {
		t.Errorf("Monday to Friday is late by up to %d days; the calendar allows for 4", worst)
	}
}

// TestFestivals2027 has the festivals of the first year without a notice, as two other tables give them.
func TestFestivals2027(t *testing.T) {
	c := load(t)
	want := map[string]string{
		"2027-01-01": "元旦",
		"2027-02-05": "春节", "2027-02-06": "春节", "2027-02-07": "春节", "2027-02-08": "春节",
		"2027-04-05": "清明节",
		"2027-05-01": "劳动节", "2027-05-02": "劳动节",
		"2027-06-09": "端午节",
		"2027-09-15": "中秋节",
		"2027-10-01": "国庆节", "2027-10-02": "国庆节", "2027-10-03": "国庆节",
	}
	for _, d := range c.Walk(date(t, "2027-01-01"), date(t, "2027-12-31")) {
		name := want[d.Date.String()]
		if d.Name != name || d.Known || (name != "") != (d.Kind == calendar.KindHoliday) {
			t.Errorf("%+v, want a day off for %q that no notice fixes", d, name)
		}
	}
	if d := c.Day(date(t, "2028-10-03")); d.Name != "国庆节、中秋节" {
		t.Errorf("two festivals on %s are called %s", d.Date, d.Name)
	}
	for year := 2027; year <= 2040; year++ {
		off := 0
		for _, d := range c.Walk(calendar.NewDate(year, 1, 1), calendar.NewDate(year, 12, 31)) {
			if d.Kind == calendar.KindHoliday {
				off++
			}
		}
		if off != 13 && year != 2028 && year != 2031 && year != 2039 { // 中秋节 falls into 国庆节
			t.Errorf("%d has %d festival days", year, off)
		}
	}
}
