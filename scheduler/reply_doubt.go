package scheduler

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// The words by which a reply says that something is not done, not ours to do, not meant or only asked. A word too many
// here refuses a line, which the answer names; a word too few closes what is not done.
const (
	asking = `[?]|吗|怎么|怎样|如何|何时|几时|什么时候|是否|能否|可否|能不能|可不可以|请问|[么嘛呢吧][?!。. ]*$`
	notYet = `还[没未要需差]|尚[未需在不缺无有待]|没有?(?:办|弄|做|报|公开|发布|完成)|未(?:办|开展|启动|报|公开|发布|完成|审|批|上网|印发|定)|` +
		`不公开|不办结|办不[了完成到结好]|办结不了|(?:没有?|无法|不能|难以|暂不)[^,;。]{0,6}(?:办结|办完|办妥|办好|办理完|完成|做完)`
	underWay = `正在|还在|仍在|` +
		`(?:审|核|批|查|签|办|推进|进行|处理|办理|整理|收集|准备|起草|修改|编制|筹备|研究|协调|建设|改版|流程|维护)中(?:$|[^心国央小等])`
	putOff = `再[办说报补公发]|预计|拟|计划|打算|将[于在会要]|即将|准备|争取|力争|待|等(?:领导|待|签|批|审|到|他们)|暂[无缓停不未时且定]|` +
		`[前后内]公[开布示]|前(?:发布|完成|办|补|上|报|挂)|下[周月旬]|下个月|明天|后天|[月年]底|过几?[天日]|过[一两二三]天|几天后|` +
		`稍后|随后|晚些|改天|择日|以后|之后|上线后|延期|延长|推迟|缓办|宽限`
	notOurs = `职责|不归|不属|不是|应该?由|该由|请转|转[办交给]|移交给|非本|非我|无关|找错`
	mistake = `作废|撤[回销]|[错误]了|[填发写报弄搞]错|误[填发写报]|有误|忽略|失效|划掉|划去|草稿|初稿`
	partly  = `部分|剩余|补齐|差[一二两三四五六七八九十几0-9]|维护|打不开|测试|请领导|领导.{0,2}[审签批]`
)

var (
	questioning = regexp.MustCompile(asking)
	// doubtful is what a line says that does not plainly say that something is done.
	doubtful = regexp.MustCompile(`不|未|没|无法|尚|暂|改版|` + strings.Join(
		[]string{underWay, putOff, notOurs, mistake, partly, asking}, "|",
	))
	// unfinished is what a note says of something that is not done.
	unfinished = regexp.MustCompile(strings.Join([]string{notYet, underWay, putOff, notOurs, mistake, asking}, "|"))
	// inPart is what words without a label say of something that is done in part.
	inPart = regexp.MustCompile(partly + `|[0-9] *%|百分之|一半|过半|初步`)
	// harmless are words with one of the above in them that say nothing of the kind.
	harmless = regexp.MustCompile(
		`《(?:[^《》]|《[^《》]*》)*》|不动产|待遇|[接招优]待|[如若]有不妥|暂行|未成年|不合格|没收|模拟|虚拟|拟(?:录用|聘用|任用)|` +
			`(?:招生|年度|工作|发展|采购)计划|(?:机构|部门|工作|主要)职责`,
	)
	// another is a second wish on a line that began with one.
	another = regexp.MustCompile(
		`(?:^|[ ,;:。、!?)])(?:第? *(?:[0-9]+|` + chinese + `) *[项号条]? *)?(?:现?已?经?办结|(?:申请)?延期|不?同意)[ :]*` +
			`(?:第|序号|[0-9(①-⑳]|[^ ]*@|https?:)|` +
			`(?:^|[ ,;:。、!?)])第? *[0-9]+ *[项号]? *(?:现?已?经?办结|延期|不?同意)|` +
			`第 *(?:[0-9]+|` + chinese + `) *[项条][^,;。]{0,6}(?:办结|延期|同意)`,
	)
	// noRequest is a reason for not asking for an extension.
	noRequest = regexp.MustCompile(`取消|不延期|不[必用行]|不需要|无需|算了|` + mistake)
	// empty is what stands in the place of a note or a reason and is none; our mails have the first in their examples.
	empty = regexp.MustCompile(
		`^(?:说明|理由|原因|(?:办理|完成)?情况|内容|(?:网页)?链接|(?:公开)?网址|无|暂无|没有|略|[0-9]|多?谢谢?[您你]?|感谢|收到|此致|敬礼|请(?:批准|审批|同意|知悉|查收))*$`,
	)
	reasonForm = regexp.MustCompile(`^(?:(?:延期)?(?:理由|原因)[:：][ 　]*)+`)
)

// doubts reports whether a text has a word of a list in it, but for titles and other harmless words.
func doubts(list *regexp.Regexp, text string) bool {
	return list.MatchString(harmless.ReplaceAllString(text, "〇"))
}

// saysNothing reports whether a note or a reason has nothing in it but manners, marks and the word for what is missing.
func saysNothing(text string) bool {
	text = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
	return empty.MatchString(text)
}

// readReason takes the rest of the line for the reason of a 延期 or 不同意.
func (w *wish) readReason(l *line) {
	text := l.rest()
	w.Reason = reasonForm.ReplaceAllString(l.words(), "")
	switch {
	case saysNothing(w.Reason):
		w.Reason, w.Problem = "", noReason
	case another.MatchString(text) || strings.Contains(text, "http"),
		w.Verb == verbRefuse && strings.Contains(strings.ReplaceAll(text, string(verbRefuse), ""), string(verbGrant)):
		w.Problem = oneALine
	case w.Verb == verbExtend && noRequest.MatchString(text):
		w.Problem = notAsked
	case questioning.MatchString(strings.ReplaceAll(text, "研究如何", "")):
		w.Problem = question
	}
}

// takesBack marks the wishes before a line that speaks against them, and reports whether it does: one that says that
// they were a mistake speaks against all of them, one that something is not done against that, or all 办结 if it does not
// say what.
func (r *reading) takesBack(text string) bool {
	all := retracting.MatchString(text) && !confidential.MatchString(text)
	if !all && (!doubts(pending, text) || elsewhere.MatchString(text)) {
		return false
	}
	var named []int
	for _, m := range itemForm.FindAllStringSubmatch(text, -1) {
		named = append(named, number(m[1]+m[2]))
	}
	for i, w := range r.wishes {
		about := len(named) == 0 || w.Number == 0 || slices.Contains(named, w.Number)
		if w.Problem == "" && (all || w.Verb == verbDone && about) {
			r.wishes[i].Problem = takenBack
		}
	}
	return true
}

var (
	pending    = regexp.MustCompile(strings.Join([]string{notYet, underWay}, "|"))
	retracting = regexp.MustCompile(
		`更正|作废|撤[回销]|取消|[错误]了|[填发写报弄搞]错|误[填发写报]|有误|忽略|划掉|划去|(?:请勿|请不要|不要|不用|先别|别|勿)(?:登记|办理|办结|受理|录入|处理|答复)`,
	)
	confidential = regexp.MustCompile(
		`收件人|误收|保密|泄[露漏]`,
	) // the small print under mails, which asks strangers to ignore them
	elsewhere = regexp.MustCompile(`其[他它余]`)
	itemForm  = regexp.MustCompile(
		`(?:第|序号|短号|办结) *:? *(` + digits + `|` + chinese + `)|^(` + digits + `) *[ 、,.:)]`,
	)
)

// contrary marks the wishes of a reply that speak of one item in ways that do not go together: nobody can tell which is
// meant.
func (c *clerk) contrary(ws []wish) {
	for i := range ws {
		for j := range ws[:i] {
			a, b := ws[j], ws[i]
			if a.Verb == "" || b.Verb == "" || !against(a, b) && !against(b, a) {
				continue
			}
			first, problem := c.line(a)
			second, other := c.line(b)
			if problem != "" || other != "" || first.Key != second.Key {
				continue
			}
			for _, k := range []int{i, j} {
				if ws[k].Problem == "" || ws[k].Span != (span{}) {
					ws[k].Problem, ws[k].Span = contradictory, span{}
				}
			}
		}
	}
}

// against reports whether a wish that was understood does not go with another about the same item.
func against(a, b wish) bool {
	wished := func(w wish) bool { return w.Problem == "" || w.Span != (span{}) || w.Problem == contradictory }
	switch {
	case !wished(a):
		return false
	case b.Problem == notDone || b.Problem == afterLink || b.Problem == notAsked:
		return true
	}
	return wished(b) && (a.Verb != b.Verb || a.To != b.To || a.Span != b.Span)
}
