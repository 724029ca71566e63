package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/scheduler"
)

// Accounts lists what fell due in some days, as [scheduler.Accountant] says: two ranges of one index, and what hangs on
// the rows found there.
func (s *Store) Accounts(ctx context.Context, from, to calendar.Date) ([]scheduler.Account, error) {
	var as []scheduler.Account
	err := s.read(ctx, "account for days", func(db *gorm.DB) error {
		as = nil
		for _, q := range []*gorm.DB{fellDue(db, from, to), fellDueExtended(db, from, to)} {
			var rows []deadlineRow
			if err := q.Find(&rows).Error; err != nil {
				return err
			}
			for _, r := range rows {
				d, err := r.deadline()
				if err != nil {
					return err
				}
				as = append(as, scheduler.Account{Deadline: d})
			}
		}
		slices.SortFunc(as, func(a, b scheduler.Account) int {
			return cmp.Or(a.DueDate().Compare(b.DueDate()), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Unit, b.Unit))
		})
		return hangOn(db, as)
	})
	return as, err
}

// everyState is every state that a deadline can have, by which the index is entered.
var everyState = []scheduler.State{scheduler.Open, scheduler.Done, scheduler.Withdrawn}

func fellDue(db *gorm.DB, from, to calendar.Date) *gorm.DB {
	return db.Where(
		"state IN ? AND extended_to = '' AND due_date BETWEEN ? AND ?",
		everyState,
		from.String(),
		to.String(),
	)
}

func fellDueExtended(db *gorm.DB, from, to calendar.Date) *gorm.DB {
	return db.Where("state IN ? AND extended_to BETWEEN ? AND ?", everyState, from.String(), to.String())
}

// hangOn fills in what was said of the deadlines, and whom mails about them did not reach.
func hangOn(db *gorm.DB, as []scheduler.Account) error {
	failed, err := failedLetters(db)
	if err != nil {
		return err
	}
	at := make(map[int64]*scheduler.Account, len(as))
	ids := make([]int64, len(as))
	for i := range as {
		at[as[i].ID], ids[i] = &as[i], as[i].ID
	}
	for part := range slices.Chunk(distinct(ids), chunk) {
		var completions []completionRow
		if err := db.Where(
			"deadline_id IN ? AND undone_at = 0",
			part,
		).Order(
			"recorded_at, id",
		).Find(
			&completions,
		).Error; err != nil {
			return err
		}
		for _, r := range completions {
			a := at[r.DeadlineID]
			a.History.Completions = append(a.History.Completions, r.completion())
		}
		var extensions []extensionRow
		if err := db.Where("deadline_id IN ?", part).Order("recorded_at, id").Find(&extensions).Error; err != nil {
			return err
		}
		for _, r := range extensions {
			e, err := r.extension()
			if err != nil {
				return err
			}
			a := at[r.DeadlineID]
			a.Extensions = append(a.Extensions, e)
		}
		var told []reminderRow
		err := db.Distinct(
			"deadline_id",
			"unit",
			"message_key",
		).Where(
			"deadline_id IN ? AND +state = ?",
			part,
			scheduler.Promised,
		).
			Order(
				"unit",
			).Find(
			&told,
		).Error
		if err != nil {
			return err
		}
		for _, r := range told {
			a := at[r.DeadlineID]
			if (failed[r.MessageKey] || isFallback(r.MessageKey)) && !slices.Contains(a.Undelivered, r.Unit) {
				a.Undelivered = append(a.Undelivered, r.Unit)
			}
		}
	}
	return nil
}

// isFallback reports whether a letter went to the office in the place of units.
func isFallback(key string) bool { return strings.HasPrefix(key, string(notify.Fallback)+"/") }

// failedLetters returns the keys of the letters of which a message ended bounced or rejected. Of all messages these are
// few.
func failedLetters(db *gorm.DB) (map[string]bool, error) {
	var rows []messageRow
	err := failedOnes(db).Find(&rows).Error
	failed := make(map[string]bool, len(rows))
	for _, r := range rows {
		failed[scheduler.LetterKey(r.MessageKey)] = true
	}
	return failed, err
}

func failedOnes(db *gorm.DB) *gorm.DB {
	return db.Select("message_key").Where("state IN ?", []notify.Class{notify.Bounced, notify.Rejected})
}
