package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/seeds"
)

func newTable(t testing.TB) *rules.Planner {
	t.Helper()
	c, err := rules.Load(rules.Layer{Name: "seeds", FS: seeds.Catalogue()})
	if err != nil {
		t.Fatalf("load the embedded catalogue:\n%v", err)
	}
	return rules.NewPlanner(c, loadCalendar(t), rules.Options{})
}

// What the county office would check first in the plan of 2018.
func TestTableOf2018(t *testing.T) {
	p := newTable(t)
	for rule, want := range map[string][]string{
		"air-quality": {
			"2018-01 2018-01-31", "2018-02 2018-02-28", "2018-03 2018-03-30", "2018-04 2018-04-28", "2018-05 2018-05-31",
			"2018-06 2018-06-29", "2018-07 2018-07-31", "2018-08 2018-08-31", "2018-09 2018-09-30", "2018-10 2018-10-31",
			"2018-11 2018-11-30", "2018-12 2018-12-29",
		},
		"enrolment-plan":        {"2018 2018-07-31"},
		"catalogue-compilation": {"2018 2018-12-29"},
		"ipv6-upgrade":          {"2018 2018-12-29"},
		"regulation-anniversary": {
			"2018 2018-12-29",
		},
	} {
		if diff := cmp.Diff(want, dates(between(t, p, rule, "2018-01-01", "2018-12-31"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rule, diff)
		}
	}
	quarters := map[string]int{}
	for _, o := range between(t, p, "", "2018-01-01", "2018-12-31") {
		if o.Rule.Every == rules.Quarter {
			quarters[o.Rule.ID]++
		}
	}
	for rule, n := range quarters {
		if n != 4 {
			t.Errorf("%s has %d dates, want 4", rule, n)
		}
	}
	want := []string{"policy-interpretation 2018-02-24"}
	if diff := cmp.Diff(
		want,
		opened(t, p, rules.Event{Trigger: "policy-published", At: moment(t, "2018-02-14T10:00")}),
	); diff != "" {
		t.Errorf("a policy of 14 February (-want +got):\n%s", diff)
	}
}

// The nine years that the notices cover: of every rule that the calendar drives, in the table and in the catalogue of
// forms, every reminder lies where a reminder may lie, and every key is one occurrence's.
func TestNineYears(t *testing.T) {
	cal := loadCalendar(t)
	for name, p := range map[string]*rules.Planner{"table": newTable(t), "forms": newForms(t, rules.Options{})} {
		t.Run(name, func(t *testing.T) {
			all := between(t, p, "", "2018-01-01", "2026-12-28")
			keys := map[string]bool{}
			for _, o := range all {
				if keys[o.Key] {
					t.Errorf("%s stands twice", o.Key)
				}
				keys[o.Key] = true
				checkReminders(t, cal, o)
			}
		})
	}
}

// checkReminders holds what is true of every reminder of a date rule.
func checkReminders(t *testing.T, cal *calendar.Calendar, o rules.Occurrence) {
	t.Helper()
	if len(o.Reminders) == 0 || len(o.Lead) == 0 {
		t.Errorf("%s: %d reminders to %v", o.Key, len(o.Reminders), o.Lead)
	}
	if o.Due.Provisional || o.Due.Earliest != o.Due.Date || o.Opens.After(o.Due.Date) {
		t.Errorf("%s: opens %s, due %+v", o.Key, o.Opens, o.Due)
	}
	if !cal.IsWorkday(o.Due.Date) {
		t.Errorf("%s is due on %s, a day off", o.Key, o.Due.Date)
	}
	var last time.Time
	for _, r := range o.Reminders {
		d := calendar.DateOf(r.At)
		switch {
		case !r.At.Equal(d.At(9*time.Hour)) || !cal.IsWorkday(d) && cal.Known(d):
			t.Errorf("%s: stage %s fires at %s", o.Key, r.Stage, r.At)
		case d.After(o.Due.Date):
			t.Errorf("%s: stage %s fires at %s, after due %s", o.Key, r.Stage, r.At, o.Due.Date)
		case !r.At.After(last):
			t.Errorf("%s: stage %s fires at %s, not after the one before", o.Key, r.Stage, r.At)
		case !r.At.After(o.Opens.At(0)):
			t.Errorf("%s: stage %s fires at %s, before the clock starts on %s", o.Key, r.Stage, r.At, o.Opens)
		case r.Immediate:
			t.Errorf("%s: stage %s breaks in", o.Key, r.Stage)
		}
		last = r.At
	}
	if s := o.Reminders[len(o.Reminders)-1]; s.Stage != rules.OnDue || calendar.DateOf(s.At) != o.Due.Date {
		t.Errorf("%s: the last reminder is %s at %s", o.Key, s.Stage, s.At)
	}
}

// Wherever a stretch of days is cut, its parts hold what the whole holds.
func TestPartsAreTheWhole(t *testing.T) {
	p := newForms(t, rules.Options{})
	from, to := date(t, "2018-01-01"), date(t, "2020-12-31")
	list := func(from, to calendar.Date) []string {
		os, err := p.Occurrences(from, to)
		if err != nil {
			t.Fatal(err)
		}
		keys := make([]string, len(os))
		for i, o := range os {
			keys[i] = o.Due.Date.String() + " " + o.Key
		}
		return keys
	}
	whole := list(from, to)
	for cut := from; cut.Before(to); cut = cut.AddDays(17) {
		parts := slices.Concat(list(from, cut), list(cut.AddDays(1), to))
		if diff := cmp.Diff(whole, parts); diff != "" {
			t.Fatalf("cut after %s (-whole +parts):\n%s", cut, diff)
		}
	}
	if !slices.IsSorted(whole) {
		t.Error("occurrences are not in the order of due date and key")
	}
}

// Every event of every trigger, on every day of two years, is reminded of within its time.
func TestEventsOnAnyDay(t *testing.T) {
	cal, p, c := loadCalendar(t), newForms(t, rules.Options{}), loadForms(t)
	for trigger := range c.Triggers {
		for day := date(t, "2018-01-08"); day.Before(date(t, "2020-01-01")); day = day.AddDays(1) {
			e := rules.Event{Trigger: trigger, At: day.At(time.Duration(day.Day()) * 47 * time.Minute)}
			os, err := p.OnEvent(e)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range os {
				checkEventReminders(t, cal, o)
			}
		}
	}
}

func checkEventReminders(t *testing.T, cal *calendar.Calendar, o rules.Occurrence) {
	t.Helper()
	end := o.Due.Date.At(24 * time.Hour)
	if !o.Due.Instant.IsZero() {
		end = o.Due.Instant
	}
	var last time.Time
	for _, r := range o.Reminders {
		d := calendar.DateOf(r.At)
		if r.Immediate == o.Due.Instant.IsZero() ||
			!r.Immediate && (!cal.IsWorkday(d) || !r.At.Equal(d.At(9*time.Hour))) {
			t.Errorf("%s of %s: stage %s fires at %s", o.Key, o.Event.At, r.Stage, r.At)
		}
		if !r.At.After(last) || r.At.After(end) || o.Obligation.Kind != rules.BeforeEvent && r.At.Before(o.Event.At) {
			t.Errorf(
				"%s of %s, due %s: stage %s fires at %s, after %s",
				o.Key,
				o.Event.At,
				o.Due.Chinese(),
				r.Stage,
				r.At,
				last,
			)
		}
		last = r.At
	}
	if len(o.Reminders) == 0 {
		t.Errorf("%s of %s: nobody is told", o.Key, o.Event.At)
	}
}

func BenchmarkTableYear(b *testing.B) {
	p := newTable(b)
	from, to := date(b, "2018-01-01"), date(b, "2018-12-31")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Occurrences(from, to); err != nil {
			b.Fatal(err)
		}
	}
}
