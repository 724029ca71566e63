package sheet

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/xuri/excelize/v2"

	"qixian/rules/calendar"
)

// XLSX writes sheets as a workbook. Texts are written as texts, never as formulas; dates and numbers as such, so that
// they sort and sum. Each sheet prints on A4, its head on every page.
func XLSX(w io.Writer, p Properties, sheets ...Sheet) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	b := &book{f: f}
	b.styles()
	for i, s := range sheets {
		b.write(i, s)
	}
	at := p.At.UTC().Format(time.RFC3339)
	b.try(f.SetDocProps(&excelize.DocProperties{
		Title: OneLine(
			p.Title,
		),
		Creator:        OneLine(p.Creator),
		LastModifiedBy: OneLine(p.Creator),
		Created:        at,
		Modified:       at,
		Language:       "zh-CN",
	}))
	b.try(f.SetAppProps(&excelize.AppProperties{Application: "Qixian"}))
	if b.err != nil {
		return fmt.Errorf("write workbook: %w", b.err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// book is a workbook as it is filled. Its first error stops nothing but is kept: a style or a width that could not be
// set is a mistake of ours.
type book struct {
	f   *excelize.File
	err error

	title, head, body, number, share, day int
}

func (b *book) try(err error) { b.err = cmp.Or(b.err, err) }

// styles makes the styles of all sheets.
func (b *book) styles() {
	const font = "宋体"
	grey := []excelize.Border{
		{Type: "left", Color: "BFBFBF", Style: 1},
		{Type: "right", Color: "BFBFBF", Style: 1},
		{Type: "top", Color: "BFBFBF", Style: 1},
		{Type: "bottom", Color: "BFBFBF", Style: 1},
	}
	style := func(s excelize.Style) int {
		id, err := b.f.NewStyle(&s)
		b.try(err)
		return id
	}
	cell := func(horizontal, format string) int {
		s := excelize.Style{
			Border: grey, Font: &excelize.Font{Family: font, Size: 10.5},
			Alignment: &excelize.Alignment{Horizontal: horizontal, Vertical: "center", WrapText: true},
		}
		if format != "" {
			s.CustomNumFmt = &format
		}
		return style(s)
	}
	b.title = style(excelize.Style{Font: &excelize.Font{Family: font, Size: 14, Bold: true}})
	b.head = style(excelize.Style{
		Border: grey, Font: &excelize.Font{Family: font, Size: 10.5, Bold: true},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DCE6F1"}},
		Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true},
	})
	b.body, b.number, b.share, b.day = cell(
		"left",
		"@",
	), cell(
		"right",
		"0",
	), cell(
		"right",
		"0.0%",
	), cell(
		"center",
		"yyyy-mm-dd",
	)
}

// write fills the i-th sheet.
func (b *book) write(i int, s Sheet) {
	if i == 0 {
		b.try(b.f.SetSheetName(b.f.GetSheetName(0), s.Name))
	} else {
		_, err := b.f.NewSheet(s.Name)
		b.try(err)
	}
	head := 1
	if s.Title != "" {
		b.try(b.f.SetCellStr(s.Name, "A1", literal(s.Title)))
		b.try(b.f.SetCellStyle(s.Name, "A1", "A1", b.title))
		head = 2
	}
	for c, column := range s.Columns {
		name := b.column(c)
		b.try(b.f.SetColWidth(s.Name, name, name, column.Width))
		at := b.at(c, head)
		b.try(b.f.SetCellStr(s.Name, at, literal(column.Name)))
		b.try(b.f.SetCellStyle(s.Name, at, at, b.head))
	}
	for r, row := range s.Rows {
		for c, cell := range row {
			b.cell(s.Name, b.at(c, head+1+r), cell)
		}
	}
	b.layOut(s, head)
}

// cell fills one cell.
func (b *book) cell(sheet, at string, cell any) {
	style := b.body
	switch v := cell.(type) {
	case nil:
	case int:
		style = b.number
		b.try(b.f.SetCellInt(sheet, at, int64(v)))
	case Percent:
		style = b.share
		b.try(b.f.SetCellFloat(sheet, at, float64(v)/1000, 3, 64))
	case calendar.Date:
		style = b.day
		if !v.IsZero() {
			b.try(b.f.SetCellValue(sheet, at, time.Date(v.Year(), v.Month(), v.Day(), 0, 0, 0, 0, time.UTC)))
		}
	default:
		b.try(b.f.SetCellStr(sheet, at, literal(fmt.Sprint(cell))))
	}
	b.try(b.f.SetCellStyle(sheet, at, at, style))
}

// escape is how a workbook writes a character that XML cannot hold: _x000D_ is read as a carriage return.
var escape = regexp.MustCompile(`_(x[0-9A-Fa-f]{4}_)`)

// literal returns a text that is read as it stands. The library escapes shared texts in its index only (v2.11.1), and
// so reads back another.
func literal(s string) string { return escape.ReplaceAllString(OneLine(s), "_x005F_$1") }

// layOut makes a sheet readable on a screen and on paper.
func (b *book) layOut(s Sheet, head int) {
	last := b.at(max(len(s.Columns)-1, 0), head+len(s.Rows))
	b.try(
		b.f.SetPanes(
			s.Name,
			&excelize.Panes{Freeze: true, YSplit: head, TopLeftCell: b.at(0, head+1), ActivePane: "bottomLeft"},
		),
	)
	b.try(b.f.AutoFilter(s.Name, fmt.Sprintf("%s:%s", b.at(0, head), last), nil))
	b.try(b.f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$%d:$%d", s.Name, head, head), Scope: s.Name,
	}))
	paper, fit, landscape := 9, 0, "landscape" // 9 is A4; a height of 0 pages is as many as it takes
	wide := 1
	b.try(
		b.f.SetPageLayout(
			s.Name,
			&excelize.PageLayoutOptions{Size: &paper, Orientation: &landscape, FitToWidth: &wide, FitToHeight: &fit},
		),
	)
	yes := true
	b.try(b.f.SetSheetProps(s.Name, &excelize.SheetPropsOptions{FitToPage: &yes}))
	b.try(b.f.SetHeaderFooter(s.Name, &excelize.HeaderFooterOptions{OddFooter: "&C第&P页 共&N页"}))
}

// at names the cell in a column, counted from 0, and a row, counted from 1.
func (b *book) at(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column+1, row)
	b.try(err)
	return name
}

func (b *book) column(i int) string {
	name, err := excelize.ColumnNumberToName(i + 1)
	b.try(err)
	return name
}
