package configs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"qixian/rules/document"
)

// credentialPrefix marks a systemd credential (LoadCredential=) in place of a path.
const credentialPrefix = "credential:" //nolint:gosec // G101: the word is all that it has of a credential

// Secret names a file that holds a secret: a path, or credential:NAME for a systemd credential. It never holds the
// secret itself, so that printing a Config shows none.
type Secret string

// maxSecret bounds a secret's file: a key of 16,384 bits in PEM has 13 kB.
const maxSecret = 64 << 10

// IsCredential reports whether systemd hands the secret over.
func (s Secret) IsCredential() bool { return strings.HasPrefix(string(s), credentialPrefix) }

// Read returns the file's content without the white space at its end and what Windows puts before it (see
// document.Decode). A plain file must belong to us or to root and be readable by its owner alone (mode 0600 or
// stricter), and so must a link that names it be ours or root's; systemd guards credentials itself. The error quotes
// nothing of the file, and does not repeat the name of one that is not there: it may be the secret, where its file
// should have been named.
func (s Secret) Read() (string, error) {
	path := string(s)
	name, credential := strings.CutPrefix(path, credentialPrefix)
	if credential {
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" {
			return "", document.Errorf(
				"read secret %s: systemd has handed over no credentials (CREDENTIALS_DIRECTORY is not set)",
				s,
			)
		}
		path = filepath.Join(dir, filepath.Base(name))
	}
	// What is looked at is the file that was opened. A pipe without a writer would keep a daemon waiting for ever.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	_, absent := os.Lstat(path)
	switch {
	case err == nil:
	case errors.Is(absent, fs.ErrPermission) && !credential:
		return "", document.Errorf(
			"read secret: %w; %s",
			keptFrom(filepath.Join(existing(path), "…")),
			document.Term(handOver),
		)
	case errors.Is(err, fs.ErrPermission) && !credential:
		return "", document.Errorf("read secret: %w; %s", keptFrom(path), document.Term(handOver))
	case absent != nil && !credential:
		return "", document.Errorf(
			"read secret: there is no such file below %s; a setting that ends in _file takes a file's name, never the secret itself",
			existing(path),
		)
	default:
		return "", document.Errorf("read secret: %w", err)
	}
	defer func() { _ = f.Close() }() // it was read only
	if err := guarded(f, credential); err != nil {
		return "", document.Errorf("read secret: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", document.Errorf("read secret: %w", err)
	}
	if len(data) > maxSecret {
		return "", document.Errorf("read secret %s: the file is larger than %d bytes", s, maxSecret)
	}
	secret := strings.TrimRight(string(document.Decode(data)), " \t\r\n")
	if secret == "" {
		return "", document.Errorf("read secret %s: the file is empty", s)
	}
	return secret, nil
}

// handOver is how a service that is not root gets at a secret.
const handOver = "a service gets a secret by LoadCredential=NAME:FILE in its unit, named here as credential:NAME"

// existing returns the last directory on the way to path that is there.
func existing(path string) string {
	dir := filepath.Dir(path)
	for dir != filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

func guarded(f *os.File, credential bool) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return document.Errorf("%s: not a regular file", f.Name())
	}
	if credential {
		return nil
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return document.Errorf("%s: mode %04o lets others read it; chmod 0600 %[1]s", f.Name(), mode)
	}
	link, err := os.Lstat(f.Name())
	if err != nil {
		return err
	}
	for _, i := range []os.FileInfo{info, link} {
		owner, ok := i.Sys().(*syscall.Stat_t)
		if us := os.Geteuid(); ok && owner.Uid != 0 && int(owner.Uid) != us {
			return document.Errorf(
				"%s: it, or the link that names it, belongs to user %d, who is neither root nor us (%d); chown it",
				f.Name(),
				owner.Uid,
				us,
			)
		}
	}
	return nil
}
