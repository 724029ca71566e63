package store

import (
	"errors"

	driver "github.com/go-sql-driver/mysql"
)

// mysqlAdvice says, by the code of a server's error, what somebody should do about it.
var mysqlAdvice = map[uint16]string{
	1021: "the server's disk is full: make room on it",
	1044: "let this user use the database: GRANT ALL ON database.* TO the user",
	1045: "look at the user and password in the DSN; a server that has require_secure_transport answers so too: add tls=true to the DSN then",
	1049: "make the database: CREATE DATABASE name CHARACTER SET utf8mb4",
	1114: "the server's disk, or its tablespace, is full: make room on it",
	1142: "let this user use the database: GRANT ALL ON database.* TO the user",
	1153: "the server takes no statement of that size: set max_allowed_packet=64M on it",
	1290: readOnlyAdvice,
	1665: "the server's binary log cannot hold what qixian writes: set binlog_format=ROW (or MIXED) in the server's configuration and restart it",
	1792: readOnlyAdvice,
	1836: readOnlyAdvice,
	3159: "the server wants encrypted connections: add tls=true to the DSN (…/qixian?tls=true), or tls=preferred on this host",
}

const readOnlyAdvice = "the server only reads: name the primary in the DSN, or switch read_only off on it"

// sqliteAdvice does the same by SQLite's primary codes.
var sqliteAdvice = map[int]string{
	8:  "let qixian's user write the database file and its directory, and see that the disk is not mounted read-only",
	10: "the disk does not read or write as it should: see that there is room on it, and look at the kernel's log",
	11: "the file is damaged: move it away and restore a backup (qixian restore)",
	13: "the disk is full: make room on it",
	14: "let qixian's user read and write the database file and its directory",
	26: "the file is no database: move it away and restore a backup (qixian restore), or name another one",
}

// adviceError is an error of a database with what to do about it.
type adviceError struct {
	error
	advice string
}

func (e adviceError) Error() string { return e.error.Error() + ": " + e.advice }

func (e adviceError) Unwrap() error { return e.error }

// advise adds to an error what somebody should do about it, where that is known and not said yet.
func advise(err error) error {
	if _, said := errors.AsType[adviceError](err); said || err == nil {
		return err
	}
	var advice string
	if my, ok := errors.AsType[*driver.MySQLError](err); ok {
		advice = mysqlAdvice[my.Number]
	} else if lite, ok := errors.AsType[sqliteError](err); ok {
		advice = sqliteAdvice[lite.Code()&sqlitePrimary]
	}
	if advice == "" {
		return err
	}
	return adviceError{err, advice}
}
