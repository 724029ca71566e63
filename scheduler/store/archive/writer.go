package archive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
)

// Writer writes an archive: its tables one after the other, each with its rows, and then Close.
type Writer struct {
	gz    *gzip.Writer
	buf   *bufio.Writer
	sum   hash.Hash
	line  bytes.Buffer
	json  *json.Encoder
	table string
	width int // of the table's rows
	rows  map[string]int
}

// NewWriter writes the header. What is written to w is complete only after Close.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	a := &Writer{gz: gzip.NewWriter(w), sum: sha256.New(), rows: map[string]int{}}
	a.buf = bufio.NewWriter(io.MultiWriter(a.gz, a.sum))
	a.json = json.NewEncoder(&a.line)
	a.json.SetEscapeHTML(false)
	return a, a.write(header{magic, Format, h})
}

// Table begins a table; every table is begun once.
func (a *Writer) Table(t Table) error {
	if err := t.check(); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	if _, again := a.rows[t.Name]; again {
		return fmt.Errorf("write table %s: it is written already", t.Name)
	}
	a.table, a.width, a.rows[t.Name] = t.Name, len(t.Columns), 0
	return a.write(t)
}

// Row writes a row of the table that was begun last, in the order of its columns. Values are int64, string or nil;
// bytes of a string that are no UTF-8 become U+FFFD, as JSON has no room for them.
func (a *Writer) Row(values []any) error {
	if len(values) != a.width || a.width == 0 {
		return fmt.Errorf("write row of %s: %d values for %d columns", a.table, len(values), a.width)
	}
	for _, v := range values {
		switch v.(type) {
		case nil, int64, string:
		default:
			return fmt.Errorf("write row of %s: a value is a %T, neither a whole number nor a text", a.table, v)
		}
	}
	a.rows[a.table]++
	return a.write(values)
}

// Rows returns how many rows each table has had so far.
func (a *Writer) Rows() map[string]int { return a.rows }

// Close writes the trailer and ends the stream. It does not close the writer below.
func (a *Writer) Close() error {
	if err := a.buf.Flush(); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	end := struct {
		End trailer `json:"end"`
	}{trailer{a.rows, hex.EncodeToString(a.sum.Sum(nil))}}
	if err := a.write(end); err != nil {
		return err
	}
	if err := a.buf.Flush(); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	if err := a.gz.Close(); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

// write writes one line.
func (a *Writer) write(v any) error {
	a.line.Reset()
	if err := a.json.Encode(v); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	if a.line.Len() > maxLine {
		return fmt.Errorf("write row of %s: %w", a.table, errLong)
	}
	if _, err := a.buf.Write(a.line.Bytes()); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}
