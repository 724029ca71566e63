package main_test

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"qixian/notify/smtp/smtptest"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// What must be found nowhere. The DKIM key is made for the test, and looked for line by line.
const (
	smtpSecret    = "Zq1-smtp-secret-7731"
	dsnSecret     = "Zq2-dsn-secret-7732"
	imapSecret    = "Zq3-imap-secret-7733"
	pingSecret    = "Zq4-ping-secret-7734"
	signingSecret = "5a71357e5a71357e5a71357e5a71357e5a71357e5a71357e5a71357e5a71357e"
	garbage       = "Zq5-garbled-secret-7735" // stands in files that should hold a key
)

// The addresses are of another domain than the examples, so that none is found that the program itself has made up.
var planted = []string{
	"office@plant.example.org",
	"hbj@plant.example.org",
	"mzj@plant.example.org",
	"sender@plant.example.org",
	"mailbox@plant.example.org",
}

// shown are the commands for which addresses are the point, and which therefore may print them.
var shown = map[string]string{
	"contact list": "who is mailed, and where mail came back from, is what it lists",
	"preview":      "it shows the mails that would be sent, to whom and all",
}

// vault is an installation with a secret in every place that can have one, and a record of all that was written by it.
type vault struct {
	t       *testing.T
	dir     string
	secrets []string
	written []writing
}

// writing is what a command, a daemon or an endpoint has written.
type writing struct{ by, text string }

func newVault(t *testing.T) *vault {
	t.Helper()
	v := &vault{
		t:       t,
		dir:     t.TempDir(),
		secrets: []string{smtpSecret, dsnSecret, imapSecret, pingSecret, signingSecret, garbage},
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dkim := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for line := range strings.Lines(string(dkim)) {
		if !strings.HasPrefix(line, "-----") {
			v.secrets = append(v.secrets, strings.TrimSpace(line))
		}
	}
	for name, content := range map[string]string{
		"catalogue/all.yaml": `
units: {办公室: {}, 环保局: {}, 民政局: {}, 各单位: {group: true, members: [环保局, 民政局]}}
triggers: {alarm: {title: 警报}}
obligations:
  answer-alarm:
    row: 0
    title: 警报处置情况
    kind: after-event
    per: unit
    rule: {after: alarm, within: 999h, stages: [record]}
    lead: [各单位]
`,
		"contacts.yaml": fmt.Sprintf("contacts: {办公室: [%s], 环保局: [%s], 民政局: [%s]}\n", planted[0], planted[1], planted[2]),
		"smtp-password": smtpSecret, "imap-password": imapSecret, "signing": signingSecret, "dkim": string(dkim),
	} {
		write(t, filepath.Join(v.dir, name), content)
	}
	return v
}

// config is a configuration file; replace puts something else in the place of its parts.
func (v *vault) config(parts map[string]string, replace ...string) {
	v.t.Helper()
	text := `
office: 办公室
office_contact: 电话0538-0000000
state_dir: state
database: {DATABASE}
seeds: catalogue
contacts: contacts.yaml
signing_key_file: SIGNING
mail:
  transport: smtp
  from: {name: 提醒, address: ` + planted[3] + `}
  resend_after: 1s
  retry_interval: 1s
  smtp: {SMTP, dkim: {domain: plant.example.org, selector: q, key_file: DKIM}}
  inbox: {INBOX, username: ` + planted[4] + `, password_file: imap-password, interval: 1s}
watch: {ping: "PING", ping_interval: 1s, listen: LISTEN}
log: {level: debug, format: FORMAT}
`
	for _, p := range []struct{ key, usual string }{
		{"DATABASE", "driver: sqlite"},
		{"SIGNING", `"` + filepath.Join(v.dir, "signing") + `"`},
		{"SMTP", "host: 127.0.0.1, port: 1, tls: none"},
		{"DKIM", "dkim"},
		{"INBOX", "host: 127.0.0.1, port: 1, tls: none"},
		{"PING", "https://127.0.0.1:1/" + pingSecret},
		{"LISTEN", "127.0.0.1:0"},
		{"FORMAT", "text"},
	} {
		value := p.usual
		if given, ok := parts[p.key]; ok {
			value = given
		}
		text = strings.Replace(text, p.key, value, 1)
	}
	write(v.t, filepath.Join(v.dir, "qixian.yaml"), strings.NewReplacer(replace...).Replace(text))
}

// note records what something has written.
func (v *vault) note(by, text string) { v.written = append(v.written, writing{by, text}) }

// run runs a command, whatever comes of it, and records what it has written.
func (v *vault) run(args ...string) (text string, code int) {
	v.t.Helper()
	out, errOut, code := qixian(v.t, v.dir, append(args, "--config", "qixian.yaml")...)
	v.note(strings.Join(args, " "), out+errOut)
	return out + errOut, code
}

// runAll runs every command that reads the configuration.
func (v *vault) runAll() {
	v.t.Helper()
	for _, args := range [][]string{
		{"check"},
		{"status"},
		{"status", "--format", "json", "--all"},
		{"status", "--ping"},
		{"obligations"},
		{"event", "list"},
		{"contact", "list"},
		{"contact", "list", "--format", "json"},
		{"agenda", "--from", "2026-11-01", "--to", "2026-12-01"},
		{"explain", "answer-alarm@none"},
		{"preview", "--from", "2026-11-01", "--to", "2026-11-03"},
		{"done", "answer-alarm@none", "--note", "none"},
		{"extend", "answer-alarm@none", "--to", "2030-01-01", "--reason", "none"},
		{"mail", "test", planted[0]},
		{"contact", "clear", "nobody@else.example.org", "--reason", "none"},
		{"event", "add", "alarm", "--ref", "一号"},
		{"event", "add", "nothing"},
		{"calendar", "add", "2026-11-24", "3"},
	} {
		v.run(args...)
	}
	v.backUp()
}

// backUp records what is on record: there are addresses in a database, and no secrets.
func (v *vault) backUp() {
	v.t.Helper()
	file := filepath.Join(v.t.TempDir(), "backup")
	if _, code := v.run("backup", file); code != 0 {
		return // there is no database
	}
	v.run("restore", file)
	data, err := os.ReadFile(file)
	if err != nil {
		v.t.Fatal(err)
	}
	gz, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		v.t.Fatal(err)
	}
	text, err := io.ReadAll(gz)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, a := range planted {
		text = bytes.ReplaceAll(text, []byte(a), nil)
	}
	v.note("the database", string(text))
}

// serve starts a daemon, waits until it has written all these words, and lets then be done what it may.
func (v *vault) serve(words []string, then func(d *daemon)) {
	v.t.Helper()
	d := serve(v.t, v.dir, nil, "--config", "qixian.yaml")
	for _, word := range words {
		eventually(
			v.t,
			30*time.Second,
			"the daemon says "+word,
			func() bool { return strings.Contains(d.output(v.t), word) },
		)
	}
	if then != nil {
		then(d)
	}
	d.stop(v.t)
	v.note("serve", d.output(v.t))
}

// search looks for every secret and every address in all that was written.
func (v *vault) search() {
	v.t.Helper()
	if len(v.written) == 0 {
		v.t.Error("nothing was written")
	}
	for _, w := range v.written {
		for _, secret := range v.secrets {
			for _, form := range []string{
				secret, base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)), url.QueryEscape(secret), secret[:len(secret)/2+1],
			} {
				if strings.Contains(w.text, form) {
					v.t.Errorf("%s has written %q:\n%s", w.by, form, around(w.text, form))
				}
			}
		}
		if allowed(w.by) {
			continue
		}
		for _, address := range planted {
			if strings.Contains(w.text, address) {
				v.t.Errorf("%s has written %s:\n%s", w.by, address, around(w.text, address))
			}
		}
	}
}

func allowed(by string) bool {
	for command := range shown {
		if strings.HasPrefix(by, command) {
			return true
		}
	}
	return false
}

// around returns the lines in which a word stands.
func around(text, word string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			lines = append(lines, line[:min(len(line), 2000)])
		}
	}
	return strings.Join(lines[:min(len(lines), 3)], "")
}

// TestSecrets plants a secret in every place where there can be one, lets everything fail in every way, and looks for
// the secrets, and for every mail address, in all that was written meanwhile: by the daemon, by every command, at its
// endpoints, and in the database.
func TestSecrets(t *testing.T) {
	for name, test := range map[string]func(t *testing.T, v *vault){
		"login refused": loginRefused, "mails refused": mailsRefused, "no TLS": noTLS, "another's TLS": othersTLS, "unusable files": unusableFiles,
		"mistyped configuration": mistyped, "database": databaseGone,
	} {
		t.Run(name, func(t *testing.T) {
			v := newVault(t)
			test(t, v)
			v.search()
		})
	}
}

// loginRefused is by servers that repeat the login which they refuse, in every form.
func loginRefused(t *testing.T, v *vault) {
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + planted[3] + "\x00" + smtpSecret))
	echo := fmt.Sprintf(
		"535 5.7.8 user %s password %s (%s, %s) refused",
		planted[3],
		smtpSecret,
		plain,
		base64.StdEncoding.EncodeToString([]byte(smtpSecret)),
	)
	server := smtptest.New(
		t,
		smtptest.Options{StartTLS: true, Users: map[string]string{planted[3]: "another"}},
	).Listen(
		t,
	)
	server.On(smtptest.Fault{At: smtptest.AUTH, Reply: echo})
	write(t, filepath.Join(v.dir, "ca.pem"), string(server.CA()))
	imap := listen(t, func(tag, command string) string {
		if strings.HasPrefix(command, "LOGIN") {
			return fmt.Sprintf(
				"%s NO [AUTHENTICATIONFAILED] %s: %s is not the password of %s\r\n",
				tag,
				command,
				imapSecret,
				planted[4],
			)
		}
		return "* CAPABILITY IMAP4rev1\r\n" + tag + " OK done\r\n"
	})
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, r.URL.String(), http.StatusInternalServerError)
	}))
	t.Cleanup(outside.Close)
	address := freeAddress(t)
	v.config(map[string]string{
		"SMTP": fmt.Sprintf(
			"host: 127.0.0.1, port: %d, tls: starttls, ca_file: ca.pem, username: %s, password_file: smtp-password",
			server.Port(),
			planted[3],
		),
		"INBOX": fmt.Sprintf(
			"host: 127.0.0.1, port: %d, tls: none",
			imap,
		),
		"PING":   outside.URL + "/" + pingSecret + "?key=" + pingSecret,
		"LISTEN": address,
	})
	v.run("event", "add", "alarm", "--ref", "一号")
	v.serve([]string{"sending halted", "inbox not read", "outside address not fetched"}, func(d *daemon) {
		v.runAll()
		for _, path := range []string{"/metrics", "/healthz", "/readyz", "/none"} {
			answer, err := http.Get("http://" + address + path)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			if err := errors.Join(err, answer.Body.Close()); err != nil {
				t.Fatal(err)
			}
			v.note(path, string(body))
		}
		write(t, filepath.Join(v.dir, "contacts.yaml"), "contacts: {某单位: ["+planted[1]+"]}\n")
		text, code := v.run("reload", "--pid", pid(d))
		if code != 1 || !strings.Contains(text, "某单位") {
			t.Errorf("reload: exit %d, %s", code, text)
		}
	})
}

// mailsRefused is by a server that repeats addresses in every answer.
func mailsRefused(t *testing.T, v *vault) {
	server := smtptest.New(t, smtptest.Options{}).Listen(t)
	said := func(code string) string {
		return fmt.Sprintf("%s <%s> from <%s>, see mailto:%s, %q", code, planted[1], planted[3], planted[1], planted[1])
	}
	server.On(
		smtptest.Fault{At: smtptest.RCPT, Match: planted[1], Reply: said("550 5.1.1 no such user")},
		smtptest.Fault{At: smtptest.Final, Match: "", Times: 1, Reply: said("451 4.3.0 try again")},
		smtptest.Fault{At: smtptest.DATA, Times: 1, Skip: 2, Reply: said("554 5.7.1 refused")},
		smtptest.Fault{At: smtptest.Final, Reply: said("250 2.0.0 taken"), Keep: true},
	)
	v.config(
		map[string]string{"SMTP": fmt.Sprintf("host: 127.0.0.1, port: %d, tls: none", server.Port()), "FORMAT": "json"},
	)
	for _, ref := range []string{"一号", "二号", "三号"} {
		v.run("event", "add", "alarm", "--ref", ref)
	}
	v.serve([]string{"message not delivered", "message sent"}, func(*daemon) { v.runAll() })
}

// noTLS is of servers that speak something else than TLS where TLS is asked for.
func noTLS(t *testing.T, v *vault) {
	server := smtptest.New(t, smtptest.Options{}).Listen(t)
	imap := listen(t, func(tag, _ string) string { return tag + " BAD no TLS for " + planted[4] + "\r\n" })
	v.config(map[string]string{
		"SMTP": fmt.Sprintf(
			"host: 127.0.0.1, port: %d, tls: starttls, username: %s, password_file: smtp-password",
			server.Port(),
			planted[3],
		),
		"INBOX": fmt.Sprintf(
			"host: 127.0.0.1, port: %d, tls: starttls",
			imap,
		),
		"PING": "https://127.0.0.1:" + fmt.Sprint(server.Port()) + "/" + pingSecret,
	})
	v.run("event", "add", "alarm", "--ref", "一号")
	v.serve([]string{"sending halted", "inbox not read", "outside address not fetched"}, func(*daemon) { v.runAll() })
}

// othersTLS is of servers whose certificates nobody trusts.
func othersTLS(t *testing.T, v *vault) {
	server := smtptest.New(t, smtptest.Options{Implicit: true}).Listen(t)
	outside := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(outside.Close)
	v.config(map[string]string{
		"SMTP": fmt.Sprintf(
			"host: 127.0.0.1, port: %d, tls: tls, username: %s, password_file: smtp-password",
			server.Port(),
			planted[3],
		),
		"INBOX": fmt.Sprintf(
			"host: 127.0.0.1, port: %d, tls: tls",
			server.Port(),
		),
		"PING": outside.URL + "/" + pingSecret,
	})
	v.run("event", "add", "alarm", "--ref", "一号")
	v.serve([]string{"sending paused", "inbox not read", "outside address not fetched"}, func(*daemon) { v.runAll() })
}

// unusableFiles are those of secrets that others may read, that hold no key, or that are not there.
func unusableFiles(t *testing.T, v *vault) {
	login := "host: 127.0.0.1, port: 1, tls: starttls, username: u, password_file: "
	for name, spoil := range map[string]func(){
		"modes": func() {
			v.config(map[string]string{"SMTP": login + "smtp-password"})
			for _, name := range []string{"smtp-password", "imap-password", "signing", "dkim"} {
				if err := os.Chmod(filepath.Join(v.dir, name), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		},
		"no PEM":      func() { v.plant("dkim-bad", garbage); v.config(map[string]string{"DKIM": "dkim-bad"}) },
		"another PEM": func() { v.plant("dkim-bad", armour(garbage)); v.config(map[string]string{"DKIM": "dkim-bad"}) },
		"not hex":     func() { v.plant("signing-bad", garbage); v.config(map[string]string{"SIGNING": v.path("signing-bad")}) },
		"too short": func() {
			v.plant("signing-bad", signingSecret[:40])
			v.config(map[string]string{"SIGNING": v.path("signing-bad")})
		},
		"name is it": func() { v.config(map[string]string{"SMTP": login + smtpSecret}) },
		"key is it":  func() { v.config(map[string]string{"DKIM": garbage}) },
		"DSN is it": func() {
			v.config(map[string]string{"DATABASE": "driver: mysql, dsn_file: 'q:" + dsnSecret + "@tcp(127.0.0.1:1)/q'"})
		},
		"no credential": func() { v.config(map[string]string{"SMTP": login + "credential:smtp"}) },
	} {
		spoil()
		text, code := v.run("check")
		if code == 0 {
			t.Errorf("%s: check finds nothing:\n%s", name, text)
		}
		v.run("status")
		v.run("mail", "test", planted[0])
		if name == "modes" || name == "DSN is it" || strings.Contains(name, "PEM") || name == "not hex" ||
			name == "too short" ||
			name == "key is it" {
			if text, code := v.run("serve"); code != 1 && code != 4 {
				t.Errorf("%s: serve: exit %d\n%s", name, code, text)
			}
		}
		for _, name := range []string{"smtp-password", "imap-password", "signing", "dkim"} {
			if err := os.Chmod(filepath.Join(v.dir, name), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// mistyped are configurations with a secret where it does not belong, or next to a mistake.
func mistyped(t *testing.T, v *vault) {
	for _, replace := range [][]string{
		{"password_file: imap-password", "password: " + imapSecret},
		{"password_file: imap-password", "password_file: [" + imapSecret + "]"},
		{"password_file: imap-password", "password_file: \"" + imapSecret},
		{"password_file: imap-password", "password_file: {" + imapSecret + ": }"},
		{"password_file: imap-password", "password_file: *" + imapSecret},
		{"driver: sqlite", "driver: mysql, dsn: 'q:" + dsnSecret + "@tcp(127.0.0.1:3306)/q'"},
		{"driver: sqlite", "driver: sqlite, dsn: 'q:" + dsnSecret + "@tcp(127.0.0.1:3306)/q'"},
		{"driver: sqlite", "driver: mysql, dsn: 'mysql://q:" + dsnSecret + "@127.0.0.1:3306/q'"},
		{"https://127.0.0.1:1/" + pingSecret, pingSecret},
		{"https://127.0.0.1:1/" + pingSecret, "https://q:" + pingSecret + "@127.0.0.1/"},
		{"https://127.0.0.1:1/" + pingSecret, "ftp://127.0.0.1/%zz" + pingSecret},
		{"ping: ", "pign: "},
	} {
		v.config(nil, replace...)
		for _, args := range [][]string{{"check"}, {"serve"}, {"status"}, {"backup", "none"}} {
			if text, code := v.run(args...); code != 1 && (code != 3 || args[0] != "serve") {
				t.Errorf("%s with %s: exit %d\n%s", args[0], replace[1], code, text)
			}
		}
	}
}

// databaseGone is of a MySQL that refuses the password, that is not there, and that goes away.
func databaseGone(t *testing.T, v *vault) {
	storetest.Require(t, store.MySQL)
	cfg, err := driver.ParseDSN(storetest.Options(t, store.MySQL).DSN)
	if err != nil {
		t.Fatal(err)
	}
	wrong := cfg.Clone()
	wrong.Passwd = dsnSecret
	v.config(map[string]string{"DATABASE": "driver: mysql, dsn_file: dsn"})
	for name, dsn := range map[string]string{
		"wrong":  wrong.FormatDSN(),
		"gone":   "qixian:" + dsnSecret + "@tcp(127.0.0.1:1)/qixian",
		"socket": "qixian:" + dsnSecret + "@unix(/none/" + "mysql.sock)/qixian",
		"bare":   dsnSecret,
		"url":    "mysql://qixian:" + dsnSecret + "@127.0.0.1:1/qixian",
		"net":    "qixian@" + dsnSecret + "(127.0.0.1:1)/qixian",
	} {
		v.plant("dsn", dsn)
		_, readable := driver.ParseDSN(dsn)
		for _, args := range [][]string{{"check"}, {"serve"}, {"status"}, {"status", "--ping"}, {"backup", "none"}} {
			want := 1
			if args[0] == "serve" {
				want = 4
			}
			if text, code := v.run(args...); code != want && (args[0] != "check" || readable != nil) {
				t.Errorf("%s: %s: exit %d\n%s", name, args[0], code, text)
			}
		}
	}
	// A user of the database whose password is the secret, by a line that is cut while the daemon runs.
	admin, err := storetest.Dial(store.Options{Driver: store.MySQL, DSN: cfg.FormatDSN()})
	if err != nil {
		t.Fatal(err)
	}
	const user = "planted@127.0.0.1"
	_, made := admin.ExecContext(t.Context(), "CREATE USER "+user+" IDENTIFIED BY '"+dsnSecret+"'")
	_, granted := admin.ExecContext(t.Context(), "GRANT ALL ON "+cfg.DBName+".* TO "+user)
	if err := errors.Join(made, granted); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, dropped := admin.Exec("DROP USER " + user)
		if err := errors.Join(dropped, admin.Close()); err != nil {
			t.Error(err)
		}
	})
	l := newLine(t, cfg.Addr)
	v.plant("dsn", fmt.Sprintf("planted:%s@tcp(%s)/%s", dsnSecret, l.door.Addr(), cfg.DBName))
	v.run("event", "add", "alarm", "--ref", "一号")
	v.serve([]string{"ready", "sending paused"}, func(d *daemon) {
		v.runAll()
		l.set(true)
		v.runAll()
		eventually(t, 90*time.Second, "the daemon notices that its database is gone", func() bool {
			return strings.Contains(d.output(t), "outbox not drained") ||
				strings.Contains(d.output(t), "database does not answer")
		})
		l.set(false)
	})
}

func (v *vault) path(name string) string { return `"` + filepath.Join(v.dir, name) + `"` }

// plant writes a file that is to hold a secret.
func (v *vault) plant(name, content string) {
	v.t.Helper()
	write(v.t, filepath.Join(v.dir, name), content)
}

// armour is PEM around what is no key.
func armour(text string) string {
	return string(
		pem.EncodeToMemory(
			&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Note": text}, Bytes: []byte(text)},
		),
	)
}

// listen answers each line of a client, a tag and a command, as reply has it, and returns the port. It stops with the
// test.
func listen(t *testing.T, reply func(tag, command string) string) int {
	t.Helper()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = door.Close() })
	go func() {
		for {
			conn, err := door.Accept()
			if err != nil {
				return
			}
			go talk(conn, reply)
		}
	}()
	return door.Addr().(*net.TCPAddr).Port
}

func talk(conn net.Conn, reply func(tag, command string) string) {
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"); err != nil {
		return
	}
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimSpace(string(buf[:n])), " ")
		if _, err := io.WriteString(conn, reply(tag, command)); err != nil {
			return
		}
	}
}
