package scheduler_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// TestFloodOfReplies forges a thousand replies under a unit's name within a minute, as whoever was handed one of its
// mails can. The unit gets ten answers, none with a word of the forger's; what the clerk himself writes is done and
// answered all the while.
func TestFloodOfReplies(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		digest := r.mail("digest/2018-09-25/" + bureau)
		begin := moment(t, "2018-09-26 10:00")
		for i := range 1000 {
			forged := r.answer(
				digest,
				fmt.Sprintf(
					"办结 1\n没有办结 https://evil.example.invalid/%d\n延期 1 请点击恶意链接\n办结 evil@2018-%d https://evil.example.invalid/",
					i,
					i,
				),
			)
			forged.Authenticated = false
			// a hundred in each reading
			if err := r.s.Replied(t.Context(), begin.Add(time.Duration(i/100)*time.Second), forged); err != nil {
				t.Fatal(err)
			}
		}
		answers := ofKind(r.flush("2018-09-26 10:01"), notify.Answer)
		if len(answers) != 10 {
			t.Errorf("%d answers to a thousand replies", len(answers))
		}
		for _, m := range answers {
			if strings.Contains(m.Text+m.HTML+m.Subject, "evil") || strings.Contains(m.Text, "恶意") {
				t.Fatalf("the answer repeats the forger's words:\n%s", m.Text)
			}
		}
		if last := answers[len(answers)-1]; strings.Count(textsOf(answers), "本封是最后一次") != 1 {
			t.Errorf("none says that it is the last:\n%s", last.Text)
		}
		own := r.reply("2018-09-26 10:02", r.answer(digest, "办结 1 "+page1))
		if len(own) != 1 || !strings.Contains(own[0].Text, "登记办结") {
			t.Errorf("the clerk's own reply is answered with %v", keysOf(own))
		}
		diff(t, "history", r.history(airKey, ""), []string{"done 09-26 10:02 mail:县环保局 县环保局 " + page1})
		unknown := r.answer(digest, "办结 1 "+page1)
		unknown.Authenticated = false
		if got := r.reply("2018-09-26 11:01", unknown); len(got) != 1 {
			t.Errorf("an hour later it is answered with %v", keysOf(got))
		}
	})
}

func textsOf(ms []notify.Message) string {
	var b strings.Builder
	for _, m := range ms {
		b.WriteString(m.Text)
	}
	return b.String()
}

// TestBeyondTheBound holds that a reply which is not answered is done.
func TestBeyondTheBound(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		digest := r.mail("digest/2018-09-25/" + bureau)
		for range 12 {
			r.reply("2018-09-26 10:00", r.answer(digest, "办结 1"))
		}
		if got := r.reply("2018-09-26 10:00", r.answer(digest, "办结 1 "+page1)); len(got) != 0 {
			t.Errorf("answered with %v", keysOf(got))
		}
		diff(t, "history", r.history(airKey, ""), []string{"done 09-26 10:00 mail:县环保局 县环保局 " + page1})
	})
}

// TestFloodOfRequests asks for an extension twice a second for two hours, as the holder of a link can. The office gets
// three mails an hour.
func TestFloodOfRequests(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		begin := moment(t, "2018-09-26 10:00")
		mails, refused := 0, 0
		for i := range 240 {
			now := begin.Add(time.Duration(i) * 30 * time.Second)
			_, err := r.s.RequestExtension(
				t.Context(),
				now,
				"web:"+bureau,
				airKey,
				bureau,
				date(t, "2018-10-31").AddDays(i%20),
				"检修",
			)
			switch {
			case errors.Is(err, scheduler.ErrOften):
				refused++
			case err != nil:
				t.Fatal(err)
			}
			if i%2 == 1 {
				mails += len(ofKind(r.deliver(now.Format("2006-01-02 15:04")), notify.Request))
			}
		}
		if mails > 6 || mails == 0 || refused != 234 {
			t.Errorf("%d mails to the office, %d refused", mails, refused)
		}
		rs, err := r.s.Requests(t.Context())
		if err != nil || len(rs) != 1 {
			t.Errorf("%d requests wait, %v", len(rs), err)
		}
		got := r.reply("2018-09-26 11:59", r.answer(r.mail("digest/2018-09-25/"+bureau), "延期 1 11月30日 检修"))
		if len(got) != 1 || !strings.Contains(got[0].Text, "在1小时内申请延期的次数过多，未作登记；此前的申请仍然有效") {
			t.Errorf("by mail it is answered with %+v", got)
		}
	})
}
