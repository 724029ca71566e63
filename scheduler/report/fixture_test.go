package report_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/rules/wording"
	"qixian/scheduler"
	"qixian/seeds"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func shipped(t testing.TB) *calendar.Calendar {
	t.Helper()
	cal, _, err := calendar.Load(seeds.Calendar(), ".")
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func day(m time.Month, d int) calendar.Date { return calendar.NewDate(2018, m, d) }

func clock(m time.Month, d, hour int) time.Time {
	return time.Date(2018, m, d, hour, 0, 0, 0, calendar.Zone())
}

// brief is October 2018 as of 9 November, a Friday, with at least one deadline of every outcome. The National Day
// holiday is in it.
func brief(t testing.TB) scheduler.Brief {
	t.Helper()
	b := scheduler.Brief{
		Span: scheduler.Span{
			Year:  2018,
			Month: time.October,
		},
		At:       clock(11, 9, 9),
		Since:    day(1, 1),
		Office:   "县政府办公室",
		Calendar: shipped(t),
	}
	add := func(id, title string, row int, due calendar.Date, change func(a *scheduler.Account)) {
		a := scheduler.Account{Deadline: scheduler.Deadline{
			Key:         id + "@2018-10",
			Obligation:  id,
			Rule:        id,
			Row:         row,
			Title:       title,
			Period:      "2018-10",
			Due:         rules.Due{Date: due, Earliest: due},
			State:       scheduler.Open,
			Lead:        []string{"县环保局"},
			Responsible: []string{"文庙街道", "县环保局", "泗店镇"},
			Needed:      1,
			OpenedAt:    clock(8, 1, 9),
		}}
		change(&a)
		a.PeriodName = wording.Period(a.Period)
		if id == "air" {
			a.PeriodName = "2018年10月应发布，内容为9月情况"
		}
		switch {
		case a.Unit != "":
			a.Answering = []string{a.Unit}
		case len(a.Lead) > 0:
			a.Answering = a.Lead
		default:
			a.Answering = a.Responsible
		}
		b.Accounts = append(b.Accounts, a)
	}
	done := func(at time.Time, late bool) func(a *scheduler.Account) {
		return func(a *scheduler.Account) {
			a.State, a.ClosedAt, a.Late = scheduler.Done, at, late
			a.History.Completions = []scheduler.Completion{{At: at, URL: "https://www.example.invalid/" + a.Obligation}}
		}
	}
	add("water", "集中式饮用水水源监测信息", 23, day(9, 28), func(a *scheduler.Account) {
		done(clock(10, 15, 18), false)(a)
		a.ExtendedTo, a.Period = day(10, 15), "2018-Q3"
		a.Extensions = []scheduler.Extension{
			{From: day(9, 28), To: day(10, 10), Reason: "设备检修"},
			{From: day(10, 10), To: day(10, 15), Reason: "检修延后"},
		}
	})
	add("budget", "财政预算执行情况", 61, day(10, 10), func(a *scheduler.Account) {
		done(clock(10, 16, 10), true)(a)
		a.Lead = []string{"县财政局"}
	})
	add("recall", "召回信息", 0, day(10, 12), func(a *scheduler.Account) {
		done(clock(10, 12, 23), true)(a)
		a.Due.Instant, a.Lead, a.Responsible = clock(10, 12, 21), []string{"县食药监局", "县工商局"}, nil
		a.Key, a.Period = "recall@e0123456789", ""
	})
	for _, unit := range []string{"县教育局", "县财政局", "县民政局"} {
		add("attendance", "邀请公众列席会议", 12, day(10, 19), func(a *scheduler.Account) {
			a.Unit, a.Undelivered = unit, []string{"县民政局"}
			if unit != "县民政局" {
				done(clock(10, 18, 11), false)(a)
			}
		})
	}
	add("draft", "重大行政决策草案公开征求意见", 31, day(10, 22), func(a *scheduler.Account) {
		a.OnShow, a.State, a.ClosedAt = true, scheduler.Done, clock(10, 23, 0)
	})
	add("gone", "已取消的事项", 44, day(10, 25), func(a *scheduler.Account) {
		a.State, a.ClosedAt, a.Undelivered = scheduler.Withdrawn, clock(10, 9, 9), []string{"县环保局"}
	})
	add("air", "环境空气质量状况", 22, day(10, 31), func(a *scheduler.Account) {
		done(clock(10, 31, 23), false)(a)
		a.Undelivered = []string{"泗店镇", "县政府办公室"}
	})
	add("housing", "保障性住房分配结果", 71, day(10, 31), func(a *scheduler.Account) { a.Lead = []string{"县住建局"} })
	add(
		"poverty",
		"扶贫资金使用情况",
		81,
		day(10, 31),
		func(a *scheduler.Account) { a.Lead, a.Responsible = nil, []string{"县扶贫办"} },
	)
	return b
}

// many is a year with so many deadlines of all outcomes that every table goes over pages.
func many(t testing.TB, units, months int) scheduler.Brief {
	t.Helper()
	b := scheduler.Brief{
		Span: scheduler.Span{
			Year: 2018,
		},
		At:       clock(12, 29, 9),
		Since:    day(3, 1),
		Office:   "县政府办公室",
		Calendar: shipped(t),
		Ranking:  true,
	}
	for m := range months {
		for u := range units {
			due := b.Calendar.OnOrBefore(calendar.NewDate(2018, time.Month(m%12+1), 5+u%20))
			a := scheduler.Account{Deadline: scheduler.Deadline{
				Key: fmt.Sprintf(
					"duty-%02d@2018-%02d",
					u%40,
					m%12+1,
				),
				Unit:       fmt.Sprintf("第%02d单位", u),
				Obligation: fmt.Sprintf("duty-%02d", u%40),
				Row:        u%40 + 1,
				Title: fmt.Sprintf(
					"应当主动公开的第%02d类政府信息",
					u%40,
				),
				Period:   fmt.Sprintf("2018-%02d", m%12+1),
				Due:      rules.Due{Date: due, Earliest: due},
				State:    scheduler.Done,
				ClosedAt: due.At(15 * time.Hour),
			}}
			a.PeriodName = wording.Period(a.Period)
			switch (u*7 + m*3) % 23 {
			case 0:
				a.Late, a.ClosedAt = true, due.AddDays(9).At(0)
			case 1:
				a.State = scheduler.Open
			case 2:
				a.ExtendedTo = due
			}
			a.Answering = []string{a.Unit}
			b.Accounts = append(b.Accounts, a)
		}
	}
	slices.SortFunc(b.Accounts, func(x, y scheduler.Account) int { return x.DueDate().Compare(y.DueDate()) })
	return b
}
