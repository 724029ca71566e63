package inbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// TestHostileMails holds that nothing which fits into a fetched mail keeps the reader busy, and that what is sound in
// it still counts.
func TestHostileMails(t *testing.T) {
	head := "From: a@example.org\r\nSubject: x\r\nIn-Reply-To: <" + ours + ">\r\n"
	deep := strings.Builder{}
	for i := range 4000 {
		b := string(rune('a'+i%26)) + strings.Repeat("b", i%7)
		deep.WriteString("Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n")
	}
	for name, raw := range map[string]string{
		"depth":            head + deep.String(),
		"parts":            head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\n", 30000),
		"no boundary":      head + "Content-Type: multipart/mixed\r\n\r\n" + strings.Repeat("--\r\n", 60000),
		"long line":        head + "\r\n" + strings.Repeat("x", maxMail),
		"many lines":       head + "\r\n" + strings.Repeat("\n", maxMail),
		"long header":      head + "X: " + strings.Repeat("y", 100<<10) + "\r\n\r\nhello",
		"many headers":     head + strings.Repeat("X: y\r\n", 10000) + "\r\nhello",
		"many codes":       head + "\r\n" + strings.Repeat("aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa ", 7000),
		"open tags":        head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<", maxText),
		"open attributes":  head + "Content-Type: text/html\r\n\r\n" + strings.Repeat(`<a b="`, maxText/6),
		"blockquotes":      head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<blockquote>x", maxText/13),
		"entities":         head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("&#x41;&amp;&bogus;", maxText/18),
		"half base64":      head + "Content-Transfer-Encoding: base64\r\n\r\nYWJj\r\n*",
		"unknown encoding": head + "Content-Transfer-Encoding: rot13\r\nContent-Type: text/plain; charset=klingon\r\n\r\nx",
		"quotes":           head + "\r\n" + strings.Repeat("On x <a@b> \n", 20000),
		"recipients":       head + "To: " + strings.Repeat("a+b-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b, ", 3000) + "\r\n\r\nx",
		"references":       head + "References: " + strings.Repeat("<a@b> ", 15000) + "\r\n\r\nx",
		"report":           head + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" + strings.Repeat("Status: 2.0.0\r\n\r\n", 15000),
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			got := find(t, []byte(raw), false)
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
			want := KindReply
			if name == "report" {
				want = KindAutomatic
			}
			if got.Kind != want {
				t.Errorf("is taken for %s (%s)", got.Kind, got.Why)
			}
			if got.Reply != nil && len(got.Reply.Text) > maxWritten {
				t.Errorf("%d bytes of text", len(got.Reply.Text))
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	for name, raw := range map[string]string{
		"nothing": "", "no header": "hello s3cret\r\n\r\n", "leading space": " s3cret\r\n\r\n", "a header too long": "X: " + strings.Repeat("y", maxHeader) + "\r\n\r\n",
		"a name with a space": "Sub s3cret: x\r\n\r\nhello",
	} {
		if l, err := parse(
			[]byte(raw),
		); err == nil && name != "nothing" ||
			err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
}

func TestWritten(t *testing.T) {
	const mine = "办结 https://www.example.invalid/1"
	for name, text := range map[string]string{
		"alone":             mine,
		"marked":            mine + "\n> 办结 旧\n>> 更旧",
		"Foxmail":           mine + "\n\n发件人： 政务公开提醒\n发送时间： 2018-09-21 09:00\n收件人： 县环保局\n主题： 提醒\n办结 旧",
		"QQ":                mine + "\n\n------------------ 原始邮件 ------------------\n办结 旧",
		"WeCom":             mine + "\n\n------------------ Original ------------------\nFrom: x\n办结 旧",
		"NetEase app":       mine + "\n---- 回复的原邮件 ----\n| 发件人 | x |\n办结 旧",
		"NetEase":           mine + "\nAt 2018-09-21 09:00:00, \"政务公开提醒\" <zwgk@example.invalid> wrote:\n办结 旧",
		"Outlook":           mine + "\r\n\r\n-----Original Message-----\r\n办结 旧",
		"Outlook, English":  mine + "\n\nFrom: x <zwgk@example.invalid>\nSent: Friday\nTo: y\nSubject: z\n\n办结 旧",
		"Apple":             mine + "\n\n> 在 2018年9月21日，上午9:00，x <zwgk@example.invalid> 写道：\n> \n> 办结 旧",
		"Gmail, Chinese":    mine + "\n\n政务公开提醒 <zwgk@example.invalid> 于2018年9月21日周五 上午9:00写道：\n\n> 办结 旧",
		"Thunderbird":       "在 2018/9/21 9:00, 政务公开提醒 写道:\n> 办结 旧\n\n" + mine,
		"wrapped in two":    mine + "\nOn Fri, 21 Sep 2018 at 09:00, 政务公开提醒 <\nzwgk@example.invalid> wrote:\n\n> 办结 旧",
		"white space":       "\u00a0\n" + mine + " \t\n\n\n",
		"full-width marker": mine + "\n＞ 办结 旧",
	} {
		if got := written(text); got != mine {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, text := range map[string]string{
		"a date in a sentence":  "延期 2018-10-15 在 2018 年之前报告还没写完",
		"a word like a header":  "主题: 无\n日期: 无",
		"a from without others": "发件人: 我\n就这样",
		"dashes":                "办结 x\n----\n谢谢",
	} {
		if got := written(text); got != text {
			t.Errorf("%s: %q became %q", name, text, got)
		}
	}
}

// FuzzMail holds that any mail is sorted without a panic, that a bounce and a reply are what they must be, and that
// nothing grows.
func FuzzMail(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, false)
		f.Add(raw, true)
	}
	s := testSigner(f)
	f.Fuzz(func(t *testing.T, raw []byte, signed bool) {
		if len(raw) > maxMail {
			return
		}
		l, err := parse(raw)
		if err != nil {
			return
		}
		v := newSorter(s, self, signed).sort(l, arrival)
		switch v.kind {
		case KindBounce:
			if s.ReplyCode(v.bounce.MessageID) == "" {
				t.Errorf("bounce of %q, which is not ours", v.bounce.MessageID)
			}
			if _, ok := newSorter(s, self, signed).returned(l); v.bounce.Signed && !ok || signed && v.bounce.Returned {
				t.Error("bounce that shows what it cannot")
			}
			if !utf8.ValidString(v.bounce.Recipient) || strings.ContainsFunc(v.bounce.Recipient, unicode.IsControl) {
				t.Errorf("recipient %q", v.bounce.Recipient)
			}
			if !utf8.ValidString(v.bounce.Text) || strings.ContainsAny(v.bounce.Text, "\r\n") ||
				anyAddress.MatchString(v.bounce.Text) {
				t.Errorf("text %q", v.bounce.Text)
			}
		case KindReply:
			for _, s := range append([]string{v.reply.From, v.reply.InReplyTo, v.reply.MessageID, v.reply.Subject}, v.reply.References...) {
				if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
					t.Errorf("%q in %+v", s, v.reply)
				}
			}
			if v.reply.From == "" || strings.ContainsAny(v.reply.Subject, "\r\n") || len(v.reply.Text) > maxWritten ||
				strings.Contains(v.reply.Text, "\r") ||
				!utf8.ValidString(v.reply.Text) ||
				!utf8.ValidString(v.reply.Subject) {
				t.Errorf("reply %+v", v.reply)
			}
			for _, code := range v.reply.Codes {
				if len(code) != 35 {
					t.Errorf("code %q", code)
				}
			}
		case KindAutomatic, KindOther:
		default:
			t.Errorf("kind %q", v.kind)
		}
	})
}
