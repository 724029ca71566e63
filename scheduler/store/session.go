package store

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	driver "github.com/go-sql-driver/mysql"
)

// sessionSetting is what a session is told before anything else, as a server's own setting may be any.
type sessionSetting struct {
	name  string
	value string
	need  need
}

// need says what becomes of a setting that the server refuses.
type need int

const (
	relied  need = iota // without it the server is refused
	guarded             // likewise, unless the server knows no such variable, and so cannot have it set otherwise
	comfort             // it is left out, with a warning; the DSN may have it otherwise
)

// waitSeconds is after how long without a word from us a server ends a connection, and with it the transaction and its
// locks: those of a host that has lost its power, or a process that was stopped. A server's own idea of that is eight
// hours, or a second. The pool gives up what is idle well before.
const waitSeconds = "60"

// sessionSettings are set on each connection to a MySQL-compatible server.
var sessionSettings = []sessionSetting{
	// 0: statements outside a transaction are never committed
	{"autocommit", "1", relied},
	{"sql_mode", "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'", relied}, // what does not fit is an error
	{"time_zone", "'+08:00'", relied},
	// 1: a COMMIT begins the next transaction, which nobody commits
	{"completion_type", "0", guarded},
	{"sql_select_limit", "18446744073709551615", guarded}, // less: rows are left out in silence
	{"sql_safe_updates", "0", guarded},                    // 1: an UPDATE without a key is refused
	{"sql_big_selects", "1", guarded},                     // 0: a SELECT that may read many rows is refused
	{"innodb_lock_wait_timeout", "10", comfort},
	{"wait_timeout", waitSeconds, comfort},
}

// sessionTransaction is relied on as well: a transaction sees what others have committed, and may write.
const sessionTransaction = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE"

// withoutParams returns the settings less those for comfort that the DSN has itself, and takes the others out of it.
func withoutParams(settings []sessionSetting, params map[string]string) []sessionSetting {
	return slices.DeleteFunc(slices.Clone(settings), func(s sessionSetting) bool {
		_, given := params[s.name]
		if s.need != comfort {
			delete(params, s.name)
		}
		return given && s.need == comfort
	})
}

// sessionConnector makes connections whose sessions are set.
type sessionConnector struct {
	sqldriver.Connector
	log *slog.Logger

	mu       sync.Mutex
	settings []sessionSetting // less those that the server has refused and that are left out
}

// Connect makes a connection and sets its session: all settings in one round trip, or, where one is refused, each by
// itself.
func (c *sessionConnector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.set(ctx, conn.(sqldriver.ExecerContext)); err != nil { // the driver's connections are such
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func (c *sessionConnector) set(ctx context.Context, conn sqldriver.ExecerContext) error {
	c.mu.Lock()
	settings := c.settings
	c.mu.Unlock()
	err := setSession(ctx, conn, settings)
	if refusal(err) {
		if settings, err = c.accepted(ctx, conn, settings); err != nil {
			return err
		}
		c.mu.Lock()
		c.settings = settings
		c.mu.Unlock()
		err = setSession(ctx, conn, settings)
	}
	if err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, sessionTransaction, nil); refusal(err) {
		return errRefused("transaction isolation READ COMMITTED", err)
	} else if err != nil {
		return err
	}
	return nil
}

// accepted tries each setting by itself and returns those that the server takes; one that is needed and refused is an
// error.
func (c *sessionConnector) accepted(
	ctx context.Context,
	conn sqldriver.ExecerContext,
	settings []sessionSetting,
) ([]sessionSetting, error) {
	var taken []sessionSetting
	for _, s := range settings {
		err := setSession(ctx, conn, []sessionSetting{s})
		my, _ := errors.AsType[*driver.MySQLError](err)
		switch {
		case err == nil:
			taken = append(taken, s)
		case !refusal(err):
			return nil, err
		case s.need == comfort, s.need == guarded && my.Number == mysqlUnknownVariable:
			c.log.LogAttrs(ctx, slog.LevelWarn, "session variable refused by the database server, left out",
				slog.String("variable", s.name), slog.Any("error", err))
		default:
			return nil, errRefused(s.name+" = "+s.value, err)
		}
	}
	return taken, nil
}

// mysqlUnknownVariable is the code of a server that knows no such variable.
const mysqlUnknownVariable = 1193

// refusal reports whether a server has understood a setting and does not take it.
func refusal(err error) bool {
	_, said := errors.AsType[*driver.MySQLError](err)
	return said && !transientOrUnclear(err)
}

func errRefused(what string, err error) error {
	return fmt.Errorf(
		"the server refuses to set %s for a session, and qixian relies on it: %w; use MySQL 8.0, MariaDB 10.6 or a newer one, "+
			"or have the proxy between let it through",
		what,
		err,
	)
}

func setSession(ctx context.Context, conn sqldriver.ExecerContext, settings []sessionSetting) error {
	parts := make([]string, len(settings))
	for i, s := range settings {
		parts[i] = s.name + " = " + s.value
	}
	_, err := conn.ExecContext(ctx, "SET "+strings.Join(parts, ", "), nil)
	return err
}
