package rules

import (
	"fmt"
	"strings"

	"qixian/rules/calendar"
	"qixian/rules/wording"
)

// short returns the reason in one clause.
func (a *account) short() string {
	r := a.o.Rule
	var prefix string
	switch members, later := r.members(); {
	case members != nil && later:
		prefix = "各日期中较晚的："
	case members != nil:
		prefix = "各日期中较早的："
	case r.AtLeast > 0:
		prefix = fmt.Sprintf("%s不少于%d次，截至", wording.Period(a.o.Period), r.AtLeast)
	case !r.OnShow.IsZero():
		prefix = "公示不少于" + r.OnShow.Chinese() + "："
	}
	return prefix + a.how()
}

// how says how the date was come by.
func (a *account) how() string {
	got := a.got
	switch {
	case !got.due.Instant.IsZero():
		return a.hoursWords()
	case got.count > 0:
		return a.began() + fmt.Sprintf("自%s次日起第%d个工作日", got.start.Chinese(), got.count) + a.skipped() + a.haltWords()
	case got.count < 0:
		return fmt.Sprintf("%s前第%d个工作日", got.start.Chinese(), -got.count) + a.skipped()
	case got.nth != 0:
		return a.amongWords() + nthWorkday(got.nth) + inBrackets(a.special(a.picked()))
	case got.among.length != "":
		return a.amongWords() + "没有工作日，顺延到此后第一个工作日" + a.landing()
	case !got.nominal.IsZero():
		return a.began() + a.nominalWords() + a.landed() + a.haltWords()
	default:
		return a.o.Rule.Chinese()
	}
}

func (a *account) hoursWords() string {
	span := a.got.rule.span()
	at := wording.Moment(a.o.Event.At)
	if a.got.rule.Before != "" {
		return at + "前" + span.Chinese()
	}
	return "自" + at + "起" + span.Chinese() + "，夜间和休息日照常计算"
}

// amongWords names the days of which a working day was picked, with their year where the period's is another.
func (a *account) amongWords() string {
	among := a.got.among
	words := among.chinese()
	if pd, err := parsePeriod(a.o.Period); err == nil && among.length != Year && among.year() != pd.year() {
		return fmt.Sprintf("%d年%s", among.year(), words)
	}
	return words
}

// nominalWords names the day that the rule itself comes to: 自2018年8月31日（星期五）次日起第30日为9月30日.
func (a *account) nominalWords() string {
	got := a.got
	if got.start.IsZero() {
		return wording.MonthDay(got.nominal)
	}
	span := got.rule.span()
	if got.rule.Every != "" {
		span = got.rule.Due.AfterEnd
	}
	start := got.start.Chinese()
	switch {
	case got.rule.Before != "":
		return start + "前" + span.Chinese() + "为" + wording.MonthDay(got.nominal)
	case span.Clock == Months:
		return "自" + start + "起满" + span.Chinese() + "为" + wording.MonthDay(got.nominal)
	default:
		return fmt.Sprintf("自%s次日起第%d日为%s", start, span.N, wording.MonthDay(got.nominal))
	}
}

// landed says what became of the day that the rule itself comes to.
func (a *account) landed() string {
	from, to := a.got.nominal, a.got.due.Date
	day := a.p.calendar.Day(from)
	why := day.Chinese()
	if day.Kind == calendar.KindWeekend {
		why = "为" + weekdayOf(from)
	}
	before := "前"
	if !a.got.start.IsZero() {
		before, why = "", "，"+strings.Replace(why, "为", "当日为", 1)
	}
	switch {
	case from == to && day.Kind == calendar.KindMakeup:
		return before + "，当日为调休上班日"
	case from == to && day.Working:
		return before + "，当日为工作日"
	case from == to:
		return why + "，按规则不调整"
	case to.Before(from):
		return why + "，提前到此前最后一个工作日" + a.landing()
	case a.kept() && from == a.got.opening:
		return why + "，此前尚未起算，顺延到此后第一个工作日" + a.landing()
	case a.kept():
		return why + "，" + stretch(a.got.opening, from) + "没有工作日，顺延到此后第一个工作日" + a.landing()
	default:
		return why + "，顺延到此后第一个工作日" + a.landing()
	}
}

// kept reports whether a day that would have been landed before the duty's opening was kept from that, and landed after
// it.
func (a *account) kept() bool {
	got := a.got
	return !got.opening.IsZero() && got.rule.roll() == calendar.Preceding && got.due.Date.After(got.nominal)
}

// landing names the due date, and that it is a make-up workday if it is one.
func (a *account) landing() string {
	d := a.got.due.Date
	if a.p.calendar.Day(d).Kind == calendar.KindMakeup {
		return strings.TrimSuffix(shortDate(d), "）") + "，调休上班）"
	}
	return shortDate(d)
}

// skipped says which days off and make-up workdays a count passed over; plain weekends go without saying.
func (a *account) skipped() string {
	parts := a.special(a.window())
	if parts == "" {
		return ""
	}
	return "；" + parts
}

// special names the holidays and make-up workdays of a stretch of days, both ends inclusive.
func (a *account) special(first, last calendar.Date) string {
	counting := a.got.count != 0
	var parts []string
	var makeup []calendar.Date
	for d := first; !d.After(last); d = d.AddDays(1) {
		day := a.p.calendar.Day(d)
		if day.Kind == calendar.KindMakeup {
			makeup = append(makeup, d)
		}
		if day.Kind != calendar.KindHoliday {
			continue
		}
		end := d
		for next := end.AddDays(1); !next.After(last); next = next.AddDays(1) {
			if follows := a.p.calendar.Day(next); follows.Kind != day.Kind || follows.Name != day.Name {
				break
			}
			end = next
		}
		text := stretch(d, end) + day.Chinese()
		if counting {
			text += "不计"
		}
		parts = append(parts, text)
		d = end
	}
	switch {
	case len(makeup) == 1 && counting:
		parts = append(parts, shortDate(makeup[0])+"调休上班计入")
	case len(makeup) > 0 && counting:
		parts = append(parts, listDays(makeup)+"调休上班计入")
	case len(makeup) > 0:
		parts = append(parts, listDays(makeup)+"为调休上班日")
	}
	return strings.Join(parts, "，")
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return "（" + s + "）"
}

// picked returns the days that matter for a picked working day: those between it and the end from which it is counted,
// and the make-up workdays beside it.
func (a *account) picked() (first, last calendar.Date) {
	due := a.got.due.Date
	if a.got.nth > 0 {
		return a.got.among.first, due
	}
	first = due
	for d := due; a.p.calendar.Day(d).Kind == calendar.KindMakeup && !d.Before(a.got.among.first); d = d.AddDays(-1) {
		first = d
	}
	return first, a.got.among.last
}

// window returns the first and the last day that were looked at, both inclusive.
func (a *account) window() (first, last calendar.Date) {
	got := a.got
	first, last = got.due.Date, got.due.Date
	switch {
	case got.nth != 0:
		return a.picked()
	case got.among.length != "":
		return got.among.first, last
	case got.count > 0:
		return got.start.AddDays(1), last
	case got.count < 0:
		return first, got.start.AddDays(-1)
	case a.kept():
		return got.opening, last
	case !got.nominal.IsZero() && got.nominal.Before(first):
		return got.nominal, last
	case !got.nominal.IsZero():
		return first, got.nominal
	}
	return first, last
}
