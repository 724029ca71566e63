package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/rules/calendar"
)

const (
	// chunk is how many values one statement asks for: far below every database's limit of parameters.
	chunk = 500
	// batch is how many rows one statement inserts. The driver of SQLite looks at every parameter for each: ten times
	// as many rows take four times as long.
	batch = 50
	// messageBatch is smaller, as messages have bodies and packets a limit.
	messageBatch = 20
)

// millis writes an instant as a column has it.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant reads what millis has written. The location is always the same pointer, so that instants compare with ==.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).In(calendar.Zone())
}

// date reads a column of dates.
func date(text string) (calendar.Date, error) {
	var d calendar.Date
	err := d.UnmarshalText([]byte(text))
	return d, err
}

// listUnits writes units as a JSON array, in which quoteUnit finds one.
func listUnits(units []string) string {
	quoted := make([]string, len(units))
	for i, u := range units {
		quoted[i] = quoteUnit(u)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// quoteUnit writes a unit as it stands in a list of units.
func quoteUnit(unit string) string {
	text, err := json.Marshal(unit)
	if err != nil { // a string always marshals
		return `""`
	}
	return string(text)
}

// units reads what listUnits has written; an empty list is nil.
func units(text string) ([]string, error) {
	var list []string
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("read list of units: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

// digest identifies a record by all its fields.
func digest(fields ...any) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "%v\x00", f)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// distinct returns the values in order, each once: the order in which transactions lock rows, so that they do not
// deadlock.
func distinct(ids []int64) []int64 {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}
