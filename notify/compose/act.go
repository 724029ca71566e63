package compose

import (
	"fmt"
	"slices"
	"strings"

	"qixian/rules/wording"
)

// Act says what an item asks of its unit, and so what the unit reports. Only what is published is reported with a link:
// a reply to an applicant must never be put on the web.
type Act string

// The acts, by the names that rules have for them; an item without one is to be published.
const (
	Publish Act = wording.Publish // 主动公开
	Handle  Act = wording.Handle  // 办理: a reply to an applicant, a case
	Prepare Act = wording.Prepare // 事前: done before something else
)

// acts are all of them, in the order in which a mail explains them.
var acts = []Act{Publish, Handle, Prepare}

// actWords are what mails say of an act.
type actWords struct {
	after string // after which it is reported
	verb  string // what is to be done by the due date
	redo  string // what is to be done after it
	form  string // how a reply reports it, after 办结 and the item's number
}

func (a Act) words() actWords {
	switch a {
	case Handle:
		return actWords{"办理完毕后", "办理", "补办", "办理情况：……"}
	case Prepare:
		return actWords{"完成后", "完成", "补办", "已完成……"}
	default:
		return actWords{"公开后", "公开", "补发", "https://……"}
	}
}

// report names what is reported of an item.
func (a Act) report() string { return wording.Reports(string(a)) }

// known is the act itself: what is none of them is to be published.
func (a Act) known() Act {
	if a == Handle || a == Prepare {
		return a
	}
	return Publish
}

// actsOf returns the acts of the groups that count, each once.
func actsOf(gs []group, counts func(group) bool) []Act {
	var found []Act
	for _, a := range acts {
		if slices.ContainsFunc(gs, func(g group) bool { return counts(g) && g.Act.known() == a }) {
			found = append(found, a)
		}
	}
	return found
}

// reports names what is reported of items with these acts: 公开网址、办理情况或完成情况.
func reports(as []Act) string {
	words := make([]string, len(as))
	for i, a := range as {
		words[i] = a.report()
	}
	return either(words)
}

// after says after what items with these acts are reported: 公开、办理或完成后.
func after(as []Act) string {
	if len(as) == 1 {
		return as[0].words().after
	}
	words := make([]string, len(as))
	for i, a := range as {
		words[i] = a.words().verb
	}
	return either(words) + "后"
}

// either joins what may be one or another: 甲、乙或丙.
func either(words []string) string {
	n := len(words) - 1
	if n < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n], "、") + "或" + words[n]
}

// flags says how the command line records items with these acts.
func flags(as []Act) string {
	if len(as) == 0 || as[0] != Publish {
		return "--note " + reports(as)
	}
	noted := []string{"公开方式"}
	for _, a := range as[1:] {
		noted = append(noted, a.report())
	}
	return "--url " + Publish.report() + "（不需上网公开的，写 --note " + either(noted) + "）"
}

// tell says what is asked of an item's unit, and how it reports: by reply, if one is taken.
func tell(l Letter, g group, e entry) string {
	w := g.Act.words()
	ask := wording.Asks(string(g.Act))
	if g.Act == Prepare && isLate(g.Item, l.At) {
		ask = "请尽快完成，并报送完成情况"
	}
	nothing := ""
	if g.NothingNew {
		nothing = "；" + wording.ReportsNothing()
	}
	switch {
	case repliable(l, g) && g.NothingNew:
		return fmt.Sprintf("%s，回复本邮件写“办结 %d %s”；%s的，写“办结 %d 无链接 %s”",
			ask, e.N, w.form, wording.NothingNew, e.N, wording.NothingNew)
	case repliable(l, g):
		return fmt.Sprintf("%s，回复本邮件写“办结 %d %s”", ask, e.N, w.form)
	case l.Unit == l.Office:
		return strings.ReplaceAll(ask+nothing, "报送", "登记")
	default:
		return ask + "，由" + l.Office + "登记办结" + nothing
	}
}

// Asks says what an item asks of its unit, wherever it is read.
func Asks(it Item) string {
	if it.NothingNew {
		return wording.AsksOrNothing(string(it.Act))
	}
	return wording.Asks(string(it.Act))
}

// doneForm is the line by which an item of one act is answered; which is empty where the mail is of one item. Alone: no
// item of the mail has another act.
func doneForm(a Act, which string, alone bool) string {
	w := a.words()
	name := "办结"
	if !alone && a != Publish {
		name += "（报送" + a.report() + "的）"
	}
	if which != "" {
		which += " "
	}
	s := fmt.Sprintf("%s：写“办结 %s%s”", name, which, w.form)
	if a == Publish {
		return s + fmt.Sprintf("；不需上网公开的，写“办结 %s无链接 已在公告栏张贴”。", which)
	}
	return s + "，不写链接。"
}
