package bench_test

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/notify"
)

func TestCommands(t *testing.T) {
	bench(t)
	for _, args := range [][]string{
		{"version"}, {"check"}, {"agenda", "--from", "2018-01-01", "--to", "2018-12-31"}, {"preview", "--from", "2018-09-03", "--to", "2018-09-07"},
	} {
		run := func() float64 {
			cmd := exec.Command(burst.Binary(), args...)
			cmd.Dir = t.TempDir()
			start := time.Now()
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
			return float64(time.Since(start).Microseconds()) / 1000
		}
		run() // the first reads the program from the disk
		took := median(contest(t, run)[0])
		goal, reached := "≤ 50", took <= 50
		if args[0] == "version" {
			goal, reached = "– (the program itself)", true
		}
		results.add(
			row{
				"`" + args[0] + "` on the real table, from exec, ms",
				fmt.Sprintf("%.0f", took),
				"–",
				"–",
				goal,
				reached,
			},
		)
	}
}

// TestStart starts a daemon with much to send and with nothing, and looks at it when it has nothing to do.
func TestStart(t *testing.T) {
	bench(t)
	s := newSink(t)
	full, empty := newPost(t, s.address(), connections, nil), newPost(t, s.address(), connections, nil)
	ms := fresh(100_000)
	full.promise(t, ms)
	ready := func(p *post, ms []notify.Message) func() [2]float64 {
		return func() [2]float64 {
			s.await(0, ids(ms)...)
			start := time.Now()
			d := p.b.Serve(t, "a")
			defer d.Kill()
			for !d.Ready() {
				time.Sleep(200 * time.Microsecond)
				if time.Since(start) > patience {
					t.Fatal("the daemon is not ready")
				}
			}
			took := time.Since(start)
			if len(ms) > 0 {
				s.awaitFirst(t)
			}
			return [2]float64{float64(took.Microseconds()) / 1000, float64(time.Since(start).Microseconds()) / 1000}
		}
	}
	all := contest(t, ready(full, ms), ready(empty, nil))
	isReady := func(x [2]float64) float64 { return x[0] }
	runs := [][]float64{each(all[0], isReady), each(all[1], isReady)}
	firsts := each(all[0], func(x [2]float64) float64 { return x[1] })
	results.add(row{
		"ready with 100,000 pending, ms after exec",
		fmt.Sprintf("%.0f", median(runs[0])),
		fmt.Sprintf("none pending: %.0f", median(runs[1])),
		fmt.Sprintf("%.2f", ratio(runs[0], runs[1])),
		"≤ 50",
		median(runs[0]) <= 50,
	})
	results.add(
		row{
			"the first mail, ms after exec",
			fmt.Sprintf("%.0f", median(firsts)),
			"–",
			"–",
			"≤ 250",
			median(firsts) <= 250,
		},
	)
}

// TestIdle looks at a daemon and at Alertmanager that have nothing to do.
func TestIdle(t *testing.T) {
	bench(t)
	s := newSink(t)
	p := newPost(t, s.address(), connections, nil)
	p.send(t, s, 1, fresh(1))
	d := p.b.Serve(t, "idle")
	a := startAlertmanager(t, s.address())
	const watched = 20 * time.Second
	time.Sleep(5 * time.Second)
	before := processTime(d.PID())
	time.Sleep(watched)
	used := 100 * (processTime(d.PID()) - before).Seconds() / watched.Seconds()
	ours, _ := memory(t, d.PID())
	theirs, _ := memory(t, a.cmd.Process.Pid)
	results.add(row{
		"idle, resident, MB",
		whole(ours),
		"Alertmanager " + whole(theirs),
		fmt.Sprintf("%.2f", ours/theirs),
		"≤ 32",
		ours <= 32,
	})
	results.add(row{"idle, % of a core", fmt.Sprintf("%.2f", used), "–", "–", "≤ 0.1", used <= 0.1})
}
