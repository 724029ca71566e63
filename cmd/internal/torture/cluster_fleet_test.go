package torture_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/notify/smtp/smtptest"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// fleet is several daemons on one burst. Whose a connection to the mail server is, the kernel says: no daemon is asked
// what it has done.
type fleet struct {
	b     *burst.Burst
	quota atomic.Int64 // mails for which the mail server is quick

	database string // its name, on a cluster
	door     *proxy // to a node of the cluster that is well

	mu      sync.Mutex
	daemons map[string]*burst.Daemon // by name; the last of each
	clients map[string]string        // address of a connection to the mail server: name of the daemon
}

// newFleet makes a burst and watches its mail server. No daemon runs yet.
func newFleet(t *testing.T, o burst.Options) *fleet {
	t.Helper()
	f := &fleet{b: burst.New(t, o), daemons: map[string]*burst.Daemon{}, clients: map[string]string{}}
	f.quota.Store(int64(f.b.Promised()))
	f.b.Sink.On(smtptest.Fault{At: smtptest.Greeting, Hold: f.recognise})
	return f
}

// again does something n times in the midst of the burst, at moments that are spread over it. The mail server is quick
// up to each, and takes its time then, so that there is something to break to the end.
func (f *fleet) again(t *testing.T, dice *rand.Rand, n int, strike func(i int)) {
	t.Helper()
	f.b.Sink.On(smtptest.Fault{At: smtptest.RCPT, Hold: func(string) {
		if int64(f.b.Sink.Count()) < f.quota.Load() {
			time.Sleep(time.Millisecond)
		} else {
			time.Sleep(500 * time.Millisecond)
		}
	}})
	step := f.b.Promised() / (n + 1)
	for i := range n {
		at := i*step + 1 + dice.IntN(step)
		f.quota.Store(int64(at + 1))
		f.b.AwaitMails(t, at, patience)
		strike(i)
	}
	f.quota.Store(int64(f.b.Promised()))
}

// ready waits until every daemon works: one that cannot reach what it needs when it starts ends, to be started again by
// whoever did.
func (f *fleet) ready(t *testing.T) {
	t.Helper()
	for _, name := range f.names() {
		d := f.daemon(name)
		eventually(
			t,
			time.Minute,
			"daemon "+name+" is ready",
			func() bool { return strings.Contains(d.Log(), "msg=ready") },
		)
	}
}

func (f *fleet) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.daemons))
}

// serve starts a daemon on a database of its own way there.
func (f *fleet) serve(t *testing.T, name, dsn string) {
	t.Helper()
	f.mu.Lock() // before it can have dialled
	defer f.mu.Unlock()
	f.daemons[name] = f.b.ServeOn(t, name, dsn)
}

// daemon is the one that runs, or ran last, under a name.
func (f *fleet) daemon(name string) *burst.Daemon {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.daemons[name]
}

// recognise notes whose a connection is, before the server has said a word.
func (f *fleet) recognise(client string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range 10 { // the kernel's table may change while it is read
		for name, d := range f.daemons {
			if d.Running() && owns(d.PID(), client, f.b.Sink.Port()) {
				f.clients[client] = name
				return
			}
		}
	}
	f.clients[client] = "" // it was killed meanwhile
}

// whose is the name of the daemon that a connection came from.
func (f *fleet) whose(client string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clients[client]
}

// shares is how many mails each daemon has sent.
func (f *fleet) shares() map[string]int {
	n := map[string]int{}
	for _, m := range f.b.Sink.Mails() {
		n[f.whose(m.Client)]++
	}
	return n
}

// checkShares holds that every daemon has done some of the work.
func (f *fleet) checkShares(t *testing.T) {
	t.Helper()
	shares := f.shares()
	t.Logf("mails of each daemon: %v", shares)
	for _, name := range f.names() {
		if shares[name] == 0 {
			t.Errorf("daemon %s has sent nothing", name)
		}
	}
}

// owns reports whether a process has the TCP socket that goes from a local address to a port.
func owns(pid int, local string, port int) bool {
	inode := socket(local, port)
	if inode == "" {
		return false
	}
	fds := fmt.Sprintf("/proc/%d/fd", pid)
	entries, _ := os.ReadDir(fds) // a process that is gone owns nothing
	for _, e := range entries {
		if link, err := os.Readlink(filepath.Join(fds, e.Name())); err == nil && link == "socket:["+inode+"]" {
			return true
		}
	}
	return false
}

// socket returns the inode of such a socket, as proc(5) tells of it: "0100007F:1F90" is 127.0.0.1:8080.
func socket(local string, port int) string {
	from, err := netip.ParseAddrPort(local)
	if err != nil {
		return ""
	}
	ip := from.Addr().As4()
	want, to := fmt.Sprintf(
		"%02X%02X%02X%02X:%04X",
		ip[3],
		ip[2],
		ip[1],
		ip[0],
		from.Port(),
	), fmt.Sprintf(
		":%04X",
		port,
	)
	table, _ := os.ReadFile("/proc/net/tcp")
	for line := range bytes.Lines(table) {
		if fields := strings.Fields(
			string(line),
		); len(fields) > 9 && fields[1] == want &&
			strings.HasSuffix(fields[2], to) {
			return fields[9]
		}
	}
	return ""
}

// holds returns what a daemon has in its hands by the database, each as "id fence".
func (f *fleet) holds(t *testing.T, dsn, name string) []string {
	t.Helper()
	owner, err := os.ReadFile(filepath.Join(f.b.Dir(), name, "owner"))
	if err != nil {
		t.Fatal(err)
	}
	var held []string
	for _, r := range query(t, dsn, "SELECT id, fence FROM messages WHERE state IN ('claimed', 'sending') AND lease_owner LIKE '"+string(owner)+"%'") {
		held = append(held, r[0]+" "+r[1])
	}
	return held
}

// query asks a MySQL database, and insists on an answer: a cluster may be busy with itself.
func query(t *testing.T, dsn, text string) [][]string {
	t.Helper()
	db, err := storetest.Dial(store.Options{Driver: store.MySQL, DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // it was read only
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		rows, err := storetest.Rows(db, text)
		if err == nil {
			return rows
		}
		t.Logf("asked again: %v", err)
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// eventually waits for an event that nobody tells of.
func eventually(t *testing.T, within time.Duration, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v it is not so that %s", within, what)
		}
	}
}
