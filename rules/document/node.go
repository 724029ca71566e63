package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// maxSize bounds one file: far above any table, far below what would trouble a small machine.
const maxSize = 4 << 20

// Node is one value of a YAML file, with its position. Its methods never fail: what is wrong is added to the file's
// problems, a zero value is returned, and reading goes on, so that one reading finds every mistake.
type Node struct {
	yaml *yaml.Node
	file string
	ps   *Problems
}

// Parse reads one YAML file. Anchors, aliases, merge keys, tags, duplicate keys and a second document are problems: none is needed
// here, and each can hide what a file says. ok is false when the file is empty or cannot be read at all.
func Parse(file string, data []byte, ps *Problems) (root Node, ok bool) {
	if len(data) > maxSize {
		ps.Add(Position{File: file}, "the file has %d bytes; at most %d are read", len(data), maxSize)
		return Node{}, false
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := d.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return Node{}, false
		}
		ps.Add(syntaxPosition(file, err), "%s", syntaxMessage(err))
		return Node{}, false
	}
	var second yaml.Node
	if err := d.Decode(&second); err == nil {
		ps.Add(Position{file, second.Line, max(second.Column, 1)}, "a second document begins here; a file holds one")
		return Node{}, false
	} else if !errors.Is(err, io.EOF) {
		ps.Add(syntaxPosition(file, err), "%s", syntaxMessage(err))
		return Node{}, false
	}
	if len(doc.Content) == 0 {
		return Node{}, false
	}
	root = Node{doc.Content[0], file, ps}
	if root.yaml.Kind == yaml.ScalarNode && root.yaml.Tag == "!!null" {
		return Node{}, false
	}
	before := len(*ps)
	root.refuse()
	return root, len(*ps) == before
}

// refuse reports every construct that this program does not read.
func (n Node) refuse() {
	switch {
	case n.yaml.Kind == yaml.AliasNode:
		n.Problem("*%s is an alias; write the value itself", n.yaml.Value)
		return
	case n.yaml.Anchor != "":
		n.Problem("&%s is an anchor; write the value where it is needed", n.yaml.Anchor)
	case n.yaml.Style&yaml.TaggedStyle != 0:
		n.Problem("%s is a tag; write the plain value", n.yaml.Tag)
	}
	if n.yaml.Kind == yaml.MappingNode {
		seen := map[string]int{}
		for i := 0; i+1 < len(n.yaml.Content); i += 2 {
			k := n.child(n.yaml.Content[i])
			if k.yaml.Kind != yaml.ScalarNode {
				k.Problem("a key must be a plain word")
				continue
			}
			if k.yaml.Tag == "!!merge" {
				k.Problem("<< is a merge key; write the keys themselves")
			}
			if line, dup := seen[k.yaml.Value]; dup {
				k.Problem("key %q stands twice; the first is in line %d", k.yaml.Value, line)
			}
			seen[k.yaml.Value] = k.yaml.Line
		}
	}
	for _, c := range n.yaml.Content {
		n.child(c).refuse()
	}
}

func (n Node) child(c *yaml.Node) Node { return Node{c, n.file, n.ps} }

// Position returns where the value begins.
func (n Node) Position() Position { return Position{n.file, n.yaml.Line, n.yaml.Column} }

// Problem reports a mistake at this value.
func (n Node) Problem(format string, args ...any) { n.ps.Add(n.Position(), format, args...) }

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

// Entries returns the fields of a mapping whose keys are free, in the order of the file.
func (n Node) Entries() []Field {
	if !n.IsMapping() {
		n.Problem("%s stands where a mapping (key: value) is wanted", n.describe())
		return nil
	}
	fields := make([]Field, 0, len(n.yaml.Content)/2)
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		fields = append(fields, Field{n.child(n.yaml.Content[i]), n.yaml.Content[i].Value, n.child(n.yaml.Content[i+1])})
	}
	return fields
}

// Fields returns the values of a mapping whose keys are fixed; an unknown key is a problem that names the nearest known one.
func (n Node) Fields(known ...string) map[string]Node {
	m := map[string]Node{}
	for _, f := range n.Entries() {
		if !contains(known, f.Name) {
			f.Key.Problem("unknown key %q%s", f.Name, suggestion(f.Name, known))
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

// Text returns a plain value as it is written, numbers and dates included. An empty value is a problem.
func (n Node) Text() string {
	if n.yaml.Kind != yaml.ScalarNode || n.yaml.Tag == "!!null" {
		n.Problem("%s stands where a text is wanted", n.describe())
		return ""
	}
	return n.yaml.Value
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
	v, err := strconv.Atoi(n.yaml.Value)
	if n.yaml.Kind != yaml.ScalarNode || err != nil || v < low || v > high {
		n.Problem("%s stands where a whole number from %d to %d is wanted", n.describe(), low, high)
		return 0
	}
	return v
}

// Bool returns true or false.
func (n Node) Bool() bool {
	if n.yaml.Kind != yaml.ScalarNode || n.yaml.Tag != "!!bool" {
		n.Problem("%s stands where true or false is wanted", n.describe())
		return false
	}
	return n.yaml.Value == "true" || n.yaml.Value == "True" || n.yaml.Value == "TRUE"
}

// OneOf returns a plain value that must be one of the words given.
func (n Node) OneOf(words ...string) string {
	v := n.Text()
	if v != "" && !contains(words, v) {
		n.Problem("%q is not one of %s%s", v, list(words), suggestion(v, words))
		return ""
	}
	return v
}

func (n Node) describe() string {
	switch {
	case n.yaml == nil:
		return "nothing"
	case n.yaml.Kind == yaml.MappingNode:
		return "a mapping"
	case n.yaml.Kind == yaml.SequenceNode:
		return "a list"
	case n.yaml.Tag == "!!null":
		return "nothing"
	default:
		return fmt.Sprintf("%q", n.yaml.Value)
	}
}

var syntaxLine = regexp.MustCompile(`line (\d+)(?:, column (\d+))?:? ?`)

// syntaxPosition finds the line that the YAML library names in its message.
func syntaxPosition(file string, err error) Position {
	p := Position{File: file}
	if m := syntaxLine.FindStringSubmatch(err.Error()); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		p.Col, _ = strconv.Atoi(m[2])
		p.Col = max(p.Col, 1)
	}
	return p
}

func syntaxMessage(err error) string {
	return "not YAML: " + syntaxLine.ReplaceAllString(err.Error(), "")
}
