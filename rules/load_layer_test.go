package rules_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/document"
)

// overrides makes an override layer of files named after their texts' order: a.yaml, b.yaml and so on.
func overrides(texts ...string) rules.Layer {
	fsys := fstest.MapFS{}
	for i, text := range texts {
		fsys[string(rune('a'+i))+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	return rules.Layer{Name: "d", FS: fsys, Override: true}
}

func loadBaseWith(t *testing.T, layers ...rules.Layer) *rules.Catalogue {
	t.Helper()
	c, err := rules.Load(append([]rules.Layer{{Name: "base", FS: baseFiles(t)}}, layers...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFilesApplyInTheOrderOfTheirNames(t *testing.T) {
	c := loadBaseWith(t, overrides(
		"obligations:\n  air-quality: {title: 甲, disable: 暂停}\n",
		"obligations:\n  air-quality: {title: 乙}\n",
		"obligations:\n  air-quality: {disable: false}\n",
	))
	o, _ := c.Obligation("air-quality")
	if o.Title != "乙" || o.Disabled != "" {
		t.Errorf("title %q, disabled %q; want 乙, in force", o.Title, o.Disabled)
	}
	if got := o.Origin["disable"].File; got != "d/c.yaml" {
		t.Errorf("disable was set in %s, want d/c.yaml", got)
	}
}

func TestLaterFileSeesWhatAnEarlierAdds(t *testing.T) {
	c := loadBaseWith(t, overrides(
		"units:\n  县科技局: {}\nobligations:\n  extra: {new: true, title: 甲, kind: periodic, rule: {every: month}, lead: [县科技局]}\n",
		"obligations:\n  extra: {rule: {stages: [1wd, 0]}}\n",
	))
	o, ok := c.Obligation("extra")
	if !ok || o.Rules[0].String() != "{every: month, stages: [1wd, 0]}" {
		t.Errorf("extra is %+v", o)
	}
}

func TestOneRuleBecomesSeveralAndBack(t *testing.T) {
	c := loadBaseWith(t, overrides(
		"obligations:\n  air-quality: {rules: {first: {every: month, due: {day: 10}}, second: {every: month}}}\n"+
			"  enrolment-result: {rule: {after: enrolment-concluded, within: 5wd}}\n"))
	var ids []string
	for _, o := range c.Obligations {
		for _, r := range o.Rules {
			ids = append(ids, r.ID)
		}
	}
	want := []string{"air-quality.first", "air-quality.second", "enrolment-plan", "enrolment-result", "policy-reading"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	air, _ := c.Obligation("air-quality")
	if _, stale := air.Origin["rule"]; stale {
		t.Error("the origin of the replaced rule is kept")
	}
}

func TestObligationsStandByRowThenID(t *testing.T) {
	c := loadGood(t)
	if !slices.IsSortedFunc(c.Obligations, func(a, b *rules.Obligation) int {
		if a.Row != b.Row {
			return a.Row - b.Row
		}
		return strings.Compare(a.ID, b.ID)
	}) {
		t.Error("obligations are out of order")
	}
}

func TestOnlyYAMLFilesAreRead(t *testing.T) {
	layer := overrides("obligations:\n  air-quality: {title: 甲}\n")
	files := layer.FS.(fstest.MapFS)
	files["README"] = &fstest.MapFile{Data: []byte("not: read: at all")}
	files["a.yaml.bak"] = files["README"]
	files[".#a.yaml"] = files["README"]
	files[".git/config.yaml"] = files["README"]
	files["empty.yaml"] = &fstest.MapFile{Data: []byte("# nothing yet\n")}
	files["sub/deep.yaml"] = &fstest.MapFile{Data: []byte("obligations:\n  air-quality: {title: 乙}\n")}
	c := loadBaseWith(t, layer)
	if o, _ := c.Obligation("air-quality"); o.Title != "乙" {
		t.Errorf("title %q; files in folders are not read", o.Title)
	}

	files["20-office.yml"] = files["a.yaml"]
	files["30-OFFICE.YAML"] = files["a.yaml"]
	_, err := rules.Load(rules.Layer{Name: "base", FS: baseFiles(t)}, layer)
	want := "d/20-office.yml: only files that end in .yaml are read; rename it\n" +
		"d/30-OFFICE.YAML: only files that end in .yaml are read; rename it"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestUnreadableDirectoryIsAProblem(t *testing.T) {
	_, err := rules.Load(
		rules.Layer{Name: "base", FS: baseFiles(t)},
		rules.Layer{Name: "overrides.d", FS: os.DirFS("testdata/nowhere"), Override: true},
	)
	ps, ok := errors.AsType[document.Problems](err)
	if !ok || len(ps) != 1 || ps[0].File != "overrides.d" {
		t.Errorf("got %v, want one problem of overrides.d", err)
	}
	_, err = rules.Load(rules.Layer{Name: "d", FS: failing{}})
	if err == nil || err.Error() != "d/a.yaml: cannot be read: permission denied" {
		t.Errorf("got %v", err)
	}
}

// failing is a directory with one file that cannot be opened.
type failing struct{}

func (failing) Open(name string) (fs.File, error) {
	if name == "." {
		return fstest.MapFS{"a.yaml": {}}.Open(".")
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}
