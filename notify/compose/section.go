package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"qixian/notify"
)

// sectionKind is one of the groups of items in a letter, in the order in which they are shown.
type sectionKind int

const (
	secLate sectionKind = iota
	secToday
	secSoon
	secRecord
	secStands
	secShow
	secMoved
	secPaused
	secGone
	secDone
	secShared
	secCopy
	secProxy
	secAsked
)

// sectionForm is what is fixed about a section: how it is headed, how a headline counts it, how it is coloured, and
// what it asks of its reader beyond its items.
type sectionForm struct {
	name, phrase, tone, hint string
}

var sectionForms = map[sectionKind]sectionForm{
	secLate:   {"已逾期", "%d项已逾期", "late", ""},
	secToday:  {"今日到期", "%d项今日到期", "today", ""},
	secSoon:   {"即将到期", "%d项即将到期", "soon", ""},
	secRecord: {"新增事项", "%d项新增", "soon", "已登记起算，请按期办理。"},
	secStands: {"暂停已久", "%d项暂停计时已久", "soon", "仍未登记恢复计时，请按各项的“请办理”办理。"},
	secShow:   {"公示期", "%d项在公示", "calm", "公示期满之前不得撤下。"},
	secMoved:  {"到期日有变", "%d项到期日有变", "soon", "请以新的到期日为准。"},
	secPaused: {"暂停计时", "%d项暂停计时", "calm", "暂停期间不催办，也不算逾期；恢复计时后另行通知新的到期日。"},
	secGone:   {"已撤销", "%d项已撤销", "calm", "无须办理，不再提醒。"},
	secDone:   {"已办结", "%d项已办结", "calm", "办结单位已登记办结。"},
	secShared: {"知悉", "%d项由他单位办结", "calm", "由办结单位公开或办理并报送。请按职责配合、提供材料，本单位不需登记。"},
	secCopy:   {"逾期事项（抄送）", "%d项逾期（抄送）", "late", "下列单位逾期未办结，系统已提醒，请予督办。"},
	secProxy:  {"转告", "%d项请转告", "calm", "下列提醒未能送达有关单位，请将附件转给各单位。"},
	secAsked:  {"申请延期", "%d项申请延期", "soon", ""},
}

// shared reports whether an item is told to a unit that takes part in what others answer for: who, what and by when is
// all that it needs.
func shared(l Letter, it Item) bool {
	return l.Unit != l.Office && (l.Kind == notify.Digest || l.Kind == notify.Immediate) &&
		role(it, l.Unit) != "" && assists(it, l.Unit)
}

// doers returns the units that do what an item asks: those who answer for it, where nobody is named the lead units.
func doers(it Item) []string {
	if len(it.Answering) > 0 {
		return it.Answering
	}
	return it.Lead
}

// by says who does what an item asks.
func by(it Item) string {
	units := doers(it)
	if it.OnShow {
		return "由" + unitList(units, "") + "公示，期满自动办结"
	}
	return "由" + unitList(units, "") + it.Act.words().verb
}

// sectionOf returns the section of an item of a letter.
func sectionOf(l Letter, it Item) sectionKind {
	kind, now := l.Kind, l.At
	switch {
	case withdrawn(it):
		return secGone
	case !it.Closed.IsZero():
		return secDone
	case it.Paused != "" && it.Then != "" && it.Moved == nil:
		return secStands
	case it.Paused != "":
		return secPaused
	case kind == notify.Correction:
		return secMoved
	case kind == notify.Request:
		return secAsked
	case it.Copy:
		return secCopy
	case it.For != "" && kind != notify.Fallback:
		return secProxy
	case shared(l, it):
		return secShared
	case it.OnShow:
		return secShow
	case isLate(it, now):
		return secLate
	case isToday(it, now):
		return secToday
	case it.Stage == "record":
		return secRecord
	default:
		return secSoon
	}
}

// group is an item with all the units it is for: several where items were merged.
type group struct {
	Item
	section sectionKind
	units   []string
	numbers map[string]int // of the deadlines of units that have one each, by unit; nil: all have the item's
}

// withdrawn reports whether an item says that there is nothing to do any more.
func withdrawn(it Item) bool { return it.Moved != nil && it.Moved.Withdrawn }

// groups sorts a letter's items into the order of the mail, and merges what the office would read once for each of many
// units.
func groups(l Letter) []group {
	var gs []group
	at := map[string]int{}
	for _, it := range l.Items {
		g := group{Item: it, section: sectionOf(l, it)}
		if it.For == "" {
			gs = append(gs, g)
			continue
		}
		g.units = []string{it.For}
		id := fmt.Sprintf("%d %d %s", g.section, it.Due.UnixMilli(), it.Key)
		if i, ok := at[id]; ok {
			gs[i].absorb(it)
			continue
		}
		at[id] = len(gs)
		gs = append(gs, g)
	}
	slices.SortStableFunc(gs, func(a, b group) int {
		return cmp.Or(
			cmp.Compare(a.section, b.section),
			a.Due.Compare(b.Due),
			cmp.Compare(a.Row, b.Row),
			strings.Compare(a.Key, b.Key),
		)
	})
	return gs
}

// absorb adds to g an item that differs from it only in the unit it is for.
func (g *group) absorb(it Item) {
	if g.Number != it.Number && g.numbers == nil {
		g.numbers = map[string]int{}
		for _, u := range g.units {
			g.numbers[u] = g.Number
		}
	}
	if g.numbers != nil {
		g.numbers[it.For], g.Number = it.Number, 0
	}
	g.units = union(g.units, []string{it.For})
	g.Lead = union(g.Lead, it.Lead)
	g.Responsible = union(g.Responsible, it.Responsible)
	if g.ActionURL != it.ActionURL { // the one unit's link would answer for the other
		g.ActionURL = ""
	}
	if g.Belated.IsZero() || !it.Belated.IsZero() && it.Belated.Before(g.Belated) {
		g.Belated = it.Belated
	}
}

// union returns a with what b has besides, in order; a itself is left alone.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, u := range b {
		if !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	return out
}

// tally counts groups by section, in the sections' order, as phrases: 1项已逾期, 2项今日到期.
func tally(gs []group) []string {
	var phrases []string
	for i := 0; i < len(gs); {
		n := i
		for n < len(gs) && gs[n].section == gs[i].section {
			n++
		}
		phrases = append(phrases, fmt.Sprintf(sectionForms[gs[i].section].phrase, n-i))
		i = n
	}
	return phrases
}
