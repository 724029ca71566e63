package scheduler_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// weeklyRig is a rig whose office wants the weekly letter.
func weeklyRig(t testing.TB, st scheduler.Store, p *scheduler.Plan) *rig {
	t.Helper()
	o := options(p, st)
	o.Weekly = true
	return newRigOf(t, o)
}

func weeklies(ls []string) []string {
	return slices.DeleteFunc(ls, func(l string) bool { return !strings.Contains(l, " weekly") })
}

// TestWeekly sends one letter in each week that has a working day, but for the week of the first start; not before the
// digest hour, and on the next working day where the daemon was away.
func TestWeekly(t *testing.T) {
	r := weeklyRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	got := weeklies(r.through("2018-09-12", "2018-09-17", "08:59", "09:00", "09:01"))
	got = append(got, weeklies(r.through("2018-09-18", "2018-10-14", "08:59", "09:00", "15:00"))...)
	got = append(got, weeklies(r.through("2018-10-17", "2018-10-18", "10:30", "11:00"))...)
	diff(t, "letters", got, []string{
		"2018-09-17 09:00 县政府办公室 weekly ",
		"2018-09-25 09:00 县政府办公室 weekly ", // the 24th is the Mid-Autumn Festival
		"2018-10-08 09:00 县政府办公室 weekly ", // the week before is the National Day's
		"2018-10-17 10:30 县政府办公室 weekly ",
	})
	for _, l := range r.letters {
		if l.Kind == notify.Weekly && calendar.DateOf(l.At) == date(t, "2018-10-08") &&
			!strings.Contains(l.Message.Text, "邮件（9月24日至10月7日）") {
			t.Errorf("the week without a letter is left out:\n%s", l.Message.Text)
		}
	}
	off := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	diff(t, "switched off", weeklies(off.through("2018-09-12", "2018-09-17", "09:00")), []string{})
}

// TestWeeklySays counts what the week came to: what was sent, refused, met and missed, and what is not in order.
func TestWeeklySays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		st := storetest.Open(t, driver)
		r := weeklyRig(t, st, small(t, 2019, contacts{}))
		r.pass("2018-09-21 10:00")
		refuse(t, st, "nobody", moment(t, "2018-09-21 10:00"))
		r.pass("2018-09-25 09:00")
		refuse(t, st, "县环保局", moment(t, "2018-09-25 17:31"))
		for _, d := range []scheduler.Daemon{
			{Owner: "a", Host: "甲", Version: "v1", Plan: "p1", Started: moment(t, "2018-09-21 10:00"), Seen: moment(t, "2018-10-08 08:59")},
			{Owner: "b", Host: "乙", Version: "v1", Plan: "p2", Started: moment(t, "2018-09-21 10:00"), Seen: moment(t, "2018-10-08 08:58")},
			{Owner: "c", Host: "丙", Version: "v2", Plan: "p1", Started: moment(t, "2018-09-21 10:00"), Seen: moment(t, "2018-10-06 20:00")},
		} {
			if err := st.Beat(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		r.pass("2018-10-08 09:00")
		for _, l := range r.letters {
			if l.Kind != notify.Weekly || calendar.DateOf(l.At) != date(t, "2018-10-08") {
				continue
			}
			for _, want := range []string{
				"有4件事需要处理，9月24日至10月7日发出邮件", "未送达：1封", "■ 邮件被退回，邮箱地址无效（1个单位）\n县环保局",
				"到期：1项\n按期办结：0项\n逾期办结：0项\n尚未办结：1项\n目前逾期：1项", "主机 丙，版本 v2，自10月6日20:00起无响应", "规则不一致（2种）", "运行主机：2台，另有1台无响应", "1个单位的邮箱已失效", "失效邮箱：县环保局", "■ 给系统管理员\n主机 ", "主机 甲，版本 v1，运行中，计划 p1",
			} {
				if !strings.Contains(l.Message.Text, want) {
					t.Errorf("want %q in\n%s", want, l.Message.Text)
				}
			}
			if strings.Contains(l.Message.Text, "版本不一致") {
				t.Errorf("a daemon that is silent is counted as running:\n%s", l.Message.Text)
			}
			return
		}
		t.Error("there was no letter")
	})
}

// TestWeeklyOnce lets many daemons pass at the same moment: one letter.
func TestWeeklyOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		o := storetest.Options(t, driver)
		p := small(t, 2019, contacts{})
		weeklyRig(t, storetest.Reopen(t, o), p).pass("2018-09-13 09:00")
		var daemons sync.WaitGroup
		var mu sync.Mutex
		letters := 0
		for range 4 {
			r := weeklyRig(t, storetest.Reopen(t, o), p)
			daemons.Go(func() {
				for minute := range 3 {
					promised, err := r.tryAt(moment(t, "2018-09-17 09:00").Add(time.Duration(minute) * time.Minute))
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					for _, l := range promised {
						if l.Kind == notify.Weekly {
							letters++
						}
					}
					mu.Unlock()
				}
			})
		}
		daemons.Wait()
		if letters != 1 {
			t.Errorf("%d letters were promised", letters)
		}
	})
}

// TestTwoPlans lets two daemons with different plans work on one store. Each recomputes every open deadline when it
// starts or reloads, so that the last one to do so has its way; they do not move a due date back and forth from pass to
// pass, but each new start moves it again.
func TestTwoPlans(t *testing.T) {
	st := storetest.Open(t, store.SQLite)
	one := newRig(t, st, small(t, 2019, contacts{}))
	other := newRig(t, st, plan(t, 2019, contacts{}, layer("test", smallCatalogue, true), layer("override", `
obligations:
  air: {rule: {every: month, due: {day: 20}}}`, true)))
	due := func() string {
		t.Helper()
		ds, err := st.Find(t.Context(), "air@2018-10", "")
		if err != nil || len(ds) != 1 {
			t.Fatalf("%d deadlines, %v", len(ds), err)
		}
		return ds[0].DueDate().String()
	}
	one.pass("2018-09-03 09:00")
	diff(t, "the first daemon's", []string{due()}, []string{"2018-10-31"})
	other.pass("2018-09-03 09:00")
	diff(t, "the second's, which started later", []string{due()}, []string{"2018-10-19"})
	for day := date(t, "2018-09-04"); !day.After(date(t, "2018-09-14")); day = day.AddDays(1) {
		for _, r := range []*rig{one, other} {
			report, err := r.s.Pass(t.Context(), day.At(9*time.Hour))
			if err != nil || report.Moved != 0 {
				t.Fatalf("on %s %d deadlines moved, %v", day, report.Moved, err)
			}
		}
	}
	diff(t, "days later", []string{due()}, []string{"2018-10-19"})
	newRig(t, st, small(t, 2019, contacts{})).pass("2018-09-14 10:00")
	diff(t, "the first, started anew", []string{due()}, []string{"2018-10-31"})
}

// TestWeeklyPreviewed holds that a preview shows the letter on the days on which it comes.
func TestWeeklyPreviewed(t *testing.T) {
	r := weeklyRig(t, storetest.Open(t, store.SQLite), small(t, 2019, contacts{}))
	r.pass("2018-08-28 09:00")
	passed := weeklies(r.through("2018-09-01", "2018-10-31", "09:00"))
	o := options(small(t, 2019, contacts{}), nil)
	o.Weekly = true
	letters, err := scheduler.Preview(o, date(t, "2018-09-01"), date(t, "2018-10-31"), nil, scheduler.AllAnswered)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "passes and preview", passed, weeklies(lines(letters)))
	for _, l := range letters {
		if l.Kind == notify.Weekly && calendar.DateOf(l.At) == date(t, "2018-10-08") &&
			l.Subject != "【每周报告】系统运行正常，9月24日至10月7日发出邮件6封、到期1项（10月8日）" {
			t.Error(l.Subject)
		}
	}
}
