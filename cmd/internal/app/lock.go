package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lockFile is the file of a state directory that its daemon has locked.
const lockFile = "qixian.lock"

// Whoever only looks whether a daemon runs has the lock for a moment: so often, and after so long, it is tried again.
const (
	lockTries = 5
	lockPause = 50 * time.Millisecond
)

// lockDirectory makes the state directory and takes its lock (flock(2)), which ends with the process however it ends.
// Two daemons on one state directory would each take the other for its own dead self.
func lockDirectory(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock state directory: %w", err)
	}
	if err := handOver(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock state directory: %w", err), f.Close())
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	for range lockTries {
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			break
		}
		time.Sleep(lockPause)
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errors.New("another qixian serve is running on it")
		}
		return nil, errors.Join(fmt.Errorf("lock state directory %s: %w", dir, err), f.Close())
	}
	return f.Close, nil
}

// owner names this daemon in the outbox's leases: a name that is drawn once and kept in the state directory, so that
// two hosts of one name on one database are two owners, and a daemon that starts again is the same one.
func owner(dir string) (string, error) {
	path := filepath.Join(dir, "owner")
	data, err := os.ReadFile(path)
	if err == nil && len(data) > 0 {
		return string(data), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read owner: %w", err)
	}
	name := rand.Text()
	if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
		return "", fmt.Errorf("write owner: %w", err)
	}
	return name, nil
}

// handOver gives a file that root has made to whom its directory belongs: a command that an administrator runs must not
// leave the daemon a file that it cannot open. A link to a file of somebody else's is left alone.
func handOver(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	dir, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	there, err := os.Lstat(f.Name())
	if err != nil {
		return err
	}
	here, err := f.Stat()
	if err != nil {
		return err
	}
	of, ours := dir.Sys().(*syscall.Stat_t)
	is, known := here.Sys().(*syscall.Stat_t)
	if !ours || !known || !os.SameFile(there, here) || is.Nlink != 1 || is.Uid != 0 || of.Uid == 0 {
		return nil
	}
	return f.Chown(int(of.Uid), int(of.Gid))
}
