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
		{"1. 办结 " + url, wish{Verb: verbDone, Listed: true, URL: url}},
		{"（1）办结 " + url, wish{Verb: verbDone, Listed: true, URL: url}},
		{"①办结 " + url, wish{Verb: verbDone, Listed: true, URL: url}},
		{"一、办结 " + url, wish{Verb: verbDone, Listed: true, URL: url}},
		{"（二）已办结：" + url, wish{Verb: verbDone, Listed: true, URL: url}},
		{"1 办结 " + url, wish{Verb: verbDone, Number: 1, URL: url}},
		{"1办结" + url, wish{Verb: verbDone, Number: 1, URL: url}},
		{"２：办结 " + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"第1项办结 " + url, wish{Verb: verbDone, Number: 1, URL: url}},
		{"第十二项：已办结，" + url, wish{Verb: verbDone, Number: 12, URL: url}},
		{"序号2 办结 " + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"air@2018-09 办结 " + url, wish{Verb: verbDone, Key: "air@2018-09", URL: url}},
		{"第2项 办结 2 " + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"第2项 办结 3 " + url, wish{Verb: verbDone, Number: 2, Problem: twoItems}},
		{"办结 第一项 " + url, wish{Verb: verbDone, Number: 1, URL: url}},
		{"办结② " + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结（2）" + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结 二 " + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结-2-" + url, wish{}},
		{"办结 2项 " + url, wish{Verb: verbDone, Problem: between}},
		{"办结一项 " + url, wish{}},
		{"办结 1-3 " + url, wish{Verb: verbDone, Problem: between}},
		{"办结 1 2 " + url, wish{Verb: verbDone, Number: 1, Problem: between}},
		{"办结 2 网页链接：" + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结 2 公开网址为" + url, wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结 2 《不动产登记公告》" + url, wish{Verb: verbDone, Number: 2, URL: url, Note: "《不动产登记公告》"}},
		{"办结 2 " + url + " 《不动产登记公告》", wish{Verb: verbDone, Number: 2, URL: url, Note: "《不动产登记公告》"}},
		{"办结 2 《关于印发《不动产登记办法》的通知》 " + url, wish{Verb: verbDone, Number: 2, URL: url, Note: "《关于印发《不动产登记办法》的通知》"}},
		{"办结 2 " + url + "已公开请查收", wish{Verb: verbDone, Number: 2, URL: url, Note: "已公开请查收"}},
		{"办结 2 " + url + "，已公开请查收！", wish{Verb: verbDone, Number: 2, URL: url, Note: "已公开请查收！"}},
		{"办结 2 " + url + "<" + url + ">", wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结 2 " + url + " <" + url + "> 请查收", wish{Verb: verbDone, Number: 2, URL: url, Note: "请查收"}},
		{
			"办结 2 http://www.example.invalid/公告/1.html",
			wish{Verb: verbDone, Number: 2, URL: "http://www.example.invalid/公告/1.html"},
		},
		{
			"办结 2 http://www.example.invalid/公告/1.html已公开",
			wish{Verb: verbDone, Number: 2, URL: "http://www.example.invalid/公告/1.html", Note: "已公开"},
		},
		{"办结 2 http://www.example.invalid/已公开", wish{Verb: verbDone, Number: 2, Problem: linkWords}},
		{"办结 2 http://www.example.invalid/2018年报", wish{Verb: verbDone, Number: 2, Problem: linkWords}},
		{"办结 2 http://www.example.invalid/?id=1已公开", wish{Verb: verbDone, Number: 2, Problem: linkWords}},
		{"办结 1 " + url + " 2 https://www.example.invalid/2", wish{Verb: verbDone, Number: 1, Problem: twoLinks}},
		{"办结 2 http://www.example.invalid/1。html", wish{Verb: verbDone, Number: 2, Problem: linkWords}},
		{"办结 2 https://", wish{Verb: verbDone, Number: 2, Problem: noLink}},
		{"办结 2 https://u:p@www.example.invalid/", wish{Verb: verbDone, Number: 2, Problem: linkUser.zh}},

		{"办结 2 办理情况：已答复申请人", wish{Verb: verbDone, Number: 2, Note: "已答复申请人"}},
		{"办结 2 " + url + " 办理情况：不予公开3件，其余已答复。", wish{Verb: verbDone, Number: 2, URL: url, Note: "不予公开3件，其余已答复"}},
		{"办结 2 无链接 办理情况：已张贴", wish{Verb: verbDone, Number: 2, Note: "已张贴"}},
		{"办结 2 无链接 未在网上公开，已在公告栏张贴", wish{Verb: verbDone, Number: 2, Note: "未在网上公开，已在公告栏张贴"}},
		{"办结 2 办理情况：已公开，网址 " + url, wish{Verb: verbDone, Number: 2, URL: url, Note: "已公开"}},
		{"办结 2 办理情况：", wish{Verb: verbDone, Number: 2, Problem: noNote}},
		{"办结 2 办理情况：尚未办结", wish{Verb: verbDone, Number: 2, Problem: notDone}},
		{"办结 2 无链接 正在办理", wish{Verb: verbDone, Number: 2, Problem: notDone}},
		{"办结 2 办理情况：网站正在改版 " + url, wish{Verb: verbDone, Number: 2, Problem: notDone}},
		{"办结 2 无链接 " + url, wish{Verb: verbDone, Number: 2, Problem: bothLinks}},
		{"办结 2 完成情况：已审查，未发现涉密内容", wish{Verb: verbDone, Number: 2, Note: "已审查，未发现涉密内容"}},
		{"办结 2 已完成保密审查", wish{Verb: verbDone, Number: 2, Said: "已完成保密审查", Problem: noLink}},
		{"办结2已完成", wish{Verb: verbDone, Number: 2, Said: "已完成", Problem: noLink}},
		{"办结 2 已书面答复申请人，无异议。", wish{Verb: verbDone, Number: 2, Said: "已书面答复申请人，无异议", Problem: noLink}},
		{"办结 2 已完成，正在归档", wish{Verb: verbDone, Number: 2, Problem: notDone}},
		{"办结 2 已完成一半", wish{Verb: verbDone, Number: 2, Problem: notDone}},
		{"办结 2 已完成80％", wish{Verb: verbDone, Number: 2, Problem: notDone}},
		{"办结 2 已转下周完成", wish{Verb: verbDone, Number: 2, Problem: notDone}},
		{"办结 2 已受理", wish{Verb: verbDone, Number: 2, Problem: noLink}},
		{"办结 3天内完成", wish{Verb: verbDone, Problem: noLink}},
		{"【办结】 2 <" + url + ">", wish{Verb: verbDone, Number: 2, URL: url}},
		{"办结 air-quality@2018-Q3 " + url, wish{Verb: verbDone, Key: "air-quality@2018-Q3", URL: url}},
		{
			"办结 待办编号：enrolment.show@e0123456789 " + url,
			wish{Verb: verbDone, Key: "enrolment.show@e0123456789", URL: url},
		},
		{"办结 编号 ａｉｒ＠２０１８－０９ " + url, wish{Verb: verbDone, Key: "air@2018-09", URL: url}},
		{"办结 2 已在政府网站公开，链接 " + url + "，共3条。", wish{Verb: verbDone, Number: 2, Problem: between}},
		{"办结 2 " + url + "，共3条。", wish{Verb: verbDone, Number: 2, URL: url, Note: "共3条"}},
		{"办结 2 ｈｔｔｐｓ：／／www.example.invalid／１", wish{Verb: verbDone, Number: 2, URL: "https://www.example.invalid/1"}},
		{
			"办结 2 HTTP://www.example.invalid/?a=1,2&b=(3).",
			wish{Verb: verbDone, Number: 2, URL: "http://www.example.invalid/?a=1,2&b=(3"},
		},
		{"办结 2 无链接 已在公告栏张贴，2018年11月20日", wish{Verb: verbDone, Number: 2, Note: "已在公告栏张贴，2018年11月20日"}},
		{"办结：没有网址：张贴", wish{Verb: verbDone, Note: "张贴"}},
		{"办结 2 无链接", wish{Verb: verbDone, Number: 2, Problem: noNote}},
		{"办结 2", wish{Verb: verbDone, Number: 2, Bare: true, Problem: noLink}},
		{"办结", wish{Verb: verbDone, Bare: true, Problem: noLink}},
		{"办结 2 www.example.invalid/1", wish{Verb: verbDone, Number: 2, Problem: noLink}},
		{"已办结，谢谢！", wish{Verb: verbDone, Problem: noLink}},
		{"办结 2000 " + url, wish{Verb: verbDone, Problem: between}},

		{"延期 2018-12-31 设备检修", wish{Verb: verbExtend, To: civilDate(t, "2018-12-31"), Reason: "设备检修"}},
		{"延期 2 2018年12月31日 设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-31"), Reason: "设备检修"}},
		{"延期 12月31日 设备检修，数据待补测。", wish{Verb: verbExtend, To: civilDate(t, "2018-12-31"), Reason: "设备检修，数据待补测"}},
		{"延期：２，１２月３１号，设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-31"), Reason: "设备检修"}},
		{"申请延期至2018.12.31 设备检修", wish{Verb: verbExtend, To: civilDate(t, "2018-12-31"), Reason: "设备检修"}},
		{"延期 第2项 延至 2018/12/5：设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-05"), Reason: "设备检修"}},
		{
			"延期 air@2018-11 1月5日 设备检修",
			wish{Verb: verbExtend, Key: "air@2018-11", To: civilDate(t, "2019-01-05"), Reason: "设备检修"},
		},
		{"延期 2 11月20日 设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-11-20"), Reason: "设备检修"}},
		{"延期 2 2018-12-31", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-31"), Problem: noReason}},
		{"延期 2 设备检修", wish{Verb: verbExtend, Number: 2, Problem: noDate}},
		{"延期 12月20日（星期四）前，设备检修", wish{Verb: verbExtend, To: civilDate(t, "2018-12-20"), Reason: "设备检修"}},
		{"延期 至12月20日止 设备检修", wish{Verb: verbExtend, To: civilDate(t, "2018-12-20"), Reason: "设备检修"}},
		{"延期 12.20 设备检修", wish{Verb: verbExtend, To: civilDate(t, "2018-12-20"), Reason: "设备检修"}},
		{"延期 2 12-20 设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-20"), Reason: "设备检修"}},
		{"延期 2 12/20，设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-20"), Reason: "设备检修"}},
		{"延期 20181220 设备检修", wish{Verb: verbExtend, To: civilDate(t, "2018-12-20"), Reason: "设备检修"}},
		{"延期 ２ ２０１８１２２０ 设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-20"), Reason: "设备检修"}},
		{"延期至十二月二十日，设备检修", wish{Verb: verbExtend, To: civilDate(t, "2018-12-20"), Reason: "设备检修"}},
		{"延期 2 二〇一八年十二月三十一日 设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-31"), Reason: "设备检修"}},
		{"延期到明年1月5日 设备检修", wish{Verb: verbExtend, To: civilDate(t, "2019-01-05"), Reason: "设备检修"}},
		{"第2项申请延期至12月20日，设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-20"), Reason: "设备检修"}},
		{"延期申请：2 12月20日 设备检修", wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-20"), Reason: "设备检修"}},
		{
			"延期 2 12-20 可以吗？",
			wish{Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-20"), Reason: "可以吗？", Problem: question},
		},
		{"延期 3天 设备检修", wish{Verb: verbExtend, Span: span{3, "天"}, Reason: "设备检修", Problem: noDate}},
		{"延期3天", wish{Verb: verbExtend, Span: span{3, "天"}, Problem: noDate}},
		{"延期 2 三个工作日 设备检修", wish{Verb: verbExtend, Number: 2, Span: span{3, "工作日"}, Reason: "设备检修", Problem: noDate}},
		{"延期 2 两周 检修", wish{Verb: verbExtend, Number: 2, Span: span{2, "周"}, Reason: "检修", Problem: noDate}},
		{"延期 半个月 检修", wish{Verb: verbExtend, Span: span{15, "天"}, Reason: "检修", Problem: noDate}},
		{"延期 10日 检修", wish{Verb: verbExtend, Span: span{10, "天"}, Reason: "检修", Problem: noDate}},
		{"延期 1.5天 检修", wish{Verb: verbExtend, Problem: noDate}},
		{"延期 3-5天 检修", wish{Verb: verbExtend, Problem: noDate}},
		{"延期 2 18-12-31 检修", wish{Verb: verbExtend, Number: 2, Problem: noDate}},
		{"延期 1220 检修", wish{Verb: verbExtend, Problem: noDate}},
		{"延期 2 2018-11-01 检修", wish{Verb: verbExtend, Number: 2, Problem: fmt.Sprintf(datePast, "2018年11月1日")}},
		{"延期 2 2019-12-31 检修", wish{Verb: verbExtend, Number: 2, Problem: fmt.Sprintf(dateFar, "2019年12月31日")}},
		{"延期 2 20281220 检修", wish{Verb: verbExtend, Number: 2, Problem: fmt.Sprintf(dateFar, "2028年12月20日")}},
		{"延期 2 11月1日 检修", wish{Verb: verbExtend, Number: 2, Problem: fmt.Sprintf(dateWhen, "11月1日", "2019年11月1日")}},
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
		{"同意，谢谢", wish{Verb: verbGrant}},
		{"同意！张三", wish{Verb: verbGrant}},
		{"同意（张三）", wish{Verb: verbGrant}},
		{"同意（最多三天）", wish{Verb: verbGrant, Problem: noOther}},
		{"同意 已阅", wish{Verb: verbGrant}},
		{"同意。已阅，李小四。", wish{Verb: verbGrant, Problem: noOther}},
		{"同意，已阅。李小四。", wish{Verb: verbGrant}},
		{"“同意”", wish{Verb: verbGrant}},
		{"同意 1，请尽快办理", wish{Verb: verbGrant, Number: 1}},
		{"同意该申请", wish{Verb: verbGrant}},
		{"同意，何时公开", wish{Verb: verbGrant, Problem: noOther}},
		{"同意 马上办", wish{Verb: verbGrant, Problem: noOther}},
		{"同意 12月20日", wish{Verb: verbGrant, Problem: noOther}},
		{"同意，但最迟周五", wish{Verb: verbGrant, Problem: noOther}},
		{"同意 张局不同意", wish{Verb: verbGrant, Problem: noOther}},
		{"同意你局意见", wish{}},
		{"同意吗", wish{}},
		{"同意？", wish{}},
		{"不同意吗？", wish{}},
		{"不同意见", wish{}},
		{"不予同意：数据应当按期公开", wish{Verb: verbRefuse, Reason: "数据应当按期公开"}},
		{"不同意延期，数据应当按期公开", wish{Verb: verbRefuse, Reason: "数据应当按期公开"}},
		{"不同意 1 为什么要延期？", wish{Verb: verbRefuse, Number: 1, Reason: "为什么要延期？", Problem: question}},
		{"不同意 数据应当按期公开", wish{Verb: verbRefuse, Reason: "数据应当按期公开"}},
		{"不同意：1，数据应当按期公开。", wish{Verb: verbRefuse, Number: 1, Reason: "数据应当按期公开"}},
		{"不同意", wish{Verb: verbRefuse, Problem: noReason}},

		{"您好：", wish{}},
		{"收到，公开后办结。", wish{}},
		{"> 办结 1 " + url, wish{}},
		{"- 办结：写“办结 1 网页链接”；网上没有公开的，写“办结 1 无链接 说明”。", wish{}},
		{"办结：写“办结 1 网页链接”；网上没有公开的，写“办结 1 无链接 说明”。", wish{}},
		{"- 办结（报送完成情况的）：写“办结 2 已完成……”，不写链接。", wish{}},
		{"办结（报送办理情况的）：写“办结 1 办理情况：……”，不写链接。", wish{}},
		{"- 延期：到期前写“延期 1 新日期 理由”，日期如2018-10-02。", wish{}},
		{"同意：写“同意”。", wish{}},
		{"", wish{}},
	}
	for _, tt := range tests {
		got := readOne(tt.line, civilDate(t, "2018-11-20"))
		if diff := cmp.Diff(
			tt.want,
			got,
			cmpopts.IgnoreFields(wish{}, "Line", "Row"),
			cmpopts.EquateComparable(calendar.Date{}, span{}),
		); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.line, diff)
		}
		if got.Line != tt.line {
			t.Errorf("line is %q, want %q", got.Line, tt.line)
		}
	}
}

// readOne reads a line that names one item at most.
func readOne(text string, today calendar.Date) wish {
	w, items := readLine(newLine(text), today)
	if len(items) > 0 {
		w.Number, w.Key = items[0].number, items[0].key
	}
	return w
}

// TestReadReply finds the wishes among a greeting, a link on a line of its own and a signature.
func TestReadReply(t *testing.T) {
	text := "您好：\r\n\r\n　办结　1：\r\n\r\nhttps://www.example.invalid/1\r\n延期 2 12月31日 设备检修\r\nhttps://www.example.invalid/2\r\n\r\n谢谢！\r\n县环保局\r\n"
	got := readReply(text, civilDate(t, "2018-11-20"), false)
	want := []wish{
		{
			Line:   "办结　1： https://www.example.invalid/1",
			Row:    2,
			Verb:   verbDone,
			Number: 1,
			URL:    "https://www.example.invalid/1",
		},
		{Line: "延期 2 12月31日 设备检修", Row: 4, Verb: verbExtend, Number: 2, To: civilDate(t, "2018-12-31"), Reason: "设备检修"},
		{Line: "https://www.example.invalid/2", Row: 5, Problem: noVerb},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(calendar.Date{}, span{})); diff != "" {
		t.Errorf("wishes (-want +got):\n%s", diff)
	}
	if got := readReply(
		strings.Repeat("办结 1\n", 10*maxWishes),
		civilDate(t, "2018-11-20"),
		false,
	); len(got) != maxWishes+1 ||
		got[maxWishes].Problem != tooManyLines {
		t.Errorf("%d wishes of a hostile reply", len(got))
	}
	if got := readReply(
		strings.Repeat("\n", 10*maxLines)+"办结 1",
		civilDate(t, "2018-11-20"),
		false,
	); len(got) != 1 ||
		got[0].Problem != tooManyLines {
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

// FuzzReadReply holds that whatever comes is read within bounds, that what counts as understood is complete, and that
// it means the same when it is written plainly.
func FuzzReadReply(f *testing.F) {
	for _, seed := range []string{
		"办结 1 https://www.example.invalid/1", "办结：２　无链接，张贴", "延期 air@2018-09 12月31日 检修", "延期 2 2018年12月31日：检修", "同意 1", "不同意 1 理由",
		"办结\nhttps://a", "1、办结 第3项，http://b。", "\xff办结\x00 1", "办结 1 https://a，b", "延期 999 1月1日 。", "不同意 2", "“办结 http”",
		"办结 1、2 https://a/1.html已公开", "第1、2项办结 https://a/b_\nc.html", "办结 一 《不动》http://a<http://a>", "延期 3天 x", "延期 二〇一八年十二月一日 x", "同意！张三",
		"办结 2 办理情况：已答复 http://a", "办结不了\n没有办结 http://a", "办结 1 https://a\n<https://a>\nhttps://b",
	} {
		f.Add(seed)
	}
	today := civilDate(f, "2018-11-20")
	f.Fuzz(func(t *testing.T, text string) {
		ws := readReply(text, today, true)
		if len(ws) > maxWishes+1 {
			t.Fatalf("%d wishes", len(ws))
		}
		for _, w := range ws {
			if n := utf8.RuneCountInString(w.Line); n > 2*maxLine+1 || !utf8.ValidString(w.Line) {
				t.Fatalf("a line of %d characters: %q", n, w.Line)
			}
			if w.Number > 0 && w.Key != "" || w.Verb == "" && w.Problem == "" || w.Row == 0 {
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
			again := readOne(w.write(), today)
			if again.Verb != w.Verb || again.Problem != "" || again.URL != w.URL || again.To != w.To {
				t.Fatalf("%q is\n%+v, and written plainly, %q,\n%+v", w.Line, w, w.write(), again)
			}
		}
	})
}

// TestNoteToReplace tells whoever has copied a mail's example to the letter what is to stand in its place.
func TestNoteToReplace(t *testing.T) {
	for _, text := range []string{"办结 1 无链接 说明", "办结 1 无链接：说明。", "办结 1 无链接"} {
		ws := readReply(text, civilDate(t, "2018-11-20"), false)
		if len(ws) != 1 || !strings.Contains(ws[0].Problem, "“说明”二字请换成具体情况") {
			t.Errorf("%s is read as %+v", text, ws)
		}
	}
}
