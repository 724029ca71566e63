package chinese

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// speaking are the calls that make a text in both languages, and which of their arguments is the English format.
var speaking = map[string]int{
	"Problem": 0, "Say": 0, "Term": 0, "Errorf": 0,
	"Add": 1, "bound": 1, "checkID": 1, "tooMuch": 1,
	"report": 2,
}

// silent are arguments that Chinese forms leave out: the reason is said otherwise.
var silent = []string{
	"%q: %v; want name@domain alone",
	"%s keeps %s out (owner %d, group %d, mode %04o)",
	"the password of %s is %v",
}

// said is a format in the sources.
type said struct {
	format string
	at     token.Position
}

// TestEveryProblemIsKnown walks the packages that read files, and fails for a problem that the office could not read.
func TestEveryProblemIsKnown(t *testing.T) {
	formats, literals := walkSources(t, "../..", "../../../configs", "../../../cmd/internal/app")
	if len(formats) < 250 {
		t.Fatalf("only %d formats found", len(formats))
	}
	for _, f := range formats {
		form, ok := Of(f.format)
		if !ok {
			t.Errorf("%s: no Chinese form of %q; add it to this package", f.at, f.format)
			continue
		}
		want, got := verbs(f.format), verbs(form)
		if slices.Contains(silent, f.format) {
			maps.DeleteFunc(want, func(i int, _ string) bool { return got[i] == "" })
		}
		if !maps.Equal(want, got) {
			t.Errorf("%s: the verbs of %q do not fit %q: want %v, got %v", f.at, form, f.format, want, got)
		}
	}
	for _, forms := range []map[string]string{files, catalogue, rule, calendar, configuration, findings} {
		for format := range forms {
			if !literals[format] && !strings.HasPrefix(format, "yaml: ") {
				t.Errorf("%q is said nowhere", format)
			}
		}
	}
}

func TestFormsStandOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, forms := range []map[string]string{files, catalogue, rule, calendar, configuration, findings} {
		for format := range forms {
			if seen[format] {
				t.Errorf("%q stands twice", format)
			}
			seen[format] = true
		}
	}
}

var verb = regexp.MustCompile(`%([-+# 0]*\d*)(?:\[(\d+)\])?([a-zA-Z%])`)

// verbs returns the verb of each argument, counted from 1; %w is as good as %v.
func verbs(format string) map[int]string {
	used, next := map[int]string{}, 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[3] == "%" {
			continue
		}
		if m[2] != "" {
			next, _ = strconv.Atoi(m[2])
		}
		used[next] = m[1] + strings.Replace(m[3], "w", "v", 1)
		next++
	}
	return used
}

func walkSources(t *testing.T, roots ...string) (formats []said, literals map[string]bool) {
	t.Helper()
	literals = map[string]bool{}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() && d.Name() == "chinese" {
				return skip(err)
			}
			if !d.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				formats = append(formats, walkFile(t, path, literals)...)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return formats, literals
}

func skip(err error) error {
	if err != nil {
		return err
	}
	return fs.SkipDir
}

func walkFile(t *testing.T, path string, literals map[string]bool) (formats []said) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if text, ok := text(n); ok {
				literals[text] = true
			}
		case *ast.CompositeLit:
			if made(n.Type) && len(n.Elts) > 0 && file.Name.Name != "document" {
				t.Errorf("%s: a problem is made by hand; use Problems.Add", set.Position(n.Pos()))
			}
		case *ast.CallExpr:
			if at, ok := formatOf(file, n); ok {
				if format, ok := text(n.Args[at]); ok {
					formats = append(formats, said{format, set.Position(n.Pos())})
				}
				for _, a := range n.Args[at+1:] {
					if englishAlone(a) {
						t.Errorf(
							"%s: a text in English alone; use document.Say or document.Join",
							set.Position(a.Pos()),
						)
					}
				}
			}
		}
		return true
	})
	return formats
}

// formatOf returns which argument of a call is a format that is said in both languages.
func formatOf(file *ast.File, call *ast.CallExpr) (int, bool) {
	var name, of string
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if x, ok := f.X.(*ast.Ident); ok {
			of = x.Name
		}
	}
	at, ok := speaking[name]
	switch {
	case !ok || at >= len(call.Args):
		return 0, false
	case name == "Errorf":
		return at, of == "document" || of == "" && file.Name.Name == "document"
	case name == "Add": // of other things, too
		_, ok := text(call.Args[at])
		return at, ok
	}
	return at, true
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// made reports whether a literal is a problem's, or a list's of them.
func made(e ast.Expr) bool {
	if s, ok := e.(*ast.SelectorExpr); ok {
		x, ok := s.X.(*ast.Ident)
		return ok && x.Name == "document" && (s.Sel.Name == "Problem" || s.Sel.Name == "Problems")
	}
	return false
}

// englishAlone reports whether an argument is a text that is made for English alone.
func englishAlone(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := f.X.(*ast.Ident)
	if !ok || x.Name != "strings" || f.Sel.Name != "Join" {
		return ok && x.Name == "fmt"
	}
	separator, _ := text(call.Args[1])
	return separator != " → "
}
