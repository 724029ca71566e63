package bench_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	rounds  = 5
	again   = 3    // disturbed rounds are repeated at most so often for each comparison
	tooMuch = 0.15 // of the machine, by others: the round is disturbed
)

// contest lets contenders do their work in turn, five times, and returns what each has measured in each round. A round
// in which others have used more than a little of the machine is repeated, as often as is sensible.
func contest[T any](t *testing.T, contenders ...func() T) [][]T {
	t.Helper()
	results := make([][]T, len(contenders))
	for round, disturbed := 0, 0; round < rounds; {
		l := startLoad()
		now := make([]T, len(contenders))
		for i, c := range contenders {
			now[i] = c()
		}
		if others := l.others(); others > tooMuch && disturbed < again {
			disturbed++
			t.Logf("others used %.0f %% of the machine: once more", 100*others)
			continue
		}
		for i := range now {
			results[i] = append(results[i], now[i])
		}
		round++
	}
	return results
}

// each takes one figure of what was measured in each round.
func each[T any](runs []T, of func(T) float64) []float64 {
	xs := make([]float64, len(runs))
	for i, r := range runs {
		xs[i] = of(r)
	}
	return xs
}

// ratio is the median of the rounds' own ratios.
func ratio(ours, theirs []float64) float64 {
	xs := make([]float64, len(ours))
	for i := range ours {
		xs[i] = ours[i] / theirs[i]
	}
	return median(xs)
}

func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	if n := len(xs); n%2 == 0 {
		return (xs[n/2-1] + xs[n/2]) / 2
	}
	return xs[len(xs)/2]
}

func TestMedian(t *testing.T) {
	for want, xs := range map[float64][]float64{3: {5, 1, 3}, 2.5: {4, 1, 2, 3}, 7: {7}} {
		if got := median(xs); got != want {
			t.Errorf("the median of %v is %v, want %v", xs, got, want)
		}
	}
	if got := ratio([]float64{1, 30, 4}, []float64{2, 10, 4}); got != 1 {
		t.Errorf("the ratio is %v, want the median of the rounds' own", got)
	}
}

// load tells what of the machine others than this process and its children use.
type load struct{ busy, all, own time.Duration }

func startLoad() load { return readLoad() }

// others is the part of the machine that others have used since.
func (l load) others() float64 { return l.until(readLoad()) }

func (l load) until(now load) float64 {
	if now.all <= l.all {
		return 0
	}
	return float64(now.busy-l.busy-(now.own-l.own)) / float64(now.all-l.all)
}

// tick is the unit of /proc/stat (proc(5): USER_HZ).
const tick = time.Second / 100

func readLoad() load {
	l := load{own: ownTime()}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return l
	}
	first, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(first)[1:] {
		n, _ := strconv.Atoi(field) // the kernel writes numbers
		if i >= 8 {
			break // guests are counted as users already
		}
		l.all += time.Duration(n) * tick
		if i != 3 && i != 4 { // idle, or waiting for a disk
			l.busy += time.Duration(n) * tick
		}
	}
	return l
}

// ownTime is the processor time of this process and its descendants, those that have ended too.
func ownTime() time.Duration {
	var total time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err == nil {
			total += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	for _, pid := range descendants() {
		total += processTime(pid)
	}
	return total
}

// descendants are the processes that this one has started, and those that these have.
func descendants() []int {
	parents := map[int]int{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	for _, path := range paths {
		if f := statFields(path); len(f) > 1 {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			parents[pid], _ = strconv.Atoi(f[1])
		}
	}
	var ours []int
	for pid := range parents {
		for up := parents[pid]; up > 1; up = parents[up] {
			if up == os.Getpid() {
				ours = append(ours, pid)
				break
			}
		}
	}
	return ours
}

// statFields are those of a process's stat after its name: its state, its parent, and so on (proc(5)).
func statFields(path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil // it has ended
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

// processTime is the processor time of a process and of its children that have ended.
func processTime(pid int) time.Duration {
	f := statFields(fmt.Sprintf("/proc/%d/stat", pid))
	var total time.Duration
	for i := 11; i < 15 && i < len(f); i++ { // utime, stime, cutime, cstime
		n, _ := strconv.Atoi(f[i])
		total += time.Duration(n) * tick
	}
	return total
}

// memory returns the resident memory of a process in megabytes: now, and at its peak.
func memory(t testing.TB, pid int) (now, peak float64) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		switch f[0] {
		case "VmRSS:":
			now, _ = strconv.ParseFloat(f[1], 64)
		case "VmHWM:":
			peak, _ = strconv.ParseFloat(f[1], 64)
		}
	}
	return now / 1024, peak / 1024
}

// TestLoad keeps the machine busy by ourselves, which counts as no load, and by nobody.
func TestLoad(t *testing.T) {
	l := startLoad()
	now := readLoad()
	for now.own-l.own < 100*time.Millisecond && t.Context().Err() == nil {
		runtime.Gosched()
		now = readLoad()
	}
	if all := now.all - l.all; all < 100*time.Millisecond {
		t.Errorf("the machine had %v, less than we have used", all)
	}
}

// TestOthers holds that what others use of the machine is what is busy and not ours.
func TestOthers(t *testing.T) {
	l := load{busy: 10 * time.Second, all: 100 * time.Second, own: 5 * time.Second}
	for want, now := range map[float64]load{
		0:    {busy: 18 * time.Second, all: 120 * time.Second, own: 13 * time.Second},
		0.25: {busy: 20 * time.Second, all: 120 * time.Second, own: 10 * time.Second},
		0.5:  {busy: 20 * time.Second, all: 120 * time.Second, own: 5 * time.Second},
	} {
		if got := l.until(now); got != want {
			t.Errorf("others have used %v, want %v", got, want)
		}
	}
	if got := l.until(l); got != 0 {
		t.Errorf("in no time others have used %v", got)
	}
}
