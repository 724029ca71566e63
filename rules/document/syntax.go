package document

import (
	"regexp"
	"strconv"
)

var syntaxLine = regexp.MustCompile(`line (\d+)(?:, column (\d+))?:? ?`)

// syntaxPosition finds the place that the YAML library names in its message.
func syntaxPosition(file string, err error) Position {
	p := Position{File: file}
	if m := syntaxLine.FindStringSubmatch(err.Error()); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		p.Col, _ = strconv.Atoi(m[2])
		p.Line, p.Col = max(p.Line, 1), max(p.Col, 1)
	}
	return p
}

// unknownAnchor is the one message of the YAML library that repeats a value.
var unknownAnchor = regexp.MustCompile(`unknown anchor '.*' referenced`)

func syntaxMessage(err error) string {
	text := syntaxLine.ReplaceAllString(err.Error(), "")
	return "not YAML: " + unknownAnchor.ReplaceAllString(text, "an alias (*…) without its anchor; put a value that begins with * in quotes")
}
