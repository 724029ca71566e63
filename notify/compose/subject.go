package compose

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qixian/notify"
	"qixian/rules/wording"
)

// subjectLength is the most characters that a subject has: what a list of mails shows of it.
const subjectLength = 60

// heading returns what sort of mail a letter is and what it comes to: the title and the headline of its body.
func heading(l Letter, gs []group) (title, headline string) {
	headline = strings.Join(tally(gs), "、")
	switch l.Kind {
	case notify.Immediate:
		if gs[0].section != secShared {
			return limit(gs[0].Item, l.At), immediateHeadline(l, gs)
		}
	case notify.Correction:
		return "更正", headline
	case notify.Fallback:
		return passOn(l, gs), fallbackHeadline(l, gs)
	case notify.Overview:
		return "启用总览", fmt.Sprintf("系统已启用，至%s有%d项到期", shortDay(l.Overview.Until, l.At), len(gs))
	case notify.Trouble:
		return "系统告警", troubleHeadline(l)
	case notify.Request:
		return "延期申请", fmt.Sprintf("%s申请延期至%s，请答复", l.Items[0].For, wording.Day(l.Request.To))
	case notify.Answer:
		return "回执", answerHeadline(l)
	case notify.Weekly:
		return "每周报告", weeklyHeadline(l)
	case notify.PeriodReport:
		return reportTitle(l), reportHeadline(l)
	case notify.Test:
		return "测试", "如收到本邮件，说明发信正常"
	}
	if slices.ContainsFunc(gs, func(g group) bool { return g.section == secLate }) {
		return "逾期催办", headline
	}
	if !slices.ContainsFunc(gs, func(g group) bool { return g.section != secShared }) {
		return "知悉", headline
	}
	return "政务公开提醒", headline
}

// subject returns the subject of a letter, as it reads in a list of mails.
func subject(l Letter, gs []group) string {
	title, headline := heading(l, gs)
	tag := "【" + title + "】"
	day := "（" + shortDay(l.At, l.At) + "）"
	switch l.Kind {
	case notify.Immediate:
		return about(tag, gs, l, "")
	case notify.Correction:
		return about(tag, gs, l, headline)
	case notify.Fallback:
		if len(gs) == 1 && len(gs[0].units) == 1 {
			return about(tag+gs[0].units[0]+" ", gs, l, "")
		}
		return fit(tag, []string{headline}, day)
	case notify.Request:
		return about(tag+l.Items[0].For+" ", gs, l, "")
	case notify.Overview, notify.Trouble, notify.Answer, notify.Weekly, notify.PeriodReport:
		return fit(tag, []string{headline}, day)
	case notify.Test:
		return fit(tag, []string{"政务公开期限提醒邮件"}, "（"+shortDay(l.At, l.At)+wording.Clock(l.At)+"）")
	}
	if len(gs) == 1 && len(gs[0].units) == 0 {
		return about(tag, gs, l, "")
	}
	return fit(tag, tally(gs), day)
}

// immediateHeadline says of how many items a mail of hour rules is, and what of the first its title does not say.
func immediateHeadline(l Letter, gs []group) string {
	first := gs[0]
	more := dueText(first.Due, first.ByHour) + "到期"
	if isLate(first.Item, l.At) {
		more = remainingOf(first.Item, l.At).Text
	}
	return fmt.Sprintf("%d项限时事项，%s", len(gs), more)
}

// passOn is the title of what the office is to pass on: more urgent where hours run, and no request where only mails
// failed.
func passOn(l Letter, gs []group) string {
	switch {
	case len(gs) == 0:
		return "未送达"
	case slices.ContainsFunc(gs, func(g group) bool { return g.ByHour && !isLate(g.Item, l.At) }):
		return "限时转告"
	}
	return "请转告"
}

// limit is the title of an hour rule's mail: how much time is left.
func limit(it Item, now time.Time) string {
	if d := it.Due.Sub(now); d >= 0 {
		return "限时" + hours(d)
	}
	if it.Overtaken {
		return "请立即" + it.Act.words().redo
	}
	return "逾期催办"
}

// about writes the subject of a letter about one item: its title, and when it is due. Several items have many in its
// place.
func about(tag string, gs []group, l Letter, many string) string {
	g := gs[0]
	due := dueShort(g.Due, g.ByHour, l.At)
	if g.Provisional != "" {
		due = "暂定" + due
	}
	left := remainingOf(g.Item, l.At).Text
	var tail string
	switch {
	case many != "" && len(gs) > 1:
		return fit(tag, []string{many}, "（"+shortDay(l.At, l.At)+"）")
	case g.section == secAsked:
		tail = fmt.Sprintf(" 申请延至%s（原%s）", shortDay(l.Request.To, l.At), due)
	case g.section == secGone:
		tail = fmt.Sprintf(" 已撤销（原定%s到期）", due)
	case g.section == secDone:
		tail = " " + left
	case g.section == secShared:
		tail = " " + by(g.Item)
	case g.section == secStands:
		tail = " 暂停计时已久，请登记进展"
	case g.section == secPaused:
		tail = " 暂停计时"
	case g.section == secMoved && g.Moved.From.Equal(g.Due):
		tail = fmt.Sprintf(" 恢复计时（%s到期）", due)
	case g.section == secMoved:
		tail = fmt.Sprintf(" 改为%s到期（原%s）", due, dueShort(g.Moved.From, g.ByHour, l.At))
	case g.OnShow:
		tail = fmt.Sprintf(" 公示至%s（%s）", due, left)
	case isLate(g.Item, l.At):
		tail = fmt.Sprintf(" %s（%s到期）", left, due)
	case g.ByHour:
		tail = fmt.Sprintf(" 须在%s前%s", due, g.Act.words().verb)
	case isToday(g.Item, l.At):
		tail = fmt.Sprintf(" 今日到期（%s）", due)
	default:
		tail = fmt.Sprintf(" %s到期（%s）", due, left)
	}
	if len(gs) > 1 {
		tail = fmt.Sprintf(" 等%d项%s", len(gs), tail)
	}
	room := subjectLength - utf8.RuneCountInString(tag+tail)
	return shorten(tag+shorten(g.Title, max(room, 1))+tail, subjectLength)
}

func fallbackHeadline(l Letter, gs []group) string {
	units := unreachedUnits(l.Unreached)
	for _, g := range gs {
		units = union(units, g.units)
	}
	if len(gs) == 0 {
		return fmt.Sprintf("%d个单位的邮件未能送达", len(units))
	}
	return fmt.Sprintf("%d个单位的%d项提醒未能送达", len(units), len(gs))
}

// answerHeadline counts what became of the lines of a reply.
func answerHeadline(l Letter) string {
	if l.Headline != "" {
		return strings.TrimRight(l.Headline, "。")
	}
	n, done := len(l.Answers), 0
	for _, a := range l.Answers {
		if a.OK {
			done++
		}
	}
	all := map[int]string{0: "未登记", n: "已登记"}[done]
	switch {
	case n == 1:
		return "来信所报事项" + all
	case all != "":
		return fmt.Sprintf("来信所报%d项均%s", n, all)
	}
	return fmt.Sprintf("来信所报%d项：已登记%d项，未登记%d项", n, done, n-done)
}

func troubleHeadline(l Letter) string {
	if l.Headline != "" {
		return strings.TrimRight(l.Headline, "。")
	}
	return fmt.Sprintf("规则文件有%d处错误，未生效，原规则照常执行", len(l.Problems))
}

// fit joins as many phrases as there is room for between tag and end; at least part of the first.
func fit(tag string, phrases []string, end string) string {
	room := subjectLength - utf8.RuneCountInString(tag+end)
	for n := len(phrases); n > 1; n-- {
		s := strings.Join(phrases[:n], "、")
		if n < len(phrases) {
			s += "等"
		}
		if utf8.RuneCountInString(s) <= room {
			return tag + s + end
		}
	}
	return tag + shorten(phrases[0], room) + end
}
