package inbox

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	self = "zwgk@example.invalid"
	ours = "m3b5216c416ab9b1a3d8934ba@example.invalid" // the Message-ID that the mails in testdata are about
)

// arrival is when every mail of testdata arrived.
var arrival = time.Date(2018, 9, 21, 10, 30, 5, 0, time.FixedZone("", 8*60*60))

func testSigner(t testing.TB) *notify.Signer {
	t.Helper()
	s, err := notify.NewSigner(bytes.Repeat([]byte{1}, 32), notify.Domain(self))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// found is a verdict as the golden files hold it.
type found struct {
	Kind   Kind
	Why    string
	Stray  bool    `json:",omitempty"`
	Bounce *Bounce `json:",omitempty"`
	Reply  *Reply  `json:",omitempty"`
}

func find(t testing.TB, raw []byte, signed bool) found {
	t.Helper()
	l, err := parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	v := newSorter(testSigner(t), self, signed).sort(l, arrival)
	f := found{Kind: v.kind, Why: v.why, Stray: v.stray}
	if v.kind == KindBounce || v.stray {
		f.Bounce = &v.bounce
	}
	if v.kind == KindReply {
		f.Reply = &v.reply
	}
	return f
}

// TestMails sorts real-looking mails. What each is must be the first word of its name.
func TestMails(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d mails, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := find(t, raw, false)
			if kind, _, _ := strings.Cut(name, "-"); kind != string(got.Kind) {
				t.Errorf("is taken for %s", got.Kind)
			}
			var text bytes.Buffer
			e := json.NewEncoder(&text)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			if err := e.Encode(got); err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".eml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, text.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), text.String()); diff != "" {
				t.Errorf("want - got +:\n%s", diff)
			}
		})
	}
}

// TestSignedBounces holds that where return addresses are signed, a bounce that knows only the Message-ID shows
// nothing.
func TestSignedBounces(t *testing.T) {
	files, err := filepath.Glob("testdata/bounce-*.eml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := find(t, raw, true)
		if want := strings.Contains(
			file,
			"signed",
		); got.Kind != KindBounce || got.Bounce.Signed != want ||
			got.Bounce.Returned {
			t.Errorf("%s: %+v", file, got.Bounce)
		}
	}
}

// TestPlainSender takes one plain mailbox for the writer, and nothing that programs read in different ways: such a mail
// is nobody's.
func TestPlainSender(t *testing.T) {
	for field, want := range map[string]string{
		"jyj@example.org":                                "jyj@example.org",
		"<jyj@example.org>":                              "jyj@example.org",
		"  JYJ@Example.org ":                             "JYJ@Example.org",
		"县教育局 <jyj@example.org>":                         "jyj@example.org",
		"=?utf-8?B?5pWZ6IKy5bGA?= <jyj@example.org>":     "jyj@example.org",
		"\xbd\xcc\xd3\xfd\xbe\xd6 <jyj@example.org>":     "jyj@example.org",
		`"教育局（办公室）, (x) g:; <a@evil>" <jyj@example.org>`: "jyj@example.org",
		`"evil@example.net" <jyj@example.org>`:           "jyj@example.org",
		"县教育局\r\n <jyj@example.org>":                     "jyj@example.org",
		"":                                               "",
		"g: jyj@example.org;":                            "",
		"g: 县教育局 <jyj@example.org>;":                     "",
		"undisclosed-recipients:;":                       "",
		"jyj@example.org(<a@evil.example.net>)":          "",
		"jyj@example.org (comment)":                      "",
		"a@evil.example.net (x) <jyj@example.org>":       "",
		"(<jyj@example.org>) a@evil.example.net":         "",
		"jyj@example.org, a@evil.example.net":            "",
		"jyj@example.org; a@evil.example.net":            "",
		"<jyj@example.org> <a@evil.example.net>":         "",
		"<jyj@example.org>a@evil.example.net":            "",
		"jyj@example.org <a@evil.example.net>":           "",
		"<@evil.example.net:jyj@example.org>":            "",
		"<jyj@example.org@evil.example.net>":             "",
		`"jyj"@example.org`:                              "",
		`"a@evil.example.net\" <jyj@example.org>`:        "",
		"jyj@example.org\r\nFrom: a@evil.example.net":    "",
		"jyj":                "",
		"<>":                 "",
		"教育局@example.org":    "",
		"<jyj@exam ple.org>": "",
	} {
		raw := "From: " + field + "\r\nIn-Reply-To: <" + ours + ">\r\n\r\n" + testSigner(t).ReplyCode(ours) + "\r\n"
		got := find(t, []byte(raw), false)
		switch {
		case want == "" && (got.Kind != KindOther || got.Why != "not from one plain address"):
			t.Errorf("%q is a %s: %s", field, got.Kind, got.Why)
		case want != "" && (got.Reply == nil || got.Reply.From != want):
			t.Errorf("%q is a %s of %+v, want %s", field, got.Kind, got.Reply, want)
		}
	}
}

// TestDateOfMail dates a mail as the mailbox does, at every reading alike, even if the mailbox's clock is ahead of
// ours.
func TestDateOfMail(t *testing.T) {
	raw, err := os.ReadFile("testdata/reply-bare.eml")
	if err != nil {
		t.Fatal(err)
	}
	r := &Reader{sort: newSorter(testSigner(t), self, false)}
	for _, now := range []time.Time{arrival.Add(-time.Minute), arrival, arrival.Add(time.Hour)} {
		v, err := r.read(mail{uid: 1, at: arrival, raw: raw}, now)
		if err != nil || v.kind != KindReply || !v.reply.At.Equal(arrival) {
			t.Errorf("read at %s, it is a %s of %s, %v", now, v.kind, v.reply.At, err)
		}
	}
}
