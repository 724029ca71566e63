// Package bench_test measures the program beside what one would use instead, and beside the limits of the machine: make
// bench.
package bench_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
)

// asked is whether the benchmarks are to run; what they are made of is tested in any case.
var asked = os.Getenv("QIXIAN_BENCH") != ""

// tried is whether what is compared is tried with a few mails, so that it works when it is to be measured.
var tried = !asked && os.Getenv("CI") == "true"

func TestMain(m *testing.M) {
	if !asked && !tried {
		os.Exit(m.Run())
	}
	code := burst.Build(m)
	results.print(os.Stdout)
	os.Exit(code)
}

func bench(t *testing.T) {
	t.Helper()
	if !asked {
		t.Skip("run by make bench")
	}
}

// results is the one table.
var results table

// row is a line of the table. Either a ratio is compared with the goal, or a value of ours.
type row struct {
	what, ours, theirs, ratio, goal string
	reached                         bool
}

type table []row

// add adds a line, and says so at once.
func (tb *table) add(r row) {
	*tb = append(*tb, r)
	fmt.Println(r.line())
}

func (r row) line() string {
	reached := "no"
	if r.reached {
		reached = "yes"
	}
	return "| " + strings.Join([]string{r.what, r.ours, r.theirs, r.ratio, r.goal, reached}, " | ") + " |"
}

// print prints the table in Markdown, with the machine below.
func (tb table) print(w io.Writer) {
	if len(tb) == 0 {
		return
	}
	fmt.Fprintln(w, "\n| | ours | theirs | ours / theirs | goal | reached |\n|---|---|---|---|---|---|")
	for _, r := range tb {
		fmt.Fprintln(w, r.line())
	}
	fmt.Fprintf(w, "\n%s, %s\n", time.Now().Format("2 January 2006"), machine())
}

// machine names what it was measured on.
func machine() string {
	first := func(name string, args ...string) string {
		out, err := exec.Command(name, args...).CombinedOutput()
		line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		if err != nil && line == "" {
			return name + " (none)"
		}
		return line
	}
	model := first("sed", "-n", "s/^model name[^:]*: //p", "/proc/cpuinfo")
	return strings.Join([]string{
		fmt.Sprintf("%d cores of %s", runtime.NumCPU(), model),
		"Linux " + first("uname", "-r"),
		runtime.Version(),
		first(
			"prometheus-alertmanager",
			"--version",
		),
		first("mariadbd", "--version"),
		"postfix " + first("postconf", "-h", "mail_version"),
		first("remind", "-h"),
	}, "; ")
}
