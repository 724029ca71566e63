package torture_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	galeraNodes    = 3
	galeraProvider = "/usr/lib/galera/libgalera_smm.so"
	galeraPatience = 90 * time.Second // for a node to join, with a state transfer
)

// galera is a cluster of MariaDB nodes on a network of its own, each with its data directory.
type galera struct {
	*network
	t     *testing.T                   // the one that is using it now
	nodes [galeraNodes + 1]*galeraNode // counted from 1
}

// galeraNode is one host and the server on it.
type galeraNode struct {
	host int
	dir  string
	cmd  *exec.Cmd // nil: not running
	gone chan struct{}
}

// newGalera starts a cluster with an empty database, and stops it with the test.
func newGalera(t *testing.T) *galera {
	t.Helper()
	if _, err := os.Stat(galeraProvider); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no Galera: %v (Debian: galera-4)", err)
		}
		t.Skipf("no Galera: %v", err)
	}
	g := &galera{network: newNetwork(t, galeraNodes), t: t}
	t.Cleanup(func() { g.logs(t) })
	// The servers run as the user of Debian's package, as they would anywhere: what sends a node its state gives up
	// root's rights.
	run(t, "chmod", "0711", g.dir)
	for i := 1; i <= galeraNodes; i++ {
		g.nodes[i] = &galeraNode{host: i, dir: filepath.Join(g.dir, fmt.Sprintf("n%d", i))}
		run(t, "install", "-d", "-o", "mysql", g.nodes[i].dir, g.nodes[i].data(), filepath.Join(g.nodes[i].dir, "tmp"))
	}
	run(
		t,
		"mariadb-install-db",
		"--no-defaults",
		"--user=mysql",
		"--datadir="+g.nodes[1].data(),
		"--auth-root-authentication-method=normal",
		"--skip-test-db",
		"--innodb-log-file-size=16M",
	)
	first := filepath.Join(g.dir, "first.sql")
	err := os.WriteFile(
		first,
		[]byte("CREATE USER qixian IDENTIFIED BY 'qixian';\nGRANT ALL ON *.* TO qixian;\n"),
		0o644,
	)
	if err != nil {
		t.Fatal(err)
	}
	g.launch(1, "--wsrep-new-cluster", "--init-file="+first)
	g.await(1, 1)
	for i := 2; i <= galeraNodes; i++ {
		g.launch(i)
		g.await(i, i)
	}
	return g
}

func (n *galeraNode) data() string   { return filepath.Join(n.dir, "data") }
func (n *galeraNode) socket() string { return filepath.Join(n.dir, "s") }
func (n *galeraNode) log() string    { return filepath.Join(n.dir, "log.err") }

// database makes a database on all nodes, and returns its name.
func (g *galera) database(t *testing.T) string {
	t.Helper()
	name := "qixian_" + strings.ToLower(rand.Text())
	run(t, "mariadb", g.client(1, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")...)
	for host := 1; host <= galeraNodes; host++ { // until it has come there
		run(t, "mariadb", g.client(host, "SET SESSION wsrep_sync_wait = 15; SHOW DATABASES LIKE '"+name+"'")...)
	}
	return name
}

// server is where a node's server is reached from this machine.
func (g *galera) server(host int) string { return g.address(clientCable, host) + ":3306" }

// dsn reaches a database on a node. Time-outs are short, so that packets that are lost end in an error within seconds.
func (g *galera) dsn(host int, database string) string { return g.dsnTo(g.server(host), database) }

func (*galera) dsnTo(server, database string) string {
	return fmt.Sprintf("qixian:qixian@tcp(%s)/%s?timeout=3s&readTimeout=8s&writeTimeout=8s", server, database)
}

// client are the arguments of a client that runs one statement on a node, as its administrator.
func (g *galera) client(host int, statement string) []string {
	return []string{
		"--no-defaults",
		"--socket=" + g.nodes[host].socket(),
		"--user=root",
		"--connect-timeout=2",
		"--batch",
		"--skip-column-names",
		"--execute",
		statement,
	}
}

// options of a server: little memory, and a group that notices within seconds that a member is silent.
func (g *galera) options(n *galeraNode) []string {
	members := make([]string, 0, galeraNodes)
	for i := 1; i <= galeraNodes; i++ {
		members = append(members, g.address(clusterCable, i))
	}
	self := g.address(clusterCable, n.host)
	return []string{
		"--no-defaults",
		"--user=mysql",
		"--datadir=" + n.data(),
		"--socket=" + n.socket(),
		"--tmpdir=" + filepath.Join(n.dir, "tmp"),
		"--pid-file=" + filepath.Join(
			n.dir,
			"pid",
		),
		"--log-error=" + n.log(),
		"--bind-address=0.0.0.0",
		"--port=3306",
		"--skip-name-resolve",
		"--innodb-buffer-pool-size=64M",
		"--innodb-log-file-size=16M",
		"--innodb-flush-log-at-trx-commit=2",
		"--innodb-autoinc-lock-mode=2",
		"--performance-schema=OFF",
		"--binlog-format=ROW",
		"--max-connections=60",
		"--wsrep-on=ON",
		"--wsrep-provider=" + galeraProvider,
		"--wsrep-cluster-name=qx" + g.suffix,
		"--wsrep-cluster-address=gcomm://" + strings.Join(members, ","),
		"--wsrep-node-address=" + self,
		fmt.Sprintf("--wsrep-node-name=node%d", n.host),
		"--wsrep-sst-method=rsync",
		"--wsrep-provider-options=gcache.size=32M;gmcast.listen_addr=tcp://" + self + ":4567;evs.keepalive_period=PT0.5S;" +
			"evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;evs.install_timeout=PT4S;gmcast.peer_timeout=PT2S",
	}
}

// launch starts a node's server, and does not wait for it. A node that was killed is asked where it stood first, so
// that it can be sent what it missed instead of everything.
func (g *galera) launch(host int, more ...string) {
	g.t.Helper()
	n := g.nodes[host]
	args := append([]string{"netns", "exec", g.namespace(host), "mariadbd"}, g.options(n)...)
	if at := g.position(n); at != "" {
		args = append(args, "--wsrep-start-position="+at)
	}
	n.cmd = exec.Command("ip", append(args, more...)...)
	n.cmd.SysProcAttr = ownGroup()
	if err := n.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	n.gone = make(chan struct{})
	go func(cmd *exec.Cmd, gone chan struct{}) {
		_ = cmd.Wait() // killed: it says nothing
		close(gone)
	}(n.cmd, n.gone)
}

var recovered = regexp.MustCompile(`WSREP: Recovered position: ([0-9a-f-]+:-?[0-9]+)`)

// position returns up to which transaction a node's tables go; nothing for one that has none.
func (g *galera) position(n *galeraNode) string {
	g.t.Helper()
	if _, err := os.Stat(filepath.Join(n.data(), "grastate.dat")); errors.Is(err, os.ErrNotExist) {
		return ""
	}
	log := filepath.Join(n.dir, "recovery.err")
	run(g.t, "mariadbd", append(g.options(n), "--wsrep-recover", "--log-error="+log)...)
	text, err := os.ReadFile(log)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := os.Remove(log); err != nil {
		g.t.Fatal(err)
	}
	if m := recovered.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}

// kill ends a server as a power cut would.
func (g *galera) kill(host int) {
	g.t.Helper()
	g.signal(host, syscall.SIGKILL)
	<-g.nodes[host].gone
}

func (g *galera) freeze(host int) { g.signal(host, syscall.SIGSTOP) }

func (g *galera) thaw(host int) { g.signal(host, syscall.SIGCONT) }

// signal reaches a server with the scripts that it has started.
func (g *galera) signal(host int, s syscall.Signal) {
	g.t.Helper()
	if err := syscall.Kill(-g.nodes[host].cmd.Process.Pid, s); err != nil {
		g.t.Errorf("signal node %d: %v", host, err)
	}
}

// status returns one of a node's words on the cluster; nothing if it does not answer.
func (g *galera) status(host int, name string) string {
	out, err := exec.Command("mariadb", g.client(host, "SHOW STATUS LIKE '"+name+"'")...).Output()
	if err != nil {
		return ""
	}
	_, value, _ := strings.Cut(strings.TrimSpace(string(out)), "\t")
	return value
}

// await waits until a node is in step with a cluster of size members.
func (g *galera) await(host, size int) {
	g.t.Helper()
	eventually(g.t, galeraPatience, fmt.Sprintf("node %d is one of %d", host, size), func() bool {
		select {
		case <-g.nodes[host].gone:
			g.t.Fatalf("node %d has ended", host)
		default:
		}
		return g.status(host, "wsrep_local_state_comment") == "Synced" &&
			g.status(host, "wsrep_cluster_size") == fmt.Sprint(size) &&
			g.status(host, "wsrep_ready") == "ON"
	})
}

// logs shows the end of each server's log if the test has failed.
func (g *galera) logs(t *testing.T) {
	if !t.Failed() {
		return
	}
	for _, n := range g.nodes[1:] {
		if text, err := os.ReadFile(n.log()); err == nil {
			t.Logf("the end of node %d's log:\n%s", n.host, text[max(0, len(text)-4000):])
		}
	}
}

// ownGroup starts a process in a group of its own.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
