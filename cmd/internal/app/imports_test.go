package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed is who may import whom, of ours. A package that is not listed may not exist.
var allowed = map[string][]string{
	"qixian/cmd/qixian": {"qixian/cmd/internal/command"},
	"qixian/cmd/internal/command": {
		"qixian/cmd/internal/app",
		"qixian/configs",
		"qixian/notify",
		"qixian/notify/maildir",
		"qixian/rules",
		"qixian/rules/calendar",
		"qixian/rules/document",
		"qixian/scheduler",
		"qixian/scheduler/icalendar",
		"qixian/scheduler/report",
		"qixian/scheduler/report/sheet",
		"qixian/rules/wording",
	},
	"qixian/cmd/internal/app": {
		"qixian/configs",
		"qixian/notify",
		"qixian/notify/compose",
		"qixian/notify/inbox",
		"qixian/notify/maildir",
		"qixian/notify/smtp",
		"qixian/rules",
		"qixian/rules/calendar",
		"qixian/rules/document",
		"qixian/scheduler",
		"qixian/scheduler/report",
		"qixian/scheduler/store",
		"qixian/scheduler/web",
		"qixian/scheduler/web/account",
		"qixian/scheduler/web/link",
		"qixian/seeds",
	},
	"qixian/cmd/internal/burst": {
		"qixian/notify/smtp/smtptest",
		"qixian/scheduler/store",
		"qixian/scheduler/store/storetest",
	},
	"qixian/cmd/internal/torture": {},
	"qixian/configs":              {"qixian/notify", "qixian/rules/document"},
	"qixian/notify":               {},
	"qixian/notify/compose": {
		"qixian/notify",
		"qixian/rules/calendar",
		"qixian/rules/document",
		"qixian/rules/wording",
	},
	"qixian/notify/inbox":           {"qixian/notify", "qixian/notify/refusal"},
	"qixian/notify/inbox/inboxtest": {"qixian/notify/smtp/smtptest"},
	"qixian/notify/maildir":         {"qixian/notify"},
	"qixian/notify/refusal":         {},
	"qixian/notify/smtp":            {"qixian/notify", "qixian/notify/refusal"},
	"qixian/notify/smtp/smtptest":   {},
	"qixian/rules":                  {"qixian/rules/calendar", "qixian/rules/document", "qixian/rules/wording"},
	"qixian/rules/calendar":         {"qixian/rules/document"},
	"qixian/rules/document":         {"qixian/rules/document/chinese"},
	"qixian/rules/document/chinese": {},
	"qixian/scheduler": {
		"qixian/notify",
		"qixian/notify/compose",
		"qixian/rules",
		"qixian/rules/calendar",
		"qixian/rules/document",
		"qixian/rules/wording",
	},
	"qixian/scheduler/report": {
		"qixian/notify",
		"qixian/notify/compose",
		"qixian/rules/calendar",
		"qixian/scheduler",
		"qixian/scheduler/report/sheet",
		"qixian/rules/wording",
	},
	"qixian/scheduler/report/sheet": {"qixian/rules/calendar"},
	"qixian/scheduler/store": {
		"qixian/notify",
		"qixian/rules",
		"qixian/rules/calendar",
		"qixian/scheduler",
		"qixian/scheduler/store/archive",
	},
	"qixian/scheduler/store/archive":   {},
	"qixian/scheduler/store/storetest": {"qixian/scheduler/store"},
	"qixian/scheduler/icalendar":       {"qixian/rules/calendar"},
	"qixian/scheduler/web": {
		"qixian/notify",
		"qixian/rules",
		"qixian/rules/calendar",
		"qixian/scheduler",
		"qixian/scheduler/icalendar",
		"qixian/scheduler/report",
		"qixian/scheduler/web/account",
		"qixian/scheduler/web/link",
		"qixian/scheduler/web/page",
		"qixian/rules/wording",
	},
	"qixian/scheduler/web/account": {},
	"qixian/scheduler/web/link":    {"qixian/rules/calendar"},
	"qixian/scheduler/web/page":    {},
	"qixian/seeds":                 {},
	"qixian/rules/wording":         {"qixian/rules/calendar"},
}

// only names what one package alone may import, or the two that are named.
var only = map[string]string{
	"gorm.io/":                       "qixian/scheduler/store",
	"database/sql":                   "qixian/scheduler/store",
	"github.com/go-sql-driver/":      "qixian/scheduler/store",
	"github.com/wneessen/go-mail":    "qixian/notify/smtp",
	"github.com/emersion/go-imap":    "qixian/notify/inbox",
	"github.com/emersion/go-message": "qixian/notify/inbox",
	"github.com/rickar/cal":          "qixian/rules/calendar",
	"github.com/robfig/cron":         "qixian/cmd/internal/app",
	"github.com/alecthomas/kong":     "qixian/cmd/internal/command",
	"github.com/xuri/excelize":       "qixian/scheduler/report/sheet",
	"go.yaml.in/yaml":                "qixian/rules/document",
	"github.com/coreos/go-systemd":   "qixian/cmd/internal/app",
	"github.com/prometheus/":         "qixian/cmd/internal/app",
	"net/http":                       "qixian/cmd/internal/app qixian/scheduler/web",
	"github.com/arran4/golang-ical":  "qixian/scheduler/icalendar",
}

// TestImports holds the arrows of the design: a package imports only what is listed for it, and a library with a room
// of its own is imported in that room alone. Tests stand outside the program and may import anything.
func TestImports(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() &&
			(d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".." && path != root) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := "qixian/" + filepath.ToSlash(rel)
		seen[pkg] = true
		checkImports(t, pkg, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range allowed {
		if !seen[pkg] {
			t.Errorf("%s is listed and does not exist", pkg)
		}
	}
}

func checkImports(t *testing.T, pkg, path string) {
	t.Helper()
	may, listed := allowed[pkg]
	if !listed {
		t.Errorf("%s: package %s is not listed", path, pkg)
		return
	}
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "qixian/") && !slices.Contains(may, name) {
			t.Errorf("%s imports %s: %s may import %v", path, name, pkg, may)
		}
		for prefix, rooms := range only {
			in := func(room string) bool { return pkg == room || strings.HasPrefix(pkg, room+"/") }
			if strings.HasPrefix(name, prefix) && !slices.ContainsFunc(strings.Fields(rooms), in) {
				t.Errorf("%s imports %s: that is for %s alone", path, name, rooms)
			}
		}
	}
}

// TestTopLevel holds the folders that the project has at its top: a new package finds its place under one of them.
func TestTopLevel(t *testing.T) {
	want := map[string]bool{
		"cmd": true, "scheduler": true, "rules": true, "notify": true, "seeds": true, "configs": true,
		"bin": true, "qixian-data": true, // what `make build` and `make run` write
	}
	entries, err := os.ReadDir(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !want[e.Name()] {
			t.Errorf("folder %s stands at the top: only the fixed ones do", e.Name())
		}
	}
}
