package app

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"qixian/configs"
)

const someMessage = "m3b5216c416ab9b1a3d8934ba@example.invalid"

func configured(dir string) configs.Config {
	cfg := configs.Default(dir)
	cfg.ResolveState()
	return cfg
}

// TestSigningKey holds that the key is made once, for its owner alone, whoever starts first, and is the same ever
// after.
func TestSigningKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	cfg := configured(dir)
	codes := make([]string, 20)
	var starting sync.WaitGroup
	for i := range codes {
		starting.Go(func() {
			s, err := signer(cfg)
			if err != nil {
				t.Error(err)
				return
			}
			codes[i] = s.ReplyCode(someMessage)
		})
	}
	starting.Wait()
	for _, code := range codes {
		if code == "" || code != codes[0] {
			t.Fatalf("several keys, or none: %q", codes)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "signing-key" {
		t.Fatalf("in the state directory: %v, %v; want signing-key alone", entries, err)
	}
	info, err := entries[0].Info()
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 65 {
		t.Errorf("mode %v, %d bytes, %v; want 0600 and 65", info.Mode(), info.Size(), err)
	}
	other, err := signer(configured(t.TempDir()))
	if err != nil || other.ReplyCode(someMessage) == codes[0] {
		t.Errorf("another state directory has the same key (%v)", err)
	}
}

func TestSigningKeyRefused(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write := func(name, content string, mode os.FileMode) configs.Secret {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return configs.Secret(path)
	}
	long := strings.Repeat("5ec7e7", 11)
	for name, key := range map[string]configs.Secret{
		"outside, and not there": configs.Secret(filepath.Join(outside, "signing-key")),
		"no credential":          "credential:signing-key",
		"others may read it":     write("open", long, 0o644),
		"short":                  write("short", long[:62], 0o600),
		"not hexadecimal":        write("words", long+"s3cret", 0o600),
		"empty":                  write("empty", "", 0o600),
	} {
		cfg := configured(dir)
		cfg.SigningKey = key
		if _, err := signer(
			cfg,
		); err == nil || strings.Contains(err.Error(), long[:8]) ||
			strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if entries, _ := os.ReadDir(outside); len(entries) != 0 {
		t.Errorf("a key was made outside: %v", entries)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	write("credential", long, 0o600)
	cfg := configured(t.TempDir())
	cfg.SigningKey = "credential:credential"
	if _, err := signer(cfg); err != nil {
		t.Errorf("a credential is not taken: %v", err)
	}
}
