package configs

import "qixian/rules/document"

// loadEntries reads a file whose one field holds entries, and hands each on. The error is document.Problems.
func loadEntries(path, field string, read func(document.Field)) error {
	var ps document.Problems
	data, err := document.Read(path)
	if err != nil {
		ps.Add(document.Position{File: path}, "%v", unread(path, err))
		return ps.Err()
	}
	root, ok := document.Parse(path, data, &ps)
	if !ok {
		return ps.Err()
	}
	if n := root.Fields(field)[field]; !n.IsZero() {
		for _, f := range n.Entries() {
			read(f)
		}
	}
	return ps.Err()
}
