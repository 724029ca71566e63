package burst

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// built is what one package's tests share: the program under test, and a place for what is made once.
var built struct {
	dir    string
	binary string
	clock  bool // the program reads a Clock
}

// Build builds the program once, as it is shipped, runs the package's tests and returns their exit code: it is what TestMain calls.
func Build(m *testing.M) int { return build(m, false) }

// BuildClocked is Build with a program that takes the time from a Clock, which a test can step and let pass. The program has no hook for
// that: it is built with a standard library whose time.Now, time.Since and time.Until add what the clock's file says.
func BuildClocked(m *testing.M) int { return build(m, true) }

func build(m *testing.M, clocked bool) int {
	dir, err := os.MkdirTemp("", "qixian-burst-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	built.dir, built.binary, built.clock = dir, filepath.Join(dir, "qixian"), clocked
	args := []string{"build", "-o", built.binary}
	if clocked {
		overlay, err := overlay(dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.Command("go", append(args, "qixian/cmd/qixian")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// edits are what a clock changes of package time, by file: each text stands there once. What sends the time on a timer's channel runs on a
// stack of the runtime's, on which no file can be read.
var edits = map[string][]struct{ from, to string }{
	"time.go": {
		{"import (", "import (\n\t\"sync/atomic\"\n\t\"syscall\""},
		{"func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n", "func Now() Time {\n\tshift()\n\treturn nowAsRead()\n}\n\n" +
			"func nowAsRead() Time {\n\tsec, nsec, mono := runtimeNow()\n\tstepped, passed := asRead()\n\tsec += stepped + passed\n\tmono += passed * 1e9\n"},
		{"subMono(runtimeNano()-startNano, t.ext)", "subMono(shifted()-startNano, t.ext)"},
		{"subMono(t.ext, runtimeNano()-startNano)", "subMono(t.ext, shifted()-startNano)"},
	},
	"sleep.go": {
		{"<- Now().Add(Duration(-delta))", "<- nowAsRead().Add(Duration(-delta))"},
	},
}

// overlay writes a package time that asks the clock's file, and the file that names it to go build -overlay.
func overlay(dir string) (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("find the standard library: %w", err)
	}
	replace := map[string]string{}
	for name, changes := range edits {
		original, changed := filepath.Join(strings.TrimSpace(string(out)), "src", "time", name), filepath.Join(dir, name)
		source, err := os.ReadFile(original)
		if err != nil {
			return "", fmt.Errorf("read the standard library: %w", err)
		}
		text := string(source)
		for _, change := range changes {
			if strings.Count(text, change.from) != 1 {
				return "", fmt.Errorf("change the standard library's clock: no single %q in %s", change.from, original)
			}
			text = strings.Replace(text, change.from, change.to, 1)
		}
		if name == "time.go" {
			text += shiftSource
		}
		if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("write clock: %w", err)
		}
		replace[original] = changed
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	return path, nil
}

// shiftSource is added to package time. The file holds two numbers of seconds: by how much the clock on the wall was stepped, and how much
// time has passed beyond what truly has. It is read at most every few milliseconds; a number that cannot be read leaves all as it was.
const shiftSource = `
var shiftState struct {
	busy            uint32
	readAt          int64
	stepped, passed int64
}

func shifted() int64 {
	shift()
	_, passed := asRead()
	return runtimeNano() + passed*1e9
}

func asRead() (stepped, passed int64) {
	return atomic.LoadInt64(&shiftState.stepped), atomic.LoadInt64(&shiftState.passed)
}

func shift() {
	s := &shiftState
	now := runtimeNano()
	if now-atomic.LoadInt64(&s.readAt) < 3e6 || !atomic.CompareAndSwapUint32(&s.busy, 0, 1) {
		return
	}
	if path, ok := syscall.Getenv("` + clockVariable + `"); ok {
		if data, err := readFile(path); err == nil {
			if stepped, rest, ok := number(data); ok {
				if passed, _, ok := number(rest); ok {
					atomic.StoreInt64(&s.stepped, stepped)
					atomic.StoreInt64(&s.passed, passed)
				}
			}
		}
	}
	atomic.StoreInt64(&s.readAt, now)
	atomic.StoreUint32(&s.busy, 0)
}

// number reads a decimal number that a blank ends.
func number(data []byte) (n int64, rest []byte, ok bool) {
	sign := int64(1)
	for i, c := range data {
		switch {
		case c == '-' && i == 0:
			sign = -1
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
		default:
			return n * sign, data[i+1:], c == ' '
		}
	}
	return 0, nil, false
}
`
