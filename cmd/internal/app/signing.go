package app

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"qixian/configs"
	"qixian/notify"
	"qixian/rules/document"
	"qixian/scheduler/web/link"
)

// keySize is the length of a signing key, in bytes.
const keySize = 32

// signer returns what makes Message-IDs, return addresses and reply codes. It makes the key file at the first start, if
// the file lies in the state directory: a credential, or a file elsewhere that daemons share, is somebody else's to
// make.
func signer(cfg configs.Config) (*notify.Signer, error) {
	key, err := signingKey(cfg)
	if err != nil {
		return nil, err
	}
	return notify.NewSigner(key, notify.Domain(cfg.Mail.FromAddress))
}

// linkMaker returns what makes the links of the window, and nil where there is no window.
func linkMaker(cfg configs.Config) (*link.Maker, error) {
	if cfg.Web.Listen == "" {
		return nil, nil
	}
	key, err := signingKey(cfg)
	if err != nil {
		return nil, err
	}
	return link.New(key, cfg.Web.URL, cfg.Web.LinkDays)
}

// signingKey reads the key, and makes it first where that is ours to do.
func signingKey(cfg configs.Config) ([]byte, error) {
	if err := makeSigningKey(cfg); err != nil {
		return nil, err
	}
	text, err := cfg.SigningKey.Read()
	if err != nil {
		return nil, document.Errorf("read signing key: %w", err)
	}
	key, err := hex.DecodeString(text)
	if err != nil {
		return nil, document.Errorf(
			"read signing key %s: want 64 or more hexadecimal digits and nothing else",
			cfg.SigningKey,
		)
	}
	return key, nil
}

// isMade reports whether the key is ours to make, where there is none.
func isMade(cfg configs.Config) bool {
	return filepath.Dir(string(cfg.SigningKey)) == filepath.Clean(cfg.StateDir)
}

// makeSigningKey writes 32 random bytes in hexadecimal to a file of its own and gives that the key's name, which fails
// where the name is taken: of several processes at once one wins, and none ever reads half a key.
func makeSigningKey(cfg configs.Config) (err error) {
	path := string(cfg.SigningKey)
	if !isMade(cfg) {
		return nil
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // there already, or for Read to say what is wrong
	}
	if err := os.MkdirAll(cfg.StateDir, 0o700); err != nil {
		return fmt.Errorf("make state directory: %w", err)
	}
	f, err := os.CreateTemp(cfg.StateDir, "signing-key-*") // 0600, and O_EXCL
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err == nil {
		err = errors.Join(handOver(f), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make signing key: %w", err)
	}
	return nil
}
