package command

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"qixian/cmd/internal/app"
	"qixian/rules"
	"qixian/rules/document"
	"qixian/scheduler"
)

// csvColumns are the columns of a batch; trigger and at are needed in every line.
var csvColumns = []string{"trigger", "subject", "unit", "at", "ref", "title"}

// eventsFromCSV reads a batch. Every mistake is reported with its line, and with one mistake nothing is recorded.
func (c *eventAddCmd) eventsFromCSV(s *session, in *app.Inputs) ([]rules.Event, error) {
	r := s.in
	if c.FromCSV != "-" {
		f, err := os.Open(c.FromCSV)
		if err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		defer func() { _ = f.Close() }() // it was read only
		r = f
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	var ps document.Problems
	rows := readCSV(c.FromCSV, data, &ps)
	if err := ps.Err(); err != nil {
		return nil, err
	}
	var events []rules.Event
	for _, row := range rows {
		if e, ok := readCSVEvent(in, row, &ps); ok {
			e.AllUnits = c.AllUnits
			events = append(events, e)
			c.lines = append(c.lines, row)
		}
	}
	return events, ps.Err()
}

// csvRow is one line of a batch: what stands in which column.
type csvRow struct {
	at      document.Position
	cells   map[string]string
	columns map[string]int // of the names in the header, counted from 1
}

// where returns the place of a cell.
func (r csvRow) where(column string) document.Position {
	at := r.at
	at.Col = r.columns[column]
	return at
}

// about returns the place of what a refusal is about: its cell, or the line where the file has no such column.
func (r csvRow) about(why scheduler.Refusal) document.Position {
	column := map[scheduler.Refusal]string{
		scheduler.NoUnit: "unit", scheduler.OfGroup: "unit", scheduler.NoSubject: "subject",
	}[why]
	if r.columns[column] == 0 {
		return r.at
	}
	return r.where(column)
}

// readCSV reads a batch as spreadsheets write it: UTF-8, UTF-16 or GBK, with commas, semicolons or tabs. Rows and
// columns without any text are left out.
func readCSV(path string, data []byte, ps *document.Problems) []csvRow {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")) {
		ps.Add(
			document.Position{File: path},
			"the file is a workbook (.xlsx, .xls or the like); save it as \"CSV UTF-8\"",
		)
		return nil
	}
	data = document.Decode(data)
	if !utf8.Valid(data) {
		var err error
		if data, err = simplifiedchinese.GB18030.NewDecoder().Bytes(
			data,
		); err != nil ||
			bytes.ContainsRune(data, utf8.RuneError) {
			ps.Add(
				document.Position{File: path},
				"the file is neither UTF-8 nor UTF-16 nor GBK; save it as \"CSV UTF-8\"",
			)
			return nil
		}
	}
	if !bytes.ContainsRune(data, '\n') {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n")) // as spreadsheets on a Mac may end lines
	}
	batch := csv.NewReader(bytes.NewReader(data))
	batch.FieldsPerRecord, batch.TrimLeadingSpace = -1, true
	batch.Comma = separator(data)
	var header []string
	var rows []csvRow
	for {
		record, err := batch.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			at := document.Position{File: path, Line: 1, Col: 1}
			if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
				at.Line, at.Col, err = wrong.Line, max(wrong.Column, 1), wrong.Err
			}
			ps.Add(at, "%v", err)
			return nil
		}
		line, _ := batch.FieldPos(0)
		at := document.Position{File: path, Line: line, Col: 1}
		for i := range record {
			record[i] = strings.TrimSpace(record[i])
		}
		switch {
		case strings.Join(record, "") == "" || header == nil && strings.HasPrefix(record[0], "sep="):
		case header == nil:
			header = record
			checkCSVHeader(header, at, ps)
		default:
			rows = append(rows, newCSVRow(header, record, at, ps))
		}
	}
	if header == nil {
		ps.Add(document.Position{File: path}, "no header line: want the columns %s", strings.Join(csvColumns, ","))
	}
	return rows
}

// separator is what stands most often in the first line that has any: a spreadsheet writes what its system's list
// separator is.
func separator(data []byte) rune {
	best, most := ',', 0
	for line := range bytes.Lines(data) {
		for _, r := range ",;\t" {
			if n := bytes.Count(line, []byte(string(r))); n > most {
				best, most = r, n
			}
		}
		if most > 0 {
			break
		}
	}
	return best
}

// checkCSVHeader puts the names of columns in lower case, and reports what is unknown, missing or there twice.
func checkCSVHeader(header []string, at document.Position, ps *document.Problems) {
	for i, name := range header {
		name = strings.ToLower(name)
		here := document.Position{File: at.File, Line: at.Line, Col: i + 1}
		switch {
		case name == "":
		case !slices.Contains(csvColumns, name):
			ps.Add(here, "unknown column %q%s", name, document.Suggest(name, csvColumns))
		case slices.Contains(header[:i], name):
			ps.Add(here, "column %q stands twice", name)
		}
		header[i] = name
	}
	for _, name := range []string{"trigger", "at"} {
		if !slices.Contains(header, name) {
			ps.Add(at, "column %s is missing", name)
		}
	}
}

func newCSVRow(header, record []string, at document.Position, ps *document.Problems) csvRow {
	row := csvRow{at, map[string]string{}, map[string]int{}}
	for i, name := range header {
		row.columns[name] = i + 1
	}
	for i, cell := range record {
		switch {
		case cell == "":
		case i >= len(header) || header[i] == "":
			ps.Add(
				document.Position{File: at.File, Line: at.Line, Col: i + 1},
				"%q stands in a column without a name; put a text with commas in quotes",
				cell,
			)
		default:
			row.cells[header[i]] = cell
		}
	}
	return row
}

// subjectSeparator reports whether a character stands between the subjects of a cell.
func subjectSeparator(r rune) bool { return strings.ContainsRune(" ,;，、；+", r) }

func readCSVEvent(in *app.Inputs, row csvRow, ps *document.Problems) (rules.Event, bool) {
	moment, err := parseTime(row.cells["at"])
	if err != nil {
		ps.Add(row.where("at"), "at: %v", err)
	}
	e := rules.Event{
		Trigger: row.cells["trigger"],
		Unit:    row.cells["unit"],
		At:      moment,
		Ref:     row.cells["ref"],
		Title:   row.cells["title"],
		Subject: strings.Join(strings.FieldsFunc(row.cells["subject"], subjectSeparator), " "),
	}
	triggerErr := in.CheckTrigger(e.Trigger)
	if triggerErr != nil {
		ps.Add(row.where("trigger"), "%v", triggerErr)
	}
	var unitErr error
	if e.Unit != "" {
		if e.Unit, unitErr = in.Unit(e.Unit); unitErr != nil {
			ps.Add(row.where("unit"), "%v", unitErr)
		}
	}
	return e, err == nil && triggerErr == nil && unitErr == nil
}
