package smtp_test

import (
	"context"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/notify/smtp"
	"qixian/notify/smtp/smtptest"
)

// office is in whose name the tests send.
var office = smtp.Sender{
	From:     netmail.Address{Name: "政务公开提醒", Address: "qixian@example.invalid"},
	Envelope: "bounces@example.invalid",
}

// message is an ordinary one; its address is made of the unit.
func message(unit string) notify.Message {
	key := "digest/2018-09-21/" + unit
	to := notify.MadeUpAddress(unit)
	return notify.Message{
		ID: 7, Key: key, MessageID: someID("m", key, to), Kind: notify.Digest, Unit: unit, To: to,
		At:      time.Date(2018, 9, 21, 1, 0, 0, 0, time.UTC),
		Subject: "【政务公开】9月21日：2 项将到期，1 项今日到期，请于到期前在县政府门户网站公开并报办结",
		Text:    "县环保局：\n\n环境空气质量状况（2018年9月）\n  到期：2018年9月30日（星期日，调休上班日）\n.\n..以点开头的行\n",
		HTML:    "<p>县环保局：</p>\n<p>环境空气质量状况（2018年9月）</p>\n",
	}
}

// dial returns a transport to s: in memory, or by TCP if s listens.
func dial(t *testing.T, s *smtptest.Server, tcp bool, edit func(*smtp.Options)) *smtp.Transport {
	t.Helper()
	o := smtp.Options{Host: s.Host(), Port: 587, TLS: smtp.None, Sender: office, Roots: s.Roots()}
	if tcp {
		o.Port = s.Port()
	} else {
		o.Dial = s.Dial
	}
	if edit != nil {
		edit(&o)
	}
	tr, err := smtp.New(o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() { _ = tr.Idle() })
	return tr
}

// attempt opens and sends, as the dispatcher does.
func attempt(t *testing.T, tr *smtp.Transport, m notify.Message) notify.Outcome {
	t.Helper()
	ctx := context.Background()
	if out := tr.Open(ctx); out.Class != "" {
		return out
	}
	return tr.Send(ctx, m)
}

func wantSent(t *testing.T, out notify.Outcome) {
	t.Helper()
	if out.Class != notify.Sent || out.Code != 250 {
		t.Fatalf("outcome %+v, want sent with 250", out)
	}
}

func TestABurstKeepsOneConnection(t *testing.T) {
	s := smtptest.New(t, smtptest.Options{}).Listen(t)
	tr := dial(t, s, true, nil)
	for _, unit := range []string{"县环保局", "县民政局", "县教育局"} {
		wantSent(t, attempt(t, tr, message(unit)))
	}
	if err := tr.Idle(); err != nil {
		t.Errorf("Idle: %v", err)
	}
	want := "EHLO" + strings.Repeat(" MAIL RCPT DATA", 3) + " QUIT" // no NOOP, no RSET
	if got := strings.Join(s.Commands(), " "); got != want {
		t.Errorf("commands\n%s, want\n%s", got, want)
	}
	wantSent(t, attempt(t, tr, message("县林业局"))) // a new burst dials again
	if s.Dialled() != 2 {
		t.Errorf("%d connections, want 2", s.Dialled())
	}
}

func TestMessagesPerConnectionAreCapped(t *testing.T) {
	s := smtptest.New(t, smtptest.Options{}).Listen(t)
	tr := dial(t, s, true, func(o *smtp.Options) { o.MaxPerConnection = 2 })
	for range 5 {
		wantSent(t, attempt(t, tr, message("县环保局")))
	}
	var conns []int
	for _, m := range s.Mails() {
		conns = append(conns, m.Conn)
	}
	if got, want := conns, []int{1, 1, 2, 2, 3}; len(got) != len(want) || got[0] != 1 || got[2] != 2 || got[4] != 3 {
		t.Errorf("connections %v, want %v", got, want)
	}
}

func TestADeadKeptConnectionIsReplacedWithinTheAttempt(t *testing.T) {
	for name, fault := range map[string]smtptest.Fault{
		"dropped in silence": {At: smtptest.MAIL, Skip: 1, Times: 1, Drop: true},
		"421 at MAIL":        {At: smtptest.MAIL, Skip: 1, Times: 1, Reply: "421 4.4.2 idle too long", Drop: true},
		"503 at MAIL":        {At: smtptest.MAIL, Skip: 1, Times: 1, Reply: "503 5.5.1 nested MAIL"},
	} {
		t.Run(name, func(t *testing.T) {
			s := smtptest.New(t, smtptest.Options{}).Listen(t).On(fault)
			tr := dial(t, s, true, nil)
			wantSent(t, attempt(t, tr, message("县环保局")))
			wantSent(t, attempt(t, tr, message("县民政局")))
			if len(s.Mails()) != 2 || s.Dialled() != 2 {
				t.Errorf("%d mails over %d connections, want 2 over 2", len(s.Mails()), s.Dialled())
			}
		})
	}
	t.Run("closed between two messages", func(t *testing.T) {
		s := smtptest.New(t, smtptest.Options{}).Listen(t)
		tr := dial(t, s, true, nil)
		wantSent(t, attempt(t, tr, message("县环保局")))
		s.HangUp()
		wantSent(t, attempt(t, tr, message("县民政局")))
	})
}

func TestARefusedRecipientKeepsTheConnection(t *testing.T) {
	bad := message("县环保局")
	s := smtptest.New(t, smtptest.Options{}).Listen(t).
		On(smtptest.Fault{At: smtptest.RCPT, Match: bad.To, Reply: "550 5.1.1 unknown user"})
	tr := dial(t, s, true, nil)
	if out := attempt(t, tr, bad); out.Class != notify.Bounced {
		t.Errorf("outcome %+v, want bounced", out)
	}
	wantSent(t, attempt(t, tr, message("县民政局")))
	if s.Dialled() != 1 {
		t.Errorf("%d connections, want 1", s.Dialled())
	}
}

// eYou answers RSET with 502 and goes on believing in the transaction (go-mail #551).
func TestAServerWithoutRSET(t *testing.T) {
	bad := message("县环保局")
	s := smtptest.New(t, smtptest.Options{}).Listen(t).On(
		smtptest.Fault{At: smtptest.RCPT, Match: bad.To, Reply: "550 no such user"},
		smtptest.Fault{At: smtptest.RSET, Reply: "502 Unimplemented (#5.5.1) (eYou MTA)"},
		smtptest.Fault{At: smtptest.MAIL, Skip: 1, Times: 1, Reply: "503 Bad sequence (eYou MTA)"})
	tr := dial(t, s, true, nil)
	if out := attempt(t, tr, bad); out.Class != notify.Bounced || out.Code != 550 {
		t.Errorf("outcome %+v, want bounced with 550", out)
	}
	wantSent(t, attempt(t, tr, message("县民政局")))
}

func TestNew(t *testing.T) {
	good := smtp.Options{Host: "mail.example.invalid", Sender: office}
	for name, c := range map[string]struct {
		edit func(*smtp.Options)
		want string // part of the error; empty: none
	}{
		"good":               {func(*smtp.Options) {}, ""},
		"no host":            {func(o *smtp.Options) { o.Host = "" }, "no host"},
		"unknown tls":        {func(o *smtp.Options) { o.TLS = "ssl" }, `unknown tls "ssl"`},
		"login in the clear": {func(o *smtp.Options) { o.TLS, o.Username = smtp.None, "qixian" }, "login needs starttls or tls"},
		"no password":        {func(o *smtp.Options) { o.Username = "qixian" }, "login needs a password"},
		"no from":            {func(o *smtp.Options) { o.Sender.From.Address = "" }, "from address: no address"},
		"bad envelope":       {func(o *smtp.Options) { o.Sender.Envelope = "a b@example.invalid" }, "envelope from address"},
		"half a dkim":        {func(o *smtp.Options) { o.Sender.DKIM = &smtp.DKIM{Domain: "example.invalid"} }, "check dkim"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			c.edit(&o)
			_, err := smtp.New(o)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("error %v, want none", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
}
