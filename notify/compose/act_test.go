package compose_test

import (
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
)

// request is a duty to answer an applicant, whose answer must never be put on the web.
func request() compose.Item {
	return compose.Item{
		Key:    "disclosure-request-reply.law-2007@e51b7c0d9aa",
		Number: 62804,
		Title:  "依申请公开答复",
		Row:    156,
		Clause: "严格按照法定时限进行答复",
		Act:    compose.Handle,
		Event: &compose.Event{
			Trigger: "收到政府信息公开申请",
			Ref:     "2018-014",
			At:      day(2018, time.September, 4),
		},
		Due:   day(2018, time.September, 26),
		Left:  1,
		Stage: "1wd",
		Why:   "自9月4日次日起第15个工作日。",
		Extend: &compose.Extendable{
			Latest: day(2018, time.October, 24), Own: true,
			Rule: "最长15个工作日（《中华人民共和国政府信息公开条例》（2007年公布）第二十四条）",
			Note: "须经本单位政府信息公开工作机构负责人同意，并告知申请人",
		},
		Lead:        []string{"县环保局"},
		Responsible: []string{"泗店镇"},
	}
}

// review is a duty to be done before something else.
func review() compose.Item {
	return compose.Item{
		Key:         "secrecy-review@e0f6a2b81cd",
		Number:      70359,
		Title:       "信息公开保密审查",
		Row:         154,
		Clause:      "对拟公开的政府信息，严格进行保密审查并建立审查记录",
		Act:         compose.Prepare,
		Event:       &compose.Event{Trigger: "政府信息拟公开", Title: "污染源普查公报", At: day(2018, time.September, 28)},
		Due:         day(2018, time.September, 27),
		Left:        2,
		Stage:       "1wd",
		Why:         "9月28日前第1个工作日。",
		Lead:        []string{"县环保局"},
		Responsible: []string{"泗店镇"},
	}
}

// TestActs holds what a mail asks for each act, of whoever answers, assists or records it, and that it says nothing of a
// link where there must be none.
func TestActs(t *testing.T) {
	c := newComposer(t)
	each, late := request(), review()
	each.PerUnit = true
	late.Due, late.Left = day(2018, time.September, 20), -2
	quarter := airQuality()
	quarter.NothingNew = true
	tests := map[string]struct {
		unit   string
		item   compose.Item
		reply  bool
		answer string
		howTo  string // begins so; empty: the mail has none
		way    string // the first form of a reply; empty: the mail has none
	}{
		"published, by reply": {
			"县环保局", airQuality(), true, "公开后报送公开网址，回复本邮件写“办结 1 https://……”",
			"公开后，直接回复本邮件（写法见下），或将公开网址连同短号告知",
			"办结：写“办结 1 https://……”；不需上网公开的，写“办结 1 无链接 已在公告栏张贴”。",
		},
		"published if there is news, by reply": {
			"县环保局", quarter, true,
			"公开后报送公开网址，回复本邮件写“办结 1 https://……”；本期无新情况的，写“办结 1 无链接 本期无新情况”",
			"公开后，直接回复本邮件（写法见下），或将公开网址连同短号告知",
			"办结：写“办结 1 https://……”；不需上网公开的，写“办结 1 无链接 已在公告栏张贴”。",
		},
		"published if there is news": {
			"县环保局", quarter, false,
			"公开后报送公开网址，由县政府办公室登记办结；本期无新情况的，不报网址，报送“本期无新情况”", "公开后，将公开网址连同短号告知", "",
		},
		"handled": {
			"县环保局", request(), false, "办理完毕后报送办理情况（不需上网公开），由县政府办公室登记办结", "办理完毕后，将办理情况连同短号告知", "",
		},
		"handled, by reply": {
			"县环保局", request(), true, "办理完毕后报送办理情况（不需上网公开），回复本邮件写“办结 1 办理情况：……”",
			"办理完毕后，直接回复本邮件（写法见下），或将办理情况连同短号告知",
			"办结：写“办结 1 办理情况：……”，不写链接。",
		},
		"handled by each": {
			"泗店镇", each, false, "本单位须单独办结，办理完毕后报送办理情况（不需上网公开），由县政府办公室登记办结", "办理完毕后，", "",
		},
		"handled for the office": {
			office, stranded(request(), "县环保局"), false, "请将附件转给上述单位；单位报来办理情况后登记办结",
			"在服务器上运行 qixian done 短号 --note 办理情况。", "",
		},
		"prepared": {
			"县环保局", review(), false, "请于到期日前完成，并报送完成情况，由县政府办公室登记办结", "完成后，将完成情况连同短号告知", "",
		},
		"prepared, by reply": {
			"县环保局", review(), true, "请于到期日前完成，并报送完成情况，回复本邮件写“办结 1 已完成……”",
			"完成后，直接回复本邮件（写法见下），或将完成情况连同短号告知",
			"办结：写“办结 1 已完成……”，不写链接。",
		},
		"prepared late": {"县环保局", late, false, "请尽快完成，并报送完成情况，由县政府办公室登记办结", "完成后，", ""},
		"prepared by the office": {
			office,
			review(),
			false,
			"请于到期日前完成，并登记完成情况",
			"在服务器上运行 qixian done 短号 --note 完成情况。",
			"",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := letter(notify.Digest, tt.unit, tt.item)
			if tt.reply {
				l.ReplyCode, l.Inbox = replyCode, true
			}
			m := mail(t, c, l)
			how := "报送方式："
			if tt.unit == office {
				how = "登记方式："
			}
			for _, want := range []string{"\n   办结方式：" + tt.answer + "\n", "\n" + how + tt.howTo, "\n- " + tt.way} {
				told := !strings.HasSuffix(want, "：") && want != "\n- "
				if strings.Contains(m.Text, want) != told {
					t.Errorf("%q in the mail is not %v:\n%s", want, told, m.Text)
				}
			}
			for _, wrong := range []string{"网址", "网页", "http", "无链接"} {
				if tt.item.Act != "" && strings.Contains(m.Text, wrong) {
					t.Errorf("%q in a mail that asks for no link:\n%s", wrong, m.Text)
				}
			}
		})
	}
}

// TestActsTogether holds that a mail explains how to answer for each of its acts, by the first item of each, and for
// no other.
func TestActsTogether(t *testing.T) {
	c := newComposer(t)
	l := letter(notify.Digest, "县环保局", airQuality(), request(), review())
	l.ReplyCode, l.Inbox = replyCode, true
	text := mail(t, c, l).Text
	for _, want := range []string{
		"报送方式：公开、办理或完成后，直接回复本邮件（写法见下），或将公开网址、办理情况或完成情况连同短号告知",
		"\n- 办结：写“办结 3 https://……”；不需上网公开的，写“办结 3 无链接 已在公告栏张贴”。\n" +
			"- 办结（报送办理情况的）：写“办结 1 办理情况：……”，不写链接。\n" +
			"- 办结（报送完成情况的）：写“办结 2 已完成……”，不写链接。\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	officeText := mail(t, c, letter(notify.Digest, office, request(), airQuality(), review())).Text
	want := "qixian done 短号 --url 公开网址（不需上网公开的，写 --note 公开方式、办理情况或完成情况）。"
	if !strings.Contains(officeText, want) {
		t.Errorf("want %q in\n%s", want, officeText)
	}
	answer := letter(notify.Answer, "县环保局")
	answer.Answers = []compose.Answered{{Said: "第1行", Became: "没有写明办理情况。"}}
	for want, asked := range map[string][]compose.Act{
		"- 办结：写“办结 序号 https://……”；":          nil,
		"- 办结：写“办结 序号 办理情况：……”，不写链接。":        {compose.Handle},
		"- 办结（报送完成情况的）：写“办结 序号 已完成……”，不写链接。": {compose.Publish, compose.Prepare},
	} {
		answer.Acts = asked
		if text := mail(t, c, answer).Text; !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
}

// TestActSubject holds what the subject of an hour rule's mail asks.
func TestActSubject(t *testing.T) {
	c := newComposer(t)
	for act, want := range map[compose.Act]string{
		"": "须在9月23日16:30前公开", compose.Handle: "须在9月23日16:30前办理", compose.Prepare: "须在9月23日16:30前完成",
	} {
		it := recall()
		it.Act = act
		l := letter(notify.Immediate, "县食药监局", it)
		l.At = it.Due.Add(-2 * time.Hour)
		if got := mail(t, c, l).Subject; !strings.Contains(got, want) {
			t.Errorf("subject %q, want %q", got, want)
		}
	}
}
