package rules_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/rules/document"
	"qixian/seeds"
)

var update = flag.Bool("update", false, "write the golden files of this package anew")

// timeWord finds the words by which a clause of the table speaks of time. It is wider than the table needs, so that a
// corrected or next year's table is held to the same measure.
var timeWord = regexp.MustCompile(strings.Join([]string{
	`工作日|小时|\d+日|日内|之日|\d+天|日期`,
	`月底|月末|月初|月中|月份|按月|月度|每月|逐月|\d+月`,
	`季度|按季|每季|季末`,
	`年底|年末|年初|年内|年前|每年|年度|年检|年报|周年|半年|逐年|\d+年|每周`,
	`定期|按时|按期|如期|限期|限时|时限|期限|法定|期间|时间`,
	`及时|同步|实时|即时|随时|立即|尽快|尽早|第一时间|动态|适时|逐步|分批|长期|直播|全过程`,
	`随会议|随公文|随文`,
	`不得少于|不少于|不得超过|至少`,
	`(?:决策|出台|公开|发布|印发|实施|会|事|批)前`,
	`(?:结束|作出|决定|公布|公开|发布|印发|程序|完成|会|事|批)后`,
	`先审查|时，|公开时|信息时`,
}, "|"))

// tableDay is a day on which the table was in force: memberships of groups are asked as of it.
var tableDay = calendar.NewDate(2018, time.September, 1)

// loadTable loads the embedded catalogue alone, without any override.
func loadTable(t *testing.T) *rules.Catalogue {
	t.Helper()
	c, err := rules.Load(rules.Layer{Name: "seeds", FS: seeds.Catalogue()})
	if err != nil {
		t.Fatalf("load the embedded catalogue:\n%v", err)
	}
	return c
}

func TestTableIsComplete(t *testing.T) {
	c := loadTable(t)
	if len(c.Rows) != 185 {
		t.Fatalf("the table has %d rows, want 185", len(c.Rows))
	}
	var decided []int
	for i, r := range c.Rows {
		if r.Number != i+1 {
			t.Errorf("row %d stands in place %d", r.Number, i+1)
		}
		if r.Section == "" || r.Subsection == "" || !strings.HasSuffix(r.Text, "。") {
			t.Errorf("row %d is incomplete: %q / %q / %q", r.Number, r.Section, r.Subsection, r.Text)
		}
		if len(c.Expand(r.Lead, tableDay)) == 0 {
			t.Errorf("row %d has no lead unit", r.Number)
		}
		if len(r.Responsible) == 0 && r.Decision == "" {
			t.Errorf("row %d has no responsible unit and does not say why", r.Number)
		}
		if r.Decision != "" {
			decided = append(decided, r.Number)
		}
	}
	// The rows whose blank unit cells can be read in more than one way.
	want := []int{
		9,
		10,
		11,
		15,
		40,
		41,
		42,
		43,
		44,
		45,
		53,
		62,
		63,
		64,
		71,
		72,
		73,
		102,
		107,
		169,
		170,
		171,
		172,
		179,
		180,
		184,
		185,
	}
	if diff := cmp.Diff(want, decided); diff != "" {
		t.Errorf("rows with a decision (-want +got):\n%s", diff)
	}
}

func TestClausesComeFromTheirRows(t *testing.T) {
	c := loadTable(t)
	for _, o := range c.Obligations {
		if o.Row < 1 || o.Row > len(c.Rows) {
			t.Errorf("%s: no row %d", o.ID, o.Row)
			continue
		}
		row := c.Rows[o.Row-1]
		if o.Clause == "" || !o.Addition && !strings.Contains(row.Text, o.Clause) {
			t.Errorf("%s: clause %q does not stand in row %d: %s", o.ID, o.Clause, o.Row, row.Text)
		}
		if len(o.Lead) == 0 {
			t.Errorf("%s: no lead unit", o.ID)
		}
		if o.Title == "" || len([]rune(o.Title)) > 24 {
			t.Errorf("%s: title %q is empty or too long for a line of mail", o.ID, o.Title)
		}
	}
}

// What the table leaves open must be said: a kind without a figure of its own needs the default taken, or its source,
// in words.
func TestDefaultsAreExplained(t *testing.T) {
	open := []rules.Kind{
		rules.Prompt,
		rules.PeriodicAssumed,
		rules.Periodic,
		rules.Fixed,
		rules.BeforeEvent,
		rules.Chained,
		rules.Quota,
	}
	for _, o := range loadTable(t).Obligations {
		for _, r := range o.Rules {
			texts := o.TextsOf(&r)
			if slices.Contains(open, o.Kind) && texts.Assumed+texts.Note == "" {
				t.Errorf("%s (%s): neither assumed nor note", r.ID, o.Kind)
			}
			if o.Kind == rules.Statutory && texts.Basis == "" {
				t.Errorf("%s: a statutory figure without its article", r.ID)
			}
			if o.Kind == rules.Prompt && r.Within.String() == "20wd" && texts.Basis == "" &&
				!strings.Contains(texts.Assumed, "核定") {
				t.Errorf("%s: 20wd without the statute's article", r.ID)
			}
			if len([]rune(texts.Title)) > 24 {
				t.Errorf("%s: title %q is too long for a line of mail", r.ID, texts.Title)
			}
		}
	}
}

// exception is a time word that sets no date for anybody.
type exception struct {
	row          int
	text, reason string
}

func loadExceptions(t *testing.T) []exception {
	t.Helper()
	const file = "testdata/time-words.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var ps document.Problems
	root, _ := document.Parse(file, data, &ps)
	var es []exception
	for _, n := range root.Items() {
		f := n.Fields("row", "text", "reason")
		es = append(es, exception{f["row"].Int(1, 185), f["text"].Text(), f["reason"].Text()})
	}
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	return es
}

// spans returns where text stands in row, each as the byte offsets of its beginning and end.
func spans(row, text string) [][2]int {
	var out [][2]int
	for from := 0; ; {
		i := strings.Index(row[from:], text)
		if i < 0 {
			return out
		}
		out = append(out, [2]int{from + i, from + i + len(text)})
		from += i + len(text)
	}
}

func TestEveryTimeWordIsExplained(t *testing.T) {
	c := loadTable(t)
	clauses := map[int][][2]int{}
	for _, o := range c.Obligations {
		clauses[o.Row] = append(clauses[o.Row], spans(c.Rows[o.Row-1].Text, o.Clause)...)
	}
	exceptions := loadExceptions(t)
	used := make([]bool, len(exceptions))
	excused := func(row rules.Row, word []int) bool {
		found := false
		for i, e := range exceptions {
			if e.row == row.Number && e.reason != "" && inside(word, spans(row.Text, e.text)) {
				used[i], found = true, true
			}
		}
		return found
	}
	words := 0
	for _, row := range c.Rows {
		for _, w := range timeWord.FindAllStringIndex(row.Text, -1) {
			words++
			if !inside(w, clauses[row.Number]) && !excused(row, w) {
				t.Errorf("row %d: %s stands in no obligation's clause: %s", row.Number, row.Text[w[0]:w[1]], row.Text)
			}
		}
	}
	if words < 150 {
		t.Errorf("only %d time words were found; the pattern must have lost some", words)
	}
	for i, e := range exceptions {
		if !used[i] {
			t.Errorf("row %d: exception %q is not needed", e.row, e.text)
		}
	}
}

func inside(word []int, spans [][2]int) bool {
	return slices.ContainsFunc(spans, func(s [2]int) bool { return s[0] <= word[0] && word[1] <= s[1] })
}

func TestEveryTriggerIsUsed(t *testing.T) {
	c := loadTable(t)
	used := map[string]bool{}
	for _, o := range c.Obligations {
		for _, r := range o.Rules {
			used[r.After], used[r.Before] = true, true
			for _, s := range r.Pause {
				used[s.Stop], used[s.Continue], used[s.Restart] = true, true, true
			}
		}
	}
	for name, trigger := range c.Triggers {
		if !used[name] && !slices.ContainsFunc(
			slices.Concat(trigger.Parts, trigger.Subjects), func(part string) bool { return used[part] },
		) {
			t.Errorf("no rule uses trigger %s", name)
		}
	}
	for id, trigger := range map[string]string{"policy-interpretation": "policy-published", "food-drug-recall": "recall-ordered"} {
		o, ok := c.Obligation(id)
		if !ok || o.Rules[0].After != trigger {
			t.Errorf("%s does not start at %s", id, trigger)
		}
	}
}

func TestEveryUnitIsNamedByTheTable(t *testing.T) {
	c := loadTable(t)
	named := map[string]bool{}
	for _, row := range c.Rows {
		for _, u := range slices.Concat(row.Lead, row.Responsible) {
			named[u] = true
			for _, m := range c.Expand([]string{u}, tableDay) {
				named[m] = true
			}
		}
	}
	for name, u := range c.Units {
		if !named[name] {
			t.Errorf("unit %s stands in no row", name)
		}
		if !u.Group && u.FullName == "" && u.Note == "" {
			t.Errorf("unit %s has neither a full name nor a note", name)
		}
	}
	if got := c.Expand([]string{"各乡镇（街道）"}, tableDay); len(got) != 13 {
		t.Errorf("各乡镇（街道） has %d members, want 13: %v", len(got), got)
	}
	all, some := c.Expand([]string{"县政府各部门（单位）"}, tableDay), c.Expand([]string{"县政府有关部门（单位）"}, tableDay)
	if diff := cmp.Diff(all, some); diff != "" || len(all) == 0 {
		t.Errorf("县政府有关部门（单位） defaults to all departments (-all +some):\n%s", diff)
	}
	if got, ok := c.Canonical("县卫生计生局"); !ok || got != "县卫计局" {
		t.Errorf("县卫生计生局 is %q, want 县卫计局", got)
	}
}

func TestSeedsHoldOnlyTheCatalogue(t *testing.T) {
	if _, err := fs.Stat(seeds.Catalogue(), "calendar"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the catalogue holds the calendar: %v", err)
	}
	if years, err := fs.Glob(seeds.Calendar(), "20*.yaml"); err != nil || len(years) < 9 {
		t.Errorf("the calendar holds %v (%v), want the years from 2018", years, err)
	}
}

// countKinds lists how many obligations and rules there are of each kind, in the order of the kinds' names.
func countKinds(c *rules.Catalogue) string {
	obligations, each := map[rules.Kind]int{}, map[rules.Kind]int{}
	for _, o := range c.Obligations {
		obligations[o.Kind]++
		each[o.Kind] += len(o.Rules)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-17s %11s %5s\n", "kind", "obligations", "rules")
	for _, k := range slices.Sorted(maps.Keys(obligations)) {
		fmt.Fprintf(&b, "%-17s %11d %5d\n", k, obligations[k], each[k])
	}
	return b.String()
}

func TestObligationsByKind(t *testing.T) {
	const file = "testdata/kinds.golden"
	got := countKinds(loadTable(t))
	t.Logf("\n%s", got)
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
		t.Errorf("obligations by kind (-want +got):\n%s", diff)
	}
}

// A clause that gives a figure must have it in its rule. Clauses that only tell of figures (及时公开3个工作日内…) are prompt.
func TestFiguresOfTheClausesStandInTheRules(t *testing.T) {
	figure := regexp.MustCompile(`(\d+)(个工作日|小时|日|天|次)`)
	clock := map[string]rules.Clock{
		"个工作日": rules.WorkingDays,
		"小时":   rules.Hours,
		"日":    rules.CalendarDays,
		"天":    rules.CalendarDays,
	}
	found := 0
	for _, o := range loadTable(t).Obligations {
		m := figure.FindStringSubmatch(o.Clause)
		if m == nil || o.Kind == rules.Prompt {
			continue
		}
		found++
		want := m[1] + string(clock[m[2]])
		for _, r := range o.Rules {
			got := r.Within.String()
			switch {
			case !r.OnShow.IsZero():
				got = r.OnShow.String()
			case r.AtLeast > 0:
				got = strconv.Itoa(r.AtLeast)
			}
			if got != want {
				t.Errorf("%s: rule %s has %s, its clause says %s", o.ID, r.ID, got, m[0])
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d clauses with a figure were found", found)
	}
}

// The statute's reply period changed on 2019-05-15: every request has one deadline, after the text in force when it was
// received.
func TestReplyPeriodFollowsTheStatute(t *testing.T) {
	cal, _, err := calendar.Load(seeds.Calendar(), ".")
	if err != nil {
		t.Fatal(err)
	}
	p := rules.NewPlanner(loadTable(t), cal, rules.Options{})
	for day := calendar.NewDate(2019, time.April, 1); day.Before(calendar.NewDate(2019, time.July, 1)); day = day.AddDays(1) {
		n, rule := 20, "disclosure-request-reply.law-2019"
		if day.Before(calendar.NewDate(2019, time.May, 15)) {
			n, rule = 15, "disclosure-request-reply.law-2007"
		}
		want, err := cal.Add(day, n)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.OnEvent(rules.Event{Trigger: "disclosure-request-received", At: day.At(10 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Rule.ID != rule || got[0].Due.Date != want.Date {
			t.Errorf("received on %s: %v, want one deadline of %s on %s", day, got, rule, want.Date)
		}
	}
}
