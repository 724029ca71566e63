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

// TestMails sends the same mails to the same sink: the daemon, promising them and all, on SQLite; go-mail alone; Alertmanager; smtp-source.
func TestMails(t *testing.T) {
	bench(t)
	s := newSink(t)
	var ours, theirs []run
	runs := contest(t,
		func() float64 {
			r := newPost(t, s.address(), connections, nil).send(t, s, 1, fresh(mails))
			ours = append(ours, r)
			return mails / r.took.Seconds()
		},
		func() float64 { return mails / sendByGoMail(t, s.address(), connections, fresh(mails)).Seconds() },
		func() float64 {
			a := startAlertmanager(t, s.address())
			defer a.stop()
			r := a.send(t, s, mails)
			theirs = append(theirs, r)
			return mails / r.took.Seconds()
		},
		func() float64 { return mails / smtpSource(t, s.address(), connections, mails) })
	daemon, gomail, alerts, source := runs[0], runs[1], runs[2], runs[3]
	per := func(rs []run, of func(run) float64) float64 {
		var xs []float64
		for _, r := range rs[len(rs)-rounds:] {
			xs = append(xs, of(r))
		}
		return median(xs)
	}
	results.add(row{
		"durable mails a second on SQLite, from exec to the last: claim, SMTP, settle", whole(median(daemon)), "go-mail alone " + whole(median(gomail)),
		fmt.Sprintf("%.2f", ratio(daemon, gomail)), "≥ 0.75", ratio(daemon, gomail) >= 0.75,
	})
	both := per(ours, func(r run) float64 { return r.perSecond(mails) })
	results.add(row{
		"the same with promising them", whole(both), "Alertmanager " + whole(median(alerts)), fmt.Sprintf("%.1f", both/median(alerts)), "≥ 5", both >= 5*median(alerts),
	})
	results.add(row{"the same", whole(median(daemon)), "smtp-source, the line " + whole(median(source)), fmt.Sprintf("%.2f", ratio(daemon, source)), "–", true})
	cpu := func(r run) float64 { return float64(r.cpu.Microseconds()) / mails }
	results.add(row{
		"processor time of a mail, µs", whole(per(ours, cpu)), "Alertmanager " + whole(per(theirs, cpu)), fmt.Sprintf("%.2f", per(ours, cpu)/per(theirs, cpu)), "≤ 0.25",
		per(ours, cpu) <= per(theirs, cpu)/4,
	})
	peak := func(r run) float64 { return r.peak }
	results.add(row{
		"peak resident with 5,000 due, MB", whole(per(ours, peak)), "Alertmanager " + whole(per(theirs, peak)), fmt.Sprintf("%.2f", per(ours, peak)/per(theirs, peak)), "≤ 64", per(ours, peak) <= 64,
	})
}

func whole(x float64) string { return fmt.Sprintf("%.0f", x) }

func TestManyMails(t *testing.T) {
	bench(t)
	s := newSink(t)
	const many = 100_000
	r := newPost(t, s.address(), connections, nil).send(t, s, 1, fresh(many))
	results.add(row{
		"peak resident with 100,000 due, MB", whole(r.peak), fmt.Sprintf("%.0f mails a second", many/r.took.Seconds()), "–", "≤ 64", r.peak <= 64,
	})
}

func TestMailsFarAway(t *testing.T) {
	bench(t)
	s := newSink(t)
	away := far(t, s.address(), 5*time.Millisecond)
	const n = 2000
	runs := contest(t,
		func() float64 { return n / newPost(t, away, connections, nil).send(t, s, 1, fresh(n)).took.Seconds() },
		func() float64 { return n / sendByGoMail(t, away, connections, fresh(n)).Seconds() })
	results.add(row{
		"mails a second with round trips of 5 ms, from exec to the last", whole(median(runs[0])), "go-mail alone " + whole(median(runs[1])), fmt.Sprintf("%.2f", ratio(runs[0], runs[1])), "≥ 0.95",
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
		return mails / sendByGoMail(t, s.address(), connections, fresh(mails)).Seconds()
	})
	results.add(row{
		"durable mails a second on MariaDB, one daemon", whole(median(runs[0])), "go-mail alone " + whole(median(runs[3])), fmt.Sprintf("%.2f", ratio(runs[0], runs[3])), "≥ 0.75",
		ratio(runs[0], runs[3]) >= 0.75,
	})
	for i, n := range []int{2, 4} {
		results.add(row{
			fmt.Sprintf("%d daemons on one MariaDB, no mail twice", n), whole(median(runs[i+1])), "one " + whole(median(runs[0])), fmt.Sprintf("%.2f", ratio(runs[i+1], runs[0])), "≥ 1",
			ratio(runs[i+1], runs[0]) >= 1,
		})
	}
}
