package main_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"qixian/notify/smtp/smtptest"
)

// program is how a mail program writes a reply with these words, as HTML and as text, above or around what it answers.
type program func(t *testing.T, words, quoted string) (contentType, body string)

// encoded is a body in base64.
func encoded(text []byte) string { return base64.StdEncoding.EncodeToString(text) }

// alternative is a mail of a text and a page, both encoded already.
func alternative(charset, text, page string) (contentType, body string) {
	part := func(kind, encoded string) string {
		form := "--b\r\nContent-Type: text/%s; charset=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n"
		return fmt.Sprintf(form, kind, charset, encoded)
	}
	return "multipart/alternative; boundary=b", part("plain", text) + part("html", page) + "--b--\r\n"
}

var programs = map[string]program{
	// Foxmail names GB2312, has a plain part and a page, and puts the quotation into a blockquote with a list of
	// fields.
	"Foxmail": func(t *testing.T, words, quoted string) (string, string) {
		t.Helper()
		gb := func(s string) string {
			b, err := simplifiedchinese.GB18030.NewEncoder().String(s)
			if err != nil {
				t.Fatal(err)
			}
			return encoded([]byte(b))
		}
		fields := "发件人： 提醒\n发送时间： 2026-09-21 09:00\n收件人： 民政局\n主题： 提醒\n"
		lines := strings.ReplaceAll(fields+quoted, "\n", "</div><div>")
		page := "<html><body><div>" + words + "</div><hr><blockquote><div>" + lines + "</div></blockquote></body></html>"
		return alternative("GB2312", gb(words+"\n\n"+fields+quoted), gb(page))
	},
	// NetEase has a link behind a title in the page alone.
	"NetEase": func(_ *testing.T, words, quoted string) (string, string) {
		before, url, _ := strings.Cut(words, "http")
		quoted = strings.ReplaceAll(quoted, "\n", "<br>")
		page := "<div>" + before + `<a href="http` + url + `">不动产登记公告</a></div>` +
			`<pre>At 2026-09-21 09:00:00, "提醒" &lt;zwgk@example.invalid&gt; wrote:</pre>` +
			"<blockquote>" + quoted + "</blockquote>"
		return alternative("UTF-8", encoded([]byte(before+"不动产登记公告\n")), encoded([]byte(page)))
	},
	// iOS marks each line.
	"iOS": func(_ *testing.T, words, quoted string) (string, string) {
		text := words + "\n\n发自我的 iPhone\n\n> 在 2026年9月21日，上午9:00，提醒 <zwgk@example.invalid> 写道：\n> \n> " +
			strings.ReplaceAll(quoted, "\n", "\n> ")
		return "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64", encoded([]byte(text))
	},
	// An old web mail quotes without a mark, and Outlook repeats a link in angle brackets.
	"unmarked": func(_ *testing.T, words, quoted string) (string, string) {
		if _, url, ok := strings.Cut(words, "http"); ok {
			words += "<http" + url + ">"
		}
		return "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64", encoded(
			[]byte(words + "\n\n" + quoted),
		)
	},
}

// replyBy is a mail program's reply to a mail of ours. The code is in what it quotes.
func replyBy(t *testing.T, p program, m smtptest.Mail, from, words string) []byte {
	t.Helper()
	got, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	_, quoted, _ := strings.Cut(textOf(t, m.Data), "\n")
	kind, body := p(t, words, quoted)
	return fmt.Appendf(
		nil,
		"From: <%s>\r\nTo: zwgk@example.invalid\r\nSubject: Re\r\nIn-Reply-To: %s\r\nMessage-ID: <%d@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: %s\r\n\r\n%s\r\n",
		from,
		got.Header.Get("Message-ID"),
		time.Now().UnixNano(),
		kind,
		body,
	)
}

// TestClerks answers as four mail programs write it, through a real mailbox: what is not plain closes nothing and is
// named, and what is plain is done.
func TestClerks(t *testing.T) {
	c := correspond(t, false)
	told := c.mailTo(t, "mzj@example.org", "警报一号", 1)
	c.mailTo(t, "hbj@example.org", "警报一号", 1)
	answers := 0
	for _, name := range []string{"Foxmail", "iOS", "unmarked"} {
		for _, words := range []string{"办结不了，材料还没齐，见 https://www.example.invalid/1.html", "办结时限怎么算？"} {
			c.box.Deliver(t, replyBy(t, programs[name], told, "mzj@example.org", words), time.Now())
			answers++
			got := strings.ReplaceAll(textOf(t, c.mailTo(t, "mzj@example.org", "来信所报事项未登记", answers).Data), "\r", "")
			if !strings.Contains(got, "来信原文：第1行（空行不计）\n处理结果：看来尚未办结，或者是在提问，未作登记。") || strings.Contains(got, "材料") {
				t.Errorf("%s, %s is answered with\n%s", name, words, got)
			}
		}
	}
	if status := c.run(t, "status"); !strings.Contains(status, "共2项：") {
		t.Errorf("something was closed:\n%s", status)
	}
	winmail := fmt.Appendf(
		nil,
		"From: <mzj@example.org>\r\nTo: zwgk@example.invalid\r\nSubject: Re\r\nIn-Reply-To: <%s>\r\nMessage-ID: <winmail@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+Ig==\r\n",
		messageID(t, told),
	)
	c.box.Deliver(t, winmail, time.Now())
	c.mailTo(t, "mzj@example.org", "winmail.dat", 1)
	done := replyBy(t, programs["NetEase"], told, "mzj@example.org", "办结 1 https://www.example.invalid/2.html")
	c.box.Deliver(t, append([]byte(vouched), done...), time.Now())
	c.mailTo(t, "mzj@example.org", "来信所报事项已登记", 1)
	if status := c.run(t, "status"); !strings.Contains(status, "共1项：") || strings.Contains(status, "民政局") {
		t.Errorf("status:\n%s", status)
	}
	if code := c.d.stop(t); code != 0 {
		t.Errorf("stopped with %d", code)
	}
}

// TestFloodByMail forges replies under a unit's name, through a real mailbox. The unit gets ten answers.
func TestFloodByMail(t *testing.T) {
	c := correspond(t, false)
	told := c.mailTo(t, "mzj@example.org", "警报一号", 1)
	const forged = 1000
	for i := range forged {
		raw := bytes.Replace(answer(t, told, "mzj@example.org", fmt.Sprintf("没有办结 https://evil.example.invalid/%d", i)),
			[]byte("Message-ID: <"), fmt.Appendf(nil, "Message-ID: <%d.", i), 1)
		c.box.Deliver(t, raw, time.Now())
	}
	elsewhere := c.mailTo(t, "hbj@example.org", "警报一号", 1)
	done := answer(t, elsewhere, "hbj@example.org", "办结 https://www.example.invalid/1.html")
	c.box.Deliver(t, append([]byte(vouched), done...), time.Now())
	c.mailTo(t, "hbj@example.org", "来信所报事项已登记", 1) // it was read last
	answers := 0
	for _, m := range c.sink.Mails() {
		if m.To[0] == "mzj@example.org" && strings.Contains(string(m.Data), "X-Qixian-Kind: answer") {
			answers++
			if strings.Contains(textOf(t, m.Data), "evil") {
				t.Fatalf("an answer repeats the forger's words:\n%s", textOf(t, m.Data))
			}
		}
	}
	if answers > 10 || answers == 0 {
		t.Errorf("%d answers to %d forged replies", answers, forged)
	}
	if log := c.d.output(t); strings.Count(log, "too_many=true") < forged-20 {
		t.Errorf("%d replies were too many", strings.Count(log, "too_many=true"))
	}
	if code := c.d.stop(t); code != 0 {
		t.Errorf("stopped with %d", code)
	}
}
