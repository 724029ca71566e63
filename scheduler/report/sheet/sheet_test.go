package sheet_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"qixian/rules/calendar"
	"qixian/scheduler/report/sheet"
)

// hostile are cells that mean something to an office program, or to what reads a CSV or the XML of a workbook.
var hostile = []string{
	`=1+1`,
	`+1`,
	`-1`,
	`@SUM(A1)`,
	`=cmd|' /C calc'!A0`,
	"\t=1",
	"\r\n=1",
	`＝1`,
	`"a","b"`,
	"a\nb",
	"<script>&amp;]]>",
	"\x00\x1b[31m",
	"\u202eabc",
	"\xff\xfe",
	"_x000D_",
	"県環保局 😀 𠮷",
	" lead and trail ",
	"1e5",
	"0012",
	"'",
	strings.Repeat("期", 40000),
}

func table() sheet.Sheet {
	s := sheet.Sheet{
		Name: "明细", Title: "标题", Columns: []sheet.Column{{"=单位", 20}, {"数", 8}, {"率", 8}, {"日", 12}, {"空", 4}},
	}
	for i, text := range hostile {
		s.Rows = append(s.Rows, []any{text, i - 1, sheet.Percent(923), calendar.NewDate(2026, time.October, 30), nil})
	}
	s.Rows = append(s.Rows, []any{"last", 0, sheet.Percent(1000), calendar.Date{}, nil})
	return s
}

// TestCSV reads back what was written: one line for each row, no cell a formula.
func TestCSV(t *testing.T) {
	var b bytes.Buffer
	if err := table().CSV(&b); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(b.String(), "\ufeff")
	if !ok {
		t.Error("no byte order mark")
	}
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != len(hostile)+2 || strings.Count(text, "\n") != len(lines) {
		t.Errorf("%d lines, %d line ends", len(lines), strings.Count(text, "\n"))
	}
	for i, line := range lines {
		if strings.IndexAny(line[0], "=+-@＝＋－＠\t\r") == 0 {
			t.Errorf("line %d can be taken for a formula: %q", i, line[0])
		}
	}
	if diff := cmp.Diff([]string{"'=1+1", "-1", "92.3%", "2026-10-30", ""}, lines[1]); diff != "" {
		t.Errorf("first row (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"last", "0", "100.0%", "", ""}, lines[len(lines)-1]); diff != "" {
		t.Errorf("last row (-want +got):\n%s", diff)
	}
}

func workbook(t *testing.T, at time.Time) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sheet.XLSX(
		&b,
		sheet.Properties{Title: "通报", Creator: "县政府办公室", At: at},
		table(),
		sheet.Sheet{Name: "空", Columns: []sheet.Column{{"无", 9}}},
	); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestXLSX reads back what was written: texts are texts and nothing is a formula, numbers are numbers and dates dates.
func TestXLSX(t *testing.T) {
	at := time.Date(2026, time.November, 2, 9, 0, 0, 0, calendar.Zone())
	raw := workbook(t, at)
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for i, text := range hostile {
		cell, err := excelize.CoordinatesToCellName(1, i+3)
		if err != nil {
			t.Fatal(err)
		}
		formula, err := f.GetCellFormula("明细", cell)
		if err != nil || formula != "" {
			t.Errorf("%q is a formula: %q, %v", text, formula, err)
		}
		kind, err := f.GetCellType("明细", cell)
		if err != nil || kind != excelize.CellTypeSharedString && kind != excelize.CellTypeInlineString {
			t.Errorf("%q has type %v, %v", text, kind, err)
		}
		got, err := f.GetCellValue("明细", cell)
		switch {
		case err != nil:
			t.Error(err)
		case len([]rune(text)) > excelize.TotalCellChars:
			if got != text[:len(got)] || len([]rune(got)) != excelize.TotalCellChars {
				t.Errorf("a long text has %d characters", len([]rune(got)))
			}
		case strings.ContainsAny(text, "\n\r\t\x00\u202e") || !utf8.ValidString(text):
			if strings.ContainsAny(got, "\n\r\t\x00\x1b\u202e") || !utf8.ValidString(got) {
				t.Errorf("%q became %q", text, got)
			}
		case got != text:
			t.Errorf("%q became %q", text, got)
		}
	}
	for cell, want := range map[string]string{"A1": "标题", "A2": "=单位", "B3": "-1", "C3": "92.3%", "D3": "2026-10-30", "E3": ""} {
		if got, err := f.GetCellValue("明细", cell); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", cell, got, err, want)
		}
	}
	if got, err := f.GetCellValue("明细", "D3", excelize.Options{RawCellValue: true}); err != nil || got != "46325" {
		t.Errorf("the date is %q, %v", got, err)
	}
	if diff := cmp.Diff([]string{"明细", "空"}, f.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	if p, err := f.GetDocProps(); err != nil || p.Created != "2026-11-02T01:00:00Z" || p.Modified != p.Created ||
		p.Creator != "县政府办公室" {
		t.Errorf("properties %+v, %v", p, err)
	}
	if l, err := f.GetPageLayout("明细"); err != nil || *l.Size != 9 || *l.FitToWidth != 1 {
		t.Errorf("layout %+v, %v", l, err)
	}
}

// TestXLSXAgain holds that the same table makes the same bytes, and another moment others.
func TestXLSXAgain(t *testing.T) {
	at := time.Date(2026, time.November, 2, 9, 0, 0, 0, calendar.Zone())
	first := workbook(t, at)
	for range 5 {
		if !bytes.Equal(first, workbook(t, at)) {
			t.Fatal("two workbooks of one table differ")
		}
	}
	if bytes.Equal(first, workbook(t, at.Add(time.Hour))) {
		t.Error("the workbook does not say when it was written")
	}
}
