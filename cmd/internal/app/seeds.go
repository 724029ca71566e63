package app

import (
	"io/fs"
	"slices"
)

// withoutCalendar is a seeds directory less its calendar, whose files are not the catalogue's.
type withoutCalendar struct{ fs.FS }

// ReadDir lists a directory, at the root without the calendar.
func (w withoutCalendar) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(w.FS, name)
	if name == "." {
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "calendar" })
	}
	return entries, err
}
