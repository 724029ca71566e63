package scheduler_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// TestEvents records a policy on the eve of Spring Festival: due on the make-up Saturday after it, once however often
// it is recorded.
func TestEvents(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, small(t, 2019, contacts{}))
		r.pass("2018-02-01 09:00")
		e := rules.Event{
			Trigger: "policy-published",
			At:      moment(t, "2018-02-14 10:00"),
			Unit:    "县环保局",
			Ref:     "宁政发〔2018〕3号",
			Title:   "某某办法",
		}
		rec := r.event("2018-02-14 11:00", e)
		if !rec.New || len(rec.Deadlines) != 1 || rec.Deadlines[0].DueDate().String() != "2018-02-24" {
			t.Fatalf("recorded %+v", rec)
		}
		if d := rec.Deadlines[0]; strings.Join(d.Told(), " ") != "县环保局" {
			t.Errorf("told: %v", d.Told())
		}
		if again := r.event("2018-02-15 11:00", e); again.New || again.Deadlines != nil {
			t.Errorf("the same event again is %+v", again)
		}
		e.At = moment(t, "2018-02-13 10:00")
		_, err := r.s.AddEvents(t.Context(), moment(t, "2018-02-15 11:00"), "clerk", []rules.Event{e})
		if err == nil || !strings.Contains(err.Error(), "2018-02-14 10:00") {
			t.Errorf("another time for the same event: %v", err)
		}
		var got []string
		for _, at := range []string{"2018-02-15 09:00", "2018-02-22 09:00", "2018-02-23 09:00", "2018-02-24 09:00"} {
			got = append(got, r.pass(at)...)
		}
		key := rec.Deadlines[0].Key
		diff(t, "letters", got, []string{
			"2018-02-22 09:00 县环保局 digest " + key + "/record air@2018-02/5wd",
			"2018-02-22 09:00 县财政局 digest air@2018-02/5wd",
			"2018-02-23 09:00 县环保局 digest " + key + "/1wd",
			"2018-02-24 09:00 县环保局 digest " + key + "/0",
		})
	})
}

// TestOldEvent has an event on record from when IDs were short, under a unit's former name: it is found by its content,
// is not recorded again, and what it has opened goes on under its old key.
func TestOldEvent(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		e := rules.Event{
			Trigger: "policy-published",
			At:      moment(t, "2018-03-01 10:00"),
			Unit:    "县教育局",
			Ref:     "宁政发〔2018〕3号",
			Title:   "某某办法",
		}
		key := "interpretation@" + e.OldID()
		old := scheduler.Deadline{
			Key:        key,
			Obligation: "interpretation",
			Rule:       "interpretation",
			Kind:       rules.AfterEvent,
			Title:      "政策解读材料",
			Event:      e.OldID(),
			Due: rules.Due{
				Date:     date(t, "2018-03-05"),
				Earliest: date(t, "2018-03-05"),
			},
			State:  scheduler.Open,
			Lead:   []string{"县教育局"},
			Needed: 1,
		}
		if err := st.AddEvents(
			t.Context(),
			[]scheduler.Event{{ID: e.OldID(), Event: e}},
			[]scheduler.Deadline{old},
			nil,
			nil,
		); err != nil {
			t.Fatal(err)
		}
		renamed := strings.Replace(
			smallCatalogue,
			"县教育局: {full_name: 宁阳县教育局}",
			"县教体局: {full_name: 宁阳县教体局, aliases: [县教育局]}",
			1,
		)
		r := newRig(t, st, plan(t, 2019, contacts{}, layer("test", renamed, true)))
		r.pass("2018-03-01 11:00")
		e.Unit = "县教体局"
		if again := r.event("2018-03-01 12:00", e); again.New || again.ID != old.Event {
			t.Errorf("recorded again: %+v", again)
		}
		for _, c := range []struct {
			at, title, want string
		}{
			{"2018-03-01 10:00", "", ""},
			{"2018-03-02 10:00", "某某办法", "is on record for 2018-03-01 10:00, not 2018-03-02 10:00"},
			{"2018-03-01 10:00", "别的办法", `is on record with the title "某某办法", not "别的办法"`},
		} {
			again := e
			again.At, again.Title = moment(t, c.at), c.title
			_, err := r.s.AddEvents(t.Context(), moment(t, "2018-03-02 12:00"), "clerk", []rules.Event{again})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("at %s, %q: %v, want %q", c.at, c.title, err, c.want)
			}
		}
		d := find(r, key, "")
		if d.DueDate().String() != "2018-03-06" || d.Lead[0] != "县教体局" {
			t.Errorf("recomputed, it is due on %s, led by %v", d.DueDate(), d.Lead)
		}
		if c := r.complete("2018-03-05 10:00", key, "县教体局"); !c.Closed {
			t.Errorf("completed %+v", c)
		}
		if ds := onRecord(
			r,
		); slices.ContainsFunc(
			ds,
			func(d scheduler.Deadline) bool { return d.Rule == "interpretation" && d.Key != key },
		) {
			t.Error("the event has opened another deadline")
		}
	})
}

// TestEventAtOnce records one event in two processes in the same instant, the second with another time: it is told so.
func TestEventAtOnce(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		w := &meanwhile{Store: st}
		r, other := newRig(t, w, small(t, 2019, contacts{})), newRig(t, st, small(t, 2019, contacts{}))
		r.pass("2018-03-01 09:00")
		e := rules.Event{Trigger: "policy-published", At: moment(t, "2018-03-01 10:00"), Ref: "1"}
		theirs := e
		w.listed = func() { other.event("2018-03-01 10:00", theirs) }
		e.At = moment(t, "2018-03-01 09:00")
		_, err := r.s.AddEvents(t.Context(), moment(t, "2018-03-01 10:00"), "clerk", []rules.Event{e})
		if err == nil || !strings.Contains(err.Error(), "is on record for 2018-03-01 10:00") {
			t.Errorf("another time in the same instant: %v", err)
		}
		w.listed = func() { other.event("2018-03-01 10:30", rules.Event{Trigger: "policy-published", At: e.At, Ref: "2"}) }
		e.Ref = "2"
		if again := r.event("2018-03-01 10:30", e); again.New {
			t.Errorf("recorded twice: %+v", again)
		}
	})
}

// TestEventsRefused records nothing of a batch with a mistake, and says what is wrong with each.
func TestEventsRefused(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	at := moment(t, "2018-03-01 09:00")
	_, err := r.s.AddEvents(t.Context(), at, "clerk", []rules.Event{
		{Trigger: "policy-published", At: at},
		{Trigger: "policy-publishd", At: at},
		{Trigger: "recall-ordered", At: at, Unit: "县食药局"},
		{Trigger: "recall-ordered"},
	})
	var got []string
	for _, e := range joined(err) {
		got = append(got, e.Error())
	}
	diff(t, "errors", got, []string{
		`unknown trigger "policy-publishd"; did you mean "policy-published"?`,
		`unknown unit "县食药局"; did you mean "县食药监局"?`,
		"the event has no time; want when it happened, or is planned for",
	})
	es, err := r.store.Events(t.Context(), 0)
	if err != nil || len(es) != 0 {
		t.Errorf("%d events of a refused batch are on record: %v", len(es), err)
	}
}

func joined(err error) []*scheduler.EventError {
	var out []*scheduler.EventError
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range j.Unwrap() {
			if one, ok := errors.AsType[*scheduler.EventError](e); ok {
				out = append(out, one)
			}
		}
	}
	return out
}

// TestEventAhead records events of days to come: only what is planned, as something is to be done before it, may lie
// more than a day ahead.
func TestEventAhead(t *testing.T) {
	p := overridden(t, `
triggers:
  decision-planned: {title: 重大决策作出}
  session-planned: {title: 会议召开}
  old-plan: {title: 旧计划}
obligations:
  hearing: {new: true, row: 0, title: 决策公开征求意见, clause: 决策前, kind: before-event, rule: {before: decision-planned, ahead: 5wd}, lead: [县财政局], responsible: []}
  agenda: {new: true, row: 0, title: 议题公开, clause: 会前, kind: before-event, rule: {before: session-planned}, lead: [县财政局], responsible: []}
  off: {new: true, row: 0, title: 停用, clause: 事前, kind: before-event, rule: {before: old-plan}, lead: [县财政局], responsible: [], disable: 停用}
`)
	r := newRig(t, storetest.Open(t, "sqlite"), p)
	r.pass("2018-03-01 09:00")
	for _, c := range []struct{ trigger, at, want string }{
		{"policy-published", "2018-03-02 09:00", ""},
		{"policy-published", "2018-03-02 09:01", "policy-published at 2018-03-02 has not happened yet, and nothing in force is to be done before policy-published"},
		{"policy-published", "2081-03-01 09:00", "policy-published at 2081-03-01 has not happened yet"},
		{"decision-planned", "2018-06-01 09:00", ""},
		{"session-planned", "2018-03-05 09:00", ""},
		{"old-plan", "2018-06-01 09:00", "old-plan at 2018-06-01 has not happened yet"},
	} {
		e := rules.Event{Trigger: c.trigger, At: moment(t, c.at)}
		_, err := r.s.AddEvents(t.Context(), moment(t, "2018-03-01 09:00"), "clerk", []rules.Event{e})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s at %s: %v, want %q", c.trigger, c.at, err, c.want)
		}
	}
}

// TestBackdated records an event whose time ran out long ago: it is late from the start, and chased once a day, not for
// every stage missed.
func TestBackdated(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-03-01 08:00")
	rec := r.event(
		"2018-03-20 10:00",
		rules.Event{Trigger: "policy-published", At: moment(t, "2018-03-05 10:00"), Unit: "县教育局"},
	)
	key := rec.Deadlines[0].Key
	got := r.through("2018-03-20", "2018-03-23", "10:01")
	diff(t, "letters", only(got, notify.Digest), []string{
		"2018-03-20 10:01 县政府办公室 digest " + key + "/late1",
		"2018-03-20 10:01 县教育局 digest " + key + "/late1",
		"2018-03-22 10:01 县政府办公室 digest " + key + "/late10",
		"2018-03-22 10:01 县教育局 digest " + key + "/late10",
		"2018-03-23 10:01 县环保局 digest air@2018-03/5wd",
		"2018-03-23 10:01 县财政局 digest air@2018-03/5wd",
	})
	past := r.event(
		"2018-03-23 11:00",
		rules.Event{Trigger: "policy-published", At: moment(t, "2018-02-05 10:00"), Unit: "县教育局"},
	)
	if len(past.Deadlines) != 1 || len(past.Past) != 0 {
		t.Fatalf("due before the first day: opened %d, past %v", len(past.Deadlines), past.Past)
	}
	key = past.Deadlines[0].Key
	if got := light(r, "2018-03-23 11:00", key); got != scheduler.Red {
		t.Errorf("it is %s", got)
	}
	diff(t, "letters", about(r.through("2018-03-26", "2018-03-26", "09:00"), key), []string{
		"2018-03-26 09:00 县政府办公室 digest " + key + "/late1",
		"2018-03-26 09:00 县教育局 digest " + key + "/late1",
	})
	b, err := r.s.Brief(
		t.Context(),
		moment(t, "2018-03-26 10:00"),
		scheduler.Span{Year: 2018, Month: time.February},
		false,
	)
	if err != nil || len(b.Accounts) != 1 || b.Accounts[0].Key != key || b.Since != date(t, "2018-03-01") {
		t.Errorf("reported: %+v, %v", b, err)
	}
}

// light is how a deadline stands at a time.
func light(r *rig, at, key string) scheduler.Light {
	r.t.Helper()
	st, err := r.s.Status(r.t.Context(), moment(r.t, at), scheduler.Filter{})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, row := range st.Rows {
		if row.Key == key {
			return row.Light
		}
	}
	return ""
}

// TestBatchPastDue records many events at once, most of which were due long ago: that is refused unless somebody says
// what it means. Opened as late, they bring each unit one letter and the office one; done already, nobody hears of
// them.
func TestBatchPastDue(t *testing.T) {
	const now = "2018-09-04 10:00"
	var batch []rules.Event
	for i := range 90 { // by the day and by the hour; ten are still to come
		e := rules.Event{
			Trigger: "policy-published",
			At:      moment(t, "2018-03-05 10:00"),
			Unit:    []string{"县教育局", "县环保局"}[i%2],
			Ref:     fmt.Sprint(i),
		}
		switch {
		case i >= 80:
			e.At = moment(t, "2018-09-04 09:00")
		case i >= 40:
			e = rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-08-01 10:00"), Ref: fmt.Sprint(i)}
		}
		batch = append(batch, e)
	}
	start := func(t *testing.T) *rig {
		t.Helper()
		r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
		r.pass("2018-09-03 09:00")
		return r
	}
	opened := func(recorded []scheduler.Recorded) (open, past int) {
		for _, r := range recorded {
			open, past = open+len(r.Deadlines), past+len(r.Past)
		}
		return open, past
	}
	t.Run("refused", func(t *testing.T) {
		r := start(t)
		_, err := r.s.AddBatch(t.Context(), moment(t, now), "clerk", batch, scheduler.PastRefused)
		refused, ok := errors.AsType[*scheduler.PastError](err)
		if !ok || *refused != (scheduler.PastError{Events: 80, Deadlines: 80, First: date(t, "2018-03-08")}) {
			t.Errorf("%v", err)
		}
		if es, err := r.store.Events(t.Context(), 0); len(es) != 0 || err != nil {
			t.Errorf("recorded %d events, %v", len(es), err)
		}
		recorded, err := r.s.AddBatch(t.Context(), moment(t, now), "clerk", batch[80:], scheduler.PastRefused)
		if open, past := opened(recorded); err != nil || open != 10 || past != 0 {
			t.Errorf("what is not due yet: %d open, %d past, %v", open, past, err)
		}
	})
	t.Run("late", func(t *testing.T) {
		r := start(t)
		recorded, err := r.s.AddBatch(t.Context(), moment(t, now), "clerk", batch, scheduler.PastLate)
		if open, past := opened(recorded); err != nil || open != 90 || past != 0 {
			t.Fatalf("%d open, %d past, %v", open, past, err)
		}
		letters := map[string]int{}
		for _, at := range []string{"2018-09-04 10:01", "2018-09-04 17:00"} {
			for _, l := range r.passAt(moment(t, at)) {
				letters[l.Unit]++
				if l.Unit == office && len(l.Items) != 80 {
					t.Errorf("the office hears of %d", len(l.Items))
				}
			}
		}
		if d := cmp.Diff(map[string]int{office: 1, "县教育局": 1, "县环保局": 1, "县食药监局": 1}, letters); d != "" {
			t.Errorf("letters (-want +got):\n%s", d)
		}
		if got := light(r, now, recorded[0].Deadlines[0].Key); got != scheduler.Red {
			t.Errorf("it is %s", got)
		}
		again, err := r.s.AddBatch(t.Context(), moment(t, "2018-09-04 17:01"), "clerk", batch, scheduler.PastRefused)
		if err != nil || again[0].New {
			t.Errorf("once more: %+v, %v", again, err)
		}
	})
	t.Run("done", func(t *testing.T) {
		r := start(t)
		recorded, err := r.s.AddBatch(t.Context(), moment(t, now), "clerk", batch, scheduler.PastDone)
		if open, past := opened(recorded); err != nil || open != 10 || past != 80 {
			t.Fatalf("%d open, %d past, %v", open, past, err)
		}
		for _, l := range r.passAt(moment(t, "2018-09-05 09:00")) {
			for _, it := range l.Items {
				if strings.HasPrefix(it.Stage, "late") {
					t.Errorf("pressed: %s", lines([]scheduler.Letter{l}))
				}
			}
		}
	})
}

// TestChain follows the enrolment: its publication starts the time on show, which may not be closed early and closes
// itself.
func TestChain(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, small(t, 2019, contacts{}))
		r.pass("2018-08-01 09:00")
		rec := r.event(
			"2018-08-20 10:00",
			rules.Event{Trigger: "enrolment-closed", At: moment(t, "2018-08-20 10:00"), Ref: "2018"},
		)
		done := r.complete("2018-08-24 15:00", rec.Deadlines[0].Key, "县教育局")
		if !done.Closed || done.Late || len(done.Opened) != 1 || done.Opened[0].DueDate().String() != "2018-09-04" {
			t.Fatalf("completed %+v", done)
		}
		show := done.Opened[0].Key
		_, err := r.s.Complete(
			t.Context(),
			moment(t, "2018-08-30 09:00"),
			"clerk",
			show,
			"",
			"https://www.example.invalid/2",
			"",
		)
		if err == nil || !strings.Contains(err.Error(), "on show until the end of 2018-09-04") {
			t.Errorf("closed early: %v", err)
		}
		got := only(r.through("2018-08-25", "2018-09-07", "00:00", "09:00"), notify.Digest)
		diff(t, "letters", got, []string{
			"2018-08-27 09:00 县教育局 digest " + show + "/record",
			"2018-08-27 09:00 县环保局 digest air@2018-08/5wd",
			"2018-08-27 09:00 县财政局 digest air@2018-08/5wd",
			"2018-08-29 09:00 县环保局 digest air@2018-08/2wd",
			"2018-08-31 09:00 县环保局 digest air@2018-08/0",
			"2018-08-31 09:00 县财政局 digest air@2018-08/0",
			"2018-09-03 09:00 县政府办公室 digest air@2018-08/late1",
			"2018-09-03 09:00 县环保局 digest air@2018-08/late1",
			"2018-09-04 09:00 县教育局 digest " + show + "/0",
			"2018-09-06 09:00 县政府办公室 digest air@2018-08/late4",
			"2018-09-06 09:00 县环保局 digest air@2018-08/late4",
		})
		if d := find(r, show, ""); d.State != scheduler.Done || d.Late {
			t.Errorf("after its time on show: %s, late %t", d.State, d.Late)
		}
		if again, err := r.s.Complete(
			t.Context(),
			moment(t, "2018-08-25 09:00"),
			"clerk",
			rec.Deadlines[0].Key,
			"",
			"https://www.example.invalid/1",
			"",
		); !errors.Is(
			err,
			scheduler.ErrClosed,
		) {
			t.Errorf("completed again: %+v, %v", again, err)
		}
	})
}

// TestCompletionRefused says why a person's word is refused.
func TestCompletionRefused(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-09-03 09:00")
	const link = "https://www.example.invalid/1"
	for _, c := range []struct{ key, unit, link, want string }{
		{"air@2018-07", "", link, "no such deadline"},
		{"air@2018-09", "县财政局", link, "only the answering unit closes it: 县环保局, not 县财政局"},
		{"air@2018-09", "县财局", link, `unknown unit "县财局"; did you mean "县财政局"?`},
		{"air@2018-09", "", "", "want the published URL"},
		{"air@2018-09", "", "www.example.invalid", "want a URL that begins with http:// or https://"},
		{"attendance@2018", "", link, "name one of: 县教育局, 县财政局"},
		{"attendance@2018", "县环保局", link, "no such deadline of 县环保局; open for: 县教育局, 县财政局"},
	} {
		_, err := r.s.Complete(t.Context(), moment(t, "2018-09-03 10:00"), "clerk", c.key, c.unit, c.link, "")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("complete %s for %q with %q: %v, want %q", c.key, c.unit, c.link, err, c.want)
		}
	}
}

// TestSaidTwice counts one publication once, however often it is given, also when two clerks give it in the same
// instant.
func TestSaidTwice(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		w := &meanwhile{Store: st}
		quota := strings.Replace(meetings, "at_least: 2", "at_least: 5", 1)
		r, other := newRig(t, w, overridden(t, quota)), newRig(t, st, overridden(t, quota))
		r.pass("2018-09-03 09:00")
		const link = "https://www.example.invalid/1"
		w.found = func() { other.complete("2018-09-03 10:00", "meeting.hold@2018", "") }
		for _, c := range []struct {
			link, note, want string
		}{
			{link, "", "on record already, since 2018-09-03 by clerk"},
			{" HTTPS" + link[len("https"):] + "/", "", "on record already, since 2018-09-03 by clerk"},
			{link + "/", "第二次", "on record already, since 2018-09-03 by clerk"},
			{"", "第二次", ""},
			{"", " 第二次", `"第二次" is on record already, since 2018-09-04 by clerk`},
			{link + "/2", "第二次", ""},
		} {
			_, err := r.s.Complete(
				t.Context(),
				moment(t, "2018-09-04 10:00"),
				"clerk",
				"meeting.hold@2018",
				"",
				c.link,
				c.note,
			)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("complete with %q, %q: %v, want %q", c.link, c.note, err, c.want)
			}
		}
		if d := find(r, "meeting.hold@2018", ""); d.Completions != 3 || d.State != scheduler.Open {
			t.Errorf("it is %s with %d", d.State, d.Completions)
		}
	})
}

// TestLateStaysLate completes after due, with a note in the place of a link.
func TestLateStaysLate(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-09-03 09:00")
	done, err := r.s.Complete(t.Context(), moment(t, "2018-10-01 00:00"), "clerk", "air@2018-09", "", "", "已张贴")
	if err != nil || !done.Closed || !done.Late {
		t.Errorf("completed %+v, %v", done, err)
	}
	if d := find(r, "air@2018-09", ""); d.State != scheduler.Done || !d.Late {
		t.Errorf("on record: %s, late %t", d.State, d.Late)
	}
}

// TestExtension moves an overdue duty on: the chasing stops, the stages begin anew, and everybody is told.
func TestExtension(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, small(t, 2019, contacts{}))
		r.through("2018-09-25", "2018-10-08", "09:00")
		ctx, now := t.Context(), moment(t, "2018-10-08 20:00")
		for _, c := range []struct{ to, reason, want string }{
			{"2018-09-30", "x", "due on 2018-09-30 already"},
			{"2018-10-06", "x", "2018-10-06 is past"},
			{"2018-10-26", " ", "want a reason"},
		} {
			if _, err := r.s.Extend(
				ctx,
				now,
				"office",
				"air@2018-09",
				"",
				date(t, c.to),
				c.reason,
			); err == nil ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("extend to %s: %v, want %q", c.to, err, c.want)
			}
		}
		d, err := r.s.Extend(ctx, now, "office", "air@2018-09", "", date(t, "2018-10-18"), "监测站检修")
		if err != nil || d.DueDate().String() != "2018-10-18" {
			t.Fatalf("extended to %s, %v", d.DueDate(), err)
		}
		got := r.through("2018-10-09", "2018-10-22", "09:00")
		diff(t, "letters", got, []string{
			"2018-10-09 09:00 县环保局 correction air@2018-09/extended-2018-09-30",
			"2018-10-09 09:00 县财政局 correction air@2018-09/extended-2018-09-30",
			"2018-10-11 09:00 县环保局 digest air@2018-09/5wd",
			"2018-10-11 09:00 县财政局 digest air@2018-09/5wd",
			"2018-10-16 09:00 县环保局 digest air@2018-09/2wd",
			"2018-10-18 09:00 县环保局 digest air@2018-09/0",
			"2018-10-18 09:00 县财政局 digest air@2018-09/0",
			"2018-10-19 09:00 县政府办公室 digest air@2018-09/late1",
			"2018-10-19 09:00 县环保局 digest air@2018-09/late1",
		})
		told, err := r.s.Mail(ctx, "correction/2018-10-09/县环保局")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"到期：2018年10月18日", "   延期理由：监测站检修\n", "   原期限由来：9月"} {
			if !strings.Contains(told.Text, want) {
				t.Errorf("want %q in\n%s", want, told.Text)
			}
		}
	})
}

// TestExtendedAndReloaded loads another plan while an extension runs: the extended date stands, and no stage comes
// twice.
func TestExtendedAndReloaded(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2018, contacts{}))
	r.through("2018-09-25", "2018-10-08", "09:00")
	if _, err := r.s.Extend(
		t.Context(),
		moment(t, "2018-10-08 20:00"),
		"office",
		"air@2018-09",
		"",
		date(t, "2018-10-18"),
		"监测站检修",
	); err != nil {
		t.Fatal(err)
	}
	r.through("2018-10-09", "2018-10-12", "09:00")
	r.s.Swap(small(t, 2019, contacts{}))
	got := only(r.through("2018-10-13", "2018-10-18", "09:00"), notify.Digest)
	diff(t, "letters", got, []string{
		"2018-10-16 09:00 县环保局 digest air@2018-09/2wd",
		"2018-10-18 09:00 县环保局 digest air@2018-09/0",
		"2018-10-18 09:00 县财政局 digest air@2018-09/0",
	})
}
