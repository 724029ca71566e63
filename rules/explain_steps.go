package rules

import (
	"fmt"

	"qixian/rules/calendar"
	"qixian/rules/wording"
)

// mostSteps is how many working days are listed one by one; of a longer count only what is out of the ordinary is told.
const mostSteps = 30

// begin says from when was counted, and what was chosen from.
func (a *account) begin() {
	got := a.got
	for _, c := range got.choice {
		a.line("比较项：%s，即%s", a.ruleWords(c.rule), c.due.Chinese())
	}
	switch e := a.o.Event; {
	case !got.due.Instant.IsZero() && got.rule.Before != "":
		a.line("起算：拟定时间为%s，向前推算", wording.Moment(e.At))
	case !got.due.Instant.IsZero():
		a.line("起算：%s，自该时刻起连续计算", wording.Moment(e.At))
	case got.rule.Before != "":
		a.line("起算：拟定日期为%s，当日不计，向前推算", got.start.Chinese())
	case a.restarted():
		a.line("起算：%s，%s，当日不计，自次日起重新计算", a.p.triggerTitle(a.o, got.from.Trigger), got.start.Chinese())
	case !got.start.IsZero():
		a.line("起算：%s，当日不计，自次日起算", got.start.Chinese())
	case got.among.length != "":
		a.line("起算：周期为%s至%s", got.among.first.Chinese(), shortDate(got.among.last))
	default:
		a.line("起算：规则所定日期为%s", got.nominal.Chinese())
	}
}

// count lists the days that were looked at: counted ones with their number, skipped ones with their reason.
func (a *account) count() {
	got := a.got
	if !got.due.Instant.IsZero() {
		a.line("  到期时刻 %s", got.due.Chinese())
		return
	}
	switch {
	case got.count > 0:
		a.walk(got.start.AddDays(1), got.due.Date, nthWorkday)
	case got.count < 0:
		a.walk(got.start.AddDays(-1), got.due.Date, func(n int) string { return fmt.Sprintf("倒数第%d个工作日", n) })
	case got.nth > 0:
		a.walk(got.among.first, got.due.Date, nthWorkday)
	case got.nth < 0:
		a.walk(got.among.last, got.due.Date, func(n int) string { return nthWorkday(-n) })
	case got.among.length != "":
		a.walk(got.among.first, got.due.Date, func(int) string { return "到期日" })
	case a.kept():
		a.walk(got.opening, got.due.Date, func(int) string { return "到期日" })
	case got.nominal == got.due.Date:
		a.line("  到期日 %s %s", a.date(got.nominal), dayWords(a.p.calendar.Day(got.nominal)))
	default:
		a.walk(got.nominal, got.due.Date, func(int) string { return "到期日" })
	}
}

// walk lists the days from one to another, both inclusive and in either direction, each working day with what label
// calls the n-th.
func (a *account) walk(from, to calendar.Date, label func(n int) string) {
	step, total := 1, a.p.calendar.Count(from.AddDays(-1), to)
	if to.Before(from) {
		step, total = -1, a.p.calendar.Count(to.AddDays(-1), from)
	}
	n := 0
	for d := from; ; d = d.AddDays(step) {
		day := a.p.calendar.Day(d)
		if s := a.o.Stands; s != nil && !s.Late && step > 0 && d.After(s.Since) {
			a.line("  %s起 暂停计时（%s）", a.date(d), a.p.triggerTitle(a.o, s.Event.Trigger))
			return
		}
		if h, ok := a.halted(d); ok && step > 0 {
			first := d
			for d != to && d != h.to {
				d = d.AddDays(1)
			}
			a.line("  不计 %s 暂停计时（%s）", a.dates(first, d), a.p.triggerTitle(a.o, h.stop.Trigger))
		} else if day.Working {
			n++
			if total <= mostSteps || day.Kind == calendar.KindMakeup || d == to {
				a.line("  %s %s%s", label(n), a.date(d), remark(day))
			}
		} else {
			first := d
			for d != to && sameReason(day, a.p.calendar.Day(d.AddDays(step))) && !a.halts(d.AddDays(step)) {
				d = d.AddDays(step)
			}
			a.line("  不计 %s %s", a.dates(first, d), dayWords(day))
		}
		if d == to {
			return
		}
	}
}

// date returns a date of the account, with its year only where that is not the due date's.
func (a *account) date(d calendar.Date) string {
	if d.Year() != a.got.due.Date.Year() {
		return d.Chinese()
	}
	return shortDate(d)
}

// dates returns consecutive days, given in either order.
func (a *account) dates(first, last calendar.Date) string {
	switch {
	case first == last:
		return a.date(first)
	case last.Before(first):
		return a.date(last) + "至" + a.date(first)
	default:
		return a.date(first) + "至" + a.date(last)
	}
}

func sameReason(a, b calendar.Day) bool {
	return a.Working == b.Working && a.Kind == b.Kind && a.Name == b.Name && a.Known == b.Known
}

// dayWords says what a day is, and that it is only expected to be where no notice covers it; of a festival the calendar
// says so.
func dayWords(d calendar.Day) string {
	if !d.Known && d.Kind != calendar.KindHoliday {
		return d.Chinese() + "（预计）"
	}
	return d.Chinese()
}

// remark is what there is to say of a working day: nothing, if it is an ordinary one.
func remark(d calendar.Day) string {
	if d.Kind == calendar.KindWorkday && d.Known {
		return ""
	}
	return " " + dayWords(d)
}
