// Package archive is the file of a backup: everything a database of ours holds, in a form that belongs to no kind of
// database.
//
// An archive is a gzip stream (RFC 1952) of lines, each a JSON text (RFC 8259):
//
//	{"archive":"qixian","format":1,"schema":1,"driver":"sqlite","at":"2018-09-21T09:00:00+08:00","program":"v1.2.0"}
//	{"table":"deadlines","columns":["id","deadline_key", … ]}
//	[1,"air-quality@2018-09", … ]
//	…
//	{"end":{"rows":{"deadlines":360, … },"sha256":"…"}}
//
// A value is a whole number, a text or null. The last line counts each table's rows and has the SHA-256 of every byte
// before it, so that a file that was cut off or changed by accident is told from a whole one. It is no signature:
// whoever can write the file can write that too.
//
// Neither side holds more than one line in memory. A line that is longer than a row can be is refused as soon as that
// much of it was read, whatever the file would unpack to.
package archive

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

const (
	// Format is the version of the format that this program writes, and the only one it reads.
	Format = 1
	// magic is what a header says that it heads.
	magic = "qixian"
	// maxLine bounds a line. The longest row is that of a mail with a report of 8 MiB attached, as base64; servers take
	// no longer statement by default (max_allowed_packet).
	maxLine = 16 << 20
	// maxHead bounds a line that is no row, and maxNames the tables and the columns of one.
	maxHead  = 1 << 20
	maxNames = 1000
)

// Header says what an archive is of.
type Header struct {
	Schema  int       `json:"schema"`  // the number of the last migration that the database had had
	Driver  string    `json:"driver"`  // the kind of database, for whoever reads the file
	At      time.Time `json:"at"`      // when it was taken: what was committed later is not in it
	Program string    `json:"program"` // the version that wrote it
}

// header is the first line.
type header struct {
	Archive string `json:"archive"`
	Format  int    `json:"format"`
	Header
}

// Table heads the rows of one table.
type Table struct {
	Name    string   `json:"table"`
	Columns []string `json:"columns"`
}

// name is what a table or a column may be called: what needs no quotes in any database, and so can break out of none.
var name = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

func (t Table) check() error {
	if !name.MatchString(t.Name) {
		return errors.New("what a table is called is no name")
	}
	if len(t.Columns) == 0 || len(t.Columns) > maxNames {
		return fmt.Errorf("table %s has %d columns", t.Name, len(t.Columns))
	}
	for _, c := range t.Columns {
		if !name.MatchString(c) {
			return fmt.Errorf("what a column of table %s is called is no name", t.Name)
		}
	}
	return nil
}

// trailer is the last line.
type trailer struct {
	Rows   map[string]int `json:"rows"` // by table, those without rows too
	SHA256 string         `json:"sha256"`
}

// errLong is the one error of reading and writing alike.
var errLong = errors.New("a line is longer than 16 MiB")
