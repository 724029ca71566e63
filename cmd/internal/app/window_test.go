package app

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qixian/configs"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/web/link"
)

// TestCandidate compares the plan that runs with what lies on the disk now.
func TestCandidate(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("qixian.yaml", "state_dir: state\noverrides: overrides.d\n")
	write("overrides.d/10.yaml", "obligations: {}\n")
	source := Source{ConfigFile: filepath.Join(dir, "qixian.yaml")}
	in, err := Load(source)
	if err != nil {
		t.Fatal(err)
	}
	desk, err := MakeDesk(t.Context(), in, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = desk.Close() }()
	now := calendar.NewDate(2018, 3, 1).At(0)
	compare := candidate(desk, source)
	if d, mistakes, err := compare(
		t.Context(),
		now,
	); err != nil || len(mistakes) > 0 || len(d.Changes) > 0 || d.Mails != d.MailsWas ||
		d.Mails == 0 {
		t.Errorf("unchanged: %+v, %v, %v", d, mistakes, err)
	}
	write("overrides.d/10.yaml", "obligations:\n  air-quality: {rule: {every: month, due: {day: 10}}}\n")
	d, mistakes, err := compare(t.Context(), now)
	if err != nil || len(mistakes) > 0 || len(d.Changes) < 3 ||
		!strings.Contains(strings.Join(d.Changes[0].Origin, " "), "10.yaml:2") {
		t.Errorf("changed: %+v, %v, %v", d, mistakes, err)
	}
	write("overrides.d/10.yaml", "obligations:\n  air-quality: {rule: {every: fortnight}}\n")
	if _, mistakes, err := compare(
		t.Context(),
		now,
	); err != nil || len(mistakes) != 1 ||
		!strings.Contains(mistakes[0].English, "10.yaml:2:") ||
		!strings.Contains(
			mistakes[0].Chinese,
			"第2行",
		) || !strings.Contains(mistakes[0].Chinese, "“fortnight”不可用，应为下列之一") {
		t.Errorf("mistaken: %v, %v", mistakes, err)
	}
}

// TestAccounts names every account that could not sign in, with its place, and repeats no hash.
func TestAccounts(t *testing.T) {
	good, err := HashPassword("correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"accounts:\n  甲: \"" + good + "\"\n": "",
		"accounts:\n  甲: hunter2secret\n":    "accounts.yaml:2:6: the password of 甲 is no Argon2id hash; `qixian account hash` makes one",
		"accounts: {}\n":                     "nobody is listed; leave web.accounts out",
		"acounts: {}\n":                      "acounts",
	} {
		path := filepath.Join(t.TempDir(), "accounts.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadAccounts(configs.Config{Web: configs.Web{Accounts: path}})
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestPreviewedLinks holds that a previewed mail has the links and the code that the daemon's will have, and that they
// are of no use.
func TestPreviewedLinks(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "qixian.yaml")
	text := "state_dir: state\nweb: {listen: 127.0.0.1:9480, url: https://qixian.example.invalid}\n" +
		"mail: {inbox: {host: imap.example.invalid, username: qixian, password_file: " + path + "}}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := Load(Source{ConfigFile: path})
	if err != nil {
		t.Fatal(err)
	}
	options, err := PreviewOptions(in)
	if err != nil {
		t.Fatal(err)
	}
	day := calendar.NewDate(2018, 9, 25)
	letters, err := scheduler.Preview(options, day, day, nil, scheduler.AllAnswered)
	if err != nil || len(letters) == 0 {
		t.Fatalf("%d letters, %v", len(letters), err)
	}
	i := slices.IndexFunc(letters, func(l scheduler.Letter) bool { return l.Unit == "县环保局" })
	mail := letters[max(i, 0)].Message
	tokens := regexp.MustCompile(`https://qixian\.example\.invalid/u/([0-9A-Za-z_-]+)`).FindStringSubmatch(mail.Text)
	code := options.Coder.ReplyCode(mail.MessageID)
	if tokens == nil || !strings.Contains(mail.Text, code) ||
		!strings.Contains(mail.Text, "https://qixian.example.invalid/f/") {
		t.Fatalf("the mail has no link, no calendar or no code:\n%s", mail.Text)
	}
	links, err := linkMaker(in.Config)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := links.Read(link.Unit, tokens[1], day.At(0)); !errors.Is(err, link.ErrInvalid) {
		t.Errorf("the link opens %+v, %v", c, err)
	}
	ours, err := signer(in.Config)
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := ours.MessageOf(code); ok {
		t.Errorf("the code answers %s", id)
	}
}
