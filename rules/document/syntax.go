package document

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxRetries bounds how many bytes are read again to find out which characters a file fails for.
const maxRetries = 4 * maxSize

// syntaxProblems says why a file is no YAML. Where it becomes one, or gets further, with YAML's own characters in place
// of stray ones, each of these is named at its place; the library knows neither.
func syntaxProblems(file string, data []byte, err error, ps *Problems) {
	text := string(data)
	candidates := findStrays(file, text)
	mended := syntaxError(mend(text, candidates, -1))
	if len(candidates) == 0 || mended != nil && syntaxPosition(file, mended).Line <= syntaxPosition(file, err).Line {
		ps.add(syntaxPosition(file, err), syntaxMessage(err))
		return
	}
	for i, c := range candidates {
		if len(candidates)*len(text) <= maxRetries &&
			message(syntaxError(mend(text, candidates, i))) == message(mended) {
			continue // nothing fails for it
		}
		ps.Add(c.at, "not YAML: %s", strayWords(c.r))
	}
	if mended != nil {
		ps.add(syntaxPosition(file, mended), syntaxMessage(mended))
	}
}

// mend puts YAML's own characters in place of stray ones, of all but one.
func mend(text string, candidates []stray, but int) string {
	var b strings.Builder
	from := 0
	for i, c := range candidates {
		if i == but {
			continue
		}
		b.WriteString(text[from:c.offset] + strays[c.r].want)
		from = c.offset + len(string(c.r))
	}
	return b.String() + text[from:]
}

func syntaxError(text string) error {
	d := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	for {
		var doc yaml.Node
		switch err := d.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

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

// syntaxMessage is the library's message without the place. Its Chinese is known for what a mistyped file meets.
func syntaxMessage(err error) Words {
	text := syntaxLine.ReplaceAllString(err.Error(), "")
	return Say("not YAML: %s", Term(unknownAnchor.ReplaceAllString(
		text,
		"an alias (*…) without its anchor; put a value that begins with * in quotes",
	)))
}
