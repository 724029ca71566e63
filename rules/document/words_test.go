package document_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/rules/document"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// TestChinese holds what the office reads of files that are no YAML, or not of the kind that is wanted.
func TestChinese(t *testing.T) {
	read := func(root document.Node) {
		f := root.Fields("title", "number", "on", "list", "word")
		if n := f["title"]; !n.IsZero() {
			n.Line()
		}
		if n := f["number"]; !n.IsZero() {
			n.Int(2008, 2100)
		}
		if n := f["on"]; !n.IsZero() {
			n.Bool()
		}
		if n := f["list"]; !n.IsZero() {
			n.Texts()
		}
		if n := f["word"]; !n.IsZero() {
			n.OneOf("month", "quarter", "year")
		}
	}
	var all strings.Builder
	for _, text := range []string{
		// no YAML
		"title: {b", "list: [1", `title: "x`, "title: b: c", "title:\n\tb: c", "a\nb: c", "- a\nb: c", "title: @x", "title: *x", `title: "\q"`,
		"title: |0\n x", "%x", "? a\n: - b\n c", "title: !<x y", "  title: b\n c: d", "title: &\n", "!x!y z", "title: - b", "title: >+-\n", "]",
		"%YAML 1.2\n%YAML 1.2\n---\na: b",
		// characters of an input method
		"title：县\nlist: []\n", "list: [1，2]", "list: [a、b\n", "title: “甲: 乙”", "word: ‘month’", "word: (year）", "list: ［a］",
		"on：true\nlist：\n- a\n", "number: ２０２６", "title:\u00a0县\nlist: []\n", "list:\n－ a\n", "title: a\u200b",
		"list:\n\u3000- a\n\u3000- b\n",
		// what is not read
		"title: &x a", "title: *x\nlist: &x []", "title: !!str 1", "<<: {a: 1}", "title: a\n---\ntitle: b", "title: \xbf\xd5\xc6\xf8", "title: a\x00b",
		"title: a\u202eb", "title: a\ntitle: b", "? [a]\n: 1", "title: " + strings.Repeat("x", 20001), "title: " + strings.Repeat("x", 301),
		"title: " + strings.Repeat("[", 41) + strings.Repeat("]", 41),
		// values
		"- a", "titel: a", "titel: a\nx-y: b", "title:", "title: ''", "title: \"a\\nb\"", "number: 1999", "number: [1]", "on: yes", "on: {a: 1}", "list: a", "word: mnoth",
		"word: decade",
	} {
		var ps document.Problems
		if root, ok := document.Parse("规则.yaml", []byte(text), &ps); ok {
			read(root)
		}
		found, _ := errors.AsType[document.Problems](ps.Err())
		shown := fmt.Sprintf("%.60q", text)
		all.WriteString(shown + "\n" + found.Error() + "\n" + found.Chinese() + "\n\n")
	}
	const golden = "testdata/chinese.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), all.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSay holds that what a text is made of is Chinese within it, and that nothing is lost where there is no Chinese.
func TestSay(t *testing.T) {
	_, absent := os.ReadFile("testdata/absent.yaml")
	inner := document.Errorf("read certificate authorities: %w", absent)
	for _, tc := range []struct{ got, want string }{
		{document.Say("cannot be read: %v", absent).Chinese(), "不能读取：testdata/absent.yaml：文件或目录不存在"},
		{document.Say("%s: %v", "ca_file", inner).Chinese(), "ca_file：不能读取证书：testdata/absent.yaml：文件或目录不存在"},
		{document.Say("cannot be read: %v", fs.ErrPermission).Chinese(), "不能读取：没有读取的权限"},
		{document.Say("cannot be read: %v", fmt.Errorf("boom %d", 1)).Chinese(), "不能读取：有错误（系统原文：boom 1）"},
		{
			document.Say("row %d stands twice; the first is at %s", 22, document.Position{File: "a.yaml", Line: 3, Col: 7}).Chinese(),
			"任务表第22项重复，第一次在 a.yaml 第3行第7列",
		},
		{document.Say("unknown key %q%s", `a"b`, document.Suggest("a", nil)).Chinese(), `没有名为“a"b”的键`},
		{document.Say("no such words %d", 2026).Chinese(), "no such words 2026"},
		{document.Problem{ChineseMessage: "没有办公室"}.Chinese(), "没有办公室"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %s, want %s", tc.got, tc.want)
		}
	}
	if !errors.Is(inner, fs.ErrNotExist) || inner.Error() != "read certificate authorities: "+absent.Error() {
		t.Errorf("%v does not wrap its cause", inner)
	}
}
