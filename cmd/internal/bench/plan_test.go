package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestArithmetic(t *testing.T) {
	bench(t)
	var last map[string]map[string]float64
	runs := contest(t,
		func() float64 {
			last = goBench(t, "qixian/rules/calendar", "^(BenchmarkAdd|BenchmarkCount)$", "200ms")
			return last["BenchmarkAdd"]["ns/op"]
		},
		func() float64 {
			return goBench(t, "qixian/rules/calendar", "^BenchmarkCal$", "200ms")["BenchmarkCal"]["ns/op"]
		})
	ours := median(runs[0])
	results.add(row{
		"20 working days from a day, ns",
		fmt.Sprintf("%.1f", ours),
		fmt.Sprintf("cal/v2 %.0f", median(runs[1])),
		fmt.Sprintf("%.4f", ratio(runs[0], runs[1])),
		"≤ 10, no allocation",
		ours <= 10 && last["BenchmarkAdd"]["B/op"] == 0,
	})
}

func TestCountyYear(t *testing.T) {
	bench(t)
	path := filepath.Join(t.TempDir(), "county.rem")
	writeRemind(t, path)
	runs := contest(t,
		func() [2]float64 {
			m := goBench(t, "qixian/rules", "^BenchmarkCountyYear$", "20x")
			return [2]float64{
				m["BenchmarkCountyYear/plan"]["ns/op"] / 1e6,
				m["BenchmarkCountyYear/naive"]["ns/op"] / 1e6,
			}
		},
		func() [2]float64 {
			start := time.Now()
			if out, err := exec.Command("remind", "-s12", path, "2019-01-01").CombinedOutput(); err != nil {
				t.Fatalf("remind: %v\n%s", err, out)
			}
			return [2]float64{float64(time.Since(start).Microseconds()) / 1000}
		})
	first, second := func(x [2]float64) float64 { return x[0] }, func(x [2]float64) float64 { return x[1] }
	plan, naive, remind := each(runs[0], first), each(runs[0], second), each(runs[1], first)
	results.add(row{
		"plan a county-year (13,000 occurrences), ms",
		fmt.Sprintf("%.2f", median(plan)),
		fmt.Sprintf("naive expansion %.0f", median(naive)),
		fmt.Sprintf("%.4f", ratio(plan, naive)),
		"≤ 1",
		median(plan) <= 1,
	})
	results.add(row{
		"the same",
		fmt.Sprintf("%.2f", median(plan)),
		fmt.Sprintf("remind, as many occurrences %.0f", median(remind)),
		fmt.Sprintf("%.4f", ratio(plan, remind)),
		"–",
		true,
	})
}

// writeRemind writes rules that fall due as often as a county's, on the last working day of each month, as remind has
// them.
func writeRemind(t *testing.T, path string) {
	t.Helper()
	var b strings.Builder
	for rule := range 35 {
		for unit := range 31 {
			fmt.Fprintf(&b, "REM 1 -1 OMIT SAT SUN MSG rule %d of unit %d\n", rule, unit)
		}
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCounties(t *testing.T) {
	bench(t)
	m := goBench(t, "qixian/rules", "^BenchmarkCounties$", "1x")
	for _, n := range []int{1, 10, 100, 1000, 2843} {
		v := m["BenchmarkCounties/"+strconv.Itoa(n)]
		growth.counties = append(growth.counties, point{float64(n), v["ns/op"] / 1e6})
		growth.memory = append(growth.memory, point{float64(n), v["peak-MB"]})
	}
	v := m["BenchmarkCounties/2843"]
	results.add(row{
		"plan 2,843 counties on one core, s", fmt.Sprintf("%.2f", v["ns/op"]/1e9), "–", "–", "≤ 4", v["ns/op"] <= 4e9,
	})
	results.add(
		row{"the same, peak resident, MB", fmt.Sprintf("%.0f", v["peak-MB"]), "–", "–", "≤ 128", v["peak-MB"] <= 128},
	)
}

func TestTick(t *testing.T) {
	bench(t)
	m := goBench(t, "qixian/scheduler/store", "^BenchmarkTick$/./^sqlite$", "20x")
	for _, n := range []int{1000, 10_000, 100_000, 1_000_000} {
		growth.ticks = append(
			growth.ticks,
			point{float64(n), m[fmt.Sprintf("BenchmarkTick/deadlines=%d/sqlite", n)]["ns/op"] / 1e6},
		)
	}
	few, many := growth.ticks[0].y, growth.ticks[3].y
	results.add(row{
		"a tick with nothing due, 1,000,000 open deadlines, ms",
		fmt.Sprintf("%.2f", many),
		fmt.Sprintf("1,000 open: %.2f", few),
		fmt.Sprintf("%.2f", many/few),
		"≤ 5",
		many <= 5,
	})
	due := goBench(t, "qixian/scheduler/store", "^BenchmarkDue$", "3x")
	per := func(open, k int) float64 {
		return due[fmt.Sprintf("BenchmarkDue/open=%d/due=%d/sqlite", open, k)]["ns/op"] / 1e3 / float64(k)
	}
	for _, n := range []int{1000, 10_000, 100_000, 1_000_000} {
		growth.due = append(growth.due, point{float64(n), per(n, 1000)})
	}
	results.add(row{
		"promise what is due, µs for each of 1,000 due, 1,000,000 open",
		fmt.Sprintf("%.0f", per(1_000_000, 1000)),
		fmt.Sprintf("1,000 open: %.0f; 100 due: %.0f", per(1000, 1000), per(1_000_000, 100)),
		fmt.Sprintf(
			"%.2f",
			per(1_000_000, 1000)/per(1000, 1000),
		),
		"grows with what is due, not with what is open (≤ 1.5)",
		per(1_000_000, 1000) <= 1.5*per(1000, 1000),
	})
}

// TestOffice has 200 clients read the office's page over 100,000 open deadlines.
func TestOffice(t *testing.T) {
	bench(t)
	v := goBench(t, "qixian/scheduler/web", "^BenchmarkOffice$", "3x")["BenchmarkOffice"]
	results.add(row{
		"the office's page, 200 clients, 100,000 open deadlines, p99 ms",
		fmt.Sprintf("%.0f", v["p99-ms"]),
		fmt.Sprintf(
			"median %.0f; 2,000 pages, the database asked %.0f time(s), 8 statements each",
			v["median-ms"],
			v["status/op"],
		),
		"–",
		"–",
		true,
	})
}

// TestFlood has a visitor read a unit's page while others take what places they can.
func TestFlood(t *testing.T) {
	bench(t)
	v := goBench(t, "qixian/scheduler/web", "^BenchmarkFlood$", "1x")["BenchmarkFlood"]
	results.add(row{
		fmt.Sprintf(
			"a unit's page while 200 forms are sent slowly and %.0f sign-ins a second come, median ms",
			v["sign-ins/s"],
		),
		fmt.Sprintf("%.1f", v["flooded-ms"]),
		fmt.Sprintf("quiet %.1f", v["quiet-ms"]),
		fmt.Sprintf("%.2f", v["times"]),
		"≤ 2",
		v["times"] <= 2,
	})
}
