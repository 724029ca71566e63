package archive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"strconv"
)

// Reader reads an archive line by line, and trusts none of it: what a table or a column is called is only a text here.
//
//	for r.NextTable() {
//		for r.NextRow() {
//		}
//	}
//	if err := r.Err(); err != nil { … } // nothing that was read counts unless this is nil
type Reader struct {
	Header Header

	lines  *bufio.Scanner
	rest   io.Reader // below the lines: what is left when the archive has ended
	sum    hash.Hash
	line   []byte // looked at and not yet taken
	number int
	table  Table
	row    []any
	rows   map[string]int
	ended  bool
	err    error
}

// NewReader reads the header, and refuses what is no archive or one of another format.
func NewReader(r io.Reader) (*Reader, error) {
	below := bufio.NewReader(r)
	gz, err := gzip.NewReader(below)
	if err != nil {
		return nil, fmt.Errorf("read archive: it is no backup of qixian: %w", err)
	}
	gz.Multistream(false)
	a := &Reader{lines: bufio.NewScanner(gz), rest: below, sum: sha256.New(), rows: map[string]int{}}
	a.lines.Buffer(nil, maxLine)
	a.lines.Split(wholeLines)
	if !a.next() {
		return nil, a.Err()
	}
	var h header
	if len(a.line) > maxHead || json.Unmarshal(a.line, &h) != nil || h.Archive != magic {
		return nil, errors.New("read archive: it is no backup of qixian")
	}
	if h.Format != Format {
		return nil, fmt.Errorf("read archive: it has format %d, and this program reads format %d: use the qixian that wrote it, %q", h.Format, Format, h.Program)
	}
	a.Header = h.Header
	a.take()
	return a, nil
}

// NextTable goes to the next table, past what is left of the current one. It returns false at the end and at a fault: Err tells them apart.
func (a *Reader) NextTable() bool {
	for a.NextRow() {
	}
	if !a.next() {
		return false
	}
	var l struct {
		Table
		End *trailer `json:"end"`
	}
	if err := strict(a.line, &l); err != nil {
		return a.fail("%w", err)
	}
	if l.End != nil {
		a.end(*l.End)
		return false
	}
	if err := l.check(); err != nil {
		return a.fail("%w", err)
	}
	if _, again := a.rows[l.Name]; again || len(a.rows) == maxNames {
		return a.fail("table %s again, or one too many", l.Name)
	}
	a.table, a.rows[l.Name] = l.Table, 0
	a.take()
	return true
}

// Table is the current one.
func (a *Reader) Table() Table { return a.table }

// NextRow goes to the next row of the current table. It returns false where there is none, and at a fault.
func (a *Reader) NextRow() bool {
	if !a.next() || a.line[0] != '[' {
		return false
	}
	row, err := readRow(a.line, len(a.table.Columns))
	if err != nil {
		return a.fail("%w", err)
	}
	a.row = row
	a.rows[a.table.Name]++
	a.take()
	return true
}

// Row is the current one: int64, string or nil in the order of the table's columns.
func (a *Reader) Row() []any { return a.row }

// Rows returns how many rows each table has had so far.
func (a *Reader) Rows() map[string]int { return a.rows }

// Err is nil only when the whole archive has been read, and is what its last line says.
func (a *Reader) Err() error {
	if a.err != nil {
		return fmt.Errorf("read archive: %w", a.err)
	}
	if !a.ended {
		return errors.New("read archive: it is not read to its end")
	}
	return nil
}

// end checks the last line against all that came before it.
func (a *Reader) end(t trailer) {
	sum := hex.EncodeToString(a.sum.Sum(nil))
	a.take()
	more := a.lines.Scan()
	err := a.lines.Err()
	_, beyond := io.ReadAtLeast(a.rest, make([]byte, 1), 1)
	switch {
	case t.SHA256 != sum:
		a.fail("its digest is not that of its content: it was changed or damaged")
	case !maps.Equal(t.Rows, a.rows):
		a.fail("it has other rows than it says")
	case err != nil:
		a.fail("%w", fault(err))
	case more || beyond == nil:
		a.fail("something follows its end")
	default:
		a.ended = true
	}
}

// next looks at the next line, unless one is waiting to be taken.
func (a *Reader) next() bool {
	if a.err != nil || a.ended {
		return false
	}
	if a.line != nil {
		return true
	}
	if !a.lines.Scan() {
		a.number++
		return a.fail("%w", fault(a.lines.Err()))
	}
	a.number++
	a.line = a.lines.Bytes()
	if len(a.line) < 2 { // a line of ours has a bracket and its end
		return a.fail("an empty line")
	}
	return true
}

// fault says what an error of the stream, or its end, means before the last line was read.
func fault(err error) error {
	switch {
	case err == nil, errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it is cut off")
	case errors.Is(err, bufio.ErrTooLong):
		return errLong
	default:
		return err
	}
}

// take counts the line that next has found as read.
func (a *Reader) take() {
	a.sum.Write(a.line)
	a.line = nil
}

// fail ends the reading. It returns false.
func (a *Reader) fail(format string, args ...any) bool {
	a.err = fmt.Errorf("line %d: "+format, append([]any{a.number}, args...)...)
	return false
}

// wholeLines splits like bufio.ScanLines, but keeps each line's end, and takes a last line without one for cut off.
func wholeLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}

// strict reads a line that is no row into v, and refuses what v has no room for.
func strict(line []byte, v any) error {
	if len(line) > maxHead {
		return errors.New("the head of a table is too long")
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	return nothingElse(d)
}

// readRow reads a row of so many values, and no more of it.
func readRow(line []byte, width int) ([]any, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if _, err := d.Token(); err != nil { // the bracket that made it a row
		return nil, err
	}
	row := make([]any, 0, width)
	for d.More() {
		if len(row) == width {
			return nil, fmt.Errorf("more than %d values", width)
		}
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := value(token)
		if err != nil {
			return nil, err
		}
		row = append(row, v)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if len(row) < width {
		return nil, fmt.Errorf("%d values for %d columns", len(row), width)
	}
	return row, nothingElse(d)
}

// value is what a token stands for in a row.
func value(t json.Token) (any, error) {
	switch t := t.(type) {
	case nil, string:
		return t, nil
	case json.Number:
		n, err := strconv.ParseInt(t.String(), 10, 64)
		if err != nil {
			return nil, errors.New("a number is no whole number of 64 bits")
		}
		return n, nil
	default:
		return nil, errors.New("a value is neither a whole number nor a text")
	}
}

func nothingElse(d *json.Decoder) error {
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the line's value")
	}
	return nil
}
