package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// meanwhile runs something once between a reading and what is written after it, as another process may.
type meanwhile struct {
	scheduler.Store
	do     func() // after the open deadlines were read
	found  func() // after a deadline was looked for
	fell   func() // after the failed messages were
	listed func() // after the events were listed
	ripe   func() // after the reminders of hour rules were
}

func (s *meanwhile) Ripe(ctx context.Context, now time.Time, immediate bool, f func([]scheduler.Ripe) error) error {
	return s.Store.Ripe(ctx, now, immediate, func(ripe []scheduler.Ripe) error {
		if seen := s.ripe; seen != nil && immediate {
			s.ripe = nil
			seen()
		}
		return f(ripe)
	})
}

func (s *meanwhile) Events(ctx context.Context, limit int) ([]scheduler.Event, error) {
	es, err := s.Store.Events(ctx, limit)
	if listed := s.listed; listed != nil {
		s.listed = nil
		listed()
	}
	return es, err
}

func (s *meanwhile) Failed(ctx context.Context) ([]notify.Message, error) {
	ms, err := s.Store.Failed(ctx)
	if fell := s.fell; fell != nil {
		s.fell = nil
		fell()
	}
	return ms, err
}

func (s *meanwhile) OpenDeadlines(ctx context.Context, after int64, limit int) ([]scheduler.Deadline, error) {
	ds, err := s.Store.OpenDeadlines(ctx, after, limit)
	if do := s.do; do != nil && len(ds) > 0 {
		s.do = nil
		do()
	}
	return ds, err
}

func (s *meanwhile) Find(ctx context.Context, key, unit string) ([]scheduler.Deadline, error) {
	ds, err := s.Store.Find(ctx, key, unit)
	if found := s.found; found != nil {
		s.found = nil
		found()
	}
	return ds, err
}

func (r *rig) extend(at, key, to string) {
	r.t.Helper()
	if _, err := r.s.Extend(r.t.Context(), moment(r.t, at), office, key, "", date(r.t, to), "待上级数据"); err != nil {
		r.t.Fatal(err)
	}
}

// TestAnsweredDuringReload extends one duty and completes another in one process while a reload in a second one has
// read both: the reload moves what is still to be moved, and neither word is lost.
func TestAnsweredDuringReload(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		base := layer("test", smallCatalogue, true)
		w := &meanwhile{Store: st}
		r, other := newRig(t, w, plan(t, 2019, contacts{}, base)), newRig(t, st, plan(t, 2019, contacts{}, base))
		r.through("2018-09-03", "2018-09-25", "09:00")
		w.do = func() {
			other.extend("2018-09-26 10:00", "air@2018-09", "2018-10-18")
			other.complete("2018-09-26 10:00", "air@2018-10", "")
		}
		r.s.Swap(
			plan(
				t,
				2019,
				contacts{},
				base,
				layer("override", "obligations: {air: {rule: {every: month, due: {day: 28}}}}", true),
			),
		)
		letters := r.pass("2018-09-26 10:01")
		d := find(r, "air@2018-09", "")
		if got := d.DueDate().String(); got != "2018-10-18" {
			t.Errorf("extended during the reload, it is due on %s", got)
		}
		if got := d.Due.Date.String(); got != "2018-09-28" {
			t.Errorf("its rule has it due on %s", got)
		}
		if d := find(r, "air@2018-10", ""); d.State != scheduler.Done {
			t.Errorf("completed during the reload, it is %s", d.State)
		}
		var got []string
		for _, l := range append(letters, r.through("2018-09-27", "2018-10-18", "09:00")...) {
			if strings.Contains(l, "县环保局 ") {
				got = append(got, l)
			}
		}
		diff(t, "letters", got, []string{
			"2018-09-26 10:01 县环保局 correction air@2018-09/extended-2018-09-30 air@2018-11/rule-2018-11-30 air@2018-12/rule-2018-12-29",
			"2018-10-11 09:00 县环保局 digest air@2018-09/5wd",
			"2018-10-16 09:00 县环保局 digest air@2018-09/2wd",
			"2018-10-18 09:00 县环保局 digest air@2018-09/0",
		})
	})
}

// TestWithdrawnDuringReload switches a duty off while it is extended elsewhere: it goes, and the trail has both words.
func TestWithdrawnDuringReload(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		base := layer("test", smallCatalogue, true)
		w := &meanwhile{Store: st}
		r, other := newRig(t, w, plan(t, 2019, contacts{}, base)), newRig(t, st, plan(t, 2019, contacts{}, base))
		r.pass("2018-09-03 09:00")
		w.do = func() { other.extend("2018-09-26 10:00", "air@2018-09", "2018-10-18") }
		r.s.Swap(plan(t, 2019, contacts{}, base, layer("override", "obligations: {air: {disable: 由省厅统一发布}}", true)))
		r.pass("2018-09-26 10:01")
		if d := find(r, "air@2018-09", ""); d.State != scheduler.Withdrawn || d.ExtendedTo.String() != "2018-10-18" {
			t.Errorf("it is %s, extended to %q", d.State, d.ExtendedTo)
		}
	})
}

// TestExtendedTwiceAtOnce extends a duty in two processes: the second judges by what the first has made of it.
func TestExtendedTwiceAtOnce(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		w := &meanwhile{Store: st}
		r, other := newRig(t, w, small(t, 2019, contacts{})), newRig(t, st, small(t, 2019, contacts{}))
		r.pass("2018-09-03 09:00")
		w.found = func() { other.extend("2018-09-26 10:00", "air@2018-09", "2018-10-31") }
		_, err := r.s.Extend(
			t.Context(),
			moment(t, "2018-09-26 10:00"),
			office,
			"air@2018-09",
			"",
			date(t, "2018-10-18"),
			"待上级数据",
		)
		if err == nil || !strings.Contains(err.Error(), "due on 2018-10-31 already") {
			t.Errorf("the shorter extension: %v", err)
		}
		if got := find(r, "air@2018-09", "").DueDate().String(); got != "2018-10-31" {
			t.Errorf("due on %s", got)
		}
	})
}

// meetings is a quota from which another duty follows.
const meetings = `
obligations:
  meeting:
    new: true
    row: 0
    title: 邀请公众列席
    clause: 不得少于2次
    kind: quota
    rules:
      hold: {every: year, at_least: 2}
      report: {after: {done: hold}, within: 5wd}
    lead: [县财政局]
    responsible: []
`

// TestQuotaMetAtOnce gives a quota its two completions in the same instant, in two processes that both see none: it is
// closed by one of them, and what follows is opened.
func TestQuotaMetAtOnce(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		w := &meanwhile{Store: st}
		r, other := newRig(t, w, overridden(t, meetings)), newRig(t, st, overridden(t, meetings))
		r.pass("2018-09-03 09:00")
		done := func(r *rig, link string) scheduler.Completed {
			c, err := r.s.Complete(
				t.Context(),
				moment(t, "2018-09-04 10:00"),
				"clerk",
				"meeting.hold@2018",
				"",
				link,
				"",
			)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		w.found = func() {
			if c := done(other, "https://www.example.invalid/1"); c.Closed || len(c.Opened) != 0 {
				t.Errorf("the first of two: %+v", c)
			}
		}
		c := done(r, "https://www.example.invalid/2")
		if !c.Closed || len(c.Opened) != 1 || c.Opened[0].DueDate().String() != "2018-09-11" {
			t.Fatalf("the second of two: %+v", c)
		}
		if d := find(r, c.Opened[0].Key, ""); d.State != scheduler.Open {
			t.Errorf("what follows is %s", d.State)
		}
	})
}

// TestQuotasInARace has six clerks at two processes complete a quota of two: two are taken, the others are told that it
// is closed, and what follows is opened once.
func TestQuotasInARace(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		rigs := []*rig{newRig(t, st, overridden(t, meetings)), newRig(t, st, overridden(t, meetings))}
		rigs[0].pass("2018-09-03 09:00")
		var mu sync.Mutex
		var closed, counted, refused int
		var g sync.WaitGroup
		for i := range 6 {
			g.Go(func() {
				link := fmt.Sprint("https://www.example.invalid/", i)
				c, err := rigs[i%2].s.Complete(
					t.Context(),
					moment(t, "2018-09-04 10:00"),
					"clerk",
					"meeting.hold@2018",
					"",
					link,
					"",
				)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errors.Is(err, scheduler.ErrClosed):
					refused++
				case err != nil:
					t.Error(err)
				case c.Closed:
					closed++
				default:
					counted++
				}
			})
		}
		g.Wait()
		if closed != 1 || counted != 1 || refused != 4 {
			t.Errorf("%d closed it, %d counted, %d were refused", closed, counted, refused)
		}
		es, err := st.Events(t.Context(), 0)
		if err != nil || len(es) != 1 || es[0].Trigger != "done:meeting.hold" {
			t.Fatalf("events: %+v, %v", es, err)
		}
		open, err := st.Deadlines(t.Context(), scheduler.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		follows := slices.DeleteFunc(open, func(d scheduler.Deadline) bool { return d.Rule != "meeting.report" })
		if len(follows) != 1 {
			t.Errorf("%d follow", len(follows))
		}
	})
}

// TestReportedMeanwhile has two daemons find failed messages, the second one more than the first: each message is
// reported once, and none is left out when a report is not made.
func TestReportedMeanwhile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		st := storetest.Open(t, driver)
		w := &meanwhile{Store: st}
		r, other := newRig(t, w, small(t, 2019, contacts{})), newRig(t, st, small(t, 2019, contacts{}))
		r.pass("2018-09-21 10:00")
		refuse(t, st, "nobody", moment(t, "2018-09-21 10:01"))
		r.pass("2018-09-25 09:00")
		at := moment(t, "2018-09-25 09:01")
		held := taken(t, st, at)
		fail := func(unit string) {
			settleAs(
				t,
				st,
				at,
				notify.Bounced,
				slices.DeleteFunc(slices.Clone(held), func(m notify.Message) bool { return m.Unit != unit }),
			)
		}
		fail("县财政局")
		var theirs []string
		w.fell = func() {
			fail("县环保局") // promised before the other, and so named first
			theirs = other.pass("2018-09-25 09:02")
		}
		ours := r.pass("2018-09-25 09:02")
		diff(t, "the other's report", theirs, []string{"2018-09-25 09:02 县政府办公室 fallback air@2018-09/5wd"})
		diff(t, "ours", ours, []string{})
		diff(t, "a minute later", r.pass("2018-09-25 09:03"), []string{})
		if text := other.letters[len(other.letters)-1].Message.Text; !strings.Contains(text, "县财政局") ||
			!strings.Contains(text, "县环保局") {
			t.Errorf("a unit is not reported:\n%s", text)
		}
		if failed, err := st.Failed(t.Context()); len(failed) != 0 || err != nil {
			t.Errorf("not reported: %v, %v", failed, err)
		}
	})
}

// TestShownTogether has two times on show end in the same minute, and two daemons close them: both are closed once, and
// what follows is open.
func TestShownTogether(t *testing.T) {
	p := overridden(t, `
obligations:
  a: {new: true, row: 0, title: 公示甲, clause: 公示, kind: on-show, rules: {show: {after: enrolment-closed, on_show: 5wd}, report: {after: {done: show}, within: 5wd}}, lead: [县教育局], responsible: []}
  b: {new: true, row: 0, title: 公示乙, clause: 公示, kind: on-show, rules: {show: {after: enrolment-closed, on_show: 5wd}, report: {after: {done: show}, within: 5wd}}, lead: [县教育局], responsible: []}
`)
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		w := &meanwhile{Store: st}
		r, other := newRig(t, w, p), newRig(t, st, p)
		r.pass("2018-09-03 09:00")
		id := r.event(
			"2018-09-03 10:00",
			rules.Event{Trigger: "enrolment-closed", At: moment(t, "2018-09-03 10:00")},
		).ID
		w.ripe = func() { other.pass("2018-09-11 00:00") }
		r.pass("2018-09-11 00:00")
		for _, key := range []string{"a.show@" + id, "b.show@" + id} {
			d := find(r, key, "")
			said, err := st.History(t.Context(), d.ID)
			if err != nil || d.State != scheduler.Done || d.Completions != 1 || len(said.Completions) != 1 {
				t.Errorf(
					"%s is %s with %d completions, %d on record, %v",
					key,
					d.State,
					d.Completions,
					len(said.Completions),
					err,
				)
			}
		}
		follows := 0
		for _, d := range onRecord(r) {
			if strings.HasSuffix(d.Rule, ".report") && d.State == scheduler.Open {
				follows++
			}
		}
		if follows != 2 {
			t.Errorf("%d follow", follows)
		}
	})
}
