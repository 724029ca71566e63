package burst

import (
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

// Build builds the program once, as it is shipped, runs the package's tests and returns their exit code: it is what
// TestMain calls.
func Build(m *testing.M) int { return build(m, false) }

// BuildClocked is Build with a program that takes the time from a Clock, which a test can step and let pass. The
// program has no hook for that: it is built with a standard library whose time.Now, time.Since and time.Until add what
// the clock's file says.
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
		// a program without a date, as the clock is set back before it
		args = append(args, "-overlay", overlay, "-buildvcs=false")
	}
	cmd := exec.Command("go", append(args, "qixian/cmd/qixian")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// Binary is the program that Build has built.
func Binary() string { return built.binary }

// edits are what a clock changes in time.go; each text stands there once.
var edits = []struct{ from, to string }{
	{"import (", "import (\n\t\"sync/atomic\"\n\t\"syscall\""},
	{"_ \"unsafe\"", "\"unsafe\""},
	{
		"func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n",
		"func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n" +
			"\tstepped, passed := shift()\n\tsec += stepped + passed\n\tmono += passed * 1e9\n",
	},
	{"subMono(runtimeNano()-startNano, t.ext)", "subMono(shifted()-startNano, t.ext)"},
	{"subMono(t.ext, runtimeNano()-startNano)", "subMono(t.ext, shifted()-startNano)"},
}

// overlay writes a package time that asks the clock's file, and the file that names it to go build -overlay.
func overlay(dir string) (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("find the standard library: %w", err)
	}
	original := filepath.Join(strings.TrimSpace(string(out)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", fmt.Errorf("read the standard library: %w", err)
	}
	text := string(source)
	for _, e := range edits {
		if strings.Count(text, e.from) != 1 {
			return "", fmt.Errorf("change the standard library's clock: no single %q in %s", e.from, original)
		}
		text = strings.Replace(text, e.from, e.to, 1)
	}
	changed, list := filepath.Join(dir, "time.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(changed, []byte(text+shiftSource), 0o600); err != nil {
		return "", fmt.Errorf("write clock: %w", err)
	}
	if err := os.WriteFile(list, fmt.Appendf(nil, `{"Replace": {%q: %q}}`, original, changed), 0o600); err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	return list, nil
}

// shiftSource is added to package time. The file holds two numbers of seconds, in the machine's byte order: by how much
// the clock on the wall was stepped, and how much time has passed beyond what truly has. It is mapped into memory, as
// time.Now is called where the runtime allows no system call.
const shiftSource = `
var shifts = mapShifts()

func mapShifts() *[2]int64 {
	path, ok := syscall.Getenv("` + clockVariable + `")
	if !ok {
		return new([2]int64)
	}
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		panic("open clock: " + err.Error())
	}
	data, err := syscall.Mmap(fd, 0, 16, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic("map clock: " + err.Error())
	}
	return (*[2]int64)(unsafe.Pointer(&data[0]))
}

func shift() (stepped, passed int64) {
	if shifts == nil { // package time is not ready yet
		return 0, 0
	}
	return atomic.LoadInt64(&shifts[0]), atomic.LoadInt64(&shifts[1])
}

func shifted() int64 {
	_, passed := shift()
	return runtimeNano() + passed*1e9
}
`
