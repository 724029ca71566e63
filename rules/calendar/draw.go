package calendar

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// The measures of the drawing, in columns of a terminal, where a Chinese character takes two.
const (
	dayWidth    = 4 // two digits, the mark and a space
	monthWidth  = 7*dayWidth - 1
	monthGap    = "     "
	monthsInRow = 3
)

// The marks beside a day.
const (
	markOff     = '*'
	markMakeup  = '+'
	markUnknown = '?'
)

// Draw writes a year as plain text in zh-CN: three months a row, the weeks from Monday, days off and make-up workdays
// marked; below it what each notice says, and which days no notice covers.
func (c *Calendar) Draw(w io.Writer, year int) error {
	if year < firstYear || year > lastYear {
		return fmt.Errorf("draw year %d: %w", year, ErrRange)
	}
	var b bytes.Buffer
	first, last := NewDate(year, time.January, 1), NewDate(year, time.December, 31)
	heading := fmt.Sprintf("%d年  %d个工作日", year, c.Count(first.AddDays(-1), last)) + c.unknownText(year)
	full := monthsInRow*monthWidth + (monthsInRow-1)*len(monthGap)
	line(&b, strings.Repeat(" ", (full-columns(heading))/2)+heading)
	for m := time.January; m <= time.December; m += monthsInRow {
		line(&b, "")
		c.drawRow(&b, year, m)
	}
	line(&b, "")
	legend := "* 放假   + 调休上班   "
	if bytes.ContainsRune(b.Bytes(), markUnknown) {
		legend += "? 暂定   "
	}
	line(&b, legend+"其余周一至周五上班，周六、周日休息")
	c.drawHolidays(&b, year)
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("draw year %d: %w", year, err)
	}
	return nil
}

// drawRow draws the months of one row beside each other.
func (c *Calendar) drawRow(b *bytes.Buffer, year int, from time.Month) {
	var months [monthsInRow][]string
	height := 0
	for i := range months {
		months[i] = c.drawMonth(NewDate(year, from+time.Month(i), 1))
		height = max(height, len(months[i]))
	}
	for y := range height {
		cells := make([]string, monthsInRow)
		for i, m := range months {
			if y < len(m) {
				cells[i] = m[y]
			}
			cells[i] = pad(cells[i], monthWidth)
		}
		line(b, strings.Join(cells, monthGap))
	}
}

// drawMonth returns the lines of one month: its title, the weekdays, and a line for each week.
func (c *Calendar) drawMonth(first Date) []string {
	days := c.Walk(first, first.AddMonths(1).AddDays(-1))
	title := monthNames[first.Month()-1]
	unknown := !c.Known(days[0].Date) && !c.Known(days[len(days)-1].Date)
	if unknown {
		title += "（暂定）"
	}
	worked := fmt.Sprintf("%d个工作日", c.Count(first.AddDays(-1), days[len(days)-1].Date))
	lines := []string{
		pad(title, monthWidth-columns(worked)) + worked,
		"一  二  三  四  五  六  日",
	}
	week := strings.Repeat(" ", dayWidth*mondays(first))
	for _, d := range days {
		week += fmt.Sprintf("%2d%c ", d.Date.Day(), mark(d, unknown))
		if d.Date.Weekday() == time.Sunday {
			lines, week = append(lines, strings.TrimRight(week, " ")), ""
		}
	}
	if week != "" {
		lines = append(lines, week)
	}
	return lines
}

// mark returns the mark of a day. Where the whole month is unknown, its title says so once.
func mark(d Day, monthUnknown bool) rune {
	switch {
	case d.Kind == KindMakeup:
		return markMakeup
	case d.Kind == KindHoliday:
		return markOff
	case !d.Known && !monthUnknown:
		return markUnknown
	default:
		return ' '
	}
}

// mondays returns how many days after Monday a day is.
func mondays(d Date) int { return (int(d.Weekday()) + 6) % 7 }

var monthNames = [...]string{"一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"}

// line writes a line without the blanks at its end.
func line(b *bytes.Buffer, s string) {
	b.WriteString(strings.TrimRight(s, " "))
	b.WriteByte('\n')
}

// pad fills a text with blanks to a number of columns.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-columns(s)))
}

// columns returns how many columns of a terminal a text takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
