package smtp_test

import (
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/notify/smtp"
	"qixian/notify/smtp/smtptest"
)

// login makes o log in by STARTTLS; an empty password cannot be read.
func login(o *smtp.Options, password string) {
	o.TLS, o.Username = smtp.StartTLS, "qixian@example.invalid"
	o.Password = func() (string, error) {
		if password == "" {
			return "", errors.New("open credential: permission denied")
		}
		return password, nil
	}
}

func TestLogin(t *testing.T) {
	users := map[string]string{"qixian@example.invalid": "s3cret"}
	right := func(o *smtp.Options) { login(o, "s3cret") }
	implicit := func(o *smtp.Options) { login(o, "s3cret"); o.TLS = smtp.Implicit }
	for _, c := range []struct {
		name   string
		server smtptest.Options
		fault  smtptest.Fault
		edit   func(*smtp.Options)
		want   notify.Class
		code   int
	}{
		{name: "starttls, plain", server: smtptest.Options{StartTLS: true, Users: users, Mechanisms: "PLAIN"}, edit: right, want: notify.Sent, code: 250},
		{name: "starttls, login", server: smtptest.Options{StartTLS: true, Users: users, Mechanisms: "LOGIN"}, edit: right, want: notify.Sent, code: 250},
		{name: "tls, both", server: smtptest.Options{Implicit: true, Users: users}, edit: implicit, want: notify.Sent, code: 250},
		{name: "starttls, no login", server: smtptest.Options{StartTLS: true}, edit: func(o *smtp.Options) { o.TLS = smtp.StartTLS }, want: notify.Sent, code: 250},
		{name: "in the clear", server: smtptest.Options{StartTLS: true}, edit: nil, want: notify.Sent, code: 250},

		{name: "wrong password", server: smtptest.Options{StartTLS: true, Users: users}, edit: func(o *smtp.Options) { login(o, "wrong") }, want: notify.Halted, code: 535},
		{name: "unknown mechanisms", server: smtptest.Options{StartTLS: true, Users: users, Mechanisms: "NTLM GSSAPI"}, edit: right, want: notify.Halted},
		{name: "no AUTH", server: smtptest.Options{StartTLS: true}, edit: right, want: notify.Halted},
		{name: "no STARTTLS", server: smtptest.Options{Users: users}, edit: right, want: notify.Halted},
		{name: "535, GBK", server: smtptest.Options{StartTLS: true, Users: users}, fault: smtptest.Fault{At: smtptest.AUTH, Reply: "535 Error: \xc7\xeb\xca\xb9\xd3\xc3\xca\xda\xc8\xa8\xc2\xeb\xb5\xc7\xc2\xbc"}, edit: right, want: notify.Halted, code: 535},
		{name: "526, Aliyun", server: smtptest.Options{StartTLS: true, Users: users}, fault: smtptest.Fault{At: smtptest.AUTH, Reply: "526 Authentication failure[0]"}, edit: right, want: notify.Halted, code: 526},
		{name: "550, NetEase", server: smtptest.Options{StartTLS: true, Users: users}, fault: smtptest.Fault{At: smtptest.AUTH, Reply: "550 User has no permission"}, edit: right, want: notify.Halted, code: 550},
		{name: "451, NetEase", server: smtptest.Options{StartTLS: true, Users: users}, fault: smtptest.Fault{At: smtptest.AUTH, Reply: "451 Requested mail action not taken: too much fail authentication"}, edit: right, want: notify.Halted, code: 451},
		{name: "454", server: smtptest.Options{StartTLS: true, Users: users}, fault: smtptest.Fault{At: smtptest.AUTH, Reply: "454 4.7.0 temporary authentication failure"}, edit: right, want: notify.Retry, code: 454},
		{name: "421", server: smtptest.Options{StartTLS: true, Users: users}, fault: smtptest.Fault{At: smtptest.AUTH, Reply: "421 too many connections", Drop: true}, edit: right, want: notify.Retry, code: 421},
		{name: "AUTH dropped", server: smtptest.Options{StartTLS: true, Users: users}, fault: smtptest.Fault{At: smtptest.AUTH, Drop: true}, edit: right, want: notify.Retry},
		{name: "STARTTLS dropped", server: smtptest.Options{StartTLS: true, Users: users}, fault: smtptest.Fault{At: smtptest.STARTTLS, Drop: true}, edit: right, want: notify.Retry},
		{name: "STARTTLS 454", server: smtptest.Options{StartTLS: true, Users: users}, fault: smtptest.Fault{At: smtptest.STARTTLS, Reply: "454 TLS not available"}, edit: right, want: notify.Retry, code: 454},
		{name: "unknown authority", server: smtptest.Options{StartTLS: true, Users: users}, edit: func(o *smtp.Options) { login(o, "s3cret"); o.Roots = x509.NewCertPool() }, want: notify.Retry},
		{name: "another host's certificate", server: smtptest.Options{Implicit: true, Users: users}, edit: func(o *smtp.Options) { implicit(o); o.Host = "127.0.0.2" }, want: notify.Retry},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := smtptest.New(t, c.server).Listen(t).On(c.fault)
			tr := dial(t, s, true, c.edit)
			out := attempt(t, tr, message("县环保局"))
			if out.Class != c.want || out.Code != c.code {
				t.Fatalf("outcome %+v, want %s, code %d", out, c.want, c.code)
			}
			if strings.Contains(out.Reply, "s3cret") || strings.Contains(out.Reply, "@") {
				t.Errorf("reply %q gives away too much", out.Reply)
			}
			if out.Class != notify.Sent {
				if n := len(s.Mails()); n != 0 {
					t.Errorf("%d mails arrived", n)
				}
				return
			}
			m := s.Mails()[0]
			encrypted := c.edit != nil
			if m.TLS != encrypted || m.From != "bounces@example.invalid" || m.HELO != "example.invalid" ||
				len(m.To) != 1 {
				t.Errorf("arrived with %+v", m)
			}
		})
	}
}

func TestAReplyInGBKIsReadable(t *testing.T) {
	s := smtptest.New(t, smtptest.Options{}).On(smtptest.Fault{
		At: smtptest.RCPT, Reply: "550 \xd3\xc3\xbb\xa7\xb2\xbb\xb4\xe6\xd4\xda",
	})
	out := attempt(t, dial(t, s, false, nil), message("县环保局"))
	if out.Class != notify.Bounced || out.Reply != "用户不存在" {
		t.Errorf("outcome %+v, want bounced, 用户不存在", out)
	}
}

func TestAddressesStayOutOfReplies(t *testing.T) {
	m := message("县环保局")
	s := smtptest.New(t, smtptest.Options{}).On(smtptest.Fault{
		At: smtptest.RCPT, Reply: "550 5.1.1 <" + m.To + ">: Recipient address rejected: User unknown (" + m.To + ")",
	})
	out := attempt(t, dial(t, s, false, nil), m)
	if want := "5.1.1 <ADDRESS>: Recipient address rejected: User unknown (ADDRESS)"; out.Reply != want {
		t.Errorf("reply %q, want %q", out.Reply, want)
	}
}
