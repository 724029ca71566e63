package scheduler_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

func small(t testing.TB, lastYear int, c contacts) *scheduler.Plan {
	return plan(t, lastYear, c, layer("test", smallCatalogue, true))
}

// eachDriver runs a test on SQLite and, where one is at hand, on MariaDB.
func eachDriver(t *testing.T, test func(t *testing.T, st scheduler.Store)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, driver string) { test(t, storetest.Open(t, driver)) })
}

func diff(t testing.TB, what string, got, want []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// TestMonth follows one monthly duty that nobody meets, over the National Day holidays: its stages, its escalations,
// the office's copies, and nothing on a day off.
func TestMonth(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, small(t, 2019, contacts{}))
		got := r.through("2018-09-01", "2018-10-16", "08:00", "09:00", "09:01", "20:00")
		diff(t, "letters", got, []string{
			"2018-09-01 08:00 县政府办公室 overview air@2018-09/ air@2018-10/",
			"2018-09-03 09:00 县教育局 digest attendance@2018/half",
			"2018-09-03 09:00 县财政局 digest attendance@2018/half",
			"2018-09-25 09:00 县环保局 digest air@2018-09/5wd",
			"2018-09-25 09:00 县财政局 digest air@2018-09/5wd",
			"2018-09-28 09:00 县环保局 digest air@2018-09/2wd",
			"2018-09-30 09:00 县环保局 digest air@2018-09/0",
			"2018-09-30 09:00 县财政局 digest air@2018-09/0",
			"2018-10-08 09:00 县政府办公室 digest air@2018-09/late1",
			"2018-10-08 09:00 县环保局 digest air@2018-09/late1",
			"2018-10-11 09:00 县政府办公室 digest air@2018-09/late4",
			"2018-10-11 09:00 县环保局 digest air@2018-09/late4",
			"2018-10-16 09:00 县政府办公室 digest air@2018-09/late7",
			"2018-10-16 09:00 县环保局 digest air@2018-09/late7",
		})
	})
}

// TestStop stops the daemon from before Spring Festival until the third working morning after it: everybody hears once,
// of the latest stage, with a word that it is late.
func TestStop(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.through("2018-01-02", "2018-01-31", "09:00")
	r.complete("2018-01-31 16:00", "air@2018-01", "")
	r.through("2018-02-01", "2018-02-14", "09:00")
	got := r.pass("2018-02-24 10:20")
	diff(t, "after the stop", got, []string{
		"2018-02-24 10:20 县环保局 digest air@2018-02/5wd",
		"2018-02-24 10:20 县财政局 digest air@2018-02/5wd",
	})
	if text := r.letters[len(r.letters)-1].Message.Text; !strings.Contains(text, "因系统停机迟发") {
		t.Errorf("a mail two days late does not say so:\n%s", text)
	}
	diff(t, "the same morning again", r.pass("2018-02-24 10:21"), []string{})
}

// TestStopPastDue finds a duty long overdue: one escalation is made good, and the next one follows from today.
func TestStopPastDue(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.through("2018-08-01", "2018-08-20", "09:00")
	got := r.through("2018-09-11", "2018-09-18", "09:00")
	diff(t, "after the stop", got, []string{
		"2018-09-11 09:00 县政府办公室 digest air@2018-08/late1",
		"2018-09-11 09:00 县环保局 digest air@2018-08/late1",
		"2018-09-14 09:00 县政府办公室 digest air@2018-08/late10",
		"2018-09-14 09:00 县环保局 digest air@2018-08/late10",
	})
}

// TestIdempotent passes twice at each time, and with a new scheduler on the same database in between: nothing comes
// twice, and nothing is missed.
func TestIdempotent(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		p := small(t, 2019, contacts{})
		r := newRig(t, st, p)
		for day := date(t, "2018-03-01"); !day.After(date(t, "2018-04-10")); day = day.AddDays(1) {
			at := day.String() + " 09:00"
			if day == date(t, "2018-03-10") {
				r.event(at, rules.Event{Trigger: "recall-ordered", At: moment(t, at)})
			}
			r.pass(at)
			diff(t, "passed again", r.pass(at), []string{})
			before := r.letters
			r = newRig(t, st, p)
			r.letters = before
			diff(t, "passed again after a restart", r.pass(at), []string{})
		}
		var keys []string
		for _, l := range r.letters {
			keys = append(keys, l.Message.Key)
		}
		slices.Sort(keys)
		if n := len(keys); n == 0 || len(slices.Compact(keys)) != n {
			t.Errorf("%d messages, of which some share a key", n)
		}
		once := newRig(t, storetest.Open(t, "sqlite"), p)
		for day := date(t, "2018-03-01"); !day.After(date(t, "2018-04-10")); day = day.AddDays(1) {
			at := day.String() + " 09:00"
			if day == date(t, "2018-03-10") {
				once.event(at, rules.Event{Trigger: "recall-ordered", At: moment(t, at)})
			}
			once.pass(at)
		}
		diff(t, "with and without restarts", lines(r.letters), lines(once.letters))
	})
}

// TestHours has a recall ordered on a Saturday night: its reminders break in at once, the escalation waits for the
// working morning.
func TestHours(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-06-08 10:00")
	rec := r.event("2018-06-09 21:40", rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-06-09 21:30")})
	key := rec.Deadlines[0].Key
	var got []string
	for _, at := range []string{"2018-06-09 21:41", "2018-06-10 09:00", "2018-06-10 09:30", "2018-06-10 19:30", "2018-06-10 21:31", "2018-06-11 08:59", "2018-06-11 09:00"} {
		got = append(got, r.pass(at)...)
	}
	diff(t, "letters", got, []string{
		"2018-06-09 21:41 县食药监局 immediate " + key + "/record",
		"2018-06-10 09:30 县食药监局 immediate " + key + "/12h",
		"2018-06-10 19:30 县食药监局 immediate " + key + "/2h",
		"2018-06-11 09:00 县政府办公室 digest " + key + "/late1",
		"2018-06-11 09:00 县食药监局 digest " + key + "/late1",
	})
	threads := map[string]bool{}
	for _, l := range r.letters {
		if l.Kind == notify.Immediate {
			threads[l.Message.Thread] = true
		}
	}
	if len(threads) != 1 || threads[""] {
		t.Errorf("the mails of one duty are in %d threads: %v", len(threads), threads)
	}
}

// TestWithoutAddress has the office told in the place of units that cannot be: once a day for all of them, at once for
// an hour rule.
func TestWithoutAddress(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{without: []string{"县环保局", "县财政局", "县食药监局"}}))
	r.pass("2018-09-03 10:00")
	rec := r.event("2018-09-22 21:30", rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-09-22 21:30")})
	got := slices.Concat(r.pass("2018-09-22 21:31"), r.pass("2018-09-25 09:00"), r.pass("2018-09-25 09:05"))
	key := rec.Deadlines[0].Key
	diff(t, "letters", got, []string{
		"2018-09-22 21:31 县政府办公室 fallback " + key + "/record",
		"2018-09-25 09:00 县政府办公室 fallback " + key + "/2h",
		"2018-09-25 09:00 县政府办公室 digest " + key + "/late1",
		"2018-09-25 09:00 县政府办公室 fallback air@2018-09/5wd " + key + "/late1",
	})
	text := ""
	for _, l := range r.letters {
		if l.Message.Key == "fallback/2018-09-25" {
			text = l.Message.Text
		}
	}
	for _, unit := range []string{"县环保局", "县财政局"} {
		if !strings.Contains(text, unit) {
			t.Errorf("the office is not told that %s has no address:\n%s", unit, text)
		}
	}
}

// TestSeveralAddresses sends each of a unit's addresses a message of its own, of which each has its own Message-ID.
func TestSeveralAddresses(t *testing.T) {
	c := contacts{several: map[string][]string{"县财政局": {"a@example.invalid", "b@example.invalid"}}}
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, c))
	r.pass("2018-09-03 10:00")
	r.pass("2018-09-25 09:00")
	var to, ids []string
	for _, l := range r.letters {
		if l.Unit == "县财政局" {
			to = append(to, l.Message.To)
			ids = append(ids, l.Message.MessageID)
		}
	}
	diff(
		t,
		"addresses",
		to,
		[]string{"a@example.invalid", "b@example.invalid", "a@example.invalid", "b@example.invalid"},
	)
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 4 {
		t.Errorf("messages share a Message-ID: %v", ids)
	}
}

// TestFirstStart starts at night: the overview comes at once, the digests of what is within its stages on the first
// working morning.
func TestFirstStart(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	got := r.through("2018-09-26", "2018-09-27", "03:00", "08:30", "09:00", "09:01")
	diff(t, "letters", got, []string{
		"2018-09-26 03:00 县政府办公室 overview air@2018-09/ air@2018-10/",
		"2018-09-26 08:30 县教育局 digest attendance@2018/half",
		"2018-09-26 08:30 县环保局 digest air@2018-09/5wd",
		"2018-09-26 08:30 县财政局 digest air@2018-09/5wd attendance@2018/half",
	})
	if text := r.letters[1].Message.Text; !strings.Contains(text, "刚刚启用") || strings.Contains(text, "补发说明") {
		t.Errorf("the first digest does not say that it is the first, or says that it is late:\n%s", text)
	}
	open, err := r.store.Find(t.Context(), "air@2018-08", "")
	if err != nil || len(open) != 0 {
		t.Errorf("what was due before the first day is open: %v, %v", open, err)
	}
}

// TestFirstStartAfterHours starts when nobody is at work any more: the digests wait for the next working day.
func TestFirstStartAfterHours(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	got := r.through("2018-09-28", "2018-09-29", "08:30", "09:00", "18:00")[1:]
	if len(got) == 0 || !strings.HasPrefix(got[0], "2018-09-28 08:30") {
		t.Errorf("within working hours nothing came at once: %v", got)
	}
	r = newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-09-28 18:00")
	diff(t, "letters", r.through("2018-09-29", "2018-09-29", "08:30", "09:00"), []string{
		"2018-09-29 09:00 县教育局 digest attendance@2018/half",
		"2018-09-29 09:00 县环保局 digest air@2018-09/2wd",
		"2018-09-29 09:00 县财政局 digest air@2018-09/5wd attendance@2018/half",
	})
}

// TestQuota tells of half-time only who is behind.
func TestQuota(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-06-01 10:00")
	done := r.complete("2018-06-04 10:00", "attendance@2018", "县教育局")
	if done.Closed {
		t.Error("one of two closes a quota of two")
	}
	r.pass("2018-06-28 09:00")
	r.complete("2018-06-29 08:00", "air@2018-06", "")
	got := r.through("2018-06-29", "2018-07-03", "09:00")
	diff(t, "half-time", got, []string{"2018-07-02 09:00 县财政局 digest attendance@2018/half"})
	if again := r.complete("2018-08-01 10:00", "attendance@2018", "县教育局"); !again.Closed || again.Late {
		t.Errorf("the second of two: closed %t, late %t", again.Closed, again.Late)
	}
}

// TestNag asks for the next year's notice once a week from 25 October, daily from 10 December, and stops when it is
// loaded.
func TestNag(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2018, contacts{}))
	troubles := func(ls []string) []string {
		return slices.DeleteFunc(ls, func(l string) bool { return !strings.Contains(l, " trouble ") })
	}
	got := troubles(r.through("2018-10-20", "2018-11-06", "08:59", "09:00", "15:00"))
	diff(t, "from 25 October", got, []string{
		"2018-10-25 09:00 县政府办公室 trouble ",
		"2018-10-29 09:00 县政府办公室 trouble ",
		"2018-11-05 09:00 县政府办公室 trouble ",
	})
	got = troubles(r.through("2018-12-10", "2018-12-11", "09:00", "15:00"))
	diff(t, "from 10 December", got, []string{
		"2018-12-10 09:00 县政府办公室 trouble ",
		"2018-12-11 09:00 县政府办公室 trouble ",
	})
	r.s.Swap(small(t, 2019, contacts{}))
	diff(t, "with the notice", troubles(r.through("2018-12-12", "2018-12-12", "09:00")), []string{})
}

// TestNobodyAnswers tells the office itself of a late duty whose lead group has no member on its due date.
func TestNobodyAnswers(t *testing.T) {
	r := newRig(
		t,
		storetest.Open(t, "sqlite"),
		plan(t, 2019, contacts{}, layer("test", smallCatalogue, true), layer("override", `
units:
  乡镇: {group: true, members: [{unit: 县财政局, until: 2018-09-15}]}
obligations:
  town: {new: true, row: 0, title: 乡镇公开, clause: 按月, kind: periodic, rule: {every: month}, lead: [乡镇], responsible: []}`, true)),
	)
	r.pass("2018-09-03 09:00")
	var got []string
	for _, l := range r.through("2018-09-04", "2018-10-11", "09:00", "09:01") {
		if strings.Contains(l, "town@2018-09") {
			got = append(got, l)
		}
	}
	diff(t, "letters", got, []string{
		"2018-10-08 09:00 县政府办公室 digest air@2018-09/late1 town@2018-09/late1",
		"2018-10-11 09:00 县政府办公室 digest air@2018-09/late4 town@2018-09/late4",
	})
	for _, l := range r.letters {
		if l.Unit == office && l.Kind == notify.Digest && !strings.Contains(l.Message.Text, "【逾期催办】1项已逾期、1项逾期（抄送）。") {
			t.Errorf("it is not the office's own:\n%s", l.Message.Text)
		}
	}
}
