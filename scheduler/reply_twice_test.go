package scheduler_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// beaten is a store of which another daemon makes use between the first look at what a line is about and the second.
type beaten struct {
	scheduler.Store
	looks int
	other func()
}

func (b *beaten) look() {
	if b.looks++; b.looks == 2 && b.other != nil {
		b.other()
	}
}

func (b *beaten) Find(ctx context.Context, key, unit string) ([]scheduler.Deadline, error) {
	b.look()
	return b.Store.Find(ctx, key, unit)
}

func (b *beaten) Requests(ctx context.Context, f scheduler.RequestFilter) ([]scheduler.Request, error) {
	b.look()
	return b.Store.Requests(ctx, f)
}

// TestReplyReadTwice has two daemons read one reply at once. The other one does what it wishes and dies before it
// answers; this one says that it was done, and not that it had been done before.
func TestReplyReadTwice(t *testing.T) {
	for _, c := range []struct {
		name, to, text, want string
		without              []string
	}{
		{"completed", "digest/2018-09-25/" + bureau, "办结 1 " + page1, "登记办结", nil},
		{"extended", "fallback/2018-09-25", "延期 1 10月31日 检修", "已延期至2018年10月31日", []string{bureau}},
		{"granted", "request/", "同意", "已同意" + bureau, nil},
		{"refused", "request/", "不同意 太晚", "已答复" + bureau, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := storetest.Open(t, "sqlite")
			b := &beaten{Store: st}
			r := openPostRoom(t, st, b, contacts{without: c.without})
			r.deliver("2018-09-03 09:00")
			r.deliver("2018-09-25 09:00")
			if c.without == nil {
				r.ask()
				r.deliver("2018-09-27 08:30")
			}
			reply := r.answer(r.mail(c.to), c.text)
			const at = "2018-09-27 10:00"
			// it receives the reply and does one thing
			other := openPostRoom(t, st, &mortal{Store: st, left: 2}, contacts{without: c.without})
			met := false
			b.looks, b.other = 0, func() {
				met = true
				if err := other.s.Replied(t.Context(), moment(t, at), reply); !errors.Is(err, errCut) {
					t.Errorf("the other daemon: %v", err)
				}
			}
			got := r.reply(at, reply)
			if !met || len(got) != 1 || !strings.Contains(got[0].Text, c.want) {
				t.Errorf("they met: %t; answered with %+v", met, got)
			}
		})
	}
}

// TestReplyContradicts does neither of two lines that contradict one another, and says so of both.
func TestReplyContradicts(t *testing.T) {
	for _, text := range []string{"同意\n不同意 太晚", "不同意 太晚\n同意"} {
		r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
		r.ask()
		request := r.deliver("2018-09-27 08:30")[0]
		got := r.reply("2018-09-27 08:45", r.answer(request, text))
		if len(got) != 1 || !strings.Contains(got[0].Subject, "均未登记") || !strings.Contains(got[0].Text, "不一致") {
			t.Errorf("%q is answered with %+v", text, got)
		}
		if to := find(r.rig, airKey, "").ExtendedTo; !to.IsZero() {
			t.Errorf("%q extends to %s", text, to)
		}
	}
}
