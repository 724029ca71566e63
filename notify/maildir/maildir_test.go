package maildir_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/notify/maildir"
	"qixian/notify/smtp"
)

// render is the real one, in the form for files.
func render(m notify.Message) ([]byte, error) {
	from := netmail.Address{Name: "政务公开提醒", Address: "qixian@example.invalid"}
	return smtp.Render(m, smtp.Sender{From: from}, smtp.File)
}

func message(unit string) notify.Message {
	key := "digest/2018-09-21/" + unit
	to := notify.MadeUpAddress(unit)
	return notify.Message{
		Key:       key,
		MessageID: someID("m", key, to),
		Kind:      notify.Digest,
		Unit:      unit,
		To:        to,
		At: time.Date(
			2018,
			9,
			21,
			1,
			0,
			0,
			0,
			time.UTC,
		),
		Subject: "【政务公开】1 项将到期",
		Text:    "环境空气质量状况，到期：2018年9月30日\n",
		HTML:    "<p>环境空气质量状况</p>\n",
	}
}

// files lists a Maildir, sub-directories and names.
func files(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		names[i], _ = filepath.Rel(dir, name)
	}
	return names
}

func send(t *testing.T, tr *maildir.Transport, m notify.Message) notify.Outcome {
	t.Helper()
	ctx := context.Background()
	if out := tr.Open(ctx); out.Class != "" {
		return out
	}
	return tr.Send(ctx, m)
}

func wantSent(t *testing.T, out notify.Outcome) {
	t.Helper()
	if out.Class != notify.Sent {
		t.Fatalf("outcome %+v, want sent", out)
	}
}

func TestMailsLieInNew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "mail")
	tr := maildir.New(dir, render)
	m := message("县环保局")
	wantSent(t, send(t, tr, m))
	if diff := cmp.Diff([]string{filepath.Join("new", maildir.Name(m))}, files(t, dir)); diff != "" {
		t.Errorf("files, want - got +:\n%s", diff)
	}
	path := filepath.Join(dir, "new", maildir.Name(m))
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "\r") || !strings.Contains(string(raw), m.Text) {
		t.Errorf("a reader of files cannot read\n%s", raw)
	}
	msg, err := netmail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatalf("read mail: %v", err)
	}
	to, err := msg.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != m.Unit || to[0].Address != m.To {
		t.Errorf("to %v, %v", to, err)
	}
	info, err := os.Stat(path)
	if err != nil || !info.ModTime().Equal(m.At) || info.Mode().Perm() != 0o600 {
		t.Errorf("file %v, %v", info, err)
	}
}

func TestAResendReplaces(t *testing.T) {
	dir := t.TempDir()
	tr := maildir.New(dir, render)
	m := message("县环保局")
	wantSent(t, send(t, tr, m))
	m.Attempt = 2
	wantSent(t, send(t, tr, m))
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("files %v, want one", got)
	}

	read := filepath.Join(dir, "cur", maildir.Name(m)+":2,S")
	if err := os.Rename(filepath.Join(dir, "new", maildir.Name(m)), read); err != nil {
		t.Fatal(err)
	}
	if err := tr.Idle(); err != nil {
		t.Fatal(err)
	}
	wantSent(t, send(t, tr, m))
	if diff := cmp.Diff([]string{filepath.Join("cur", maildir.Name(m)+":2,S")}, files(t, dir)); diff != "" {
		t.Errorf("files, want - got +:\n%s", diff)
	}
}

func TestWhatACrashLeftInTmpIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	m := message("县环保局")
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(
		filepath.Join(dir, "tmp", maildir.Name(m)),
		[]byte(strings.Repeat("half a mail", 1000)),
		0o600,
	); err != nil {
		t.Fatal(err)
	}
	wantSent(t, send(t, maildir.New(dir, render), m))
	got := files(t, dir)
	if len(got) != 1 {
		t.Fatalf("files %v, want one", got)
	}
	if raw, _ := os.ReadFile(filepath.Join(dir, got[0])); strings.Contains(string(raw), "half a mail") {
		t.Error("the mail holds what the crash left")
	}
}

func TestNamesSortByTime(t *testing.T) {
	dir := t.TempDir()
	tr := maildir.New(dir, render)
	var want []string
	for _, day := range []int{3, 1, 2} {
		m := message("县环保局")
		m.At = time.Date(2018, 9, day, 1, 0, 0, 0, time.UTC)
		m.MessageID = someID("m", fmt.Sprint(day), m.To)
		m.Subject = fmt.Sprint(day)
		wantSent(t, send(t, tr, m))
	}
	for _, name := range files(t, dir) {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		msg, err := netmail.ReadMessage(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, msg.Header.Get("Subject"))
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, want); diff != "" {
		t.Errorf("order, want - got +:\n%s", diff)
	}
}

func TestFailures(t *testing.T) {
	obstruct := func(dir string, path ...string) error {
		return os.MkdirAll(filepath.Join(append([]string{dir}, path...)...), 0o700)
	}
	m := message("县环保局")
	for name, c := range map[string]struct {
		prepare func(dir string) error
		render  maildir.Render
		want    notify.Class
		pause   bool
	}{
		"the mailbox is a file":   {func(dir string) error { return os.WriteFile(filepath.Join(dir, "new"), nil, 0o600) }, render, notify.Halted, false},
		"tmp cannot be written":   {func(dir string) error { return obstruct(dir, "tmp", maildir.Name(m)) }, render, notify.Retry, true},
		"new cannot be replaced":  {func(dir string) error { return obstruct(dir, "new", maildir.Name(m)) }, render, notify.Retry, true},
		"a message is no message": {nil, func(notify.Message) ([]byte, error) { return nil, errors.New("no text") }, notify.Rejected, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if c.prepare != nil {
				if err := c.prepare(dir); err != nil {
					t.Fatal(err)
				}
			}
			tr := maildir.New(dir, c.render)
			out := send(t, tr, m)
			if out.Class != c.want || out.Pause != c.pause || out.Reply == "" {
				t.Errorf("outcome %+v, want %s, pause %v", out, c.want, c.pause)
			}
		})
	}
}

func TestAMailboxThatVanishesAmidABurst(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	tr := maildir.New(dir, render)
	wantSent(t, send(t, tr, message("县环保局")))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if out := send(t, tr, message("县民政局")); out.Class != notify.Retry || !out.Pause {
		t.Errorf("outcome %+v, want retry and a pause", out)
	}
	if err := tr.Idle(); err != nil {
		t.Fatal(err)
	}
	wantSent(t, send(t, tr, message("县民政局")))
}

func BenchmarkSend(b *testing.B) {
	tr := maildir.New(b.TempDir(), render)
	m := message("县环保局")
	for i := 0; b.Loop(); i++ {
		m.MessageID = fmt.Sprintf("m%d@example.invalid", i)
		if out := tr.Send(context.Background(), m); out.Class != notify.Sent {
			b.Fatal(out)
		}
	}
}

// TestALapsedHoldDeliversNothing lets a hold run out while a mail is made.
func TestALapsedHoldDeliversNothing(t *testing.T) {
	dir := t.TempDir()
	hold, release := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer release()
	tr := maildir.New(dir, render)
	if out := tr.Open(t.Context()); out.Class != "" {
		t.Fatalf("not opened: %+v", out)
	}
	if out := tr.Send(hold, message("县环保局")); out.Class != notify.Retry || !out.Blameless || out.Pause {
		t.Errorf("outcome %+v, want a blameless retry", out)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("files %v, want none", got)
	}
}

// someID is a Message-ID that is another for other parts; its prefix says of what.
func someID(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:12]) + "@example.invalid"
}
