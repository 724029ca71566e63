package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qixian/configs"
	"qixian/notify"
)

// TestReplaceable sends by a transport, replaces it as a reload does, and finds the next mail sent by the new one.
func TestReplaceable(t *testing.T) {
	cfg := configs.Default(t.TempDir())
	cfg.ResolveState()
	open := func(name string) notify.Transport {
		cfg.Mail.FromName = name
		transport, err := OpenTransport(cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		return transport
	}
	r := &replaceable{Transport: open("Old")}
	send := func(key string) string {
		before, _ := filepath.Glob(filepath.Join(cfg.Mail.Maildir, "new", "*"))
		if out := r.Open(t.Context()); out.Class != "" {
			t.Fatal(out)
		}
		m := notify.Message{
			Key:       key,
			MessageID: key + "@example.invalid",
			Kind:      notify.Test,
			To:        "a@example.invalid",
			At:        clock(),
			Subject:   "s",
			Text:      "t",
			HTML:      "h",
		}
		if out := r.Send(t.Context(), m); out.Class != notify.Sent {
			t.Fatal(out)
		}
		after, _ := filepath.Glob(filepath.Join(cfg.Mail.Maildir, "new", "*"))
		if len(after) != len(before)+1 {
			t.Fatalf("%v after %v", after, before)
		}
		text, err := os.ReadFile(after[len(after)-1])
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if mail := send("1"); !strings.Contains(mail, `"Old" <qixian@`) {
		t.Errorf("before: %s", mail)
	}
	next := open("New")
	r.next.Store(&next)
	if err := os.RemoveAll(filepath.Join(cfg.Mail.Maildir, "new")); err != nil {
		t.Fatal(err)
	}
	if mail := send("2"); !strings.Contains(mail, `"New" <qixian@`) {
		t.Errorf("after: %s", mail)
	}
}
