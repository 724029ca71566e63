package app

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"qixian/configs"
)

// browser is somebody at the office's side of a daemon's window.
type browser struct {
	t      *testing.T
	site   string
	client *http.Client
}

func newBrowser(t *testing.T, d *Daemon) *browser {
	t.Helper()
	return &browser{t, "http://" + d.window.address(), &http.Client{
		Jar: jar{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// jar keeps the cookies of one host.
type jar map[string]*http.Cookie

func (j jar) SetCookies(_ *url.URL, cs []*http.Cookie) {
	for _, c := range cs {
		j[c.Name] = c
	}
}

func (j jar) Cookies(*url.URL) []*http.Cookie {
	var all []*http.Cookie
	for _, c := range j {
		all = append(all, c)
	}
	return all
}

func (b *browser) do(method, path string, form url.Values) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.site+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	got, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	var text strings.Builder
	if _, err := io.Copy(&text, got.Body); err != nil {
		b.t.Fatal(err)
	}
	return got.StatusCode, text.String()
}

// signIn fills in the form as the page has it.
func (b *browser) signIn(name, password string) bool {
	b.t.Helper()
	_, page := b.do(http.MethodGet, "/office", nil)
	token := regexp.MustCompile(`name="form" value="([^"]+)"`).FindStringSubmatch(page)
	if token == nil {
		return false // there is no form
	}
	status, _ := b.do(
		http.MethodPost,
		"/office/sign-in",
		url.Values{"form": {token[1]}, "name": {name}, "password": {password}},
	)
	return status == http.StatusSeeOther
}

// isIn reports whether it is signed in.
func (b *browser) isIn() bool {
	b.t.Helper()
	_, page := b.do(http.MethodGet, "/office", nil)
	return strings.Contains(page, "退出（")
}

// TestAccountsAreReloaded holds that whoever is taken out of the file, or has another password, is out with the reload,
// that a broken file changes nothing at all, and that accounts come and go without a restart.
func TestAccountsAreReloaded(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const old, changed = "correct horse battery", "another long password"
	hash := map[string]string{}
	for _, p := range []string{old, changed} {
		h, err := HashPassword(p)
		if err != nil {
			t.Fatal(err)
		}
		hash[p] = h
	}
	accounts := func(lines map[string]string) {
		text := "accounts:\n"
		for name, p := range lines {
			text += "  " + name + ": \"" + hash[p] + "\"\n"
		}
		write("accounts.yaml", text)
	}
	config := "state_dir: state\nweb: {listen: \"127.0.0.1:0\", url: \"http://127.0.0.1:9480\"%s}\n"
	with, without := strings.Replace(config, "%s", ", accounts: accounts.yaml", 1), strings.Replace(config, "%s", "", 1)
	write("qixian.yaml", with)
	accounts(map[string]string{"stays": old, "goes": old, "changes": old})
	d, err := NewDaemon(
		t.Context(),
		Source{ConfigFile: filepath.Join(dir, "qixian.yaml")},
		slog.New(slog.DiscardHandler),
		new(slog.LevelVar),
	)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	go d.window.serve()
	all := map[string]*browser{}
	for _, name := range []string{"stays", "goes", "changes"} {
		all[name] = newBrowser(t, d)
		if !all[name].signIn(name, old) || !all[name].isIn() {
			t.Fatalf("%s does not get in", name)
		}
	}
	inside := func(when string, want ...string) {
		t.Helper()
		for name, b := range all {
			expected := false
			for _, w := range want {
				expected = expected || w == name
			}
			if b.isIn() != expected {
				t.Errorf("%s, %s is in: %t", when, name, !expected)
			}
		}
	}
	reload := func() bool {
		before := d.Inputs()
		d.Reload(t.Context(), clock())
		return d.Inputs() != before
	}

	write("accounts.yaml", "accounts:\n  stays: \""+hash[old]+"\"\n  goes: hunter2\n")
	if reload() {
		t.Error("a broken accounts file is taken up")
	}
	inside("after a refused reload", "stays", "goes", "changes")

	accounts(map[string]string{"stays": old, "changes": changed})
	if !reload() {
		t.Fatal("the reload was refused")
	}
	inside("after the reload", "stays")
	for name, want := range map[string]bool{"stays": true, "goes": false, "changes": false} {
		if got := newBrowser(t, d).signIn(name, old); got != want {
			t.Errorf("%s signs in with the old password: %t", name, got)
		}
	}
	if !newBrowser(t, d).signIn("changes", changed) {
		t.Error("the new password is of no use")
	}

	// A mistake elsewhere: nothing is taken up, accounts neither.
	accounts(map[string]string{"changes": changed})
	write("qixian.yaml", with+"hours: {digest: never}\n")
	if reload() {
		t.Error("a broken configuration is taken up")
	}
	inside("after a mistake elsewhere", "stays")

	write("qixian.yaml", without)
	if !reload() {
		t.Fatal("the reload was refused")
	}
	inside("without a file")
	if newBrowser(t, d).signIn("stays", old) {
		t.Error("without a file somebody gets in")
	}
	if status, _ := newBrowser(t, d).do(http.MethodGet, "/office", nil); status != http.StatusNotFound {
		t.Errorf("without a file the office's side is there: %d", status)
	}
	write("qixian.yaml", with)
	if !reload() || !newBrowser(t, d).signIn("changes", changed) {
		t.Error("accounts do not come by a reload")
	}
	if newBrowser(t, d).signIn("changes", "wrong") {
		t.Error("a wrong password is taken")
	}
	var refused dto.Metric
	if err := d.watch.metrics.visitors.WithLabelValues(
		"password",
	).Write(
		&refused,
	); err != nil ||
		refused.GetCounter().GetValue() < 3 {
		t.Errorf("counted are %v wrong passwords, %v", refused.GetCounter().GetValue(), err)
	}
}

// TestProxyFindings holds what check says of the proxies that are trusted.
func TestProxyFindings(t *testing.T) {
	for text, want := range map[string]string{
		"web: {listen: \"127.0.0.1:9480\", url: \"https://q.example.invalid\"}\n":                                         "",
		"web: {listen: \"127.0.0.1:9480\", url: \"https://q.example.invalid\", trusted_proxies: [0.0.0.0/0]}\n":           "2:85: web.trusted_proxies: 0.0.0.0/0 is as good as everybody",
		"web: {listen: \"127.0.0.1:9480\", url: \"https://q.example.invalid\", trusted_proxies: [\"::/0\", 127.0.0.1]}\n": "::/0 is as good as everybody",
		"web: {listen: \"127.0.0.1:9480\", url: \"https://q.example.invalid\", trusted_proxies: [10.0.0.5]}\n":            "all visitors count as one; add 127.0.0.0/8",
		"web: {listen: \"127.0.0.1:9480\", url: \"https://q.example.invalid\", trusted_proxies: []}\n":                    "all visitors count as one; add 127.0.0.0/8",
		"web: {listen: \"0.0.0.0:9480\", url: \"https://q.example.invalid\"}\n":                                           "no proxy elsewhere is trusted",
		"web: {listen: \"0.0.0.0:9480\", url: \"https://q.example.invalid\", trusted_proxies: [10.0.0.5]}\n":              "",
		"web: {listen: \"10.0.0.1:9480\", url: \"http://10.0.0.1:9480\"}\n":                                               "",
		"office: 县政府办公室\n": "",
	} {
		path := filepath.Join(t.TempDir(), "qixian.yaml")
		if err := os.WriteFile(path, []byte("state_dir: state\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := configs.Load(path, "state")
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, p := range proxyFindings(cfg) {
			said = append(said, p.Error())
		}
		if all := strings.Join(said, "\n"); want == "" && all != "" || !strings.Contains(all, want) {
			t.Errorf("%s: %q, want %q", text, all, want)
		}
	}
}
