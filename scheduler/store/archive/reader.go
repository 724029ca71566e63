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

	lines  *bufio.Reader
	rest   io.Reader // below the lines: what is left when the archive has ended
	sum    hash.Hash
	buf    []byte // doubled when it is full: all that is ever taken is twice the longest line
	line   []byte // in buf: looked at and not yet taken
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
	a := &Reader{
		lines: bufio.NewReaderSize(gz, lineBuffer),
		rest:  below,
		sum:   sha256.New(),
		rows:  map[string]int{},
		buf:   make([]byte, 0, lineBuffer),
	}
	if !a.next() && !errors.Is(a.err, errHead) {
		return nil, a.Err()
	}
	var h header
	if json.Unmarshal(a.line, &h) != nil || h.Archive != magic {
		return nil, errors.New("read archive: it is no backup of qixian")
	}
	if h.Format != Format {
		return nil, fmt.Errorf(
			"read archive: it has format %d, and this program reads format %d: use the qixian that wrote it, %q",
			h.Format,
			Format,
			h.Program,
		)
	}
	a.Header = h.Header
	a.take()
	return a, nil
}

// NextTable goes to the next table, past what is left of the current one. It returns false at the end and at a fault:
// Err tells them apart.
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
	_, err := a.lines.ReadByte()
	_, beyond := io.ReadAtLeast(a.rest, make([]byte, 1), 1)
	switch {
	case t.SHA256 != sum:
		a.fail("its digest is not that of its content: it was changed or damaged")
	case !maps.Equal(t.Rows, a.rows):
		a.fail("it has other rows than it says")
	case err != nil && err != io.EOF:
		a.fail("%w", fault(err))
	case err == nil || beyond == nil:
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
	a.number++
	line, err := a.readLine()
	if err != nil {
		return a.fail("%w", fault(err))
	}
	a.line = line
	if len(a.line) < 2 { // a line of ours has a bracket and its end
		return a.fail("an empty line")
	}
	return true
}

// lineBuffer is how much is unpacked at a time.
const lineBuffer = 64 << 10

// errHead says that a line which is no row is longer than one can be.
var errHead = errors.New("the head of a table is too long")

// readLine reads a line with its end, and no more of it than such a line may have.
func (a *Reader) readLine() ([]byte, error) {
	a.buf = a.buf[:0]
	for {
		part, err := a.lines.ReadSlice('\n')
		if len(a.buf)+len(part) > maxLine {
			return nil, errLong
		}
		if len(a.buf)+len(part) > cap(a.buf) {
			a.buf = append(make([]byte, 0, 2*cap(a.buf)), a.buf...)
		}
		a.buf = append(a.buf, part...)
		if len(a.buf) > maxHead && a.buf[0] != '[' {
			return nil, errHead
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return a.buf, err // a last line without an end is cut off
		}
	}
}

// fault says what an error of the stream, or its end, means before the last line was read.
func fault(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it is cut off")
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

// strict reads a line that is no row into v, and refuses what v has no room for.
func strict(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	return nothingElse(d)
}

// readRow reads a row of so many values, and no more of it. It stands in for a json.Decoder, which would copy the line.
func readRow(line []byte, width int) ([]any, error) {
	row := make([]any, 0, width)
	rest := line[1:] // past the bracket that made it a row
	for {
		if len(row) == width {
			return nil, fmt.Errorf("more than %d values", width)
		}
		n := valueLength(rest)
		v, err := value(rest[:n])
		if err != nil {
			return nil, err
		}
		row, rest = append(row, v), rest[n:]
		if rest[0] != ',' {
			break
		}
		rest = rest[1:]
	}
	switch {
	case string(rest) != "]\n":
		return nil, errors.New("something follows the line's value")
	case len(row) < width:
		return nil, fmt.Errorf("%d values for %d columns", len(row), width)
	}
	return row, nil
}

// valueLength returns where the value at the beginning of a line, which has its end, ends at the latest.
func valueLength(line []byte) int {
	if line[0] != '"' {
		return bytes.IndexAny(line, ",]\n")
	}
	for i := 1; i < len(line)-1; i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(line) - 1
}

// value reads one value of a row.
func value(text []byte) (any, error) {
	switch {
	case string(text) == "null":
		return nil, nil
	case len(text) > 0 && text[0] == '"':
		var s string
		err := json.Unmarshal(text, &s)
		return s, err
	case len(text) > 0 && (text[0] == '-' || '0' <= text[0] && text[0] <= '9'):
		n, err := strconv.ParseInt(string(text), 10, 64)
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
