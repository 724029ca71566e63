package rules_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// countedBy is what the rules of this test come to, by version of the counting. An entry that was released is never
// changed.
var countedBy = map[int]string{
	2: "66edaabd314a2d23",
	3: "66edaabd314a2d23", // the day on which a clock was stopped counts
}

// TestCountingIsRaised holds that nobody changes how dates are counted without raising Counting: by it installations
// know since when they have counted so, and make nothing late by it.
func TestCountingIsRaised(t *testing.T) {
	years := loadCalendar(t).Years()
	years = years[:slices.IndexFunc(years, func(y calendar.Year) bool { return y.Year == 2026 })+1]
	cal, err := calendar.New(years, calendar.Festivals{})
	if err != nil {
		t.Fatal(err)
	}
	rolls := []calendar.Roll{"", calendar.Preceding, calendar.Following, calendar.None}
	spans := []rules.Span{
		{N: 1, Clock: rules.CalendarDays},
		{N: 30, Clock: rules.CalendarDays},
		{N: 3, Clock: rules.Months},
		{N: 20, Clock: rules.WorkingDays},
	}
	c := &rules.Catalogue{Triggers: map[string]rules.Trigger{"x": {Name: "x"}}}
	add := func(r rules.Rule) {
		for _, roll := range rolls {
			r.ID, r.Roll = fmt.Sprint(len(c.Obligations)), roll
			c.Obligations = append(c.Obligations, &rules.Obligation{ID: r.ID, Rules: []rules.Rule{r}})
		}
	}
	for _, length := range []rules.PeriodLength{rules.Week, rules.Month, rules.Quarter, rules.Half, rules.Year} {
		for _, n := range []int{1, 5, 7, -1, -5} {
			for _, following := range []bool{false, true} {
				add(rules.Rule{Every: length, Due: rules.PeriodDay{Day: n, Following: following}})
				add(rules.Rule{Every: length, Due: rules.PeriodDay{Workday: n, Following: following}})
			}
		}
		for _, s := range spans {
			add(rules.Rule{Every: length, Due: rules.PeriodDay{AfterEnd: s}})
		}
	}
	for month := 1; month <= 12; month++ {
		add(rules.Rule{By: rules.MonthDay{Month: month, Day: 5}})
		add(rules.Rule{Every: rules.Year, Due: rules.PeriodDay{Month: month, Day: 31}})
	}
	for _, s := range spans {
		add(rules.Rule{After: "x", Within: s})
		add(rules.Rule{After: "x", OnShow: s})
		add(rules.Rule{Before: "x", Ahead: s})
		add(rules.Rule{LaterOf: []rules.Rule{{After: "x", Within: s}, {By: rules.MonthDay{Month: 10, Day: 5}}}})
	}
	p := rules.NewPlanner(c, cal, rules.Options{})
	os, err := p.Occurrences(date(t, "2018-09-01"), date(t, "2026-12-28"))
	if err != nil {
		t.Fatal(err)
	}
	for day := date(t, "2018-06-01"); day.Year() < 2027; day = day.AddDays(11) {
		started, err := p.OnEvent(rules.Event{Trigger: "x", At: day.At(10 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		os = append(os, started...)
	}
	h := sha256.New()
	for _, o := range os {
		fmt.Fprintln(h, o.Key, o.Due.Date, o.Due.Earliest)
	}
	got := hex.EncodeToString(h.Sum(nil)[:8])
	if want := countedBy[rules.Counting]; got != want {
		t.Errorf(
			"%d dates come to %s, and by version %d of the counting to %q: raise Counting and add a line",
			len(os),
			got,
			rules.Counting,
			want,
		)
	}
}
