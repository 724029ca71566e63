package rules_test

import (
	"testing"

	"qixian/rules"
	"qixian/rules/calendar"
)

func TestRuleChinese(t *testing.T) {
	every := func(l rules.PeriodLength, d rules.PeriodDay) rules.Rule { return rules.Rule{Every: l, Due: d} }
	july := rules.MonthDay{Month: 7, Day: 31}
	tests := []struct {
		rule rules.Rule
		want string
	}{
		{every(rules.Week, rules.PeriodDay{}), "每周最后一个工作日"},
		{every(rules.Month, rules.PeriodDay{}), "每月最后一个工作日"},
		{every(rules.Quarter, rules.PeriodDay{}), "每季度最后一个工作日"},
		{every(rules.Half, rules.PeriodDay{}), "每半年最后一个工作日"},
		{every(rules.Year, rules.PeriodDay{}), "每年最后一个工作日"},
		{every(rules.Month, rules.PeriodDay{Day: 10}), "每月10日前"},
		{
			rules.Rule{Every: rules.Month, Months: []int{6, 7, 8, 9, 10, 11, 12, 1, 2}},
			"每月最后一个工作日（限6月至次年2月）",
		},
		{rules.Rule{Every: rules.Month, Months: []int{3, 6, 7, 8, 12}}, "每月最后一个工作日（限3月、6月至8月、12月）"},
		{rules.Rule{Every: rules.Quarter, Months: []int{4, 10}}, "每季度最后一个工作日（限4月、10月）"},
		{every(rules.Month, rules.PeriodDay{Day: -1}), "每月最后一日前"},
		{every(rules.Month, rules.PeriodDay{Day: -3}), "每月倒数第3日前"},
		{every(rules.Quarter, rules.PeriodDay{Day: 20}), "每季度第20日前"},
		{every(rules.Month, rules.PeriodDay{Workday: 1}), "每月第1个工作日"},
		{every(rules.Month, rules.PeriodDay{Workday: -2}), "每月倒数第2个工作日"},
		{every(rules.Quarter, rules.PeriodDay{Month: 1, Day: 15}), "每季度首月15日前"},
		{every(rules.Quarter, rules.PeriodDay{Month: 2}), "每季度第2个月最后一个工作日"},
		{every(rules.Year, rules.PeriodDay{Month: 3, Workday: 5}), "每年3月第5个工作日"},
		{every(rules.Year, rules.PeriodDay{Following: true, Month: 1, Day: 31}), "每年，次年1月31日前"},
		{every(rules.Month, rules.PeriodDay{Following: true, Day: 10}), "每月，次月10日前"},
		{every(rules.Week, rules.PeriodDay{Weekday: 5}), "每周星期五前"},
		{every(rules.Quarter, rules.PeriodDay{AfterEnd: span(15, rules.CalendarDays)}), "每季度结束后15日内"},
		{rules.Rule{Every: rules.Year, AtLeast: 2, Years: rules.TableYears}, "每年不少于2次（限任务表适用的年度）"},
		{rules.Rule{Every: rules.Quarter, AtLeast: 1, Due: rules.PeriodDay{Day: -1}}, "每季度不少于1次，每季度最后一日前"},
		{rules.Rule{By: july}, "每年7月31日前"},
		{rules.Rule{By: july, Roll: calendar.Following}, "每年7月31日前，遇休息日顺延"},
		{rules.Rule{By: rules.MonthDay{Year: 2018, Month: 12, Day: 31}}, "2018年12月31日前"},
		{rules.Rule{After: "x", Within: span(20, rules.WorkingDays)}, "起算事由发生后20个工作日内"},
		{rules.Rule{After: "x", Within: span(24, rules.Hours)}, "起算事由发生后24小时内"},
		{rules.Rule{After: "x", OnShow: span(10, rules.CalendarDays)}, "起算事由发生后公示不少于10日"},
		{rules.Rule{After: rules.DoneTrigger + "y", Within: span(3, rules.Months)}, "上一环节办结后3个月内"},
		{rules.Rule{Before: "x"}, "起算事由发生前（至迟前1个工作日）"},
		{rules.Rule{Before: "x", Ahead: span(3, rules.WorkingDays)}, "起算事由发生前，至少提前3个工作日"},
		{rules.Rule{Interval: span(90, rules.CalendarDays)}, "距上次办结90日内"},
		{rules.Rule{LaterOf: []rules.Rule{{By: july}, {Every: rules.Year}}}, "以下日期中较晚的：每年7月31日前；每年最后一个工作日"},
		{rules.Rule{EarlierOf: []rules.Rule{{By: july}, {Every: rules.Year}}}, "以下日期中较早的：每年7月31日前；每年最后一个工作日"},
		{
			rules.Rule{Every: rules.Month, From: date(t, "2026-01-01"), Until: date(t, "2026-12-31")},
			"每月最后一个工作日，自2026年1月1日（星期四）起，至2026年12月31日（星期四）止",
		},
	}
	for _, tt := range tests {
		if got := tt.rule.Chinese(); got != tt.want {
			t.Errorf("%+v\n got %s\nwant %s", tt.rule, got, tt.want)
		}
	}
}

func TestDueChinese(t *testing.T) {
	if got := (rules.Due{Date: date(t, "2018-09-28")}).Chinese(); got != "2018年9月28日（星期五）" {
		t.Errorf("a date reads %s", got)
	}
	at := moment(t, "2018-09-28T14:30").UTC()
	if got := (rules.Due{Date: date(t, "2018-09-28"), Instant: at}).Chinese(); got != "2018年9月28日（星期五）14:30" {
		t.Errorf("an instant reads %s", got)
	}
}
