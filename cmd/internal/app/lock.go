package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDirectory makes the state directory and takes its lock (flock(2)), which ends with the process however it ends. Two daemons on one
// state directory would each take the other for its own dead self.
func lockDirectory(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "qixian.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock state directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errors.New("another qixian serve is running on it")
		}
		return nil, errors.Join(fmt.Errorf("lock state directory %s: %w", dir, err), f.Close())
	}
	return f.Close, nil
}

// owner names this daemon in the outbox's leases: a name that is drawn once and kept in the state directory, so that two hosts of one
// name on one database are two owners, and a daemon that starts again is the same one.
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
