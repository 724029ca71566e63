package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qixian/configs"
)

// TestLastGoodIsWhole holds that a copy brings back the same plan when every file is gone, with no secret in it, and
// that one of another version or another configuration is none.
func TestLastGoodIsWhole(t *testing.T) {
	dir := t.TempDir()
	prepare(t, dir)
	calendar, err := os.ReadFile("../../../seeds/calendar/2026.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := filepath.Join(dir, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"seeds", "overrides", "templates", "calendar", "contacts.yaml", "password"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(files, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(files, "calendar", "2026.yaml"), calendar, 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "qixian.yaml")
	writeConfig(t, config, map[string]any{
		"state_dir": filepath.Join(
			dir,
			"state",
		),
		"seeds":     filepath.Join(files, "seeds"),
		"overrides": filepath.Join(files, "overrides"),
		"calendar":  filepath.Join(files, "calendar"),
		"mail.templates": filepath.Join(
			files,
			"templates",
		),
		"contacts":     filepath.Join(files, "contacts.yaml"),
		"hours.digest": "10:00",
		"watch.ping":   "https://ping.example.invalid/hush",
	})
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	was, err := Load(Source{ConfigFile: config})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := loadLastGood(was.Config); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before any was kept: %v", err)
	}
	if err := keepLastGood(was.Config, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(files); err != nil {
		t.Fatal(err)
	}
	broken := was.Config
	broken.Web.Accounts = filepath.Join(dir, "accounts.yaml")
	if err := os.WriteFile(broken.Web.Accounts, []byte("accounts: {甲: hunter2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	is, kept, err := loadLastGood(broken)
	if err != nil {
		t.Fatal(err)
	}
	if len(is.Accounts) > 0 || is.Config.Web.Accounts != "" {
		t.Errorf("accounts that cannot be read let %v sign in", is.Accounts)
	}
	if !kept.Equal(time.Unix(0, 0)) || is.Plan.Fingerprint != was.Plan.Fingerprint ||
		is.Config.Hours != was.Config.Hours ||
		is.Config.Watch.Ping != "" ||
		is.Plan.Contacts.Addresses("县教育局")[0] != "e@example.invalid" ||
		len(is.Plan.Catalogue.Units) != 3 ||
		len(is.Plan.Catalogue.Obligations) != 0 {
		t.Errorf("kept %v: %+v\nwas %+v", kept, is.Config, was.Config)
	}
	path := filepath.Join(dir, "state", lastGoodFile)
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), "hush") {
		t.Errorf("a secret was kept, or %v", err)
	}
	other := configs.Config{File: "other.yaml", StateDir: was.Config.StateDir}
	if _, _, err := loadLastGood(other); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of another configuration: %v", err)
	}
	for _, open := range []string{path, filepath.Dir(path)} {
		info, err := os.Stat(open)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(open, info.Mode().Perm()|0o002); err != nil {
			t.Fatal(err)
		}
		if _, _, err := loadLastGood(
			was.Config,
		); err == nil || errors.Is(err, fs.ErrNotExist) ||
			!strings.Contains(err.Error(), "lets others write it") {
			t.Errorf("%s, which others may write, is believed: %v", open, err)
		}
		if err := os.Chmod(open, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(
		path,
		[]byte(strings.Replace(string(text), `"version":1`, `"version":2`, 1)),
		0o600,
	); err != nil {
		t.Fatal(err)
	}
	if _, _, err := loadLastGood(was.Config); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of another version: %v", err)
	}
}
