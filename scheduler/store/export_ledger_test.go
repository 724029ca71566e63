package store

import (
	"strings"
	"time"

	"gorm.io/gorm"

	"qixian/rules/calendar"
)

// LedgerQueries returns the queries of a scrape and of a weekly letter. Texts are in single quotes: SQLite takes
// "uncertain" for the column.
func (s *Store) LedgerQueries(now time.Time) map[string]string {
	to := calendar.DateOf(now)
	from := to.AddDays(-6)
	queries := map[string]string{}
	for name, find := range map[string]func(db *gorm.DB) *gorm.DB{
		"ended":       func(db *gorm.DB) *gorm.DB { return endedMessages(db, from, to).Select("state").Find(&[]messageRow{}) },
		"undelivered": func(db *gorm.DB) *gorm.DB { return undeliveredMessages(db, from, to).Find(&[]messageRow{}) },
		"due": func(db *gorm.DB) *gorm.DB {
			return dueUnextended(db, from, to).Select("state, late").Find(&[]deadlineRow{})
		},
		"extended": func(db *gorm.DB) *gorm.DB {
			return dueExtended(db, from, to).Select("state, late").Find(&[]deadlineRow{})
		},
		"fell": func(db *gorm.DB) *gorm.DB { return fellDue(db, from, to).Select("id").Find(&[]deadlineRow{}) },
		"fell extended": func(db *gorm.DB) *gorm.DB {
			return fellDueExtended(db, from, to).Select("id").Find(&[]deadlineRow{})
		},
		"failed":    func(db *gorm.DB) *gorm.DB { return failedOnes(db).Find(&[]messageRow{}) },
		"unsettled": func(db *gorm.DB) *gorm.DB { return unsettledMessages(db).Select("state").Find(&[]messageRow{}) },
		"doubtful":  func(db *gorm.DB) *gorm.DB { return doubtfulMessages(db).Select("id").Find(&[]messageRow{}) },
		"open":      func(db *gorm.DB) *gorm.DB { return openDeadlines(db).Select("id").Find(&[]deadlineRow{}) },
		"late":      func(db *gorm.DB) *gorm.DB { return lateUnextended(db, now).Select("id").Find(&[]deadlineRow{}) },
		"put off":   func(db *gorm.DB) *gorm.DB { return lateExtended(db, now).Select("id").Find(&[]deadlineRow{}) },
		"oldest":    func(db *gorm.DB) *gorm.DB { return firstMessage(db, pending).Find(&[]messageRow{}) },
	} {
		queries[name] = strings.ReplaceAll(s.db.ToSQL(find), `"`, "'")
	}
	return queries
}
