package scheduler_test

import (
	"strings"
	"testing"

	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// rename gives 县环保局 a new name, under which it has the addresses that c says.
func (r *postRoom) rename(to string, c contacts) {
	r.t.Helper()
	renamed := strings.ReplaceAll(smallCatalogue, bureau, to)
	renamed = strings.Replace(renamed, "{full_name: 宁阳县环境保护局}", "{full_name: 宁阳县生态局, aliases: ["+bureau+"]}", 1)
	c.without = append(c.without, bureau)
	p := plan(r.t, 2019, c, layer("test", renamed, true))
	p.Composer = r.s.Plan().Composer
	r.s.Swap(p)
}

// TestReplyAfterRename takes a unit's and the office's replies to mails from before the unit was renamed.
func TestReplyAfterRename(t *testing.T) {
	const today = "县生态局"
	for mail, without := range map[string][]string{"digest/2018-09-25/" + bureau: nil, "fallback/2018-09-25": {bureau, today}} {
		r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{without: without})
		r.rename(today, contacts{without: without, several: map[string][]string{today: {bureauAddress}}})
		r.deliver("2018-09-26 21:00")
		got := r.reply("2018-09-26 22:00", r.answer(r.mail(mail), "办结 1 "+page1))
		if len(got) != 1 || !strings.Contains(got[0].Text, "登记办结") {
			t.Errorf("a reply to %s is answered with %+v", mail, got)
		}
	}
}

// TestRequestBeforeRename tells a unit, under its new name, that what it asked for under the old one is refused.
func TestRequestBeforeRename(t *testing.T) {
	const today = "县生态局"
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	r.ask()
	r.rename(today, contacts{})
	request := r.deliver("2018-09-27 08:30")[0]
	r.reply("2018-09-27 08:45", r.answer(request, "不同意 太晚"))
	if got := r.deliver(
		"2018-09-27 09:00",
	); len(got) != 1 || got[0].Unit != today ||
		!strings.Contains(got[0].Text, "延期申请未获同意") {
		t.Errorf("the unit is told with %+v", got)
	}
}

// TestReplyFromFormerAddress takes nothing from an address that its unit has no more, the office's or another's, and
// answers it once with where to write; from the one that the unit has today it takes the same words.
func TestReplyFromFormerAddress(t *testing.T) {
	const now = "now@example.invalid"
	for _, unit := range []string{bureau, office} {
		r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
		r.ask()
		r.deliver("2018-09-27 08:30")
		mail, text := r.mail("request/"), "同意"
		if unit == bureau {
			mail, text = r.mail("digest/2018-09-25/"+bureau), "办结 1 "+page1
		}
		p := small(t, 2019, contacts{several: map[string][]string{unit: {now}}})
		p.Composer = r.s.Plan().Composer
		r.s.Swap(p)

		got := r.reply("2018-09-27 09:00", r.answer(mail, text))
		if len(got) != 1 || got[0].To != mail.To || strings.Contains(got[0].Text, now) ||
			!strings.Contains(got[0].Text, "这个邮箱已不是"+unit+"现在登记的邮箱，来信未作任何登记。") {
			t.Errorf("%s's former address is answered with %+v", unit, got)
		}
		if dl := find(r.rig, airKey, ""); dl.State != scheduler.Open || !dl.ExtendedTo.IsZero() {
			t.Errorf("a former address of %s has made %+v", unit, dl)
		}
		if again := r.reply("2018-09-27 09:05", r.answer(mail, text)); len(again) != 0 {
			t.Errorf("%s's former address is answered twice", unit)
		}
		if len(got) == 1 {
			if again := r.reply("2018-09-27 09:06", r.answer(got[0], text)); len(again) != 0 {
				t.Errorf("an answer to %s's former address is answered", unit)
			}
		}

		reply := r.answer(mail, text)
		reply.From = now
		r.reply("2018-09-27 09:10", reply)
		if dl := find(r.rig, airKey, ""); dl.State == scheduler.Open && dl.ExtendedTo.IsZero() {
			t.Errorf("the address of today of %s is not heard", unit)
		}
	}
}
