package document

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Node is one value of a YAML file, with its position. Its methods never fail: what is wrong is added to the file's
// problems, a zero value is returned, and reading goes on, so that one reading finds every mistake.
type Node struct {
	yaml *yaml.Node
	file string
	ps   *Problems
}

// Parse reads one YAML file. Anchors, aliases, merge keys, tags, duplicate keys and a second document are problems:
// none is needed here, and each can hide what a file says. ok is false when the file is empty or cannot be read at all;
// where it is true there may still be problems, and the rest of the file can be read for more.
func Parse(file string, data []byte, ps *Problems) (root Node, ok bool) {
	if len(data) > maxSize {
		ps.Add(Position{File: file}, "the file has %d bytes; at most %d are read", len(data), maxSize)
		return Node{}, false
	}
	data = Decode(data)
	if at, bad := illegible(file, data); bad != (Words{}) {
		ps.add(at, bad)
		return Node{}, false
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := d.Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) {
			syntaxProblems(file, data, err, ps)
		}
		return Node{}, false
	}
	var second yaml.Node
	if err := d.Decode(&second); err == nil {
		ps.Add(
			Position{file, max(second.Line, 1), max(second.Column, 1)},
			"a second document begins here; a file holds one",
		)
		return Node{}, false
	} else if !errors.Is(err, io.EOF) {
		syntaxProblems(file, data, err, ps)
		return Node{}, false
	}
	if len(doc.Content) == 0 {
		return Node{}, false
	}
	root = Node{doc.Content[0], file, ps}
	values := 0
	if !root.refuse(0, &values) || root.isNull() {
		return Node{}, false
	}
	return root, true
}

// illegible finds the first character that a text file cannot hold. An editor that saves Chinese as GBK is the usual
// cause, and the YAML library would say neither where nor why.
func illegible(file string, data []byte) (Position, Words) {
	at := Position{file, 1, 1}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			return at, Say("byte 0x%02X is not UTF-8; save the file as UTF-8 (not GBK)", data[i])
		case r != '\t' && r != '\n' && r != '\r' && unicode.IsControl(r):
			return at, Say("control character U+%04X; delete it", r)
		case unicode.Is(unicode.Bidi_Control, r):
			return at, Say(
				"U+%04X turns the direction of writing, so that a line does not say what it shows; delete it",
				r,
			)
		case r == '\n':
			at.Line, at.Col = at.Line+1, 1
		default:
			at.Col++
		}
		i += size
	}
	return Position{}, Words{}
}

// What one file may hold, far above what any has.
const (
	maxDepth  = 40     // lists and mappings within one another
	maxValues = 100000 // keys count, too
	maxText   = 20000  // characters of one value
	maxLine   = 300    // characters of one that is shown in a line
)

// refuse reports every construct that this program does not read, and does not repeat it: it may be a password that was
// not put in quotes. It returns false, and the file is not read further, where there is too much of something.
func (n Node) refuse(depth int, values *int) bool {
	if bad := n.tooMuch(depth, values); bad != (Words{}) {
		n.ps.add(n.Position(), bad)
		return false
	}
	if n.yaml.Kind == yaml.AliasNode {
		n.ps.Add(n.Position(), "an alias (*…); write the value itself, in quotes if it begins with *")
		return true
	}
	if n.yaml.Anchor != "" {
		n.Problem("an anchor (&…); write the value where it is needed, in quotes if it begins with &")
	}
	if n.yaml.Style&yaml.TaggedStyle != 0 {
		n.Problem("a tag (!…); write the plain value, in quotes if it begins with !")
	}
	if err := CheckText(n.yaml.Value, maxText); err != nil {
		n.Problem("a text that cannot be read: %v", err)
	}
	if n.yaml.Kind == yaml.MappingNode {
		n.refuseKeys()
	}
	for _, c := range n.yaml.Content {
		if !n.child(c).refuse(depth+1, values) {
			return false
		}
	}
	return true
}

// tooMuch counts a value, and says what there is too much of, if there is.
func (n Node) tooMuch(depth int, values *int) Words {
	*values++
	switch length := utf8.RuneCountInString(n.yaml.Value); {
	case *values > maxValues:
		return Say("the file holds more than %d values; divide it", maxValues)
	case depth > maxDepth:
		return Say("more than %d lists and mappings stand within one another", maxDepth)
	case length > maxText:
		return Say("a text of %d characters; at most %d are read", length, maxText)
	}
	return Words{}
}

func (n Node) refuseKeys() {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		k := n.child(n.yaml.Content[i])
		line, dup := seen[k.yaml.Value]
		switch {
		case k.yaml.Kind != yaml.ScalarNode:
			k.Problem("a key must be a plain word")
			continue
		case k.yaml.Tag == "!!merge":
			k.Problem("<< is a merge key; write the keys themselves")
		case dup:
			k.Problem("key %q stands twice; the first is in line %d", k.yaml.Value, line)
		default:
			seen[k.yaml.Value] = k.yaml.Line
		}
	}
}

func (n Node) child(c *yaml.Node) Node { return Node{c, n.file, n.ps} }

func (n Node) isNull() bool {
	return n.yaml == nil || n.yaml.Kind == yaml.ScalarNode && n.yaml.Tag == "!!null"
}

func (n Node) isScalar() bool {
	return n.yaml != nil && n.yaml.Kind == yaml.ScalarNode && n.yaml.Tag != "!!null"
}

// Position returns where the value begins; of no value at all, the file alone.
func (n Node) Position() Position {
	if n.yaml == nil {
		return Position{File: n.file}
	}
	return Position{n.file, max(n.yaml.Line, 1), max(n.yaml.Column, 1)}
}

// Problem reports a mistake at this value; where the message repeats a value that holds a full-width character or the
// like, at that character. An alias was reported when the file was parsed and a missing value has no place of its own,
// so of these nothing more is said.
func (n Node) Problem(format string, args ...any) {
	if n.yaml == nil || n.ps == nil || n.yaml.Kind == yaml.AliasNode {
		return
	}
	at, w := n.Position(), Say(format, args...)
	if n.yaml.Kind == yaml.ScalarNode && strings.Contains(w.english, strconv.Quote(n.yaml.Value)) {
		if index, stray := strayIn(n.yaml.Value); stray != (Words{}) {
			if n.yaml.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
				index++
			}
			at.Col += index
			w = w.and(stray)
		}
	}
	n.ps.add(at, w)
}

// IsZero reports whether n is no value at all, as a missing field is.
func (n Node) IsZero() bool { return n.yaml == nil }

// IsMapping reports whether the value is a mapping.
func (n Node) IsMapping() bool { return n.yaml != nil && n.yaml.Kind == yaml.MappingNode }

// IsSequence reports whether the value is a list.
func (n Node) IsSequence() bool { return n.yaml != nil && n.yaml.Kind == yaml.SequenceNode }

// Field is a key of a mapping with its value.
type Field struct {
	Key   Node
	Name  string
	Value Node
}

// Entries returns the fields of a mapping whose keys are free, in the order of the file; of a key that stands twice,
// the first.
func (n Node) Entries() []Field {
	if !n.IsMapping() {
		n.Problem("%s stands where a mapping (key: value) is wanted", n.describe())
		return nil
	}
	fields := make([]Field, 0, len(n.yaml.Content)/2)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		k := n.yaml.Content[i]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" || seen[k.Value] {
			continue
		}
		seen[k.Value] = true
		fields = append(fields, Field{n.child(k), k.Value, n.child(n.yaml.Content[i+1])})
	}
	return fields
}

// Fields returns the values of a mapping whose keys are fixed; an unknown key is a problem that names the nearest known
// one.
func (n Node) Fields(known ...string) map[string]Node {
	m := map[string]Node{}
	for _, f := range n.Entries() {
		if !slices.Contains(known, f.Name) {
			f.Key.Problem("unknown key %q%s", f.Name, Suggest(f.Name, known))
			continue
		}
		m[f.Name] = f.Value
	}
	return m
}

// Items returns the values of a list.
func (n Node) Items() []Node {
	if !n.IsSequence() {
		n.Problem("%s stands where a list is wanted", n.describe())
		return nil
	}
	items := make([]Node, len(n.yaml.Content))
	for i, c := range n.yaml.Content {
		items[i] = n.child(c)
	}
	return items
}

// Text returns a plain value as it is written, numbers and dates included. No value is a problem; an empty text in
// quotes is not.
func (n Node) Text() string {
	if !n.isScalar() {
		n.Problem("%s stands where a text is wanted", n.describe())
		return ""
	}
	return n.yaml.Value
}

// Line is Text for what is shown in one line, such as a name or a title: space around it is dropped, and nothing but
// space, or a line break inside it, is a problem.
func (n Node) Line() string {
	if !n.isScalar() {
		return n.Text()
	}
	v := strings.TrimSpace(n.yaml.Value)
	switch {
	case v == "":
		n.Problem("an empty text stands here; write the text or leave the key out")
	case strings.ContainsAny(v, "\n\r\u0085\u2028\u2029"):
		n.Problem("a line break stands in a text of one line; write it in one line")
		return ""
	case utf8.RuneCountInString(v) > maxLine:
		n.Problem("a text of one line has %d characters; at most %d are allowed", utf8.RuneCountInString(v), maxLine)
		return ""
	}
	return v
}

// Texts returns a list of plain values.
func (n Node) Texts() []string {
	items := n.Items()
	texts := make([]string, 0, len(items))
	for _, i := range items {
		texts = append(texts, i.Text())
	}
	return texts
}

// Int returns a whole number from low to high, both inclusive.
func (n Node) Int(low, high int) int {
	if n.isScalar() {
		if v, err := strconv.Atoi(n.yaml.Value); err == nil && v >= low && v <= high {
			return v
		}
	}
	n.Problem("%s stands where a whole number from %d to %d is wanted", n.describe(), low, high)
	return 0
}

// Bool returns true or false.
func (n Node) Bool() bool {
	if n.isScalar() && n.yaml.Tag == "!!bool" {
		if v, err := strconv.ParseBool(n.yaml.Value); err == nil {
			return v
		}
	}
	n.Problem("%s stands where true or false is wanted", n.describe())
	return false
}

// OneOf returns a plain value that must be one of the words given.
func (n Node) OneOf(words ...string) string {
	v := n.Text()
	if v == "" {
		return ""
	}
	if !slices.Contains(words, v) {
		n.Problem("%q is not one of %s%s", v, Join(words, ", "), DidYouMean(v, words))
		return ""
	}
	return v
}

func (n Node) describe() Words {
	switch {
	case n.isNull():
		return Say("nothing")
	case n.yaml.Kind == yaml.MappingNode:
		return Say("a mapping")
	case n.yaml.Kind == yaml.SequenceNode:
		return Say("a list")
	default:
		return Say("%q", n.yaml.Value)
	}
}
