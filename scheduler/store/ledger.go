package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/scheduler"
)

// Tally counts what some days came to, as [scheduler.Ledger] says. A deadline belongs to the day that counts, the
// extended one where there is one: two ranges of one index.
func (s *Store) Tally(ctx context.Context, from, to calendar.Date) (scheduler.Tally, error) {
	var t scheduler.Tally
	err := s.read(ctx, "tally", func(db *gorm.DB) error {
		t = scheduler.Tally{}
		ended, err := countByState(endedMessages(db, from, to))
		if err != nil {
			return err
		}
		t.Sent, t.Uncertain = ended[string(notify.Sent)], ended[string(notify.Uncertain)]
		var failed []messageRow
		if err := undeliveredMessages(db, from, to).Find(&failed).Error; err != nil {
			return err
		}
		t.Undelivered = messages(failed)
		for _, q := range []*gorm.DB{dueUnextended(db, from, to), dueExtended(db, from, to)} {
			var due []struct {
				State  string
				Late   bool
				Paused bool
				N      int
			}
			sums := q.Select("state, late, paused_since > '' AS paused, COUNT(*) AS n")
			if err := sums.Group("state, late, paused_since > ''").Scan(&due).Error; err != nil {
				return err
			}
			for _, d := range due {
				switch {
				case d.State == string(scheduler.Open) && d.Paused:
				case d.State == string(scheduler.Open):
					t.Missed += d.N
				case d.Late:
					t.MetLate += d.N
				default:
					t.Met += d.N
				}
			}
		}
		return nil
	})
	return t, err
}

// endedMessages are those that ended, well or in doubt, on some days.
func endedMessages(db *gorm.DB, from, to calendar.Date) *gorm.DB {
	return db.Model(&messageRow{}).Where("state IN ? AND settled_at >= ? AND settled_at < ?",
		[]notify.Class{notify.Sent, notify.Uncertain}, millis(from.At(0)), millis(to.AddDays(1).At(0)))
}

// undeliveredMessages are those that were refused for good on some days.
func undeliveredMessages(db *gorm.DB, from, to calendar.Date) *gorm.DB {
	return db.Where(
		"state IN ? AND settled_at >= ? AND settled_at < ?",
		[]notify.Class{
			notify.Bounced,
			notify.Rejected,
		},
		millis(from.At(0)),
		millis(to.AddDays(1).At(0)),
	).Order("settled_at, id")
}

// counted are the states in which a deadline counts as having fallen due: one that was withdrawn never did.
var counted = []scheduler.State{scheduler.Open, scheduler.Done}

func dueUnextended(db *gorm.DB, from, to calendar.Date) *gorm.DB {
	return db.Model(
		&deadlineRow{},
	).Where(
		"state IN ? AND extended_to = '' AND due_date BETWEEN ? AND ?",
		counted,
		from.String(),
		to.String(),
	)
}

func dueExtended(db *gorm.DB, from, to calendar.Date) *gorm.DB {
	return db.Model(
		&deadlineRow{},
	).Where(
		"state IN ? AND extended_to BETWEEN ? AND ?",
		counted,
		from.String(),
		to.String(),
	)
}

// Condition counts what is unsettled, as [scheduler.Ledger] says. The messages that were sent, which grow for ever, are
// not looked at.
func (s *Store) Condition(ctx context.Context, now time.Time) (scheduler.Condition, error) {
	var c scheduler.Condition
	err := s.read(ctx, "count what is unsettled", func(db *gorm.DB) (err error) {
		c = scheduler.Condition{}
		if c.Messages, err = countByState(unsettledMessages(db)); err != nil {
			return err
		}
		for _, count := range []struct {
			of *gorm.DB
			to *int
		}{
			{doubtfulMessages(db), &c.Doubtful},
			{openDeadlines(db), &c.Open},
			{lateUnextended(db, now), &c.Late},
			{badAddresses(db), &c.Bad},
		} {
			var n int64
			if err := count.of.Count(&n).Error; err != nil {
				return err
			}
			*count.to += int(n)
		}
		var extended int64
		if err := lateExtended(db, now).Count(&extended).Error; err != nil {
			return err
		}
		c.Late += int(extended)
		c.Oldest, err = oldestPromise(db)
		return err
	})
	return c, err
}

// underWay are the states of messages that are to be sent yet.
var underWay = []messageState{pending, claimed, sending}

// unsettledMessages are those that are to be sent yet, and those in which it went wrong.
func unsettledMessages(db *gorm.DB) *gorm.DB {
	return db.Model(&messageRow{}).Where("state IN ?", append([]messageState{
		messageState(notify.Uncertain), messageState(notify.Bounced), messageState(notify.Rejected),
	}, underWay...))
}

// doubtfulMessages are to be sent once more. What is not settled has a settled_at of 0, so that one index has them.
func doubtfulMessages(db *gorm.DB) *gorm.DB {
	return db.Model(&messageRow{}).Where("state IN ? AND settled_at = 0 AND uncertain = ?", underWay, true)
}

func openDeadlines(db *gorm.DB) *gorm.DB {
	return db.Model(&deadlineRow{}).Where("state = ?", scheduler.Open)
}

// lateUnextended are the open deadlines past their own due date, or due instant.
func lateUnextended(db *gorm.DB, now time.Time) *gorm.DB {
	today := calendar.DateOf(now).String()
	return openDeadlines(
		db,
	).Where(
		"extended_to = '' AND paused_since = '' AND due_date <= ? AND (due_date < ? OR due_instant BETWEEN 1 AND ?)",
		today,
		today,
		millis(now)-1,
	)
}

// lateExtended are the open deadlines past the date to which they were extended.
func lateExtended(db *gorm.DB, now time.Time) *gorm.DB {
	return openDeadlines(
		db,
	).Where(
		"extended_to > '' AND paused_since = '' AND extended_to < ?",
		calendar.DateOf(now).String(),
	)
}

// badAddresses are few, and so are all that anything is known of.
func badAddresses(db *gorm.DB) *gorm.DB {
	return db.Model(&addressRow{}).Where("state = ?", scheduler.BadAddress)
}

// oldestPromise returns when the oldest message that is to be sent yet was promised. Messages are numbered as they are
// promised, and what is under way was not reported as failed: the first row of a range of an index, for each state.
func oldestPromise(db *gorm.DB) (time.Time, error) {
	var oldest messageRow
	for _, state := range underWay {
		var first []messageRow
		if err := firstMessage(db, state).Find(&first).Error; err != nil {
			return time.Time{}, err
		}
		if len(first) > 0 && (oldest.ID == 0 || first[0].ID < oldest.ID) {
			oldest = first[0]
		}
	}
	return instant(oldest.PromisedAt), nil
}

func firstMessage(db *gorm.DB, state messageState) *gorm.DB {
	return db.Select("id", "promised_at").Where("state = ? AND reported_at = 0", state).Order("id").Limit(1)
}

// countByState counts the rows of a query by their state.
func countByState(q *gorm.DB) (map[string]int, error) {
	var counts []struct {
		State string
		N     int
	}
	if err := q.Select("state, COUNT(*) AS n").Group("state").Scan(&counts).Error; err != nil {
		return nil, err
	}
	byState := map[string]int{}
	for _, c := range counts {
		byState[c.State] = c.N
	}
	return byState, nil
}
