package command

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"qixian/configs"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler/report/sheet"
)

// nasty is what nobody's title should hold: escape sequences of seven and of eight bits, a bell, a deletion, line ends
// of all kinds, marks that turn the direction of writing, a byte that is no character, and what a spreadsheet, a
// calendar and a page would take for their own.
const nasty = "=cmd|'/C calc'!A1\x1b[2J\x1b]0;owned\x07\u009b31m\x7f\x00\r\nBEGIN:VEVENT\rx\u0085\u2028\u2029\u202e\u2066,;\\\"<script>\x9b😀"

// checkScreen fails if a terminal would obey anything in what was printed.
func checkScreen(t testing.TB, printed string) {
	t.Helper()
	for i, r := range printed {
		if r == '\n' || r == '\t' || r == '\r' && strings.HasPrefix(printed[i:], "\r\n") {
			continue
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			t.Fatalf("%U was printed at byte %d of %q", r, i, printed)
		}
	}
}

func TestScreen(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "期限\t1\n", "期限\t1\n"},
		{"a line end of a calendar", "a\r\nb", "a\r\nb"},
		{"a carriage return", "good\rbad\n", "good\ufffdbad\n"},
		{"an escape sequence", "\x1b[31m红", "\ufffd[31m红"},
		{"a control character of eight bits", "\u009b31m", "\ufffd31m"},
		{"its byte alone", "\x9b31m", "\ufffd31m"},
		{"a turned direction", "a\u202eb\u2066c\u200ed", "a\ufffdb\ufffdc\ufffdd"},
		{"an emoji of several parts", "👩‍💻", "👩‍💻"},
	} {
		for _, step := range []int{1, 2, 3, 1000} {
			var out bytes.Buffer
			s := &screen{w: &out}
			for part := range slices.Chunk([]byte(tc.in), step) {
				if n, err := s.Write(part); n != len(part) || err != nil {
					t.Fatal(n, err)
				}
			}
			if out.String() != tc.want {
				t.Errorf("%s, %d bytes at a time: %q, want %q", tc.name, step, out.String(), tc.want)
			}
		}
	}
}

// FuzzScreen holds that nothing a terminal would obey passes, in whatever pieces it comes, and that all else does.
func FuzzScreen(f *testing.F) {
	f.Add([]byte(nasty), uint8(3))
	f.Add([]byte("期限\r\n\r"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		var out, whole bytes.Buffer
		s := &screen{w: &out}
		for part := range slices.Chunk(in, int(step)+1) {
			if _, err := s.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := (&screen{w: &whole}).Write(in); err != nil {
			t.Fatal(err)
		}
		if out.String() != whole.String() {
			t.Errorf("in pieces %q, whole %q", out.String(), whole.String())
		}
		checkScreen(t, out.String())
		if !strings.ContainsFunc(string(in), unsafe) && strings.ToValidUTF8(string(in), "") == string(in) &&
			out.String() != string(in) {
			t.Errorf("%q became %q", in, out.String())
		}
	})
}

func TestLinesStayLines(t *testing.T) {
	var out bytes.Buffer
	s := &session{out: &screen{w: &out}}
	s.say("%s: %d (%v)", nasty, 1, rules.Kind(nasty))
	writeTable(s.out, []column{{"title", 0}, {"unit", 9}}, [][]string{{nasty, "县环保局"}})
	checkScreen(t, out.String())
	if strings.Contains(out.String(), "\nBEGIN") {
		t.Errorf("a title begins a line:\n%s", out.String())
	}
}

// TestJSONLosesNothing holds that JSON is safe to look at, and still says what it was given.
func TestJSONLosesNothing(t *testing.T) {
	var out bytes.Buffer
	in := strings.ToValidUTF8(nasty, "\ufffd")
	if err := writeJSON(&out, in); err != nil {
		t.Fatal(err)
	}
	checkScreen(t, out.String())
	var back string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back != in {
		t.Errorf("read back %q, %v", back, err)
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		nasty, "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1", "'=1", `"=1"`, "a,b", "a;b", "", "期限",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		var out bytes.Buffer
		s := sheet.Sheet{Columns: []sheet.Column{{Name: "title"}, {Name: "row"}}, Rows: [][]any{{cell, 1}}}
		if err := s.CSV(&screen{w: &out}); err != nil {
			t.Fatal(err)
		}
		checkScreen(t, out.String())
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 2 {
			t.Fatalf("%d rows, %v: %q", len(rows), err, out.String())
		}
		got := rows[1][0]
		if strings.IndexAny(got, "=+-@\t\r\n＝＋－＠") == 0 {
			t.Errorf("%q is a formula to a spreadsheet", got)
		}
		if !strings.ContainsFunc(cell, unsafe) && strings.ToValidUTF8(cell, "") == cell &&
			strings.TrimPrefix(got, "'") != strings.TrimPrefix(cell, "'") {
			t.Errorf("%q became %q", cell, got)
		}
	})
}

// FuzzICS reads a calendar back: one event, whose title and description are whatever they were, in lines that a reader
// takes.
func FuzzICS(f *testing.F) {
	f.Add(nasty, "a,b;c\\n")
	f.Add("\r\nEND:VEVENT\r\nBEGIN:VEVENT", strings.Repeat("期限", 100))
	f.Add("x:y", "\\")
	f.Fuzz(func(t *testing.T, title, unit string) {
		var out bytes.Buffer
		due := rules.Due{Date: calendar.NewDate(2018, time.September, 30)}
		o := rules.Occurrence{
			Key:        "air-quality@2018-09",
			Due:        due,
			Lead:       []string{unit},
			Obligation: &rules.Obligation{Texts: rules.Texts{Title: title, Clause: title}},
			Rule:       &rules.Rule{},
		}
		if err := agendaICS(&screen{w: &out}, []rules.Occurrence{o}, time.Unix(1538000000, 0)); err != nil {
			t.Fatal(err)
		}
		checkScreen(t, out.String())
		for line := range strings.SplitSeq(strings.TrimSuffix(out.String(), "\r\n"), "\r\n") {
			if len(line) > 75 || strings.Contains(line, "\n") {
				t.Errorf("a line of %d bytes: %q", len(line), line)
			}
		}
		cal, err := ics.ParseCalendar(strings.NewReader(out.String()))
		if err != nil {
			t.Fatalf("%v:\n%s", err, out.String())
		}
		if n := len(cal.Events()); n != 1 {
			t.Fatalf("%d events:\n%s", n, out.String())
		}
		e := cal.Events()[0]
		if got, want := e.GetProperty(
			ics.ComponentPropertySummary,
		).Value, sheet.OneLine(
			title,
		)+"到期"; strings.TrimSpace(
			got,
		) != strings.TrimSpace(
			want,
		) {
			t.Errorf("the title is %q, want %q", got, want)
		}
	})
}

// TestLogQuotes holds that nothing in a value begins a line, or a key, of a log of either form.
func TestLogQuotes(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log := newLogger(&session{err: &screen{w: &out}}, configs.Log{Format: format})
		log.Info("event recorded", "title", nasty+` level=ERROR msg="forged"`, "unit", "甲\nlevel=ERROR")
		checkScreen(t, out.String())
		if n := strings.Count(out.String(), "\n"); n != 1 {
			t.Errorf("%s: %d lines:\n%s", format, n, out.String())
		}
		if format == "text" && strings.Contains(out.String(), ` msg="forged"`) {
			t.Errorf("a value begins a key: %s", out.String())
		}
	}
}

// TestNobodyPrintsPast holds that the commands print by say, note and the writers of output.go, which no control
// character passes.
func TestNobodyPrintsPast(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "screen.go" || name == "output.go" {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if ok &&
				(pkg.Name == "fmt" && (strings.HasPrefix(sel.Sel.Name, "Fprint") || strings.HasPrefix(sel.Sel.Name, "Print")) ||
					pkg.Name == "os" && (sel.Sel.Name == "Stdout" || sel.Sel.Name == "Stderr")) {
				t.Errorf("%s: %s.%s prints past the screen", fset.Position(sel.Pos()), pkg.Name, sel.Sel.Name)
			}
			return true
		})
	}
}
