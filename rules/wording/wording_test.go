package wording_test

import (
	"strings"
	"testing"
	"time"

	"qixian/rules/calendar"
	"qixian/rules/wording"
)

func TestQuote(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"plain", "按月发布", "“按月发布”"},
		{"nothing", "", "“”"},
		{"marks inside", "坚持“谁公开谁审查”“先审查后公开”", "“坚持‘谁公开谁审查’‘先审查后公开’”"},
		{"two deep", "开展“解读‘一张图’”活动", "“开展‘解读“一张图”’活动”"},
		{"three deep", "“甲‘乙“丙”乙’甲”", "“‘甲“乙‘丙’乙”甲’”"},
		{"the other way round", "‘僵尸’企业", "“‘僵尸’企业”"},
		{"twice", wording.Quote("按“月”发布"), "“‘按“月”发布’”"},
		{"an apostrophe", "it’s “so’s” it", "“it’s ‘so’s’ it”"},
		{"closed alone", "甲”乙", "“甲”乙”"},
		{"cut off", "坚持“谁公开…", "“坚持‘谁公开…”"},
	} {
		if got := wording.Quote(tt.text); got != tt.want {
			t.Errorf("%s: Quote(%q) = %q, want %q", tt.name, tt.text, got, tt.want)
		}
	}
}

// FuzzQuote holds that nothing but marks is changed, and that no mark stands directly inside one of its own kind where
// every mark is closed.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "“‘’”", "坚持“谁公开谁审查”", "’”“‘", "\xff“"} {
		f.Add(s)
	}
	bare := strings.NewReplacer("“", "", "”", "", "‘", "", "’", "")
	f.Fuzz(func(t *testing.T, s string) {
		got := wording.Quote(s)
		if bare.Replace(got) != bare.Replace(strings.ToValidUTF8(s, "\ufffd")) && strings.ToValidUTF8(s, "") == s {
			t.Errorf("Quote(%q) = %q", s, got)
		}
		if twice := wording.Quote(got); strings.Count(twice, "“")+strings.Count(twice, "‘") !=
			strings.Count(got, "“")+strings.Count(got, "‘")+1 {
			t.Errorf("Quote(Quote(%q)) = %q", s, twice)
		}
	})
}

func TestTimes(t *testing.T) {
	at := time.Date(2018, time.September, 23, 8, 30, 59, 0, time.UTC)
	day := calendar.NewDate(2018, time.September, 23)
	for _, tt := range []struct{ got, want string }{
		{wording.Day(at), "2018年9月23日（星期日）"},
		{wording.Moment(at), "2018年9月23日（星期日）16:30"},
		{wording.Moment(at.Add(8 * time.Hour)), "2018年9月24日（星期一）00:30"},
		{wording.Clock(at), "16:30"},
		{wording.Tentative(wording.Day(at)), "2018年9月23日（星期日，暂定）"},
		{wording.Tentative(wording.Moment(at)), "2018年9月23日（星期日）16:30（暂定）"},
		{wording.Tentative("9月23日"), "9月23日（暂定）"},
		{wording.Extended(wording.Day(at)), "2018年9月23日（星期日，延期）"},
		{wording.PlainDay(day), "2018年9月23日"},
		{wording.PlainDay(calendar.Date{}), ""},
		{wording.MonthDay(day), "9月23日"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestPeriod(t *testing.T) {
	for _, tt := range []struct{ key, want, short string }{
		{"2018-09", "2018年9月", "9月"},
		{"2018-12", "2018年12月", "12月"},
		{"2018-Q3", "2018年第三季度", "第三季度"},
		{"2018-Q4", "2018年第四季度", "第四季度"},
		{"2018-H1", "2018年上半年", "上半年"},
		{"2018-H2", "2018年下半年", "下半年"},
		{"2018", "2018年", "2018年"},
		{"2018-W37", "2018年第37周", "第37周"},
		{"2018-W05", "2018年第5周", "第5周"},
		{"2018-01-05", "自2018年1月5日起", "自2018年1月5日起"},
		{"x", "x", "x"},
		{"", "", ""},
	} {
		if got := wording.Period(tt.key); got != tt.want {
			t.Errorf("Period(%q) = %q, want %q", tt.key, got, tt.want)
		}
		if got := wording.PeriodOfYear(tt.key); got != tt.short {
			t.Errorf("PeriodOfYear(%q) = %q, want %q", tt.key, got, tt.short)
		}
	}
}

// TestHappened holds that mails and explanations name what started a clock alike.
func TestHappened(t *testing.T) {
	for _, tt := range []struct{ title, ref, want string }{
		{"", "", "政策文件公布"},
		{"关于…的意见", "宁政发〔2026〕12号", "政策文件公布：《关于…的意见》（宁政发〔2026〕12号）"},
		{"《…办法》解读方案", "宁政发〔2026〕12号", "政策文件公布：《…办法》解读方案（宁政发〔2026〕12号）"},
		{"关于…的意见", "", "政策文件公布：关于…的意见"},
		{"", "宁政发〔2026〕12号", "政策文件公布（宁政发〔2026〕12号）"},
		{"某食品召回", "2026-017", "政策文件公布：某食品召回（2026-017）"},
	} {
		if got := wording.Happened("政策文件公布", tt.title, tt.ref); got != tt.want {
			t.Errorf("Happened(%q, %q) = %q, want %q", tt.title, tt.ref, got, tt.want)
		}
	}
}
