package scheduler_test

import (
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"qixian/notify"
	"qixian/notify/smtp"
	"qixian/notify/smtp/smtptest"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// TestLimitsEndToldToTheOffice has the mail server refuse a unit's mail for how much is sent, in words that have been
// seen to mark units: the message is tried for three days, the unit keeps its address, and then the office is told,
// with the server's words. Others' mails are not held up.
func TestLimitsEndToldToTheOffice(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("超过每小时发信数量限制，请联系管理员")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		at          smtptest.Verb
		reply, told string
	}{
		"frequency":        {smtptest.RCPT, "550 发送频率过高，请稍后再试", "550 发送频率过高，请稍后再试"},
		"hour's number":    {smtptest.RCPT, "552 " + gbk, "552 超过每小时发信数量限制，请联系管理员"},
		"limit, try later": {smtptest.RCPT, "554 5.7.0 Hourly limit of messages exceeded. Try again later", "554 5.7.0 Hourly limit of messages exceeded. Try again later"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := storetest.Open(t, "sqlite")
				r := newRig(t, st, small(t, 2019, contacts{}))
				server := smtptest.New(
					t,
					smtptest.Options{},
				).On(
					smtptest.Fault{At: c.at, Match: bureauAddress, Reply: c.reply},
				)
				transport, err := smtp.New(smtp.Options{
					Host:   server.Host(),
					Port:   587,
					TLS:    smtp.None,
					Dial:   server.Dial,
					Sender: smtp.Sender{From: netmail.Address{Address: "qixian@example.invalid"}},
				})
				if err != nil {
					t.Fatal(err)
				}
				d := notify.NewDispatcher(
					notify.Options{Outbox: st, Transports: []notify.Transport{transport}, Owner: "test"},
				)
				r.pass("2018-09-03 09:00")
				begin, start := moment(t, "2018-09-25 09:00"), time.Now()
				now := func() time.Time { return begin.Add(time.Since(start)) }
				digest := "digest/2018-09-25/" + bureau
				var toldAfter time.Duration
				for toldAfter == 0 && time.Since(start) < 6*24*time.Hour {
					r.passAt(now())
					if _, err := d.Drain(t.Context(), now()); err != nil {
						t.Fatal(err)
					}
					for _, m := range server.Mails() {
						if slices.Contains(m.To, notify.MadeUpAddress(office)) &&
							strings.Contains(textOf(t, st, "fallback/"+digest), c.told) {
							toldAfter = time.Since(start)
						}
					}
					if known, err := st.Addresses(t.Context()); err != nil || len(known) != 0 {
						t.Fatalf("after %s the addresses are %+v, %v", time.Since(start), known, err)
					}
					time.Sleep(10 * time.Minute)
				}
				// The last attempt is 71 hours after the first; the office is told in working hours, on the 28th.
				if toldAfter < 70*time.Hour || toldAfter > 4*24*time.Hour {
					t.Errorf("the office was told after %s", toldAfter)
				}
				m, err := st.Mail(t.Context(), digest)
				if err != nil || m.Ended != notify.Rejected {
					t.Errorf("the mail ended %q, %v", m.Ended, err)
				}
				var treasury bool
				for _, m := range server.Mails() {
					treasury = treasury || slices.Contains(m.To, notify.MadeUpAddress("县财政局"))
				}
				if !treasury {
					t.Error("another unit's mail was held up")
				}
				if err := transport.Idle(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// textOf is what a mail says, and nothing if there is none of that key.
func textOf(t testing.TB, st scheduler.Store, key string) string {
	t.Helper()
	m, err := st.Mail(t.Context(), key)
	if err != nil {
		return ""
	}
	return m.Text
}
