package scheduler_test

import (
	"strings"
	"testing"

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
		r.rename(today, contacts{without: without})
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
