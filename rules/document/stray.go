package document

import (
	"fmt"
	"strings"
	"unicode"
)

// strays are the characters that a Chinese input method, a word processor or a web page puts in place of YAML's own,
// and what YAML wants.
var strays = map[rune]struct{ name, want string }{
	'：': {
		"a full-width colon",
		": ",
	},
	'，': {"a full-width comma", ","},
	'、': {"a Chinese comma", ","},
	'；': {"a full-width semicolon", ";"},
	'“': {
		"a Chinese quotation mark",
		`"`,
	},
	'”': {"a Chinese quotation mark", `"`},
	'＂': {"a full-width quotation mark", `"`},
	'‘': {
		"a Chinese quotation mark",
		"'",
	},
	'’': {"a Chinese quotation mark", "'"},
	'＇': {"a full-width quotation mark", "'"},
	'｛': {
		"a full-width bracket",
		"{",
	},
	'｝': {"a full-width bracket", "}"},
	'［': {"a full-width bracket", "["},
	'］': {"a full-width bracket", "]"},
	'【': {
		"a Chinese bracket",
		"[",
	},
	'】': {"a Chinese bracket", "]"},
	'（': {"a full-width bracket", "("},
	'）': {"a full-width bracket", ")"},
	'－': {
		"a full-width hyphen",
		"-",
	},
	'＃':  {"a full-width number sign", "#"},
	'／':  {"a full-width slash", "/"},
	'．':  {"a full-width full stop", "."},
	'＠':  {"a full-width at sign", "@"},
	'\t': {"a tab", "  "},
	'\u3000': {
		"a full-width space",
		" ",
	},
	'\u00a0': {"a no-break space", " "},
	'\u202f': {"a no-break space", " "},
	'\u2007': {"a no-break space", " "},
	'\u200b': {"a space without width", ""},
	'\ufeff': {"a byte order mark", ""},
}

// strayWords says what a stray character is, and what to write in its place.
func strayWords(r rune) Words {
	s := strays[r]
	shown := string(r)
	if !unicode.IsPrint(r) {
		shown = fmt.Sprintf("U+%04X", r)
	}
	switch s.want {
	case "":
		return Say("%s is %s; delete it", shown, Term(s.name))
	case " ", "  ":
		return Say("%s is %s; write plain spaces", shown, Term(s.name))
	case ": ":
		return Say("%s is %s; write : and a space", shown, Term(s.name))
	}
	return Say("%s is %s; write %s", shown, Term(s.name), s.want)
}

// strayIn finds the first stray character of a value that was refused. Brackets are a Chinese name's own.
func strayIn(value string) (index int, words Words) {
	han := strings.ContainsFunc(value, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	for _, r := range value {
		if r >= '０' && r <= '９' {
			return index, Say("%c is a full-width digit; write %d", r, r-'０')
		}
		if _, is := strays[r]; is && (!han || !strings.ContainsRune("（）【】", r)) {
			return index, strayWords(r)
		}
		index++
	}
	return 0, Words{}
}

// stray is a character of a file that may be the reason why it is no YAML.
type stray struct {
	at     Position
	offset int // in bytes
	r      rune
}

// findStrays returns the stray characters of a file that stand outside comments, quoted and block texts, where YAML's
// own would mean something.
func findStrays(file, text string) []stray {
	var found []stray
	s := strayScanner{block: -1}
	offset := 0
	for i, line := range strings.SplitAfter(text, "\n") {
		for _, c := range s.line(line) {
			found = append(found, stray{Position{file, i + 1, c.col}, offset + c.offset, c.r})
		}
		offset += len(line)
	}
	return found
}

// strayScanner is where in a file the scan is.
type strayScanner struct {
	block int  // the indentation of the key whose block text goes on; -1: none
	flow  int  // brackets open
	quote rune // the quotation mark that is open; 0: none
}

type strayInLine struct {
	col, offset int
	r           rune
}

func (s *strayScanner) line(line string) (found []strayInLine) {
	body := strings.TrimRight(line, " \r\n")
	blank := strings.TrimLeft(body, " ")
	indent := len(body) - len(blank)
	if s.block >= 0 && (blank == "" || indent > s.block) {
		return nil
	}
	s.block = -1
	var (
		before  = ' ' // the last character that is no space; a space at the beginning of a value
		last    = ' ' // the last character
		leading = true
		keyed   bool // the entry has its colon
		col     int
	)
	for offset, r := range body {
		col++
		here := strayInLine{col, offset, r}
		starts := before == ' ' || strings.ContainsRune(":,[{-", before)
		switch _, is := strays[r]; {
		case s.quote != 0:
			if r == s.quote {
				s.quote = 0
			}
		case r == '#' && unicode.IsSpace(last):
			return found
		case (r == '"' || r == '\'') && starts:
			s.quote = r
		case strings.ContainsRune("[{", r) && starts:
			s.flow++
			keyed = false
		case strings.ContainsRune("]}", r):
			s.flow = max(s.flow-1, 0)
		case r == ',' && s.flow > 0:
			keyed = false
		case r == ':':
			keyed = true
		case is && s.structural(r, body[offset+len(string(r)):], starts, leading, keyed):
			found = append(found, here)
			keyed = keyed || r == '：'
		}
		last = r
		if !unicode.IsSpace(r) {
			before, leading = r, false
		}
	}
	if s.quote == 0 && s.flow == 0 && blockText(body) {
		s.block = indent
	}
	return found
}

// structural reports whether a stray character stands where YAML's own would be no part of a text.
func (s *strayScanner) structural(r rune, rest string, starts, leading, keyed bool) bool {
	ends := strings.TrimLeft(rest, " ") == "" || strings.ContainsRune(",:]}：，", []rune(strings.TrimLeft(rest, " "))[0])
	switch r {
	case '：':
		return !keyed
	case '，', '、':
		return s.flow > 0
	case '\t', '－', '＃':
		return leading
	case '；', '／', '．', '＠', '（', '）':
		return false
	}
	return starts || ends || unicode.IsSpace(r) || strays[r].want == ""
}

// blockText reports whether a line ends with the mark of a block text: | or >, perhaps with how to end it.
func blockText(line string) bool {
	word := line[strings.LastIndexAny(line, " :")+1:]
	return word != "" && strings.ContainsRune("|>", rune(word[0])) && strings.Trim(word[1:], "+-123456789") == ""
}
