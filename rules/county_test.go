package rules_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rickar/cal/v2"

	"qixian/rules"
	"qixian/rules/calendar"
)

// A county of a plain kind: sixty obligations, each with a deadline for every one of its units.
const (
	countyUnits   = 31
	countyMonthly = 30
	countyQuarter = 10
	countyYearly  = 20

	// counties is how many divisions of China are counties, or what is the same: districts, banners, county-level
	// cities.
	counties = 2843
)

// newCounty makes the catalogue of the n-th county; no two have a unit in common.
func newCounty(n int) *rules.Catalogue {
	c := &rules.Catalogue{Units: make(map[string]*rules.Unit, countyUnits)}
	units := make([]string, countyUnits)
	for i := range units {
		units[i] = fmt.Sprintf("第%d县第%d单位", n, i)
		c.Units[units[i]] = &rules.Unit{Name: units[i]}
	}
	add := func(form string, n int, rule func(i int) rules.Rule) {
		for i := range n {
			r := rule(i)
			r.ID = fmt.Sprintf("%s-%d", form, i)
			c.Obligations = append(c.Obligations, &rules.Obligation{
				ID:          r.ID,
				Texts:       rules.Texts{Title: "公开事项"},
				Kind:        rules.Periodic,
				Per:         rules.PerUnit,
				Rules:       []rules.Rule{r},
				Lead:        units[:1],
				Responsible: units[1:],
			})
		}
	}
	add("monthly", countyMonthly, func(int) rules.Rule { return rules.Rule{Every: rules.Month} })
	add("quarterly", countyQuarter, func(int) rules.Rule { return rules.Rule{Every: rules.Quarter} })
	add(
		"yearly",
		countyYearly,
		func(i int) rules.Rule { return rules.Rule{By: rules.MonthDay{Month: i%11 + 2, Day: 28}} },
	)
	return c
}

// amount is how much a plan holds, each unit's share counted, with a sum of its dates by which two plans can be told
// apart.
type amount struct{ occurrences, reminders, sum int }

func (a *amount) occurrence(due calendar.Date) {
	a.occurrences, a.sum = a.occurrences+1, a.sum+due.Sub(calendar.Date{})
}

func (a *amount) reminder(at time.Time) { a.reminders, a.sum = a.reminders+1, a.sum+int(at.Unix()) }

// planCounty plans a year of a county, each unit's deadlines and reminders one by one.
func planCounty(tb testing.TB, c *rules.Catalogue, days *calendar.Calendar, from, to calendar.Date) amount {
	var a amount
	err := rules.NewPlanner(c, days, rules.Options{}).Each(from, to, func(o *rules.Occurrence) {
		for range len(o.Lead) + len(o.Responsible) {
			a.occurrence(o.Due.Date)
		}
		for _, r := range o.Reminders {
			for range r.Units {
				a.reminder(r.At)
			}
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// plain is a deadline as a program would list it that has cal, a table of the days and an evening.
type plain struct {
	key, unit string
	due       time.Time
	reminders []time.Time
}

// expandCounty plans the same year without a plan: for every rule, unit and period it asks cal, and keeps the answer.
func expandCounty(c *rules.Catalogue, b *cal.BusinessCalendar, year int) amount {
	var out []plain
	for _, o := range c.Obligations {
		r := o.Rules[0]
		stages := r.EffectiveStages()
		for _, unit := range slices.Concat(o.Lead, o.Responsible) {
			for _, end := range periodEnds(r, year) {
				d := plain{key: fmt.Sprintf("%s@%s", r.ID, end.Format(time.DateOnly)), unit: unit, due: end}
				for !b.IsWorkday(d.due) {
					d.due = d.due.AddDate(0, 0, -1)
				}
				for _, s := range stages {
					at := d.due
					if s.Lead.N > 0 {
						at = b.WorkdaysFrom(at, -s.Lead.N)
					}
					d.reminders = append(d.reminders, at.Add(9*time.Hour))
				}
				out = append(out, d)
			}
		}
	}
	var a amount
	for _, d := range out {
		a.occurrence(calendar.DateOf(d.due))
		for _, at := range d.reminders {
			a.reminder(at)
		}
	}
	return a
}

// periodEnds returns the midnights that begin the days on which a county's rule would fall due, were every day worked.
func periodEnds(r rules.Rule, year int) []time.Time {
	if r.By.Month > 0 {
		return []time.Time{time.Date(year, time.Month(r.By.Month), r.By.Day, 0, 0, 0, 0, calendar.Zone())}
	}
	months := 1
	if r.Every == rules.Quarter {
		months = 3
	}
	var ends []time.Time
	for m := months; m <= 12; m += months {
		ends = append(ends, time.Date(year, time.Month(m+1), 0, 0, 0, 0, 0, calendar.Zone()))
	}
	return ends
}

// dayTable returns cal's calendar over a map of the days of a few years, as its users write it.
func dayTable(days *calendar.Calendar) *cal.BusinessCalendar {
	worked := map[string]bool{}
	for _, d := range days.Walk(calendar.NewDate(2017, time.October, 1), calendar.NewDate(2019, time.December, 31)) {
		worked[d.Date.String()] = d.Working
	}
	b := cal.NewBusinessCalendar()
	b.WorkdayFunc = func(t time.Time) bool { return worked[t.Format(time.DateOnly)] }
	return b
}

// A plan of a county holds what its naive expansion holds, on the same dates.
func TestCountyAsExpanded(t *testing.T) {
	days := loadCalendar(t)
	c := newCounty(7)
	from, to := date(t, "2018-03-01"), date(t, "2019-02-28")
	got := planCounty(t, c, days, date(t, "2019-01-01"), date(t, "2019-12-31"))
	want := expandCounty(c, dayTable(days), 2019)
	if got != want || got.occurrences != 13020 || got.reminders != 42780 {
		t.Errorf("a year holds %+v, its expansion %+v", got, want)
	}
	p := rules.NewPlanner(c, days, rules.Options{})
	var each []rules.Occurrence
	if err := p.Each(from, to, func(o *rules.Occurrence) {
		kept := *o
		kept.Reminders = slices.Clone(o.Reminders)
		each = append(each, kept)
	}); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(each, func(a, b rules.Occurrence) int {
		if n := a.Due.Date.Compare(b.Due.Date); n != 0 {
			return n
		}
		return strings.Compare(a.Key, b.Key)
	})
	all, err := p.Occurrences(from, to)
	if err != nil {
		t.Fatal(err)
	}
	if len(each) != 420 || !cmp.Equal(keysAndTimes(each), keysAndTimes(all)) {
		t.Errorf("one by one there are %d occurrences, and other ones than the %d at once", len(each), len(all))
	}
}

func keysAndTimes(os []rules.Occurrence) []string {
	var out []string
	for _, o := range os {
		out = append(out, o.Key+" "+o.Period+" "+o.Due.Date.String()+" "+strings.Join(marks(o.Reminders), ", "))
	}
	return out
}

// A county's year, from its catalogue to its last reminder: planned, and expanded naively.
func BenchmarkCountyYear(b *testing.B) {
	days := loadCalendar(b)
	c := newCounty(0)
	from, to := date(b, "2019-01-01"), date(b, "2019-12-31")
	b.Run("plan", func(b *testing.B) {
		report(b, func() amount { return planCounty(b, c, days, from, to) })
	})
	table := dayTable(days)
	b.Run("naive", func(b *testing.B) {
		report(b, func() amount { return expandCounty(c, table, 2019) })
	})
}

// The years of many counties, one after another on one core, catalogues and all. peak-MB is the most that the process
// has held resident.
func BenchmarkCounties(b *testing.B) {
	days := loadCalendar(b)
	from, to := date(b, "2019-01-01"), date(b, "2019-12-31")
	for _, n := range []int{1, 10, 100, 1000, counties} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			forgetPeak(b)
			report(b, func() amount {
				var sum amount
				for i := range n {
					a := planCounty(b, newCounty(i), days, from, to)
					sum.occurrences, sum.reminders = sum.occurrences+a.occurrences, sum.reminders+a.reminders
				}
				return sum
			})
			b.ReportMetric(peak(b), "peak-MB")
		})
	}
}

// report runs what is measured, and tells how much came of it, and how much of a core it took: on a machine with other
// work the time alone says little.
func report(b *testing.B, f func() amount) {
	b.Helper()
	b.ReportAllocs()
	var a amount
	before := cpuTime(b)
	for b.Loop() {
		a = f()
	}
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(b.N)/1e6, "cpu-ms/op")
	b.ReportMetric(float64(a.occurrences), "occurrences/op")
	b.ReportMetric(float64(a.reminders), "reminders/op")
}

// cpuTime returns what the process has taken of all cores.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// forgetPeak has the kernel count the peak of resident memory anew (proc(5), clear_refs).
func forgetPeak(b *testing.B) {
	b.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Fatal(err)
	}
}

// peak returns the peak of resident memory, VmHWM, in MB.
func peak(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	var kB float64
	if _, err := fmt.Sscanf(string(rest), "%f kB", &kB); err != nil {
		b.Fatalf("read VmHWM: %v", err)
	}
	return kB / 1024
}
