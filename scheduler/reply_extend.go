package scheduler

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"qixian/rules/calendar"
	"qixian/rules/wording"
)

// What is wrong with a 延期, 同意 or 不同意.
const (
	noDate   = "没有看懂新的日期，未作登记。请写成 2018-10-31、2018年10月31日或10月31日。"
	datePast = "所写的日期%s已过，未作登记。年份写错的，请写全年月日。"
	dateFar  = "所写的日期%s在1年以后，未作登记。年份写错的，请写全年月日；确需延期到那时的，请与{office}联系。"
	dateWhen = "%s今年已过，看不出是哪一年，未作登记。如指%s，请写全年月日。"
	noReason = "没有写明理由。"
	noOther  = "“同意”后面请只写序号；要改日期的，请写“不同意”和理由，由单位重新申请。"
	notAsked = "看来不是要申请延期，未作登记。确要申请的，请只写“延期 序号 新日期 理由”。"
	question = "看来是在提问，未作登记。请写明理由，不带问号；有疑问的，请与{office}联系。"
)

// near is how many days ahead the next such day may be, for a date without a year.
const near = 183

const (
	years = `([〇零○一二三四五六七八九]{4})`
	days  = `([一二三四五六七八九十]{1,3})`
)

var (
	untilForm = regexp.MustCompile(
		`^ *(?:延?期?[至到]|为|[0-9]{4} *[-/.年]|[0-9]{8}|[0-9]{1,2} *月|[0-9]{1,2}[-/.][0-9]|[今本明]年|` + days + `月|` + years + `年)`,
	)
	toForm   = regexp.MustCompile(`^(?:延?期?[至到]|为|新?的?日期[为:]) *`)
	dateForm = regexp.MustCompile(
		`^(?:([0-9]{4}) *[-/.年] *([0-9]{1,2}) *[-/.月] *([0-9]{1,2})[日号]?|([0-9]{4})([0-9]{2})([0-9]{2})|([今本明]年)? *([0-9]{1,2}) *月 *([0-9]{1,2})[日号]?)`,
	)
	shortForm = regexp.MustCompile(`^([0-9]{1,2})[-/.]([0-9]{1,2})(?:[日号]|$|[ ,:;、。])`)
	wordyForm = regexp.MustCompile(`^(?:` + years + `年)?` + days + `月` + days + `[日号]`)
	dayForm   = regexp.MustCompile(`^(?:之前|以前|前|止)?(?: ?\((?:星期|周)[一二三四五六日天]\))?(?:之前|以前|前|止)?`)
	// moreForm is what follows a day that is not the one meant, or not it alone.
	moreForm = regexp.MustCompile(
		`^ ?(?:[-/.][0-9]|[0-9])|^[ ,;:、。.]*(?:[-—–~+] *[0-9]|[至到] *(?:[0-9一二三四五六七八九十本下]|月|年)|[0-9]{1,2} *[月日号]|或)|^、 *[0-9]|^(?:之?后|以后|起|左右|上下)|^ *(?:天|个(?:$|[^人别])|周|年|月|小时|[点时][ ,:;、。]?前?)`,
	)
	spanForm  = regexp.MustCompile(`^([0-9]{1,3}|[一二三四五六七八九十两]{1,3}|半) *(?:个 *(工作日|周|星期|礼拜|月)|(工作日|天|日|周|星期|礼拜|年))`)
	aboutForm = regexp.MustCompile(`^(?:[该本其此]?(?:项|次|单位)?的?延期(?:申请)?|[该本其此]申请)`)
)

// span is how long an extension is to be, which does not say from when.
type span struct {
	n    int
	unit string // 天, 工作日, 周, 月 or 年; 半月 is 15 days
}

// readExtension reads the day and the reason of a 延期. A day without a year is the next such day, counted from today, if
// that is not far away.
func (w *wish) readExtension(l *line, today calendar.Date) {
	l.take(toForm)
	start := l.copy()
	day, problem := l.date(today)
	if problem != "" {
		w.Problem = problem
		if m := start.take(spanForm); m != nil && problem == noDate {
			w.Span = spanOf(m[1], m[2]+m[3])
			w.Reason = start.words()
		}
		return
	}
	w.To = day
	w.readReason(l)
}

func spanOf(n, unit string) span {
	switch {
	case n == "半" && unit == "月":
		return span{15, "天"}
	case n == "半":
		return span{}
	case unit == "日":
		unit = "天"
	case unit == "星期" || unit == "礼拜":
		unit = "周"
	}
	return span{number(n), unit}
}

// words is the unit as it follows a number.
func (s span) words() string {
	if s.unit == "月" || s.unit == "工作日" {
		return "个" + s.unit
	}
	return s.unit
}

// after returns the day that a span after another day may mean; false if nobody can say.
func (s span) after(day calendar.Date, cal *calendar.Calendar) (calendar.Date, bool) {
	switch s.unit {
	case "天":
		return day.AddDays(s.n), true
	case "周":
		return day.AddDays(7 * s.n), true
	case "月":
		return day.AddMonths(s.n), true
	case "年":
		return day.AddMonths(12 * s.n), true
	case "工作日":
		r, err := cal.Add(day, s.n)
		return r.Date, err == nil
	}
	return calendar.Date{}, false
}

// date reads a day that may be meant on the day today: none that is past or more than a year ahead.
func (l *line) date(today calendar.Date) (calendar.Date, string) {
	year, month, day := "", "", ""
	if m := l.take(dateForm); m != nil {
		year, month, day = m[1]+m[4], m[2]+m[5]+m[8], m[3]+m[6]+m[9]
		switch m[7] {
		case "今年", "本年":
			year = strconv.Itoa(today.Year())
		case "明年":
			year = strconv.Itoa(today.Year() + 1)
		}
	} else if m := shortForm.FindStringSubmatch(l.rest()); m != nil {
		month, day = m[1], m[2]
		l.skip(len(strings.TrimRight(m[0], " ,:;、。")))
	} else if m := l.take(wordyForm); m != nil {
		month, day = strconv.Itoa(number(m[2])), strconv.Itoa(number(m[3]))
		if m[1] != "" {
			year = strconv.Itoa(number(m[1]))
		}
	}
	l.take(dayForm)
	if month == "" || moreForm.MatchString(l.rest()) {
		return calendar.Date{}, noDate
	}
	if year == "" {
		return nextDay(today, month, day)
	}
	to, ok := civil(year, month, day)
	switch {
	case !ok:
		return to, noDate
	case to.Before(today):
		return calendar.Date{}, fmt.Sprintf(datePast, wording.PlainDay(to))
	case to.After(today.AddMonths(12)):
		return calendar.Date{}, fmt.Sprintf(dateFar, wording.PlainDay(to))
	}
	return to, ""
}

// nextDay returns the next day with this month and day.
func nextDay(today calendar.Date, month, day string) (calendar.Date, string) {
	to, ok := civil(strconv.Itoa(today.Year()), month, day)
	if ok && !to.Before(today) {
		return to, ""
	}
	if to, ok = civil(strconv.Itoa(today.Year()+1), month, day); !ok {
		return calendar.Date{}, noDate
	}
	if to.Sub(today) > near {
		return calendar.Date{}, fmt.Sprintf(dateWhen, wording.MonthDay(to), wording.PlainDay(to))
	}
	return to, ""
}

// civil returns the day of a year, a month and a day in digits, if there is such a day.
func civil(year, month, day string) (calendar.Date, bool) {
	y, _ := strconv.Atoi(year) // four digits at most
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	date, err := calendar.ParseDate(fmt.Sprintf("%04d-%02d-%02d", y, m, d))
	return date, err == nil
}

// isConsent reports whether what follows 同意 leaves it as it is: manners, and at the end, in brackets or in a sentence
// of its own, a name.
func isConsent(text string) bool {
	text = deviceForm.ReplaceAllString(aboutForm.ReplaceAllString(text, ""), "")
	between := func(r rune) bool { return strings.ContainsRune(" ,.;:!~()、。—–", r) }
	for text = strings.TrimRightFunc(text, between); text != ""; {
		sign := text[:len(text)-len(strings.TrimLeftFunc(text, between))]
		text = text[len(sign):]
		part := text
		if end := strings.IndexFunc(text, between); end >= 0 {
			part = text[:end]
		}
		text = text[len(part):]
		named := text == "" && strings.ContainsAny(sign, "!(。.") && nameForm.MatchString(part) &&
			!notName.MatchString(part)
		if !named && !mannerForm.MatchString(part) {
			return false
		}
	}
	return true
}

var (
	mannerForm = regexp.MustCompile(
		`^(?:谢谢|多谢|感谢|辛苦了?|已?阅|收到|好的?|可以|特此(?:回复|答复|函复)|此复|(?:请)?(?:知悉|照办|按此(?:办理|执行)|照此(?:办理|执行)|抓紧(?:时间)?(?:办理)?|尽快(?:办理|公开)))[了啦]?$`,
	)
	// deviceForm is what a telephone adds.
	deviceForm = regexp.MustCompile(`[ ,;。!]*(?:发自|来自)(?:我的)? ?(?:[A-Za-z0-9]{2,20}|手机)$`)
	saidForm   = regexp.MustCompile(`^了(?:$|[ ,;。.!])`)
	// nameForm is the name of a person: one of the hundred surnames that nine in ten people have, and one or two
	// characters that belong to no day, office, place or refusal.
	nameForm = regexp.MustCompile(
		`^[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易武乔贺赖龚文宁]` +
			`(?:局长|主任|[^\P{Han}天日周月年局办科处区镇县市缓拒绝定批再后前虑钱等时次个]{1,2})$`,
	)
	notName = regexp.MustCompile(
		`^(?:何[时日必故须况]|方[可便案能]|马上|高度|任[何务]|万一|余[下项]|金额|文件|白天|易|周[一二三四五六日末]|许可|段|时|方)|[不未没吗呢但改]|` + asking,
	)
)
