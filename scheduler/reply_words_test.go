package scheduler

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/rules/calendar"
)

func civilDate(t testing.TB, text string) calendar.Date {
	t.Helper()
	if text == "" {
		return calendar.Date{}
	}
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestReadLine reads one line in the many ways in which people write it, on 20 November 2018.
func TestReadLine(t *testing.T) {
	const url = "https://www.example.invalid/a/1.html"
	tests := []struct {
		line string
		want wish
	}{
		{"办结 " + url, wish{Verb: verbDone, URL: url}},
		{"办结 2 " + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结：２　" + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结2" + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结 第2项，" + url + "。", wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结 序号：2、" + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"已办结 2号 " + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"“办结 2 " + url + "”", wish{Verb: verbDone, Number: 2, URL: url}},
		{"1、办结 2 " + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"1. 办结 " + url, wish{Verb: verbDone, URL: url}},
		{"【办结】 2 <" + url + ">", wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结 air-quality@2018-Q3 " + url, wish{Verb: verbDone, Key: "air-quality@2018-Q3", URL: url}},
		{"办结 待办编号：enrolment.show@e0123456789 " + url, wish{Verb: verbDone, Key: "enrolment.show@e0123456789", URL: url}},
		{"办结 编号 ａｉｒ＠２０１８－０９ " + url, wish{Verb: verbDone, Key: "air@2018-09", URL: url}},
		{"办结 2 已在政府网站公开，链接 " + url + "，共3条。", wish{Verb: verbDone, Number: 2, URL: url, Note: "已在政府网站公开，链接 共3条"}},
		{"办结 2 ｈｔｔｐｓ：／／www.example.invalid／１", wish{Verb: verbDone, Number: 2, URL: "https://www.example.invalid/1"}},
		{"办结 2 HTTP://www.example.invalid/?a=1,2&b=(3).", wish{Verb: verbDone, Number: 2, URL: "HTTP://www.example.invalid/?a=1,2&b=(3"}},
		{"办结 2 无链接 已在公告栏张贴，2018年11月20日", wish{Verb: verbDone, Number: 2, Note: "已在公告栏张贴，2018年11月20日"}},
		{"办结：没有网址：张贴", wish{Verb: verbDone, Note: "张贴"}},
		{"办结 2 无链接", wish{Verb: verbDone, Number: 2, Problem: noNote}},
		{"办结 2", wish{Verb: verbDone, Number: 2, Problem: noLink}},
		{"办结", wish{Verb: verbDone, Problem: noLink}},
		{"办结 2 www.example.invalid/1", wish{Verb: verbDone, Number: 2, Problem: noLink}},
		{"已办结，谢谢！", wish{Verb: verbDone, Problem: noLink}},
		{"办结 2000 " + url, wish{Verb: verbDone, URL: url, Note: "2000"}},

		{"延期 2018-12-31 设备检修", wish{Verb: verbExtend, To: civilDate(t, "2018-12-31"), Reason: "设备检修"}},
		{"延期 2 2018年12月31日 设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-31"), Reason: "设备检修"}},
		{"延期 12月31日 设备检修，数据待补测。", wish{Verb: verbExtend, To: civilDate(t, "2018-12-31"), Reason: "设备检修，数据待补测"}},
		{"延期：２，１２月３１号，设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-31"), Reason: "设备检修"}},
		{"申请延期至2018.12.31 设备检修", wish{Verb: verbExtend, To: civilDate(t, "2018-12-31"), Reason: "设备检修"}},
		{"延期 第2项 延至 2018/12/5：设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-05"), Reason: "设备检修"}},
		{"延期 air@2018-11 1月5日 设备检修", wish{Verb: verbExtend, Key: "air@2018-11", To: civilDate(t, "2019-01-05"), Reason: "设备检修"}},
		{"延期 2 11月20日 设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-11-20"), Reason: "设备检修"}},
		{"延期 2 2018-12-31", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-31"), Problem: noReason}},
		{"延期 2 设备检修", wish{Verb: verbExtend, Number: 2, Problem: noDate}},
		{"延期 2 下周五 设备检修", wish{Verb: verbExtend, Number: 2, Problem: noDate}},
		{"延期 2 2018-02-30 设备检修", wish{Verb: verbExtend, Number: 2, Problem: noDate}},
		{"延期 2 12月315日 设备检修", wish{Verb: verbExtend, Number: 2, Problem: noDate}},
		{"延期 2 2018-12-31 日常检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-31"), Reason: "日常检修"}},
		{"延期 12 月 31日 设备检修", wish{Verb: verbExtend, To: civilDate(t, "2018-12-31"), Reason: "设备检修"}},
		{"延期 2 13月1日 设备检修", wish{Verb: verbExtend, Number: 2, Problem: noDate}},
		{"延期", wish{Verb: verbExtend, Problem: noDate}},

		{"同意", wish{Verb: verbGrant}},
		{"同意。", wish{Verb: verbGrant}},
		{"同意 1", wish{Verb: verbGrant, Number: 1}},
		{"同意延期！", wish{Verb: verbGrant}},
		{"同意延期至12月31日", wish{Verb: verbGrant, Problem: noOther}},
		{"同意你局意见", wish{Verb: verbGrant, Problem: noOther}},
		{"不同意 数据应当按期公开", wish{Verb: verbRefuse, Reason: "数据应当按期公开"}},
		{"不同意：1，数据应当按期公开。", wish{Verb: verbRefuse, Number: 1, Reason: "数据应当按期公开"}},
		{"不同意", wish{Verb: verbRefuse, Problem: noReason}},

		{"您好：", wish{}},
		{"收到，公开后办结。", wish{}},
		{"> 办结 1 " + url, wish{}},
		{"- 办结：写“办结 1 网页链接”；网上没有公开的，写“办结 1 无链接 说明”。", wish{}},
		{"办结：写“办结 1 网页链接”；网上没有公开的，写“办结 1 无链接 说明”。", wish{}},
		{"- 延期：到期前写“延期 1 新日期 理由”，日期如2018-10-02。", wish{}},
		{"同意：写“同意”。", wish{}},
		{"", wish{}},
	}
	for _, tt := range tests {
		got := readLine(newLine(tt.line), civilDate(t, "2018-11-20"))
		if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(wish{}, "Line"), cmp.Comparer(sameDate)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.line, diff)
		}
		if got.Line != tt.line {
			t.Errorf("line is %q, want %q", got.Line, tt.line)
		}
	}
}

func sameDate(a, b calendar.Date) bool { return a == b }

// TestReadReply finds the wishes among a greeting, a link on a line of its own and a signature.
func TestReadReply(t *testing.T) {
	text := "您好：\r\n\r\n　办结　1：\r\n\r\nhttps://www.example.invalid/1\r\n延期 2 12月31日 设备检修\r\nhttps://www.example.invalid/2\r\n\r\n谢谢！\r\n县环保局\r\n"
	got := readReply(text, civilDate(t, "2018-11-20"))
	want := []wish{
		{Line: "办结　1： https://www.example.invalid/1", Verb: verbDone, Number: 1, URL: "https://www.example.invalid/1"},
		{Line: "延期 2 12月31日 设备检修", Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-31"), Reason: "设备检修"},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(sameDate)); diff != "" {
		t.Errorf("wishes (-want +got):\n%s", diff)
	}
	if got := readReply(strings.Repeat("办结 1\n", 10*maxWishes), civilDate(t, "2018-11-20")); len(got) != maxWishes {
		t.Errorf("%d wishes of a hostile reply", len(got))
	}
	if got := readReply(strings.Repeat("\n", 10*maxLines)+"办结 1", civilDate(t, "2018-11-20")); len(got) != 0 {
		t.Errorf("read to the end of a hostile reply: %v", got)
	}
}

// write writes a wish that was understood as our mails tell people to.
func (w wish) write() string {
	which := w.Key
	if w.Number > 0 {
		which = fmt.Sprint(w.Number)
	}
	switch w.Verb {
	case verbDone:
		if w.URL == "" {
			return fmt.Sprintf("办结 %s 无链接 %s", which, w.Note)
		}
		return fmt.Sprintf("办结 %s %s", which, w.URL)
	case verbExtend:
		return fmt.Sprintf("延期 %s %s %s", which, w.To, w.Reason)
	}
	return fmt.Sprintf("%s %s %s", w.Verb, which, w.Reason)
}

// FuzzReadReply holds that whatever comes is read within bounds, that what counts as understood is complete, and that it means the same when it
// is written plainly.
func FuzzReadReply(f *testing.F) {
	for _, seed := range []string{
		"办结 1 https://www.example.invalid/1", "办结：２　无链接，张贴", "延期 air@2018-09 12月31日 检修", "延期 2 2018年12月31日：检修", "同意 1", "不同意 1 理由",
		"办结\nhttps://a", "1、办结 第3项，http://b。", "\xff办结\x00 1", "办结 1 https://a，b", "延期 999 1月1日 。", "不同意 2", "“办结 http”",
	} {
		f.Add(seed)
	}
	today := civilDate(f, "2018-11-20")
	f.Fuzz(func(t *testing.T, text string) {
		ws := readReply(text, today)
		if len(ws) > maxWishes {
			t.Fatalf("%d wishes", len(ws))
		}
		for _, w := range ws {
			if n := utf8.RuneCountInString(w.Line); n > 2*maxLine+1 || !utf8.ValidString(w.Line) {
				t.Fatalf("a line of %d characters: %q", n, w.Line)
			}
			if w.Number > 0 && w.Key != "" || w.Verb == "" {
				t.Fatalf("%+v", w)
			}
			if w.Problem != "" {
				continue
			}
			switch w.Verb {
			case verbDone:
				if w.URL == "" && w.Note == "" || strings.ContainsAny(w.URL, " \n\r\"<>") {
					t.Fatalf("done with %q, %q", w.URL, w.Note)
				}
			case verbExtend:
				if w.To.IsZero() || w.Reason == "" {
					t.Fatalf("extend to %s for %q", w.To, w.Reason)
				}
			case verbRefuse:
				if w.Reason == "" {
					t.Fatal("refused without a reason")
				}
			}
			again := readLine(newLine(w.write()), today)
			if again.Verb != w.Verb || again.Problem != "" || again.URL != w.URL || again.To != w.To {
				t.Fatalf("%q is\n%+v, and written plainly, %q,\n%+v", w.Line, w, w.write(), again)
			}
		}
	})
}
