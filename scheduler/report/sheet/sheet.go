// Package sheet writes tables for office programs, as CSV and as an Excel workbook (.xlsx). What stands in a cell is
// whatever somebody has written: no cell is ever taken for a formula, and none breaks out of its line.
package sheet

import (
	"strings"
	"time"
	"unicode"
)

// Sheet is one table. The same sheets make the same bytes.
type Sheet struct {
	Name    string // of its tab
	Title   string // above the table; empty: none
	Columns []Column
	// a string, an int, a Percent or a calendar.Date to each column; nil or a zero date leaves the cell empty
	Rows [][]any
}

// Column is a column of a sheet.
type Column struct {
	Name  string
	Width float64 // in characters of the standard font, of which a Chinese one takes two
}

// Percent is a share in tenths of a percent: 923 is 92.3%.
type Percent int

// Properties are what a workbook says of itself.
type Properties struct {
	Title   string
	Creator string
	At      time.Time // when it was written
}

// OneLine returns s as a cell or a part of a line: with a space for each line end and tab, lest a title begin a line of
// its own, and U+FFFD for what would not be shown but obeyed.
func OneLine(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), string(unicode.ReplacementChar))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\ufffe', r == '\uffff':
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
