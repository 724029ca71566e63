package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

func TestTransient(t *testing.T) {
	tests := []struct {
		err  error
		want bool
	}{
		{errors.New("plain"), false},
		{context.Canceled, false},
		{gorm.ErrDuplicatedKey, true},
		{fmt.Errorf("insert: %w", gorm.ErrDuplicatedKey), true},
		{gorm.ErrForeignKeyViolated, false},
		{&mysql.MySQLError{Number: 1205}, true},
		{fmt.Errorf("update: %w", &mysql.MySQLError{Number: 1213}), true},
		{&mysql.MySQLError{Number: 1406}, false},
		{codeError(5), true},          // SQLITE_BUSY
		{codeError(5 | 1<<8), true},   // SQLITE_BUSY_RECOVERY
		{codeError(6), true},          // SQLITE_LOCKED
		{codeError(19 | 1<<8), false}, // SQLITE_CONSTRAINT_CHECK
		{errors.Join(codeError(5)), true},
	}
	for _, tt := range tests {
		if got := store.Transient(tt.err); got != tt.want {
			t.Errorf("%v is transient: %t, want %t", tt.err, got, tt.want)
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
