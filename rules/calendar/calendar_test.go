package calendar_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/rules/calendar"
)

// seeds is the directory that holds the calendar files which the program ships.
const seeds = "../../seeds"

// load returns the calendar of the shipped files, which are without doubt.
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
	for s, want := range map[string]bool{
		"2017-12-29": false, "2017-12-30": true, "2018-12-31": true, "2026-12-28": true, "2026-12-29": false,
	} {
		if got := c.Known(date(t, s)); got != want {
			t.Errorf("%s known: %v, want %v", s, got, want)
		}
	}
}

// TestYears holds the numbers of each year against those counted from the text of the notices.
func TestYears(t *testing.T) {
	type numbers struct{ Working, OffWeekdays, Makeup int }
	want := map[int]numbers{
		2018: {250, 18, 7},
		2019: {250, 17, 6},
		2020: {249, 19, 6},
		2021: {250, 18, 7},
		2022: {249, 18, 7},
		2023: {249, 18, 7},
		2024: {251, 19, 8},
		2025: {248, 18, 5},
		2026: {248, 19, 6},
	}
	c := load(t)
	got := map[int]numbers{}
	for year := range want {
		var n numbers
		for _, d := range c.Walk(calendar.NewDate(year, 1, 1), calendar.NewDate(year, 12, 31)) {
			w := d.Date.Weekday()
			weekend := w == time.Saturday || w == time.Sunday
			switch {
			case d.Working && weekend:
				n.Makeup++
			case !d.Working && !weekend:
				n.OffWeekdays++
			}
			if d.Working {
				n.Working++
			}
		}
		got[year] = n
		if count := c.Count(calendar.NewDate(year-1, 12, 31), calendar.NewDate(year, 12, 31)); count != n.Working {
			t.Errorf("%d: %d working days counted, %d walked", year, count, n.Working)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDay(t *testing.T) {
	c := load(t)
	const (
		notice2018 = "国务院办公厅关于2018年部分节假日安排的通知（国办发明电〔2017〕12号）"
		notice2019 = "国务院办公厅关于2019年部分节假日安排的通知（国办发明电〔2018〕15号）"
		extension  = "国务院办公厅关于延长2020年春节假期的通知（国办发明电〔2020〕1号）"
	)
	for _, v := range []struct {
		want    calendar.Day
		date    string
		chinese string
	}{
		{calendar.Day{Working: true, Known: true, Kind: calendar.KindWorkday}, "2018-02-14", "工作日"},
		{calendar.Day{Known: true, Kind: calendar.KindWeekend}, "2018-03-03", "周末"},
		{calendar.Day{Known: true, Kind: calendar.KindHoliday, Name: "春节", Notice: notice2018}, "2018-02-17", "春节放假"},
		{calendar.Day{Working: true, Known: true, Kind: calendar.KindMakeup, Name: "春节", Notice: notice2018}, "2018-02-24", "春节调休上班"},
		{calendar.Day{Working: true, Known: true, Kind: calendar.KindMakeup, Name: "元旦", Notice: notice2019}, "2018-12-29", "元旦调休上班"},
		{calendar.Day{Known: true, Kind: calendar.KindHoliday, Name: "春节", Notice: extension}, "2020-01-31", "春节放假"},
		{calendar.Day{Working: true, Kind: calendar.KindWorkday}, "2026-12-31", "工作日"},
		{calendar.Day{Kind: calendar.KindWeekend}, "2027-01-02", "周末"},
		{calendar.Day{Kind: calendar.KindHoliday, Name: "元旦", Notice: "全国年节及纪念日放假办法（2024年11月10日修订）"}, "2027-01-01", "元旦（法定节日）"},
		// neither notice nor law is loaded
		{calendar.Day{Working: true, Kind: calendar.KindWorkday}, "2013-01-01", "工作日"},
	} {
		v.want.Date = date(t, v.date)
		got := c.Day(v.want.Date)
		if diff := cmp.Diff(v.want, got, cmp.Comparer(func(a, b calendar.Date) bool { return a == b })); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", v.date, diff)
		}
		if got.Chinese() != v.chinese {
			t.Errorf("%s is called %s, want %s", v.date, got.Chinese(), v.chinese)
		}
		if c.IsWorkday(v.want.Date) != got.Working {
			t.Errorf("%s is a workday: %v", v.date, !got.Working)
		}
	}
	if c.IsWorkday(calendar.Date{}) {
		t.Error("no date is a workday")
	}
}

func TestWalk(t *testing.T) {
	c := load(t)
	days := c.Walk(date(t, "2018-02-14"), date(t, "2018-02-24"))
	text := ""
	for _, d := range days {
		text += map[bool]string{true: "#", false: "-"}[d.Working]
	}
	if text != "#-------###" {
		t.Errorf("2018-02-14 to 02-24 is %s", text)
	}
	if days := c.Walk(date(t, "2018-02-14"), date(t, "2018-02-13")); days != nil {
		t.Errorf("%d days from a day to the day before", len(days))
	}
	if days := c.Walk(date(t, "0001-01-01"), date(t, "9999-12-31")); len(days) != 36890 {
		t.Errorf("%d days from 2000 to 2100", len(days))
	}
}

func TestVersion(t *testing.T) {
	c := load(t)
	if v := c.Version(); len(v) != 12 || v != load(t).Version() {
		t.Errorf("version is %q, then %q", v, load(t).Version())
	}
	years := c.Years()
	less, err := calendar.New(years[1:], calendar.Festivals{})
	if err != nil {
		t.Fatal(err)
	}
	same, err := calendar.New(
		[]calendar.Year{years[1], years[3], years[2], years[4], years[8], years[7], years[6], years[5]},
		calendar.Festivals{},
	)
	if err != nil {
		t.Fatal(err)
	}
	if less.Version() == c.Version() || less.Version() != same.Version() {
		t.Errorf(
			"versions: all years %s, one less %s, in another order %s",
			c.Version(),
			less.Version(),
			same.Version(),
		)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, years := range map[string][]calendar.Year{
		"none":     nil,
		"twice":    {{Year: 2018}, {Year: 2018}},
		"too soon": {{Year: 2000}},
		"too late": {{Year: 2100}},
	} {
		if c, err := calendar.New(years, calendar.Festivals{}); err == nil || c != nil {
			t.Errorf("%s: calendar %v, error %v", name, c, err)
		}
	}
	if _, err := calendar.New([]calendar.Year{{Year: 2100}}, calendar.Festivals{}); !errors.Is(err, calendar.ErrRange) {
		t.Errorf("error %v", err)
	}
}
