package main_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// TestCheck runs `qixian check` on configurations that are wrong in ways only the whole shows; what it prints stands beside each.
func TestCheck(t *testing.T) {
	configs, err := filepath.Glob("testdata/check/*/qixian.yaml")
	if err != nil || len(configs) < 6 {
		t.Fatalf("%d configurations, %v", len(configs), err)
	}
	for _, config := range configs {
		dir := filepath.Dir(config)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			work := t.TempDir()
			if err := os.CopyFS(work, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(work, "password"), "secret")
			if err := os.Chmod(filepath.Join(work, "password"), 0o644); err != nil {
				t.Fatal(err)
			}
			stdout, stderr, code := qixian(t, work, "check", "--config", "qixian.yaml")
			if code != 1 || stderr != "" {
				t.Errorf("exit %d, %s", code, stderr)
			}
			golden(t, filepath.Join("testdata", "check", filepath.Base(dir)+".want"), stdout)
		})
	}
}

// TestCheckShipped holds the files in configs to the program that loads them: they are good as they lie there.
func TestCheckShipped(t *testing.T) {
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS("../../configs")); err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "check-shipped.want"), must(t, work, "check", "--config", "qixian.yaml"))
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
