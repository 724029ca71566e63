package rules

import (
	"fmt"
	"strings"

	"qixian/rules/calendar"
)

// standing says since when a clock stands, why, and what is left of the time.
func (a *account) standing(s *Standstill) string {
	left := "恢复后还余" + s.Left.Chinese()
	if s.Left.N == 0 {
		left = "恢复之日到期"
	}
	return fmt.Sprintf("自%s起，因%s；%s", s.Since.Chinese(), a.p.triggerTitle(a.o, s.Event.Trigger), left)
}

// resumption says by what the clock runs again: the time began anew, or went on.
func (a *account) resumption() string {
	if !a.restarted() || len(a.got.halts) > 0 {
		return ""
	}
	return a.p.triggerTitle(a.o, a.got.from.Trigger) + "，期限自" + a.got.start.Chinese() + "起重新计算"
}

// restarted reports whether the time began anew after the event.
func (a *account) restarted() bool {
	from := a.got.from
	return from != nil && a.o.Event != nil && from.Trigger != a.o.Event.Trigger
}

// began names the event with which the time began anew.
func (a *account) began() string {
	if !a.restarted() {
		return ""
	}
	return a.p.triggerTitle(a.o, a.got.from.Trigger) + "，重新计算，"
}

// haltWords says on which days of the count the clock stood.
func (a *account) haltWords() string {
	var parts []string
	for _, h := range a.got.halts {
		parts = append(parts, stretch(h.from.AddDays(1), h.to)+"暂停计时不计")
	}
	if parts == nil {
		return ""
	}
	return "；" + strings.Join(parts, "，")
}

// halted returns the halt of the count in which a day lies.
func (a *account) halted(d calendar.Date) (halt, bool) {
	for _, h := range a.got.halts {
		if d.After(h.from) && !d.After(h.to) {
			return h, true
		}
	}
	return halt{}, false
}

func (a *account) halts(d calendar.Date) bool { _, ok := a.halted(d); return ok }

// pauses says which events stop the clock, and which of those on record did not.
func (a *account) pauses() {
	r := a.o.Rule
	for _, s := range r.Pause {
		stop := a.p.triggerTitle(a.o, s.Stop)
		if !s.Within.IsZero() {
			stop += "（应在起算后" + s.Within.Chinese() + "内）"
		}
		if s.Restart != "" {
			a.line("可暂停：%s的，期限自%s之日起重新计算（%s）", stop, a.p.triggerTitle(a.o, s.Restart), s.Article)
		} else {
			a.line("可暂停：%s的，自次日起至%s之日的时间不计（%s）", stop, a.p.triggerTitle(a.o, s.Continue), s.Article)
		}
	}
	if a.o.Event == nil || len(r.Pause) == 0 {
		return
	}
	for _, u := range a.p.clockOf(r, a.o.Event).unfit {
		if u.Why != AfterDue || a.moved == nil {
			a.line(
				"  未计入：%s，%s：%s",
				a.p.triggerTitle(a.o, u.Event.Trigger),
				calendar.DateOf(u.Event.At).Chinese(),
				u.Why.chinese(),
			)
		}
	}
}

// chinese says why an event does nothing to a clock.
func (m Misfit) chinese() string {
	return map[Misfit]string{
		BeforeStart:   "当时尚未起算",
		StandsAlready: "当时已在暂停计时",
		NotStopped:    "当时没有暂停计时",
		AfterDue:      "当时已过到期日",
		TooLate:       "已过法定的提出期限，时限继续计算",
	}[m]
}

// mayExtend says how far the occurrence may be extended, where that is bounded.
func (a *account) mayExtend() {
	c := a.o.Rule.EffectiveCap()
	if c == nil || a.o.Stands != nil {
		return
	}
	last, err := a.p.Limit(c, a.o.expected(a.moved))
	if err != nil {
		return
	}
	note := ""
	if c.Note != "" {
		note = "；" + c.Note
	}
	switch {
	case a.o.Rule.Cap == nil:
		a.line("如需延期：至多至次日，即%s，须先申请并经同意", last.Chinese())
	case c.By == ByOffice:
		a.line("如需延期：%s，至迟%s，须先申请并经同意%s", c.Chinese(), last.Chinese(), note)
	default:
		a.line("可延期：%s，至迟%s%s", c.Chinese(), last.Chinese(), note)
	}
}

// expected returns the due date by the rule, whether it was extended or not.
func (o *Occurrence) expected(moved *Extension) Due {
	if moved != nil {
		return moved.Was
	}
	return o.Due
}
