package main_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"qixian/notify/inbox/inboxtest"
	"qixian/notify/smtp/smtptest"
)

// correspondence is a daemon that sends to one server and reads the mailbox of another.
type correspondence struct {
	dir  string
	sink *smtptest.Server
	box  *inboxtest.Dovecot
	d    *daemon
}

// correspond starts a daemon with one event on record, of which two units are told.
func correspond(t *testing.T, plus bool) *correspondence {
	t.Helper()
	trusted := "" // with signed addresses nobody asks who has sent a mail
	if !plus {
		trusted = ", authserv_id: mx.example.invalid, received_by: mx.example.invalid"
	}
	c := &correspondence{dir: t.TempDir(), sink: smtptest.New(t, smtptest.Options{}).Listen(t), box: inboxtest.New(t)}
	for name, content := range map[string]string{
		"catalogue/all.yaml": `
units: {办公室: {}, 环保局: {}, 民政局: {}, 各单位: {group: true, members: [环保局, 民政局]}}
triggers: {alarm: {title: 警报}}
obligations:
  answer-alarm:
    row: 0
    title: 警报处置情况
    kind: after-event
    per: unit
    rule: {after: alarm, within: 999h, stages: [record]}
    lead: [各单位]
`,
		"contacts.yaml": "contacts: {办公室: [office@example.invalid], 环保局: [hbj@example.org], 民政局: [mzj@example.org]}\n",
		"password":      inboxtest.Password + "\n",
		"ca.pem":        string(c.box.CA),
		"qixian.yaml": fmt.Sprintf(`
office: 办公室
state_dir: state
seeds: catalogue
contacts: contacts.yaml
mail:
  transport: smtp
  from: {name: 提醒, address: %s}
  retry_interval: 1s
  smtp: {host: 127.0.0.1, port: %d, tls: none}
  inbox: {host: 127.0.0.1, port: %d, tls: tls, ca_file: ca.pem, username: %[1]s, password_file: password, interval: 1s, plus_addressing: %[4]t%[5]s}
`, inboxtest.Username, c.sink.Port(), c.box.PortTLS, plus, trusted),
	} {
		write(t, filepath.Join(c.dir, name), content)
	}
	c.run(t, "event", "add", "alarm", "--ref", "警报一号")
	c.d = serve(t, c.dir, nil, "--config", "qixian.yaml")
	return c
}

func (c *correspondence) run(t *testing.T, args ...string) string {
	t.Helper()
	return must(t, c.dir, append(args, "--config", "qixian.yaml")...)
}

// mailTo waits for the n-th mail to an address, counted from 1, that contains a word, and returns it.
func (c *correspondence) mailTo(t *testing.T, address, word string, n int) smtptest.Mail {
	t.Helper()
	var found smtptest.Mail
	eventually(t, 90*time.Second, fmt.Sprintf("mail %d to %s with %q", n, address, word), func() bool {
		seen := 0
		for _, m := range c.sink.Mails() {
			if m.To[0] == address && strings.Contains(textOf(t, m.Data), word) {
				if seen++; seen == n {
					found = m
					return true
				}
			}
		}
		return false
	})
	return found
}

// textOf is a mail's subject and plain text.
func textOf(t *testing.T, raw []byte) string {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	encoding, body := m.Header.Get("Content-Transfer-Encoding"), m.Body
	if media, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type")); strings.HasPrefix(media, "multipart/") {
		part, err := multipart.NewReader(m.Body, params["boundary"]).NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		encoding, body = part.Header.Get("Content-Transfer-Encoding"), part
	}
	switch encoding {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return subject + "\n" + string(text)
}

// bounce is what a mail server sends back.
func bounce(to, messageID, status string) []byte {
	return fmt.Appendf(nil, `Return-Path: <>
From: MAILER-DAEMON@mx.example.org
To: <%s>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

I'm sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; hbj@example.org
Action: failed
Status: %s
Diagnostic-Code: smtp; 550 %[2]s <hbj@example.org> User unknown

--b
Content-Type: text/rfc822-headers

Message-ID: <%[3]s>
--b--
`, to, status, messageID)
}

// answer is what a person sends back: above the mail as it came, as QQ has it.
func answer(t *testing.T, m smtptest.Mail, from, words string) []byte {
	t.Helper()
	got, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	to := got.Header.Get("Reply-To")
	if to == "" {
		to = got.Header.Get("From")
	}
	text := words + "\n\n------------------ 原始邮件 ------------------\n" + textOf(t, m.Data)
	return fmt.Appendf(
		nil,
		"From: <%s>\r\nTo: %s\r\nSubject: Re\r\nIn-Reply-To: %s\r\nMessage-ID: <%s@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n",
		from,
		to,
		got.Header.Get("Message-ID"),
		base64.RawURLEncoding.EncodeToString([]byte(from + words))[:20],
		base64.StdEncoding.EncodeToString([]byte(text)),
	)
}

func messageID(t *testing.T, m smtptest.Mail) string {
	t.Helper()
	got, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(got.Header.Get("Message-ID"), "<>")
}

// vouched is what our mail server puts on top of a mail that comes from where it says.
const vouched = "Authentication-Results: mx.example.invalid; dkim=pass header.d=example.org\r\n" +
	"Received: from mail.example.org by mx.example.invalid with ESMTPS; Fri, 21 Sep 2018 10:00:00 +0800\r\n"

// TestCorrespondence is the way back, with a real mailbox: a bounce marks the address, and the office gets what the
// unit should have had; a reply closes the deadline and is answered once. It is told with signed addresses and without.
func TestCorrespondence(t *testing.T) {
	for _, plus := range []bool{true, false} {
		t.Run(fmt.Sprintf("plus addressing %t", plus), func(t *testing.T) {
			t.Parallel() // each waits for two passes, and they come by the minute
			c := correspond(t, plus)
			lost, kept := c.mailTo(t, "hbj@example.org", "警报一号", 1), c.mailTo(t, "mzj@example.org", "警报一号", 1)
			if signed := regexp.MustCompile(
				`^zwgk\+b-[a-z2-7]{32}@example\.invalid$`,
			).MatchString(
				lost.From,
			); signed != plus {
				t.Errorf("sent from %s", lost.From)
			}
			// Forged: it names a message of ours, but comes to an address that anybody knows, or names one that is not
			// ours.
			if plus {
				c.box.Deliver(t, bounce(inboxtest.Username, messageID(t, kept), "5.1.1"), time.Now())
			}
			c.box.Deliver(
				t,
				bounce(inboxtest.Username, "m0123456789abcdef01234567@example.invalid", "5.1.1"),
				time.Now(),
			)
			c.box.Deliver(t, bounce(lost.From, messageID(t, lost), "5.1.1"), time.Now())
			c.mailTo(t, "office@example.invalid", "环保局", 1)
			if status := c.run(
				t,
				"status",
			); !strings.Contains(status, "邮箱失效：环保局") || strings.Count(status, "邮箱失效") != 1 ||
				!strings.Contains(status, "共2项：") {
				t.Errorf("status:\n%s", status)
			}

			// A stranger and a unit that it does not concern change nothing.
			const done = "办结 https://www.example.invalid/2018/9/1.html"
			c.box.Deliver(t, answer(t, kept, "evil@example.net", done), time.Now())
			c.box.Deliver(t, answer(t, kept, "hbj@example.org", done), time.Now())
			reply, answered := answer(t, kept, "mzj@example.org", done), 1
			if !plus { // the server is asked who has sent a mail: what it does not vouch for is answered and not done
				c.box.Deliver(
					t,
					bytes.Replace(reply, []byte("Message-ID: <"), []byte("Message-ID: <forged."), 1),
					time.Now(),
				)
				c.mailTo(t, "mzj@example.org", "未能核实来信确由民政局的邮箱发出，未作登记", 1)
				reply, answered = append([]byte(vouched), reply...), 2
			}
			c.box.Deliver(t, reply, time.Now())
			c.mailTo(t, "mzj@example.org", "登记办结", 1)
			c.box.Deliver(t, reply, time.Now()) // and what has been said twice is done once
			eventually(t, 30*time.Second, "all is read", func() bool {
				return strings.Count(c.d.output(t), "reply refused") == 2 &&
					strings.Contains(c.d.output(t), "reply known")
			})
			if status := c.run(
				t,
				"status",
			); !strings.Contains(status, "共1项：") ||
				strings.Contains(status, "民政局") {
				t.Errorf("status:\n%s", status)
			}
			answers := 0
			for _, m := range c.sink.Mails() {
				if strings.Contains(string(m.Data), "X-Qixian-Kind: answer") {
					answers++
				}
			}
			if answers != answered {
				t.Errorf("%d answers, want %d", answers, answered)
			}
			if doubted := strings.Contains(c.d.output(t), "bounce doubted"); doubted != plus {
				t.Errorf("a bounce that is not at the signed address is doubted: %t", doubted)
			}
			if log := c.d.output(t); strings.Contains(log, "@example") || strings.Contains(log, inboxtest.Password) {
				t.Errorf("the log shows an address or the password:\n%s", log)
			}
			if code := c.d.stop(t); code != 0 {
				t.Errorf("stopped with %d", code)
			}
		})
	}
}
