package storetest

import (
	"database/sql"
	"fmt"

	driver "github.com/go-sql-driver/mysql"

	"qixian/scheduler/store"
)

// Dial prepares a pool of connections to a database without the store, for tests that look at it with their own eyes or
// get in its way. Nothing is dialled yet.
func Dial(o store.Options) (*sql.DB, error) {
	if o.Driver == store.SQLite {
		return sql.Open("sqlite", "file:"+o.Path+"?_pragma=busy_timeout(10000)")
	}
	cfg, err := driver.ParseDSN(o.DSN)
	if err != nil {
		return nil, err
	}
	cfg.Logger = &driver.NopLogger{}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// Rows returns what a query finds, every value as text.
func Rows(db *sql.DB, query string) ([][]string, error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	var all [][]string
	for rows.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("query: %w", err)
		}
		row := make([]string, len(columns))
		for i, v := range values {
			row[i] = v.String
		}
		all = append(all, row)
	}
	return all, rows.Err()
}
