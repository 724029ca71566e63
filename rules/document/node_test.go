package document_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/rules/document"
)

// problems parses a file, hands its root to read, and returns what is wrong with it.
func problems(text string, read func(document.Node)) string {
	var ps document.Problems
	if root, ok := document.Parse("f.yaml", []byte(text), &ps); ok && read != nil {
		read(root)
	}
	if err := ps.Err(); err != nil {
		return err.Error()
	}
	return ""
}

func TestParseRefuses(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"a list left open", "a: [1\nb: 2", "f.yaml:2:1: not YAML: yaml: did not find expected ',' or ']'"},
		{"a tab", "a:\n\tb: 1", "f.yaml:2:1: not YAML: U+0009 is a tab; write plain spaces"},
		{"a key twice", "a: 1\nb: 2\na: 3", `f.yaml:3:1: key "a" stands twice; the first is in line 1`},
		{"a key twice inside", "x: {a: 1, a: 2}", `f.yaml:1:11: key "a" stands twice; the first is in line 1`},
		{"a key that is a list", "? [a]\n: 1", "f.yaml:1:3: a key must be a plain word"},
		{
			"an anchor and its alias", "a: &x 1\nb: *x",
			"f.yaml:1:4: an anchor (&…); write the value where it is needed, in quotes if it begins with &\nf.yaml:2:4: an alias (*…); write the value itself, in quotes if it begins with *",
		},
		{"an anchored root", "&x a", "f.yaml:1:1: an anchor (&…); write the value where it is needed, in quotes if it begins with &"},
		{"a tag", "a: !!str 1", "f.yaml:1:4: a tag (!…); write the plain value, in quotes if it begins with !"},
		{"a merge key", "<<: {a: 1}", "f.yaml:1:1: << is a merge key; write the keys themselves"},
		{"two documents", "a: 1\n---\nb: 1", "f.yaml:2:1: a second document begins here; a file holds one"},
		{"GBK", "a: 1\nb: \xbf\xd5\xc6\xf8", "f.yaml:2:4: byte 0xBF is not UTF-8; save the file as UTF-8 (not GBK)"},
		{"half of UTF-16", "\xff\xfea", "f.yaml:1:1: byte 0xFF is not UTF-8; save the file as UTF-8 (not GBK)"},
		{"a control character", "标题: 空\x00气", "f.yaml:1:6: control character U+0000; delete it"},
		{"too much", "a: " + strings.Repeat("x", 2<<20), "f.yaml: the file has 2097155 bytes; at most 1048576 are read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, problems(tc.text, nil)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseTakes(t *testing.T) {
	for name, text := range map[string]string{
		"a byte order mark": "\ufeffa: 1", "a byte order mark and a comment": "\ufeff# 甲\r\na: 1", "UTF-16": "\xff\xfea\x00:\x00 \x002u",
		"UTF-16, big end first": "\xfe\xff\x00a\x00:\x00 \x001", "UTF-16 without a mark": "a\x00:\x00 \x001\x00", "Windows line ends": "a: 1\r\nb: 2\r\n", "an end mark": "a: 1\n...\n", "a start mark": "---\na: 1\n",
	} {
		var ps document.Problems
		root, ok := document.Parse("f.yaml", []byte(text), &ps)
		if !ok || ps.Err() != nil || len(root.Entries()) == 0 {
			t.Errorf("%s: %v, %v", name, ok, ps)
		}
	}
	for name, text := range map[string]string{"nothing": "", "space": "\n \n", "a comment": "# nothing yet\n", "null": "~"} {
		var ps document.Problems
		if _, ok := document.Parse("f.yaml", []byte(text), &ps); ok || ps.Err() != nil {
			t.Errorf("%s: %v, %v; want no document and no problem", name, ok, ps)
		}
	}
}

// One mistake does not hide the next: reading goes on after a repeated key, an alias, a wrong type.
func TestReadingGoesOn(t *testing.T) {
	got := problems("a: &x {b: 1}\nc: *x\na: 2\nd: {e: 1}\n", func(root document.Node) {
		fields := root.Fields("a", "c", "f")
		if n := fields["a"].Fields("b")["b"].Int(1, 9); n != 1 {
			t.Errorf("of a repeated key the value is %d, want the first one's", n)
		}
		fields["c"].Fields("b")
		fields["f"].Text()
	})
	want := "f.yaml:1:4: an anchor (&…); write the value where it is needed, in quotes if it begins with &\n" +
		"f.yaml:2:4: an alias (*…); write the value itself, in quotes if it begins with *\n" +
		`f.yaml:3:1: key "a" stands twice; the first is in line 1` + "\n" +
		`f.yaml:4:1: unknown key "d"; did you mean "a"?`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestValues(t *testing.T) {
	for _, tc := range []struct {
		text string
		read func(document.Node) any
		want any
		bad  string
	}{
		{"2018-12-31", func(n document.Node) any { return n.Text() }, "2018-12-31", ""},
		{"007", func(n document.Node) any { return n.Text() }, "007", ""},
		{`""`, func(n document.Node) any { return n.Text() }, "", ""},
		{"[a]", func(n document.Node) any { return n.Text() }, "", "1:4: a list stands where a text is wanted"},
		{"~", func(n document.Node) any { return n.Text() }, "", "1:4: nothing stands where a text is wanted"},
		{`" 空气 "`, func(n document.Node) any { return n.Line() }, "空气", ""},
		{`" "`, func(n document.Node) any { return n.Line() }, "", "1:4: an empty text stands here; write the text or leave the key out"},
		{`"a\nb"`, func(n document.Node) any { return n.Line() }, "", "1:4: a line break stands in a text of one line; write it in one line"},
		{"{a: b}", func(n document.Node) any { return n.Line() }, "", "1:4: a mapping stands where a text is wanted"},
		{"[a, 1, [b]]", func(n document.Node) any { return strings.Join(n.Texts(), "|") }, "a|1|", "1:11: a list stands where a text is wanted"},
		{"a", func(n document.Node) any { return len(n.Texts()) }, 0, `1:4: "a" stands where a list is wanted`},
		{"12", func(n document.Node) any { return n.Int(1, 12) }, 12, ""},
		{"13", func(n document.Node) any { return n.Int(1, 12) }, 0, `1:4: "13" stands where a whole number from 1 to 12 is wanted`},
		{"1.5", func(n document.Node) any { return n.Int(1, 12) }, 0, `1:4: "1.5" stands where a whole number from 1 to 12 is wanted`},
		{"99999999999999999999", func(n document.Node) any { return n.Int(1, 12) }, 0, `1:4: "99999999999999999999" stands where a whole number from 1 to 12 is wanted`},
		{"true", func(n document.Node) any { return n.Bool() }, true, ""},
		{"False", func(n document.Node) any { return n.Bool() }, false, ""},
		{`"true"`, func(n document.Node) any { return n.Bool() }, false, `1:4: "true" stands where true or false is wanted`},
		{"on", func(n document.Node) any { return n.Bool() }, false, `1:4: "on" stands where true or false is wanted`},
		{"week", func(n document.Node) any { return n.OneOf("week", "month") }, "week", ""},
		{"mnoth", func(n document.Node) any { return n.OneOf("week", "month") }, "", `1:4: "mnoth" is not one of week, month; did you mean "month"?`},
	} {
		t.Run(tc.text, func(t *testing.T) {
			bad := problems("v: "+tc.text, func(root document.Node) {
				if got := tc.read(root.Fields("v")["v"]); got != tc.want {
					t.Errorf("read as %v, want %v", got, tc.want)
				}
			})
			if tc.bad != "" {
				tc.bad = "f.yaml:" + tc.bad
			}
			if bad != tc.bad {
				t.Errorf("problem %q, want %q", bad, tc.bad)
			}
		})
	}
}

// every calls all that can be asked of a node.
func every(n document.Node) {
	n.Text()
	n.Line()
	n.Texts()
	n.Int(1, 2)
	n.Bool()
	n.OneOf("a")
	n.Fields("a")
	n.Entries()
	n.Items()
	_ = n.Position().String()
	n.Problem("asked")
	_ = n.IsZero() || n.IsMapping() || n.IsSequence()
}

func TestZeroNode(t *testing.T) {
	var n document.Node
	every(n)
	if !n.IsZero() || n.Position() != (document.Position{}) {
		t.Errorf("the zero node is %+v", n)
	}
}

// Whatever the bytes are, parsing ends without a panic, every node answers every question, and every problem has a
// place.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1", "a: [b, {c: d}]", "&x a: *x", "<<: 1", "? {a: b}\n: c", "a: |\n  b\n", "---\n---", "!!binary x", "\xff", "a: \x00", "%YAML 1.1\n---\na"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var ps document.Problems
		root, ok := document.Parse("f.yaml", data, &ps)
		if !ok && !root.IsZero() {
			t.Error("a document that cannot be read has a root")
		}
		if ok {
			walk(root)
		}
		for _, p := range ps {
			if p.File != "f.yaml" || p.Message == "" || p.Line > 0 && p.Col < 1 {
				t.Errorf("problem without a place: %+v", p)
			}
		}
	})
}

func walk(n document.Node) {
	every(n)
	for _, f := range n.Entries() {
		every(f.Key)
		walk(f.Value)
	}
	for _, i := range n.Items() {
		walk(i)
	}
}
