package command

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/cmd/internal/app"
	"qixian/rules"
	"qixian/rules/wording"
	"qixian/scheduler"
)

type explainCmd struct {
	Key   string   `arg:"" help:"A deadline's key, such as air-quality@2018-09, or its number (短号)."`
	Event []string `help:"An event to reckon with, TRIGGER[+SUBJECT]…@TIME[@UNIT[@REF]]; those on record are known." placeholder:"EVENT" sep:"none"`
}

// Run prints how the date came about, in Chinese, where each value of the rule was set, and what people have said of it
// since.
func (c *explainCmd) Run(s *session) error {
	in, err := app.Load(s.source)
	if err != nil {
		return err
	}
	events, err := parseEvents(in, c.Event)
	if err != nil {
		return err
	}
	key, part := in.Plan.Catalogue.Whole(c.Key)
	recorded, err := app.Recorded(s.ctx, in, key)
	if err != nil {
		return err
	}
	o, err := in.Plan.Planner.Find(recorded.Key, append(events, recorded.Events...))
	var lines []string
	if err == nil {
		if ds := recorded.Deadlines; len(ds) > 0 {
			o = in.Plan.Planner.AsRecorded(o, ds[0].OpenedAt)
		}
		x := in.Plan.Planner.Explain(o)
		if e, ok := extension(recorded.Deadlines); ok {
			x, err = in.Plan.Planner.ExplainExtended(o, e)
		}
		lines = slices.Concat(x.Lines, onRecord(o, recorded.Deadlines))
	} else {
		for _, d := range recorded.Deadlines { // what is on record can be shown, though not why it is due then
			lines = append(lines, fmt.Sprintf("%s（%s）：登记的到期日%s", d.Title, d.Unit, d.Due.Chinese()))
			lines = append(lines, onRecord(rules.Occurrence{Due: d.Due}, []app.Tracked{d})...)
		}
	}
	if part != "" && len(lines) > 0 {
		s.say("%s", part)
	}
	for _, line := range lines {
		s.say("%s", line)
	}
	return err
}

// extension returns how the deadlines of a key were extended last, if they were, and all to the same day: what each
// unit has of its own stands beside the unit.
func extension(ds []app.Tracked) (e rules.Extension, ok bool) {
	for i, d := range ds {
		if d.ExtendedTo.IsZero() || i > 0 && d.ExtendedTo != e.To {
			return rules.Extension{}, false
		}
		e.Was, e.To = d.Due, d.ExtendedTo
		if n := len(d.Extensions); n > 0 {
			e.At, e.Reason = d.Extensions[n-1].At, d.Extensions[n-1].Reason
		}
	}
	return e, len(ds) > 0
}

// stateWords are the states of a deadline in Chinese.
var stateWords = map[scheduler.State]string{scheduler.Open: "未办结", scheduler.Done: "办结", scheduler.Withdrawn: "撤销"}

// onRecord tells, each in the order of time, when mails about deadlines were sent, and how deadlines were extended and
// completed, by whom and why, and how they stand.
func onRecord(o rules.Occurrence, ds []app.Tracked) []string {
	var lines []string
	for _, d := range ds {
		if d.State == scheduler.Open && d.Number > 0 {
			line := strings.TrimSpace(fmt.Sprintf("短号：%d　%s", d.Number, d.Unit))
			if d.Unit != "" && !d.ExtendedTo.IsZero() {
				line += fmt.Sprintf("　到期：%s，原到期日：%s", wording.Extended(d.ExtendedTo.Chinese()), d.Due.Chinese())
			}
			lines = append(lines, line)
		}
	}
	for _, d := range ds {
		if d.State == scheduler.Open && d.ExtendedTo.IsZero() && d.Due.Instant.IsZero() && d.Due.Date != o.Due.Date {
			lines = append(
				lines,
				"",
				fmt.Sprintf("登记的到期日：%s。放假通知或推算办法变动时已来不及，在办的不因此提前（程序未运行的，下次运行时重新推算）", d.Due.Chinese()),
			)
		}
		if len(d.Extensions)+len(d.History.Completions)+len(d.Mailings) == 0 && d.State == scheduler.Open {
			continue
		}
		state := stateWords[d.State]
		if d.Late {
			state = "逾期办结"
		}
		if d.Needed > 1 {
			state += fmt.Sprintf("，已登记%d次，共需%d次", d.Deadline.Completions, d.Needed)
		}
		whose := d.Unit
		if whose != "" {
			whose += "，"
		}
		lines = append(lines, "", fmt.Sprintf("登记情况（%s%s）：", whose, state))
		for _, m := range d.Mailings {
			lines = append(lines, fmt.Sprintf("  %s  提醒%s：%s", minute(m.Moment()), m.Standing(), m.Unit))
		}
		for _, e := range d.Extensions {
			word := "延期：由%s延至%s"
			if e.Correction {
				word = "更正到期日：由%s改为%s"
			}
			lines = append(
				lines,
				fmt.Sprintf(
					"  %s  "+word+"；理由：%s（%s登记）",
					minute(e.At),
					e.From.Chinese(),
					e.To.Chinese(),
					e.Reason,
					recorder(e.By),
				),
			)
		}
		for _, w := range d.History.Completions {
			lines = append(lines, "  "+minute(w.At)+"  "+completionWords(w))
		}
	}
	return lines
}

func completionWords(w scheduler.Completion) string {
	word := "办结"
	if w.Late {
		word = "逾期办结"
	}
	var about []string
	for _, part := range []string{w.Unit, w.URL, w.Note} {
		if part != "" {
			about = append(about, part)
		}
	}
	return fmt.Sprintf("%s：%s（%s登记）", word, strings.Join(about, "；"), recorder(w.By))
}

// recorder names who has recorded something: a unit by mail or on the web, somebody of the office, or an account of the
// host, by its name where that is known.
func recorder(by string) string {
	how, who, _ := strings.Cut(by, ":")
	switch how {
	case "cli":
		return "命令行"
	case "mail":
		return who + "回信"
	case "web", "office":
		return who + "网页"
	default:
		return by
	}
}

func minute(t time.Time) string { return wording.Moment(t) }
