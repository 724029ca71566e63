package smtp_test

import (
	"bytes"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/notify/smtp"
)

// attached adds two files to a message: one of text, one of bytes of every kind.
func attached(m notify.Message) notify.Message {
	binary := make([]byte, 600)
	for i := range binary {
		binary[i] = byte(i)
	}
	m.Attachments = []notify.Attachment{
		{Name: "report-2018-09.csv", Type: "text/csv", Content: []byte("\ufeff单位,纳入统计\r\n县环保局,2\r\n")},
		{
			Name:    "report-2018-09.xlsx",
			Type:    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
			Content: binary,
		},
	}
	return m
}

// leaf is a part that has no parts.
type leaf struct {
	Depth             int
	Type, File, Bytes string
}

// leaves reads a mail's parts with the standard library, depth first. Boundaries that are not each part's own would
// lose some.
func leaves(t *testing.T, raw []byte) []leaf {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var ls []leaf
	var walk func(r *multipart.Reader, depth int)
	walk = func(r *multipart.Reader, depth int) {
		for {
			p, err := r.NextRawPart()
			if err != nil {
				return
			}
			kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(kind, "multipart/") {
				walk(multipart.NewReader(p, params["boundary"]), depth+1)
				continue
			}
			var body bytes.Buffer
			if _, err := body.ReadFrom(p); err != nil {
				t.Fatal(err)
			}
			ls = append(
				ls,
				leaf{
					depth,
					kind,
					p.FileName(),
					string(decode(t, p.Header.Get("Content-Transfer-Encoding"), body.Bytes())),
				},
			)
		}
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("the mail is %s, %v", kind, err)
	}
	walk(multipart.NewReader(msg.Body, params["boundary"]), 1)
	return ls
}

// TestAttachments reads back what was attached: to the byte, beside a body that reads as without.
func TestAttachments(t *testing.T) {
	m := attached(message("县政府办公室"))
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	want := []leaf{
		{2, "text/plain", "", crlf(m.Text)},
		{2, "text/html", "", crlf(m.HTML)},
		{1, m.Attachments[0].Type, m.Attachments[0].Name, string(m.Attachments[0].Content)},
		{1, m.Attachments[1].Type, m.Attachments[1].Name, string(m.Attachments[1].Content)},
	}
	for _, form := range []smtp.Form{smtp.Wire, smtp.File} {
		raw, err := smtp.Render(m, office, form)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, leaves(t, raw)); diff != "" {
			t.Errorf("form %d (-want +got):\n%s", form, diff)
		}
		for line := range strings.Lines(string(raw)) {
			if len(line) > 1000 {
				t.Errorf("a line has %d bytes", len(line))
			}
		}
	}
	m.HTML = ""
	raw, err := smtp.Render(m, office, smtp.Wire)
	if err != nil {
		t.Fatal(err)
	}
	if got := leaves(t, raw); len(got) != 3 || got[0].Type != "text/plain" {
		t.Errorf("without HTML there are %+v", got)
	}
}

// TestAttachmentsRefused takes no name and no type that a header would have to encode, and that could begin another.
func TestAttachmentsRefused(t *testing.T) {
	for _, a := range []notify.Attachment{
		{},
		{Name: "通报.csv", Type: "text/csv"},
		{Name: "../a.csv", Type: "text/csv"},
		{Name: "a\"; x=\".csv", Type: "text/csv"},
		{Name: "a\r\nBcc: x", Type: "text/csv"},
		{Name: ".hidden", Type: "text/csv"},
		{Name: "a.csv"},
		{Name: "a.csv", Type: "text/csv\r\nBcc: x"},
		{Name: strings.Repeat("a", 65), Type: "text/csv"},
	} {
		m := message("县政府办公室")
		m.Attachments = []notify.Attachment{a}
		if _, err := smtp.Render(m, office, smtp.Wire); err == nil {
			t.Errorf("%+v was attached", a)
		}
	}
	m := attached(message("县政府办公室"))
	m.Text = " \n"
	if _, err := smtp.Render(m, office, smtp.Wire); err == nil {
		t.Error("a mail of attachments alone was rendered")
	}
}
