package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestDaemonsReloadInTurn has two daemons take up a notice one after the other, and the one that is behind record an
// event in between: what it opened by the old calendar is put right when it reloads.
func TestDaemonsReloadInTurn(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		before, after := small(t, 2018, contacts{}), small(t, 2019, contacts{})
		ahead, behind := newRig(t, st, before), newRig(t, st, before)
		ahead.pass("2018-11-20 09:00")
		behind.pass("2018-11-20 09:00")
		ahead.s.Swap(after)
		ahead.pass("2018-12-06 09:00")
		key := behind.event("2018-12-26 09:30", rules.Event{Trigger: "policy-published", At: moment(t, "2018-12-27 09:30"), Ref: "x", Unit: "县教育局"}).Deadlines[0].Key
		if !find(ahead, key, "").Due.Provisional {
			t.Fatal("opened by the old calendar, it is certain")
		}
		behind.s.Swap(after)
		behind.pass("2018-12-26 10:00")
		ahead.pass("2018-12-26 10:01")
		if d := find(ahead, key, ""); d.Due.Provisional {
			t.Errorf("with the notice it is due on %s, still provisional", d.DueDate())
		}
	})
}

// TestCutOffAndTakenBack cuts a pass off that has recomputed by a new plan, and takes the plan back before the next
// pass, with a restart and without: the plan in force is what counts.
func TestCutOffAndTakenBack(t *testing.T) {
	for name, restart := range map[string]bool{"same process": false, "after a restart": true} {
		t.Run(name, func(t *testing.T) {
			m := &mortal{Store: storetest.Open(t, store.SQLite), left: -1}
			before := small(t, 2019, contacts{})
			r := newRig(t, m, before)
			r.pass("2018-09-03 09:00")
			r.s.Swap(overridden(t, "obligations: {air: {rule: {every: month, due: {following: true, day: 10}}}}"))
			m.left = 2
			if _, err := r.s.Pass(t.Context(), moment(t, "2018-09-03 09:30")); !errors.Is(err, errCut) {
				t.Fatalf("not cut off: %v", err)
			}
			if got := find(r, "air@2018-09", "").DueDate().String(); got != "2018-10-10" {
				t.Fatalf("cut off before anything was recomputed: due on %s", got)
			}
			m.left = -1
			if restart {
				r = newRig(t, m, before)
			} else {
				r.s.Swap(before)
			}
			r.pass("2018-09-03 10:00")
			if got := find(r, "air@2018-09", "").DueDate().String(); got != "2018-09-30" {
				t.Errorf("by the plan in force it is due on 2018-09-30, on record on %s", got)
			}
		})
	}
}

// frugal counts the calls that go through everything on record.
type frugal struct {
	scheduler.Store
	calls int
}

func (f *frugal) OpenDeadlines(ctx context.Context, after int64, limit int) ([]scheduler.Deadline, error) {
	f.calls++
	return f.Store.OpenDeadlines(ctx, after, limit)
}

func (f *frugal) Deadlines(ctx context.Context, filter scheduler.Filter) ([]scheduler.Deadline, error) {
	f.calls++
	return f.Store.Deadlines(ctx, filter)
}

func (f *frugal) Events(ctx context.Context, limit int) ([]scheduler.Event, error) {
	f.calls++
	return f.Store.Events(ctx, limit)
}

// TestIdlePassIsCheap goes through what is on record at the start, and not again at a pass with nothing to do, even
// with a plan that was loaded anew and is the same.
func TestIdlePassIsCheap(t *testing.T) {
	f := &frugal{Store: storetest.Open(t, store.SQLite)}
	p := small(t, 2019, contacts{})
	r := newRig(t, f, p)
	r.pass("2018-09-03 09:00")
	if f.calls == 0 {
		t.Error("the first pass has not looked at what is on record")
	}
	r.pass("2018-09-03 09:01")
	f.calls = 0
	r.pass("2018-09-03 09:02")
	again := *p
	r.s.Swap(&again)
	r.pass("2018-09-03 09:03")
	if f.calls != 0 {
		t.Errorf("passes with nothing to do go through what is on record %d times", f.calls)
	}
}

// TestQuotaLowered lowers a quota to what is done already: it closes at the reload, in time if the completion that
// suffices was, and what follows is opened, by the one of two daemons that is first.
func TestQuotaLowered(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r, other := newRig(
			t,
			st,
			overridden(t, strings.Replace(meetings, "at_least: 2", "at_least: 4", 1)),
		), newRig(
			t,
			st,
			overridden(t, meetings),
		)
		r.pass("2018-09-03 09:00")
		for _, at := range []string{"2018-09-04 10:00", "2018-09-05 10:00", "2018-09-06 10:00"} {
			r.complete(at, "meeting.hold@2018", "")
		}
		lowered := overridden(t, meetings)
		r.s.Swap(lowered)
		report, err := r.s.Pass(t.Context(), moment(t, "2018-09-07 09:00"))
		if err != nil || report.Closed != 1 {
			t.Errorf("closed %d, %v", report.Closed, err)
		}
		other.pass("2018-09-07 09:00")
		d := find(r, "meeting.hold@2018", "")
		if d.State != scheduler.Done || d.Late || d.Needed != 2 || d.Completions != 3 || len(pendingOf(d)) != 0 {
			t.Errorf(
				"it is %s, late %t, with %d of %d, pending %v",
				d.State,
				d.Late,
				d.Completions,
				d.Needed,
				pendingOf(d),
			)
		}
		es, err := st.Events(t.Context(), 0)
		if err != nil || len(es) != 1 {
			t.Fatalf("events %+v, %v", es, err)
		}
		if follows := find(r, "meeting.report@"+es[0].ID, ""); follows.DueDate().String() != "2018-09-14" {
			t.Errorf("what follows is due on %s", follows.DueDate())
		}
	})
}

// TestQuotaChanges raises a quota in the middle of the year: what closes it is the new number, and half-time asks for
// half of that.
func TestQuotaChanges(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, small(t, 2019, contacts{}))
		r.pass("2018-06-01 10:00")
		r.s.Swap(overridden(t, "obligations: {attendance: {rule: {every: year, at_least: 4}}}"))
		r.pass("2018-06-01 11:00")
		r.complete("2018-06-04 10:00", "attendance@2018", "县教育局")
		r.complete("2018-06-29 08:00", "air@2018-06", "")
		diff(t, "half-time", r.through("2018-07-02", "2018-07-02", "09:00"), []string{
			"2018-07-02 09:00 县教育局 digest attendance@2018/half",
			"2018-07-02 09:00 县财政局 digest attendance@2018/half",
		})
		for n := 2; n <= 4; n++ {
			if c := r.complete(fmt.Sprintf("2018-07-%02d 10:00", n), "attendance@2018", "县教育局"); c.Closed != (n == 4) {
				t.Errorf("%d of four: closed %t", n, c.Closed)
			}
		}
	})
}
