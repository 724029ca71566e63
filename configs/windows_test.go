package configs_test

import (
	"os"
	"path/filepath"
	"testing"

	"qixian/configs"
)

// TestSecretOfWindows holds that what an editor or a shell on Windows puts around a secret is no part of it.
func TestSecretOfWindows(t *testing.T) {
	for name, text := range map[string]string{
		"a mark": "\ufeffcorrect horse", "a mark and a line end": "\ufeffcorrect horse\r\n", "line ends": "correct horse\r\n\r\n",
		"UTF-16": "\xff\xfec\x00o\x00r\x00r\x00e\x00c\x00t\x00 \x00h\x00o\x00r\x00s\x00e\x00\r\x00\n\x00",
	} {
		path := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := configs.Secret(path).Read(); err != nil || got != "correct horse" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestConfigOfWindows reads a configuration as Notepad saves it.
func TestConfigOfWindows(t *testing.T) {
	for name, text := range map[string]string{
		"a mark": "\ufeffoffice: 甲\r\nlog: {level: warn}\r\n", "UTF-16": "\xff\xfeo\x00f\x00f\x00i\x00c\x00e\x00:\x00 \x00\x32\x75\r\x00\n\x00l\x00o\x00g\x00:\x00 \x00{\x00l\x00e\x00v\x00e\x00l\x00:\x00 \x00w\x00a\x00r\x00n\x00}\x00",
	} {
		path := filepath.Join(t.TempDir(), "qixian.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := configs.Load(path, "state"); err != nil || c.Office != "甲" || c.Log.Level != "warn" {
			t.Errorf("%s: %q %q, %v", name, c.Office, c.Log.Level, err)
		}
	}
}
