package compose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"qixian/rules/calendar"
	"qixian/rules/wording"
)

// beijing is the one civil time of the program.
var beijing = calendar.Zone()

// shortDay writes a civil date as 9月28日, with its year only where that is not the year of now.
func shortDay(t, now time.Time) string {
	day := calendar.DateOf(t)
	if day.Year() != calendar.DateOf(now).Year() {
		return wording.PlainDay(day)
	}
	return wording.MonthDay(day)
}

// civilDays returns how many days to lies after from, both taken as civil dates.
func civilDays(from, to time.Time) int { return calendar.DateOf(to).Sub(calendar.DateOf(from)) }

// dueText writes a due date in full, an hour rule's with its time.
func dueText(t time.Time, byHour bool) string {
	if byHour {
		return wording.Moment(t)
	}
	return wording.Day(t)
}

// dueShort writes a due date for a list or a subject.
func dueShort(t time.Time, byHour bool, now time.Time) string {
	if byHour {
		return shortDay(t, now) + wording.Clock(t)
	}
	return shortDay(t, now)
}

// isLate reports whether it was due before now: before today, or with ByHour before this instant.
func isLate(it Item, now time.Time) bool {
	switch {
	case it.OnShow, it.Paused != "", withdrawn(it), !it.Closed.IsZero():
		return false
	case it.ByHour:
		return it.Due.Before(now)
	default:
		return civilDays(now, it.Due) < 0
	}
}

func isToday(it Item, now time.Time) bool { return civilDays(now, it.Due) == 0 }

// remaining says how far away a due date is: in words, and in three short lines for the badge.
type remaining struct {
	Text            string
	Top, Big, Small string
}

func remainingOf(it Item, now time.Time) remaining {
	late, n := isLate(it, now), strconv.Itoa(max(it.Left, -it.Left))
	inDays := it.Left < 0 && now.Sub(it.Due) >= 72*time.Hour // so long late that nobody counts the hours
	switch {
	case withdrawn(it):
		return remaining{"已撤销", "", "已", "撤销"}
	case !it.Closed.IsZero() && it.Late:
		return remaining{"逾期办结", "", "逾期", "办结"}
	case !it.Closed.IsZero():
		return remaining{"已办结", "", "已", "办结"}
	case it.Paused != "":
		return remaining{"暂停计时", "", "暂停", "计时"}
	case it.OnShow:
		return remainingOnShow(civilDays(now, it.Due))
	case it.ByHour && !inDays:
		return remainingHours(it.Due.Sub(now))
	case late && it.Left < 0:
		return remaining{"已逾期" + n + "个工作日", "已逾期", n, "个工作日"}
	case late:
		return remaining{"已逾期", "", "已", "逾期"}
	case isToday(it, now):
		return remaining{"今日到期", "", "今日", "到期"}
	case it.Left > 0:
		return remaining{"还有" + n + "个工作日", "还有", n, "个工作日"}
	default:
		return remaining{"到期前已无工作日", "还有", "0", "个工作日"}
	}
}

func remainingOnShow(days int) remaining {
	n := strconv.Itoa(days)
	switch {
	case days > 0:
		return remaining{"距公示期满还有" + n + "天", "距期满", n, "天"}
	case days == 0:
		return remaining{"今日期满", "", "今日", "期满"}
	default:
		return remaining{"已期满", "", "已", "期满"}
	}
}

// remainingHours forgives a pass that ran some minutes late: the exact due time stands beside it.
func remainingHours(d time.Duration) remaining {
	verb, badge := "还有", "还有"
	if d < 0 {
		d, verb, badge = -d, "已超时", "已超时"
	}
	text := hours(d)
	if h, ok := strings.CutSuffix(text, "小时"); ok {
		return remaining{verb + text, badge, h, "小时"}
	}
	if m, ok := strings.CutSuffix(text, "分钟"); ok && !strings.Contains(m, "小时") {
		return remaining{verb + text, badge, m, "分钟"}
	}
	h, m, _ := strings.Cut(text, "小时")
	return remaining{verb + text, badge, h, "小时" + m}
}

// hours writes a duration as 2小时, 1小时40分钟 or 30分钟; up to five minutes are forgiven around a full hour.
func hours(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	h, m := (minutes+5)/60, (minutes+5)%60
	if h > 0 && m <= 10 {
		return strconv.Itoa(h) + "小时"
	}
	h, m = minutes/60, minutes%60
	if h > 0 {
		return fmt.Sprintf("%d小时%d分钟", h, m)
	}
	return strconv.Itoa(m) + "分钟"
}

// unitsShown is how many units of a long list are named.
const unitsShown = 6

// unitList names units, self marked; of a long list only the first, with their number.
func unitList(units []string, self string) string {
	shown := units[:min(len(units), unitsShown)]
	var b strings.Builder
	for i, u := range shown {
		if i > 0 {
			b.WriteString("、")
		}
		b.WriteString(u)
		if u == self {
			b.WriteString("（本单位）")
		}
	}
	if len(units) > len(shown) {
		fmt.Fprintf(&b, "等%d个单位", len(units))
		if slices.Contains(units[len(shown):], self) {
			b.WriteString("（含本单位）")
		}
	}
	return b.String()
}

// shorten cuts s to at most n characters, the last of them an ellipsis if anything was cut.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:max(n-1, 0)]) + "…"
}
