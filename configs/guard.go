package configs

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"qixian/rules/document"
)

// The permissions that others must not have of a file or a directory; Sharing is any, even for the service's own group,
// as a secret is its owner's alone.
const (
	Writing fs.FileMode = 0o2
	Reading fs.FileMode = 0o4
	Sharing fs.FileMode = 0o66
)

// Guard refuses a file or directory of which others than the service have one of these permissions: everybody, its
// group unless that is the service's own, or, seen by the service itself, an owner who is neither root nor us. The
// error has the command that mends it. What is not there is guarded.
func Guard(path string, against fs.FileMode) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	of, known := info.Sys().(*syscall.Stat_t)
	if us := os.Geteuid(); known && us != 0 && of.Uid != 0 && int(of.Uid) != us {
		return document.Errorf(
			"it belongs to user %d, who is neither root nor us (%d); chown %[2]d %s",
			of.Uid,
			us,
			path,
		)
	}
	return GuardMode(path, against)
}

// GuardMode is Guard whoever the owner is: an administrator may keep the configuration's files under a name of his own.
func GuardMode(path string, against fs.FileMode) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	of, known := info.Sys().(*syscall.Stat_t)
	forbidden := against
	if known && !ownGroup(of) {
		forbidden |= against << 3 & 0o70
	}
	mode := info.Mode().Perm()
	switch open := mode & forbidden; {
	case open == 0:
		return nil
	case open&(Writing|Writing<<3) != 0:
		return document.Errorf("mode %04o lets others write it; chmod %04o %s", mode, mode&^forbidden, path)
	default:
		return document.Errorf("mode %04o lets others read it; chmod %04o %s", mode, mode&^forbidden, path)
	}
}

// ownGroup reports whether a file's group is the service's own: ours, root's, or the one that its owner is a member of
// from the start. A user that systemd makes for a service (DynamicUser=) is in no list, and has a group of its own
// number.
func ownGroup(of *syscall.Stat_t) bool {
	if of.Gid == 0 || int(of.Gid) == os.Getegid() || of.Gid == of.Uid {
		return true
	}
	owner, err := user.LookupId(strconv.Itoa(int(of.Uid)))
	return err == nil && owner.Gid == strconv.Itoa(int(of.Gid))
}
