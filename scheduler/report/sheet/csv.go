package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"qixian/rules/calendar"
)

// CSV writes the sheet as RFC 4180 has it, with a byte order mark, without which office programs misread Chinese. Dates
// are written YYYY-MM-DD.
func (s Sheet) CSV(w io.Writer) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	line := make([]string, len(s.Columns))
	for i, column := range s.Columns {
		line[i] = harmless(column.Name)
	}
	if err := c.Write(line); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	for _, row := range s.Rows {
		for i, cell := range row {
			line[i] = text(cell)
		}
		if err := c.Write(line); err != nil {
			return fmt.Errorf("write csv: %w", err)
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

// text writes a cell.
func text(cell any) string {
	switch v := cell.(type) {
	case nil:
		return ""
	case int:
		return strconv.Itoa(v)
	case Percent:
		return v.String()
	case calendar.Date:
		if v.IsZero() {
			return ""
		}
		return v.String()
	default:
		return harmless(fmt.Sprint(v))
	}
}

// String writes a share: 92.3%.
func (p Percent) String() string { return fmt.Sprintf("%d.%d%%", p/10, p%10) }

// harmless returns a cell that no spreadsheet takes for a formula: one that begins like one, in ASCII or in full width,
// is led by an apostrophe.
func harmless(cell string) string {
	if strings.IndexAny(cell, "=+-@\t\r\n＝＋－＠") == 0 {
		cell = "'" + cell
	}
	return OneLine(cell)
}
