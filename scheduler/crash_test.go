package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

var errCut = errors.New("the power is cut")

// mortal is a real store that fails for good after a number of calls, as if the process had died there.
type mortal struct {
	*store.Store
	left int
	died bool

	received bool // a reply, since this was last set
}

func (m *mortal) call() error {
	if m.left == 0 {
		m.died = true
		return errCut
	}
	m.left--
	return nil
}

func (m *mortal) Track(ctx context.Context, ds []scheduler.Deadline) (int, error) {
	if err := m.call(); err != nil {
		return 0, err
	}
	return m.Store.Track(ctx, ds)
}

func (m *mortal) Reschedule(ctx context.Context, ds []scheduler.Deadline, audit []scheduler.Entry) error {
	if err := m.call(); err != nil {
		return err
	}
	return m.Store.Reschedule(ctx, ds, audit)
}

func (m *mortal) Withdraw(ctx context.Context, now time.Time, ds []scheduler.Deadline, audit []scheduler.Entry) error {
	if err := m.call(); err != nil {
		return err
	}
	return m.Store.Withdraw(ctx, now, ds, audit)
}

func (m *mortal) Promise(ctx context.Context, now time.Time, p scheduler.Promise) (bool, error) {
	if err := m.call(); err != nil {
		return false, err
	}
	return m.Store.Promise(ctx, now, p)
}

func (m *mortal) PromiseAll(ctx context.Context, now time.Time, ps []scheduler.Promise) ([]bool, []error) {
	if err := m.call(); err != nil {
		failed := make([]error, len(ps))
		for i := range failed {
			failed[i] = err
		}
		return make([]bool, len(ps)), failed
	}
	return m.Store.PromiseAll(ctx, now, ps)
}

func (m *mortal) Complete(ctx context.Context, c scheduler.Closing) error {
	if err := m.call(); err != nil {
		return err
	}
	return m.Store.Complete(ctx, c)
}

func (m *mortal) SetSetting(ctx context.Context, name, value string) error {
	if err := m.call(); err != nil {
		return err
	}
	return m.Store.SetSetting(ctx, name, value)
}

// TestDiesAnywhere cuts every write of two passes in turn: the first start, and the one that takes up a changed
// calendar and rules, closes a time on show and sends the morning's mail. Whatever write is the last, the passes after
// it come to the same messages.
func TestDiesAnywhere(t *testing.T) {
	before := plan(t, 2018, contacts{without: []string{"县财政局"}}, layer("test", smallCatalogue, true))
	after := plan(
		t,
		2019,
		contacts{without: []string{"县财政局"}},
		layer("test", smallCatalogue, true),
		layer(
			"override",
			"obligations: {interpretation: {disable: 试验}, air: {rule: {every: month, due: {day: 28}}}}",
			true,
		),
	)
	const never = -1
	var want []string
	for cut, died := never, true; died; cut++ {
		st := storetest.Open(t, "sqlite")
		m := &mortal{Store: st, left: cut}
		// live passes once, and if that was cut once more, as a new process.
		live := func(p *scheduler.Plan, at string) {
			s, err := scheduler.New(options(p, m))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Pass(t.Context(), moment(t, at)); err == nil {
				return
			} else if !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			m.left = never
			r := newRig(t, m, p)
			r.pass(at)
		}
		live(before, "2018-12-03 08:00")
		r := newRig(t, st, before)
		r.event(
			"2018-12-03 09:00",
			rules.Event{Trigger: "enrolment-closed", At: moment(t, "2018-12-03 09:00"), Ref: "1"},
		)
		r.event(
			"2018-12-03 09:00",
			rules.Event{Trigger: "policy-published", At: moment(t, "2018-12-03 09:00"), Ref: "1"},
		)
		r.complete(
			"2018-12-03 10:00",
			find(r, "enrolment.publish@"+rules.Event{Trigger: "enrolment-closed", Ref: "1"}.ID(), "").Key,
			"",
		)
		live(after, "2018-12-13 09:00")
		live(after, "2018-12-28 09:00")
		got := promised(t, st)
		if cut == never {
			want = got
			continue
		}
		diff(t, fmt.Sprintf("cut at write %d", cut), got, want)
		died = m.died
	}
}

// promised returns the keys and subjects of all messages in the outbox.
func promised(t *testing.T, st *store.Store) []string {
	t.Helper()
	ms, err := st.Claim(t.Context(), "test", moment(t, "2019-01-01 00:00"), 1000)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range ms {
		if m.Kind == notify.Overview { // it may be written at the second attempt
			m.Subject = ""
		}
		out = append(out, m.Key+" "+m.Subject)
	}
	slices.Sort(out)
	return out
}
