package document

import (
	"unicode"
	"unicode/utf8"
)

// CheckText says what keeps s from being a text that is shown, mailed and printed: more than so many characters, bytes
// that are no UTF-8, a character that is obeyed rather than shown. Line ends and tabs may stand in it.
func CheckText(s string, most int) error {
	if !utf8.ValidString(s) {
		return Errorf("it is not UTF-8")
	}
	if n := utf8.RuneCountInString(s); n > most {
		return Errorf("it has %d characters; at most %d are allowed", n, most)
	}
	for _, r := range s {
		if r == '\n' || r == '\r' || r == '\t' {
			continue
		}
		if what := obeyed(r); what != (Words{}) {
			return Errorf("it holds U+%04X, %s; delete it", r, what)
		}
	}
	return nil
}

// obeyed says what a character does where it should only be looked at; empty of one that only is.
func obeyed(r rune) Words {
	switch {
	case unicode.IsControl(r):
		return Say("a control character")
	case r == '\u2028' || r == '\u2029':
		return Say("a line end")
	case unicode.Is(unicode.Bidi_Control, r):
		return Say("which turns the direction of writing")
	}
	return Words{}
}
