package wording

import (
	"regexp"
	"strings"

	"qixian/rules/calendar"
)

var periodForm = regexp.MustCompile(`^(\d{4})(?:-(?:(\d{2})|Q([1-4])|H([12])|W(\d{2})))?$`)

// Period writes a period's key as people say it: 2018年9月, 2018年第三季度, 2018年上半年, 2018年, 2018年第37周, and for the first
// date of a rolling interval 自2018年1月5日起. What is no period's key is returned as it is.
func Period(key string) string {
	if since, err := calendar.ParseDate(key); err == nil {
		return "自" + PlainDay(since) + "起"
	}
	m := periodForm.FindStringSubmatch(key)
	if m == nil {
		return key
	}
	return m[1] + "年" + withinYear(m)
}

// PeriodOfYear is Period without the year, unless it is one: 9月, 第三季度, 上半年, 2018年, 第37周.
func PeriodOfYear(key string) string {
	m := periodForm.FindStringSubmatch(key)
	if m == nil || len(key) == len("2018") {
		return Period(key)
	}
	return withinYear(m)
}

// withinYear words what a key says after its year, as periodForm has taken it apart.
func withinYear(m []string) string {
	switch {
	case m[2] != "":
		return strings.TrimPrefix(m[2], "0") + "月"
	case m[3] != "":
		return "第" + map[string]string{"1": "一", "2": "二", "3": "三", "4": "四"}[m[3]] + "季度"
	case m[4] != "":
		return map[string]string{"1": "上半年", "2": "下半年"}[m[4]]
	case m[5] != "":
		return "第" + strings.TrimPrefix(m[5], "0") + "周"
	default:
		return ""
	}
}
