package scheduler_test

import (
	"errors"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
)

// about keeps the letters that name a key.
func about(ls []string, key string) []string {
	out := []string{}
	for _, l := range ls {
		if strings.Contains(l, key) {
			out = append(out, l)
		}
	}
	return out
}

// TestWithdrawEvent withdraws an event of which one unit has done its part, one was told and one was not yet: what is
// done stays, who was told is told of that once, and a reload does not bring it back, but recording the event again
// does.
func TestWithdrawEvent(t *testing.T) {
	towns := `
obligations:
  town: {new: true, row: 0, title: 各单位公开, clause: 5个工作日内, kind: after-event, rule: {after: recall-ordered, within: 5wd}, lead: [县财政局, 县教育局], responsible: [], per: unit}
`
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, overridden(t, towns))
		r.pass("2018-09-03 09:00")
		e := rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-09-03 10:00"), Ref: "1", Title: "某批次"}
		rec := r.event("2018-09-03 10:00", e)
		key := "town@" + rec.ID
		r.through("2018-09-03", "2018-09-04", "10:01")
		r.complete("2018-09-05 10:00", key, "县财政局")
		ctx, now := t.Context(), moment(t, "2018-09-05 11:00")
		if _, err := r.s.WithdrawEvent(
			ctx,
			now,
			"clerk",
			rec.ID,
			" ",
		); err == nil ||
			!strings.Contains(err.Error(), "want a reason") {
			t.Errorf("without a reason: %v", err)
		}
		if _, err := r.s.WithdrawEvent(
			ctx,
			now,
			"clerk",
			"e00000000000000000000",
			"误录",
		); !errors.Is(
			err,
			scheduler.ErrNoEvent,
		) {
			t.Errorf("what is not on record: %v", err)
		}
		out, err := r.s.WithdrawEvent(ctx, now, "clerk", rec.ID, "批次录错")
		if err != nil || len(out.Withdrawn) != 2 || len(out.Kept) != 1 || out.Kept[0].Unit != "县财政局" {
			t.Fatalf("withdrawn %+v, %v", out, err)
		}
		diff(t, "told", about(r.pass("2018-09-06 09:00"), rec.ID), []string{
			"2018-09-06 09:00 县教育局 correction " + key + "/withdrawn-2018-09-10",
			"2018-09-06 09:00 县食药监局 correction recall@" + rec.ID + "/withdrawn-2018-09-04T10:00",
		})
		last := r.letters[len(r.letters)-1]
		if last.Kind != notify.Correction || !strings.Contains(last.Message.Text, "撤销原因：批次录错") ||
			!strings.Contains(last.Message.Subject, "已撤销") {
			t.Errorf("the letter:\n%s\n%s", last.Message.Subject, last.Message.Text)
		}
		r.s.Swap(overridden(t, towns+"  air: {disable: 试验}\n"))
		diff(t, "after a reload", about(r.through("2018-09-06", "2018-09-12", "09:01"), rec.ID), []string{})
		for unit, want := range map[string]scheduler.State{"县财政局": scheduler.Done, "县教育局": scheduler.Withdrawn} {
			if got := find(r, key, unit).State; got != want {
				t.Errorf("%s has it %s, want %s", unit, got, want)
			}
		}
		if _, err := r.s.WithdrawEvent(
			ctx,
			now,
			"clerk",
			rec.ID,
			"批次录错",
		); !errors.Is(err, scheduler.ErrNoEvent) ||
			!strings.Contains(err.Error(), "批次录错") {
			t.Errorf("withdrawn again: %v", err)
		}
		again := r.event("2018-09-12 10:00", e)
		if !again.New || again.ID != rec.ID || find(r, key, "县教育局").State != scheduler.Open ||
			find(r, key, "县财政局").State != scheduler.Done {
			t.Errorf("recorded again: %+v", again)
		}
	})
}

// TestMoveEvent moves what is planned: what is to be done before it falls due accordingly, and the units are told why;
// moved without a ref, it is the same event still.
func TestMoveEvent(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		p := overridden(t, `
triggers:
  decision-planned: {title: 重大决策作出}
obligations:
  hearing: {new: true, row: 0, title: 决策公开征求意见, clause: 决策前, kind: before-event, rule: {before: decision-planned, ahead: 5wd}, lead: [县财政局], responsible: []}
`)
		w := &meanwhile{Store: st}
		r, other := newRig(t, w, p), newRig(t, st, p)
		r.pass("2018-09-03 09:00")
		rec := r.event("2018-09-03 10:00", rules.Event{Trigger: "decision-planned", At: moment(t, "2018-09-28 10:00")})
		key := rec.Deadlines[0].Key
		r.pass("2018-09-04 09:00")
		ctx, now := t.Context(), moment(t, "2018-09-04 10:00")
		// and somebody extends it in the same instant
		w.listed = func() { other.extend("2018-09-04 10:00", key, "2018-10-17") }
		out, err := r.s.MoveEvent(ctx, now, "clerk", rec.ID, moment(t, "2018-10-26 10:00"), "会期推迟")
		if err != nil || len(out.Moved) != 1 {
			t.Fatalf("moved %+v, %v", out, err)
		}
		d := find(r, key, "")
		if d.Due.Date.String() != "2018-10-19" || !d.ExtendedTo.IsZero() {
			t.Errorf("due on %s, extended to %q", d.Due.Date, d.ExtendedTo)
		}
		r.pass("2018-09-05 09:00")
		last := r.letters[len(r.letters)-1]
		if last.Kind != notify.Correction || len(last.Items) != 1 {
			t.Errorf("told %s", lines(r.letters[len(r.letters)-1:]))
		}
		same := r.event("2018-09-05 10:00", rules.Event{Trigger: "decision-planned", At: moment(t, "2018-10-26 10:00")})
		if same.New || same.ID != rec.ID {
			t.Errorf("recorded again at its new time: %+v", same)
		}
		again := moment(t, "2018-09-05 10:00")
		if _, err := r.s.MoveEvent(
			ctx,
			again,
			"clerk",
			rec.ID,
			moment(t, "2018-10-26 10:00"),
			"会期推迟",
		); err == nil ||
			!strings.Contains(err.Error(), "already") {
			t.Errorf("moved to where it is: %v", err)
		}
	})
}

// TestUndo takes a completion back that was recorded by mistake: the duty is open again with what it still has to tell,
// what had followed is withdrawn, and done again it starts anew.
func TestUndo(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, overridden(t, meetings))
		r.through("2018-09-03", "2018-09-25", "09:00")
		r.complete("2018-09-25 10:00", "air@2018-09", "县环保局")
		ctx := t.Context()
		if _, err := r.s.Undo(
			ctx,
			moment(t, "2018-09-28 10:00"),
			"clerk",
			"air@2018-10",
			"",
			"误登",
		); err == nil ||
			!strings.Contains(err.Error(), "no completion") {
			t.Errorf("of what is not done: %v", err)
		}
		if _, err := r.s.Undo(
			ctx,
			moment(t, "2018-09-28 10:00"),
			"clerk",
			"air@2018-09",
			"",
			"",
		); err == nil ||
			!strings.Contains(err.Error(), "want a reason") {
			t.Errorf("without a reason: %v", err)
		}
		out, err := r.s.Undo(ctx, moment(t, "2018-09-28 10:00"), "clerk", "air@2018-09", "", "链接是八月的")
		if err != nil || out.URL != "https://www.example.invalid/1" || out.Deadline.State != scheduler.Open {
			t.Fatalf("undone %+v, %v", out, err)
		}
		diff(t, "letters", about(r.through("2018-09-28", "2018-09-30", "10:01"), "air@2018-09"), []string{
			"2018-09-28 10:01 县环保局 digest air@2018-09/2wd",
			"2018-09-30 10:01 县环保局 digest air@2018-09/0",
			"2018-09-30 10:01 县财政局 digest air@2018-09/0",
		})
		if c, err := r.s.Complete(
			ctx,
			moment(t, "2018-09-30 11:00"),
			"clerk",
			"air@2018-09",
			"",
			"https://www.example.invalid/1",
			"",
		); err != nil ||
			!c.Closed {
			t.Errorf("done again with the same link: %+v, %v", c, err)
		}

		r.complete("2018-09-30 12:00", "meeting.hold@2018", "")
		follow := r.complete("2018-09-30 13:00", "meeting.hold@2018", "").Opened[0]
		out, err = r.s.Undo(ctx, moment(t, "2018-09-30 14:00"), "clerk", "meeting.hold@2018", "", "会议未开成")
		if err != nil || out.Deadline.Completions != 1 || len(out.Withdrawn) != 1 {
			t.Fatalf("undone %+v, %v", out, err)
		}
		if got := find(r, follow.Key, "").State; got != scheduler.Withdrawn {
			t.Errorf("what had followed is %s", got)
		}
		again := r.complete("2018-10-15 10:00", "meeting.hold@2018", "")
		if d := find(
			r,
			follow.Key,
			"",
		); !again.Closed || d.State != scheduler.Open ||
			d.DueDate().String() != "2018-10-22" {
			t.Errorf("done again: %+v; what follows is %s, due on %s", again, d.State, d.DueDate())
		}
	})
}
