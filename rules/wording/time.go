package wording

import (
	"fmt"
	"strings"
	"time"

	"qixian/rules/calendar"
)

// Day writes the civil date of an instant, in Asia/Shanghai: 2018年9月23日（星期日）.
func Day(t time.Time) string { return calendar.DateOf(t).Chinese() }

// Moment writes an instant in Asia/Shanghai to the minute: 2018年9月23日（星期日）16:30.
func Moment(t time.Time) string { return Day(t) + Clock(t) }

// Clock writes the time of day of an instant, in Asia/Shanghai: 16:30.
func Clock(t time.Time) string { return t.In(calendar.Zone()).Format("15:04") }

// Tentative marks a date or a moment in words as one that may still move: 2019年1月31日（星期四，暂定）, 1月31日（暂定）.
func Tentative(due string) string { return marked(due, "暂定") }

// Extended marks a date or a moment in words as one to which the due date was extended: 2018年10月19日（星期五，延期）.
func Extended(due string) string { return marked(due, "延期") }

func marked(due, as string) string {
	if day, ok := strings.CutSuffix(due, "）"); ok {
		return day + "，" + as + "）"
	}
	return due + "（" + as + "）"
}

// PlainDay writes a date without its day of the week, where there is no room for it or it says nothing: 2018年9月23日.
func PlainDay(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d年%s", d.Year(), MonthDay(d))
}

// MonthDay writes a date without its year: 9月23日.
func MonthDay(d calendar.Date) string { return fmt.Sprintf("%d月%d日", int(d.Month()), d.Day()) }
