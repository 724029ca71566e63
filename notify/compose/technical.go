package compose

import (
	"fmt"
	"slices"

	"qixian/rules/wording"
)

// mostProblems is how many mistakes a mail shows: more than anybody mends at one go. `qixian check` prints them all.
const mostProblems = 30

// technical is what a letter to the office says to the system's administrator, with the problems as `qixian check`
// prints them.
func technical(l Letter) []string {
	if l.Unit != l.Office {
		return nil
	}
	lines := slices.Clone(l.Technical)
	if l.Weekly != nil {
		lines = append(lines, weeklyTechnical(l)...)
	}
	if l.Overview != nil {
		lines = append(lines, overviewTechnical(l.Overview)...)
	}
	if len(l.Problems) > 0 {
		lines = append(lines, "改正后运行 qixian check，没有错误再执行 systemctl reload qixian。错误原文：")
	}
	for _, p := range l.Problems[:min(len(l.Problems), mostProblems)] {
		lines = append(lines, p.English)
	}
	return lines
}

// overviewTechnical is how things are recorded on the server, and where mails go.
func overviewTechnical(o *Overview) []string {
	var lines []string
	if len(o.Events) > 0 {
		lines = append(lines, "登记起算事由：qixian event add 代号，代号由 qixian event triggers 列出。")
	}
	lines = append(lines, "登记办结：qixian done 短号 --url 公开网址，不需上网公开的写 --note 办理情况；没有短号的填待办编号，另加 --unit 单位名称。")
	if len(o.Changes) > 0 {
		lines = append(lines, "核对新规后，在覆盖规则中对该事项或单位写 review: false，不再列出。")
	}
	if o.File == "" && len(o.Assumed) > 0 {
		lines = append(lines, "列出全部时限及其说明：qixian obligations。")
	}
	if o.Delivery != "" {
		lines = append(lines, "邮件去向："+o.Delivery+"。")
	}
	return lines
}

// weeklyTechnical names the hosts, and says what the administrator does about each concern.
func weeklyTechnical(l Letter) []string {
	w := l.Weekly
	var lines []string
	plans, versions := w.differing()
	for _, d := range w.Daemons {
		state := "运行中"
		if d.Silent {
			state = fmt.Sprintf("自%s%s起无响应", shortDay(d.Seen, l.At), wording.Clock(d.Seen))
		}
		if plans > 1 {
			state += "，计划 " + d.Plan
		}
		lines = append(lines, fmt.Sprintf("主机 %s，版本 %s，%s。", d.Host, d.Version, state))
	}
	add := func(when bool, line string) {
		if when {
			lines = append(lines, line)
		}
	}
	add(w.Uncertain+w.Doubtful > 0, "送达存疑的邮件：在服务器上运行 qixian status。")
	add(w.Waiting > 0 && l.At.Sub(w.Oldest) >= longWait, "邮件未能发出：检查邮件服务器和运行日志（journalctl -u qixian）。")
	add(civilDays(l.At, w.Covered) < fewDaysLeft, LoadNotice)
	add(plans > 1, "计划不同：各主机使用同样的文件，然后执行 systemctl reload qixian。")
	add(versions > 1, "版本不同：升级到同一版本，然后执行 systemctl restart qixian。")
	return lines
}

// LoadNotice tells an administrator how the next year's notice is taken up.
const LoadNotice = "更新放假安排：在 calendar 所指目录中按通知写好下一年的文件，运行 qixian check，没有错误再执行 systemctl reload qixian。"
