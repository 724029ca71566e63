package command

import (
	"qixian/cmd/internal/app"
	"qixian/rules/calendar"
)

type calendarCmd struct {
	Show calendarShowCmd `cmd:"" help:"Draw a year with its days off and make-up workdays."`
	Add  calendarAddCmd  `cmd:"" help:"Count working days after a date; -- DATE -N counts back."`
}

type calendarShowCmd struct {
	Year int `arg:"" help:"The year to draw."`
}

func (c *calendarShowCmd) Run(s *session) error {
	in, err := app.Load(s.source)
	if err != nil {
		return err
	}
	return in.Plan.Calendar.Draw(s.out, c.Year)
}

type calendarAddCmd struct {
	Date    string `arg:"" help:"The day of the event, which is not counted (YYYY-MM-DD)."`
	Days    int    `arg:"" help:"How many working days."`
	Explain bool   `help:"Print every day on the way: counted, or skipped and why."`
}

func (c *calendarAddCmd) Run(s *session) error {
	start, err := calendar.ParseDate(c.Date)
	if err != nil {
		return err
	}
	in, err := app.Load(s.source)
	if err != nil {
		return err
	}
	due, err := in.Plan.Calendar.Add(start, c.Days)
	if err != nil {
		return err
	}
	s.say("%s", due.Date)
	if due.Provisional {
		_, last := in.Plan.Calendar.Coverage()
		s.note("provisional (暂定): no holiday notice covers the days after %s; at the earliest %s", last, due.Earliest)
	}
	if c.Explain {
		explainCount(s, in.Plan.Calendar, start, due.Date)
	}
	return nil
}

// explainCount prints the days from start to due, start not counted, in the direction of the count.
func explainCount(s *session, cal *calendar.Calendar, start, due calendar.Date) {
	step, n := 1, 0
	if due.Before(start) {
		step = -1
	}
	s.say("%s 起算日，不计入", start.Chinese())
	for d := start.AddDays(step); ; d = d.AddDays(step) {
		day := cal.Day(d)
		if day.Working {
			n++
			s.say("%s 第%d个工作日%s", d.Chinese(), n, remark(day))
		} else {
			s.say("%s 不计%s", d.Chinese(), remark(day))
		}
		if d == due {
			return
		}
	}
}

// remark says what is special about a day; a plain working day needs no word.
func remark(day calendar.Day) string {
	if day.Kind == calendar.KindWorkday {
		return ""
	}
	return "：" + day.Chinese()
}
