package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// TestEarliestHoldsForEveryForm takes the later notices away, year by year, plans every form of rule without them, and
// holds each date against what the notices made of it: what was certain stayed, and nothing fell due before the
// earliest date that was told.
func TestEarliestHoldsForEveryForm(t *testing.T) {
	truth := loadCalendar(t)
	years := truth.Years()
	forms := loadForms(t)
	for n := -25; n <= 25; n++ {
		for _, length := range []rules.PeriodLength{rules.Week, rules.Month, rules.Quarter, rules.Half, rules.Year} {
			for _, following := range []bool{false, true} {
				if n == 0 || length == rules.Week && (n < -7 || n > 7) {
					continue
				}
				for i, due := range []rules.PeriodDay{{Workday: n, Following: following}, {Day: n, Following: following}} {
					id := fmt.Sprintf("%s.%d.%t.%d", length, n, following, i)
					forms.Obligations = append(
						forms.Obligations,
						&rules.Obligation{ID: id, Rules: []rules.Rule{{ID: id, Every: length, Due: due}}},
					)
				}
			}
		}
	}
	whole := rules.NewPlanner(forms, truth, rules.Options{})
	for k := 1; k < len(years); k++ {
		then, err := calendar.New(years[:k], lawful(t))
		if err != nil {
			t.Fatal(err)
		}
		_, last := then.Coverage()
		from, to := last.AddDays(-60), last.AddDays(366)
		short := rules.NewPlanner(forms, then, rules.Options{})
		os, err := short.Occurrences(from, to)
		if err != nil {
			t.Fatal(err)
		}
		for day := last.AddDays(-40); day.Before(last.AddDays(90)); day = day.AddDays(1) {
			for _, trigger := range []string{"policy-published", "plan-approved", "notice-posted", "case-filed", "meeting-held", "done:rolling", "done:case.publish"} {
				e := rules.Event{Trigger: trigger, At: day.At(10 * time.Hour)}
				started, err := short.OnEvent(e)
				if err != nil {
					t.Fatal(err)
				}
				os = append(os, started...)
			}
		}
		checked := 0
		for _, o := range os {
			var events []rules.Event
			if o.Event != nil {
				events = append(events, *o.Event)
			}
			real, err := whole.Find(o.Key, events)
			if err != nil {
				t.Fatal(err)
			}
			if real.Due.Provisional {
				continue
			}
			checked++
			switch {
			case !o.Due.Provisional && real.Due != o.Due:
				t.Errorf("%s was %s for certain, and became %s", o.Key, o.Due.Date, real.Due.Date)
			case o.Due.Earliest.After(real.Due.Date) || o.Due.Earliest.After(o.Due.Date):
				t.Errorf(
					"%s was %s, %s at the earliest, and became %s",
					o.Key,
					o.Due.Date,
					o.Due.Earliest,
					real.Due.Date,
				)
			}
		}
		if checked < 1000 {
			t.Errorf("without the notice for %d only %d dates were checked", 2018+k, checked)
		}
	}
}

// lawful returns the festivals of 2018 to 2026 by the law of today.
func lawful(t *testing.T) calendar.Festivals {
	t.Helper()
	f := calendar.Festivals{Basis: "全国年节及纪念日放假办法", Since: date(t, "2018-01-01")}
	for _, day := range []string{"01-01", "05-01", "05-02", "10-01", "10-02", "10-03"} {
		f.Fixed = append(f.Fixed, calendar.Festival{Name: day, Day: date(t, "2000-"+day)})
	}
	for day := range strings.FieldsSeq(`
		2018-02-15 2018-04-05 2018-06-18 2018-09-24 2019-02-04 2019-04-05 2019-06-07 2019-09-13 2020-01-24 2020-04-04 2020-06-25 2020-10-01
		2021-02-11 2021-04-04 2021-06-14 2021-09-21 2022-01-31 2022-04-05 2022-06-03 2022-09-10 2023-01-21 2023-04-05 2023-06-22 2023-09-29
		2024-02-09 2024-04-04 2024-06-10 2024-09-17 2025-01-28 2025-04-04 2025-05-31 2025-10-06 2026-02-16 2026-04-05 2026-06-19 2026-09-25`) {
		d := date(t, day)
		f.Moved = append(f.Moved, calendar.Festival{Name: day, Day: d})
		for n := 1; d.Month() < 3 && n < 4; n++ { // 春节 has four days
			f.Moved = append(f.Moved, calendar.Festival{Name: day, Day: d.AddDays(n)})
		}
	}
	return f
}
