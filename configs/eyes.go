package configs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"qixian/rules/document"
)

// Eyes are a user's, to whom the mode bits on the way to a file show it or not.
type Eyes struct {
	Name string // as messages call the user
	UID  int
	GIDs []int
}

// Ours returns the eyes of the user who runs this process.
func Ours() Eyes {
	gids, _ := os.Getgroups() // what is missing makes a message less exact
	return Eyes{fmt.Sprintf("user %d", os.Geteuid()), os.Geteuid(), append(gids, os.Getegid())}
}

// Read returns nil where the mode bits let the user read a file, or list a directory, and else an error that names what
// keeps the user out, and whose that is.
func (e Eyes) Read(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		real = path
	}
	if real, err = filepath.Abs(real); err != nil {
		return err
	}
	for dir := filepath.Dir(real); ; dir = filepath.Dir(dir) {
		if err := e.pass(dir, 0o1); err != nil {
			return err
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return e.pass(real, 0o4)
}

// pass holds a file's mode bits against what is wanted: 4 to read, 1 to pass through a directory.
func (e Eyes) pass(path string, want fs.FileMode) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	if !ok || e.UID == 0 {
		return nil
	}
	if info.IsDir() {
		want |= 0o1
	}
	mode, shift := info.Mode().Perm(), 0
	switch {
	case int(of.Uid) == e.UID:
		shift = 6
	case slices.Contains(e.GIDs, int(of.Gid)):
		shift = 3
	}
	if mode>>shift&want == want {
		return nil
	}
	return document.Errorf("%s keeps %s out (owner %d, group %d, mode %04o)", path, e.Name, of.Uid, of.Gid, mode)
}

// keptFrom says what keeps us from a file that may not be read.
func keptFrom(path string) error {
	if err := Ours().Read(path); err != nil {
		return err
	}
	return fs.ErrPermission // for a reason that mode bits do not show
}
