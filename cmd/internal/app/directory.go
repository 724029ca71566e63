package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"qixian/configs"
	"qixian/rules/document"
	"qixian/scheduler/store"
)

// directory is one that an administrator keeps: seeds, overrides, calendar, templates. Whoever may write there may not
// make the daemon read, and mail, what lies elsewhere: a link that leads out of it is refused (see os.Root), one to a
// file beside it is followed. To open a pipe waits for nobody.
type directory string

var errLink = document.Errorf("the link leads out of the directory, or nowhere; put the file itself here")

// Open opens a file of the directory for reading.
func (d directory) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		if info, no := root.Lstat(
			name,
		); no == nil && info.Mode().Type() == fs.ModeSymlink &&
			!errors.Is(err, fs.ErrPermission) {
			err = &fs.PathError{Op: "open", Path: name, Err: errLink}
		}
		return nil, errors.Join(err, root.Close())
	}
	if err := root.Close(); err != nil {
		return nil, errors.Join(fmt.Errorf("close %s: %w", d, err), f.Close())
	}
	return f, nil
}

// guard refuses a state directory that others may write, and a database or signing key there that others may read or
// write, before anything in them is believed. Keys elsewhere are guarded as they are read (configs.Secret).
func guard(cfg configs.Config) error {
	var ps document.Problems
	hold := func(path string, against fs.FileMode) {
		if err := configs.Guard(path, against); err != nil {
			ps.Add(document.Position{File: path}, "%v", err)
		}
	}
	hold(cfg.StateDir, configs.Writing)
	if isMade(cfg) {
		hold(string(cfg.SigningKey), configs.Sharing)
	}
	if cfg.Database.Driver == store.SQLite {
		if dir := filepath.Dir(cfg.Database.Path); dir != filepath.Clean(cfg.StateDir) {
			hold(dir, configs.Writing)
		}
		for _, end := range databaseFiles {
			hold(cfg.Database.Path+end, configs.Reading|configs.Writing)
		}
	}
	return ps.Err()
}

// guardFiles refuses files and directories of the configuration that others may write: by them whoever has an account
// on this host could send the units' mails elsewhere.
func guardFiles(cfg configs.Config) document.Problems {
	var ps document.Problems
	hold := func(path string, _ fs.DirEntry, err error) error {
		if path == "" || err != nil {
			return err // whoever reads it says so
		}
		if err := configs.GuardMode(path, configs.Writing); err != nil && !errors.Is(err, fs.ErrPermission) {
			ps.Add(document.Position{File: path}, "%v", err)
		}
		return nil
	}
	_, _ = hold(cfg.File, nil, nil), hold(cfg.Contacts, nil, nil)
	for _, dir := range []string{cfg.Seeds, cfg.Calendar, cfg.Overrides, cfg.Mail.Templates} {
		if dir != "" {
			_ = filepath.WalkDir(dir, hold)
		}
	}
	return ps
}
