package compose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qixian/notify"
	"qixian/rules/wording"
)

// entry is an item as templates see it. Both parts of a mail show the same entries, so that neither knows more.
type entry struct {
	N        int    // its number in the letter, from 1
	Key      string // 待办编号
	Number   string // 短号; empty: there is none, or one for each of several units, which Facts name
	Name     string // title and period, or title and what tells its event apart
	Role     string // 办结, 牵头 or 责任: the reader's; empty in what the office reads for others
	DueLabel string // 到期, or 公示至
	Due      string // in full, with 暂定 if it is provisional
	DueShort string // for a list
	Was      string // the old due date in full, if it was moved
	Shift    string // by how much: 提前1天, 延后3天; empty for less than a day
	Left     string // 还有5个工作日, 今日到期, 已逾期1个工作日
	Top      string // of the badge: three short lines, the first may be empty
	Big      string
	Small    string
	Tone     string // late, today, soon or calm
	Units    string // whose it is, in what the office reads for others
	Doers    string // 办结单位, a long list cut
	Facts    []fact // everything else there is to know, in order
	By       string // who does it, for those who only take part
	Answer   string // how to answer
	URL      string // where to answer; empty: by telling the office
}

// fact is one labelled line of an entry.
type fact struct {
	Label, Value string
}

// newEntry words one item of l.
func newEntry(l Letter, g group, n int) entry {
	left := remainingOf(g.Item, l.At)
	e := entry{
		N: n, Key: g.Key, Name: name(g.Item, l), DueLabel: "到期",
		Due: dueText(g.Due, g.ByHour), DueShort: dueShort(g.Due, g.ByHour, l.At),
		Left: left.Text, Top: left.Top, Big: left.Big, Small: left.Small,
		Tone: tone(g, l), Doers: unitList(doers(g.Item), ""), Units: recipients(l, g.units), URL: g.ActionURL,
	}
	if g.Number > 0 {
		e.Number = strconv.Itoa(g.Number)
	}
	if g.OnShow {
		e.DueLabel = "公示至"
	}
	switch {
	case g.Paused != "" && (g.section == secPaused || g.section == secStands):
		e.DueLabel = "暂停前到期日"
	case g.section == secGone:
		e.DueLabel = "原到期日"
	case g.Moved != nil && !g.Moved.From.Equal(g.Due):
		e.Was, e.Shift = dueText(g.Moved.From, g.ByHour), shift(g.Item)
	}
	if g.Provisional != "" {
		e.Due = wording.Tentative(e.Due)
		e.DueShort = wording.Tentative(e.DueShort)
	}
	if len(g.units) == 0 && l.Kind != notify.Overview {
		e.Role = role(g.Item, l.Unit)
	}
	if g.section == secShared {
		e.By = by(g.Item)
		if g.ByHour { // two voices would contradict each other
			e.By += "，请勿自行发布"
		}
		if !g.Belated.IsZero() {
			e.By += "，因系统停机迟发"
		}
		if g.Row > 0 {
			e.By += "（" + wording.Row(g.Row) + "）"
		}
	}
	e.Facts = facts(l, g)
	e.Answer = answer(l, g, e)
	return e
}

// name tells an item apart from others with its title: by its period, or by its event's number, title or day.
func name(it Item, l Letter) string {
	about := it.Period
	if e := it.Event; e != nil {
		switch {
		case e.Ref != "":
			about = e.Ref
		case e.Title != "":
			about = e.Title
		default:
			about = shortDay(e.At, l.At) + e.Trigger
		}
	}
	if about == "" {
		return it.Title
	}
	return it.Title + "（" + about + "）"
}

// tone says how an item is coloured: by how urgent it is, whatever section it stands in.
func tone(g group, l Letter) string {
	switch {
	case g.section != secShared && isLate(g.Item, l.At):
		return "late"
	case g.OnShow, g.section == secShared, g.section == secGone, g.section == secDone,
		g.section == secPaused, g.section == secStands:
		return "calm"
	case isToday(g.Item, l.At), g.ByHour && l.Kind == notify.Immediate:
		return "today"
	default:
		return "soon"
	}
}

// role is what a unit is to an item; who answers and is not simply the lead unit is told so.
func role(it Item, unit string) string {
	switch {
	case slices.Contains(it.Answering, unit) && !slices.Contains(it.Lead, unit):
		return wording.Answering
	case slices.Contains(it.Lead, unit):
		return wording.Lead
	case slices.Contains(it.Responsible, unit):
		return wording.Responsible
	default:
		return ""
	}
}

// recipients names the units that an item is for. The office must tell each of them, so that no list is cut; it may
// only point to the letter's own list of all the units.
func recipients(l Letter, units []string) string {
	all := unreachedUnits(l.Unreached)
	if len(units) > 2 && len(units) == len(all) && len(union(all, units)) == len(all) {
		return fmt.Sprintf("上列全部%d个单位", len(all))
	}
	return strings.Join(units, "、")
}

// facts lists what there is to know about an item beside its name, due date and key.
func facts(l Letter, g group) []fact {
	var fs []fact
	add := func(label, value string) {
		if value != "" {
			fs = append(fs, fact{label, ended(value)})
		}
	}
	switch {
	case len(g.units) == 0:
	case g.section == secAsked:
		add("申请单位", strings.Join(g.units, "、"))
		add("申请延至", wording.Day(l.Request.To))
		add("申请理由", l.Request.Reason)
		add("申请时间", wording.Moment(l.Request.At))
	case g.section == secCopy:
		add("逾期单位", recipients(l, g.units))
	case g.Copy:
		add("延期单位", recipients(l, g.units))
	default:
		add("请转告", recipients(l, g.units))
	}
	if m := g.Moved; m != nil && g.section != secPaused {
		add(movedLabel(m), m.Why)
	}
	add("暂停计时", g.Paused)
	if g.section == secStands {
		add("请办理", g.Then)
	}
	add("暂定原因", g.Provisional)
	add(wording.Occasion, Occasion(g.Item))
	if g.Extended {
		add(wording.WhyBefore, g.Why)
	} else {
		add(wording.Why, g.Why)
	}
	add(wording.Duty, Source(g.Item))
	add(wording.Basis, g.Basis)
	add(wording.Assumed, g.Assumed)
	add(wording.Note, g.Note)
	if x := g.Extend; x != nil && x.Rule != "" && !isLate(g.Item, l.At) {
		label := "可延期"
		if !x.Own {
			label = "如需延期"
		}
		add(label, strings.TrimSuffix("至迟"+wording.Day(x.Latest)+"，"+x.Rule+"；"+x.Note, "；"))
	}
	if g.Needed > 1 {
		add("进度", fmt.Sprintf("需完成%d次，已登记%d次", g.Needed, g.Completions))
	}
	if g.section == secDone {
		add("办结日期", wording.Day(g.Closed))
	}
	if len(g.Answering) > 0 && !g.PerUnit && !slices.Equal(g.Answering, g.Lead) {
		add(wording.AnsweringUnits, unitList(g.Answering, l.Unit))
	}
	add(wording.LeadUnits, unitList(g.Lead, l.Unit))
	add(wording.ResponsibleUnits, unitList(g.Responsible, l.Unit))
	add("各自短号", numberList(g))
	if !g.Belated.IsZero() {
		add("补发说明", "本提醒原应于"+shortDay(g.Belated, l.At)+wording.Clock(g.Belated)+"发出，因系统停机迟发")
	}
	return fs
}

// ended is a fact as a label's value ends: one clause has no full stop, whoever wrote it; several keep theirs.
func ended(value string) string {
	if one, ok := strings.CutSuffix(value, "。"); ok && !strings.Contains(one, "。") {
		return one
	}
	return value
}

// numberList names the numbers of units that have a deadline each.
func numberList(g group) string {
	var parts []string
	for _, u := range g.units {
		if n := g.numbers[u]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", u, n))
		}
	}
	return strings.Join(parts, "、")
}

func movedLabel(m *Move) string {
	switch {
	case m.Withdrawn:
		return "撤销原因"
	case m.Extended:
		return "延期理由"
	default:
		return "更正原因"
	}
}

// shift says by how much a due date moved: 提前1天, 延后3天.
func shift(it Item) string {
	switch n := civilDays(it.Moved.From, it.Due); {
	case n > 0:
		return fmt.Sprintf("延后%d天", n)
	case n < 0:
		return fmt.Sprintf("提前%d天", -n)
	default:
		return ""
	}
}

// Occasion says what started an item's clock and when, or nothing of a period's:
// 政策文件公布：《关于…的意见》（宁政发〔2018〕12号），2018年2月14日（星期三）.
func Occasion(it Item) string {
	e := it.Event
	if e == nil {
		return ""
	}
	hour := it.ByHour && wording.Clock(e.At) != "00:00" // which is what a day has that was given without an hour
	return wording.Happened(e.Trigger, e.Title, e.Ref) + "，" + dueText(e.At, hour)
}

// Source quotes an item's clauses, each with where it is in the table: “按月发布”（任务分解表第22项）.
func Source(it Item) string {
	place := wording.Place(it.Row)
	if it.Addition {
		place = wording.Added(it.Row)
	}
	if it.Clause == "" {
		return place
	}
	texts := []string{wording.Quote(it.Clause) + "（" + place + "）"}
	for _, c := range it.Also {
		texts = append(texts, wording.Quote(c.Text)+"（"+wording.Place(c.Row)+"）")
	}
	return strings.Join(texts, "；")
}

// answer says how to answer for an item, without its key.
func answer(l Letter, g group, e entry) string {
	switch {
	case g.section == secGone && len(g.units) > 0:
		return "已撤销，无须办理，请转告上述单位"
	case g.section == secGone:
		return "已撤销，无须办理"
	case g.section == secDone && len(g.units) > 0:
		return "已办结，请转告上述单位"
	case g.section == secDone:
		return "已办结，无须办理"
	case g.section == secAsked:
		return "由申请单位办结；是否同意延期，请答复（见文末），答复前原到期日不变"
	case g.OnShow:
		return "期满自动办结，无须报告"
	case g.section == secCopy && l.Unit != l.Office:
		return "由逾期单位办结并报送，请予督办"
	case g.section == secCopy:
		return "单位报来" + g.Act.report() + "后登记办结"
	case g.Copy:
		return "由办结单位自行决定延期，抄送备案，无须答复"
	case len(g.units) > 0:
		return "请将附件转给上述单位；单位报来" + g.Act.report() + "后登记办结"
	case e.Role == wording.Lead && assists(g.Item, l.Unit):
		return "由" + unitList(g.Answering, "") + "办结并报送，本单位无须登记"
	case e.Role != "" && assists(g.Item, l.Unit):
		return "请配合牵头单位按期" + g.Act.words().verb + "，由牵头单位统一报送"
	case g.PerUnit:
		return "本单位须单独办结，" + tell(l, g, e)
	default:
		return tell(l, g, e)
	}
}

// assists reports whether others than the unit answer for an item.
func assists(it Item, unit string) bool {
	switch {
	case len(it.Answering) > 0:
		return !slices.Contains(it.Answering, unit)
	case it.PerUnit, len(it.Lead) == 0:
		return false
	default:
		return !slices.Contains(it.Lead, unit)
	}
}
