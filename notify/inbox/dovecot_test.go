package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/notify/inbox"
	"qixian/notify/inbox/inboxtest"
)

// clerk is whom mails are handed to. It remembers them in order.
type clerk struct {
	bounces []inbox.Bounce
	replies []inbox.Reply
	before  func(n int) error // called before the n-th mail is taken, counted from 1; an error refuses it
	handed  int
}

func (c *clerk) take() error {
	c.handed++
	if c.before != nil {
		return c.before(c.handed)
	}
	return nil
}

func (c *clerk) Bounced(_ context.Context, _ time.Time, b inbox.Bounce) error {
	if err := c.take(); err != nil {
		return err
	}
	c.bounces = append(c.bounces, b)
	return nil
}

func (c *clerk) Replied(_ context.Context, _ time.Time, r inbox.Reply) error {
	if err := c.take(); err != nil {
		return err
	}
	c.replies = append(c.replies, r)
	return nil
}

func (c *clerk) subjects() []string {
	var subjects []string
	for _, r := range c.replies {
		subjects = append(subjects, r.Subject)
	}
	return subjects
}

// settings is a bookmark in memory.
type settings struct {
	mu     sync.Mutex
	values map[string]string
	broken error
}

func (s *settings) Setting(_ context.Context, name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[name], nil
}

func (s *settings) SetSetting(_ context.Context, name, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	if s.values == nil {
		s.values = map[string]string{}
	}
	s.values[name] = value
	return nil
}

// office is a reader with its clerk and its bookmark.
type office struct {
	*inbox.Reader
	clerk *clerk
	book  *settings
	log   *strings.Builder
}

func open(t *testing.T, d *inboxtest.Dovecot, edit func(*inbox.Options)) office {
	t.Helper()
	signer, err := notify.NewSigner(make([]byte, 32), "example.invalid")
	if err != nil {
		t.Fatal(err)
	}
	o := office{clerk: &clerk{}, book: &settings{}, log: &strings.Builder{}}
	options := inbox.Options{
		Host:     "127.0.0.1",
		Username: inboxtest.Username,
		Password: func() (string, error) { return inboxtest.Password, nil },
		Signer:   signer,
		Address:  "zwgk@example.invalid",
		Name:     "inbox",
		Bookmark: o.book,
		Handler:  o.clerk,
		Logger:   slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if d != nil {
		options.Port, options.Roots = d.PortTLS, d.Roots()
	}
	if edit != nil {
		edit(&options)
	}
	if o.Reader, err = inbox.New(options); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o office) read(t *testing.T) inbox.Report {
	t.Helper()
	r, err := o.Read(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// reply is a mail that answers one of ours.
func reply(subject string) []byte {
	return []byte("From: hbj@example.org\r\nTo: zwgk@example.invalid\r\nSubject: " + subject +
		"\r\nIn-Reply-To: <m3b5216c416ab9b1a3d8934ba@example.invalid>\r\n\r\nhello\r\n")
}

func deliver(t *testing.T, d *inboxtest.Dovecot, n int) []string {
	t.Helper()
	var subjects []string
	for i := range n {
		subjects = append(subjects, fmt.Sprintf("mail %d", i+1))
		d.Deliver(t, reply(subjects[i]), time.Now().Add(-time.Hour))
	}
	return subjects
}

// TestDovecot reads every mail of testdata, by each way to connect, and finds the mailbox untouched.
func TestDovecot(t *testing.T) {
	d := inboxtest.New(t)
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	want := inbox.Report{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d.Deliver(t, raw, time.Now().Add(-time.Hour))
		switch kind, _, _ := strings.Cut(filepath.Base(file), "-"); inbox.Kind(kind) {
		case inbox.KindBounce:
			want.Bounces++
		case inbox.KindReply:
			want.Replies++
		case inbox.KindAutomatic:
			want.Automatic++
		case inbox.KindOther:
			want.Other++
		}
	}
	d.Deliver(t, []byte("this is no mail s3cret\r\n\r\n"), time.Now().Add(-time.Hour))
	d.Deliver(t, append(reply("long"), make([]byte, 1<<20)...), time.Now().Add(-time.Hour))
	want.Skipped++
	want.Replies++
	before := d.Names(t)
	for _, way := range []inbox.TLS{inbox.Implicit, inbox.StartTLS, inbox.None} {
		o := open(t, d, func(o *inbox.Options) {
			if o.TLS = way; way != inbox.Implicit {
				o.Port = d.Port
			}
			signer, err := notify.NewSigner([]byte(strings.Repeat("\x01", 32)), "example.invalid")
			if err != nil {
				t.Fatal(err)
			}
			o.Signer = signer
		})
		if diff := cmp.Diff(want, o.read(t)); diff != "" {
			t.Errorf("%s: report, want - got +:\n%s\n%s", way, diff, o.log)
		}
		if last := o.clerk.replies[len(o.clerk.replies)-1]; last.Subject != "long" ||
			time.Since(last.At) < time.Minute {
			t.Errorf("%s: the last reply is %q of %s", way, last.Subject, last.At)
		}
		if r := o.read(t); !r.Quiet() {
			t.Errorf("%s: nothing is new, and yet %+v", way, r)
		}
		if log := o.log.String(); strings.Contains(log, "s3cret") || strings.Contains(log, "@") ||
			!strings.Contains(log, "mail skipped") {
			t.Errorf("%s: the log shows an address, or what was skipped, or says nothing of it:\n%s", way, log)
		}
	}
	if diff := cmp.Diff(before, d.Names(t)); diff != "" {
		t.Errorf("the mailbox was touched, before - after +:\n%s", diff)
	}
}

// TestWhatIsNew holds that the first reading goes back 14 days, that later ones take whatever comes, whenever it says
// it came, and that a mailbox that was made anew is read again.
func TestWhatIsNew(t *testing.T) {
	d := inboxtest.New(t)
	day := 24 * time.Hour
	d.Deliver(t, reply("three weeks old"), time.Now().Add(-21*day))
	d.Deliver(t, reply("two days old"), time.Now().Add(-2*day))
	o := open(t, d, nil)
	o.read(t)
	d.Deliver(t, reply("new"), time.Now())
	d.Deliver(t, reply("moved here, a month old"), time.Now().Add(-30*day))
	o.read(t)
	o.read(t)
	if diff := cmp.Diff([]string{"two days old", "new", "moved here, a month old"}, o.clerk.subjects()); diff != "" {
		t.Fatalf("want - got +:\n%s", diff)
	}
	d.Renew(t)
	o.clerk.replies = nil
	o.read(t)
	if diff := cmp.Diff([]string{"two days old", "new"}, o.clerk.subjects()); diff != "" {
		t.Errorf("after the renewal, want - got +:\n%s", diff)
	}
	if r := o.read(t); !r.Quiet() || !strings.Contains(o.log.String(), "made anew") {
		t.Errorf("%+v, and in the log:\n%s", r, o.log)
	}
}

// TestARefusingHandler holds that the bookmark waits for the handler, and that one mail which it never takes holds up
// the rest for ten readings and no longer.
func TestARefusingHandler(t *testing.T) {
	d := inboxtest.New(t)
	subjects := deliver(t, d, 5)
	o := open(t, d, nil)
	ill := errors.New("the database is away")
	down := true
	o.clerk.before = func(int) error {
		if len(o.clerk.replies) == 2 && down {
			return ill
		}
		return nil
	}
	for range 3 {
		if _, err := o.Read(t.Context(), time.Now()); !errors.Is(err, ill) {
			t.Fatalf("error %v", err)
		}
	}
	down = false
	o.read(t)
	if diff := cmp.Diff(subjects, o.clerk.subjects()); diff != "" {
		t.Fatalf("want - got +:\n%s", diff)
	}

	more := deliver(t, d, 3)
	o.clerk.replies, o.clerk.before = nil, nil
	poison := func(n int) func(int) error {
		return func(int) error {
			if len(o.clerk.replies) == n {
				panic("one bad mail")
			}
			return nil
		}
	}
	o.clerk.before = poison(1)
	o.book.broken = nil
	for i := range 9 {
		if _, err := o.Read(t.Context(), time.Now()); err == nil || !strings.Contains(err.Error(), "one bad mail") {
			t.Fatalf("reading %d: error %v", i+1, err)
		}
	}
	o.book.broken = ill // then it is not the mail's fault
	if _, err := o.Read(t.Context(), time.Now()); err == nil {
		t.Fatal("skipped although the database is ill")
	}
	o.book.broken = nil
	o.clerk.before = func(n int) error { // the same mail once more, and then all is well
		f := poison(1)
		o.clerk.before = nil
		return f(n)
	}
	if r := o.read(t); r.Skipped != 1 || r.Replies != 1 {
		t.Errorf("report %+v", r)
	}
	if diff := cmp.Diff([]string{more[0], more[2]}, o.clerk.subjects()); diff != "" {
		t.Errorf("want - got +:\n%s", diff)
	}
}

// TestASpoiltMail holds that a mail which the server itself cannot read holds up the rest no longer than one that is
// not taken.
func TestASpoiltMail(t *testing.T) {
	d := inboxtest.New(t)
	subjects := deliver(t, d, 12)
	d.Spoil(t, 3)
	o := open(t, d, nil)
	readings, skipped := 1, 0
	for ; readings < 30; readings++ {
		r, err := o.Read(t.Context(), time.Now())
		if skipped += r.Skipped; err == nil {
			break
		}
	}
	if diff := cmp.Diff(
		slices.Delete(slices.Clone(subjects), 2, 3),
		o.clerk.subjects(),
	); diff != "" || readings > 12 ||
		skipped != 1 {
		t.Errorf("%d readings, %d skipped, want - got +:\n%s\n%s", readings, skipped, diff, o.log)
	}
}

// TestKilledInMidRead kills the server at each of many points, and once more while nobody reads: every mail is handed
// over once.
func TestKilledInMidRead(t *testing.T) {
	d := inboxtest.New(t)
	subjects := deliver(t, d, 30)
	o := open(t, d, nil)
	kills := 0
	o.clerk.before = func(n int) error {
		if n%7 == 3 {
			d.Kill()
			kills++
		}
		return nil
	}
	for range 10 {
		if _, err := o.Read(t.Context(), time.Now()); err == nil {
			break
		}
		d.Kill()
		if _, err := o.Read(t.Context(), time.Now()); err == nil {
			t.Fatal("a server that is down was read")
		}
		d.Start(t)
	}
	if diff := cmp.Diff(subjects, o.clerk.subjects()); diff != "" || kills < 3 {
		t.Errorf("%d kills, want - got +:\n%s", kills, diff)
	}
}

// TestDovecotAuthenticated reads replies from a real mailbox: vouched for by its server, and forged below what the
// server wrote.
func TestDovecotAuthenticated(t *testing.T) {
	d := inboxtest.New(t)
	const received = "Received: from relay.example by mx.county.example with ESMTP; Tue, 25 Sep 2018 10:00:00 +0800\r\n"
	const passed = "Authentication-Results: mx.county.example;\r\n dkim=pass (2048-bit key) header.d=example.org\r\n"
	d.Deliver(t, append([]byte(passed+received), reply("vouched for")...), time.Now().Add(-time.Hour))
	d.Deliver(t, append([]byte(received+passed), reply("forged")...), time.Now().Add(-time.Hour))
	d.Deliver(t, reply("bare"), time.Now().Add(-time.Hour))
	o := open(t, d, func(o *inbox.Options) { o.AuthservID, o.ReceivedBy = "mx.county.example", "mx.county.example" })
	o.read(t)
	got := map[string]bool{}
	for _, r := range o.clerk.replies {
		got[r.Subject] = r.Authenticated
	}
	if diff := cmp.Diff(map[string]bool{"vouched for": true, "forged": false, "bare": false}, got); diff != "" {
		t.Error(diff)
	}
}
