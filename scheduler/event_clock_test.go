package scheduler_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

const applications = `
units: {县政府办公室: {}, 县环保局: {aliases: [环保局]}, 县财政局: {}}
triggers:
  received: {title: 收到政府信息公开申请}
  asked: {title: 征求第三方意见}
  answered: {title: 第三方答复意见}
  unclear: {title: 要求申请人补正}
  corrected: {title: 收到申请人的补正}
  flooded: {title: 汛情}
obligations:
  reply:
    row: 0
    title: 依申请公开答复
    clause: 严格按照法定时限进行答复
    kind: after-event
    lead: [县环保局]
    responsible: [县财政局]
    rule:
      after: received
      within: 20wd
      cap: {most: 20wd, by: unit, article: 《条例》第三十三条, note: 须经本单位政府信息公开工作机构负责人同意，并告知申请人}
      pause:
        - {stop: asked, continue: answered, article: 《条例》第三十三条第三款, remind: 15wd, then: 请登记答复，或按《条例》第三十二条处理}
        - {stop: unclear, restart: corrected, within: 7wd, article: 《条例》第三十条}
  notice: {row: 0, title: 公告, clause: 公告, kind: after-event, lead: [县财政局], rule: {after: received, within: 5wd, cap: {most: 10wd, article: 某办法}}}
  alarm: {row: 0, title: 预警, clause: 预警, kind: after-event, lead: [县环保局], rule: {after: flooded, within: 24h}}
`

func applicationPlan(t testing.TB) *scheduler.Plan {
	t.Helper()
	return plan(t, 2019, contacts{}, rules.Layer{FS: applicationFiles()})
}

func applicationFiles() fstest.MapFS { return fstest.MapFS{"a.yaml": {Data: []byte(applications)}} }

// happened is an event of 县环保局 about application 2018-17, or of the ref that a fourth word begins.
func happened(t testing.TB, text string) rules.Event {
	t.Helper()
	f := strings.SplitN(text, " ", 3)
	e := rules.Event{Trigger: f[0], Unit: "县环保局", Ref: "2018-17", At: date(t, f[1]).At(10 * time.Hour)}
	if len(f) == 3 {
		e.Ref = f[2]
	}
	return e
}

// stands shows a deadline: when it is due, since when its clock stands, and to when it was extended.
func stands(d scheduler.Deadline) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", d.Due.Date, d.PausedSince, d.ExtendedTo))
}

// TestPause lives through an application about which a third party is heard: the clock stands, nobody is reminded and
// nothing is late; then it goes on where it stood.
func TestPause(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		st := storetest.Open(t, driver)
		r := newRig(t, st, applicationPlan(t))
		r.pass("2018-09-03 09:00")
		key := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03")).Deadlines[0].Key
		if d := find(r, key, ""); stands(d) != "2018-09-30" {
			t.Fatalf("opened as %s", stands(d))
		}
		r.through("2018-09-04", "2018-09-10", "09:00")
		got := r.event("2018-09-10 15:00", happened(t, "asked 2018-09-10"))
		if len(got.Paused) != 1 || !got.Paused[0].Paused() || got.Of == "" {
			t.Fatalf("the clock is not stopped: %+v", got)
		}
		if d := find(r, key, ""); stands(d) != "2018-09-30 2018-09-10" {
			t.Errorf("stopped: %s", stands(d))
		}
		told := r.pass("2018-09-10 15:05")
		diff(t, "told of the stop", linesWith(told, "reply@"), []string{
			"2018-09-10 15:05 县环保局 correction " + key + "/paused-2018-09-30",
		})
		mail := r.letters[slices.IndexFunc(r.letters, func(l scheduler.Letter) bool {
			return l.Unit == "县环保局" && l.Kind == notify.Correction
		})].Message
		for _, want := range []string{"暂停计时", "自2018年9月10日（星期一）起，因征求第三方意见", "恢复后还余15个工作日", "恢复计时后另行通知新的到期日"} {
			if !strings.Contains(mail.Text, want) {
				t.Errorf("the mail does not say %q:\n%s", want, mail.Text)
			}
		}
		quiet := r.through("2018-09-11", "2018-10-15", "09:00", "17:00")
		diff(t, "while it stands", linesWith(quiet, "reply@"), []string{
			"2018-09-30 09:00 县环保局 digest " + key + "/waits",
		})
		mail = r.letters[slices.IndexFunc(r.letters, func(l scheduler.Letter) bool {
			return strings.Contains(l.Message.Text, "暂停已久")
		})].Message
		for _, want := range []string{"暂停计时已久，请登记进展", "请办理：请登记答复，或按《条例》第三十二条处理"} {
			if !strings.Contains(mail.Subject+mail.Text, want) {
				t.Errorf("the mail does not say %q:\n%s\n%s", want, mail.Subject, mail.Text)
			}
		}
		now := moment(t, "2018-10-15 17:30")
		if d := find(r, key, ""); d.IsLate(now) {
			t.Error("late while its clock stands")
		}
		if c, err := st.Condition(t.Context(), now); err != nil || c.Late != 0 {
			t.Errorf("%d late, %v", c.Late, err)
		}
		if tally, err := st.Tally(
			t.Context(),
			date(t, "2018-09-01"),
			date(t, "2018-09-30"),
		); err != nil ||
			tally.Missed != 0 {
			t.Errorf("%d missed, %v", tally.Missed, err)
		}
		status, err := r.s.Status(t.Context(), now, scheduler.Filter{Unit: "县环保局"})
		if err != nil || status.Rows[0].Remaining != "暂停计时" || status.Rows[0].Light != scheduler.Green {
			t.Errorf("status: %+v, %v", status.Rows[0], err)
		}
		got = r.event("2018-10-15 17:40", happened(t, "answered 2018-10-15"))
		if len(got.Paused) != 1 || got.Paused[0].Paused() {
			t.Fatalf("the clock does not run: %+v", got)
		}
		if d := find(r, key, ""); stands(d) != "2018-11-05" || d.Stood != 21 {
			t.Errorf("continued: %s, stood %d", stands(d), d.Stood)
		}
		diff(t, "told of the new date", linesWith(r.through("2018-10-16", "2018-11-06", "09:00"), "县环保局"), []string{
			"2018-10-16 09:00 县环保局 correction " + key + "/resumed-2018-09-30",
			"2018-10-29 09:00 县环保局 digest " + key + "/5wd",
			"2018-11-02 09:00 县环保局 digest " + key + "/1wd",
			"2018-11-05 09:00 县环保局 digest " + key + "/0",
			"2018-11-06 09:00 县环保局 digest " + key + "/late1",
		})
		other := applicationPlan(t) // another plan recomputes everything, and comes to the same
		other.Fingerprint = "another"
		r.s.Swap(other)
		r.pass("2018-11-07 09:30")
		if d := find(r, key, ""); stands(d) != "2018-11-05" {
			t.Errorf("recomputed: %s", stands(d))
		}
	})
}

// linesWith keeps the lines with a text in them.
func linesWith(lines []string, text string) []string {
	kept := []string{}
	for _, l := range lines {
		if strings.Contains(l, text) {
			kept = append(kept, l)
		}
	}
	return kept
}

// TestPauseConflicts refuses what does nothing to a clock, and says why; nothing of it is on record.
func TestPauseConflicts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		st := storetest.Open(t, driver)
		r := newRig(t, st, applicationPlan(t))
		r.pass("2018-09-03 09:00")
		key := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03")).Deadlines[0].Key
		refused := func(text string, why scheduler.Refusal) {
			t.Helper()
			_, err := r.s.AddEvents(
				t.Context(),
				moment(t, "2018-11-20 10:30"),
				"clerk",
				[]rules.Event{happened(t, text)},
			)
			got, ok := errors.AsType[*scheduler.RefusedEvent](err)
			if !ok || got.Why != why {
				t.Errorf("%s: %v, want %s", text, err, why)
			}
		}
		refused("answered 2018-09-05", scheduler.NotStopped)
		refused("corrected 2018-09-05", scheduler.NotStopped)
		refused("asked 2018-10-08", scheduler.RunOut)
		refused("unclear 2018-10-08", scheduler.Overstayed)
		refused("unclear 2018-09-13", scheduler.Overstayed)
		if d := find(r, key, ""); stands(d) != "2018-09-30" {
			t.Errorf("asked too late: %s", stands(d))
		}
		refused("unclear 2018-08-31", scheduler.BeforeClock)
		refused("unclear 2018-09-05 another", scheduler.NoClock)
		r.event("2018-09-10 15:00", happened(t, "unclear 2018-09-10"))
		refused("unclear 2018-09-12 2018-17 再次", scheduler.Stopped)
		refused("corrected 2018-08-12", scheduler.BeforeClock)
		if es, err := st.Events(t.Context(), 0); err != nil || len(es) != 2 {
			t.Errorf("%d events on record, %v", len(es), err)
		}
		r.event("2018-09-20 15:00", happened(t, "corrected 2018-09-20"))
		if d := find(r, key, ""); stands(d) != "2018-10-24" {
			t.Errorf("anew: %s", stands(d))
		}
		r.pass("2018-09-20 15:05")
		if !slices.ContainsFunc(r.letters, func(l scheduler.Letter) bool {
			return strings.Contains(l.Message.Text, "更正原因：收到申请人的补正，期限自2018年9月20日（星期四）起重新计算")
		}) {
			t.Error("nobody is told that the time began anew")
		}
		r.complete("2018-09-21 09:00", key, "")
		refused("unclear 2018-09-25 2018-17 三次", scheduler.NoClock)
	})
}

// TestPauseCorrected takes the events back, and moves them.
func TestPauseCorrected(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		st := storetest.Open(t, driver)
		r := newRig(t, st, applicationPlan(t))
		r.pass("2018-09-03 09:00")
		key := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03")).Deadlines[0].Key
		asked := r.event("2018-09-10 15:00", happened(t, "asked 2018-09-10"))
		answered := r.event("2018-09-12 15:00", happened(t, "answered 2018-09-12"))
		is := func(what, want string) {
			t.Helper()
			if d := find(r, key, ""); stands(d) != want {
				t.Errorf("%s: %s, want %s", what, stands(d), want)
			}
		}
		is("answered", "2018-10-09")
		moved, err := r.s.MoveEvent(
			t.Context(),
			moment(t, "2018-09-14 10:00"),
			"clerk",
			answered.ID,
			moment(t, "2018-09-13 10:00"),
			"日期有误",
		)
		if err != nil || len(moved.Moved) != 1 {
			t.Fatalf("%+v, %v", moved, err)
		}
		is("the answer is moved", "2018-10-10")
		_, err = r.s.MoveEvent(
			t.Context(),
			moment(t, "2018-09-14 10:00"),
			"clerk",
			answered.ID,
			moment(t, "2018-09-07 10:00"),
			"日期有误",
		)
		if refused, ok := errors.AsType[*scheduler.RefusedEvent](err); !ok || refused.Why != scheduler.NotStopped {
			t.Errorf("moved before the stop: %v", err)
		}
		is("a move is refused", "2018-10-10")
		if _, err := r.s.WithdrawEvent(
			t.Context(),
			moment(t, "2018-09-17 10:00"),
			"clerk",
			answered.ID,
			"误录",
		); err != nil {
			t.Fatal(err)
		}
		is("the answer is withdrawn", "2018-09-30 2018-09-10")
		if _, err := r.s.WithdrawEvent(
			t.Context(),
			moment(t, "2018-09-17 11:00"),
			"clerk",
			asked.ID,
			"误录",
		); err != nil {
			t.Fatal(err)
		}
		is("the stop is withdrawn", "2018-09-30")
		r.event("2018-09-18 15:00", happened(t, "asked 2018-09-10"))
		is("it is recorded again", "2018-09-30 2018-09-10")
		r.pass("2018-09-19 09:00")
		if _, err := r.s.WithdrawEvent(
			t.Context(),
			moment(t, "2018-09-19 11:00"),
			"clerk",
			happened(t, "received 2018-09-03").ID(),
			"误录",
		); err != nil {
			t.Fatal(err)
		}
		if d := find(r, key, ""); d.State != scheduler.Withdrawn {
			t.Errorf("it is %s", d.State)
		}
	})
}

// TestPauseUntoldExtension tells an extension and a pause in one mail, each with its reason and its days.
func TestPauseUntoldExtension(t *testing.T) {
	st := storetest.Open(t, "sqlite")
	r := newRig(t, st, applicationPlan(t))
	r.pass("2018-09-03 09:00")
	key := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03")).Deadlines[0].Key
	r.pass("2018-09-04 09:00")
	_, err := r.s.Extend(t.Context(), moment(t, "2018-09-20 18:00"), "clerk", key, "", date(t, "2018-10-12"), "情况复杂")
	if err != nil {
		t.Fatal(err)
	}
	r.event("2018-09-20 18:10", happened(t, "asked 2018-09-10"))
	r.event("2018-09-20 18:20", happened(t, "answered 2018-09-12"))
	r.pass("2018-09-21 09:00")
	const want = "更正原因：延期12天：情况复杂；另4天：恢复计时，暂停的天数不计入办理时限"
	last := r.letters[len(r.letters)-1].Message.Text
	if !slices.ContainsFunc(
		r.letters,
		func(l scheduler.Letter) bool { return strings.Contains(l.Message.Text, want) },
	) {
		t.Errorf("no mail says %q:\n%s", want, last)
	}
}

// TestDayOff says of a day off that it is one; a make-up workday on a Sunday is none.
func TestDayOff(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), applicationPlan(t))
	for day, want := range map[string]string{"2018-10-14": "，为休息日", "2018-10-01": "，为休息日", "2018-09-30": "", "2018-10-15": ""} {
		if got := r.s.DayOff(date(t, day)); got != want {
			t.Errorf("%s: %q, want %q", day, got, want)
		}
	}
}

// TestPauseInBatch records an application and all that became of it at once, in any order.
func TestPauseInBatch(t *testing.T) {
	st := storetest.Open(t, "sqlite")
	r := newRig(t, st, applicationPlan(t))
	r.pass("2018-09-03 09:00")
	es := []rules.Event{
		happened(t, "answered 2018-09-12"), happened(t, "received 2018-09-03"), happened(t, "asked 2018-09-10"),
	}
	got, err := r.s.AddBatch(t.Context(), moment(t, "2018-09-14 09:00"), "clerk", es, scheduler.PastLate)
	if err != nil || len(got[1].Deadlines) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if d := find(r, got[1].Deadlines[0].Key, ""); stands(d) != "2018-10-09" {
		t.Errorf("due %s", stands(d))
	}
}

// TestPauseExtended stops the clock of an extended deadline: the extended date moves by the days on which it stood, and
// the cap counts from the expected one.
func TestPauseExtended(t *testing.T) {
	st := storetest.Open(t, "sqlite")
	r := newRig(t, st, applicationPlan(t))
	r.pass("2018-09-03 09:00")
	key := r.event("2018-09-03 10:30", happened(t, "received 2018-09-03")).Deadlines[0].Key
	extend := func(at, to string) error {
		_, err := r.s.Extend(t.Context(), moment(t, at), "clerk", key, "", date(t, to), "情况复杂")
		return err
	}
	if err := extend("2018-09-20 09:00", "2018-10-12"); err != nil {
		t.Fatal(err)
	}
	r.event("2018-10-09 15:00", happened(t, "asked 2018-10-09"))
	if err := extend("2018-10-10 09:00", "2018-10-15"); !errors.Is(err, scheduler.ErrPaused) {
		t.Errorf("extended while it stands: %v", err)
	}
	r.event("2018-10-15 15:00", happened(t, "answered 2018-10-15"))
	if d := find(r, key, ""); stands(d) != "2018-09-30  2018-10-18" {
		t.Errorf("continued: %s", stands(d))
	}
	bound, ok := errors.AsType[*scheduler.CapError](extend("2018-10-16 09:00", "2018-11-06"))
	if !ok || bound.Limit.String() != "2018-11-02" {
		t.Errorf("beyond the cap: %+v", bound)
	}
	if err := extend("2018-10-16 09:00", "2018-11-02"); err != nil {
		t.Errorf("within the cap: %v", err)
	}
}
