package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"qixian/configs"
	"qixian/rules/document"
)

// lastGoodFile is where, in its state directory, a daemon keeps the files of its last good load: a start with broken
// files runs on them.
const (
	lastGoodFile    = "last-good.json"
	lastGoodVersion = 1
)

// lastGood is a copy of what an administrator can edit, less what is secret: who may sign in, and the URL of the ping.
type lastGood struct {
	Version int               `json:"version"`
	Kept    time.Time         `json:"kept"`
	Config  configs.Config    `json:"config"`
	Files   map[string]string `json:"files"` // by the names of places, such as overrides/10-office.yaml
}

// places are the configuration's directories, and the file of contacts, as they are called in a copy.
func places(cfg *configs.Config) map[string]*string {
	return map[string]*string{
		"seeds":         &cfg.Seeds,
		"calendar":      &cfg.Calendar,
		"overrides":     &cfg.Overrides,
		"templates":     &cfg.Mail.Templates,
		"contacts.yaml": &cfg.Contacts,
	}
}

// keepLastGood keeps a copy of the files of a good load, in the place of the one before.
func keepLastGood(cfg configs.Config, now time.Time) error {
	g := lastGood{Version: lastGoodVersion, Kept: now, Config: cfg, Files: map[string]string{}}
	g.Config.Watch.Ping, g.Config.Web.Accounts = "", ""
	for name, from := range places(&cfg) {
		if err := g.take(name, *from); err != nil {
			return fmt.Errorf("keep the last good files: %w", err)
		}
	}
	text, err := json.Marshal(g)
	if err == nil {
		err = replaceFile(filepath.Join(cfg.StateDir, lastGoodFile), text)
	}
	if err != nil {
		return fmt.Errorf("keep the last good files: %w", err)
	}
	return nil
}

// take copies a file, or what a load reads of a directory.
func (g *lastGood) take(name, from string) error {
	if from == "" {
		return nil
	}
	if info, err := os.Stat(from); err == nil && !info.IsDir() {
		data, err := document.Read(from)
		g.Files[name] = string(data)
		return err
	}
	fsys := directory(from)
	return fs.WalkDir(fsys, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".txt", ".html"}, path.Ext(file)) {
			return err
		}
		data, err := document.ReadIn(fsys, file)
		g.Files[path.Join(name, file)] = string(data)
		return err
	})
}

// readLastGood reads the copy that a daemon of this configuration file has kept. The error is fs.ErrNotExist where
// there is none.
func readLastGood(cfg configs.Config) (g lastGood, err error) {
	path := filepath.Join(cfg.StateDir, lastGoodFile)
	if err := errors.Join(
		configs.Guard(cfg.StateDir, configs.Writing),
		configs.Guard(path, configs.Writing),
	); err != nil {
		return g, fmt.Errorf("read the last good files: %s: %w", path, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return g, err
	}
	g = lastGood{Config: configs.Default(cfg.StateDir)} // what an older copy lacks has its default
	if err := json.Unmarshal(text, &g); err != nil {
		return g, fmt.Errorf("read the last good files: %w", err)
	}
	if g.Version != lastGoodVersion || g.Config.File != cfg.File || !sameDirectory(g.Config.StateDir, cfg.StateDir) {
		return g, fmt.Errorf(
			"read the last good files: they are of version %d and of %q: %w",
			g.Version,
			g.Config.File,
			fs.ErrNotExist,
		)
	}
	return g, nil
}

// loadLastGood loads that copy.
func loadLastGood(cfg configs.Config) (in *Inputs, kept time.Time, err error) {
	g, err := readLastGood(cfg)
	if err != nil {
		return nil, kept, err
	}
	dir := filepath.Join(cfg.StateDir, "last-good")
	if err := g.unpack(dir); err != nil {
		return nil, kept, fmt.Errorf("unpack the last good files: %w", err)
	}
	for name, to := range places(&g.Config) {
		if *to != "" {
			*to = filepath.Join(dir, name)
		}
	}
	g.Config.Web.Accounts = cfg.Web.Accounts
	if _, err := loadAccounts(g.Config); err != nil {
		g.Config.Web.Accounts = "" // until a reload finds it mended, nobody signs in
	}
	in, err = load(g.Config, nil, nil)
	return in, g.Kept, err
}

// sameDirectory reports whether two paths lead to one directory: systemd links that of a DynamicUser.
func sameDirectory(a, b string) bool {
	is, err := os.Stat(a)
	if err != nil {
		return false
	}
	of, err := os.Stat(b)
	return err == nil && os.SameFile(is, of)
}

// unpack writes the copy's files into dir, and nothing beside it.
func (g *lastGood) unpack(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for name, from := range places(&g.Config) {
		if *from != "" && path.Ext(name) == "" {
			if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
				return err
			}
		}
	}
	root, err := os.OpenRoot(filepath.Dir(dir))
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // a directory, of which nothing is written
	for _, name := range slices.Sorted(maps.Keys(g.Files)) {
		file := path.Join(filepath.Base(dir), name)
		if err := errors.Join(
			root.MkdirAll(path.Dir(file), 0o700),
			root.WriteFile(file, []byte(g.Files[name]), 0o600),
		); err != nil {
			return err
		}
	}
	return nil
}
