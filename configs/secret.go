package configs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// credentialPrefix marks a systemd credential (LoadCredential=) in place of a path.
const credentialPrefix = "credential:"

// Secret names a file that holds a secret: a path, or credential:NAME for a systemd credential. It never holds the secret itself, so
// that printing a Config shows none.
type Secret string

// Read returns the file's content without the white space at its end. A plain file must be readable by its owner alone (mode 0600
// or stricter); systemd guards credentials itself.
func (s Secret) Read() (string, error) {
	path := string(s)
	if name, ok := strings.CutPrefix(path, credentialPrefix); ok {
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" {
			return "", fmt.Errorf("read secret %s: systemd has handed over no credentials (CREDENTIALS_DIRECTORY is not set)", s)
		}
		path = filepath.Join(dir, filepath.Base(name))
	} else if err := guarded(path); err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	secret := strings.TrimRight(string(data), " \t\r\n")
	if secret == "" {
		return "", fmt.Errorf("read secret %s: the file is empty", s)
	}
	return secret, nil
}

func guarded(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New(path + ": not a regular file")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s: mode %04o lets others read it; chmod 0600 %s", path, mode, path)
	}
	return nil
}
