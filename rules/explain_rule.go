package rules

import (
	"fmt"
	"strings"

	"qixian/rules/calendar"
)

// Chinese returns the rule in words: 每月最后一个工作日, 每年7月31日前, 起算事由发生后20个工作日内.
func (r Rule) Chinese() string {
	return r.words(func(trigger string) string {
		if strings.HasPrefix(trigger, DoneTrigger) {
			return "上一环节办结"
		}
		return "起算事由发生"
	})
}

// words returns the rule in words, with what title calls its trigger.
func (r *Rule) words(title func(trigger string) string) string {
	text := r.formWords(title)
	if len(r.Months) > 0 {
		text += "（限" + seasonChinese(r.Months) + "）"
	}
	if r.Years == TableYears {
		text += "（限任务表适用的年度）"
	}
	if r.Roll != "" {
		text += map[calendar.Roll]string{
			calendar.Preceding: "，遇休息日提前",
			calendar.Following: "，遇休息日顺延",
			calendar.None:      "，遇休息日不调整",
		}[r.Roll]
	}
	if !r.From.IsZero() {
		text += "，自" + r.From.Chinese() + "起"
	}
	if !r.Until.IsZero() {
		text += "，至" + r.Until.Chinese() + "止"
	}
	return text
}

// seasonChinese returns months in words, those that follow each other as one stretch: 6月至9月、12月至次年2月.
func seasonChinese(months []int) string {
	var stretches []string
	for i := 0; i < len(months); {
		first := i
		for i++; i < len(months) && months[i] == months[i-1]%12+1; i++ {
		}
		text := fmt.Sprintf("%d月", months[first])
		switch last := months[i-1]; {
		case i-first > 1 && last < months[first]:
			text += fmt.Sprintf("至次年%d月", last)
		case i-first > 1:
			text += fmt.Sprintf("至%d月", last)
		}
		stretches = append(stretches, text)
	}
	return strings.Join(stretches, "、")
}

func (r *Rule) formWords(title func(trigger string) string) string {
	switch {
	case r.AtLeast > 0:
		text := fmt.Sprintf("%s不少于%d次", every[r.Every], r.AtLeast)
		if r.Due != (PeriodDay{}) {
			text += "，" + r.Due.words(r.Every)
		}
		return text
	case r.Every != "":
		return r.Due.words(r.Every)
	case r.By.Year != 0:
		return fmt.Sprintf("%d年%d月%d日前", r.By.Year, r.By.Month, r.By.Day)
	case r.By != (MonthDay{}):
		return fmt.Sprintf("每年%d月%d日前", r.By.Month, r.By.Day)
	case !r.OnShow.IsZero():
		return title(r.After) + "后公示不少于" + r.OnShow.Chinese()
	case r.After != "":
		return title(r.After) + "后" + r.Within.Chinese() + "内"
	case r.Before != "" && r.Ahead.IsZero():
		return title(r.Before) + "前（至迟前1个工作日）"
	case r.Before != "":
		return title(r.Before) + "前，至少提前" + r.Ahead.Chinese()
	case !r.Interval.IsZero():
		return "距上次办结" + r.Interval.Chinese() + "内"
	}
	members, later := r.members()
	texts := make([]string, len(members))
	for i := range members {
		texts[i] = members[i].words(title)
	}
	if later {
		return "以下日期中较晚的：" + strings.Join(texts, "；")
	}
	return "以下日期中较早的：" + strings.Join(texts, "；")
}

// every and following name the periods; their keys are all the lengths.
var (
	every     = map[PeriodLength]string{Week: "每周", Month: "每月", Quarter: "每季度", Half: "每半年", Year: "每年"}
	following = map[PeriodLength]string{Week: "次周", Month: "次月", Quarter: "下一季度", Half: "下一个半年", Year: "次年"}
)

// words returns the day in words, said of every period of a length.
func (d PeriodDay) words(length PeriodLength) string {
	of := every[length]
	if !d.AfterEnd.IsZero() {
		return of + "结束后" + d.AfterEnd.Chinese() + "内"
	}
	if d.Following {
		of += "，" + following[length]
	}
	switch {
	case d.Month > 0 && length == Year:
		of += fmt.Sprintf("%d月", d.Month)
	case d.Month == 1:
		of += "首月"
	case d.Month > 0:
		of += fmt.Sprintf("第%d个月", d.Month)
	}
	inMonth := d.Month > 0 || length == Month
	switch {
	case d.Weekday > 0:
		return of + "星期" + [...]string{"一", "二", "三", "四", "五", "六", "日"}[d.Weekday-1] + "前"
	case d.Day > 0 && inMonth:
		return of + fmt.Sprintf("%d日前", d.Day)
	case d.Day > 0:
		return of + fmt.Sprintf("第%d日前", d.Day)
	case d.Day < -1:
		return of + fmt.Sprintf("倒数第%d日前", -d.Day)
	case d.Day == -1:
		return of + "最后一日前"
	case d.Workday != 0:
		return of + nthWorkday(d.Workday)
	default:
		return of + nthWorkday(-1)
	}
}

// nthWorkday names a working day of a period, from its end if n is negative.
func nthWorkday(n int) string {
	switch {
	case n == -1:
		return "最后一个工作日"
	case n < 0:
		return fmt.Sprintf("倒数第%d个工作日", -n)
	default:
		return fmt.Sprintf("第%d个工作日", n)
	}
}
