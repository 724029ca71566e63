package rules

import (
	"strconv"
	"strings"

	"qixian/rules/calendar"
	"qixian/rules/wording"
)

// Chinese returns the due date in words, 2018年9月28日（星期五）, for an hour rule with its time, 2018年9月28日（星期五）14:30.
func (d Due) Chinese() string {
	if d.Instant.IsZero() {
		return d.Date.Chinese()
	}
	return wording.Moment(d.Instant)
}

// Chinese returns the stage in words: 到期当日, 提前5个工作日, 登记后首次提醒, 期限过半时.
func (s Stage) Chinese() string {
	switch {
	case s == OnRecord:
		return "登记后首次提醒"
	case s == HalfTime:
		return "期限过半时（完成不足一半才提醒）"
	case s.Lead.IsZero():
		return "到期当日"
	default:
		return "提前" + s.Lead.Chinese()
	}
}

// weekdayOf returns the day of the week: 星期四.
func weekdayOf(d calendar.Date) string {
	_, rest, _ := strings.Cut(d.Chinese(), "（")
	return strings.TrimSuffix(rest, "）")
}

// shortDate returns a date without its year: 2月15日（星期四）.
func shortDate(d calendar.Date) string {
	_, rest, _ := strings.Cut(d.Chinese(), "年")
	return rest
}

// stretch returns consecutive days: 2月15日至21日, 9月29日至10月5日, 4月5日.
func stretch(first, last calendar.Date) string {
	switch {
	case first == last:
		return wording.MonthDay(first)
	case first.Month() == last.Month() && first.Year() == last.Year():
		return wording.MonthDay(first) + "至" + strconv.Itoa(last.Day()) + "日"
	default:
		return wording.MonthDay(first) + "至" + wording.MonthDay(last)
	}
}

// listDays returns days one by one, each month named once: 9月29日、30日.
func listDays(days []calendar.Date) string {
	var b strings.Builder
	for i, d := range days {
		switch {
		case i == 0:
			b.WriteString(wording.MonthDay(d))
		case d.Month() == days[i-1].Month():
			b.WriteString("、" + strconv.Itoa(d.Day()) + "日")
		default:
			b.WriteString("、" + wording.MonthDay(d))
		}
	}
	return b.String()
}
