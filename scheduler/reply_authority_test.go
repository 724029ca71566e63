package scheduler_test

import (
	"strconv"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestForgedReply has somebody who was handed a mail, code and all, write in the name of whoever had it. The mail
// server does not vouch for him, or is not asked: what the office decides is not taken, and the answer, which goes to
// the office, says where to decide.
func TestForgedReply(t *testing.T) {
	const decided = "请在 https://qixian.example.invalid/office 办理，或在服务器上运行 qixian "
	for name, tt := range map[string]struct {
		authenticates bool
		to, text      string
		without       []string
		want          string // in the answer; empty: the wish is done
	}{
		"granted":                      {true, "request/", "同意", nil, decided + "extend 短号 --to"},
		"refused":                      {true, "request/", "不同意 太晚", nil, decided + "extend 短号 --refuse"},
		"extended":                     {true, "fallback/2018-09-25", "延期 1 10月31日 检修", []string{bureau}, decided + "extend 短号 --to"},
		"closed for a unit":            {true, "fallback/2018-09-25", "办结 1 " + page1, []string{bureau}, decided + "done"},
		"a unit's completion":          {true, "digest/2018-09-25/" + bureau, "办结 1 " + page1, nil, "未能核实来信确由县环保局的邮箱发出，未作登记。请告知县政府办公室（电话0538-0000000）。"},
		"a unit's request":             {true, "digest/2018-09-25/" + bureau, "延期 1 10月31日 检修", nil, "未能核实来信确由县环保局的邮箱发出"},
		"granted, unasked":             {false, "request/", "同意", nil, "不能以回信作出，未作登记。" + decided},
		"refused, unasked":             {false, "request/", "不同意 太晚", nil, decided},
		"extended, unasked":            {false, "fallback/2018-09-25", "延期 1 10月31日 检修", []string{bureau}, decided},
		"closed for a unit, unasked":   {false, "fallback/2018-09-25", "办结 1 " + page1, []string{bureau}, decided + "done"},
		"a unit's completion, unasked": {false, "digest/2018-09-25/" + bureau, "办结 1 " + page1, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := authorityRoom(t, storetest.Open(t, "sqlite"), contacts{without: tt.without}, tt.authenticates)
			if strings.HasPrefix(tt.to, "request/") {
				r.ask()
				r.deliver("2018-09-27 08:30")
			}
			before := r.history(airKey, "")
			forged := r.answer(r.mail(tt.to), tt.text)
			forged.Authenticated = false
			got := r.reply("2018-09-27 10:00", forged)
			if len(got) != 1 || !strings.Contains(got[0].Text, tt.want) ||
				tt.want != "" && !strings.Contains(got[0].Text, "未登记") {
				t.Fatalf("answered with %+v", got)
			}
			if said := r.history(airKey, ""); (len(said) == len(before)) != (tt.want != "") {
				t.Errorf("on record is %v, and before was %v", said, before)
			}
			if rs, err := r.s.Requests(
				t.Context(),
			); err != nil ||
				(len(rs) == 1) != strings.HasPrefix(tt.to, "request/") {
				t.Errorf("requests: %+v, %v", rs, err)
			}
		})
	}
}

// TestRequestSaysWhereToDecide asks the office for a reply only where it would be taken.
func TestRequestSaysWhereToDecide(t *testing.T) {
	for _, authenticates := range []bool{true, false} {
		r := authorityRoom(t, storetest.Open(t, "sqlite"), contacts{}, authenticates)
		r.ask()
		mail := r.deliver("2018-09-27 08:30")[0]
		if mail.Kind != notify.Request {
			t.Fatalf("delivered %+v", mail)
		}
		for _, part := range []string{mail.Text, mail.HTML} {
			if strings.Contains(part, "写“同意”") != authenticates || len(r.coder.Codes(part)) > 0 != authenticates ||
				strings.Contains(part, "请勿以回信答复") == authenticates ||
				!strings.Contains(part, "https://qixian.example.invalid/office") ||
				!strings.Contains(
					part,
					"qixian extend "+strconv.Itoa(scheduler.NumberOf(airKey, "", 0))+" --to 2018-10-31",
				) {
				t.Errorf("authenticates %t:\n%s", authenticates, part)
			}
		}
	}
}

// authorityRoom is newPostRoom with a telephone and an office's side of the window.
func authorityRoom(t *testing.T, st *store.Store, c contacts, authenticates bool) *postRoom {
	t.Helper()
	coder, err := notify.NewSigner([]byte(strings.Repeat("k", 32)), "example.invalid")
	if err != nil {
		t.Fatal(err)
	}
	o := options(small(t, 2019, c), st)
	o.Coder, o.Authenticates, o.Desk, o.Reach = coder, authenticates, "https://qixian.example.invalid/office", "电话0538-0000000"
	r := &postRoom{outbox: st, coder: coder, rig: newRigOf(t, o)}
	r.deliver("2018-09-03 09:00")
	r.deliver("2018-09-25 09:00")
	return r
}
