package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

func (m *mortal) Receive(ctx context.Context, r scheduler.Received) (scheduler.Received, error) {
	if err := m.call(); err != nil {
		return r, err
	}
	m.received = true
	return m.Store.Receive(ctx, r)
}

func (m *mortal) Handle(ctx context.Context, now time.Time, r scheduler.Received, p scheduler.Promise) error {
	if err := m.call(); err != nil {
		return err
	}
	return m.Store.Handle(ctx, now, r, p)
}

func (m *mortal) AddRequest(
	ctx context.Context,
	r scheduler.Request,
	most scheduler.RequestBound,
	audit scheduler.Entry,
) (bool, error) {
	if err := m.call(); err != nil {
		return false, err
	}
	return m.Store.AddRequest(ctx, r, most, audit)
}

func (m *mortal) Extend(ctx context.Context, e scheduler.Extension, d scheduler.Deadline, audit scheduler.Entry) error {
	if err := m.call(); err != nil {
		return err
	}
	return m.Store.Extend(ctx, e, d, audit)
}

func (m *mortal) DecideRequest(
	ctx context.Context,
	now time.Time,
	id string,
	s scheduler.RequestState,
	remark string,
	audit scheduler.Entry,
) (bool, error) {
	if err := m.call(); err != nil {
		return false, err
	}
	return m.Store.DecideRequest(ctx, now, id, s, remark, audit)
}

func (m *mortal) NoteBounce(ctx context.Context, now time.Time, x notify.Message, b scheduler.Bounce) (bool, error) {
	if err := m.call(); err != nil {
		return false, err
	}
	return m.Store.NoteBounce(ctx, now, x, b)
}

func (m *mortal) MarkBad(ctx context.Context, now time.Time, x notify.Message, reason string) (bool, error) {
	if err := m.call(); err != nil {
		return false, err
	}
	return m.Store.MarkBad(ctx, now, x, reason)
}

// TestReplyDiesAnywhere cuts every write of three replies and a bounce in turn: a unit completes one duty, adds to a
// quota and asks for an extension, the office consents, another request is refused, a mail comes back. What is handed
// in again an hour later comes to the same history and the same mails, as at the same moments.
func TestReplyDiesAnywhere(t *testing.T) {
	var want []string
	const never = -1
	for cut, died := never, true; died; cut++ {
		m := &mortal{Store: storetest.Open(t, "sqlite"), left: never}
		r := openPostRoom(t, m.Store, m, contacts{})
		r.deliver("2018-09-03 09:00")
		policy := r.event("2018-09-24 12:00", rules.Event{Trigger: "policy-published", At: moment(t, "2018-09-24 12:00"), Unit: "县财政局", Ref: "1"}).Deadlines[0]
		r.deliver("2018-09-25 09:00")
		r.deliver("2018-09-28 09:00")
		m.left = cut

		// hand hands something in, and if that is cut off once more; what had been received, an hour later.
		hand := func(at string, f func(now time.Time) error) {
			m.received = false
			err := f(moment(t, at))
			if errors.Is(err, errCut) {
				now := moment(t, at)
				if m.received {
					now = now.Add(time.Hour)
				}
				m.left = never
				err = f(now)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		reply := func(at string, of notify.Message, text string) {
			x := r.answer(of, text)
			hand(at, func(now time.Time) error { return r.s.Replied(t.Context(), now, x) })
		}
		pass := func(at string) {
			hand(at, func(now time.Time) error { _, err := r.s.Pass(t.Context(), now); return err })
			r.flush(at)
		}
		finance, air := r.mail("digest/2018-09-25/县财政局"), r.mail("digest/2018-09-28/"+bureau)
		reply("2018-09-28 10:00", finance, "办结 "+policy.Key+" "+page1+"\n办结 1\n")
		reply("2018-09-28 10:30", air, "延期 "+airKey+" 10月31日 监测设备检修")
		pass("2018-09-28 11:00")
		reply("2018-09-28 11:30", r.mail("request/"), "同意")
		pass("2018-09-28 12:00")
		reply("2018-09-28 14:30", air, "延期 "+airKey+" 11月30日 监测设备检修")
		pass("2018-09-28 15:00")
		reply("2018-09-28 15:30", r.mail("request/"), "不同意 已延期一次")
		pass("2018-09-28 16:00")
		hand("2018-09-28 16:10", func(now time.Time) error { return r.s.Bounced(t.Context(), now, permanent(finance)) })
		pass("2018-09-28 16:30")

		got := append(r.history(policy.Key, ""), r.history(airKey, "")...)
		for _, m := range r.sent {
			got = append(got, m.Key+" "+m.To+" "+m.Subject)
			if m.Kind == notify.Answer {
				got = append(got, m.Text)
			}
		}
		if cut == never {
			want = got
			if n := strings.Count(strings.Join(want, "\n"), "answer/"); n != 5 {
				t.Fatalf("%d answers in\n%s", n, strings.Join(want, "\n"))
			}
			continue
		}
		diff(t, fmt.Sprintf("cut at write %d", cut), got, want)
		died = m.died
	}
}

// TestReplyByMany has daemons that read one mailbox hand in one reply at the same moment: it is done once and answered
// once.
func TestReplyByMany(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		reply := r.answer(r.mail("digest/2018-09-25/"+bureau), "办结 1 "+page1+"\n延期 9 10月31日 检修")
		now := moment(t, "2018-09-26 10:00")
		var all sync.WaitGroup
		errs := make(chan error, 8)
		for i := range cap(errs) {
			all.Go(func() { errs <- r.s.Replied(t.Context(), now.Add(time.Duration(i)*time.Second), reply) })
		}
		all.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		if got := r.flush("2018-09-26 10:01"); len(got) != 1 {
			t.Errorf("answered with %v", keysOf(got))
		}
		if h := r.history(airKey, ""); len(h) != 1 {
			t.Errorf("history: %v", h)
		}
	})
}
