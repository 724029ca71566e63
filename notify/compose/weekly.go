package compose

import (
	"fmt"
	"strings"
	"time"

	"qixian/rules/wording"
)

// Weekly is what the letter of a week tells the office: what the days before it came to, and how the system stands at
// the letter's At. Undelivered messages are the letter's Unreached.
type Weekly struct {
	From, To     time.Time // the days it is about, both inclusive, as any instant of them at +08:00
	Sent         int       // messages
	Undelivered  int       // messages that were bounced or rejected
	Uncertain    int       // messages of which it was given up to find out
	Met          int       // deadlines that fell due and were done in time
	MetLate      int       // that were done late
	Missed       int       // that are open still
	Late         int       // deadlines that are late at At, whenever they fell due
	Doubtful     int       // messages whose one resend is to come
	Waiting      int       // messages that are to be sent yet, those included
	Oldest       time.Time // when the oldest of them was promised; zero if there is none
	BadAddresses []string  // units whose address has turned out to be bad
	Covered      time.Time // the last day that a State Council notice covers
	Daemons      []Daemon  // that are running, or ended without a word
}

// Daemon is one running process, as the office is told of it.
type Daemon struct {
	Host    string
	Version string
	Plan    string    // the fingerprint of its plan
	Seen    time.Time // when it last worked
	Silent  bool      // it has not worked since
}

// What of a week wants attention.
const (
	longWait    = 4 * time.Hour // a message that has waited for so long meets more than a busy server
	fewDaysLeft = 30            // of the calendar: notices have come by 8 December
)

// week is a Weekly in words.
type week struct {
	Concerns []string // what wants attention; none: all is well
	Parts    []part
}

// part is some facts under one heading.
type part struct {
	Name  string
	Facts []fact
}

func newWeek(l Letter) *week {
	w := l.Weekly
	waiting := "无"
	if w.Waiting > 0 {
		waiting = fmt.Sprintf("%d封，最早的一封定于%s%s发出", w.Waiting, shortDay(w.Oldest, l.At), wording.Clock(w.Oldest))
	}
	bad := "无"
	if len(w.BadAddresses) > 0 {
		bad = strings.Join(w.BadAddresses, "、")
	}
	system := part{"系统现况", []fact{
		{"待发邮件", waiting},
		{"失效邮箱", bad},
		{"放假安排", fmt.Sprintf("已载入至%s，%s", wording.Day(w.Covered), daysLeft(civilDays(l.At, w.Covered)))},
		{"运行主机", w.hosts()},
	}}
	return &week{
		Concerns: concerns(l),
		Parts: []part{
			{"邮件（" + span(w, l.At) + "）", []fact{
				{"已发出", fmt.Sprintf("%d封", w.Sent)},
				{"未送达", fmt.Sprintf("%d封", w.Undelivered)},
				{"送达存疑", fmt.Sprintf("%d封", w.Uncertain)},
			}},
			{"到期事项（" + span(w, l.At) + "）", []fact{
				{"到期", fmt.Sprintf("%d项", w.due())},
				{"按期办结", fmt.Sprintf("%d项", w.Met)},
				{"逾期办结", fmt.Sprintf("%d项", w.MetLate)},
				{"尚未办结", fmt.Sprintf("%d项", w.Missed)},
				{"目前逾期", fmt.Sprintf("%d项", w.Late)},
			}},
			system,
		},
	}
}

// due is how many deadlines fell due in the days of the letter.
func (w *Weekly) due() int { return w.Met + w.MetLate + w.Missed }

// span names the days of the letter: 9月17日至9月23日.
func span(w *Weekly, now time.Time) string {
	return shortDay(w.From, now) + "至" + shortDay(w.To, now)
}

func daysLeft(n int) string {
	if n < 0 {
		return fmt.Sprintf("已过%d天", -n)
	}
	return fmt.Sprintf("还有%d天", n)
}

// concerns says what wants attention, and whose. Late duties are the units', and every digest is about them: they are
// no fault of the system.
func concerns(l Letter) []string {
	w := l.Weekly
	var cs []string
	add := func(when bool, format string, args ...any) {
		if when {
			cs = append(cs, fmt.Sprintf(format, args...))
		}
	}
	add(w.Undelivered > 0, "%d封邮件未送达，请核实下列单位的邮箱地址。", w.Undelivered)
	add(len(w.BadAddresses) > 0, "%d个单位的邮箱已失效，其提醒改发%s，请登记新的邮箱地址。", len(w.BadAddresses), l.Office)
	add(w.Uncertain+w.Doubtful > 0, "%d封邮件送达存疑，请系统管理员提供名单，并向收件单位核实。", w.Uncertain+w.Doubtful)
	add(
		w.Waiting > 0 && l.At.Sub(w.Oldest) >= longWait,
		"有邮件等待发出已超过%s，请系统管理员检查。",
		hours(max(l.At.Sub(w.Oldest), 0)),
	)
	add(civilDays(l.At, w.Covered) < fewDaysLeft, "已载入的放假安排即将到期，请系统管理员更新放假安排并使之生效。")
	for _, d := range w.Daemons {
		add(d.Silent, "主机%s上的程序无响应，请系统管理员检查。", d.Host)
	}
	plans, versions := w.differing()
	add(plans > 1, "各主机所用的规则不一致（%d种），到期日可能反复变动，请系统管理员统一。", plans)
	add(versions > 1, "各主机的程序版本不一致（%d种），请系统管理员统一。", versions)
	return cs
}

// hosts counts the processes that are running, and those that ended without a word.
func (w *Weekly) hosts() string {
	silent := 0
	for _, d := range w.Daemons {
		if d.Silent {
			silent++
		}
	}
	s := fmt.Sprintf("%d台", len(w.Daemons)-silent)
	if silent > 0 {
		s += fmt.Sprintf("，另有%d台无响应", silent)
	}
	return s
}

// differing returns how many different plans and versions are running.
func (w *Weekly) differing() (plans, versions int) {
	p, v := map[string]bool{}, map[string]bool{}
	for _, d := range w.Daemons {
		if !d.Silent {
			p[d.Plan], v[d.Version] = true, true
		}
	}
	return len(p), len(v)
}

// weeklyHeadline says first whether all is well.
func weeklyHeadline(l Letter) string {
	w := l.Weekly
	well := "系统运行正常"
	if n := len(concerns(l)); n > 0 {
		well = fmt.Sprintf("有%d件事需要处理", n)
	}
	days := "上周"
	if civilDays(w.From, w.To) != 6 {
		days = span(w, l.At)
	}
	s := fmt.Sprintf("%s，%s发出邮件%d封、到期%d项", well, days, w.Sent, w.due())
	if w.Late > 0 {
		s += fmt.Sprintf("，目前逾期%d项", w.Late)
	}
	return s
}
