package store

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	maxAttempts  = 8
	firstBackoff = 5 * time.Millisecond
)

// How errors of a database are taken. Whatever is not listed is final for the moment: a full disk, a database that is
// read-only, a server that is not there. The next tick tries again, and no loop before it.
var (
	// undone are codes that say: another transaction was in the way, nothing of this one has happened. A cluster
	// (Galera) answers 1213 at COMMIT too, when another node's change of the same row was certified first; and 1047 as
	// long as a node is not part of it, which passes, but mostly takes longer than anybody should wait here.
	undone = []uint16{
		1047, // unknown command: WSREP has not yet prepared node for application use
		1205, // lock wait timeout
		1213, // deadlock
	}
	// unclear are codes that leave open whether a transaction that was being committed is.
	unclear = []uint16{
		1053, // server shutdown in progress
		1180, // error during commit
		1317, // query interrupted
		1927, // connection killed
		2006, // server has gone away; this and the next one are said by proxies
		2013, // lost connection during query
	}
	// lost are the driver's words for a connection that ended under way. It says ErrBadConn where nothing was written
	// yet, which the pool tries again by itself outside a transaction.
	lost = []error{driver.ErrInvalidConn, driver.ErrPktSync, driver.ErrMalformPkt, sqldriver.ErrBadConn}
)

const (
	sqliteBusy    = 5
	sqliteLocked  = 6
	sqlitePrimary = 0xff // the part of an extended code that is the primary one
)

// sqliteError is what the driver of SQLite returns.
type sqliteError interface {
	error
	Code() int // extended
}

// write runs f in a transaction that is retried as a whole while it is certain that nothing of it has happened. f may
// run several times: what it hands out, it sets anew.
func (s *Store) write(ctx context.Context, doing string, f func(tx *gorm.DB) error) error {
	return retry(ctx, s.log, doing, func() error { return s.transact(ctx, f) })
}

// writeAgain is write for what can be done twice: it is also retried when the connection was lost and nobody knows
// whether the transaction was committed.
func (s *Store) writeAgain(ctx context.Context, doing string, f func(tx *gorm.DB) error) error {
	return retryIf(ctx, s.log, doing, transientOrUnclear, func() error { return s.transact(ctx, f) })
}

func (s *Store) transact(ctx context.Context, f func(tx *gorm.DB) error) error {
	return s.db.WithContext(ctx).Transaction(f)
}

// read runs f, which only reads, outside a transaction.
func (s *Store) read(ctx context.Context, doing string, f func(db *gorm.DB) error) error {
	return retryIf(ctx, s.log, doing, transientOrUnclear, func() error { return f(s.db.WithContext(ctx)) })
}

// retry runs f, of which nothing has happened if its error is transient, until it succeeds, fails for good or has
// failed too often.
func retry(ctx context.Context, log *slog.Logger, doing string, f func() error) error {
	return retryIf(ctx, log, doing, transient, f)
}

// retryIf is retry for the errors that it is told. Waits double and are jittered, so that those who met do not meet
// again; all of them together take about a second.
func retryIf(ctx context.Context, log *slog.Logger, doing string, again func(error) bool, f func() error) error {
	wait := firstBackoff
	for attempt := 1; ; attempt++ {
		err := f()
		if err == nil {
			return nil
		}
		if attempt == maxAttempts || !again(err) || ctx.Err() != nil {
			return fmt.Errorf("%s: %w", doing, advise(err))
		}
		log.LogAttrs(ctx, slog.LevelDebug, "transaction retried",
			slog.String("doing", doing), slog.Int("attempt", attempt), slog.Any("error", err))
		timer := time.NewTimer(wait/2 + rand.N(wait)) //nolint:gosec // G404: as in choose
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%s: %w", doing, errors.Join(err, ctx.Err()))
		}
		wait *= 2
	}
}

// transient reports whether nothing has happened and trying again may help. A duplicate key does: what is inserted is
// looked for first in the same transaction, so another process has inserted it since, and the next look finds it.
func transient(err error) bool {
	if errors.Is(err, gorm.ErrDuplicatedKey) || errors.Is(err, errBehind) {
		return true
	}
	if my, ok := errors.AsType[*driver.MySQLError](err); ok {
		return slices.Contains(undone, my.Number)
	}
	if lite, ok := errors.AsType[sqliteError](err); ok {
		code := lite.Code() & sqlitePrimary
		return code == sqliteBusy || code == sqliteLocked
	}
	return false
}

// transientOrUnclear reports whether trying again may help where a transaction can be done twice.
func transientOrUnclear(err error) bool {
	if my, ok := errors.AsType[*driver.MySQLError](err); ok && slices.Contains(unclear, my.Number) {
		return true
	}
	return transient(err) || slices.ContainsFunc(lost, func(l error) bool { return errors.Is(err, l) })
}

// forUpdate locks the rows that a query finds until the transaction ends. On SQLite, where a transaction is alone, it
// says nothing.
func forUpdate(tx *gorm.DB) *gorm.DB {
	return tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
}
