package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/configs"
	"qixian/notify/inbox"
)

// TestRound holds when the inbox is looked at: at the interval while all is well, less and less often while it is not,
// hourly at most while the login is refused, and at once after a reload.
func TestRound(t *testing.T) {
	away, refused := errors.New("the server is away"), fmt.Errorf("log in: %w", inbox.ErrLogin)
	synctest.Test(t, func(t *testing.T) {
		script := []any{nil, "mail", nil, away, away, "panic", away, away, away, nil, refused, refused, nil}
		want := []string{
			"0s",
			"1m0s",
			"2m0s",
			"3m0s",
			"5m0s",
			"9m0s",
			"17m0s",
			"32m0s",
			"47m0s",
			"1h2m0s",
			"1h3m0s",
			"2h3m0s",
			"2h33m0s",
		}
		var at []string
		begin, came, look := time.Now(), 0, make(chan struct{}, 1)
		ctx, cancel := context.WithCancel(t.Context())
		r := round{
			interval: time.Minute,
			now:      time.Now,
			look:     look,
			log:      slog.New(slog.DiscardHandler),
			came:     func() { came++ },
			read: func(context.Context, time.Time) (inbox.Report, error) {
				at = append(at, time.Since(begin).String())
				step := script[len(at)-1]
				if len(at) == len(script) {
					cancel()
				}
				switch step {
				case "mail":
					return inbox.Report{Replies: 1}, nil
				case "panic":
					panic("one bad mail")
				case nil:
					return inbox.Report{Automatic: 1}, nil
				}
				return inbox.Report{}, step.(error)
			},
		}
		time.AfterFunc(2*time.Hour+33*time.Minute, func() { nudge(look) })
		r.run(ctx)
		if diff := cmp.Diff(want, at); diff != "" || came != 1 {
			t.Errorf("came %d times; readings, want - got +:\n%s", came, diff)
		}
	})
}

// TestBookmarkName holds that another mailbox and another key have a bookmark of their own, and that all names fit.
func TestBookmarkName(t *testing.T) {
	one, err := signer(configured(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	other, err := signer(configured(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	box := configs.Inbox{Host: "imap.example.invalid", Port: 993, Username: "zwgk", Folder: "INBOX"}
	elsewhere := box
	elsewhere.Folder = "INBOX/qixian"
	names := map[string]bool{}
	for _, name := range []string{bookmarkName(box, one), bookmarkName(elsewhere, one), bookmarkName(box, other), bookmarkName(box, one)} {
		names[name] = true
		if len(name) > 60 {
			t.Errorf("name %q", name)
		}
	}
	if len(names) != 3 {
		t.Errorf("names %v, want three", names)
	}
}

// TestCheckInbox holds that a check finds what the daemon would stumble over, with an inbox or without, and makes no
// key itself.
func TestCheckInbox(t *testing.T) {
	dir := t.TempDir()
	cfg := configured(dir)
	if err := CheckSecretFiles(cfg).Err(); err != nil {
		t.Errorf("no inbox: %v", err)
	}
	password := filepath.Join(dir, "password")
	cfg.Mail.Inbox.Host, cfg.Mail.Inbox.PasswordFile = "imap.example.invalid", configs.Secret(password)
	if err := CheckSecretFiles(cfg).Err(); err == nil {
		t.Error("no password passes")
	}
	if err := os.WriteFile(password, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckSecretFiles(cfg).Err(); err != nil {
		t.Errorf("a first start: %v", err)
	}
	if ps := CheckSecrets(cfg); len(ps) != 0 {
		t.Errorf("a first start: %v", ps)
	}
	if _, err := os.Stat(string(cfg.SigningKey)); err == nil {
		t.Error("the check has made a key")
	}
	if err := os.WriteFile(string(cfg.SigningKey), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.Mail.Inbox.CAFile = filepath.Join(dir, "nowhere.pem")
	if err := CheckSecrets(
		cfg,
	); err == nil || !strings.Contains(err.Error(), "signing key") ||
		!strings.Contains(err.Error(), "nowhere.pem") {
		t.Errorf("a bad key and no authorities: %v", err)
	}
}
