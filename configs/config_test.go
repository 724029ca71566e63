package configs_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/configs"
)

var update = flag.Bool("update", false, "rewrite the expected messages")

// TestExample loads the example configuration as it is shipped: it says what the defaults are, so it must equal them.
func TestExample(t *testing.T) {
	got, err := configs.Load("qixian.yaml", "/unused")
	if err != nil {
		t.Fatal(err)
	}
	want := configs.Default("/var/lib/qixian")
	want.File = "qixian.yaml"
	want.Overrides, want.Contacts = "overrides.d", "contacts.yaml"
	want.ResolveState()
	want.OfficeAt = got.OfficeAt
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the example differs from the defaults (-want +got):\n%s", diff)
	}
}

func TestContactsExample(t *testing.T) {
	got, err := configs.LoadContacts("contacts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < 3 || got[0].Unit != "县政府办公室" || got[0].At.Line == 0 {
		t.Errorf("contacts = %+v", got)
	}
}

// TestBad reads files with one mistake each; the message expected stands beside each.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			var err error
			if strings.Contains(file, "contacts-") {
				_, err = configs.LoadContacts(file)
			} else {
				_, err = configs.Load(file, "state")
			}
			if err == nil {
				t.Fatal("no problem was found")
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, readErr := os.ReadFile(golden)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if diff := cmp.Diff(string(want), err.Error()+"\n"); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "password")
	if err := os.WriteFile(path, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := configs.Secret(path).Read(); err != nil || got != "correct horse" {
		t.Errorf("Read() = %q, %v", got, err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if got, err := configs.Secret("credential:password").Read(); err != nil || got != "correct horse" {
		t.Errorf("credential: Read() = %q, %v", got, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := configs.Secret(path).Read(); err == nil || !strings.Contains(err.Error(), "chmod 0600") {
		t.Errorf("a file that a group may read: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := configs.Secret("credential:password").Read(); err == nil {
		t.Error("an empty secret was accepted")
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"qixian.yaml", "contacts.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "qixian.yaml")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := configs.Load(path, "state"); err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("an error that names no file: %v", err)
		}
		if _, err := configs.LoadContacts(path); err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("an error that names no file: %v", err)
		}
	})
}
