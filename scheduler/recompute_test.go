package scheduler_test

import (
	"strings"
	"testing"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// TestNoticeArrives loads 2019's notice at night: the year's last duty moves from 31 to 29 December, everybody told
// hears of it once, in working hours, and no stage that was sent comes again.
func TestNoticeArrives(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, small(t, 2018, contacts{}))
		r.through("2018-12-03", "2018-12-20", "09:00")
		before := find(r, "air@2018-12", "")
		if got := before.DueDate().String(); got != "2018-12-31" || !before.Due.Provisional {
			t.Errorf("before the notice it is due on %s, provisional %t", got, before.Due.Provisional)
		}
		r.s.Swap(small(t, 2019, contacts{}))
		diff(t, "at night", r.pass("2018-12-20 23:00"), []string{})
		if got := find(r, "air@2018-12", "").DueDate().String(); got != "2018-12-29" {
			t.Errorf("with the notice it is due on %s", got)
		}
		corrections := only(r.through("2018-12-21", "2018-12-31", "08:30", "09:00"), notify.Correction)
		diff(t, "corrections", corrections, []string{
			"2018-12-21 09:00 县教育局 correction attendance@2018/notice-2018-12-31",
			"2018-12-21 09:00 县环保局 correction air@2018-12/notice-2018-12-31",
			"2018-12-21 09:00 县财政局 correction air@2018-12/notice-2018-12-31 attendance@2018/notice-2018-12-31",
		})
		seen := map[string]bool{}
		for _, l := range r.letters {
			for _, it := range l.Items {
				id := l.Unit + " " + it.Key + "/" + it.Stage
				if seen[id] {
					t.Errorf("%s came twice", id)
				}
				seen[id] = true
			}
		}
		for _, stage := range []string{"5wd", "2wd", "0"} {
			if !seen["县环保局 air@2018-12/"+stage] {
				t.Errorf("stage %s was lost in the move", stage)
			}
		}
	})
}

// TestRuleChanges changes a rule, switches it off and on again: the due date moves, the deadline goes, and comes back
// with what it still has to tell.
func TestRuleChanges(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		base := layer("test", smallCatalogue, true)
		with := func(text string) *scheduler.Plan {
			return plan(t, 2019, contacts{}, base, layer("override", text, true))
		}
		r := newRig(t, st, plan(t, 2019, contacts{}, base))
		r.through("2018-09-03", "2018-09-25", "09:00")

		r.s.Swap(with("obligations: {air: {rule: {every: month, due: {following: true, day: 10}}}}"))
		got := only(r.pass("2018-09-26 09:00"), notify.Correction)
		if len(got) != 2 || !strings.Contains(got[0], "air@2018-09/rule-2018-09-30") {
			t.Errorf("corrections: %v", got)
		}
		if due := find(r, "air@2018-09", "").DueDate().String(); due != "2018-10-10" {
			t.Errorf("due on %s", due)
		}

		r.s.Swap(with("obligations: {air: {disable: 由省厅统一发布}}"))
		r.pass("2018-09-26 10:00")
		if got := find(r, "air@2018-09", "").State; got != scheduler.Withdrawn {
			t.Errorf("switched off, it is %s", got)
		}
		diff(t, "switched off", only(r.through("2018-09-27", "2018-10-09", "09:00"), notify.Digest), []string{})

		r.s.Swap(plan(t, 2019, contacts{}, base))
		got = only(r.pass("2018-10-09 10:00"), notify.Digest)
		if got := find(r, "air@2018-09", "").State; got != scheduler.Open {
			t.Errorf("switched on again, it is %s", got)
		}
		if len(got) == 0 || !strings.Contains(strings.Join(got, "\n"), "air@2018-09/late1") {
			t.Errorf("switched on again after due, nobody is chased: %v", got)
		}
	})
}

// TestMovedBack tells nobody of a move that was taken back before anybody was told.
func TestMovedBack(t *testing.T) {
	base := layer("test", smallCatalogue, true)
	r := newRig(t, storetest.Open(t, "sqlite"), plan(t, 2019, contacts{}, base))
	r.pass("2018-09-21 09:00")
	r.s.Swap(
		plan(
			t,
			2019,
			contacts{},
			base,
			layer("override", "obligations: {air: {rule: {every: month, due: {day: 28}}}}", true),
		),
	)
	r.pass("2018-09-22 12:00")
	r.s.Swap(plan(t, 2019, contacts{}, base))
	r.pass("2018-09-22 13:00")
	diff(t, "letters", r.pass("2018-09-25 09:00"), []string{
		"2018-09-25 09:00 县环保局 digest air@2018-09/5wd",
		"2018-09-25 09:00 县财政局 digest air@2018-09/5wd",
	})
}

// TestMovedAndSwitchedOff moves a due date and switches the duty off before anybody was told, and on again: they are
// told then, and once.
func TestMovedAndSwitchedOff(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		base := layer("test", smallCatalogue, true)
		later := "obligations: {air: {rule: {every: month, due: {following: true, day: 10}}}}"
		r := newRig(t, st, plan(t, 2019, contacts{}, base))
		r.through("2018-09-03", "2018-09-25", "09:00")
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", later, true)))
		r.pass("2018-09-25 20:00")
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", "obligations: {air: {disable: 误操作}}", true)))
		r.pass("2018-09-26 08:00")
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", later, true)))
		var got []string
		for _, l := range only(r.through("2018-09-26", "2018-09-28", "09:00"), notify.Correction) {
			if strings.Contains(l, "air@2018-09") {
				got = append(got, l)
			}
		}
		others := " air@2018-10/rule-2018-10-31 air@2018-11/rule-2018-11-30 air@2018-12/rule-2018-12-29"
		diff(t, "corrections", got, []string{
			"2018-09-26 09:00 县环保局 correction air@2018-09/rule-2018-09-30" + others,
			"2018-09-26 09:00 县财政局 correction air@2018-09/rule-2018-09-30" + others,
		})
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", "obligations: {air: {disable: 误操作}}", true)))
		r.pass("2018-09-28 10:00")
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", later, true)))
		diff(t, "told already", only(r.pass("2018-09-28 11:00"), notify.Correction), []string{})
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", "obligations: {air: {disable: 误操作}}", true)))
		r.pass("2018-09-28 12:00")
		r.s.Swap(plan(t, 2019, contacts{}, base)) // and it comes back due when it was at first
		if got := only(
			r.pass("2018-09-29 09:00"),
			notify.Correction,
		); len(got) != 2 ||
			!strings.Contains(got[0], "air@2018-09/rule-2018-10-10") {
			t.Errorf("moved while it was off: %v", got)
		}
	})
}

// TestUnitRenamed gives a unit another name, its old one an alias: what it has done of a quota counts, what it was told
// is not told again, and it is chased under its new name.
func TestUnitRenamed(t *testing.T) {
	now := strings.ReplaceAll(smallCatalogue, "县财政局", "县财政和金融局")
	now = strings.Replace(now, "{full_name: 宁阳县财政和金融局}", "{full_name: 宁阳县财政局, aliases: [县财政局]}", 1)
	if strings.Contains(now, "full_name: 宁阳县财政和金融局") {
		t.Fatal("the unit has no alias")
	}
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, small(t, 2019, contacts{}))
		r.through("2018-09-03", "2018-09-25", "09:00")
		r.complete("2018-09-25 10:00", "attendance@2018", "县财政局")
		r.s.Swap(plan(t, 2019, contacts{}, layer("test", now, true)))
		var got []string
		for _, l := range r.through("2018-09-26", "2018-10-08", "09:00") {
			if strings.Contains(l, "财政") {
				got = append(got, l)
			}
		}
		diff(t, "letters", got, []string{
			"2018-09-30 09:00 县财政和金融局 digest air@2018-09/0",
		})
		d := find(r, "attendance@2018", "县财政和金融局")
		if d.State != scheduler.Open || d.Completions != 1 {
			t.Errorf("its quota is %s, with %d", d.State, d.Completions)
		}
		if c := r.complete("2018-10-09 10:00", "attendance@2018", "县财政局"); !c.Closed {
			t.Errorf("the second of two: %+v", c)
		}
		for _, d := range onRecord(r) {
			if d.State == scheduler.Withdrawn || d.Unit == "县财政局" {
				t.Errorf("%s of %q is %s", d.Key, d.Unit, d.State)
			}
		}
	})
}

// find returns the only deadline with a key, or that of a unit.
func find(r *rig, key, unit string) scheduler.Deadline {
	r.t.Helper()
	ds, err := r.store.Find(r.t.Context(), key, unit)
	if err != nil || len(ds) != 1 {
		r.t.Fatalf("%d deadlines with key %s: %v", len(ds), key, err)
	}
	return ds[0]
}

// only keeps the lines of one kind of message.
func only(ls []string, kind notify.Kind) []string {
	out := []string{}
	for _, l := range ls {
		if strings.Contains(l, " "+string(kind)+" ") {
			out = append(out, l)
		}
	}
	return out
}

// TestEventsDutyComesBack switches an event's rule off and on again: its deadline goes and comes back, and an older
// event does not start what a later rule counts from it.
func TestEventsDutyComesBack(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		base := layer("test", smallCatalogue, true)
		r := newRig(t, st, plan(t, 2019, contacts{}, base))
		r.pass("2018-09-03 09:00")
		key := r.event("2018-09-03 10:00", rules.Event{Trigger: "enrolment-closed", At: moment(t, "2018-09-03 10:00")}).Deadlines[0].Key
		r.pass("2018-09-04 09:00")
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", "obligations: {enrolment: {disable: 误操作}}", true)))
		r.pass("2018-09-04 10:00")
		if d := find(r, key, ""); d.State != scheduler.Withdrawn {
			t.Fatalf("switched off, it is %s", d.State)
		}
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", `
obligations:
  also: {new: true, row: 0, title: 另一事项, clause: 20个工作日内, kind: after-event, rule: {after: enrolment-closed, within: 20wd}, lead: [县教育局], responsible: []}`, true)))
		report, err := r.s.Pass(t.Context(), moment(t, "2018-09-04 11:00"))
		if err != nil || report.Opened != 1 {
			t.Errorf("opened %d, %v", report.Opened, err)
		}
		diff(t, "letters", r.through("2018-09-05", "2018-09-17", "09:00"), []string{
			"2018-09-10 09:00 县教育局 digest " + key + "/5wd",
			"2018-09-14 09:00 县教育局 digest " + key + "/1wd",
			"2018-09-17 09:00 县教育局 digest " + key + "/0",
		})
	})
}

// TestTitleFollows gives a rule a name: what is open of it is called so once it is recomputed, and keeps its dates.
func TestTitleFollows(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		base := layer("test", smallCatalogue, true)
		r := newRig(t, st, plan(t, 2019, contacts{}, base))
		r.pass("2018-09-03 09:00")
		was := find(r, "air@2018-09", "")
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", "obligations: {air: {title: 空气质量月报}}", true)))
		r.pass("2018-09-04 09:00")
		d := find(r, "air@2018-09", "")
		if d.Title != "空气质量月报" || d.Due != was.Due || was.Title == d.Title {
			t.Errorf("%s, due %v, is called %s afterwards, due %v", was.Title, was.Due, d.Title, d.Due)
		}
	})
}

// TestLateDutyComesBack switches the rule of a late duty off and on again: chasing goes on where it had come to.
func TestLateDutyComesBack(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		base := layer("test", smallCatalogue, true)
		r := newRig(t, st, plan(t, 2019, contacts{}, base))
		r.through("2018-09-03", "2018-10-08", "09:00")
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", "obligations: {air: {disable: 误操作}}", true)))
		r.pass("2018-10-08 10:00")
		r.s.Swap(plan(t, 2019, contacts{}, base))
		r.pass("2018-10-08 11:00")
		diff(t, "letters", r.through("2018-10-09", "2018-10-16", "09:00"), []string{
			"2018-10-11 09:00 县政府办公室 digest air@2018-09/late4",
			"2018-10-11 09:00 县环保局 digest air@2018-09/late4",
			"2018-10-16 09:00 县政府办公室 digest air@2018-09/late7",
			"2018-10-16 09:00 县环保局 digest air@2018-09/late7",
		})
	})
}

// TestExtendedDutyComesBack switches the rule of an extended duty off and on again: the extension stands, and its
// stages count to it.
func TestExtendedDutyComesBack(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		base := layer("test", smallCatalogue, true)
		r := newRig(t, st, plan(t, 2019, contacts{}, base))
		r.through("2018-09-03", "2018-09-25", "09:00")
		if _, err := r.s.Extend(
			t.Context(),
			moment(t, "2018-09-25 10:00"),
			office,
			"air@2018-09",
			"",
			date(t, "2018-10-18"),
			"待上级数据",
		); err != nil {
			t.Fatal(err)
		}
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", "obligations: {air: {disable: 误操作}}", true)))
		r.pass("2018-09-25 10:30")
		r.s.Swap(plan(t, 2019, contacts{}, base))
		r.pass("2018-09-25 11:00")
		if got := find(r, "air@2018-09", "").DueDate().String(); got != "2018-10-18" {
			t.Errorf("extended to 2018-10-18, it comes back due on %s", got)
		}
		var got []string
		for _, l := range r.through("2018-09-26", "2018-10-19", "09:00") {
			if strings.Contains(l, "县环保局 digest air@2018-09/") {
				got = append(got, l)
			}
		}
		diff(t, "letters", got, []string{
			"2018-10-11 09:00 县环保局 digest air@2018-09/5wd",
			"2018-10-16 09:00 县环保局 digest air@2018-09/2wd",
			"2018-10-18 09:00 县环保局 digest air@2018-09/0",
			"2018-10-19 09:00 县环保局 digest air@2018-09/late1",
		})
	})
}

// TestLateDutyMovesLater moves the due date of a duty that has been chased for long: chasing begins anew when it is
// late by the new date, and goes on where it was if another plan leaves that date alone.
func TestLateDutyMovesLater(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		base := layer("test", smallCatalogue, true)
		later := "obligations: {air: {rule: {every: month, due: {following: true, day: 31}}}}"
		r := newRig(t, st, plan(t, 2019, contacts{}, base))
		r.through("2018-09-03", "2018-10-22", "09:00") // late1 to late10
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", later, true)))
		got := r.through("2018-10-23", "2018-11-06", "09:00")
		r.s.Swap(
			plan(
				t,
				2019,
				contacts{},
				base,
				layer("override", later, true),
				layer("more", "obligations: {attendance: {disable: 误操作}}", true),
			),
		)
		got = append(got, r.through("2018-11-07", "2018-11-12", "09:00")...)
		var chased []string
		for _, l := range got {
			if strings.Contains(l, "县环保局 digest air@2018-09/") {
				chased = append(chased, l)
			}
		}
		diff(t, "letters", chased, []string{
			"2018-11-01 09:00 县环保局 digest air@2018-09/late1",
			"2018-11-06 09:00 县环保局 digest air@2018-09/late4",
			"2018-11-09 09:00 县环保局 digest air@2018-09/late7",
		})
	})
}
