package compose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/rules/wording"
)

// Overview is what the first start tells the office; what is due next are the letter's items. The mail has the gist of
// it, bounded; File has all.
type Overview struct {
	Table       string    // the table's name: 2018年宁阳县政务公开重点工作任务分解表
	Until       time.Time // the last day that the items reach to, as any instant of it at +08:00
	Loaded      []Count   // 事项, 规则, 单位 …, in the order to be shown
	Calendar    time.Time // the last day that a State Council notice covers
	Assumed     []Assumption
	Changes     []Change
	NoAddress   []string // units without an address
	Placeholder bool     // on the maildir such units get a made-up address; otherwise the office gets their mail
	Events      []Trigger
	Delivery    string // where mails go, zh-CN: 服务器上的邮箱目录 …; may be empty
	File        string // the attached workbook with all of this in full; empty: none is attached
}

// Trigger is one that waits for an event to be recorded.
type Trigger struct {
	ID    string // by which the event is recorded: policy-published
	Title string
	N     int // the obligations that it starts
}

// Count is a number of something that is named.
type Count struct {
	Name string
	N    int
}

// Assumption is what an obligation's rules take for granted because the table leaves it open.
type Assumption struct {
	Row     int
	Title   string
	Figure  string // how long, zh-CN: 20个工作日内, 每月最后一个工作日
	Basis   string // the statute's article, if there is one
	Assumed string // what was assumed, and why
	Decide  bool   // no law and no practice has the figure: the office must decide it
}

// Change is what law or institutions have changed since the table was issued.
type Change struct {
	Since string   // 2019-09-01, 2020-01 or 2018
	Text  string   // what changed, zh-CN, without a full stop at its end
	Of    []string // the titles of the obligations that it is about
	Units []string // the units that it is about, as the table names them
}

// How much of an overview its mail shows; the attached workbook has the rest.
const (
	soonShown    = 5  // of what falls due
	figuresShown = 8  // of the lines of figures that nobody need decide first
	linesShown   = 20 // of any other list
	titlesShown  = 3  // of the obligations of one figure
	decideShown  = 10 // of those that the office must decide
	ofShown      = 1  // of those that a change is about
)

// loaded is an Overview in words.
type loaded struct {
	Covered  string // the last day that a notice covers
	Until    string
	Due      int
	Later    string // what falls due after the entries shown: 12月15日3项、12月31日20项; empty if nothing does
	Decide   listing
	Decided  int // how many obligations Decide is about
	Assumed  listing
	Others   int    // how many obligations Assumed leaves out with its lines
	Since    string // since which year there are changes: 2018年后
	Changes  listing
	Renamed  listing // 表中名称, and what such a unit commonly is now
	InFull   string  // where all of it stands
	Triggers string  // where the triggers are listed
}

// listing is as many lines of a list as are shown, and how many more there are.
type listing struct {
	Lines []fact
	More  int
}

func newListing(lines []fact, most int) listing {
	n := min(len(lines), most)
	return listing{lines[:n], len(lines) - n}
}

// listed returns the groups that a letter lists one by one: all, but of an overview's the first.
func listed(l Letter, gs []group) []group {
	if l.Overview == nil {
		return gs
	}
	return gs[:min(len(gs), soonShown)]
}

func newLoaded(l Letter, gs []group) *loaded {
	o := l.Overview
	w := &loaded{
		Covered:  wording.Day(o.Calendar),
		Until:    shortDay(o.Until, l.At),
		Due:      len(gs),
		Later:    afterwards(l, gs[len(listed(l, gs)):]),
		Since:    changedSince(o.Changes),
		InFull:   "全部时限及其说明由系统管理员列出",
		Triggers: "名称由系统管理员列出",
	}
	if o.File != "" {
		w.InFull, w.Triggers = "全部内容见附件 "+o.File, "名称和代号见附件 "+o.File
	}
	if l.Desk != "" {
		w.Triggers += "；登记时在网页上选择"
	}
	var decide, taken []Assumption
	for _, a := range o.Assumed {
		if a.Decide {
			decide = append(decide, a)
		} else {
			taken = append(taken, a)
		}
	}
	w.Decided = len(decide)
	w.Decide, _ = byFigure(decide, decideShown, linesShown)
	w.Assumed, w.Others = byFigure(taken, titlesShown, figuresShown)
	w.Changes = newListing(changeLines(o.Changes), linesShown)
	w.Renamed = newListing(renamedLines(o.Changes), linesShown)
	return w
}

// afterwards counts what is not listed by the day on which it falls due.
func afterwards(l Letter, gs []group) string {
	var days []string
	for i := 0; i < len(gs); {
		day, n := shortDay(gs[i].Due, l.At), 0
		for ; i < len(gs) && shortDay(gs[i].Due, l.At) == day; i++ {
			n++
		}
		days = append(days, fmt.Sprintf("%s%d项", day, n))
	}
	return strings.Join(days, "、")
}

// byFigure gathers obligations by their figure, the most common one first, with the titles of the first few. It returns
// as many lines as are shown, and how many obligations the others are about.
func byFigure(as []Assumption, few, most int) (l listing, others int) {
	var figures []string
	titles := map[string][]string{}
	for _, a := range as {
		if titles[a.Figure] == nil {
			figures = append(figures, a.Figure)
		}
		titles[a.Figure] = append(titles[a.Figure], a.Title)
	}
	slices.SortStableFunc(figures, func(a, b string) int { return len(titles[b]) - len(titles[a]) })
	lines := make([]fact, len(figures))
	for i, f := range figures {
		lines[i] = fact{f, firstOf(titles[f], few)}
		if i >= most {
			others += len(titles[f])
		}
	}
	return newListing(lines, most), others
}

// firstOf names the first few, and how many there are of them all. Titles have 、 in them.
func firstOf(titles []string, few int) string {
	if len(titles) <= few {
		return strings.Join(titles, "；")
	}
	return fmt.Sprintf("%s等%d项", strings.Join(titles[:few], "；"), len(titles))
}

// changeLines words what has changed for obligations: the gist of what changed, and for which.
func changeLines(cs []Change) []fact {
	var lines []fact
	titles := map[string][]string{}
	var heads []string
	for _, c := range cs {
		if len(c.Of) == 0 {
			continue
		}
		head := sinceDate(c.Since) + "起：" + gist(c.Text)
		if titles[head] == nil {
			heads = append(heads, head)
		}
		titles[head] = union(titles[head], c.Of)
	}
	for _, head := range heads {
		lines = append(lines, fact{head, firstOf(titles[head], ofShown)})
	}
	return lines
}

// renamedLines words what has become of units.
func renamedLines(cs []Change) []fact {
	var lines []fact
	for _, c := range cs {
		if len(c.Units) == 0 {
			continue
		}
		is := gist(c.Text)
		for _, same := range []string{"一般并为", "一般为"} {
			is = strings.TrimPrefix(is, same)
		}
		lines = append(lines, fact{strings.Join(c.Units, "、"), strings.TrimPrefix(is, "一般")})
	}
	return lines
}

// gist is the first clause of what changed; the rest is detail.
func gist(text string) string {
	head, _, _ := strings.Cut(text, "；")
	return head
}

// sinceDate writes since when something holds, as exactly as is known: 2019年9月1日, 2020年1月, 2018年.
func sinceDate(since string) string {
	parts := strings.Split(since, "-")
	if len(parts) > 3 {
		return since
	}
	for i, unit := range []string{"年", "月", "日"}[:len(parts)] {
		parts[i] = strings.TrimPrefix(parts[i], "0") + unit
	}
	return strings.Join(parts, "")
}

// changedSince names the year of the oldest change: 2018年后.
func changedSince(cs []Change) string {
	since := ""
	for _, c := range cs {
		if year, _, _ := strings.Cut(c.Since, "-"); since == "" || year < since {
			since = year
		}
	}
	return since + "年后"
}
