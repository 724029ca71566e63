package bench_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/notify"
)

const (
	mails       = 5000
	connections = 16
	subject     = "【政务公开】1 项将到期"
)

// text and html are of a size that makes a mail of four kilobytes.
var (
	text = strings.Repeat("环境空气质量状况信息将到期。", 12)
	html = strings.Repeat("<p>环境空气质量状况信息将到期。</p>\n", 34)
)

var batch int

// fresh are messages that have not been sent before.
func fresh(n int) []notify.Message {
	batch++
	return letters(fmt.Sprint(batch), n)
}

// The figures of a run.
func rate(r run) float64     { return mails / r.took.Seconds() }
func rateAll(r run) float64  { return r.perSecond(mails) }
func cpu(r run) float64      { return float64(r.cpu.Microseconds()) / mails }
func resident(r run) float64 { return r.peak }

// TestMails sends the same mails to the same sink: the daemon, promising them and all, on SQLite; go-mail alone;
// Alertmanager; smtp-source.
func TestMails(t *testing.T) {
	bench(t)
	s := newSink(t)
	runs := contest(t,
		func() run { return newPost(t, s.address(), connections, nil).send(t, s, 1, fresh(mails)) },
		func() run { return run{took: sendByGoMail(t, s, s.address(), connections, fresh(mails))} },
		func() run {
			a := startAlertmanager(t, s.address())
			defer a.stop()
			return a.send(t, s, mails)
		},
		func() run { return run{took: smtpSource(t, s.address(), connections, mails)} })
	daemon, gomail, alerts, source := runs[0], runs[1], runs[2], runs[3]
	against := func(what string, ours, theirs []run, of func(run) float64, them, goal string, reached func(ours, ratio float64) bool) {
		x, y := each(ours, of), each(theirs, of)
		r := ratio(x, y)
		results.add(
			row{
				what,
				whole(median(x)),
				them + " " + whole(median(y)),
				fmt.Sprintf("%.2f", r),
				goal,
				reached(median(x), r),
			},
		)
	}
	against(
		"durable mails a second on SQLite, from exec to the last: claim, SMTP, settle",
		daemon,
		gomail,
		rate,
		"go-mail alone",
		"≥ 0.75",
		func(_, r float64) bool { return r >= 0.75 },
	)
	results.add(row{
		"the same with promising them",
		whole(median(each(daemon, rateAll))),
		"Alertmanager " + whole(median(each(alerts, rate))),
		fmt.Sprintf(
			"%.1f",
			ratio(each(daemon, rateAll), each(alerts, rate)),
		),
		"≥ 5",
		ratio(each(daemon, rateAll), each(alerts, rate)) >= 5,
	})
	against(
		"mails a second, without promising them",
		daemon,
		source,
		rate,
		"smtp-source, the line",
		"–",
		func(_, _ float64) bool { return true },
	)
	against(
		"processor time of a mail, µs",
		daemon,
		alerts,
		cpu,
		"Alertmanager",
		"≤ 0.25",
		func(_, r float64) bool { return r <= 0.25 },
	)
	against(
		"peak resident with 5,000 due, MB",
		daemon,
		alerts,
		resident,
		"Alertmanager",
		"≤ 64",
		func(ours, _ float64) bool { return ours <= 64 },
	)
}

func whole(x float64) string { return fmt.Sprintf("%.0f", x) }

func TestManyMails(t *testing.T) {
	bench(t)
	s := newSink(t)
	const many = 100_000
	r := newPost(t, s.address(), connections, nil).send(t, s, 1, fresh(many))
	results.add(row{
		fmt.Sprintf(
			"peak resident with 100,000 due, sent at %.0f a second, MB",
			many/r.took.Seconds(),
		),
		whole(r.peak),
		"–",
		"–",
		"≤ 64",
		r.peak <= 64,
	})
}

func TestMailsFarAway(t *testing.T) {
	bench(t)
	s := newSink(t)
	away := far(t, s.address(), 5*time.Millisecond)
	const n = 2000
	runs := contest(t,
		func() float64 { return n / newPost(t, away, connections, nil).send(t, s, 1, fresh(n)).took.Seconds() },
		func() float64 { return n / sendByGoMail(t, s, away, connections, fresh(n)).Seconds() })
	results.add(row{
		"mails a second with round trips of 5 ms, from exec to the last",
		whole(median(runs[0])),
		"go-mail alone " + whole(median(runs[1])),
		fmt.Sprintf("%.2f", ratio(runs[0], runs[1])),
		"≥ 0.95",
		ratio(runs[0], runs[1]) >= 0.95,
	})
}

// TestFleet shares the mails of one MariaDB among daemons.
func TestFleet(t *testing.T) {
	bench(t)
	s := newSink(t)
	server := burst.StartMariaDB(t)
	several := func(daemons int) func() float64 {
		return func() float64 {
			return mails / newPost(t, s.address(), connections, server).send(t, s, daemons, fresh(mails)).took.Seconds()
		}
	}
	runs := contest(t, several(1), several(2), several(4), func() float64 {
		return mails / sendByGoMail(t, s, s.address(), connections, fresh(mails)).Seconds()
	})
	results.add(row{
		"durable mails a second on MariaDB, one daemon",
		whole(median(runs[0])),
		"go-mail alone " + whole(median(runs[3])),
		fmt.Sprintf("%.2f", ratio(runs[0], runs[3])),
		"≥ 0.75",
		ratio(runs[0], runs[3]) >= 0.75,
	})
	for i, n := range []int{2, 4} {
		results.add(row{
			fmt.Sprintf(
				"%d daemons on one MariaDB, no mail twice",
				n,
			),
			whole(median(runs[i+1])),
			"one " + whole(median(runs[0])),
			fmt.Sprintf("%.2f", ratio(runs[i+1], runs[0])),
			"≥ 1",
			ratio(runs[i+1], runs[0]) >= 1,
		})
	}
}
