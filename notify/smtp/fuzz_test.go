package smtp_test

import (
	"bytes"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"qixian/notify"
	"qixian/notify/smtp"
	"qixian/notify/smtp/smtptest"
)

// plain is what a hostile value may still be: one line of printable text.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// FuzzRender holds that no subject, text or name begins a header or a part of its own, whatever it is.
func FuzzRender(f *testing.F) {
	f.Add("到期", "县环保局：\n", "<p>县环保局</p>", "县环保局", "政务公开提醒", "digest")
	f.Add(
		"a\r\nBcc: evil@example.invalid",
		".\r\n.\r\n",
		"\r\n--x--\r\n",
		"县环保局\r\nBcc: x",
		"x\r\n\r\ny",
		"d\r\nBcc: x",
	)
	f.Add("=?UTF-8?b?DQpCY2M6IHg=?=", "\x00\xff", "", `"\<>@,;:`, "=?utf-8?q?=0D=0A?=", "")
	f.Add("x", "x", "", "县\\", "\x84\\", "x")
	f.Add(strings.Repeat("a", 200)+"期"+strings.Repeat(" b", 100), "x", "y", strings.Repeat("长", 99), "x", "immediate")
	f.Fuzz(func(t *testing.T, subject, text, html, unit, from, kind string) {
		m := message("县环保局")
		m.Subject, m.Text, m.HTML, m.Unit, m.Kind = subject, text, html, unit, notify.Kind(kind)
		s := smtp.Sender{From: netmail.Address{Name: from, Address: "qixian@example.invalid"}}
		for _, form := range []smtp.Form{smtp.Wire, smtp.File} {
			raw, err := smtp.Render(m, s, form)
			if err != nil {
				return // no text, and nothing else can be wrong
			}
			got := parse(t, raw)
			names := []string{
				"Auto-Submitted",
				"Content-Transfer-Encoding",
				"Content-Type",
				"Date",
				"From",
				"Message-Id",
				"Mime-Version",
				"Subject",
				"To",
				"X-Auto-Response-Suppress",
				"X-Qixian-Kind",
			}
			for name := range got.Header {
				if !slices.Contains(names, name) {
					t.Errorf("header %s in\n%s", name, raw)
				}
			}
			if strings.Join(strings.Fields(got.Header["Subject"]), " ") != got.Header["Subject"] ||
				!plain(got.Header["Subject"]) {
				t.Errorf("subject %q", got.Header["Subject"])
			}
			if plain(subject) && strings.Join(strings.Fields(subject), " ") == subject &&
				got.Header["Subject"] != subject {
				t.Errorf("subject %q became %q", subject, got.Header["Subject"])
			}
			for name, want := range map[string]string{"To": m.To, "From": s.From.Address} {
				if a, err := netmail.ParseAddress(rawHeader(t, raw, name)); err != nil || a.Address != want {
					t.Errorf("%s %v, %v; want %s", name, a, err, want)
				}
			}
			if len(got.Parts) > 2 || got.Parts["text/plain"] == "" {
				t.Errorf("parts %v", got.Parts)
			}
			for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
				if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
					t.Errorf("line %q", line)
				}
			}
		}
	})
}

// FuzzReply holds that every answer is classified, that none shows an address, and that what the server refused is
// never taken for delivered.
func FuzzReply(f *testing.F) {
	for _, c := range outcomes {
		code, words, _ := strings.Cut(c.fault.Reply, " ")
		f.Add(string(c.fault.At), code, words)
	}
	f.Fuzz(func(t *testing.T, at, code, words string) {
		points := []smtptest.Verb{
			smtptest.Greeting,
			smtptest.EHLO,
			smtptest.MAIL,
			smtptest.RCPT,
			smtptest.DATA,
			smtptest.Final,
		}
		if !slices.Contains(points, smtptest.Verb(at)) || len(code) != 3 || code[0] != '4' && code[0] != '5' ||
			strings.Trim(code, "0123456789") != "" || strings.ContainsAny(words, "\r\n") || len(words) > 500 {
			return
		}
		s := smtptest.New(
			t,
			smtptest.Options{},
		).On(
			smtptest.Fault{At: smtptest.Verb(at), Reply: code + " " + words, Drop: true},
		)
		defer s.Close()
		out := attempt(t, dial(t, s, false, nil), message("县环保局"))
		known := []notify.Class{notify.Retry, notify.Bounced, notify.Rejected, notify.Halted}
		if at == string(smtptest.EHLO) { // then HELO is tried
			known = append(known, notify.Uncertain, notify.Sent)
		}
		if !slices.Contains(known, out.Class) {
			t.Errorf("%s at %s %q: %+v", code, at, words, out)
		}
		if !plain(out.Reply) || utf8.RuneCountInString(out.Reply) > 200 ||
			strings.Contains(out.Reply, "a@example.invalid") {
			t.Errorf("reply %q", out.Reply)
		}
		if out.After < 0 || out.After > 0 && out.Class != notify.Retry || out.Pause && out.Class != notify.Retry {
			t.Errorf("outcome %+v", out)
		}
	})
}
