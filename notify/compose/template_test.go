package compose_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"qixian/notify/compose"
)

// TestEmbedded has the embedded templates tried as replaced ones are: New takes them on trust otherwise.
func TestEmbedded(t *testing.T) {
	for _, replies := range []bool{false, true} {
		if _, err := compose.New(compose.Options{Templates: fstest.MapFS{}, Replies: replies}); err != nil {
			t.Errorf("with replies %t: %v", replies, err)
		}
	}
}

func TestReplacedTemplate(t *testing.T) {
	c, err := compose.New(compose.Options{Templates: fstest.MapFS{
		"test.txt":  {Data: []byte(`{{define "content"}}{{.Unit}}，收到了吗？{{end}}`)},
		"README.md": {Data: []byte(`{{broken`)},
		"old/a.txt": {Data: []byte(`{{broken`)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	m := mail(t, c, letters()["test"])
	if !strings.Contains(m.Text, "县政府办公室，收到了吗？") {
		t.Errorf("the text part is not the replaced template's:\n%s", m.Text)
	}
	if want := mail(t, newComposer(t), letters()["test"]).HTML; m.HTML != want {
		t.Error("the HTML part, which was not replaced, reads otherwise")
	}
}

// TestTemplateOfWindows holds that a template with a byte order mark and Windows line ends writes the mail that it
// writes without.
func TestTemplateOfWindows(t *testing.T) {
	const template = "{{define \"content\" -}}\n{{.Unit}}\n收到了吗？\n{{end}}"
	text := func(data string) string {
		c, err := compose.New(compose.Options{Templates: fstest.MapFS{"test.txt": {Data: []byte(data)}}})
		if err != nil {
			t.Fatal(err)
		}
		return mail(t, c, letters()["test"]).Text
	}
	if want, got := text(template), text("\ufeff"+strings.ReplaceAll(template, "\n", "\r\n")); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestTemplateWithoutCode refuses a layout that leaves the reply code out where mails may be replied to, and only
// there.
func TestTemplateWithoutCode(t *testing.T) {
	files := fstest.MapFS{"layout.txt": {Data: []byte("{{.Unit}}\n{{template \"content\" .}}\n{{.HowTo}}")}}
	if _, err := compose.New(compose.Options{Templates: files}); err != nil {
		t.Errorf("refused where no mail has a code: %v", err)
	}
	_, err := compose.New(compose.Options{Templates: files, Replies: true})
	if err == nil || !strings.Contains(err.Error(), `digest.txt: a sample letter's "sample-code" is not in the mail`) {
		t.Errorf("error is %v", err)
	}
}

// TestBadTemplate holds that a bad template is refused with its file and line before any mail is composed.
func TestBadTemplate(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		want  []string
	}{
		"does not parse": {
			map[string]string{
				"digest.txt": "{{define \"content\"}}\n{{if}}{{end}}{{end}}",
			},
			[]string{"digest.txt:2: missing value for if"},
		},
		"two do not parse": {
			map[string]string{
				"item.html": "{{",
				"test.txt":  "\n\n{{nope}}",
			},
			[]string{"item.html:1: ", `test.txt:3: function "nope" not defined`},
		},
		"names a field that is not there": {
			map[string]string{
				"item.txt": "{{define \"sections\"}}\n{{range .Entries}}{{.Deadline}}{{end}}{{end}}{{define \"unreached\"}}{{end}}",
			},
			[]string{"item.txt:2:20: ", "can't evaluate field Deadline"},
		},
		"names it in a rare branch": {
			map[string]string{
				"trouble.txt": `{{define "content"}}{{range .Problems}}{{.Where}}{{.Text}}{{else}}{{.Nope}}{{end}}{{end}}`,
			},
			[]string{"trouble.txt:1:", "can't evaluate field Nope"},
		},
		"opens what it does not close": {
			map[string]string{
				"test.html": "{{define \"content\"}}\n{{if .Unit}}<a href=\"{{end}}{{end}}",
			},
			[]string{"test.html:2:5: {{if}} branches end in different contexts"},
		},
		"defines no content": {
			map[string]string{"test.txt": "hello"}, []string{`layout.txt:`, `"content" not defined`},
		},
		"leaves the items out": {
			map[string]string{
				"digest.html": `{{define "content"}}greetings{{end}}`,
			},
			[]string{"digest.html: a sample letter's", "is not in the mail"},
		},
		"replaces nothing": {
			map[string]string{
				"digset.html": "x",
			},
			[]string{"digset.html: replaces no template: want one of answer.html, "},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{}
			for file, data := range tt.files {
				files[file] = &fstest.MapFile{Data: []byte(data)}
			}
			_, err := compose.New(compose.Options{Templates: files})
			if err == nil {
				t.Fatal("the template was taken")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error is\n%v\nwant in it %q", err, want)
				}
			}
		})
	}
}
