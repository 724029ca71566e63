package scheduler

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNothingIsGuessed reads sentences of clerks that say no plain wish. None of them closes, moves or grants anything,
// and each is named.
func TestNothingIsGuessed(t *testing.T) {
	const url = "https://www.example.invalid/1.html"
	for _, text := range []string{
		"办结不了，材料还没齐，网站在改版 " + url,
		"办结情况：尚未办结，网站 " + url + " 正在改版",
		"办结时限怎么算？见 " + url,
		"不办结 " + url, "未办结 " + url, "无法办结 " + url, "暂不办结 " + url, "没有办结 " + url, "还没办结：" + url, "尚未办结 " + url, "不能办结，" + url,
		"办结了吗 " + url, "是否办结 " + url, "何时办结 " + url, "请问办结 " + url, "办结？" + url, "办结吗？" + url, "办结 1？" + url, "办结 " + url + "？", "办结 " + url + "?",
		"办结 " + url + " 吗", "办结 1 " + url + " 可以吗？", "办结 1 " + url + " 这样行不行", "办结 1 " + url + "（尚未公开）", "办结 1 " + url + " 下周公开",
		"办结 1，但还没有公开 " + url, "办结 1 未公开 " + url, "办结 1 待公开：" + url, "办结 1 将于下周公布在 " + url, "办结 1 " + url + " 网站打不开",
		"办结后公布在 " + url, "办结材料 " + url, "办结率100% " + url, "办结人：张三 " + url, "办结日期 2018-11-20 " + url, "预计办结 " + url, "待办结 " + url, "拟办结 " + url,
		"办结 1 无链接 尚未办结", "办结 1 无链接 没有办完", "办结 1 无链接 办不了", "办结 1 无链接 怎么办？", "办结 1 办理情况：正在办理", "办结 1 办理情况：办理中",
		"办结 1 办理情况：已转办，还没完成", "办结 1 办理情况：能否延期", "全部办结 " + url, "以上事项均已办结 " + url, "环境空气质量 已办结 " + url, "1-2办结 " + url,
		"1、2办结不了 " + url, "第1项没有办结 " + url, "1 未办结 " + url, "①尚未办结 " + url, "收到，公开后办结。", "请问如何办结", "取消办结 " + url, "撤回办结 1 " + url,
		"不延期", "延期不了", "延期吗", "是否延期 12月20日", "能否延期到12月20日？", "无需延期", "延期 1 12月20日 可以吗？", "延期 12月20日 行吗", "已批准延期 12月20日 检修",
		"延期公告见 " + url, "暂不延期 12月20日 检修", "延期 3天 检修", "延期一周 检修", "延期 月底 检修", "延期 2017-12-20 检修", "延期 2020-12-20 检修",
		"不同意吗", "同意吗？", "原则同意", "拟同意", "暂不同意 再等等", "是否同意", "领导未同意", "同意延期到12月1日", "同意，但请提前", "同意不了", "不同意", "没有不同意", "同意？", "不同意？",
	} {
		ws := readReply("您好：\n"+text+"\n谢谢！", civilDate(t, "2018-11-20"), true)
		if len(ws) == 0 {
			t.Errorf("%s: not named", text)
		}
		for _, w := range ws {
			if w.Problem == "" || w.Row != 2 || w.URL != "" {
				t.Errorf("%s: taken for %+v", text, w)
			}
		}
	}
	for _, text := range []string{
		"收到，谢谢！", "我局已安排专人办理。", "- 办结：写“办结 1 网页链接”；网上没有公开的，写“办结 1 无链接 说明”。", "- 办结：写“办结 1 https://……”；不需上网公开的，写“办结 1 无链接 已在公告栏张贴”。", "- 办结（报送办理情况的）：写“办结 2 办理情况：……”，不写链接。", "办结方式：请于到期日前完成，并报送完成情况，回复本邮件写“办结 2 已完成……”", "报送方式：公开、办理或完成后，直接回复本邮件（写法见下），或将公开网址告知县政府办公室。登记后即为办结，不再提醒。", "登记方式：在服务器上运行 qixian done 短号 --url 公开网址。", "如何办结：公开后回复本邮件，写“办结 1 网页链接”，待办编号 air@2018-09",
		"> 办结 1 " + url,
	} {
		if ws := readReply(text, civilDate(t, "2018-11-20"), false); len(ws) > 0 && !strings.HasPrefix(text, ">") {
			t.Errorf("%s: %+v", text, ws)
		}
	}
}

// TestReadLines reads several items of a line, and links that take more than a line.
func TestReadLines(t *testing.T) {
	const url = "https://www.example.invalid/1.html"
	long := "https://www.example.invalid/col/col1234/art/2018/11/20/art_1234_"
	both := "1 done 1 " + url + "\n1 done 2 " + url
	for text, want := range map[string]string{
		"办结 1、2 " + url:                                       both,
		"办结 1，2：" + url:                                       both,
		"办结 1和2 " + url:                                       both,
		"办结 第1、2项 " + url:                                     both,
		"办结第1项、第2项，" + url:                                    both,
		"办结①、② " + url:                                        both,
		"办结 一、二 " + url:                                       both,
		"第1、2项已办结 " + url:                                     both,
		"第一、二项办结：" + url:                                      both,
		"办结 air@2018-11、2 " + url:                             "1 done air@2018-11 " + url + "\n1 done 2 " + url,
		"办结 1、2 https://www.example.invalid/art\n2018/1.html": "1 ? 链接像是断成了两行",
		"办结 1、2 " + url + "\nhttps://www.example.invalid/2.html\nhttps://www.example.invalid/3.html\n/4": both + "\n2 ? 这一行只有链接\n3 ? 这一行只有链接",
		"办结 1、2":                                               "1 ? 没有公开网址\n1 ? 没有公开网址", // said once when the items are known
		"延期 1、2 12月20日 检修":                                     "1 extend 1 2018-12-20\n1 extend 2 2018-12-20",
		"延期 1，12-20 检修":                                        "1 extend 1 2018-12-20",
		"同意 1、2":                                               "1 grant 1\n1 grant 2",
		"办结 1\n" + url:                                         "1 done 1 " + url,
		"办结 1：\n\n网页链接\n" + url:                                "1 ? 没有公开网址\n3 ? 这一行有链接或序号",
		"办结 1\n无链接 已张贴":                                        "1 done 1 （已张贴）",
		"办结 1 无链接 本季无新情况":                                      "1 done 1 （本季无新情况）",
		"办结 1\n办理情况：已答复":                                       "1 done 1 （已答复）",
		"办结 1 " + long + "\n567890.html":                       "1 done 1 " + long + "567890.html",
		"办结 1 " + long + "567890\n.html 已公开请查收":                "1 done 1 " + long + "567890.html",
		"办结 1 " + long + "567890\n5678 张三":                     "1 ? 链接像是断成了两行",
		"办结 1 " + long + "567890\n.html":                       "1 done 1 " + long + "567890.html",
		"办结 1 https://www.example.invalid/content.jsp\n?id=3":  "1 done 1 https://www.example.invalid/content.jsp?id=3",
		"办结 1 " + long + "\n5678_\n90.html":                    "1 done 1 " + long + "5678_90.html",
		"办结 1 https://www.example.invalid/art\n2018/1.html":    "1 ? 链接像是断成了两行",
		"办结 1 " + url + "\n13805380000":                        "1 done 1 " + url,
		"办结 1 " + url + "\nhbj@example.invalid":                "1 done 1 " + url,
		"办结 1 " + url + "\n\n2018-11-20":                       "1 done 1 " + url,
		"办结 1 " + url + "\n<" + url + ">":                      "1 done 1 " + url,
		"办结 1 " + url + "\nhttps://www.example.invalid/2.html": "1 done 1 " + url + "\n2 ? 这一行只有链接",
		"办结 1 " + url + "\n2 办结 " + url + "\n\n第3项没有办结":        "1 done 1 " + url + "\n2 done 2 " + url + "\n3 ? 看来尚未办结",
		"1、办结 " + url + "\n2、办结 " + url:                        "1 done 0 " + url + " listed\n2 done 0 " + url + " listed",
	} {
		var got []string
		for _, w := range readReply(text, civilDate(t, "2018-11-20"), false) {
			which := w.Key
			if which == "" {
				which = fmt.Sprint(w.Number)
			}
			words := map[verb]string{verbDone: "done " + which + " " + w.URL, verbExtend: "extend " + which + " " + w.To.String(), verbGrant: "grant " + which}[w.Verb]
			switch {
			case w.Problem != "":
				short, _, _ := strings.Cut(w.Problem, "，")
				short, _, _ = strings.Cut(short, "。")
				words = "? " + short
			case w.Verb == verbDone && w.URL == "":
				words += "（" + w.Note + "）"
			case w.Listed:
				words += " listed"
			}
			got = append(got, fmt.Sprint(w.Row, " ", words))
		}
		if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
