package scheduler_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/notify/compose"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/report"
	"qixian/scheduler/store/storetest"
)

// ownReview is a duty that a bureau's event starts: by the table 县教育局 leads, and 县环保局 does it.
const ownReview = `
obligations:
  review: {new: true, row: 0, title: 公开前审查, clause: 谁公开谁审查, kind: after-event, rule: {after: policy-published, within: 5wd}, lead: [县教育局], responsible: [县环保局, 县财政局]`

// byLead has it as it was before an event's unit answered: the lead units close it for all.
var (
	byLead = ownReview + ", answers: lead}\n"
	byUnit = ownReview + "}\n"
)

// TestAnsweringCarriedOver opens a database of the time when the lead units answered for everything, by the version that
// lets the event's unit answer: open deadlines are the unit's, what was sent to the lead still closes them, and reports
// of months that are over stay as they were.
func TestAnsweringCarriedOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		o := storetest.Options(t, driver)
		r := openPostRoomOf(
			t,
			storetest.Reopen(t, o),
			contacts{},
			func(so *scheduler.Options) { so.Plan = replyPlan(t, byLead) },
		)
		r.deliver("2018-09-03 09:00")
		event := func(at, ref string) string {
			for _, dl := range r.event(at, rules.Event{Trigger: "policy-published", At: moment(t, at), Unit: bureau, Ref: ref}).Deadlines {
				if dl.Obligation == "review" {
					return dl.Key
				}
			}
			t.Fatal("nothing was opened")
			return ""
		}
		late, done, met := event(
			"2018-09-03 10:00",
			"late",
		), event(
			"2018-09-03 11:00",
			"done",
		), event(
			"2018-09-03 12:00",
			"met",
		)
		r.deliver("2018-09-04 09:00")
		digest := r.mail("digest/2018-09-04/县教育局")
		r.complete("2018-09-05 10:00", done, "县教育局")
		r.complete("2018-09-28 10:00", met, "县教育局")
		open := event("2018-10-29 10:00", "open")

		db, err := storetest.Dial(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		if _, err := db.ExecContext(
			t.Context(),
			"UPDATE deadlines SET answering_units = '', answered = ''",
		); err != nil {
			t.Fatal(err)
		}
		written := func() []byte {
			span := scheduler.Span{Year: 2018, Month: 9}
			b, err := r.s.Brief(t.Context(), moment(t, "2018-10-30 10:00"), span, false)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.MarshalIndent(report.New(b), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		before := written()
		if !strings.Contains(string(before), `"县教育局"`) {
			t.Fatalf("the lead counts for nothing:\n%s", before)
		}

		r.s.Swap(replyPlan(t, byUnit))
		r.deliver("2018-10-31 09:00")
		if after := written(); !bytes.Equal(before, after) {
			t.Errorf("the report of a month that is over (-was +is):\n%s", cmp.Diff(string(before), string(after)))
		}
		for key, want := range map[string][2]string{
			late: {bureau, "县教育局"}, open: {bureau, bureau}, done: {"县教育局", "县教育局"}, met: {"县教育局", "县教育局"},
		} {
			dl := find(r.rig, key, "")
			got := [2]string{strings.Join(dl.Answering, " "), strings.Join(dl.Counted(), " ")}
			if got != want {
				t.Errorf("%s is answered for by, and counts for, %v, want %v", dl.Event, got, want)
			}
		}

		// It is pressed, and the lead has a copy; the lead's mail and link of before still close it.
		if text := r.mail(
			"digest/2018-10-31/" + bureau,
		).Text; !strings.Contains(text, late) ||
			!strings.Contains(text, "〔本单位：办结〕") {
			t.Errorf("the bureau is asked:\n%s", text)
		}
		v, err := r.s.Look(t.Context(), moment(t, "2018-10-31 10:00"), late, "县教育局")
		if err != nil || !v.Answers {
			t.Errorf("the lead's link shows %v, %v", v.Answers, err)
		}
		r.reply("2018-10-31 10:00", r.answer(digest, "办结 "+late+" "+page1))
		if dl := find(r.rig, late, ""); dl.State != scheduler.Done {
			t.Errorf("closed by the lead's old mail it is %s", dl.State)
		}
		fresh := event("2018-10-31 11:00", "fresh")
		if _, err := r.s.Complete(
			t.Context(),
			moment(t, "2018-10-31 12:00"),
			"clerk",
			fresh,
			"县教育局",
			page1+"?2",
			"",
		); !errors.Is(
			err,
			scheduler.ErrNotAnswering,
		) {
			t.Errorf("the lead closes what is not its own: %v", err)
		}
		r.complete("2018-10-31 12:00", fresh, bureau)

		// Back again: who answered when a month closed is kept through any number of changes.
		r.s.Swap(replyPlan(t, byLead))
		r.deliver("2018-12-03 09:00")
		if dl := find(
			r.rig,
			open,
			"",
		); strings.Join(dl.Answering, "") != "县教育局" ||
			strings.Join(dl.Counted(), "") != bureau {
			t.Errorf("after another change it is answered for by %v and counts for %v", dl.Answering, dl.Counted())
		}
	})
}

// replyPlan is an override of the small catalogue, with mails that may be replied to.
func replyPlan(t *testing.T, text string) *scheduler.Plan {
	t.Helper()
	p := overridden(t, text)
	composer, err := compose.New(compose.Options{Replies: true})
	if err != nil {
		t.Fatal(err)
	}
	p.Composer = composer
	return p
}

// TestLeadTold tells a lead unit that does not answer of what is late, in copy, and once of what is done, and of nothing
// else; a unit that takes part the first stage and the day.
func TestLeadTold(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, overridden(t, byUnit))
		r.pass("2018-09-03 09:00")
		key := ""
		for _, dl := range r.event("2018-09-03 10:00", rules.Event{Trigger: "policy-published", At: moment(t, "2018-09-03 09:30"), Unit: bureau}).Deadlines {
			if dl.Obligation == "review" {
				key = dl.Key
			}
		}
		about := func(ls []string) []string {
			var got []string
			for _, l := range ls {
				if at := strings.Index(l, "digest"); strings.Contains(l, key) {
					unit := strings.Fields(l)[2]
					for _, item := range strings.Fields(l[at:])[1:] {
						if stage, ok := strings.CutPrefix(item, key); ok {
							got = append(got, strings.Fields(l)[0]+" "+unit+" "+stage)
						}
					}
				}
			}
			return got
		}
		got := about(r.through("2018-09-04", "2018-09-13", "09:00"))
		diff(t, "told until it is late", got, []string{
			"2018-09-04 县环保局 /record", "2018-09-07 县环保局 /1wd", "2018-09-10 县环保局 /0",
			"2018-09-11 县政府办公室 /late1", "2018-09-11 县教育局 /late1", "2018-09-11 县环保局 /late1",
		})
		r.complete("2018-09-13 10:00", key, bureau)
		diff(
			t,
			"told of its end",
			about(r.through("2018-09-14", "2018-09-20", "09:00")),
			[]string{"2018-09-14 县教育局 /done"},
		)
		last := ""
		for _, l := range r.letters {
			if l.Unit == "县教育局" && strings.Contains(l.Subject, "办结") {
				last = l.Message.Text
			}
		}
		for _, want := range []string{"■ 已办结（1项）", "逾期办结", "办结日期：2018年9月13日（星期四）", "办结单位：县环保局", "已办结，无须办理"} {
			if !strings.Contains(last, want) {
				t.Errorf("want %s in\n%s", want, last)
			}
		}
		if _, err := r.s.Undo(t.Context(), moment(t, "2018-09-20 10:00"), "clerk", key, bureau, "登记有误"); err != nil {
			t.Fatal(err)
		}
		r.complete("2018-09-20 11:00", key, bureau)
		diff(t, "told of its end again", about(r.through("2018-09-21", "2018-09-25", "09:00")), nil)
	})
}
