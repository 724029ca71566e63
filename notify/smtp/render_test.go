package smtp_test

import (
	"bytes"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/notify/smtp"
	"qixian/notify/smtp/smtptest"
)

var update = flag.Bool("update", false, "write the golden files")

// read is a mail as a mail program reads it.
type read struct {
	Header map[string]string
	Parts  map[string]string // by media type, decoded, line ends as LF
}

// parse reads raw with the standard library, which knows nothing of go-mail.
func parse(t testing.TB, raw []byte) read {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("read message: %v\n%s", err, raw)
	}
	r := read{Header: map[string]string{}, Parts: map[string]string{}}
	var words mime.WordDecoder
	for name, values := range msg.Header {
		if len(values) != 1 {
			t.Errorf("%d headers %s", len(values), name)
		}
		if r.Header[name], err = words.DecodeHeader(values[0]); err != nil {
			t.Errorf("decode %s: %v", name, err)
		}
	}
	r.part(t, msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
	return r
}

func (r read) part(t testing.TB, contentType, encoding string, body io.Reader) {
	t.Helper()
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("parse Content-Type %q: %v", contentType, err)
	}
	if strings.HasPrefix(media, "multipart/") {
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatalf("read part: %v", err)
			}
			r.part(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
		}
	}
	if params["charset"] != "UTF-8" {
		t.Errorf("%s: charset %q", media, params["charset"])
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		t.Fatalf("read %s: %v", media, err)
	}
	r.Parts[media] += strings.ReplaceAll(string(decode(t, encoding, raw)), "\r\n", "\n")
}

func TestRenderGolden(t *testing.T) {
	single := message("宁阳经济开发区")
	single.Kind, single.Thread = notify.Immediate, someID("t", "urgent@e0123456789")
	long := message("县环保局")
	long.Text = strings.Repeat("环境空气质量状况", 80) + "\n"
	plain := message("县环保局")
	plain.HTML = ""
	fallback := message("县环保局")
	fallback.Kind = notify.Fallback
	for _, c := range []struct {
		file string
		m    notify.Message
		form smtp.Form
	}{
		{"digest.eml", message("县环保局"), smtp.Wire},
		{"digest-8bit.eml", message("县环保局"), smtp.File},
		{"immediate.eml", single, smtp.Wire},
		{"long-line-8bit.eml", long, smtp.File},
		{"text-only.eml", plain, smtp.Wire},
		{"fallback-8bit.eml", fallback, smtp.File},
		{"attachments.eml", attached(message("县政府办公室")), smtp.Wire},
		{"attachments-8bit.eml", attached(message("县政府办公室")), smtp.File},
	} {
		t.Run(c.file, func(t *testing.T) {
			raw, err := smtp.Render(c.m, office, c.form)
			if err != nil {
				t.Fatalf("Render: %v", err)
			}
			if again, _ := smtp.Render(c.m, office, c.form); !bytes.Equal(raw, again) {
				t.Error("two renderings differ")
			}
			path := filepath.Join("testdata", c.file)
			if *update {
				if err := os.WriteFile(path, raw, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(raw)); diff != "" {
				t.Errorf("want - got +:\n%s", diff)
			}
		})
	}
}

func TestRenderReadsBack(t *testing.T) {
	m := message("县环保局")
	m.Thread = someID("t", "air-quality@2018-09")
	s := office
	s.ReplyTo = "office@example.invalid"
	for _, form := range []smtp.Form{smtp.Wire, smtp.File} {
		raw, err := smtp.Render(m, s, form)
		if err != nil {
			t.Fatalf("Render: %v", err)
		}
		got := parse(t, raw)
		delete(got.Header, "Content-Type")
		want := read{
			Header: map[string]string{
				"Message-Id":               "<" + m.MessageID + ">",
				"In-Reply-To":              "<" + m.Thread + ">",
				"References":               "<" + m.Thread + ">",
				"Date":                     "Fri, 21 Sep 2018 09:00:00 +0800",
				"From":                     "政务公开提醒 <qixian@example.invalid>",
				"To":                       "县环保局 <" + m.To + ">",
				"Reply-To":                 "<office@example.invalid>",
				"Subject":                  m.Subject,
				"Mime-Version":             "1.0",
				"Auto-Submitted":           "auto-generated",
				"X-Auto-Response-Suppress": "All",
				"X-Qixian-Kind":            "digest",
			},
			Parts: map[string]string{"text/plain": m.Text, "text/html": m.HTML},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("form %d, want - got +:\n%s", form, diff)
		}
	}
}

// What no mail may hold on any line (RFC 5322 section 2.1.1), and what none of ours should say.
func TestRenderedLines(t *testing.T) {
	m := message(strings.Repeat("宁阳经济开发区", 12))
	m.Subject = strings.Repeat("环境空气质量状况（2018年9月）今日到期；", 12)
	m.Text = strings.Repeat("环境空气质量状况 ", 400)
	for _, form := range []smtp.Form{smtp.Wire, smtp.File} {
		raw, err := smtp.Render(m, office, form)
		if err != nil {
			t.Fatalf("Render: %v", err)
		}
		if bytes.Contains(bytes.ReplaceAll(raw, []byte("\r\n"), nil), []byte("\n")) {
			t.Error("a line ends in LF alone")
		}
		header, _, _ := strings.Cut(string(raw), "\r\n\r\n")
		for line := range strings.SplitSeq(header, "\r\n") {
			if len(line) > 78 {
				t.Errorf("header line of %d bytes: %s", len(line), line)
			}
			if strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
				t.Errorf("raw header: %s", line)
			}
		}
		for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
			if len(line) > 998 {
				t.Errorf("line of %d bytes", len(line))
			}
		}
		if strings.Contains(string(raw), "go-mail") {
			t.Error("the mail names the library")
		}
		if !strings.Contains(header, "Subject: =?UTF-8?b?") {
			t.Errorf("the subject is not B-encoded:\n%s", header)
		}
		if got := parse(t, raw); got.Header["Subject"] != m.Subject || got.Header["To"] != m.Unit+" <"+m.To+">" {
			t.Errorf("subject %q, to %q", got.Header["Subject"], got.Header["To"])
		}
	}
}

func TestWhatArrivesIsWhatIsRendered(t *testing.T) {
	s := smtptest.New(t, smtptest.Options{Extensions: []string{"8BITMIME", "SMTPUTF8", "PIPELINING"}}).Listen(t)
	m := message("县环保局")
	wantSent(t, attempt(t, dial(t, s, true, nil), m))
	want, err := smtp.Render(m, office, smtp.Wire)
	if err != nil {
		t.Fatalf("Render: %v", err)
	}
	got := s.Mails()[0]
	if diff := cmp.Diff(string(want), string(got.Data)); diff != "" {
		t.Errorf("want - got +:\n%s", diff)
	}
	if strings.Contains(got.Params, "SMTPUTF8") {
		t.Errorf("MAIL asks for %s, which ASCII addresses do not need", got.Params)
	}
	if got.From != "bounces@example.invalid" || !cmp.Equal(got.To, []string{m.To}) {
		t.Errorf("envelope from %s to %s", got.From, got.To)
	}
}

func TestHostileValuesStayValues(t *testing.T) {
	for name, c := range map[string]struct {
		edit    func(*notify.Message, *smtp.Sender)
		subject string
	}{
		"line breaks in the subject": {func(m *notify.Message, _ *smtp.Sender) { m.Subject = "到期\r\nBcc: evil@example.invalid\r\n\r\n<b>" }, "到期 Bcc: evil@example.invalid <b>"},
		"lone CR and LF":             {func(m *notify.Message, _ *smtp.Sender) { m.Subject = "a\rBcc: x\nCc: y\u2028z\u0085!" }, "a Bcc: x Cc: y z !"},
		"an encoded word":            {func(m *notify.Message, _ *smtp.Sender) { m.Subject = "到期 =?UTF-8?q?=0D=0ABcc:_x?=" }, "到期 =?UTF-8?q?=0D=0ABcc:_x?="},
		"no UTF-8":                   {func(m *notify.Message, _ *smtp.Sender) { m.Subject = "到期\xff\x00" }, "到期\uFFFD"},
		"line breaks in the unit":    {func(m *notify.Message, _ *smtp.Sender) { m.Unit = "县环保局\r\nBcc: evil@example.invalid" }, ""},
		"quotes in the unit":         {func(m *notify.Message, _ *smtp.Sender) { m.Unit = `a" <evil@example.invalid>, "b\` }, ""},
		"line breaks in the sender":  {func(_ *notify.Message, s *smtp.Sender) { s.From.Name = "提醒\r\nBcc: evil@example.invalid" }, ""},
		"line breaks in the kind":    {func(m *notify.Message, _ *smtp.Sender) { m.Kind = "digest\r\nBcc: evil@example.invalid" }, ""},
		"the boundary in the text": {func(m *notify.Message, _ *smtp.Sender) {
			raw, _ := smtp.Render(*m, office, smtp.File)
			_, rest, _ := strings.Cut(string(raw), "boundary=")
			boundary, _, _ := strings.Cut(rest, "\r\n")
			m.Text += "--" + boundary + "\nContent-Type: text/html\n\n<script>\n"
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, s := message("县环保局"), office
			c.edit(&m, &s)
			if c.subject == "" {
				c.subject = m.Subject
			}
			for _, form := range []smtp.Form{smtp.Wire, smtp.File} {
				raw, err := smtp.Render(m, s, form)
				if err != nil {
					t.Fatalf("Render: %v", err)
				}
				got := parse(t, raw)
				if _, found := got.Header["Bcc"]; found || len(got.Header) != 10 || len(got.Parts) != 2 {
					t.Errorf("%d headers, %d parts:\n%s", len(got.Header), len(got.Parts), raw)
				}
				if got.Header["Subject"] != c.subject {
					t.Errorf("subject %q, want %q", got.Header["Subject"], c.subject)
				}
				if got.Parts["text/plain"] != m.Text {
					t.Errorf("text %q, want %q", got.Parts["text/plain"], m.Text)
				}
				if to, err := netmail.ParseAddress(rawHeader(t, raw, "To")); err != nil || to.Address != m.To {
					t.Errorf("to %v, %v; want %s", to, err, m.To)
				}
			}
		})
	}
}

func TestDatesAreBeijings(t *testing.T) {
	m := message("县环保局")
	m.At = time.Date(2018, 12, 31, 17, 30, 0, 0, time.UTC)
	raw, err := smtp.Render(m, office, smtp.Wire)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := parse(t, raw).Header["Date"], "Tue, 01 Jan 2019 01:30:00 +0800"; got != want {
		t.Errorf("date %s, want %s", got, want)
	}
}

// BenchmarkRender writes a mail of four kilobytes.
func BenchmarkRender(b *testing.B) {
	m := notify.Message{
		MessageID: "1@example.invalid",
		To:        "unit@example.invalid",
		Unit:      "县环保局",
		Subject:   "【政务公开】1 项将到期",
		At:        time.Date(2018, 9, 25, 9, 0, 0, 0, time.UTC),
		Text:      strings.Repeat("环境空气质量状况信息将到期。\n", 12),
		HTML:      strings.Repeat("<p>环境空气质量状况信息将到期。</p>\n", 34),
	}
	sender := smtp.Sender{From: netmail.Address{Name: "县政府办公室", Address: "qixian@example.invalid"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := smtp.Render(m, sender, smtp.Wire); err != nil {
			b.Fatal(err)
		}
	}
}
