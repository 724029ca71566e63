package document_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/rules/document"
)

// TestStray holds that what a Chinese input method puts in place of YAML's own is named at its own place, and nothing
// beside it.
func TestStray(t *testing.T) {
	const colon, comma = "： is a full-width colon; write : and a space", "， is a full-width comma; write ,"
	read := func(root document.Node) {
		f := root.Fields("office", "mail", "years", "hours")
		if n := f["years"]; !n.IsZero() {
			for _, i := range n.Items() {
				i.Int(2008, 2100)
			}
		}
		if n := f["mail"]; !n.IsZero() {
			g := n.Fields("transport", "maildir")
			if n := g["transport"]; !n.IsZero() {
				n.OneOf("maildir", "smtp")
			}
		}
		if n := f["hours"]; !n.IsZero() {
			n.Fields("digest", "from")
		}
	}
	for text, want := range map[string]string{
		"office: 县\nyears：[2026]\nhours:\n  from: x\n":                               "f.yaml:2:6: not YAML: " + colon,
		"office：县政府办公室\nmail: {}\n":                                                  "f.yaml:1:7: not YAML: " + colon,
		"office：县政府办公室\n":                                                            `f.yaml:1:7: "office：县政府办公室" stands where a mapping (key: value) is wanted; ` + colon,
		"mail:\n  transport：smtp\n  maildir：x\nhours: {digest: \"1\"，from: \"2\"}\n": "f.yaml:2:12: not YAML: " + colon + "\nf.yaml:3:10: not YAML: " + colon + "\nf.yaml:4:20: not YAML: " + comma,
		"mail:\n  transport：smtp\n  maildir: x\n":                                    "f.yaml:2:12: not YAML: " + colon,
		"mail:\n  transport：smtp\n":                                                  `f.yaml:2:12: "transport：smtp" stands where a mapping (key: value) is wanted; ` + colon,
		"hours: {digest：“1”, from: 2}":                                               `f.yaml:1:15: unknown key "digest：“1”"; did you mean "digest"?; ` + colon,
		"years: [2026，2027]":                                                         `f.yaml:1:13: "2026，2027" stands where a whole number from 2008 to 2100 is wanted; ` + comma,
		"years: [２０２６]":                                                              `f.yaml:1:9: "２０２６" stands where a whole number from 2008 to 2100 is wanted; ２ is a full-width digit; write 2`,
		"mail: {transport: “smtp”}":                                                  `f.yaml:1:19: "“smtp”" is not one of maildir, smtp; did you mean "smtp"?; “ is a Chinese quotation mark; write "`,
		"mail: {transport: (smtp）}":                                                  `f.yaml:1:24: "(smtp）" is not one of maildir, smtp; did you mean "smtp"?; ） is a full-width bracket; write )`,
		"office: “甲: 乙”\n":                                                           "f.yaml:1:9: not YAML: “ is a Chinese quotation mark; write \"\nf.yaml:1:14: not YAML: ” is a Chinese quotation mark; write \"",
		"mail:\n\u3000transport: smtp\n\u3000maildir: x\n":                           "f.yaml:1:6: nothing stands where a mapping (key: value) is wanted\nf.yaml:2:1: unknown key \"\\u3000transport\"; known: office, mail, years, hours; U+3000 is a full-width space; write plain spaces\nf.yaml:3:1: unknown key \"\\u3000maildir\"; did you mean \"mail\"?; U+3000 is a full-width space; write plain spaces",
		"office:\u00a0县\nmail: {}\n":                                                 "f.yaml:1:8: not YAML: U+00A0 is a no-break space; write plain spaces",
		"office: 县 # 注：，“”\nmail:\n\ttransport: \"甲：乙，\"\n":                          "f.yaml:3:1: not YAML: U+0009 is a tab; write plain spaces",
		"mail: ｛transport: smtp｝\n":                                                  "f.yaml:1:7: not YAML: ｛ is a full-width bracket; write {\nf.yaml:1:23: not YAML: ｝ is a full-width bracket; write }",
		"office: >-\n  甲：乙，“丙”\n  丁：戊\nmail: [\nhours: {}\n":                         "f.yaml:6:1: not YAML: yaml: did not find expected ',' or ']'",
		"office: |\n  甲：乙\nyears：[2026]\nmail:\n- 新闻：甲\n- 新闻：乙\n":                    "f.yaml:3:6: not YAML: " + colon,
		"office: 甲：乙，丙（丁）\nyears: [2026]\n":                                          "",
	} {
		if diff := cmp.Diff(want, problems(text, read)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// FuzzStray holds that what is said of a file's characters points into the file, whatever it holds.
func FuzzStray(f *testing.F) {
	f.Add("a：[1，2]\nb: “c: d”\n")
	f.Add("a: |\n\t：\n")
	f.Fuzz(func(t *testing.T, text string) {
		var ps document.Problems
		document.Parse("f.yaml", []byte(text), &ps)
		for _, p := range ps {
			if p.Line < 0 || p.Col < 0 || p.Message == "" {
				t.Errorf("%+v", p)
			}
		}
	})
}
