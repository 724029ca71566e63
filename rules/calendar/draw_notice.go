package calendar

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// nameWidth is as wide as the longest name of a holiday: two festivals in one.
const nameWidth = 16

// drawHolidays lists the breaks that touch the year, the days that no notice covers, and the notices.
func (c *Calendar) drawHolidays(b *bytes.Buffer, year int) {
	var sources []string
	listed := false
	list := func(name, days string) {
		if !listed {
			line(b, "")
			listed = true
		}
		line(b, pad(name, nameWidth)+days)
	}
	for _, y := range c.years {
		var touching []string
		for _, h := range y.Holidays {
			if slices.ContainsFunc(slices.Concat(h.Off, h.Work), func(d Date) bool { return d.Year() == year }) {
				list(h.Name, holidayDays(h, year))
				touching = append(touching, h.Name)
			}
		}
		if touching != nil {
			sources = append(sources, noticeLines(y, touching)...)
		}
	}
	if days, ok := c.festivalRuns(year); ok {
		sources = append(sources, c.basis)
		for _, run := range days {
			list(c.festivals[run[0]], daysText(run, year)+"，法定节日")
		}
	}
	for _, run := range c.unknownRuns(year) {
		list("暂定", daysText(run, year)+"，放假通知尚未载入")
	}
	if len(sources) > 0 {
		line(b, "")
	}
	for _, s := range sources {
		line(b, s)
	}
}

// holidayDays says which days a break has off, and which are worked for it.
func holidayDays(h Holiday, year int) string {
	text := daysText(h.Off, year) + "休息"
	if len(h.Off) > 1 {
		text += fmt.Sprintf("，共%d天", len(h.Off))
	}
	if len(h.Work) > 0 {
		text += "；" + daysText(h.Work, year) + "上班"
	}
	return text
}

// noticeLines names a notice, and those that amended it for the holidays named.
func noticeLines(y Year, holidays []string) []string {
	lines := []string{y.Notice + "，" + dateText(y.Issued, 0)}
	for _, a := range y.Amended {
		if slices.Contains(holidays, a.Holiday) {
			lines = append(lines, a.Notice+"，"+dateText(a.Issued, 0), "    "+a.Change)
		}
	}
	return lines
}

// festivalRuns returns the festivals of a year without a notice, a run of days for each.
func (c *Calendar) festivalRuns(year int) (runs [][]Date, ok bool) {
	var days []Date
	for d := range c.festivals {
		if d.Year() == year {
			days = append(days, d)
		}
	}
	slices.SortFunc(days, Date.Compare)
	for i, d := range days {
		if i > 0 && d.Sub(days[i-1]) == 1 && c.festivals[d] == c.festivals[days[i-1]] {
			runs[len(runs)-1] = append(runs[len(runs)-1], d)
			continue
		}
		runs = append(runs, []Date{d})
	}
	return runs, len(runs) > 0
}

// unknownRuns returns the stretches of a year that no notice covers.
func (c *Calendar) unknownRuns(year int) [][]Date {
	var runs [][]Date
	before := true
	for _, d := range c.Walk(NewDate(year, time.January, 1), NewDate(year, time.December, 31)) {
		switch known := c.Known(d.Date); {
		case !known && before:
			runs = append(runs, []Date{d.Date})
		case !known:
			runs[len(runs)-1] = append(runs[len(runs)-1], d.Date)
		}
		before = c.Known(d.Date)
	}
	return runs
}

// unknownText says how much of a year is unknown.
func (c *Calendar) unknownText(year int) string {
	days := 0
	for _, run := range c.unknownRuns(year) {
		days += len(run)
	}
	switch days {
	case 0:
		return ""
	case NewDate(year+1, time.January, 1).Sub(NewDate(year, time.January, 1)):
		return "（暂定）"
	default:
		return fmt.Sprintf("（%d天暂定）", days)
	}
}

// daysText names days in order, those that follow one another as from … to.
func daysText(days []Date, year int) string {
	var parts []string
	for i := 0; i < len(days); {
		j := i
		for j+1 < len(days) && days[j+1].Sub(days[j]) == 1 {
			j++
		}
		part := dateText(days[i], year) + weekdayText(days[i])
		if j > i {
			part += joint(j-i) + endText(days[i], days[j], year) + weekdayText(days[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, "、")
}

// joint stands between the first day and one that many days later.
func joint(later int) string {
	if later == 1 {
		return "、"
	}
	return "至"
}

// endText names the last day of a run, without the month if that is the first day's.
func endText(first, last Date, year int) string {
	if first.Month() == last.Month() {
		return fmt.Sprintf("%d日", last.Day())
	}
	return dateText(last, year)
}

// dateText names a day, with its year unless that is the year drawn.
func dateText(d Date, year int) string {
	y, m, day := d.civil()
	if y == year {
		return fmt.Sprintf("%d月%d日", int(m), day)
	}
	return fmt.Sprintf("%d年%d月%d日", y, int(m), day)
}

func weekdayText(d Date) string { return "（周" + weekdays[d.Weekday()] + "）" }
