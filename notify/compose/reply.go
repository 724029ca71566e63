package compose

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"qixian/notify"
)

// answeredGroup is the lines of a reply that were done, or those that were not.
type answeredGroup struct {
	Name         string
	Said, Became string // the labels of a line and of what became of it
	Lines        []Answered
}

// groupAnswered puts what was not done first: it is what its reader must still see to. An answer with a headline is to
// no reply: it is what the office says to a request.
func groupAnswered(l Letter) []answeredGroup {
	if l.Headline != "" && len(l.Answers) > 0 {
		return []answeredGroup{{l.Headline, "申请内容", "答复内容", l.Answers}}
	}
	const said, became = "来信原文", "处理结果"
	failed, done := answeredGroup{"未登记", said, became, nil}, answeredGroup{"已登记", said, became, nil}
	for _, a := range l.Answers {
		if a.OK {
			done.Lines = append(done.Lines, a)
		} else {
			failed.Lines = append(failed.Lines, a)
		}
	}
	var gs []answeredGroup
	for _, g := range []answeredGroup{failed, done} {
		if len(g.Lines) > 0 {
			gs = append(gs, g)
		}
	}
	return gs
}

// Name tells an item apart in one line of text, as it is headed in a mail written at now.
func Name(it Item, now time.Time) string { return name(it, Letter{At: now}) }

// Remaining says how far away an item's due date is, as a mail written at now does: 还有5个工作日, 今日到期, 已逾期3个工作日.
func Remaining(it Item, now time.Time) string { return remainingOf(it, now).Text }

// ways says what a reply to the letter may say, with the first items that it may say it of as examples.
func ways(l Letter, gs []group) []string {
	if l.Kind == notify.Request {
		return []string{grantForm, refuseForm}
	}
	open := func(g group) bool { return repliable(l, g) }
	asked := actsOf(gs, open)
	var ws []string
	for _, a := range asked {
		first := slices.IndexFunc(gs, func(g group) bool { return open(g) && g.Act.known() == a })
		ws = append(ws, doneForm(a, strconv.Itoa(first+1), len(asked) == 1))
	}
	if i := slices.IndexFunc(
		gs,
		func(g group) bool { return open(g) && !isLate(g.Item, l.At) && g.Paused == "" },
	); i >= 0 &&
		!undecided(l) {
		ws = append(ws, extendForm(l, fmt.Sprint(i+1), later(gs[i]), gs[i].Extend))
	}
	if len(gs) > 1 {
		return append(ws, "每行写一项，可写多行；序号是各事项前的数字，也可写短号或待办编号。系统收到后回信确认。")
	}
	return append(ws, "本邮件仅1项，可省略序号。系统收到后回信确认。")
}

// later is a day to which an item might be extended, as an example: of an hour rule's the next.
func later(g group) time.Time {
	if g.ByHour {
		return g.Due.AddDate(0, 0, 1)
	}
	return g.Due.AddDate(0, 0, 7)
}

// undecided reports whether the letter's reader is the office and decides nothing by reply.
func undecided(l Letter) bool { return l.Unit == l.Office && !l.Decides }

// repliable reports whether a reply about an item is taken. What the office says of another unit's is a decision.
func repliable(l Letter, g group) bool {
	return l.ReplyCode != "" && answers(l, g) && (!undecided(l) || len(g.units) == 0)
}

// The lines by which the office answers a request.
const (
	grantForm  = "同意：写“同意”。"
	refuseForm = "不同意：写“不同意 理由”。"
)

// again says what another reply may say where something in the first was not done, or a request was refused.
func again(l Letter) []string {
	switch {
	case undecided(l) && l.Request != nil:
		return nil
	case l.Request != nil:
		return []string{grantForm, refuseForm}
	}
	which := "序号"
	if l.Headline != "" { // the office's word about a request for one item
		which = ""
	}
	asked := l.Acts
	if len(asked) == 0 {
		asked = []Act{Publish}
	}
	var ws []string
	for _, a := range asked {
		ws = append(ws, doneForm(a, which, len(asked) == 1))
	}
	if undecided(l) {
		return ws
	}
	return append(ws, extendForm(l, which, l.At.AddDate(0, 1, 0), nil))
}

// extendForm is the line by which a later due date is asked for; which is empty where the mail is of one item.
func extendForm(l Letter, which string, day time.Time, bound *Extendable) string {
	granted := "经" + l.Office + "同意后生效，此前原到期日不变"
	switch {
	case l.Unit == l.Office:
		granted = "即时生效"
	case bound != nil && bound.Own:
		granted = "登记即生效，并抄送" + l.Office
	}
	if bound != nil && bound.Latest.Before(day) {
		day = bound.Latest
	}
	if which != "" {
		which += " "
	}
	return fmt.Sprintf("延期：到期前写“延期 %s新日期 理由”，日期如%s，%s。", which, day.In(beijing).Format(time.DateOnly), granted)
}
