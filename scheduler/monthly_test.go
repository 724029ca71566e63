package scheduler_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/scheduler"
	"qixian/scheduler/report"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// reporting are options of an office that wants reports.
func reporting(p *scheduler.Plan, st scheduler.Store) scheduler.Options {
	o := options(p, st)
	o.Reports = scheduler.Reports{Writer: report.Writer{}, Monthly: true, Yearly: true}
	return o
}

// reports are the subjects of reports, with when they were promised.
func reports(ls []scheduler.Letter) []string {
	rs := []string{}
	for _, l := range ls {
		if l.Kind == notify.PeriodReport {
			rs = append(rs, l.At.Format("2006-01-02 15:04 ")+l.Message.Key+" "+l.Subject)
		}
	}
	return rs
}

// TestMonthly sends each month's report once, on the first working day of the next from the digest hour on, or the next
// one if the daemon was away; in January the year's too; none of a time before the first start. A preview shows the
// same days.
func TestMonthly(t *testing.T) {
	p := small(t, 2019, contacts{})
	r := newRigOf(t, reporting(p, storetest.Open(t, store.SQLite)))
	r.through("2018-09-12", "2018-10-15", "08:59", "09:00", "09:01")
	r.complete("2018-10-31 10:00", "air@2018-10", "县环保局")
	r.through("2018-11-05", "2018-11-06", "10:30", "15:00") // away since the middle of October
	r.complete("2018-12-03 10:00", "air@2018-11", "县环保局")
	r.through("2018-12-03", "2018-12-04", "09:00")
	r.through("2019-01-01", "2019-01-04", "09:00", "09:01")
	got := reports(r.letters)
	diff(t, "reports", got, []string{
		"2018-10-08 09:00 report/2018-09 【月度通报】2018年9月纳入统计1项，按期办结0项，逾期未办结1项（10月8日）",
		"2018-11-05 10:30 report/2018-10 【月度通报】2018年10月纳入统计1项，按期办结1项（11月5日）",
		"2018-12-03 09:00 report/2018-11 【月度通报】2018年11月纳入统计1项，按期办结0项，逾期办结1项（12月3日）",
		"2019-01-02 09:00 report/2018-12 【月度通报】2018年12月纳入统计3项，按期办结0项，逾期未办结3项（1月2日）",
		"2019-01-02 09:00 report/2018 【年度通报】2018年纳入统计6项，按期办结1项，逾期办结1项，逾期未办结4项（1月2日）",
	})
	var first notify.Message
	for _, l := range r.letters {
		if l.Message.Key == "report/2018-09" {
			first = l.Message
		}
	}
	if len(first.Attachments) != 3 || first.Attachments[1].Name != "report-2018-09.xlsx" {
		t.Errorf("there are %d attachments", len(first.Attachments))
	}
	for _, want := range []string{"本系统自2018年9月12日（星期三）启用", "■ 逾期未办结\n- 县环保局：环境空气质量状况（2018年9月），9月30日到期，已逾期1个工作日（短号 ", "report-2018-09.html"} {
		if !strings.Contains(first.Text, want) {
			t.Errorf("want %q in\n%s", want, first.Text)
		}
	}
	if !strings.Contains(string(first.Attachments[0].Content), "仍有1项逾期未办结，涉及县环保局。") {
		t.Error("the page does not say what is overdue")
	}

	letters, err := scheduler.Preview(
		reporting(p, nil),
		date(t, "2018-10-20"),
		date(t, "2019-01-10"),
		nil,
		scheduler.NoneAnswered,
	)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "preview", reports(letters), []string{
		"2018-11-01 09:00 report/2018-10 【月度通报】2018年10月纳入统计1项，按期办结0项，逾期未办结1项（11月1日）",
		"2018-12-03 09:00 report/2018-11 【月度通报】2018年11月纳入统计1项，按期办结0项，逾期未办结1项（12月3日）",
		"2019-01-02 09:00 report/2018 【年度通报】2018年纳入统计5项，按期办结0项，逾期未办结5项（1月2日）",
		"2019-01-02 09:00 report/2018-12 【月度通报】2018年12月纳入统计3项，按期办结0项，逾期未办结3项（1月2日）",
	})
	letters, err = scheduler.Preview(
		reporting(p, nil),
		date(t, "2018-10-20"),
		date(t, "2018-11-10"),
		nil,
		scheduler.AllAnswered,
	)
	if err != nil {
		t.Fatal(err)
	}
	diff(
		t,
		"preview, all answered",
		reports(letters),
		[]string{"2018-11-01 09:00 report/2018-10 【月度通报】2018年10月纳入统计1项，按期办结1项（11月1日）"},
	)
}

// TestMonthlySwitches sends what is asked for, and ranks only then.
func TestMonthlySwitches(t *testing.T) {
	for name, tt := range map[string]struct {
		reports scheduler.Reports
		want    []string
	}{
		"none":    {scheduler.Reports{Writer: report.Writer{}, Ranking: true}, []string{}},
		"monthly": {scheduler.Reports{Writer: report.Writer{}, Monthly: true}, []string{"report/2018-12"}},
		"yearly":  {scheduler.Reports{Writer: report.Writer{}, Yearly: true, Ranking: true}, []string{"report/2018"}},
		"nobody":  {scheduler.Reports{Monthly: true, Yearly: true}, []string{}},
	} {
		o := options(small(t, 2019, contacts{}), storetest.Open(t, store.SQLite))
		o.Reports = tt.reports
		r := newRigOf(t, o)
		r.pass("2018-12-03 09:00")
		r.pass("2019-01-02 09:00")
		got := []string{}
		for _, l := range r.letters {
			if l.Kind != notify.PeriodReport {
				continue
			}
			got = append(got, l.Message.Key)
			if ranked := strings.Contains(
				string(l.Message.Attachments[0].Content),
				"排名",
			); ranked != tt.reports.Ranking {
				t.Errorf("%s: units are ranked: %t", name, ranked)
			}
		}
		diff(t, name, got, tt.want)
	}
}

// TestMonthlyOnce lets many daemons pass at the same moments, on either database, and one that was restarted: one
// report, with its files.
func TestMonthlyOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		o := storetest.Options(t, driver)
		p := small(t, 2019, contacts{})
		newRigOf(t, reporting(p, storetest.Reopen(t, o))).pass("2018-09-13 09:00")
		var daemons sync.WaitGroup
		var mu sync.Mutex
		var letters []scheduler.Letter
		for range 4 {
			r := newRigOf(t, reporting(p, storetest.Reopen(t, o)))
			daemons.Go(func() {
				for minute := range 3 {
					done, err := r.tryAt(moment(t, "2018-10-08 09:00").Add(time.Duration(minute) * time.Minute))
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					letters = append(letters, done...)
					mu.Unlock()
				}
			})
		}
		daemons.Wait()
		if rs := reports(letters); len(rs) != 1 {
			t.Errorf("promised were %v", rs)
		}
		st := storetest.Reopen(t, o)
		if ls := newRigOf(
			t,
			reporting(p, st),
		).pass(
			"2018-10-09 09:00",
		); slices.ContainsFunc(
			ls,
			func(l string) bool { return strings.Contains(l, " report ") },
		) {
			t.Errorf("the day after, %v", ls)
		}
		ms := taken(t, st, moment(t, "2018-10-09 10:00"))
		i := slices.IndexFunc(ms, func(m notify.Message) bool { return m.Kind == notify.PeriodReport })
		if i < 0 || len(ms[i].Attachments) != 3 {
			t.Errorf("what is to be sent has no report with its files among %d messages", len(ms))
		}
	})
}

// broken is a writer that fails.
type broken struct{}

func (broken) Write(scheduler.Brief) (compose.Report, []notify.Attachment, error) {
	return compose.Report{}, nil, errors.New("no ink")
}

func (broken) Overview(compose.Letter) ([]notify.Attachment, error) { return nil, nil }

// TestMonthlyBroken holds that a report which cannot be written keeps no other mail.
func TestMonthlyBroken(t *testing.T) {
	o := reporting(small(t, 2019, contacts{}), storetest.Open(t, store.SQLite))
	o.Reports.Writer, o.Weekly = broken{}, true
	r := newRigOf(t, o)
	r.pass("2018-09-13 09:00")
	done, err := r.tryAt(moment(t, "2018-10-08 09:00"))
	if err == nil || !strings.Contains(err.Error(), "write report of 2018-09: no ink") {
		t.Error(err)
	}
	if ls := lines(
		done,
	); !slices.ContainsFunc(ls, func(l string) bool { return strings.Contains(l, " weekly ") }) ||
		len(ls) < 2 {
		t.Errorf("promised were %v", ls)
	}
}

// TestBrief is as of its moment and says since when the installation accounts.
func TestBrief(t *testing.T) {
	r := newRigOf(t, reporting(small(t, 2019, contacts{without: []string{"县环保局"}}), storetest.Open(t, store.SQLite)))
	r.through("2018-09-12", "2018-09-28", "09:00")
	b, err := r.s.Brief(
		t.Context(),
		moment(t, "2018-10-08 09:00"),
		scheduler.Span{Year: 2018, Month: time.September},
		true,
	)
	if err != nil {
		t.Fatal(err)
	}
	if b.Since != date(t, "2018-09-12") || !b.Ranking || len(b.Accounts) != 1 ||
		!slices.Equal(b.Accounts[0].Undelivered, []string{"县环保局"}) {
		t.Errorf("the brief is of %d accounts since %s: %+v", len(b.Accounts), b.Since, b.Accounts)
	}
}
