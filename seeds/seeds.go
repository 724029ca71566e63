// Package seeds holds the data that the program brings along, embedded so that one file is enough to run: the table of
// obligations and the calendar of working days. It computes nothing; packages rules and rules/calendar read it, from
// here or from a directory of the same shape.
//
// The catalogue:
//   - table-2018.yaml is the 185 rows of 2018年宁阳县政务公开重点工作任务分解表, text and units as its Word document has them, with the
//     decision written beside every row whose merged cells can be read in more than one way.
//   - units.yaml is the organisations that its unit columns name, its groups with their members, and the spellings
//     that mean one unit.
//   - triggers.yaml is what starts a clock, grouped by what happens at one moment.
//   - obligations/ is every clause of the rows that has a time element, one file for each section of the table. Where
//     the table leaves something open, the default and its reason stand in assumed; a figure that comes from a statute
//     or a notice names it in basis.
//
// The calendar is one file for each year, after the notices of the General Office of the State Council on the
// arrangement of public holidays (国务院办公厅关于部分节假日安排的通知) that it names, and festivals.yaml, after 全国年节及纪念日放假办法.
package seeds

import (
	"embed"
	"io/fs"
)

var (
	//go:embed table-2018.yaml units.yaml triggers.yaml obligations/*.yaml
	catalogue embed.FS
	//go:embed calendar/*.yaml
	years embed.FS
)

// Catalogue returns the files of the catalogue's first layer: rows, units, triggers and obligations, and nothing else.
func Catalogue() fs.FS { return catalogue }

// Calendar returns the calendar directory: its files stand at the root.
func Calendar() fs.FS {
	sub, err := fs.Sub(years, "calendar")
	if err != nil {
		panic(err) // only an invalid path can fail, and this one is a constant
	}
	return sub
}
