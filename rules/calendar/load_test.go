package calendar_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"qixian/rules/calendar"
	"qixian/rules/document"
)

var update = flag.Bool("update", false, "write the files of expected output anew")

// golden compares got with a file, or writes the file if the tests run with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", file, diff)
	}
}

// shipped returns the shipped files as a file system that a test may change.
func shipped(t testing.TB) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := filepath.Glob(filepath.Join(seeds, "calendar", "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("find shipped files: %d, %v", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	return files
}

// only returns some of the files.
func only(files fstest.MapFS, names ...string) fstest.MapFS {
	some := fstest.MapFS{}
	for _, name := range names {
		some[name] = files[name]
	}
	return some
}

// loadOne loads the shipped 2025 and festivals with one file of testdata, which takes the place of 2026 or of the
// festivals.
func loadOne(t *testing.T, file string) (*calendar.Calendar, document.Problems, error) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	files := only(shipped(t), "2025.yaml", "festivals.yaml")
	name := "2026.yaml"
	if strings.HasPrefix(filepath.Base(file), "festivals") {
		name = "festivals.yaml"
	}
	files[name] = &fstest.MapFile{Data: data}
	c, warnings, err := calendar.Load(files, ".")
	return c, warnings, err
}

func TestLoadRefuses(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 30 {
		t.Fatalf("found %d bad files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, _, err := loadOne(t, file)
			var problems document.Problems
			if c != nil || !errors.As(err, &problems) {
				t.Fatalf("calendar %v, error %v; want no calendar and problems", c, err)
			}
			golden(t, strings.TrimSuffix(file, "yaml")+"want", err.Error()+"\n")
		})
	}
}

// The same as the office reads it: mistakes, then what is only doubtful.
func TestLoadInChinese(t *testing.T) {
	var all strings.Builder
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/doubtful/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			_, found, err := loadOne(t, file)
			if problems, ok := errors.AsType[document.Problems](err); ok {
				found = problems
			}
			all.WriteString(found.Chinese() + "\n")
		}
	}
	golden(t, "testdata/chinese.golden", all.String())
}

func TestLoadWarns(t *testing.T) {
	files, err := filepath.Glob("testdata/doubtful/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d doubtful files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, warnings, err := loadOne(t, file)
			if c == nil || err != nil {
				t.Fatalf("calendar %v, error %v; want a calendar with warnings", c, err)
			}
			golden(t, strings.TrimSuffix(file, "yaml")+"want", warnings.Error()+"\n")
		})
	}
}

// TestLoadDirectory has what no one file shows.
func TestLoadDirectory(t *testing.T) {
	all := shipped(t)
	with := func(files fstest.MapFS, name, data string) fstest.MapFS {
		files[name] = &fstest.MapFile{Data: []byte(data)}
		return files
	}
	festivals := func(names ...string) fstest.MapFS { return only(all, append(names, "festivals.yaml")...) }
	for _, v := range []struct {
		name    string
		files   fs.FS
		last    string // of the coverage; empty: no calendar
		warning string
		problem string
	}{
		{name: "one year", files: festivals("2020.yaml"), last: "2020-12-28"},
		{
			name: "a gap ends coverage", files: festivals("2018.yaml", "2019.yaml", "2021.yaml"), last: "2019-12-28",
			warning: "2020.yaml: there is no such file: every day from 2019-12-29 on is unknown, although 2021 is loaded",
		},
		{
			name: "no festivals", files: only(all, "2020.yaml"), last: "2020-12-28",
			warning: ".: festivals.yaml is not here: days off by law are expected to be worked in a year without its notice",
		},
		{name: "no year", files: festivals(), problem: ".: no year is here: want at least one file such as 2026.yaml"},
		{name: "other files are left alone", files: with(festivals("2020.yaml"), "README.md", "x: ["), last: "2020-12-28"},
		{
			name: "yml", files: with(festivals("2020.yaml"), "2021.yml", ""),
			problem: "2021.yml: a calendar file is named as its year is, such as 2026.yaml, or festivals.yaml",
		},
		{
			name: "no year's name", files: with(festivals("2020.yaml"), "2021-draft.yaml", ""),
			problem: "2021-draft.yaml: a calendar file is named as its year is, such as 2026.yaml, or festivals.yaml",
		},
		{
			name: "a day of two files", files: with(festivals("2019.yaml"), "2018.yaml",
				strings.Replace(string(all["2018.yaml"].Data), "2018-10-07]", "2018-10-07, 2018-12-30]", 1)),
			problem: "2019.yaml:11:11: 2018-12-30 is listed twice; first at 2018.yaml:21:95",
		},
	} {
		t.Run(v.name, func(t *testing.T) {
			c, warnings, err := calendar.Load(v.files, ".")
			if got := document.Problems(warnings).Error(); got != v.warning && v.problem == "" {
				t.Errorf("warnings %q, want %q", got, v.warning)
			}
			if v.problem != "" {
				if err == nil || err.Error() != v.problem || c != nil {
					t.Errorf("error %v, want %s", err, v.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, last := c.Coverage(); last.String() != v.last {
				t.Errorf("covered to %s, want %s", last, v.last)
			}
		})
	}
}

// TestLoadEveryMistake holds that one reading tells of the mistakes of every file.
func TestLoadEveryMistake(t *testing.T) {
	files := shipped(t)
	for name, f := range files {
		f.Data = []byte(strings.Replace(string(f.Data), "-01]", "-41]", 1))
		if name == "festivals.yaml" {
			f.Data = nil
		}
	}
	files["2020.yaml"].Data = []byte("year: 2020\nissued: 2020-13-01\n")
	_, _, err := calendar.Load(files, ".")
	var problems document.Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, p := range problems {
		seen[p.File]++
	}
	if seen["festivals.yaml"] != 1 || seen["2020.yaml"] != 3 || len(seen) < 3 {
		t.Errorf("problems by file: %v", seen)
	}
}

func TestLoadNoDirectory(t *testing.T) {
	c, _, err := calendar.Load(fstest.MapFS{}, "calendar")
	if c != nil || err == nil || !strings.HasPrefix(err.Error(), "calendar: read directory: ") {
		t.Errorf("calendar %v, error %v", c, err)
	}
}

// TestLoadLayer puts an administrator's file over the shipped one of the same name.
func TestLoadLayer(t *testing.T) {
	all := shipped(t)
	notice := strings.NewReplacer("2026-05-04, 2026-05-05", "2026-05-04").Replace(string(all["2026.yaml"].Data))
	layer := calendar.Layer{Name: "site", FS: fstest.MapFS{"2026.yaml": {Data: []byte(notice)}}}
	c, _, err := calendar.Load(all, ".", layer)
	if err != nil {
		t.Fatal(err)
	}
	if d := date(t, "2026-05-05"); !c.IsWorkday(d) || load(t).IsWorkday(d) {
		t.Error("the layer's file is not in force")
	}
	if c.Version() == load(t).Version() {
		t.Error("two calendars that differ have one version")
	}
	layer.FS = fstest.MapFS{"2026.yaml": {Data: []byte("year: 2025")}}
	if _, _, err = calendar.Load(all, ".", layer); err == nil || !strings.HasPrefix(err.Error(), "site/2026.yaml:1:") {
		t.Errorf("a mistake in the layer is told as %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, dir := range []string{seeds + "/calendar/*.yaml", "testdata/bad/*.yaml"} {
		files, err := filepath.Glob(dir)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"2026.yaml", "festivals.yaml"} {
			c, warnings, err := calendar.Load(fstest.MapFS{name: {Data: data}}, ".")
			var problems document.Problems
			switch {
			case err == nil && c == nil:
				t.Error("no calendar and no error")
			case err != nil && (!errors.As(err, &problems) || c != nil):
				t.Errorf("error %v with calendar %v", err, c)
			}
			for _, p := range append(problems, warnings...) {
				if p.File == "" || p.Message == "" {
					t.Errorf("a problem without place or words: %+v", p)
				}
			}
		}
	})
}
