// Package calendar knows civil dates and the working days (工作日) of mainland China: which days the yearly notices of the
// State Council make days off (休息日) and make-up workdays (调休上班日), how far those notices reach, and what can be said of
// the days beyond them. The arithmetic stands on github.com/rickar/cal/v2, asked once for each day when a Calendar is
// built.
//
// A day that no notice covers is unknown, not ordinary: whatever was reckoned over such a day is provisional (暂定).
package calendar

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Year is what one year's notice says, as last amended. A notice may also fix days at the end of the December before
// its year.
type Year struct {
	Year     int
	Notice   string // title and number
	Issued   Date
	Amended  []Amendment
	Holidays []Holiday
}

// Amendment is a later notice that changed one holiday of a year.
type Amendment struct {
	Holiday string // name of the Holiday that it changed
	Notice  string
	Issued  Date
	Change  string // what it changed, in zh-CN
}

// Chinese names the notice with its day of issue: …的通知（国办发明电〔2020〕1号，2020年1月26日发布）.
func (a Amendment) Chinese() string { return named(a.Notice, a.Issued) }

// Chinese names the notice with its day of issue.
func (y Year) Chinese() string { return named(y.Notice, y.Issued) }

func named(notice string, issued Date) string {
	about := dateText(issued, 0) + "发布）"
	if title, ok := strings.CutSuffix(notice, "）"); ok {
		return title + "，" + about
	}
	return notice + "（" + about
}

// Holiday is one break of a year: its days off, weekend days included, and the weekend days worked to make up for them.
type Holiday struct {
	Name      string
	Off, Work []Date
}

// Festivals are the days that are off by law whatever a notice will say (全国年节及纪念日放假办法).
type Festivals struct {
	Basis string // the law, as explanations name it
	Since Date   // when its present text came into force; earlier days are not judged by it
	Fixed []Festival
	Moved []Festival
}

// Festival is one day off by law. Of a fixed one, only the month and the day count: it comes every year.
type Festival struct {
	Name string
	Day  Date
}

// Calendar answers every question about working days. It never changes and is safe for concurrent use: a newer one is
// loaded beside it and takes its place.
type Calendar struct {
	first, last Date
	version     string
	years       []Year
	listed      map[Date]Day    // the days that a notice names
	festivals   map[Date]string // names of the days off by law, in years without a notice
	basis       string          // the law that makes them so
	expected    tally           // days as known, and beyond: weekends and festivals off
	plain       tally           // Monday to Friday
	leanest     tally           // days as known, and beyond: whatever a notice may yet make a day off is off
}

// New builds a calendar from the years of the notices, in any order, 2001 to 2099, each once. Load is the usual way to
// come by them, and checks what they say.
func New(years []Year, festivals Festivals) (*Calendar, error) {
	if len(years) == 0 {
		return nil, errors.New("build calendar: no year is given")
	}
	years = slices.SortedFunc(slices.Values(years), func(a, b Year) int { return cmp.Compare(a.Year, b.Year) })
	for i, y := range years {
		switch {
		case y.Year <= firstYear || y.Year >= lastYear:
			return nil, fmt.Errorf("build calendar: year %d: %w", y.Year, ErrRange)
		case i > 0 && years[i-1].Year == y.Year:
			return nil, fmt.Errorf("build calendar: year %d is given twice", y.Year)
		}
	}
	c := &Calendar{version: fingerprint(years, festivals), years: years, basis: festivals.Basis, listed: map[Date]Day{}}
	for _, y := range years {
		c.list(y)
	}
	c.cover()
	c.festivals = c.festivalDays(festivals)
	c.expected = newTally(c.IsWorkday)
	c.plain = plainDays()
	lean := c.doubtful()
	c.leanest = newTally(func(d Date) bool { return c.expected.has(d) && !lean[d] })
	return c, nil
}

func fingerprint(years []Year, festivals Festivals) string {
	data, err := json.Marshal([]any{years, festivals})
	if err != nil { // plain structs of texts and dates always marshal
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}

// list enters the days that a notice names.
func (c *Calendar) list(y Year) {
	for _, h := range y.Holidays {
		notice := y.Notice
		for _, a := range y.Amended {
			if a.Holiday == h.Name {
				notice = a.Notice
			}
		}
		for _, d := range h.Off {
			c.listed[d] = Day{Date: d, Known: true, Kind: KindHoliday, Name: h.Name, Notice: notice}
		}
		for _, d := range h.Work {
			c.listed[d] = Day{Date: d, Working: true, Known: true, Kind: KindMakeup, Name: h.Name, Notice: notice}
		}
	}
}

// cover finds how far the years reach without a gap. The last 29 to 31 December are the next notice's to fix: since
// 2004 no notice has touched an earlier day of the year before its own.
func (c *Calendar) cover() {
	c.first = NewDate(c.years[0].Year, time.January, 1)
	for _, h := range c.years[0].Holidays {
		for _, d := range slices.Concat(h.Off, h.Work) {
			if d.Before(c.first) {
				c.first = d
			}
		}
	}
	last := c.years[0].Year
	for _, y := range c.years {
		if y.Year == last+1 {
			last = y.Year
		}
	}
	c.last = NewDate(last, time.December, 28)
}

// Coverage returns the first and the last day that the loaded notices fix, both inclusive. The years between have no
// gap.
func (c *Calendar) Coverage() (first, last Date) { return c.first, c.last }

// Known reports whether the loaded notices fix the day.
func (c *Calendar) Known(d Date) bool { return !d.Before(c.first) && !d.After(c.last) }

// Version returns a short hash of everything loaded; equal versions reckon equal dates.
func (c *Calendar) Version() string { return c.version }

// Years returns what the loaded notices say, by year.
func (c *Calendar) Years() []Year { return slices.Clone(c.years) }
