package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"qixian/scheduler/store"
)

// codeError is an error as the driver of SQLite has it.
type codeError int

func (e codeError) Error() string { return fmt.Sprint("code ", int(e)) }
func (e codeError) Code() int     { return int(e) }

// How an error is taken: the transaction is retried, retried if it can be done twice, or not retried.
const (
	final = iota
	doubtful
	undone
)

func TestTransient(t *testing.T) {
	tests := []struct {
		err  error
		want int
	}{
		{errors.New("plain"), final},
		{context.Canceled, final},
		{gorm.ErrDuplicatedKey, undone},
		{fmt.Errorf("insert: %w", gorm.ErrDuplicatedKey), undone},
		{gorm.ErrForeignKeyViolated, final},
		{&mysql.MySQLError{Number: 1205}, undone},
		{fmt.Errorf("update: %w", &mysql.MySQLError{Number: 1213}), undone},
		{&mysql.MySQLError{Number: 1047}, undone}, // a node outside of its cluster
		{&mysql.MySQLError{Number: 1180}, doubtful},
		{&mysql.MySQLError{Number: 1317}, doubtful},
		{&mysql.MySQLError{Number: 1927}, doubtful},
		{&mysql.MySQLError{Number: 2013}, doubtful},
		{mysql.ErrInvalidConn, doubtful},
		{fmt.Errorf("commit: %w", driver.ErrBadConn), doubtful},
		{&mysql.MySQLError{Number: 1290}, final}, // read-only, this and the next two
		{&mysql.MySQLError{Number: 1792}, final},
		{&mysql.MySQLError{Number: 1836}, final},
		{&mysql.MySQLError{Number: 1021}, final}, // disk full
		{&mysql.MySQLError{Number: 1406}, final},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, final},
		{codeError(5), undone},        // SQLITE_BUSY
		{codeError(5 | 1<<8), undone}, // SQLITE_BUSY_RECOVERY
		{codeError(6), undone},        // SQLITE_LOCKED
		{codeError(8), final},         // SQLITE_READONLY
		{codeError(10 | 4<<8), final}, // SQLITE_IOERR_FSYNC
		{codeError(13), final},        // SQLITE_FULL
		{codeError(19 | 1<<8), final}, // SQLITE_CONSTRAINT_CHECK
		{errors.Join(codeError(5)), undone},
	}
	for _, tt := range tests {
		got := final
		if store.TransientOrUnclear(tt.err) {
			got = doubtful
		}
		if store.Transient(tt.err) {
			got++
		}
		if got != tt.want {
			t.Errorf("%v is taken as %d, want %d", tt.err, got, tt.want)
		}
	}
}

func TestRetry(t *testing.T) {
	permanent := errors.New("permanent")
	tests := []struct {
		name  string
		errs  []error // of the first attempts; the last one counts for all that follow
		want  error
		tries int
	}{
		{"at once", []error{nil}, nil, 1},
		{"after two", []error{codeError(5), &mysql.MySQLError{Number: 1213}, nil}, nil, 3},
		{"a permanent one", []error{codeError(5), permanent}, permanent, 2},
		{"for ever", []error{codeError(5)}, codeError(5), 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				start := time.Now()
				err := store.Retry(t.Context(), slog.New(slog.DiscardHandler), "try", func() error {
					tries++
					return tt.errs[min(tries, len(tt.errs))-1]
				})
				if !errors.Is(err, tt.want) || tries != tt.tries {
					t.Errorf("%v after %d, want %v after %d", err, tries, tt.want, tt.tries)
				}
				if took := time.Since(start); took > 2*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// TestRetryEnds holds that a wait ends with its context.
func TestRetryEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		err := store.Retry(ctx, slog.New(slog.DiscardHandler), "try", func() error { return codeError(5) })
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, codeError(5)) {
			t.Errorf("ended with %v", err)
		}
	})
}
