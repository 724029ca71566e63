package configs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qixian/configs"
)

// TestEyes holds that a user sees by the mode bits of the file and of every directory on the way, through links as
// well.
func TestEyes(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	file := func(name string, mode, in os.FileMode, uid, gid int) string {
		path := filepath.Join(dir, name, "file")
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{os.Chmod(path, mode), os.Chown(path, uid, gid), os.Chown(filepath.Dir(path), uid, gid), os.Chmod(filepath.Dir(path), in)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file("linked", 0o644, 0o700, 0, 0), link); err != nil {
		t.Fatal(err)
	}
	service, stranger := configs.Eyes{
		Name: "the service",
		UID:  1001,
		GIDs: []int{1002},
	}, configs.Eyes{
		Name: "a stranger",
		UID:  -1,
	}
	for path, sees := range map[string]struct{ service, stranger string }{
		file("secret", 0o600, 0o755, 0, 0):     {"secret/file keeps", "secret/file keeps"},
		file("own", 0o600, 0o700, 1001, 0):     {"", "own keeps"},
		file("group", 0o640, 0o750, 0, 1002):   {"", "group keeps"},
		file("all", 0o644, 0o755, 0, 0):        {"", ""},
		file("closed", 0o644, 0o700, 0, 0):     {"closed keeps", "closed keeps"},
		file("own not", 0o044, 0o755, 1001, 0): {"own not/file keeps", ""},
		link:                                   {"linked keeps", "linked keeps"},
	} {
		for e, want := range map[*configs.Eyes]string{&service: sees.service, &stranger: sees.stranger} {
			err := e.Read(path)
			if (err == nil) != (want == "") ||
				err != nil && !strings.Contains(err.Error(), want+" "+e.Name+" out (owner ") {
				t.Errorf("%s sees %s: %v, want %q", e.Name, path, err, want)
			}
		}
		if err := (configs.Eyes{Name: "root"}).Read(path); err != nil {
			t.Errorf("root sees %s: %v", path, err)
		}
	}
}
