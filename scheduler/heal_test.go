package scheduler_test

import (
	"slices"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/scheduler"
)

// TestPromisedDuringReload promises the first escalation in one process while another recomputes what it has read
// before: the escalations go on.
func TestPromisedDuringReload(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		w := &meanwhile{Store: st}
		r, other := newRig(t, w, small(t, 2018, contacts{})), newRig(t, st, small(t, 2018, contacts{}))
		r.through("2018-09-03", "2018-09-30", "09:00")
		w.do = func() { other.pass("2018-10-08 09:00") }
		r.s.Swap(small(t, 2019, contacts{}))
		r.pass("2018-10-08 08:59")
		diff(t, "letters", only(r.through("2018-10-08", "2018-10-15", "09:01"), notify.Digest), []string{
			"2018-10-11 09:01 县政府办公室 digest air@2018-09/late4",
			"2018-10-11 09:01 县环保局 digest air@2018-09/late4",
		})
	})
}

// TestNoNextWord takes all reminders of a late deadline away, as no pass would: the first pass of the next day gives it
// the next escalation, and passing on changes nothing.
func TestNoNextWord(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, small(t, 2019, contacts{}))
		r.through("2018-09-03", "2018-10-12", "09:00") // late1 and late4
		bare := find(r, "air@2018-09", "")
		bare.Reminders = nil
		if err := st.Reschedule(t.Context(), []scheduler.Deadline{bare}, nil); err != nil {
			t.Fatal(err)
		}
		r.pass("2018-10-12 10:00")
		if got := pending(r); len(got) != 0 {
			t.Errorf("on the same day it has %v", got)
		}
		want := []string{"late7 " + office, "late7 县环保局"}
		for _, at := range []string{"2018-10-13 00:01", "2018-10-13 00:02", "2018-10-14 00:01"} {
			r.pass(at)
			diff(t, "pending at "+at, pending(r), want)
		}
		got := r.through("2018-10-15", "2018-10-18", "09:00")
		if text := strings.Join(
			got,
			"\n",
		); strings.Count(text, "air@2018-09/late7") != 2 ||
			strings.Contains(text, "late10") {
			t.Errorf("letters:\n%s", text)
		}
	})
}

// pending lists the pending reminders of September's duty.
func pending(r *rig) []string {
	r.t.Helper()
	return pendingOf(find(r, "air@2018-09", ""))
}

func pendingOf(d scheduler.Deadline) []string {
	var all []string
	for _, m := range d.Reminders {
		if m.State == scheduler.Pending {
			all = append(all, m.Stage+" "+m.Unit)
		}
	}
	slices.Sort(all)
	return all
}
