package burst

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// MariaDB is a server of a test's own on the loopback, with a data directory of its own. A commit is on the disk when
// it returns.
type MariaDB struct {
	dir     string
	port    int
	options []string

	mu   sync.Mutex
	cmd  *exec.Cmd
	gone chan struct{}
}

// StartMariaDB is NewMariaDB in a directory of the test's own.
func StartMariaDB(t testing.TB, options ...string) *MariaDB {
	t.Helper()
	return NewMariaDB(t, t.TempDir(), options...)
}

// NewMariaDB makes a server with its data under dir, starts it with further options (--name=value), and stops it with
// the test.
func NewMariaDB(t testing.TB, dir string, options ...string) *MariaDB {
	t.Helper()
	data := filepath.Join(dir, "data")
	if out, err := exec.Command("cp", "-a", installed(t), data).CombinedOutput(); err != nil {
		t.Fatalf("copy data directory: %v\n%s", err, out)
	}
	m := &MariaDB{dir: dir, port: freePort(t), options: options}
	t.Cleanup(func() {
		m.Stop(t)
		if t.Failed() {
			t.Logf("mariadbd\n%s", m.Log())
		}
	})
	m.Start(t)
	return m
}

// install makes the data directory that every server's begins as, once.
var install = sync.OnceValues(func() (string, error) {
	data := filepath.Join(built.dir, "mariadb")
	args := []string{"--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal", "--skip-test-db"}
	args = append(append(args, small...), asRoot()...)
	if out, err := exec.Command(program("mariadb-install-db"), args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("make data directory: %w\n%s", err, out)
	}
	return data, nil
})

func installed(t testing.TB) string {
	t.Helper()
	data, err := install()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// small are the options by which a data directory fits on a small disk; a server needs the ones its directory was made
// with.
var small = []string{"--innodb-log-file-size=4M", "--innodb-data-file-path=ibdata1:4M:autoextend"}

func asRoot() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

// program finds a server program, which Debian keeps from ordinary users' PATH.
func program(name string) string {
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin"} {
		if path := filepath.Join(dir, name); isFile(path) {
			return path
		}
	}
	return name
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 20000 + rand.IntN(10000) // below the range from which connections get theirs
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// DSN names a new, empty database on the server, for a user who may do anything in it and nothing to the server.
func (m *MariaDB) DSN(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("qixian_%08x", rand.Uint32())
	m.Exec(t, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	m.Exec(t, "CREATE USER IF NOT EXISTS qixian@'127.0.0.1' IDENTIFIED BY 'qixian'")
	m.Exec(t, "GRANT ALL ON "+name+".* TO qixian@'127.0.0.1'")
	return fmt.Sprintf("qixian:qixian@tcp(127.0.0.1:%d)/%s", m.port, name)
}

// Root is the data source name of the server's administrator, who is never refused.
func (m *MariaDB) Root() string { return "root@unix(" + filepath.Join(m.dir, "sock") + ")/" }

// Exec runs one statement as the administrator.
func (m *MariaDB) Exec(t testing.TB, statement string) {
	t.Helper()
	if err := m.Try(statement); err != nil {
		t.Fatal(err)
	}
}

// Try is Exec for a statement that may fail.
func (m *MariaDB) Try(statement string) error {
	db, err := storetest.Dial(store.Options{Driver: store.MySQL, DSN: m.Root()})
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	_ = db.Close() // what counts is err
	return err
}

// Start starts the server on its data, and waits until it answers. It is no error if it runs.
func (m *MariaDB) Start(t testing.TB) {
	t.Helper()
	if err := m.TryStart(); err != nil {
		t.Fatal(err)
	}
}

// TryStart is Start for a server that may not be able to, as on a full disk.
func (m *MariaDB) TryStart() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running() {
		return nil
	}
	log, err := os.OpenFile(filepath.Join(m.dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start mariadbd: %w", err)
	}
	defer func() { _ = log.Close() }()
	args := append([]string{
		"--no-defaults",
		"--datadir=" + filepath.Join(m.dir, "data"),
		"--socket=" + filepath.Join(m.dir, "sock"),
		"--pid-file=" + filepath.Join(m.dir, "pid"),
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--port=%d", m.port),
		"--skip-name-resolve",
		"--skip-log-bin",
		"--innodb-buffer-pool-size=64M",
		"--innodb-flush-log-at-trx-commit=1",
		"--tmpdir=" + os.TempDir(),
	}, small...)
	m.cmd = exec.Command(program("mariadbd"), append(append(args, asRoot()...), m.options...)...)
	m.cmd.Stdout, m.cmd.Stderr = log, log
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // goes with the test, however that ends
	if err := m.cmd.Start(); err != nil {
		return fmt.Errorf("start mariadbd: %w", err)
	}
	cmd, gone := m.cmd, make(chan struct{})
	m.gone = gone
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(gone)
	}()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := m.Try("SELECT 1")
		if err == nil {
			return nil
		}
		if !m.running() || time.Now().After(end) {
			return fmt.Errorf("start mariadbd: %w", err)
		}
	}
}

// running reports whether the process is there.
func (m *MariaDB) running() bool {
	if m.cmd == nil {
		return false
	}
	select {
	case <-m.gone:
		return false
	default:
		return true
	}
}

// Kill ends the server as a power cut would; Start brings it back with what it had committed.
func (m *MariaDB) Kill() { m.end(syscall.SIGKILL) }

// Stop shuts the server down.
func (m *MariaDB) Stop(t testing.TB) {
	t.Helper()
	m.end(syscall.SIGTERM)
}

func (m *MariaDB) end(s syscall.Signal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.running() {
		return
	}
	_ = m.cmd.Process.Signal(s) // it may be gone since
	select {
	case <-m.gone:
	case <-time.After(time.Minute):
		_ = m.cmd.Process.Kill()
		<-m.gone
	}
}

// Log is the end of what the server has written.
func (m *MariaDB) Log() string {
	data, _ := os.ReadFile(filepath.Join(m.dir, "server.log"))
	data = bytes.TrimSpace(data)
	return strings.ToValidUTF8(string(data[max(0, len(data)-4000):]), "")
}
