package smtp_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"qixian/notify"
	"qixian/notify/smtp"
	"qixian/notify/smtp/smtptest"
)

// outcomes is one server behaviour a line, and what is true of the message afterwards.
var outcomes = []struct {
	name   string
	fault  smtptest.Fault
	want   notify.Class
	code   int
	after  time.Duration
	pause  bool
	opened bool // the connection came about
	kept   bool // the server has the mail
	big    bool // a message larger than any buffer on the way
}{
	// Nothing was accepted.
	{
		name:  "greeting 421",
		fault: smtptest.Fault{At: smtptest.Greeting, Reply: "421 busy", Drop: true},
		want:  notify.Retry,
		code:  421,
	},
	{
		name:  "greeting 554",
		fault: smtptest.Fault{At: smtptest.Greeting, Reply: "554 no service", Drop: true},
		want:  notify.Retry,
		code:  554,
	},
	{name: "greeting dropped", fault: smtptest.Fault{At: smtptest.Greeting, Drop: true}, want: notify.Retry},
	{name: "greeting stalled", fault: smtptest.Fault{At: smtptest.Greeting, Stall: true}, want: notify.Retry},
	{name: "EHLO dropped", fault: smtptest.Fault{At: smtptest.EHLO, Drop: true}, want: notify.Retry},
	{name: "EHLO stalled", fault: smtptest.Fault{At: smtptest.EHLO, Stall: true}, want: notify.Retry},
	{
		name:   "MAIL 421",
		fault:  smtptest.Fault{At: smtptest.MAIL, Reply: "421 shutting down", Drop: true},
		want:   notify.Retry,
		code:   421,
		opened: true,
	},
	{
		name:   "MAIL 451",
		fault:  smtptest.Fault{At: smtptest.MAIL, Reply: "451 later"},
		want:   notify.Retry,
		code:   451,
		opened: true,
	},
	{name: "MAIL dropped", fault: smtptest.Fault{At: smtptest.MAIL, Drop: true}, want: notify.Retry, opened: true},
	{name: "MAIL stalled", fault: smtptest.Fault{At: smtptest.MAIL, Stall: true}, want: notify.Retry, opened: true},
	{
		name:   "RCPT 450",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "450 4.2.0 greylisted"},
		want:   notify.Retry,
		code:   450,
		opened: true,
	},
	{
		name:   "RCPT 452",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "452 4.2.2 mailbox full"},
		want:   notify.Retry,
		code:   452,
		opened: true,
	},
	{name: "RCPT dropped", fault: smtptest.Fault{At: smtptest.RCPT, Drop: true}, want: notify.Retry, opened: true},
	{name: "RCPT stalled", fault: smtptest.Fault{At: smtptest.RCPT, Stall: true}, want: notify.Retry, opened: true},
	{
		name:   "DATA 451",
		fault:  smtptest.Fault{At: smtptest.DATA, Reply: "451 later"},
		want:   notify.Retry,
		code:   451,
		opened: true,
	},
	{name: "DATA dropped", fault: smtptest.Fault{At: smtptest.DATA, Drop: true}, want: notify.Retry, opened: true},
	{name: "DATA stalled", fault: smtptest.Fault{At: smtptest.DATA, Stall: true}, want: notify.Retry, opened: true},
	{
		name:   "dropped amid a long content",
		fault:  smtptest.Fault{At: smtptest.Content, Drop: true},
		want:   notify.Retry,
		opened: true,
		big:    true,
	},
	{
		name:   "final dot 452",
		fault:  smtptest.Fault{At: smtptest.Final, Reply: "452 4.3.1 disk full"},
		want:   notify.Retry,
		code:   452,
		opened: true,
	},

	// Our own configuration is wrong.
	{
		name:   "MAIL 440, Aliyun",
		fault:  smtptest.Fault{At: smtptest.MAIL, Reply: "440 mail from account doesn't conform with authentication"},
		want:   notify.Halted,
		code:   440,
		opened: true,
	},
	{
		name:   "MAIL 501, QQ",
		fault:  smtptest.Fault{At: smtptest.MAIL, Reply: "501 Mail from address must be same as authorization user."},
		want:   notify.Halted,
		code:   501,
		opened: true,
	},
	{
		name:   "MAIL 553, NetEase",
		fault:  smtptest.Fault{At: smtptest.MAIL, Reply: "553 Mail from must equal authorized user"},
		want:   notify.Halted,
		code:   553,
		opened: true,
	},
	{
		name:   "MAIL 530",
		fault:  smtptest.Fault{At: smtptest.MAIL, Reply: "530 5.7.0 Authentication required"},
		want:   notify.Halted,
		code:   530,
		opened: true,
	},
	{
		name:   "RCPT 553, not our address",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "553 5.7.1 Sender address rejected: not owned by user"},
		want:   notify.Halted,
		code:   553,
		opened: true,
	},
	{
		name: "RCPT 554, black list",
		fault: smtptest.Fault{
			At:    smtptest.RCPT,
			Reply: "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a list",
		},
		want:   notify.Halted,
		code:   554,
		opened: true,
	},

	// The address is bad.
	{
		name:   "RCPT 550",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "550 User not found"},
		want:   notify.Bounced,
		code:   550,
		opened: true,
	},
	{
		name:   "RCPT 550 5.1.1",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "550 5.1.1 no such user"},
		want:   notify.Bounced,
		code:   550,
		opened: true,
	},
	{
		name:   "RCPT 553, Aliyun",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: `553 "RCPT TO" mailbox unavailable`},
		want:   notify.Bounced,
		code:   553,
		opened: true,
	},
	{
		name:   "RCPT 554, Aliyun",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "554 RCPT (account) dosn't exist"},
		want:   notify.Bounced,
		code:   554,
		opened: true,
	},
	{
		name:   "final dot 550, 263",
		fault:  smtptest.Fault{At: smtptest.Final, Reply: "550 user not exist"},
		want:   notify.Bounced,
		code:   550,
		opened: true,
	},

	// The message is refused for good.
	{
		name:   "RCPT 554, relaying",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "554 5.7.1 Relay access denied"},
		want:   notify.Rejected,
		code:   554,
		opened: true,
	},
	{
		name:   "RCPT 550, QQ's user",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "550 Mail is rejected by recipients"},
		want:   notify.Rejected,
		code:   550,
		opened: true,
	},
	{
		name:   "RCPT 550, words of nobody",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "550 Requested action not taken: mailbox unavailable"},
		want:   notify.Rejected,
		code:   550,
		opened: true,
	},
	{
		name:   "RCPT 550 5.7.1, a policy",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "550 5.7.1 Recipient refused by policy"},
		want:   notify.Rejected,
		code:   550,
		opened: true,
	},
	{
		name:   "MAIL 552, size",
		fault:  smtptest.Fault{At: smtptest.MAIL, Reply: "552 5.3.4 Message size exceeds fixed limit"},
		want:   notify.Rejected,
		code:   552,
		opened: true,
	},
	{
		name:   "DATA 554",
		fault:  smtptest.Fault{At: smtptest.DATA, Reply: "554 no"},
		want:   notify.Rejected,
		code:   554,
		opened: true,
	},
	{
		name:   "final dot 552, size",
		fault:  smtptest.Fault{At: smtptest.Final, Reply: "552 message is too long"},
		want:   notify.Rejected,
		code:   552,
		opened: true,
	},
	{
		name:   "final dot 554",
		fault:  smtptest.Fault{At: smtptest.Final, Reply: "554 DT:SPM spam"},
		want:   notify.Rejected,
		code:   554,
		opened: true,
	},

	// A permanent code, or none, that is really temporary.
	{
		name:   "MAIL 550, QQ's limit",
		fault:  smtptest.Fault{At: smtptest.MAIL, Reply: "550 Sender frequency limited."},
		want:   notify.Retry,
		code:   550,
		after:  time.Hour,
		pause:  true,
		opened: true,
	},
	{
		name:   "RCPT 550, QQ's limit",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "550 Domain frequency limited"},
		want:   notify.Retry,
		code:   550,
		after:  time.Hour,
		pause:  true,
		opened: true,
	},
	{
		name:   "final dot 550, QQ's limit",
		fault:  smtptest.Fault{At: smtptest.Final, Reply: "550 Ip frequency limited. http://service.mail.qq.com"},
		want:   notify.Retry,
		code:   550,
		after:  time.Hour,
		pause:  true,
		opened: true,
	},
	{
		name:   "RCPT 550, QQ's busy user",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "550 Mailbox unavailable or access denied"},
		want:   notify.Retry,
		code:   550,
		after:  time.Hour,
		opened: true,
	},
	{
		name:   "MAIL 450, MI:DMC",
		fault:  smtptest.Fault{At: smtptest.MAIL, Reply: "450 MI:DMC too many mails in this connection"},
		want:   notify.Retry,
		code:   450,
		after:  time.Minute,
		opened: true,
	},
	{
		name:   "final dot 451, MI:SFQ",
		fault:  smtptest.Fault{At: smtptest.Final, Reply: "451 MI:SFQ slow down"},
		want:   notify.Retry,
		code:   451,
		after:  15 * time.Minute,
		pause:  true,
		opened: true,
	},
	{
		name:  "greeting 421, HL:ICC",
		fault: smtptest.Fault{At: smtptest.Greeting, Reply: "421 HL:ICC too many connections", Drop: true},
		want:  notify.Retry,
		code:  421,
		after: 15 * time.Minute,
		pause: true,
	},
	{
		name:  "greeting 554, HL:ICC",
		fault: smtptest.Fault{At: smtptest.Greeting, Reply: "554 HL:ICC too many mails", Drop: true},
		want:  notify.Retry,
		code:  554,
		after: time.Hour,
		pause: true,
	},
	{
		name:   "RCPT 554, HL:IFQ",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "554 HL:IFQ"},
		want:   notify.Retry,
		code:   554,
		after:  time.Hour,
		pause:  true,
		opened: true,
	},
	{
		name:   "final dot 451, DT:SPM",
		fault:  smtptest.Fault{At: smtptest.Final, Reply: "451 DT:SPM ,please try again"},
		want:   notify.Retry,
		code:   451,
		after:  2 * time.Minute,
		opened: true,
	},
	{
		name: "final dot 554, Aliyun's limit",
		fault: smtptest.Fault{
			At:    smtptest.Final,
			Reply: "554 Reject by behaviour spam ANTISPAM_BAT: too frequently sending",
		},
		want:   notify.Retry,
		code:   554,
		after:  time.Hour,
		opened: true,
	},
	{
		name: "RCPT 504, Aliyun's limit",
		fault: smtptest.Fault{
			At:    smtptest.RCPT,
			Reply: "504 the number of RCPT attempts is achieved the maximum threshold",
		},
		want:   notify.Retry,
		code:   504,
		after:  time.Hour,
		opened: true,
	},
	{
		name:   "final dot 552, DirectMail's limit",
		fault:  smtptest.Fault{At: smtptest.Final, Reply: "552 Daily sending quota exceeded"},
		want:   notify.Retry,
		code:   552,
		after:  time.Hour,
		pause:  true,
		opened: true,
	},
	{
		name:   "RCPT 550, too often",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "550 发送频率过高，请稍后再试"},
		want:   notify.Retry,
		code:   550,
		after:  time.Hour,
		opened: true,
	},
	{
		name:   "MAIL 550, too often",
		fault:  smtptest.Fault{At: smtptest.MAIL, Reply: "550 发送频率过高，请稍后再试"},
		want:   notify.Retry,
		code:   550,
		after:  time.Hour,
		opened: true,
	},
	{
		name:   "RCPT 552, the hour's number, GBK",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "552 " + inGBK("超过每小时发信数量限制，请联系管理员")},
		want:   notify.Retry,
		code:   552,
		after:  time.Hour,
		opened: true,
	},
	{
		name: "final dot 554, a limit",
		fault: smtptest.Fault{
			At:    smtptest.Final,
			Reply: "554 5.7.0 Hourly limit of messages exceeded. Try again later",
		},
		want:   notify.Retry,
		code:   554,
		after:  time.Hour,
		opened: true,
	},
	{
		name: "RCPT 550, Gmail's busy user",
		fault: smtptest.Fault{
			At:    smtptest.RCPT,
			Reply: "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages",
		},
		want:   notify.Retry,
		code:   550,
		after:  time.Hour,
		opened: true,
	},
	{
		name:   "RCPT 550, our account's limit",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "550 您的账号发信过于频繁，请稍后再试"},
		want:   notify.Retry,
		code:   550,
		after:  time.Hour,
		pause:  true,
		opened: true,
	},
	{
		name:   "RCPT 552, full",
		fault:  smtptest.Fault{At: smtptest.RCPT, Reply: "552 mailbox is full"},
		want:   notify.Retry,
		code:   552,
		after:  4 * time.Hour,
		opened: true,
	},

	// Nobody knows.
	{
		name:   "dropped after the final dot, not kept",
		fault:  smtptest.Fault{At: smtptest.Final, Drop: true},
		want:   notify.Uncertain,
		opened: true,
	},
	{
		name:   "dropped after the final dot, kept",
		fault:  smtptest.Fault{At: smtptest.Final, Keep: true, Drop: true},
		want:   notify.Uncertain,
		opened: true,
		kept:   true,
	},
	{
		name:   "stalled after the final dot",
		fault:  smtptest.Fault{At: smtptest.Final, Keep: true, Stall: true},
		want:   notify.Uncertain,
		opened: true,
		kept:   true,
	},
	{
		name:   "long and stalled after the final dot",
		fault:  smtptest.Fault{At: smtptest.Final, Keep: true, Stall: true},
		want:   notify.Uncertain,
		opened: true,
		kept:   true,
		big:    true,
	},

	// Delivered, whatever comes after.
	{
		name:   "dropped after its 250",
		fault:  smtptest.Fault{At: smtptest.Final, Reply: "250 queued", Keep: true, Drop: true},
		want:   notify.Sent,
		code:   250,
		opened: true,
		kept:   true,
	},
	{
		name:   "QUIT dropped",
		fault:  smtptest.Fault{At: smtptest.QUIT, Drop: true},
		want:   notify.Sent,
		code:   250,
		opened: true,
		kept:   true,
	},
	{
		name:   "QUIT stalled",
		fault:  smtptest.Fault{At: smtptest.QUIT, Stall: true},
		want:   notify.Sent,
		code:   250,
		opened: true,
		kept:   true,
	},
	{
		name:   "no NOOP, no RSET",
		fault:  smtptest.Fault{At: smtptest.RSET, Drop: true},
		want:   notify.Sent,
		code:   250,
		opened: true,
		kept:   true,
	},
}

// The bubble's clock makes the real time-outs, ten minutes after the final dot, pass in no time.
func TestOutcomes(t *testing.T) {
	for _, c := range outcomes {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := smtptest.New(t, smtptest.Options{}).On(c.fault)
				tr := dial(t, s, false, nil)
				m := message("县环保局")
				if c.big {
					m.Text = strings.Repeat("环境空气质量状况\n", 200_000)
				}
				start := time.Now()
				out := tr.Open(context.Background())
				if opened := out.Class == ""; opened != c.opened {
					t.Fatalf("Open: %+v, want opened %v", out, c.opened)
				} else if opened {
					out = tr.Send(context.Background(), m)
				}
				took := time.Since(start)
				if out.Class != c.want || out.Code != c.code || out.After != c.after || out.Pause != c.pause {
					t.Errorf("outcome %+v, want %s, code %d, after %s, pause %v", out, c.want, c.code, c.after, c.pause)
				}
				if out.Class != notify.Sent && out.Reply == "" {
					t.Error("the outcome says nothing")
				}
				if strings.Contains(out.Reply, "@") {
					t.Errorf("reply %q holds an address", out.Reply)
				}
				if kept := len(s.Mails()) == 1; kept != c.kept {
					t.Errorf("the server kept %d mails, want kept %v", len(s.Mails()), c.kept)
				}
				if limit := map[bool]time.Duration{true: 10 * time.Minute, false: 15 * time.Second}[c.opened]; took > limit {
					t.Errorf("took %s, want %s at most", took, limit)
				}
				_ = tr.Idle()
				if took = time.Since(start) - took; took > 5*time.Second {
					t.Errorf("Idle took %s", took)
				}
			})
		})
	}
}

// The same lines by TCP, where data that has been written may be lost, rather than in memory, where it cannot.
func TestOutcomesByTCP(t *testing.T) {
	for _, c := range outcomes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.New(t, smtptest.Options{}).Listen(t).On(c.fault)
			tr := dial(t, s, true, func(o *smtp.Options) {
				o.DialTimeout, o.Timeout = 2*time.Second, 2*time.Second
				if c.big { // it takes a while to write
					o.Timeout = 8 * time.Second
				}
			})
			m := message("县环保局")
			if c.big {
				m.Text = strings.Repeat("环境空气质量状况\n", 200_000)
			}
			if c.fault.At == smtptest.QUIT && c.fault.Stall {
				t.Skip("waits five seconds; see TestOutcomes")
			}
			out := attempt(t, tr, m)
			if out.Class != c.want || out.Code != c.code {
				t.Errorf("outcome %+v, want %s, code %d", out, c.want, c.code)
			}
		})
	}
}

func TestOutcomesWithoutAServer(t *testing.T) {
	refused := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }
	for name, c := range map[string]struct {
		edit func(*smtp.Options)
		to   string
		want notify.Class
	}{
		"nobody listens":      {func(o *smtp.Options) { o.Dial = refused }, "a@example.invalid", notify.Retry},
		"unreadable password": {func(o *smtp.Options) { login(o, "") }, "a@example.invalid", notify.Halted},
	} {
		t.Run(name, func(t *testing.T) {
			tr := dial(t, smtptest.New(t, smtptest.Options{}), false, c.edit)
			m := message("县环保局")
			m.To = c.to
			out := attempt(t, tr, m)
			if out.Class != c.want || out.Code != 0 {
				t.Errorf("outcome %+v, want %s", out, c.want)
			}
		})
	}
}

func TestABadMessageIsNotDialledFor(t *testing.T) {
	s := smtptest.New(t, smtptest.Options{})
	tr := dial(t, s, false, nil)
	for name, c := range map[string]struct {
		edit func(*notify.Message)
		want notify.Class
	}{
		"no address":      {func(m *notify.Message) { m.To = "" }, notify.Bounced},
		"two addresses":   {func(m *notify.Message) { m.To = "a@example.invalid,b@example.invalid" }, notify.Bounced},
		"a command in it": {func(m *notify.Message) { m.To = "a@example.invalid>\r\nRSET" }, notify.Bounced},
		"no text":         {func(m *notify.Message) { m.Text = " \n" }, notify.Rejected},
		"no Message-ID":   {func(m *notify.Message) { m.MessageID = "" }, notify.Rejected},
		"a broken thread": {func(m *notify.Message) { m.Thread = "a@b>\r\nBcc: c@example.invalid" }, notify.Rejected},
	} {
		m := message("县环保局")
		c.edit(&m)
		if out := tr.Send(
			context.Background(),
			m,
		); out.Class != c.want || out.Reply == "" ||
			strings.Contains(out.Reply, "@e") {
			t.Errorf("%s: outcome %+v, want %s and a reason without an address", name, out, c.want)
		}
	}
	if s.Dialled() != 0 {
		t.Errorf("%d connections, want none", s.Dialled())
	}
}

func TestTheContextBoundsTheDialling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.New(t, smtptest.Options{}).On(smtptest.Fault{At: smtptest.EHLO, Stall: true})
		tr := dial(t, s, false, nil)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		start := time.Now()
		if out := tr.Open(ctx); out.Class != notify.Retry {
			t.Errorf("outcome %+v, want retry", out)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %s, want 1s", took)
		}
	})
}

// inGBK is text as an old Chinese server sends it.
func inGBK(text string) string {
	s, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return s
}

// TestReplyInGBK holds that people read what a server has said in GBK.
func TestReplyInGBK(t *testing.T) {
	s := smtptest.New(
		t,
		smtptest.Options{},
	).Listen(
		t,
	).On(
		smtptest.Fault{At: smtptest.RCPT, Reply: "552 " + inGBK("超过每小时发信数量限制")},
	)
	if out := attempt(t, dial(t, s, true, nil), message("县环保局")); out.Reply != "超过每小时发信数量限制" || out.Blameless {
		t.Errorf("outcome %+v", out)
	}
}
