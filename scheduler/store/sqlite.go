package store

import (
	"database/sql"
	"errors"
	"net/url"

	"github.com/glebarez/sqlite"
)

// sqlitePragmas are set on each connection, in this order. A commit is on the disk when it returns, as a reminder that
// is promised must be; readers of other processes never wait for it.
var sqlitePragmas = []string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}

// connectSQLite prepares a pool of one connection: SQLite has one writer at a time, and waiting for it in Go costs
// nothing, while waiting in SQLite is polling. A transaction takes the write lock at its start, so that it never finds
// at its first write that what it has read is stale.
func connectSQLite(path string) (database, error) {
	return openSQLite(path, url.Values{"_txlock": {"immediate"}, "_pragma": sqlitePragmas})
}

// connectSQLiteReadOnly prepares a connection that can write nothing and make no file. A transaction on it takes no
// lock that a writer waits for.
func connectSQLiteReadOnly(path string) (database, error) {
	return openSQLite(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)"}})
}

func openSQLite(path string, query url.Values) (database, error) {
	if path == "" {
		return database{}, errors.New("no path is given")
	}
	db, err := sql.Open(sqlite.DriverName, "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode())
	if err != nil {
		return database{}, err
	}
	db.SetMaxOpenConns(1)
	return database{name: SQLite, sql: db, dialect: &sqlite.Dialector{Conn: db}}, nil
}
