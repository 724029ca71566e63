package command

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qixian/cmd/internal/app"
	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/rules/wording"
	"qixian/scheduler"
)

type statusCmd struct {
	Unit   string `help:"Only what this unit is told of." placeholder:"UNIT"`
	All    bool   `help:"Closed deadlines too."`
	Ping   bool   `help:"Only say whether the daemon of this state directory runs and is well, as a health check does."`
	Format string `enum:"table,json" default:"table" help:"table or json."`
}

// statusReport is where everything stands, as JSON shows it.
type statusReport struct {
	Deadlines []statusLine   `json:"deadlines"`
	Outbox    map[string]int `json:"outbox"`
	Trouble   []troubleLine  `json:"trouble"`
	Bad       []badLine      `json:"bad_addresses"`
	Requests  []requestLine  `json:"extension_requests"`
	Daemons   []daemonLine   `json:"daemons"`
	Clock     string         `json:"clock"` // why it is taken to be wrong; empty: it is not
	// mistakes of the files that the daemon refused; it runs on older ones
	Refused int `json:"refused,omitempty"`
}

// badLine is a unit one of whose addresses mail came back from; contact list shows which.
type badLine struct {
	Unit  string `json:"unit"`
	Since string `json:"since"`
}

// requestLine is a unit's request for a later due date, which waits for the office's answer.
type requestLine struct {
	Key    string `json:"key"`
	Unit   string `json:"unit"`
	Title  string `json:"title"`
	Due    string `json:"due"`
	To     string `json:"to"`
	Reason string `json:"reason"`
	At     string `json:"at"`
}

type statusLine struct {
	Key           string          `json:"key"`
	Number        int             `json:"number"`
	Unit          string          `json:"unit"`
	Title         string          `json:"title"`
	Period        string          `json:"period"`
	PeriodName    string          `json:"period_name"` // in words, with whose data is due
	Row           int             `json:"row"`
	Light         scheduler.Light `json:"light"`
	State         scheduler.State `json:"state"`
	Due           string          `json:"due"`
	Extended      bool            `json:"extended"`
	Paused        string          `json:"paused_since,omitempty"` // since which its clock stands
	Provisional   bool            `json:"provisional"`
	Earliest      string          `json:"earliest,omitempty"` // of a provisional date: the earliest that it can become
	Left          int             `json:"working_days_left"`
	Next          string          `json:"next_reminder"`
	Lead          []string        `json:"lead_units"`
	Responsible   []string        `json:"responsible_units"`
	Answering     []string        `json:"answering_units"`
	Undeliverable []string        `json:"undeliverable"`
}

// troubleLine is a message that is uncertain or was refused; it names the unit and the message, never an address.
type troubleLine struct {
	Key     string       `json:"key"`
	Unit    string       `json:"unit"`
	Subject string       `json:"subject"`
	At      string       `json:"at"`
	State   notify.Class `json:"state"`
}

func (c *statusCmd) Run(s *session) error {
	if c.Ping {
		return app.Ping(s.source, s.now)
	}
	_, desk, err := s.openToLook()
	if err != nil {
		return err
	}
	f := scheduler.Filter{Unit: c.Unit}
	if c.All {
		f.States = []scheduler.State{scheduler.Open, scheduler.Done, scheduler.Withdrawn}
	}
	standing, err := desk.Scheduler.Status(s.ctx, s.now, f)
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	refused := app.Refused(s.source)
	if c.Format == "json" {
		report := newStatusReport(standing, s.now)
		report.Refused = refused
		return writeJSON(s.out, report)
	}
	if refused > 0 {
		s.say("注意：规则文件有%d处错误，最近一次启动或重新加载时未生效，现按原规则执行；错误见 qixian check\n", refused)
	}
	statusTable(s, standing)
	return nil
}

func newStatusReport(st scheduler.Standing, now time.Time) statusReport {
	report := statusReport{
		Deadlines: make([]statusLine, len(st.Rows)),
		Outbox:    st.Outbox.Count,
		Trouble:   make([]troubleLine, len(st.Outbox.Trouble)),
	}
	report.Daemons = daemonLines(st.Daemons, now)
	if st.Clock != nil {
		report.Clock = st.Clock.Error()
	}
	for i, r := range st.Rows {
		due := r.DueDate().String()
		if r.ByHour() {
			due = moment(r.Due.Instant)
		}
		report.Deadlines[i] = statusLine{
			Key:           r.Key,
			Number:        r.Number,
			Unit:          r.Unit,
			Title:         r.Title,
			Period:        r.Period,
			PeriodName:    r.PeriodName,
			Row:           r.Row,
			Light:         r.Light,
			State:         r.State,
			Due:           due,
			Extended:      !r.ExtendedTo.IsZero(),
			Paused:        r.PausedSince.String(),
			Provisional:   r.Due.Provisional && r.ExtendedTo.IsZero(),
			Left:          r.Left,
			Next:          moment(r.Next),
			Lead:          orEmpty(r.Lead),
			Responsible:   orEmpty(r.Responsible),
			Answering:     orEmpty(r.Answering),
			Undeliverable: orEmpty(r.Undeliverable),
		}
		if report.Deadlines[i].Provisional {
			report.Deadlines[i].Earliest = r.Due.Earliest.String()
		}
	}
	for i, m := range st.Outbox.Trouble {
		report.Trouble[i] = troubleLine{m.Key, m.Unit, m.Subject, moment(m.At), trouble(m)}
	}
	report.Bad, report.Requests = []badLine{}, []requestLine{}
	for _, a := range st.Bad {
		report.Bad = append(report.Bad, badLine{a.Unit, moment(a.Since)})
	}
	for _, r := range st.Requests {
		report.Requests = append(report.Requests, requestLine{
			Key:    r.Deadline.Key,
			Unit:   r.Unit,
			Title:  r.Deadline.Title,
			Due:    r.Deadline.DueDate().String(),
			To:     r.To.String(),
			Reason: r.Reason,
			At:     moment(r.At),
		})
	}
	return report
}

// lights are the traffic lights as a terminal shows them: a sign and a word, never colour alone.
var lights = map[scheduler.Light]string{
	scheduler.Green:  "● 绿",
	scheduler.Yellow: "◐ 黄",
	scheduler.Red:    "■ 红",
	scheduler.Grey:   "○ 灰",
}

func statusTable(s *session, st scheduler.Standing) {
	rows := make([][]string, len(st.Rows))
	count := map[scheduler.Light]int{}
	for i, r := range st.Rows {
		count[r.Light]++
		due := r.DueDate().Chinese()
		if r.ByHour() {
			due = r.Due.Chinese()
		}
		switch {
		case r.Paused():
			due = "暂停计时（自" + wording.PlainDay(r.PausedSince) + "）"
		case !r.ExtendedTo.IsZero():
			due = wording.Extended(due)
		case r.Due.Provisional:
			due = wording.Tentative(due)
		}
		next := ""
		if !r.Next.IsZero() {
			next = r.Next.In(calendar.Zone()).Format("01-02 15:04")
		}
		number := ""
		if r.Number > 0 && r.State == scheduler.Open {
			number = strconv.Itoa(r.Number)
		}
		rows[i] = []string{
			lights[r.Light],
			due,
			left(r),
			titled(r.Title, r.PeriodName),
			few(r.Answering, 2),
			next,
			number,
			r.Key,
		}
	}
	writeTable(
		s.out,
		[]column{
			{"状态", 0},
			{"到期", 0},
			{"剩余时间", 0},
			{"事项", 60},
			{wording.AnsweringUnits, 28},
			{"下次提醒", 0},
			{"短号", 0},
			{"待办编号", 0},
		},
		rows,
	)
	s.say("\n共%d项：绿%d项，黄%d项，红（逾期）%d项，灰（未送达）%d项",
		len(st.Rows), count[scheduler.Green], count[scheduler.Yellow], count[scheduler.Red], count[scheduler.Grey])
	s.say("邮件：%s", mailsText(st.Outbox.Count))
	for _, a := range st.Bad {
		s.say("邮箱失效：%s，自%s起（邮箱见 qixian contact list）", a.Unit, minute(a.Since))
	}
	for _, r := range st.Requests {
		s.say(
			"延期申请：%s %s，由%s延至%s，理由：%s（用 qixian extend 答复，待办编号 %s）",
			r.Unit,
			r.Deadline.Title,
			r.Deadline.DueDate().Chinese(),
			r.To.Chinese(),
			r.Reason,
			r.Deadline.Key,
		)
	}
	for _, m := range st.Outbox.Trouble {
		s.say("  %s：%s，%s，%s", mailStates[string(trouble(m))], m.Unit, minute(m.At), m.Subject)
	}
	daemonTable(s, st.Daemons)
	if st.Clock != nil {
		s.say("注意：服务器时间不准，不新增事项，也不催办。给系统管理员：%v", st.Clock)
	}
}

// mailStates are the states of a message in Chinese.
var mailStates = map[string]string{
	"pending":   "待发",
	"claimed":   "待发",
	"sending":   "正在发送",
	"sent":      "已发出",
	"bounced":   "退信",
	"rejected":  "拒收",
	"uncertain": "送达存疑",
}

// mailsText counts the messages of the outbox: 待发3封，已发出12封.
func mailsText(count map[string]int) string {
	var parts []string
	for _, state := range []string{"待发", "正在发送", "已发出", "退信", "拒收", "送达存疑"} {
		n := 0
		for name, of := range count {
			if mailStates[name] == state {
				n += of
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s%d封", state, n))
		}
	}
	if len(parts) == 0 {
		return "无"
	}
	return strings.Join(parts, "，")
}

// trouble is what ails a message: bounced, rejected, or uncertain, with its one resend still to come or not.
func trouble(m notify.Message) notify.Class { return cmp.Or(m.Ended, notify.Uncertain) }

// left says how far away due is, in the words of mails: 14个工作日, 逾期16个工作日; of what is closed, how it was.
func left(r scheduler.Row) string {
	switch {
	case r.State != scheduler.Open && r.Late:
		return "逾期办结"
	case r.State != scheduler.Open:
		return stateWords[r.State]
	}
	return strings.TrimPrefix(strings.TrimPrefix(r.Remaining, "还有"), "已")
}
