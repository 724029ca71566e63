package scheduler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules/calendar"
	"qixian/rules/document"
)

// The days of a year from which the office is asked for the next year's notice on holidays: notices have come between
// 25 October and 8 December. After the second day one that is missing is a fault.
const (
	nagMonth, nagDay   = time.October, 25
	loudMonth, loudDay = time.December, 10
)

// nag tells the office, in working hours, that the next year's calendar is missing: once a week from 25 October, each
// working day from 10 December until it is loaded. Units are told nothing: their dates say that they are provisional.
func (p *pass) nag(ctx context.Context) error {
	dr, ok := p.missingYear(p.now)
	if !ok || !p.atWork(p.now) || p.now.Before(p.today.At(p.o.DigestAt)) || p.s.settled.has(p.today, dr.key) {
		return nil
	}
	return p.promise(ctx, []draft{dr})
}

// missingYear returns the letter about the first year that no loaded notice covers, if it is time to ask for it.
func (d *desk) missingYear(now time.Time) (draft, bool) {
	today := calendar.DateOf(now)
	_, covered := d.Calendar.Coverage()
	year := covered.Year() + 1
	day := today // one letter a day
	var headline string
	switch {
	case today.Before(calendar.NewDate(year-1, nagMonth, nagDay)):
		return draft{}, false
	case today.Before(calendar.NewDate(year-1, loudMonth, loudDay)):
		day = mondayOf(today) // one a week, named after its Monday
		headline = fmt.Sprintf("尚未载入%d年放假安排，涉及%d年的到期日均为暂定", year, year)
	case today.Before(calendar.NewDate(year, time.January, 1)):
		headline = fmt.Sprintf("年底将至，仍未载入%d年放假安排，涉及%d年的到期日均为暂定", year, year)
	default:
		headline = fmt.Sprintf("%d年已经开始，仍未载入该年放假安排，工作日按星期一至星期五和法定节日推算，可能有误", year)
	}
	l := d.letter(notify.Trouble, d.o.Office, now)
	l.Headline = headline
	l.Notes = []string{fmt.Sprintf("国务院办公厅发布%d年部分节假日安排的通知后，请系统管理员及时更新放假安排；更新后各事项的到期日自动重算，有变化的单位会收到更正。", year)}
	l.Technical = []string{compose.LoadNotice}
	return draft{key: fmt.Sprintf("trouble/calendar-%d/%s", year, day), letter: l}, true
}

// ReportTrouble promises the office one letter about a reload that was refused, with every problem found. The same
// problems on the same day are told once.
func (s *Scheduler) ReportTrouble(ctx context.Context, now time.Time, ps document.Problems) error {
	d := s.desk()
	l := d.letter(notify.Trouble, d.o.Office, now)
	for _, p := range ps {
		l.Problems = append(l.Problems, compose.Problem{Where: p.Place(), Text: p.ChineseMessage, English: p.Error()})
	}
	sum := sha256.Sum256([]byte(ps.Error()))
	key := fmt.Sprintf("trouble/reload/%s/%s", calendar.DateOf(now), hex.EncodeToString(sum[:4]))
	p, _, err := d.write(draft{key: key, letter: l}, now)
	if err != nil {
		return err
	}
	if _, err := s.o.Store.Promise(ctx, now, p); err != nil {
		return fmt.Errorf("promise %s: %w", key, err)
	}
	return nil
}
