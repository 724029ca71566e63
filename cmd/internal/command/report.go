package command

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/report"
	"qixian/scheduler/report/sheet"
)

type reportCmd struct {
	Month   string `help:"The month, YYYY-MM; by default the one before this." placeholder:"MONTH" xor:"span"`
	Year    string `help:"A whole year, YYYY." placeholder:"YEAR" xor:"span"`
	Format  string `enum:",table,json,html,xlsx,csv" default:"" help:"table, json, html (prints on A4), xlsx or csv; by default what FILE ends in, or table." placeholder:"FORMAT"`
	Out     string `help:"Write to a file in place of the screen; xlsx needs one." placeholder:"FILE"`
	Ranking bool   `help:"Rank the units, whatever the configuration says."`
}

var (
	monthForm = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])$`)
	yearForm  = regexp.MustCompile(`^\d{4}$`)
)

// Run writes the report of a month or a year as of now.
func (c *reportCmd) Run(s *session) error {
	span, err := c.span(s.now)
	if err != nil {
		return usageError{err}
	}
	if c.Format == "" {
		if c.Format, err = formatOf(c.Out); err != nil {
			return usageError{err}
		}
	}
	if c.Format == "xlsx" && c.Out == "" {
		return usageError{errors.New("an xlsx is no text for a screen: name a file with --out")}
	}
	if span.From().After(calendar.DateOf(s.now)) {
		return fmt.Errorf("%s has not begun yet", span)
	}
	_, desk, err := s.openToLook()
	if err != nil {
		return err
	}
	brief, err := desk.Scheduler.Brief(s.ctx, s.now, span, c.Ranking)
	if err = errors.Join(err, desk.Close()); err != nil {
		return err
	}
	r := report.New(brief)
	if c.Out == "" {
		return c.write(s.out, r)
	}
	var b bytes.Buffer
	if err := c.write(&b, r); err != nil {
		return err
	}
	//nolint:gosec // a report is for others to read, and holds no address
	if err := os.WriteFile(c.Out, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	s.note("wrote %s", c.Out)
	return nil
}

func (c *reportCmd) write(w io.Writer, r report.Report) error {
	switch c.Format {
	case "json":
		return writeJSON(w, r)
	case "html":
		return r.HTML(w)
	case "xlsx":
		return r.XLSX(w)
	case "csv":
		return r.CSV(w)
	default:
		reportTable(w, r)
		return nil
	}
}

// formatOf returns the format that a file's name asks for; without a file it is the screen's.
func formatOf(file string) (string, error) {
	switch ext := strings.TrimPrefix(strings.ToLower(filepath.Ext(file)), "."); ext {
	case "json", "html", "xlsx", "csv":
		return ext, nil
	case "htm":
		return "html", nil
	case "txt":
		return "table", nil
	default:
		if file == "" {
			return "table", nil
		}
		return "", fmt.Errorf(
			"--out: %q does not say in what format; want a name that ends in .json, .html, .xlsx, .csv or .txt, or --format",
			file,
		)
	}
}

// span reads what the report is to be about.
func (c *reportCmd) span(now time.Time) (scheduler.Span, error) {
	text := cmp.Or(c.Month, c.Year)
	switch {
	case text == "":
		return scheduler.MonthBefore(calendar.DateOf(now)), nil
	case c.Month != "" && !monthForm.MatchString(text):
		return scheduler.Span{}, fmt.Errorf("--month: %q is no month; want YYYY-MM", text)
	case c.Year != "" && !yearForm.MatchString(text):
		return scheduler.Span{}, fmt.Errorf("--year: %q is no year; want YYYY", text)
	}
	return scheduler.ParseSpan(text)
}

// reportTable prints the total, the units, and what is overdue.
func reportTable(w io.Writer, r report.Report) {
	sayTo(w, "%s\n", r.Title())
	sayTo(w, "%s\n", r.Summary())
	columns := []column{
		{"单位", 28},
		{"纳入统计", 0},
		{"按期办结", 0},
		{"逾期办结", 0},
		{"逾期办结工作日", 0},
		{"逾期未办结", 0},
		{"尚未到期", 0},
		{"经批准延期", 0},
		{"未送达", 0},
		{"按期办结率", 0},
	}
	line := func(name string, c report.Count) []string {
		rate := ""
		if tenths, ok := c.Rate(); ok {
			rate = sheet.Percent(tenths).String()
		}
		row := []string{name}
		for _, n := range []int{c.Due, c.OnTime, c.Late, c.LateDays, c.Overdue, c.Open, c.Extended, c.Undelivered} {
			row = append(row, strconv.Itoa(n))
		}
		return append(row, rate)
	}
	if r.Ranked {
		columns = append([]column{{"排名", 0}}, columns...)
	}
	var rows [][]string
	for _, u := range r.Units {
		if u.Due+u.Undelivered == 0 { // others answer for all that it is told of
			continue
		}
		row := line(u.Name, u.Count)
		if r.Ranked {
			row = append([]string{strings.TrimPrefix(strconv.Itoa(u.Rank), "0")}, row...)
		}
		rows = append(rows, row)
	}
	total := line("合计", r.Total)
	if r.Ranked {
		total = append([]string{""}, total...)
	}
	writeTable(w, columns, append(rows, total))
	rows = nil
	for _, e := range r.Entries {
		if e.Outcome == report.Overdue {
			due := e.DueDay()
			if m := e.Mark(); m != "" {
				due += "（" + m + "）"
			}
			rows = append(rows, []string{due, e.DaysText(), e.Name(), few(e.Units, 2), e.Key})
		}
	}
	if len(rows) > 0 {
		sayTo(w, "\n逾期未办结：")
		writeTable(w, []column{{"到期", 0}, {"已逾期工作日", 0}, {"事项", 40}, {"办结单位", 28}, {"待办编号", 0}}, rows)
	}
}
