package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"qixian/rules/calendar"
	"qixian/rules/wording"
	"qixian/scheduler"
	"qixian/scheduler/web/page"
)

// The measures of a year's drawing, in its own units.
const (
	cell       = 26
	monthWidth = 7*cell + 24
	monthTall  = 6*cell + 44
	perRow     = 4
)

// The years that can be asked for: from the first calendar to as far as anybody plans.
const firstYear, lastYear = 2018, 2100

// year draws a year: how much falls due on each day, with days off and make-up days.
func (w *window) year(rw http.ResponseWriter, r *http.Request, _ string) {
	q := r.URL.Query()
	year := yearOf(q.Get("year"), calendar.DateOf(w.Clock()).Year())
	f := scheduler.YearFilter{Unit: q.Get("unit"), Obligation: q.Get("obligation")}
	days, err := w.AtOffice.Year(r.Context(), year, f)
	if err != nil {
		w.failed(rw, err)
		return
	}
	units, obligations := w.AtOffice.Choices()
	w.show(rw, http.StatusOK, "year", page.Year{
		Head: w.head(
			fmt.Sprintf("%d年到期一览", year),
		),
		Year:        year,
		Before:      year - 1,
		After:       year + 1,
		Months:      draw(days),
		Days:        busy(days),
		Width:       perRow * monthWidth,
		Height:      (12 / perRow) * monthTall,
		Units:       chosen(units, f.Unit),
		Obligations: chosen(obligations, f.Obligation),
	})
}

// yearOf reads a year that was asked for; what is none of those that can be is taken as another.
func yearOf(text string, otherwise int) int {
	year, err := strconv.Atoi(text)
	if err != nil || year < firstYear || year > lastYear {
		return otherwise
	}
	return year
}

func chosen(all []scheduler.Choice, id string) []page.Choice {
	cs := make([]page.Choice, len(all))
	for i, c := range all {
		cs[i] = page.Choice{ID: c.ID, Title: c.Title, Chosen: c.ID == id}
	}
	return cs
}

// draw places the days of a year: weeks are rows, and begin on Monday.
func draw(days []scheduler.YearDay) []page.Month {
	months := make([]page.Month, 0, 12)
	for _, d := range days {
		month := int(d.Date.Month())
		if len(months) < month {
			months = append(
				months,
				page.Month{
					Name: fmt.Sprintf("%d月", month),
					X:    (month - 1) % perRow * monthWidth,
					Y:    (month - 1) / perRow * monthTall,
				},
			)
		}
		m := &months[month-1]
		first := weekday(calendar.NewDate(d.Date.Year(), d.Date.Month(), 1))
		at := first + d.Date.Day() - 1
		m.Cells = append(m.Cells, page.Cell{
			X:     m.X + at%7*cell,
			Y:     m.Y + 24 + at/7*cell,
			Day:   d.Date.Day(),
			Kind:  string(d.Kind),
			Level: level(d.Due),
			Says:  says(d),
		})
	}
	return months
}

// weekday counts from Monday, 0.
func weekday(d calendar.Date) int { return (int(d.Weekday()) + 6) % 7 }

// level is how dark a day is, from 0 to 4.
func level(due int) int {
	for i, most := range []int{0, 2, 5, 10} {
		if due <= most {
			return i
		}
	}
	return 4
}

// says tells of a day in words.
func says(d scheduler.YearDay) string {
	text := d.Date.Chinese()
	if !d.Known {
		text = wording.Tentative(text)
	}
	switch d.Kind {
	case calendar.KindHoliday:
		text += "，" + d.Name + "放假"
	case calendar.KindMakeup:
		text += "，调休上班"
	case calendar.KindWeekend:
		text += "，休息"
	case calendar.KindWorkday:
	}
	if d.Due > 0 {
		text += fmt.Sprintf("：%d项到期", d.Due)
	}
	return text
}

// busy are the days on which something falls due, in words, for whoever does not see the drawing.
func busy(days []scheduler.YearDay) []string {
	var all []string
	for _, d := range days {
		if d.Due > 0 {
			all = append(all, says(d))
		}
	}
	return all
}

// localTime is how a form gives a date and a time.
const localTime = "2006-01-02T15:04"

func parseLocal(text string) (time.Time, error) {
	return time.ParseInLocation(localTime, text, calendar.Zone())
}
