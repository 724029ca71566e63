package document_test

import (
	"fmt"
	"strings"
	"testing"

	"qixian/rules/document"
)

// giants are files that are small to write and large to read, with what is said of each.
func giants() map[string]struct{ text, want string } {
	const size = 1 << 20
	repeat := func(s string) string { return strings.Repeat(s, size/len(s)) }
	numbered := func(form string) string {
		var b strings.Builder
		for i := 0; b.Len() < size-40; i++ {
			fmt.Fprintf(&b, form, i)
		}
		return b.String()
	}
	laughs := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 60; i++ {
		laughs += fmt.Sprintf(
			"a%d: &a%d [%s]\n",
			i,
			i,
			strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","),
		)
	}
	stairs := ""
	for i := range 1000 {
		stairs += strings.Repeat(" ", i) + "a:\n"
	}
	return map[string]struct{ text, want string }{
		"a billion laughs":       {laughs, "f.yaml:1:5: an anchor"},
		"lists within lists":     {repeat("["), "exceeded max depth"},
		"a list a mapping deep":  {repeat("{a: "), "exceeded max depth"},
		"lists by dashes":        {repeat("- "), "exceeded max depth"},
		"keys by question marks": {repeat("? "), "exceeded max depth"},
		"41 lists": {
			"a: " + strings.Repeat("[", 41) + strings.Repeat("]", 41),
			"f.yaml:1:44: more than 40 lists and mappings stand within one another",
		},
		"stairs": {
			stairs,
			"f.yaml:41:41: more than 40 lists and mappings stand within one another",
		},
		"lists, closed": {
			strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
			"f.yaml:1:42: more than 40 lists",
		},
		"a list of very many": {
			"[" + strings.Repeat("a,", size/2-1) + "]",
			"the file holds more than 100000 values; divide it",
		},
		"very many keys": {numbered("k%d: 1\n"), "the file holds more than 100000 values; divide it"},
		"very many lines": {
			repeat("- a\n"),
			"f.yaml:100000:3: the file holds more than 100000 values; divide it",
		},
		"very many documents": {repeat("---\n"), "f.yaml:2:1: a second document"},
		"very many anchors":   {numbered("- &k%d a\n"), "f.yaml:1:3: an anchor"},
		"very many mistakes": {
			strings.Repeat("k: 1\n", 40000),
			"f.yaml:502:1: from here on 39499 more problems were found; mend the others first",
		},
		"a text without an end": {
			"a: " + strings.Repeat("x", size-10),
			"f.yaml:1:4: a text of 1048566 characters; at most 20000 are read",
		},
		"a key without an end": {
			"? " + strings.Repeat("x", size-10) + "\n: 1",
			"f.yaml:1:3: a text of 1048566 characters",
		},
		"a text of escapes": {
			`a: "` + strings.Repeat(`\u4e00`, size/6-2) + `"`,
			"f.yaml:1:4: a text of 174760 characters",
		},
		"a text of very many lines":  {"a: >\n" + strings.Repeat(" x\n", size/3-3), "f.yaml:1:4: a text of"},
		"nothing but line ends":      {repeat("\n"), ""},
		"nothing but comments":       {repeat("#\n"), ""},
		"nothing but tabs":           {repeat("\t"), ""},
		"nothing but spaces":         {repeat(" "), ""},
		"a text that is never ended": {`"` + strings.Repeat("x", size-10), "f.yaml:1:1: not YAML"},
		"a comment a line": {
			strings.Repeat("- a: 1 # c\n", size/11),
			"the file holds more than 100000 values",
		},
	}
}

// TestGiants holds that reading a file ends, whatever it holds, and that each says what is too much, and where.
func TestGiants(t *testing.T) {
	for name, tc := range giants() {
		t.Run(name, func(t *testing.T) {
			var ps document.Problems
			root, ok := document.Parse("f.yaml", []byte(tc.text), &ps)
			err := ps.Err()
			if got := message(
				err,
			); !strings.Contains(got, tc.want) || (err == nil) != (tc.want == "") ||
				len(got) > 50000 {
				t.Errorf("%.300q, want %q", got, tc.want)
			}
			if ok {
				root.Fields("contacts")
			}
		})
	}
}

func TestCheckText(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"关于𠮷的通知😀👩‍💻 (1) <b>", ""},
		{"two\nlines", ""},
		{"a\tb", ""},
		{"a\x1b[2J", "it holds U+001B, a control character; delete it"},
		{"a\u009bb", "it holds U+009B, a control character; delete it"},
		{"a\x00b", "it holds U+0000, a control character; delete it"},
		{"a\u2028b", "it holds U+2028, a line end; delete it"},
		{"a\u202eb", "it holds U+202E, which turns the direction of writing; delete it"},
		{"\xbf\xd5", "it is not UTF-8"},
		{"一二三四五六七八九十一二三四五六七八九十一", "it has 21 characters; at most 20 are allowed"},
	} {
		if got := message(document.CheckText(tc.text, 20)); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.text, got, tc.want)
		}
	}
}

// FuzzGiants holds that whatever a file holds, reading it ends, its problems have places, and what is read has nothing
// in it that a terminal or a mail program would obey.
func FuzzGiants(f *testing.F) {
	for _, tc := range giants() {
		f.Add([]byte(tc.text[:min(len(tc.text), 300)]))
	}
	for _, s := range []string{
		`a: "\e[31m\0\x9b\u202e\N\L\P\_"`, `"\ud800"`, "a: |+\n  x\n\n", "%YAML 1.2\n---\na", "a: !!binary AAAA", "\ufeffa: 1", "? [a, {b: c}]\n: - d", "a: 'b''c'",
		"a\u202eb: 1", "# \u2066\na: 1", "<<: *x", "- !<tag:x> &y z", "a: [b, c: d]", "{a, b: , ? c}", "a: 1\r\nb: 2\r",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var ps document.Problems
		root, ok := document.Parse("f.yaml", data, &ps)
		if ok {
			readable(t, root, len(ps) > 0)
		}
		for _, p := range ps {
			if p.File != "f.yaml" || p.Line < 0 || p.Line > 0 && p.Col < 1 || p.Message == "" {
				t.Errorf("problem without a place: %+v", p)
			}
			if err := document.CheckText(p.Message, 1000); err != nil {
				t.Errorf("%q: %v", p.Message, err)
			}
		}
	})
}

// readable reads every value by the method that fits it.
func readable(t *testing.T, n document.Node, told bool) {
	switch {
	case n.IsMapping():
		for _, f := range n.Entries() {
			if err := document.CheckText(f.Name, 20000); err != nil && !told {
				t.Errorf("key %q: %v", f.Name, err)
			}
			readable(t, f.Value, told)
		}
	case n.IsSequence():
		for _, i := range n.Items() {
			readable(t, i, told)
		}
	default:
		if err := document.CheckText(n.Text(), 20000); err != nil && !told {
			t.Errorf("%q: %v", n.Text(), err)
		}
	}
}
