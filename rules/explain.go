package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qixian/rules/calendar"
	"qixian/rules/wording"
)

// Explanation tells why an occurrence falls due when it does, in zh-CN.
type Explanation struct {
	Short       string   // one clause without a full stop, for a mail: 9月最后一个工作日（9月29日、30日为调休上班日）
	Paused      string   // 暂停计时: since when the clock stands, why, and what is left; empty: it runs
	Resumed     string   // 恢复计时: with what the time began anew; empty: it went on, or the clock never stood
	Provisional string   // 暂定: why the date may still move, one clause; empty if it is certain
	Lines       []string // the whole account, for a terminal; lines that belong to the one above are indented
}

// account is an explanation while it is written.
type account struct {
	p     *Planner
	o     Occurrence
	got   reckoned
	moved *Extension // nil: it was not extended
	lines []string
}

// Extension is how a deadline was extended (延期), as an explanation tells it.
type Extension struct {
	Was    Due           // the original due date
	To     calendar.Date // the new one
	At     time.Time     // when that was said: earlier stages are not sent again
	Reason string
}

// Explain tells why an occurrence that this planner made falls due when it does: the clause, the rule, every day
// counted or skipped, the landing on a working day, the notices, the assumption, the reminders, and where each value
// was set.
func (p *Planner) Explain(o Occurrence) Explanation {
	return p.explain(&account{p: p, o: o})
}

// ExplainExtended is Explain for a deadline that was extended: its reminders are those of the new date, and how the
// original one came about is told as that.
func (p *Planner) ExplainExtended(o Occurrence, e Extension) (Explanation, error) {
	o, err := p.Extended(o, e.To)
	if err != nil {
		return Explanation{}, err
	}
	o.Reminders = slices.DeleteFunc(o.Reminders, func(r Reminder) bool {
		return r.Stage == OnRecord || !r.At.After(e.At)
	})
	return p.explain(&account{p: p, o: o, moved: &e}), nil
}

func (p *Planner) explain(a *account) Explanation {
	o := a.o
	var err error
	if a.got, err = p.retrace(o); err != nil {
		a.got = reckoned{rule: o.Rule, due: o.Due}
	}
	x := Explanation{Short: a.short()}
	if a.got.due.Provisional && a.moved == nil {
		x.Provisional = p.unpublished(a.got.due.Date) + "，按周末和法定节日推算；通知发布后如有变化另行更正"
	}
	if o.Stands != nil {
		x.Paused = a.standing(o.Stands)
	}
	x.Resumed = a.resumption()
	a.duty()
	a.reason(x.Short)
	if err == nil {
		a.begin()
		a.count()
		a.pauses()
		a.notices()
	}
	a.mayExtend()
	if a.moved == nil { // the office's word is certain
		a.doubt()
	}
	a.told()
	a.origins()
	x.Lines = a.lines
	return x
}

// retrace reckons an occurrence's due date again, with all the steps.
func (p *Planner) retrace(o Occurrence) (reckoned, error) {
	if o.Event != nil {
		return p.onEvent(o.Rule, o.Event)
	}
	if !o.Rule.Interval.IsZero() {
		return p.onEvent(o.Rule, &Event{At: o.Rule.Since.At(0)})
	}
	pd, err := parsePeriod(o.Period)
	if err != nil {
		return reckoned{}, err
	}
	return p.inPeriod(o.Rule, pd)
}

func (a *account) line(format string, args ...any) {
	a.lines = append(a.lines, fmt.Sprintf(format, args...))
}

// duty says what must be done, by whom, and when.
func (a *account) duty() {
	o := a.o
	a.line("事项：%s", o.Texts().Title)
	a.line("待办编号：%s", o.Key)
	if e := o.Event; e != nil {
		a.line("%s：%s", wording.Occasion, a.eventWords(e))
	} else {
		a.line("期次：%s", o.PeriodChinese())
	}
	due := o.Due.Chinese()
	if o.Due.Provisional {
		due = wording.Tentative(due)
	}
	if !o.Rule.OnShow.IsZero() {
		due += "（公示期最后一日，当日结束前不得撤下）"
	}
	if a.moved != nil {
		due = wording.Extended(due)
	}
	if o.Stands != nil {
		due = "暂停计时（" + a.standing(o.Stands) + "），暂停前为" + due
	}
	a.line("到期：%s", due)
	if a.moved != nil {
		a.line("原到期日：%s", a.moved.Was.Chinese())
		a.line("延期理由：%s", a.moved.Reason)
	}
	answering := strings.Join(o.Answering, "、")
	switch {
	case o.Obligation.Answers == AnswersResponsible:
		answering = "各责任单位分别办结"
	case o.Obligation.Per == PerUnit:
		answering = "各单位分别办结"
	case slices.Equal(o.Answering, o.Lead):
		answering = ""
	}
	for _, units := range []struct{ label, names string }{
		{wording.AnsweringUnits, answering},
		{wording.LeadUnits, strings.Join(o.Lead, "、")},
		{wording.ResponsibleUnits, strings.Join(o.Responsible, "、")},
	} {
		if units.names != "" {
			a.line("%s：%s", units.label, units.names)
		}
	}
	if o.Rule.OnShow.IsZero() {
		a.line("%s：%s", wording.Answer, o.Obligation.Asks())
	} else {
		a.line("%s：期满自动办结，无须报告", wording.Answer)
	}
}

func (a *account) eventWords(e *Event) string {
	trigger := a.p.triggerTitle(a.o, a.p.catalogue.cause(*e, a.o.Rule))
	words := wording.Happened(trigger, e.Title, e.Ref) + "，" + wording.Moment(e.At)
	if e.Unit != "" {
		words += "（" + e.Unit + "）"
	}
	return words
}

// triggerTitle returns what a trigger is called.
func (p *Planner) triggerTitle(o Occurrence, trigger string) string {
	if rule, ok := strings.CutPrefix(trigger, DoneTrigger); ok {
		s := p.byRule[rule]
		switch {
		case rule == o.Rule.ID:
			return "上次办结"
		case s == nil || s.obligation.ID == o.Obligation.ID:
			return "上一环节办结"
		default:
			return wording.Quote(s.obligation.TextsOf(s.rule).Title) + "办结"
		}
	}
	return p.catalogue.title(trigger)
}

// reason names what the date rests on.
func (a *account) reason(short string) {
	ob, texts := a.o.Obligation, a.o.Texts()
	if texts.Clause != "" {
		place := wording.Place(ob.Row)
		if ob.Addition {
			place = wording.Added(ob.Row)
		}
		a.line("%s：%s（%s）", wording.Duty, wording.Quote(texts.Clause), place)
	}
	for _, part := range ob.Parts {
		a.line("%s：%s（%s）", wording.Duty, wording.Quote(part.Clause), wording.Place(part.Row))
	}
	if texts.Basis != "" {
		a.line("%s：%s", wording.Basis, texts.Basis)
	}
	a.line("规则：%s", a.ruleWords(a.o.Rule))
	if texts.Assumed != "" {
		a.line("%s：%s", wording.Assumed, texts.Assumed)
	}
	if texts.Note != "" {
		a.line("%s：%s", wording.Note, texts.Note)
	}
	if a.moved != nil {
		a.line("%s：%s", wording.WhyBefore, short)
		return
	}
	a.line("%s：%s", wording.Why, short)
	if a.o.Due.Date != a.got.due.Date || !a.o.Due.Instant.Equal(a.got.due.Instant) {
		a.line("变更：按规则为%s，现为%s（记录后规则、日历有改动）", a.got.due.Chinese(), a.o.Due.Chinese())
	}
}

// ruleWords returns a rule in words, with the title of its trigger.
func (a *account) ruleWords(r *Rule) string {
	return r.words(func(trigger string) string { return a.p.triggerTitle(a.o, trigger) })
}

// notices names the notices that fix the days which were looked at. One that was issued too late for the date to be
// kept is said to be.
func (a *account) notices() {
	if !a.got.due.Instant.IsZero() {
		return
	}
	first, last := a.window()
	names := map[string]bool{} // of the days that were looked at
	for d := first; !d.After(last); d = d.AddDays(1) {
		names[a.p.calendar.Day(d).Notice] = true
	}
	for _, y := range a.p.calendar.Years() {
		if names[y.Notice] || y.Year >= first.Year() && y.Year <= last.Year() {
			a.line("通知：%s", y.Chinese())
		}
		for _, n := range y.Amended {
			if !names[n.Notice] {
				continue
			}
			a.line("通知：%s", n.Chinese())
			delete(names, n.Notice)
			if on := a.p.calendar.OnOrAfter(n.Issued.AddDays(1)); a.got.due.Date.Before(on) {
				a.line("  该通知发布时已来不及：通知载入前已登记的事项如因此提前，改为载入后第一个工作日；按发布之日载入计，为%s", on.Chinese())
			}
		}
		delete(names, y.Notice)
	}
	for name := range names {
		if name != "" { // the law, in years without a notice
			a.line("法规：%s", name)
		}
	}
}

// doubt says why the date may still move, and by how much.
func (a *account) doubt() {
	switch due := a.got.due; {
	case due.Provisional && due.Earliest == due.Date:
		a.line("暂定：%s；预计%s，不会更早", a.p.unpublished(due.Date), due.Date.Chinese())
	case due.Provisional:
		a.line("暂定：%s；预计%s，最早可能为%s，提醒按最早日期推算", a.p.unpublished(due.Date), due.Date.Chinese(), due.Earliest.Chinese())
	}
}

// unpublished says which years' notices are missing for a date.
func (p *Planner) unpublished(due calendar.Date) string {
	_, last := p.calendar.Coverage()
	year := last.Year() + 1
	if due.Year() > year {
		return fmt.Sprintf("%d年至%d年放假安排通知尚未发布", year, due.Year())
	}
	return fmt.Sprintf("%d年放假安排通知尚未发布", year)
}

// told lists the reminders, and the stages that this occurrence cannot have.
func (a *account) told() {
	if len(a.o.Reminders) == 0 {
		a.line("提醒：无")
		if s := a.o.Stands; s != nil && !s.Remind.IsZero() {
			a.lines[len(a.lines)-1] = "提醒：" + wording.Moment(s.Remind) + "，" + s.Pause.Then
		}
	} else {
		a.line("提醒：")
	}
	for _, r := range a.o.Reminders {
		only := ""
		if len(r.Units) < len(a.o.Reminders[0].Units) {
			only = "（只发" + wording.AnsweringUnits + "）"
		}
		a.line("  %s %s%s", wording.Moment(r.At), r.Stage.Chinese(), only)
	}
	if a.moved != nil { // a stage that is left out may have been sent before
		return
	}
	for _, s := range a.o.Rule.EffectiveStages() {
		if why := a.p.lacks(a.o, s); why != "" {
			a.line("  不发：%s，%s", s.Chinese(), why)
		}
	}
}

// lacks says why a stage of an occurrence's rule never fires for it; empty if it does, or a nearer one in its place.
func (p *Planner) lacks(o Occurrence, s Stage) string {
	start := startOf(o)
	at, err := p.fireTime(s, o.Due, start)
	switch {
	case err != nil:
		return "无法推算"
	case at.IsZero():
		return "何时得知未登记"
	case s != OnRecord && !at.After(start.at):
		return "早于起算时间"
	default:
		return ""
	}
}

// origins shows the rule as it is written, and says where each value was set.
func (a *account) origins() {
	origin := a.o.Obligation.Origin
	if len(origin) == 0 {
		return
	}
	a.line("设定位置（给系统管理员）：")
	a.line("  %s %s", a.o.Rule.ID, a.o.Rule)
	for _, field := range slices.Sorted(maps.Keys(origin)) {
		a.line("  %s %s", field, origin[field])
	}
}
