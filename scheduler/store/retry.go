package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	maxAttempts  = 8
	firstBackoff = 5 * time.Millisecond
)

// Error codes of databases that say: another transaction was in the way, nothing of this one has happened.
const (
	mysqlLockWait = 1205
	mysqlDeadlock = 1213
	sqliteBusy    = 5
	sqliteLocked  = 6
	sqlitePrimary = 0xff // the part of an extended code that is the primary one
)

// sqliteError is what the driver of SQLite returns.
type sqliteError interface {
	error
	Code() int // extended
}

// write runs f in a transaction that is retried as a whole. f may run several times: what it hands out, it sets anew.
func (s *Store) write(ctx context.Context, doing string, f func(tx *gorm.DB) error) error {
	return retry(ctx, s.log, doing, func() error {
		if s.tx == nil {
			return s.db.WithContext(ctx).Transaction(f)
		}
		return s.db.WithContext(ctx).Transaction(f, s.tx)
	})
}

// read runs f, which only reads, outside a transaction.
func (s *Store) read(ctx context.Context, doing string, f func(db *gorm.DB) error) error {
	return retry(ctx, s.log, doing, func() error { return f(s.db.WithContext(ctx)) })
}

// retry runs f until it succeeds, fails for good or has failed too often. Waits double and are jittered, so that those
// who met do not meet again.
func retry(ctx context.Context, log *slog.Logger, doing string, f func() error) error {
	wait := firstBackoff
	for attempt := 1; ; attempt++ {
		err := f()
		if err == nil {
			return nil
		}
		if attempt == maxAttempts || !transient(err) || ctx.Err() != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		log.LogAttrs(ctx, slog.LevelDebug, "transaction retried",
			slog.String("doing", doing), slog.Int("attempt", attempt), slog.Any("error", err))
		timer := time.NewTimer(wait/2 + rand.N(wait))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%s: %w", doing, errors.Join(err, ctx.Err()))
		}
		wait *= 2
	}
}

// transient reports whether trying again may help. A duplicate key does: what is inserted is looked for first in the
// same transaction, so another process has inserted it since, and the next look finds it.
func transient(err error) bool {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return true
	}
	if my, ok := errors.AsType[*driver.MySQLError](err); ok {
		return my.Number == mysqlLockWait || my.Number == mysqlDeadlock
	}
	if lite, ok := errors.AsType[sqliteError](err); ok {
		code := lite.Code() & sqlitePrimary
		return code == sqliteBusy || code == sqliteLocked
	}
	return false
}

// forUpdate locks the rows that a query finds until the transaction ends. On SQLite, where a transaction is alone, it
// says nothing.
func forUpdate(tx *gorm.DB) *gorm.DB {
	return tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
}
