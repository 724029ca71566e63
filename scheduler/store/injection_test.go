package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// nasty are texts that mean something to one database or the other, or to what stands between it and us: quotes of all
// kinds, escapes, the wild cards of LIKE, placeholders of the driver and of gorm, comments, NUL, characters of four
// bytes, and what only looks like another text.
var nasty = []string{
	`'; DROP TABLE events; --`,
	`" OR ""="`,
	"`id`",
	`\'`,
	`\`,
	`\\'`,
	`%_%`,
	`_`,
	`?`,
	`??`,
	`@name`,
	`$1`,
	`:named`,
	`{{.}}`,
	`/*! SELECT 1 */`,
	`# --`,
	"a\x00b",
	"\x00",
	"\x1a",
	"\u200b",
	"\u202e",
	"𠮷😀",
	"é",
	"e\u0301",
	" trailing ",
	"\t",
	"a\r\nb",
	"NULL",
	"0",
	"true",
	"0x41",
	"甲",
	"Ａ",
	"a",
	"A",
	"ä",
	`["县环保局"]`,
	`",","`,
	"</script>",
	`\u0000`,
	strings.Repeat("期", 60),
}

// TestNastyTexts records every one of them in every column of free text, and reads them back as they were, on both
// databases: no two are taken for one, none finds another's rows, and the tables are all still there.
func TestNastyTexts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		s := storetest.Open(t, driver)
		var es []scheduler.Event
		for i, text := range nasty {
			id := "e" + strings.Repeat("0", 8) + string(rune('a'+i/26)) + string(rune('a'+i%26))
			e := event(id, now.Add(-time.Duration(i)*time.Minute))
			e.Trigger, e.Unit, e.Ref, e.Title, e.By = text, text, text, text, text
			es = append(es, e)
		}
		if err := s.AddEvents(t.Context(), es, nil, nil, []scheduler.Entry{entry("event.add")}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Events(t.Context(), 0); err != nil || !cmp.Equal(es, got) {
			t.Errorf("events, %v (-want +got):\n%s", err, cmp.Diff(es, got))
		}
		for i, text := range nasty {
			id := "m" + strings.Repeat("0", i) + "@example.invalid"
			t.Run(text, func(t *testing.T) { nastyDeadline(t, s, text, id) })
		}
		for i, text := range nasty {
			got, err := s.Find(t.Context(), text, text)
			if err != nil || len(got) != 1 || got[0].Key != text || got[0].Unit != text {
				t.Errorf("%q finds %d deadlines, %v", text, len(got), err)
			}
			if value, err := s.Setting(t.Context(), text); err != nil || value != text {
				t.Errorf("setting %q is %q, %v", text, value, err)
			}
			listed, err := s.Deadlines(
				t.Context(),
				scheduler.Filter{Unit: text, States: []scheduler.State{scheduler.Done}},
			)
			if err != nil || len(listed) != 1 || listed[0].Key != text {
				t.Errorf("of unit %d, %q, are listed %d, %v", i, text, len(listed), err)
			}
		}
	})
}

// nastyDeadline tracks, extends, completes and promises with one text in every place, and reads it back.
func nastyDeadline(t *testing.T, s *store.Store, text, id string) {
	d := deadline(text)
	d.Unit, d.Title, d.Obligation, d.Rule, d.Plan, d.Event = text, text, text, text, text, text
	d.Lead, d.Responsible = []string{text}, []string{text, text + "2"}
	d.Reminders[0].Unit, d.Reminders[1].Unit = text, text
	on := track(t, s, d)[0]
	if diff := cmp.Diff(
		d,
		on,
		cmpopts.EquateComparable(calendar.Date{}),
		cmpopts.IgnoreFields(scheduler.Deadline{}, "ID", "Version", "Number"),
		cmpopts.IgnoreFields(scheduler.Reminder{}, "ID", "DeadlineID"),
	); diff != "" {
		t.Errorf("deadline (-want +got):\n%s", diff)
	}
	x := scheduler.Extension{DeadlineID: on.ID, From: day(9, 28), To: day(10, 31), Reason: text, By: text, At: now}
	if err := s.Extend(t.Context(), x, on, entry("extend")); err != nil {
		t.Fatal(err)
	}
	c := completion(find(t, s, text, text), now)
	c.By, c.Unit, c.URL, c.Note = text, text, text, text
	audit := scheduler.Entry{At: now, By: text, Action: "done", Target: text, Detail: text}
	if err := s.Complete(
		t.Context(),
		scheduler.Closing{Completions: []scheduler.Completion{c}, Audit: []scheduler.Entry{audit}},
	); err != nil {
		t.Fatal(err)
	}
	c.Version = 0
	want := scheduler.History{Completions: []scheduler.Completion{c}, Extensions: []scheduler.Extension{x}}
	said, err := s.History(t.Context(), on.ID)
	if diff := cmp.Diff(
		want,
		said,
		cmpopts.EquateComparable(calendar.Date{}),
		cmpopts.IgnoreFields(scheduler.Completion{}, "ID"),
	); err != nil ||
		diff != "" {
		t.Errorf("history, %v (-want +got):\n%s", err, diff)
	}
	if trail := auditTrail(t, s); !cmp.Equal(audit, trail[len(trail)-1]) {
		t.Errorf("audit is %+v", trail[len(trail)-1])
	}
	if err := s.SetSetting(t.Context(), text, text); err != nil {
		t.Error(err)
	}
	m := mailed(t, s, "digest/"+text, id, "to@example.invalid")
	answer := message("answer/" + text)
	answer.MessageID, answer.Unit, answer.Subject, answer.Text, answer.HTML = "a"+id, text, text, text, text
	r := scheduler.Received{ID: text, Message: m.Key, Unit: text, Dated: now, At: now}
	if got, err := s.Receive(t.Context(), r); err != nil || !cmp.Equal(r, got) {
		t.Fatalf("reply %+v, %v", got, err)
	}
	r.Outcome = text
	if err := s.Handle(
		t.Context(),
		now,
		r,
		scheduler.Promise{Key: answer.Key, Messages: []notify.Message{answer}},
	); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Receive(t.Context(), r); err != nil || got.Outcome != text || got.Handled.IsZero() {
		t.Errorf("reply %+v, %v", got, err)
	}
	q := scheduler.Request{
		ID:       text,
		Deadline: on,
		Unit:     text,
		To:       day(10, 8),
		Reason:   text,
		By:       text,
		At:       now,
		State:    scheduler.Asked,
	}
	if fresh, err := s.AddRequest(
		t.Context(),
		q,
		scheduler.RequestBound{OfDeadline: 9, OfUnit: 9},
		audit,
	); err != nil ||
		!fresh {
		t.Errorf("request is new: %t, %v", fresh, err)
	}
	if got, err := s.Requests(
		t.Context(),
		scheduler.RequestFilter{ID: text},
	); err != nil || len(got) != 1 || got[0].Reason != text ||
		got[0].Unit != text {
		t.Errorf("requests %+v, %v", got, err)
	}
	if _, err := s.NoteBounce(
		t.Context(),
		now,
		m,
		scheduler.Bounce{Status: "5.1.1", Permanent: true, Mailbox: true, Text: text},
	); err != nil {
		t.Error(err)
	}
	ms, err := s.Claim(t.Context(), text, now, 100)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(ms, func(m notify.Message) bool { return m.Key == answer.Key })
	if i < 0 || ms[i].Unit != text || ms[i].Subject != text || ms[i].Text != text || ms[i].HTML != text {
		t.Errorf("claimed %+v", ms)
	}
}

// built are the statements that are put together as the program runs, by the function that does it, and why that is
// safe. Whatever is not listed is written out in the source, as a constant; values go by placeholders alone.
var built = map[string]string{
	"apply":       "one of two constants, by the kind of database",
	"applyStep":   "from the migrations in the binary",
	"backup":      "one of the constants that begin a snapshot",
	"backupTable": "of names that the database gave",
	"checkEmpty":  "of names that the database gave",
	"describe":    "one of two constants, by the kind of database",
	"each":        "of its callers, which this test looks at as well",
	"fillTable":   "of names that were compared with the database's, and placeholders",
	"settleAlike": "of constants, one for each message",
	"carry":       "of constants, one for each reminder",
	"skipIDs":     "of a number",
	"setSession":  "of constants, those in sessionSettings",
}

// takers are the methods that take a statement or a piece of one as their first text.
var takers = []string{
	"Exec",
	"Raw",
	"Where",
	"Or",
	"Not",
	"Having",
	"Order",
	"Group",
	"Select",
	"Omit",
	"Joins",
	"Table",
	"Pluck",
	"Update",
	"Expr",
	"ExecContext",
	"QueryContext",
	"QueryRowContext",
	"PrepareContext",
}

// TestStatementsAreConstant reads the source: SQL that is put together from anything but constants stands in the list
// above, or nowhere.
func TestStatementsAreConstant(t *testing.T) {
	fset := token.NewFileSet()
	var files []*ast.File
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	constants := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				for _, spec := range g.Specs {
					for _, n := range spec.(*ast.ValueSpec).Names {
						constants[n.Name] = true
					}
				}
			}
		}
	}
	looked, used := 0, map[string]bool{}
	for _, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				for _, arg := range statement(call) {
					looked++
					switch {
					case constant(arg, constants):
					case built[fn.Name.Name] != "":
						used[fn.Name.Name] = true
					default:
						t.Errorf(
							"%s: %s puts a statement together; write it out, or say in this test why it is safe",
							fset.Position(arg.Pos()),
							fn.Name.Name,
						)
					}
				}
				return true
			})
		}
	}
	if looked < 100 {
		t.Errorf("looked at %d statements: this test looks at the wrong thing", looked)
	}
	for name := range built {
		if !used[name] {
			t.Errorf("%s is listed and puts no statement together", name)
		}
	}
}

// statement returns the arguments of a call that are SQL.
func statement(call *ast.CallExpr) []ast.Expr {
	if fn, ok := call.Fun.(*ast.Ident); ok && fn.Name == "each" {
		return call.Args[2:3]
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains(takers, sel.Sel.Name) || len(call.Args) == 0 {
		return nil
	}
	// cmp.Or, and the tables of an archive
	if pkg, ok := sel.X.(*ast.Ident); ok && (pkg.Name == "cmp" || pkg.Name == "a") {
		return nil
	}
	switch name := sel.Sel.Name; {
	case strings.HasSuffix(name, "Context"):
		return call.Args[1:2]
	case name == "Select" || name == "Omit":
		return call.Args
	default:
		return call.Args[:1]
	}
}

// constant reports whether an expression is a constant text: written out, named, or several joined.
func constant(e ast.Expr, constants map[string]bool) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return constants[e.Name]
	case *ast.BinaryExpr:
		return constant(e.X, constants) && constant(e.Y, constants)
	case *ast.ParenExpr:
		return constant(e.X, constants)
	}
	return false
}
