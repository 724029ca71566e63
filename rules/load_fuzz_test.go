package rules_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"qixian/rules"
	"qixian/rules/document"
)

// Whatever a file holds, Load ends, and either takes it or says where it is wrong; what it takes reads back as the same
// rules.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*.yaml", "testdata/base/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			f.Fatalf("no seeds in %s: %v", pattern, err)
		}
		for _, name := range names {
			f.Add(readTestFile(f, name), !strings.Contains(name, "seed-"))
		}
	}
	base := baseFiles(f)
	f.Fuzz(func(t *testing.T, data []byte, override bool) {
		file := fstest.MapFS{"a.yaml": {Data: data}}
		layers := []rules.Layer{{Name: "base", FS: base}, {Name: "fuzz", FS: file, Override: override}}
		c, err := rules.Load(layers...)
		if err == nil {
			roundTrip(t, layers, c)
			return
		}
		ps, ok := errors.AsType[document.Problems](err)
		if !ok || len(ps) == 0 {
			t.Fatalf("%T is no list of problems: %v", err, err)
		}
		for _, p := range ps {
			if p.File == "" || p.Message == "" || p.Line < 0 || p.Line > 0 && p.Col < 1 {
				t.Errorf("problem without a place: %+v", p)
			}
			if p.Line == 0 && !strings.Contains(p.Message, "YAML") && !strings.Contains(p.Message, "bytes") {
				t.Errorf("a problem of a value names no line: %v", p)
			}
		}
	})
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"20wd", "30d", "3m", "24h", "", "0d", "1000d", "05d", "5w", "５d", "-1d", "+5d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		span, err := rules.ParseSpan(s)
		if err != nil {
			if !span.IsZero() {
				t.Errorf("%q is refused and gives %v", s, span)
			}
			return
		}
		if span.String() != s || span.IsZero() {
			t.Errorf("%q is read as %s", s, span)
		}
	})
}

func FuzzParseStage(f *testing.F) {
	for _, s := range []string{"0", "record", "half", "5wd", "3d", "2h", "3m", "", "00", "late1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		stage, err := rules.ParseStage(s)
		if err == nil && stage.String() != s {
			t.Errorf("%q is read as %s", s, stage)
		}
		if err != nil && stage != (rules.Stage{}) {
			t.Errorf("%q is refused and gives %v", s, stage)
		}
	})
}
