package burst

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Daemon is a running `qixian serve`.
type Daemon struct {
	Clock *Clock

	cmd  *exec.Cmd
	log  string
	from int           // what the log held before
	gone chan struct{} // closed when the process has ended
}

// Serve starts a daemon with a state directory of that name; a later one of the same name goes on with it. It is killed
// when the test ends.
func (b *Burst) Serve(t testing.TB, name string) *Daemon {
	t.Helper()
	return b.ServeOn(t, name, b.o.DSN)
}

// ServeOn is Serve with a data source name of the daemon's own: another node of a cluster, or a way to the database
// that can be cut.
func (b *Burst) ServeOn(t testing.TB, name, dsn string) *Daemon {
	t.Helper()
	b.configure(t, name, dsn)
	path := filepath.Join(b.dir, name+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	d := &Daemon{log: path, gone: make(chan struct{}), Clock: b.clock(t, name)}
	d.from = len(d.Log())
	d.cmd = exec.Command(built.binary, "serve", "--config", filepath.Join(b.dir, name+".yaml"))
	d.cmd.Dir, d.cmd.Stdout, d.cmd.Stderr = b.dir, log, log
	d.cmd.Env = append(os.Environ(), clockVariable+"="+d.Clock.path)
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // goes with the test, however that ends
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = d.cmd.Wait() // how it ended is in ProcessState
		close(d.gone)
	}()
	t.Cleanup(d.Kill)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.daemons = append(b.daemons, d)
	return d
}

// Kill ends the daemon as a power cut would. Killing one that is gone does nothing.
func (d *Daemon) Kill() {
	_ = d.cmd.Process.Kill()
	<-d.gone
}

// Stop asks the daemon to stop (SIGTERM), once it is ready, and returns its exit code, -1 if it had to be killed.
func (d *Daemon) Stop(t testing.TB) int {
	t.Helper()
	for end := time.Now().Add(time.Minute); d.Running() && !d.Ready() && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	d.signal(syscall.SIGTERM)
	select {
	case <-d.gone:
	case <-time.After(time.Minute):
		t.Error("the daemon has not stopped within a minute")
		d.Kill()
	}
	return d.cmd.ProcessState.ExitCode()
}

// Freeze stops the daemon where it is (SIGSTOP), as a machine does that goes to sleep.
func (d *Daemon) Freeze() { d.signal(syscall.SIGSTOP) }

// Thaw lets it go on (SIGCONT).
func (d *Daemon) Thaw() { d.signal(syscall.SIGCONT) }

// Reload makes it read its files again (SIGHUP), without waiting.
func (d *Daemon) Reload() { d.signal(syscall.SIGHUP) }

// PID is the process's number.
func (d *Daemon) PID() int { return d.cmd.Process.Pid }

// Running reports whether the process is there.
func (d *Daemon) Running() bool {
	select {
	case <-d.gone:
		return false
	default:
		return true
	}
}

// Ready reports whether the daemon has said so.
func (d *Daemon) Ready() bool { return strings.Contains(d.Log()[d.from:], "msg=ready") }

// Log is all that daemons of this name have written.
func (d *Daemon) Log() string {
	data, _ := os.ReadFile(d.log) // made by Serve
	return string(data)
}

func (d *Daemon) signal(s syscall.Signal) {
	if d.Running() {
		_ = d.cmd.Process.Signal(s) // it may be gone since
	}
}
