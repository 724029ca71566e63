// Package document reads YAML files with the position of every value, so that each mistake in a file an
// administrator edits is reported as file:line:col, all of them at once, and none is half applied.
package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a file. Line and Col count from 1; a zero Line means the file as a whole.
type Position struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

// String returns file:line:col, or the file alone where no line is known.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Problem is one mistake in a file: where it is, and a message that names the value and what would be right.
type Problem struct {
	Position
	Message        string `json:"message"`
	ChineseMessage string `json:"-"` // the same for the office
}

// Error returns "file:line:col: message", or the message alone of a problem without a place.
func (p Problem) Error() string {
	if p.Position == (Position{}) {
		return p.Message
	}
	return p.String() + ": " + p.Message
}

// Place returns where the problem is, as the office reads it: 文件 规则.yaml 第12行第7列; empty without a place.
func (p Problem) Place() string {
	if p.Position == (Position{}) {
		return ""
	}
	return "文件 " + p.Position.Chinese()
}

// Chinese returns the problem as the office reads it: its place and what is wrong there.
func (p Problem) Chinese() string {
	if p.Position == (Position{}) {
		return p.ChineseMessage
	}
	return p.Place() + "：" + p.ChineseMessage
}

// Problems is every mistake found in a set of files. It is an error only when it is not empty: return it through Err.
type Problems []Problem

// maxProblems is how many problems are told: more than anybody mends at one go. A file that is all wrong would fill a
// screen, a log and a mail.
const maxProblems = 500

// Add appends one problem, in both languages (see Say). Of those that are too many to be told only the place is kept.
func (ps *Problems) Add(at Position, format string, args ...any) {
	var w Words
	if !ps.Full() {
		w = Say(format, args...)
	}
	ps.add(at, w)
}

func (ps *Problems) add(at Position, w Words) { *ps = append(*ps, Problem{at, w.english, w.chinese}) }

// Full reports whether there are as many problems as are told: to look for more is no use.
func (ps Problems) Full() bool { return len(ps) >= maxProblems }

// Err returns the problems in the order of file, line and column, each once, or nil if there are none. Of very many it
// returns those that were found first, and says how many more there are.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	sorted := slices.Clone(ps[:min(len(ps), maxProblems)])
	if more := len(ps) - maxProblems; more > 0 {
		sorted.add(
			ps[maxProblems].Position,
			Say("from here on %d more problems were found; mend the others first", more),
		)
	}
	slices.SortFunc(sorted, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.Compact(sorted)
}

// Error returns the problems, a line each.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Chinese returns the problems as the office reads them, a line each.
func (ps Problems) Chinese() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Chinese()
	}
	return strings.Join(lines, "\n")
}
