package torture_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// network is a set of hosts on one machine: a network namespace each, with two cables. One goes to the bridge of the
// cluster, on which the hosts reach one another alone; the other to the bridge of the clients, on which this machine
// reaches them too. Nothing leaves the machine.
type network struct {
	dir    string // gone with the network
	suffix string // of every name, so that two runs do not meet
	second int    // of 10.second.0.0/24, the cluster, and 10.second.1.0/24, the clients
}

// cable is one of the two that a host has.
type cable string

const (
	clusterCable cable = "p" // for peers
	clientCable  cable = "c"
)

// newNetwork lays a network of n hosts, counted from 1, and takes it away with the test, or whenever this process ends.
func newNetwork(t *testing.T, n int) *network {
	t.Helper()
	requireNamespaces(t)
	dir, err := os.MkdirTemp("", "qx") // short: a path of a socket has 108 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	second, err := rand.Int(rand.Reader, big.NewInt(200))
	if err != nil {
		t.Fatal(err)
	}
	w := &network{dir: dir, suffix: strings.ToLower(rand.Text()[:6]), second: 20 + int(second.Int64())}
	w.clean(t, n)
	for i, c := range []cable{clusterCable, clientCable} {
		run(t, "ip", "link", "add", w.bridge(c), "type", "bridge")
		run(t, "ip", "link", "set", w.bridge(c), "up")
		if c == clientCable {
			run(t, "ip", "address", "add", fmt.Sprintf("10.%d.%d.254/24", w.second, i), "dev", w.bridge(c))
		}
	}
	for host := 1; host <= n; host++ {
		run(t, "ip", "netns", "add", w.namespace(host))
		run(t, "ip", "-n", w.namespace(host), "link", "set", "lo", "up")
		for _, c := range []cable{clusterCable, clientCable} {
			plug, inner := w.plug(c, host), string(c)
			run(t, "ip", "link", "add", plug, "type", "veth", "peer", "name", inner, "netns", w.namespace(host))
			run(t, "ip", "link", "set", plug, "master", w.bridge(c), "up")
			run(t, "ip", "-n", w.namespace(host), "address", "add", w.address(c, host)+"/24", "dev", inner)
			run(t, "ip", "-n", w.namespace(host), "link", "set", inner, "up")
		}
	}
	return w
}

// requireNamespaces skips the test where hosts cannot be made, and fails it where they must be.
func requireNamespaces(t *testing.T) {
	t.Helper()
	name := "qxtry" + strings.ToLower(rand.Text()[:6])
	out, err := exec.Command("ip", "netns", "add", name).CombinedOutput()
	if err == nil {
		run(t, "ip", "netns", "delete", name)
		return
	}
	why := fmt.Sprintf(
		"network namespaces are not to be had here, so there is no cluster: `ip netns add` says %q (%v); run as root, with CAP_SYS_ADMIN and CAP_NET_ADMIN",
		strings.TrimSpace(string(out)),
		err,
	)
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// clean sees to it that nothing stays: a shell waits for the end of its input, which ends with the test, and with this
// process however that ends, and then kills what runs on the hosts and takes all away.
func (w *network) clean(t *testing.T, n int) {
	t.Helper()
	var script strings.Builder
	script.WriteString("cat >/dev/null\n")
	for host := 1; host <= n; host++ {
		fmt.Fprintf(
			&script,
			"pids=$(ip netns pids %[1]s 2>/dev/null) && [ -z \"$pids\" ] || kill -KILL $pids\n",
			w.namespace(host),
		)
	}
	for host := 1; host <= n; host++ {
		fmt.Fprintf(
			&script,
			"ip link delete %s\nip link delete %s\nip netns delete %s\n",
			w.plug(clusterCable, host),
			w.plug(clientCable, host),
			w.namespace(host),
		)
	}
	fmt.Fprintf(&script, "ip link delete %s\nip link delete %s\n", w.bridge(clusterCable), w.bridge(clientCable))
	fmt.Fprintf(&script, "for i in 1 2 3 4 5; do rm -rf %s && break; sleep 0.2; done\n", w.dir)
	cmd := exec.Command("sh", "-c", script.String())
	cmd.SysProcAttr = ownGroup() // an interrupt from the terminal is not for it
	end, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = end.(io.Closer).Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("take the network away: %v", err)
		}
	})
}

func (w *network) namespace(host int) string { return fmt.Sprintf("qx%s-%d", w.suffix, host) }

func (w *network) bridge(c cable) string { return fmt.Sprintf("qx%s%s", w.suffix, c) }

// plug names this machine's end of a cable.
func (w *network) plug(c cable, host int) string { return fmt.Sprintf("qx%s%s%d", w.suffix, c, host) }

func (w *network) address(c cable, host int) string {
	third := map[cable]int{clusterCable: 0, clientCable: 1}[c]
	return fmt.Sprintf("10.%d.%d.%d", w.second, third, host)
}

// pull takes a host's cable out, and push puts it in again. Nobody is told that a connection has ended: packets are
// lost.
func (w *network) pull(t *testing.T, c cable, host int) {
	t.Helper()
	run(t, "ip", "link", "set", w.plug(c, host), "down")
}

func (w *network) push(t *testing.T, c cable, host int) {
	t.Helper()
	run(t, "ip", "link", "set", w.plug(c, host), "up")
}

// run runs a program that is to succeed, and returns what it says.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
