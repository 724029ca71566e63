package scheduler_test

import (
	"fmt"
	"strings"
	"testing"

	"qixian/rules"
	"qixian/scheduler/store/storetest"
)

// TestReplySealed answers a mail that cannot be read, once, though its code cannot be read either; it does nothing
// else, and nothing for anybody else.
func TestReplySealed(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	digest := r.mail("digest/2018-09-25/" + bureau)
	for _, sealed := range []string{"winmail", "encrypted"} {
		want := map[string]string{"winmail": "winmail.dat", "encrypted": "加密"}[sealed]
		reply := r.answer(digest, "")
		reply.Codes, reply.Sealed, reply.Authenticated = nil, sealed, false
		forged := reply
		forged.From = "evil@example.invalid"
		if got := r.reply("2018-09-26 10:00", forged); len(got) != 0 {
			t.Errorf("answered a stranger with %v", keysOf(got))
		}
		r.reply("2018-09-26 09:59", r.answer(digest, "收到")) // is answered with something else, once
		got := r.reply("2018-09-26 10:00", reply)
		if sealed == "encrypted" && len(got) == 0 {
			continue // of one mail of ours one is answered
		}
		if len(got) != 1 || got[0].To != bureauAddress || !strings.Contains(got[0].Text, want) ||
			!strings.Contains(got[0].Text, "重新回复一次") {
			t.Errorf("%s: answered with %+v", sealed, got)
		}
	}
	diff(t, "history", r.history(airKey, ""), []string{})
}

// TestReplyNames names each line that speaks of a verb and was not understood beside what was done, and repeats its
// words to nobody who is not known.
func TestReplyNames(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	text := "您好：\n\n第1项办结 " + page1 + "\n其余办结时限怎么算？见 https://evil.example.invalid/x\n2 未办结\n谢谢"
	for i, known := range []bool{true, false} {
		reply := r.answer(r.mail("digest/2018-09-25/"+bureau), text)
		reply.Authenticated = known
		got := r.reply(fmt.Sprintf("2018-09-26 1%d:00", i), reply)
		if len(got) != 1 {
			t.Fatalf("answered with %v", keysOf(got))
		}
		if known {
			golden(
				t,
				"reply-names.txt",
				got[0].Subject+"\n\n"+strings.ReplaceAll(got[0].Text, r.coder.ReplyCode(got[0].MessageID), "CODE"),
			)
		}
		if strings.Contains(got[0].Text, "evil") == !known || strings.Contains(got[0].HTML, "evil") == !known ||
			!strings.Contains(got[0].Text, "第3行") {
			t.Errorf("known %t:\n%s", known, got[0].Text)
		}
	}
	diff(t, "history", r.history(airKey, ""), []string{"done 09-26 10:00 mail:县环保局 县环保局 " + page1})
}

// TestReplyNumbers asks which item a number means that may be one of a list of the writer's.
func TestReplyNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"1、办结 " + page1: "行首的编号看不出是不是事项的序号，未作登记。请写明是第几项，如“办结 1”。", "①办结 " + page1: "行首的编号", "一、办结 " + page1: "行首的编号",
		"第1项办结 " + page1: "登记办结", "1 办结 " + page1: "登记办结", "办结 1、2 " + page1: "来信所报2项均已登记",
	} {
		st := storetest.Open(t, "sqlite")
		r := openPostRoom(t, st, st, contacts{})
		r.deliver("2018-09-03 09:00")
		r.event(
			"2018-09-25 08:30",
			rules.Event{Trigger: "policy-published", At: moment(t, "2018-09-25 08:00"), Unit: bureau, Ref: "1"},
		)
		r.deliver("2018-09-25 09:00")
		got := r.reply("2018-09-26 10:00", r.answer(r.mail("digest/2018-09-25/"+bureau), text))
		if len(got) != 1 || !strings.Contains(got[0].Subject+got[0].Text, want) {
			t.Errorf("%s is answered with %+v", text, got)
		}
	}
}

// TestReplySpan answers a 延期 that says for how long with the day that it may mean, and records nothing.
func TestReplySpan(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	digest := r.mail("digest/2018-09-25/" + bureau)
	for text, want := range map[string]string{
		"延期 3天 检修":         "从到期日2018年9月30日（星期日）起再加3天，是2018年10月3日（星期三）；如为这一天，请写“延期 air@2018-09 2018-10-03 理由”。",
		"延期 1 两周 检修":       "再加2周，是2018年10月14日（星期日）；如为这一天，请写“延期 1 2018-10-14 理由”。",
		"延期 3个工作日，检修":      "再加3个工作日，是2018年10月10日（星期三）",
		"延期 一个月 检修":        "再加1个月，是2018年10月30日（星期二）",
		"延期 3年 检修":         "没有看懂新的日期",
		"延期 2017-12-20 检修": "所写的日期2017年12月20日已过",
		"延期 2020-12-20 检修": "在1年以后",
	} {
		got := r.reply("2018-09-26 10:00", r.answer(digest, text))
		if len(got) != 1 || !strings.Contains(got[0].Text, want) {
			t.Errorf("%s is answered with\n%+v", text, got)
		}
	}
	if rs, err := r.s.Requests(t.Context()); err != nil || len(rs) != 0 {
		t.Errorf("requests: %+v, %v", rs, err)
	}
}
