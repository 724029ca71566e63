// Package inboxtest is a mailbox for tests: a Dovecot of its own on the loopback, with one user, into whose Maildir
// mails are laid as a mail server would.
package inboxtest

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"qixian/notify/smtp/smtptest"
)

// Username and Password are the one user's.
const (
	Username = "zwgk@example.invalid"
	Password = "S3cret-of-the-mailbox"
)

// Dovecot is one running server.
type Dovecot struct {
	Port    int // in the clear, and with STARTTLS
	PortTLS int // TLS from the first byte
	CA      []byte

	dir       string
	uid, gid  int // whose the mailbox is; -1: ours
	process   *exec.Cmd
	delivered int
}

// New starts a server that stops with the test. Where there is none installed the test is skipped, but not in CI.
func New(t testing.TB) *Dovecot {
	t.Helper()
	path, err := exec.LookPath("dovecot")
	if err != nil {
		path = "/usr/sbin/dovecot" // which is not everybody's PATH
	}
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("dovecot is not installed (Debian: dovecot-imapd)")
		}
		t.Skip("dovecot is not installed (Debian: dovecot-imapd)")
	}
	// Short, as the paths of sockets must be, and not below t.TempDir, into which no other user can go.
	dir, err := os.MkdirTemp("", "qx-imap-")
	if err != nil {
		t.Fatal(err)
	}
	d := &Dovecot{dir: dir, uid: -1, gid: -1}
	t.Cleanup(func() {
		d.Kill()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			for line := range strings.Lines(string(log)) {
				if !strings.Contains(line, ": Info: ") {
					t.Log("dovecot: ", line)
				}
			}
		}
		_ = os.RemoveAll(dir)
	})
	var certificate, key []byte
	d.CA, certificate, key = smtptest.Certificate(t)
	d.write(t, "cert.pem", certificate)
	d.write(t, "key.pem", key)
	d.write(t, "users", []byte(Username+":{PLAIN}"+Password+"\n"))
	d.own(t)
	d.configure(t)
	d.Start(t)
	return d
}

// own lays out the mailbox. Dovecot gives no mailbox to root: under root it is nobody's.
func (d *Dovecot) own(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		nobody, err := user.Lookup("nobody")
		if err != nil {
			t.Fatal(err)
		}
		d.uid, _ = strconv.Atoi(nobody.Uid)
		d.gid, _ = strconv.Atoi(nobody.Gid)
	}
	if err := os.Chmod(d.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"mail", "mail/new", "mail/cur", "mail/tmp"} {
		path := filepath.Join(d.dir, dir)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		d.chown(t, path)
	}
}

func (d *Dovecot) chown(t testing.TB, path string) {
	t.Helper()
	if err := os.Chown(path, d.uid, d.gid); err != nil {
		t.Fatal(err)
	}
}

func (d *Dovecot) write(t testing.TB, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
	if name == "users" { // the server reads it as another user
		if err := os.Chmod(filepath.Join(d.dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// configure writes a configuration of Dovecot 2.3 that needs nothing of the host's own.
func (d *Dovecot) configure(t testing.TB) {
	t.Helper()
	d.Port, d.PortTLS = freePort(t), freePort(t)
	internal, login, mailUser := "dovecot", "dovenull", "nobody"
	chroot := ""
	if d.uid < 0 {
		me, err := user.Current()
		if err != nil {
			t.Fatal(err)
		}
		internal, login, mailUser = me.Username, me.Username, me.Username
		chroot = "service anvil {\n chroot =\n}\n"
	}
	d.write(t, "conf", fmt.Appendf(nil, `
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
protocols = imap
listen = 127.0.0.1
default_internal_user = %[2]s
default_login_user = %[3]s
default_internal_group = %[4]s
mail_uid = %[5]s
mail_gid = %[6]s
first_valid_uid = 1
first_valid_gid = 1
mail_home = %[1]s/mail
mail_location = maildir:%[1]s/mail
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
auth_username_format =
passdb {
 driver = passwd-file
 args = %[1]s/users
}
userdb {
 driver = static
 args = uid=%[5]s gid=%[6]s home=%[1]s/mail
}
%[7]sservice imap-login {
 chroot =
 inet_listener imap {
  port = %[8]d
 }
 inet_listener imaps {
  port = %[9]d
  ssl = yes
 }
}
`, d.dir, internal, login, group(t, internal), mailUser, group(t, mailUser), chroot, d.Port, d.PortTLS))
}

// group returns the name of a user's own group.
func group(t testing.TB, name string) string {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		t.Fatal(err)
	}
	return g.Name
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// Start starts the server, again after Kill, and waits until it answers.
func (d *Dovecot) Start(t testing.TB) {
	t.Helper()
	path, err := exec.LookPath("dovecot")
	if err != nil {
		path = "/usr/sbin/dovecot"
	}
	var said bytes.Buffer
	d.process = exec.CommandContext(context.WithoutCancel(t.Context()), path, "-F", "-c", filepath.Join(d.dir, "conf"))
	d.process.Stdout, d.process.Stderr = &said, &said
	d.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that Kill reaches its children
	if err := d.process.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		if d.answers(ctx) {
			return
		}
	}
	d.Kill() // which also ends the writing to said
	log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
	t.Fatalf("dovecot does not answer:\n%s%s", said.String(), log)
}

func (d *Dovecot) answers(ctx context.Context) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(d.Port)))
	if err != nil {
		return false
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	greeting := make([]byte, 4)
	n, err := conn.Read(greeting)
	return err == nil && strings.HasPrefix(string(greeting[:n]), "* OK")
}

// Kill ends the server with all its processes, as a power cut would. Killing it twice is harmless.
func (d *Dovecot) Kill() {
	if d.process == nil {
		return
	}
	_ = syscall.Kill(-d.process.Process.Pid, syscall.SIGKILL)
	_ = d.process.Wait() // killed
	d.process = nil
}

// Deliver lays a mail into the mailbox, arrived at the given time.
func (d *Dovecot) Deliver(t testing.TB, raw []byte, at time.Time) {
	t.Helper()
	d.delivered++
	name := fmt.Sprintf("%d.M%06d.test", 1_500_000_000+d.delivered, d.delivered)
	path := filepath.Join(d.dir, "mail", "tmp", name)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	d.chown(t, path)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, filepath.Join(d.dir, "mail", "new", name)); err != nil {
		t.Fatal(err)
	}
}

// Names lists the mails' files, flags and all, those in new first.
func (d *Dovecot) Names(t testing.TB) []string {
	t.Helper()
	var names []string
	for _, dir := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(d.dir, "mail", dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	return names
}

// Spoil makes the n-th mail that was delivered, counted from 1, one that the server cannot read.
func (d *Dovecot) Spoil(t testing.TB, n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(d.dir, "mail", "*", fmt.Sprintf("*.M%06d.*", n)))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	if err := os.Chmod(files[0], 0); err != nil {
		t.Fatal(err)
	}
}

// Renew makes the mailbox forget its numbers, as one does that is moved to another server: the UIDVALIDITY changes.
func (d *Dovecot) Renew(t testing.TB) {
	t.Helper()
	d.Kill()
	files, err := filepath.Glob(filepath.Join(d.dir, "mail", "dovecot*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	// The new number is made of the clock's seconds; this one is never a clock's.
	uidlist := filepath.Join(d.dir, "mail", "dovecot-uidlist")
	if err := os.WriteFile(uidlist, []byte("3 V77 N1 G0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.chown(t, uidlist)
	d.Start(t)
}

// Roots holds the authority that signed the server's certificate.
func (d *Dovecot) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(d.CA)
	return pool
}
