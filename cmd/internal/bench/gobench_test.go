package bench_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// goBench runs Go benchmarks once and returns their metrics, by name and unit.
func goBench(t *testing.T, pkg, pattern, time string) map[string]map[string]float64 {
	t.Helper()
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", pattern, "-benchtime", time, pkg)
	cmd.Env = append(os.Environ(), "QIXIAN_BENCH=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go test -bench %s %s: %v\n%s", pattern, pkg, err, out)
	}
	return metrics(out)
}

// metrics reads what go test -bench prints.
func metrics(out []byte) map[string]map[string]float64 {
	found := map[string]map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name := f[0]
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i]
		}
		values := map[string]float64{}
		for i := 2; i+1 < len(f); i += 2 {
			values[f[i+1]], _ = strconv.ParseFloat(f[i], 64) // go test writes numbers
		}
		found[name] = values
	}
	return found
}

func TestMetrics(t *testing.T) {
	got := metrics(
		[]byte(
			"goos: linux\nBenchmarkTick/deadlines=1000/sqlite-2   \t  4000\t    300000 ns/op\t 12.5 peak-MB\nPASS\n",
		),
	)
	if v := got["BenchmarkTick/deadlines=1000/sqlite"]; v["ns/op"] != 300000 || v["peak-MB"] != 12.5 || len(got) != 1 {
		t.Errorf("read %v", got)
	}
}
