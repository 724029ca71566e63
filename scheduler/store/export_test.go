package store

import (
	"database/sql"
	"time"

	"gorm.io/gorm"

	"qixian/rules/calendar"
	"qixian/scheduler"
)

// SQL is the pool of connections, with which tests look at what no method returns.
func (s *Store) SQL() *sql.DB { return s.sql }

// TickQueries returns the queries that every tick runs, whether or not anything is due, and those by which a reply
// finds what it answers.
func (s *Store) TickQueries(now time.Time) map[string]string {
	queries := map[string]string{}
	for name, find := range map[string]func(db *gorm.DB) *gorm.DB{
		"ripe": func(db *gorm.DB) *gorm.DB { return ripeReminders(db, now, false).Find(&[]reminderRow{}) },
		"due":  func(db *gorm.DB) *gorm.DB { return dueMessages(db, now).Limit(20).Find(&[]messageRow{}) },
		"held": func(db *gorm.DB) *gorm.DB { return heldMessages(db).Find(&[]messageRow{}) },
		"far":  func(db *gorm.DB) *gorm.DB { return farMessages(db, now).Select("id").Limit(1).Find(&[]messageRow{}) },
		"untold": func(db *gorm.DB) *gorm.DB {
			return selectRequests(db, scheduler.RequestFilter{Untold: true}).Find(&[]requestRow{})
		},
		"first due": func(db *gorm.DB) *gorm.DB {
			return unextended(db, scheduler.Open, calendar.Date{}).Limit(20).Find(&[]deadlineRow{})
		},
		"first extended": func(db *gorm.DB) *gorm.DB {
			return extended(db, scheduler.Open, calendar.Date{}).Limit(20).Find(&[]deadlineRow{})
		},
		"asked":   func(db *gorm.DB) *gorm.DB { return selectRequests(db, scheduler.RequestFilter{}).Find(&[]requestRow{}) },
		"replied": func(db *gorm.DB) *gorm.DB { return messagesOf(db, "m0@example.invalid").Find(&[]messageRow{}) },
		"failed":  func(db *gorm.DB) *gorm.DB { return failedMessages(db).Find(&[]messageRow{}) },
	} {
		queries[name] = s.db.ToSQL(find)
	}
	return queries
}

// DueQueries returns the statements by which a tick reads and changes what is due.
func (s *Store) DueQueries() map[string]string {
	ids := []int64{1, 2, 3}
	queries := map[string]string{}
	for name, run := range map[string]func(db *gorm.DB) *gorm.DB{
		"take": func(db *gorm.DB) *gorm.DB { return pendingMessages(db, ids).Find(&[]messageRow{}) },
		"ripe": func(db *gorm.DB) *gorm.DB { return pendingOf(db, ids).Find(&[]reminderRow{}) },
		"settle": func(db *gorm.DB) *gorm.DB {
			return pendingOf(db.Model(&reminderRow{}), ids).Update("state", scheduler.Promised)
		},
		"lock": func(db *gorm.DB) *gorm.DB { return inState(db, ids, scheduler.Open).Find(&[]deadlineRow{}) },
		"cancel": func(db *gorm.DB) *gorm.DB {
			return pendingOfDeadlines(db.Model(&reminderRow{}), ids).Update("state", scheduler.Cancelled)
		},
	} {
		queries[name] = s.db.ToSQL(run)
	}
	return queries
}

// Retry and Transient are tried without a database.
var (
	Retry     = retry
	Transient = transient

	TransientOrUnclear = transientOrUnclear
)
