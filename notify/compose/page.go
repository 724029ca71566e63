package compose

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"qixian/notify"
	"qixian/rules/wording"
)

// page is what templates see of a letter: every word of it is made here, so that a template only lays out.
type page struct {
	Kind     notify.Kind
	Unit     string
	Office   string
	Desk     string // the office's side of the window: a URL; empty: there is none
	Signed   string // whose mail it is: the office's, or to the office the system's
	Contact  string
	Title    string // what sort of mail it is: 政务公开提醒, 逾期催办 …
	Headline string // what it comes to: 1项已逾期、2项今日到期
	Date     string // 2018年9月21日（星期五）
	Clock    string // 09:00
	Tone     string // the most urgent entry's
	Notes    []string
	Table    []entry // the entries told in full, if there are so many that a table of them comes first
	Sections []section
	Entries  []entry  // of all sections, in order
	HowTo    string   // how one answers, where the reader is to answer at all
	Answer   string   // what that is called: 报送方式, for the office 登记方式 or 答复方式
	Ways     []string // what one may write in a reply, a form each; none: the mail is not to be replied to
	Window   Window   // where the unit sees all that is its own
	// what a reply to this mail is known by; empty: the forms are for a reply to the mail that it answers
	Code     string
	Enclosed []Enclosure
	Origin   string // where the mail comes from, and what becomes of a reply to it

	Unreached []unreachedGroup
	Problems  []Problem // as many as are shown
	More      int       // problems beyond those
	Technical []string  // for the system's administrator
	Overview  *Overview
	Loaded    *loaded
	Week      *week
	Account   *account
	Answered  []answeredGroup
}

// section is a group of entries under one heading.
type section struct {
	Name, Tone, Hint string
	Entries          []entry
	Brief            bool // its entries are told in a table, a line each
}

// unreachedGroup is the units that cannot be mailed for one reason.
type unreachedGroup struct {
	Why   string
	Units []string
}

// system is what signs a mail to the office about its own work; what a unit gets is the office's.
const system = "政务公开期限提醒系统"

func signed(l Letter) string {
	if l.Unit == l.Office {
		return system
	}
	return l.Office
}

// tableFrom is the number of entries from which a table of all of them comes first.
const tableFrom = 6

// errEmpty says that a letter has nothing to say.
var errEmpty = errors.New("nothing to say")

// newPage words a letter; it fails if the letter's kind is unknown or has nothing to say.
func newPage(l Letter) (page, error) {
	if err := check(l); err != nil {
		return page{}, err
	}
	gs := groups(l)
	p := page{
		Kind:      l.Kind,
		Unit:      l.Unit,
		Office:    l.Office,
		Desk:      l.Desk,
		Signed:    signed(l),
		Contact:   l.Contact,
		Date:      wording.Day(l.At),
		Clock:     wording.Clock(l.At),
		Notes:     slices.Clone(l.Notes),
		Window:    l.Window,
		Enclosed:  l.Enclosed,
		Problems:  l.Problems[:min(len(l.Problems), mostProblems)],
		More:      max(len(l.Problems)-mostProblems, 0),
		Technical: technical(l),
		Overview:  l.Overview,
		Unreached: groupUnreached(l.Unreached),
	}
	for i, g := range listed(l, gs) {
		e := newEntry(l, g, i+1)
		if i == 0 || gs[i-1].section != g.section {
			form := sectionForms[g.section]
			p.Sections = append(p.Sections, section{
				Name: form.name, Tone: form.tone, Hint: hint(l, gs, g.section), Brief: g.section == secShared,
			})
		}
		s := &p.Sections[len(p.Sections)-1]
		s.Entries = append(s.Entries, e)
		p.Entries = append(p.Entries, e)
		if g.section != secShared {
			p.Table = append(p.Table, e)
		}
	}
	p.Tone = urgency(l.Kind, p.Entries)
	if len(p.Table) < tableFrom {
		p.Table = nil
	}
	if l.ByHand {
		p.Notes = append(p.Notes, fmt.Sprintf("本单位没有可用的邮箱，本提醒由%s转交。请将可用的邮箱地址告知%s，以后由系统直接发送。", l.Office, l.Office))
	}
	if l.First {
		p.Notes = append(p.Notes, "提醒系统刚刚启用。启用前已进入提醒期的事项，现一并告知；以后按各自的提醒节点发送。")
	}
	if l.Overview != nil {
		p.Loaded = newLoaded(l, gs)
	}
	if i := slices.IndexFunc(gs, func(g group) bool { return answers(l, g) }); i >= 0 {
		reply := slices.ContainsFunc(gs, func(g group) bool { return repliable(l, g) })
		p.HowTo, p.Answer = howTo(l, gs, i, reply), answering(l)
		if reply {
			p.Ways, p.Code = ways(l, gs), l.ReplyCode
		}
	}
	p.Answered = groupAnswered(l)
	if slices.ContainsFunc(l.Answers, func(a Answered) bool { return !a.OK }) {
		if p.Ways = again(l); len(p.Ways) > 0 {
			p.Code = l.ReplyCode
		}
	}
	if l.Weekly != nil {
		if p.Week = newWeek(l); len(p.Week.Concerns) > 0 {
			p.Tone = "late"
		}
	}
	if l.Report != nil {
		p.Account, p.Notes = newAccount(l), append(p.Notes, reportNotes(l)...)
		if l.Report.Overdue > 0 {
			p.Tone = "late"
		}
	}
	p.Title, p.Headline = heading(l, gs)
	p.Origin = origin(l, p.Code != "")
	return p, nil
}

// check refuses a letter that could not be worded.
func check(l Letter) error {
	var empty bool
	switch l.Kind {
	case notify.Digest, notify.Immediate:
		empty = len(l.Items) == 0
	case notify.Correction:
		empty = len(l.Items) == 0
		for _, it := range l.Items {
			if it.Moved == nil {
				return fmt.Errorf("%s: no old due date", it.Key)
			}
		}
	case notify.Fallback:
		empty = len(l.Items)+len(l.Unreached) == 0
	case notify.Overview:
		empty = l.Overview == nil
	case notify.Trouble:
		empty = len(l.Problems) == 0 && l.Headline == ""
	case notify.Request:
		if len(l.Items) != 1 || l.Request == nil {
			return errors.New("want one item and what is asked for it")
		}
	case notify.Answer:
		empty = len(l.Answers) == 0
	case notify.Weekly:
		empty = l.Weekly == nil
	case notify.PeriodReport:
		empty = l.Report == nil
	case notify.Test:
	default:
		return errors.New("unknown kind")
	}
	if empty {
		return errEmpty
	}
	return nil
}

// hint returns a section's hint, for this letter's reader.
func hint(l Letter, gs []group, of sectionKind) string {
	switch {
	case l.Kind == notify.Fallback:
		return ""
	case of == secLate:
		return lateHint(l, gs)
	default:
		return sectionForms[of].hint
	}
}

// lateHint says what is asked of those who are late, and how often they are called: of what is due at an hour on every
// working day, of all else on every third.
func lateHint(l Letter, gs []group) string {
	var hours, days, called bool
	redo := ""
	for _, g := range gs {
		if g.section != secLate {
			continue
		}
		hours, days = hours || g.ByHour, days || !g.ByHour
		called = called || !g.Overtaken
		if g.Overtaken && redo == "" {
			redo = g.Act.words().redo
		}
	}
	ask, rhythm, copied := "请抓紧办理并报送结果。", "每3个工作日提醒一次", ""
	if !called {
		ask = "登记时已过时限，请立即" + redo + "并报送结果。"
	}
	switch {
	case hours && days:
		rhythm += "（限时事项每个工作日一次）"
	case hours:
		rhythm = "每个工作日提醒一次"
	}
	if l.Unit != l.Office {
		copied = "，并抄送" + l.Office
	}
	return ask + "办结前" + rhythm + copied + "。"
}

// answers reports whether the letter's reader is to answer for an item: a unit for its own, the office by recording it.
func answers(l Letter, g group) bool {
	return l.Kind != notify.Overview && l.Kind != notify.Answer &&
		!g.OnShow && g.section != secGone && g.section != secDone &&
		(l.Unit == l.Office || !assists(g.Item, l.Unit))
}

// howTo says once, at the end, how the reader answers: by reply, if one is taken, by link, if there is one, and
// otherwise; the i-th group is the first to be answered.
func howTo(l Letter, gs []group, i int, reply bool) string {
	asked := actsOf(gs, func(g group) bool { return answers(l, g) })
	if l.Unit == l.Office {
		return officeHowTo(l, gs[i], reply, asked, closes(l, gs))
	}
	s := after(asked) + "，"
	if reply {
		s += "直接回复本邮件（写法见下），或"
	}
	if slices.ContainsFunc(gs, func(g group) bool { return g.ActionURL != "" }) {
		s += "点“网上登记”填写" + reports(asked) + "，或"
	}
	s += "将" + reports(asked) + "连同" + calledBy(gs[i]) + "告知" + reach(l)
	if !reply && slices.Contains(asked, Publish) {
		s += "；不需上网公开的，告知公开方式（如在公告栏张贴）"
	}
	return s + "。" + closes(l, gs)
}

// answering is what howTo is headed with: each item says what is asked of it (办结方式), and this how it is told.
func answering(l Letter) string {
	switch {
	case l.Kind == notify.Request:
		return "答复方式"
	case l.Unit == l.Office:
		return "登记方式"
	default:
		return "报送方式"
	}
}

// closes says what an answer leads to: a duty that must be done several times is reminded of until it is.
func closes(l Letter, gs []group) string {
	var once, often bool
	for _, g := range gs {
		if answers(l, g) {
			once, often = once || g.Needed <= 1, often || g.Needed > 1
		}
	}
	switch {
	case !often:
		return "登记后即为办结，不再提醒。"
	case once:
		return "登记后即为办结，不再提醒；需完成多次的，满次数后不再提醒。"
	default:
		return "登记满次数后即为办结，不再提醒。"
	}
}

// calledBy is what people call an item by.
func calledBy(g group) string {
	if g.Number > 0 || g.numbers != nil {
		return "短号"
	}
	return "待办编号"
}

// reach names the office, and how it is reached.
func reach(l Letter) string {
	if l.Contact == "" {
		return l.Office
	}
	return l.Office + "（" + l.Contact + "）"
}

// origin says at the end where a mail comes from, and what becomes of a reply to it.
func origin(l Letter, reply bool) string {
	const from = "本邮件由" + system + "自动发出"
	elsewhere := "。"
	if l.Unit != l.Office {
		elsewhere = "，有事请与" + reach(l) + "联系。"
	}
	switch {
	case l.ByHand:
		return "本提醒由" + system + "生成。"
	case reply:
		return from + "，可以直接回复，写法见上。"
	case l.Inbox && l.Kind == notify.Answer:
		return from + "，需要补充的，请回复原来的提醒邮件。"
	case l.Inbox:
		return from + "，对它的回复不作登记" + elsewhere
	case l.ReplyTo != "":
		return from + "。回复将送到 " + l.ReplyTo + "，由人工处理，系统不作登记。"
	}
	return from + "，本邮箱不收回复" + elsewhere
}

// officeHowTo is howTo for the office, which answers for every unit, and by the command line too.
func officeHowTo(l Letter, g group, reply bool, asked []Act, closes string) string {
	here := "在服务器上运行 "
	if l.Desk != "" {
		here = "在 " + l.Desk + " 办理，或" + here
	}
	switch {
	case reply && l.Decides:
		here = "回复本邮件（写法见下），或" + here
	case reply:
		here = "本单位自己的事项可以回复本邮件（写法见下）；各单位的事项请" + here
	case l.ReplyCode != "":
		here = "系统不能核实来信由谁发出，请勿以回信答复。请" + here
	}
	if l.Kind == notify.Request {
		which := g.Key
		switch {
		case g.Number > 0:
			which = strconv.Itoa(g.Number)
		case g.PerUnit:
			which += " --unit " + g.For
		}
		return fmt.Sprintf("%sqixian extend %s --to %s --reason 理由；不同意的，运行 qixian extend %[2]s --refuse --reason 理由。",
			here, which, l.Request.To.In(beijing).Format(time.DateOnly))
	}
	if calledBy(g) == "短号" {
		return here + "qixian done 短号 " + flags(asked) + "。" + closes
	}
	return here + "qixian done 待办编号 " + flags(asked) + "；须分单位办结的，另加 --unit 单位名称。" + closes
}

// urgency returns the tone of a whole letter: its most urgent entry's, unless the letter asks nothing of that kind.
func urgency(kind notify.Kind, es []entry) string {
	switch kind {
	case notify.Overview, notify.Request, notify.Answer:
		return "soon"
	case notify.Trouble:
		return "late"
	}
	for _, t := range []string{"late", "today"} {
		if slices.ContainsFunc(es, func(e entry) bool { return e.Tone == t }) {
			return t
		}
	}
	return "soon"
}

// unreachedUnits lists units, each once.
func unreachedUnits(us []Unreached) []string {
	var units []string
	for _, u := range us {
		units = union(units, []string{u.Unit})
	}
	return units
}

// groupUnreached gathers units by the reason, each unit once for a reason.
func groupUnreached(us []Unreached) []unreachedGroup {
	var gs []unreachedGroup
	for _, u := range us {
		i := slices.IndexFunc(gs, func(g unreachedGroup) bool { return g.Why == u.Why })
		if i < 0 {
			i = len(gs)
			gs = append(gs, unreachedGroup{Why: u.Why})
		}
		gs[i].Units = union(gs[i].Units, []string{u.Unit})
	}
	return gs
}
