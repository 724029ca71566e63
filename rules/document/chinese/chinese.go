// Package chinese is the catalogue of what is wrong with a file, in the words of the office: for every English format
// that reports a problem its Chinese form, with the same verbs. Keys and values stay as they are written in the file.
// A problem that is reported by a new format needs its form here; a test walks the sources for those that have none.
//
// It is a map rather than golang.org/x/text/message/catalog, which would write the year 2026 as 2,026.
package chinese

import "strings"

// Of returns the Chinese form of an English format of fmt, or false if there is none. One that consists of verbs alone
// is its own form.
func Of(format string) (string, bool) {
	for _, forms := range []map[string]string{files, catalogue, rule, calendar, configuration, findings} {
		if form, ok := forms[format]; ok {
			return form, true
		}
	}
	return strings.ReplaceAll(format, ": ", "："), verbsAlone(format)
}

// verbsAlone reports whether a format has no word of its own, as "%s: %v".
func verbsAlone(format string) bool {
	return strings.Trim(format, "%sqdvw: ;") == ""
}
