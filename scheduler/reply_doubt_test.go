package scheduler

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const one = "https://www.example.invalid/1.html"

// summary is what a reply was understood to say, a wish each.
func summary(t *testing.T, text string) string {
	t.Helper()
	var out []string
	for _, w := range readReply(text, civilDate(t, "2018-11-20"), true) {
		s := fmt.Sprint(w.Row, " ", w.Verb, w.Number, w.Key, " ", w.URL, w.Note, w.Reason)
		if w.Problem != "" {
			s = fmt.Sprint(w.Row, " refused")
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

// TestNotDone refuses and names what a note says of something that is not done, not the unit's, not meant or asked.
func TestNotDone(t *testing.T) {
	var texts []string
	for note := range strings.SplitSeq("还没弄好/没办/还没办/未办理/下周再办/拟于下周公开/预计12月底完成/暂缓/尚需时日/材料还没报上来/申请延期/请求延期到12月31日/这项应该由民政局办/"+
		"非本单位职责/暂无/再说/谢谢/等领导签字，预计下周公开/说明/……/-/无/！/ 说明。/谢谢！/算办结么/没有公开/发错了/作废", "/") {
		texts = append(texts, "办结 1 无链接 "+note, "办结 1 办理情况："+note, "办结 1 无链接 办理情况："+note)
	}
	for note := range strings.SplitSeq("尚未开展/未启动/正在审核/正在收集材料/还在走流程/审核中/推进中/将于12月5日公开/12月5日前公开/不是我局职责，请转民政局/……", "/") {
		texts = append(texts, "办结 1 办理情况："+note, "办结 1 无链接 "+note, "办结 1 "+one+" 办理情况："+note)
	}
	for words := range strings.SplitSeq("审核中/审核中，12月20日公开/拟12月公开/计划12月公开/准备公开/即将公开/月底前公开/过几天公开/网站维护中/上线后请查看/请领导审核/作废/请撤回/填错了/发错了/"+
		"错了，请忽略/链接失效/草稿/部分公开，剩余10号前补齐/差两个乡镇/算办结么/申请延期/第2项延期/“尚未公开”", "/") {
		texts = append(texts, "办结 1 "+one+" "+words, "办结 1 "+one+"，"+words)
	}
	texts = append(
		texts,
		"“办结 1 无链接 说明”",
		"延期 1 日期 理由",
		"延期 1 新日期 理由",
		"延期 1 12月20日 理由",
		"延期 1 12月20日 谢谢！",
		"延期 1 12月20日 ……",
		"不同意 理由",
		"不同意 谢谢",
		"不同意 1 无",
		"延期 1 12月10日至12月20日 检修",
		"延期 1 12月20日至25日 检修",
		"延期 1 12月20、21日 检修",
		"延期 1 12月20日、21日 检修",
		"延期 1 12月20日+3天 检修",
		"延期 1 12月20日后 检修",
		"延期 1 12月20日以后 检修",
		"延期 1 12月20日之后 检修",
		"延期 1 12月20日起 检修",
		"延期 1 12月20日左右 检修",
		"延期 1 12月20日前后 检修",
		"延期 1 12月20日或12月25日 检修",
		"延期 1 12月20日，或25日 检修",
		"延期 1 12月20日～25日 检修",
		"延期 1 12月20日—25日 检修",
		"延期 1 12月20日，25日也行",
		"延期 1 12月20日到月底 检修",
		"延期 1 12月20日的申请作废",
		"延期 1 12月20日 取消",
		"延期 1 12月20日不延期也行",
		"延期 1 12月20日不行",
		"延期 1 12月20日 撤回",
		"办结 1 "+one+"；延期 2 12月20日 检修",
		"办结 1 "+one+" 第2项延期",
		"办结 1 无链接 张贴 延期 2 12月20日 检修",
		"办结 1 无链接 张贴；办结 2 无链接 张贴",
		"办结 1 "+one+" 2办结 无链接",
		"延期 1 12月20日 检修；办结 2 "+one,
		"延期 1 12月20日 检修，第2项办结",
		"不同意 1 数据要公开；同意 2",
		"不同意 1 数据要公开；同意第2项",
		"1、2办结 "+one,
		"1、2已办结",
		"1,2 办结 "+one,
		"1、3 已办结："+one,
		"1、2延期 12月20日 检修",
		"1、2同意",
		"1，2 同意",
		"1、2不同意 数据要公开",
		"11.2办结 "+one,
		"12.1办结："+one,
		"11.20 已办结 "+one,
		"11.2 同意",
		"11.2延期至12月20日 检修",
		"1、2、3办结 "+one,
		"11-20 已办结 "+one,
		"11月20日办结 "+one,
		"办结 1 ["+one+"](https://www.example.invalid/2.html)",
		"办结 1 [标题]("+one+")",
		"辦結 1 "+one,
		"延长至12月20日 检修",
		"延長至12月20日",
		"同 意",
		"2项办结 "+one,
		"办结了吗 "+one,
		"办结了没有 "+one,
		"办结完毕后 "+one,
		"办结了一半 "+one,
		"同意了吗",
		"同意办理",
	)
	for name := range strings.SplitSeq("许三天/王局缓/王局拒/宁三天/许周五/谢绝/任命后/钱后补/文旅局/金融办/江北区/顾虑大", "/") {
		texts = append(texts, "同意，"+name, "同意 "+name, "同意。"+name, "同意（"+name+"）", "同意！"+name)
	}
	texts = append(texts, "同意，张建国", "同意！张建国，许三天", "同意，发自我的iPhone，但最迟周五")
	for _, text := range texts {
		if got := summary(t, text); got != "1 refused" {
			t.Errorf("%s:\n%s", text, got)
		}
	}
}

// TestPlainWishes takes what clerks write who do not copy the form.
func TestPlainWishes(t *testing.T) {
	done := "1 办结1 " + one
	for text, want := range map[string]string{
		"办结了 " + one:                      "1 办结0 " + one,
		"办结完毕 " + one:                     "1 办结0 " + one,
		"该项已办结 " + one:                    "1 办结0 " + one,
		"现办结 1 " + one:                    done,
		"您好，办结 1 " + one:                  done,
		"回复：办结 1 " + one:                  done,
		"办结 1 见 " + one:                   done,
		"办结 1 详见：" + one:                  done,
		"办结 1，已公开：" + one:                 done,
		"办结 1 链接如下：\n" + one:              done,
		"办结 1\n链接：" + one:                 done,
		"办结 1 " + one + "\n链接：" + one:     done,
		"办结 1 [" + one + "](" + one + ")": done,
		"办结 1 " + one + " 不动产登记信息":        done + "不动产登记信息",
		"办结 1 " + one + " 待遇发放情况":         done + "待遇发放情况",
		"办结 1 " + one + " 如有不妥请联系":        done + "如有不妥请联系",
		"办结 1 " + one + " 暂行办法":           done + "暂行办法",
		"办结 1 " + one + " 《关于撤销某某的通知》":    done + "《关于撤销某某的通知》",
		"办结 1 " + one + " 政务服务审批中心":       done + "政务服务审批中心",
		"办结 1 无链接\n已张贴":                   "1 办结1 已张贴",
		"办结 1 无链接\n说明：公告栏张贴":              "1 办结1 说明：公告栏张贴",
		"办结 1 无链接 已办结，在公告栏张贴":             "1 办结1 已办结，在公告栏张贴",
		"延期 1 12月20日\n因检修":                "1 延期1 因检修",
		"延期 1 12月20日\n理由：检修":              "1 延期1 检修",
		"延期 1 日期：12月20日 理由：检修":            "1 延期1 检修",
		"延期 1 12月20日 正在研究如何公开":            "1 延期1 正在研究如何公开",
		"延期 1 12月20日 个人原因":                "1 延期1 个人原因",
		"延期 1 12月20日 起草文件":                "1 延期1 起草文件",
		"请予延期至12月20日 检修":                  "1 延期0 检修",
		"延期 1 12月20日 系统待检修，修好后办结":         "1 延期1 系统待检修，修好后办结",
		"不同意\n理由：数据应当公开":                  "1 不同意0 数据应当公开",
		"同意了":                             "1 同意0 ",
		"我同意":                             "1 同意0 ",
		"我不同意 数据应当公开":                     "1 不同意0 数据应当公开",
		"同意，发自我的iPhone":                   "1 同意0 ",
		"同意。发自我的 iPhone":                  "1 同意0 ",
		"同意！王局长":                          "1 同意0 ",
		"同意。已阅，李小明。":                      "1 refused",
		"同意，已阅。李小明":                       "1 同意0 ",
	} {
		if diff := cmp.Diff(want, summary(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// TestLaterLines names each line that has a link or an item and no verb, and does nothing that a later line takes back.
func TestLaterLines(t *testing.T) {
	const two = "https://www.example.invalid/2.html"
	done, other := "1 办结1 "+one, "\n2 办结2 "+two
	for text, want := range map[string]string{
		"办结 1 P\n更正：上面发错了，第1项还没公开，请勿登记": "1 refused\n2 refused",
		"办结 1 P\n尚未公开":                   "1 refused\n2 refused",
		"办结 1 P\n\n还没有公开，抱歉":             "1 refused\n2 refused",
		"办结 1 P\n不办结 1":                  "1 refused\n2 refused",
		"办结 1 P\n以上作废":                   "1 refused\n2 refused",
		"办结 1 P\n请勿登记":                   "1 refused\n2 refused",
		"办结 1 P\n上一行请忽略":                 "1 refused\n2 refused",
		"延期 1 12月20日 检修\n发错了":            "1 refused\n2 refused",
		"同意 1\n上面写错了":                    "1 refused\n2 refused",
		"办结 1 P\n更正：\n办结 1 Q":            "1 refused\n2 refused\n3 办结1 " + two,
		"办结 1 P\n第2项还在办":                 done + "\n2 refused",
		"办结 1 P\n第1项还在办":                 "1 refused\n2 refused",
		"办结 1 P\n办结 2 Q\n第2项没有公开":        done + "\n2 refused\n3 refused",
		"办结 1 P\n其他事项尚未公开":               done,
		"办结 1 P\n本邮件可能含保密信息，误收的请忽略":      done,
		"办结 1 P\n2 Q":                    done + "\n2 refused",
		"办结 1 P\n2、Q\n3、Q":               done + "\n2 refused\n3 refused",
		"办结 1 P\n第2项：Q":                  done + "\n2 refused",
		"办结 1 P\n见附件及 Q":                 done + "\n2 refused",
		"办结 1 P\n办结 2 Q":                 done + other,
		"办结 1 P\n谢谢！\n县环保局\n2018年11月20日": done,
	} {
		text = strings.NewReplacer("P", one, "Q", two).Replace(text)
		if diff := cmp.Diff(want, summary(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// TestContrary does nothing about an item of which a reply says things that do not go together.
func TestContrary(t *testing.T) {
	lines := []Line{{Number: 10012, Key: "air@2018-11"}, {Number: 10023, Key: "water@2018-11"}}
	for text, want := range map[string]string{
		"同意 1\n不同意 1 数据":                                            "no no",
		"不同意 1 数据\n同意 1":                                            "no no",
		"同意 1\n不同意 2 数据":                                            "yes yes",
		"办结 1 " + one + "\n延期 1 12月20日 检修":                          "no no",
		"办结 1 " + one + "\n延期 1 三天 检修":                              "no no",
		"办结 10012 " + one + "\n延期 1 12月20日 检修":                      "no no",
		"办结 air@2018-11 " + one + "\n延期 1 12月20日 检修":                "no no",
		"办结 1 " + one + "\n延期 2 12月20日 检修":                          "yes yes",
		"办结 1 " + one + "\n办结 1 无链接 尚未办结":                           "no no",
		"延期 1 12月20日 检修\n延期 1 12月25日 检修":                            "no no",
		"办结 1 " + one + "\n办结 1 https://www.example.invalid/2.html": "yes yes",
	} {
		c := &clerk{sent: Sent{Lines: lines}}
		ws := readReply(text, civilDate(t, "2018-11-20"), true)
		c.contrary(ws)
		var got []string
		for _, w := range ws {
			got = append(got, map[bool]string{true: "yes", false: "no"}[w.Problem == ""])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
}
