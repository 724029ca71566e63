package rules_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/document"
)

// baseFiles returns the small good catalogue beneath the test files.
func baseFiles(t testing.TB) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	names, err := filepath.Glob("testdata/base/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no base catalogue: %v", err)
	}
	for _, name := range names {
		fsys[filepath.Base(name)] = &fstest.MapFile{Data: readTestFile(t, name)}
	}
	return fsys
}

func readTestFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBaseIsGood(t *testing.T) {
	if _, err := rules.Load(rules.Layer{Name: "base", FS: baseFiles(t)}); err != nil {
		t.Fatalf("the base catalogue has problems:\n%v", err)
	}
}

// Every file of testdata/bad has one mistake, or the few that its name says, and beside it the whole answer. It is read
// as an override; one whose name begins with seed- as no override, so that what it repeats stands twice.
func TestLoadRefuses(t *testing.T) {
	names, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(names) < 100 {
		t.Fatalf("only %d bad files: %v", len(names), err)
	}
	for _, path := range names {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			err := loadBad(t, path)
			golden(t, strings.TrimSuffix(path, ".yaml")+".want", err.Error()+"\n")
		})
	}
}

// loadBad reads a file with mistakes over the base catalogue.
func loadBad(t *testing.T, path string) document.Problems {
	t.Helper()
	name := filepath.Base(path)
	layer := rules.Layer{
		Name:     "overrides.d",
		FS:       fstest.MapFS{name: &fstest.MapFile{Data: readTestFile(t, path)}},
		Override: true,
	}
	if strings.HasPrefix(name, "seed-") {
		layer.Name, layer.Override = "seeds", false
	}
	_, err := rules.Load(rules.Layer{Name: "base", FS: baseFiles(t)}, layer)
	ps, ok := errors.AsType[document.Problems](err)
	if !ok {
		t.Fatalf("%v; want problems", err)
	}
	return ps
}

// The same mistakes as the office reads them.
func TestLoadRefusesInChinese(t *testing.T) {
	names, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, path := range names {
		all.WriteString(loadBad(t, path).Chinese() + "\n")
	}
	golden(t, "testdata/bad-chinese.golden", all.String())
}

// golden compares got with a file, or writes the file with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(readTestFile(t, path)), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
