package torture_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
)

// injections is how often each fault is injected; 0: the tests are skipped.
var injections, _ = strconv.Atoi(os.Getenv("QIXIAN_TORTURE")) // what is no number is nought

// results is the table that is printed when all tests are over.
var results table

func TestMain(m *testing.M) {
	if injections <= 0 {
		os.Exit(m.Run())
	}
	code := burst.BuildClocked(m)
	if err := results.publish(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// torture skips the test unless it is asked for, and returns its dice.
func torture(t *testing.T) (*rand.Rand, uint64) {
	t.Helper()
	if injections <= 0 {
		t.Skip("run by make torture")
	}
	seed, err := strconv.ParseUint(os.Getenv("QIXIAN_TORTURE_SEED"), 10, 64)
	if err != nil { // none is given
		seed = rand.Uint64() >> 32
	}
	t.Logf("QIXIAN_TORTURE_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0)), seed
}

// row is one line of the table: a fault on a database, and what became of the burst.
type row struct {
	fault, database string
	injected        int
	account         burst.Account
	took            time.Duration
	seed            uint64
}

type table struct {
	mu   sync.Mutex
	rows []row
}

func (tb *table) add(r row) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.rows = append(tb.rows, r)
}

// publish prints the table, in Markdown, and writes it to the file that the environment names.
func (tb *table) publish() error {
	if len(tb.rows) == 0 {
		return nil
	}
	slices.SortStableFunc(
		tb.rows,
		func(a, b row) int { return cmp.Or(cmp.Compare(b.database, a.database), cmp.Compare(a.fault, b.fault)) },
	)
	lines := [][]string{
		{
			"fault",
			"database",
			"injections",
			"reminders",
			"lost",
			"doubled, same Message-ID",
			"doubled, another",
			"to the office",
			"uncertain",
			"listed",
			"deadlines changed",
			"seconds",
			"seed",
		},
	}
	for _, r := range tb.rows {
		a := r.account
		line := []string{r.fault, r.database}
		for _, n := range []int{r.injected, a.Promised, a.Lost, a.Doubled, a.DoubledOtherID, a.Office, a.Uncertain, a.Listed, a.Moved, int(r.took.Seconds())} {
			line = append(line, strconv.Itoa(n))
		}
		lines = append(lines, append(line, strconv.FormatUint(r.seed, 10)))
	}
	text := markdown(lines)
	fmt.Printf("\n%s\n", text)
	if path := os.Getenv("QIXIAN_TORTURE_TABLE"); path != "" {
		return os.WriteFile(path, []byte(text), 0o644)
	}
	return nil
}

func markdown(lines [][]string) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	for n, line := range lines {
		for i, cell := range line {
			fmt.Fprintf(&b, "| %-*s ", widths[i], cell)
		}
		b.WriteString("|\n")
		if n == 0 {
			for _, w := range widths {
				b.WriteString("|" + strings.Repeat("-", w+2))
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}
