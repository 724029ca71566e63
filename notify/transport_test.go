package notify_test

import (
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/notify/maildir"
	"qixian/notify/smtp"
	"qixian/notify/smtp/smtptest"
)

var sender = smtp.Sender{From: netmail.Address{Name: "政务公开提醒", Address: "qixian@example.invalid"}}

func render(m notify.Message) ([]byte, error) { return smtp.Render(m, sender, smtp.File) }

// A bad day at a real server: one address unknown, one greylisted, one whose mail is lost after the final dot, one that
// cannot be reached the first three times for the line is dropped in its DATA.
func TestABadDayBySMTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.New(t, smtptest.Options{}).On(
			smtptest.Fault{
				At:    smtptest.RCPT,
				Match: notify.MadeUpAddress("坏"),
				Reply: "550 5.1.1 unknown user <" + notify.MadeUpAddress("坏") + ">",
			},
			smtptest.Fault{
				At:    smtptest.RCPT,
				Match: notify.MadeUpAddress("灰"),
				Times: 2,
				Reply: "451 4.7.1 greylisted",
			},
			smtptest.Fault{At: smtptest.Final, Match: notify.MadeUpAddress("疑"), Times: 1, Keep: true, Drop: true},
			smtptest.Fault{At: smtptest.DATA, Skip: 3, Times: 3, Drop: true},
		)
		tr, err := smtp.New(smtp.Options{Host: "mail.example.invalid", TLS: smtp.None, Sender: sender, Dial: s.Dial})
		if err != nil {
			t.Fatal(err)
		}
		box := newOutbox(t)
		box.promise(t, "甲", "坏", "灰", "疑", "乙", "丙", "丁")
		o := newOffice(t, box, tr)
		o.loop(t, time.Minute, time.Hour)

		if diff := cmp.Diff(map[string]int{"sent": 6, "bounced": 1}, box.counts(t)); diff != "" {
			t.Errorf("states, want - got +:\n%s", diff)
		}
		arrived := map[string]int{}
		for _, m := range s.Mails() {
			id, _, _ := strings.Cut(string(m.Data[strings.Index(string(m.Data), "Message-ID: "):]), "\r\n")
			arrived[id]++
		}
		for _, unit := range []string{"甲", "灰", "疑", "乙", "丙", "丁"} {
			id := "Message-ID: <" + message(unit).MessageID + ">"
			if n := map[bool]int{true: 2, false: 1}[unit == "疑"]; arrived[id] != n {
				t.Errorf("%s arrived %d times, want %d", unit, arrived[id], n)
			}
		}
	})
}

func TestALongOutageBySMTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.New(t, smtptest.Options{}).On(smtptest.Fault{At: smtptest.Greeting, Stall: true})
		tr, err := smtp.New(smtp.Options{Host: "mail.example.invalid", TLS: smtp.None, Sender: sender, Dial: s.Dial})
		if err != nil {
			t.Fatal(err)
		}
		box := newOutbox(t)
		box.promise(t, numbered(100)...)
		o := newOffice(t, box, tr)
		o.loop(t, time.Minute, 12*time.Hour)
		if n := s.Dialled(); n > 12*4+5 {
			t.Errorf("dialled %d times in twelve hours, want every quarter of an hour", n)
		}
		o.loop(t, time.Hour, 5*24*time.Hour)
		s.Mend()
		o.drain(t)
		if n := len(s.Mails()); n != 100 {
			t.Errorf("%d mails arrived, want 100", n)
		}
	})
}

func TestABurstIntoAMaildir(t *testing.T) {
	dir := t.TempDir()
	box := newOutbox(t)
	box.promise(t, numbered(50)...)
	o := newOffice(t, box, maildir.New(dir, render))
	if r := o.drain(t); r.Sent != 50 {
		t.Errorf("report %+v, want 50 sent", r)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "new"))
	if err != nil || len(entries) != 50 {
		t.Errorf("%d mails, %v; want 50", len(entries), err)
	}
}
