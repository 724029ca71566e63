package scheduler_test

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/seeds"
)

const office = "县政府办公室"

// contacts knows everybody but those listed; the office and 县财政局 have what is stated.
type contacts struct {
	without []string
	several map[string][]string
}

func (c contacts) Addresses(unit string) []string {
	switch {
	case slices.Contains(c.without, unit):
		return nil
	case c.several[unit] != nil:
		return c.several[unit]
	}
	return []string{notify.MadeUpAddress(unit)}
}

// smallCatalogue has one obligation of each kind that matters to deciding.
const smallCatalogue = `
units:
  县政府办公室: {full_name: 宁阳县人民政府办公室}
  县环保局: {full_name: 宁阳县环境保护局}
  县财政局: {full_name: 宁阳县财政局}
  县教育局: {full_name: 宁阳县教育局}
  县食药监局: {full_name: 宁阳县食品药品监督管理局}
triggers:
  policy-published: {title: 政策文件公布}
  recall-ordered: {title: 责令召回的决定作出}
  enrolment-closed: {title: 招生工作结束}
obligations:
  air: {new: true, row: 0, title: 环境空气质量状况, clause: 按月发布, kind: periodic, rule: {every: month}, lead: [县环保局], responsible: [县财政局]}
  interpretation: {new: true, row: 0, title: 政策解读材料, clause: 3个工作日内, kind: after-event, rule: {after: policy-published, within: 3wd}, lead: [县环保局, 县财政局, 县教育局], responsible: []}
  recall: {new: true, row: 0, title: 召回信息, clause: 24小时内, kind: after-event, rule: {after: recall-ordered, within: 24h}, lead: [县食药监局], responsible: []}
  enrolment:
    new: true
    row: 0
    title: 招生结果
    clause: 招生工作结束后
    kind: chained
    rules:
      publish: {after: enrolment-closed, within: 10wd}
      show: {after: {done: publish}, on_show: 7wd}
    lead: [县教育局]
    responsible: []
  attendance: {new: true, row: 0, title: 邀请公众列席, clause: 不得少于2次, kind: quota, rule: {every: year, at_least: 2}, lead: [县财政局, 县教育局], responsible: [], per: unit}
`

// layer makes a catalogue's layer of one file.
func layer(name, text string, override bool) rules.Layer {
	return rules.Layer{Name: name, FS: fstest.MapFS{"catalogue.yaml": {Data: []byte(text)}}, Override: override}
}

// years returns the shipped calendar up to and with the last year.
func years(t testing.TB, last int) *calendar.Calendar {
	t.Helper()
	files := fstest.MapFS{}
	shipped := seeds.Calendar()
	names, err := fs.Glob(shipped, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if year := strings.TrimSuffix(name, ".yaml"); year > fmt.Sprint(last) && year < "3" {
			continue
		}
		data, err := fs.ReadFile(shipped, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	cal, _, err := calendar.Load(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

// plan loads layers over the calendar up to a year.
func plan(t testing.TB, lastYear int, c contacts, layers ...rules.Layer) *scheduler.Plan {
	t.Helper()
	catalogue, err := rules.Load(layers...)
	if err != nil {
		t.Fatal(err)
	}
	composer, err := compose.New(compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cal := years(t, lastYear)
	return &scheduler.Plan{
		Catalogue: catalogue, Calendar: cal, Contacts: c, Composer: composer,
		Planner:     rules.NewPlanner(catalogue, cal, rules.Options{TableYears: []int{2018}}),
		Fingerprint: fmt.Sprint(cal.Version(), len(layers), texts(layers)),
	}
}

// texts are what layers say: printed as it is, a layer shows where its files lie in memory, and the next may lie there.
func texts(layers []rules.Layer) []string {
	var all []string
	for _, l := range layers {
		text := l.Name
		if files, ok := l.FS.(fstest.MapFS); ok {
			for _, name := range slices.Sorted(maps.Keys(files)) {
				text += string(files[name].Data)
			}
		}
		all = append(all, text)
	}
	return all
}

func options(p *scheduler.Plan, st scheduler.Store) scheduler.Options {
	return scheduler.Options{Plan: p, Store: st, Office: office, IDs: testKey(), Table: "2018年任务分解表"}
}

// rig is a scheduler on a real database, and all letters it has promised.
type rig struct {
	t       testing.TB
	store   scheduler.Store
	s       *scheduler.Scheduler
	letters []scheduler.Letter
	pages   int // published
}

func newRig(t testing.TB, st scheduler.Store, p *scheduler.Plan) *rig {
	t.Helper()
	return newRigOf(t, options(p, st))
}

func newRigOf(t testing.TB, o scheduler.Options) *rig {
	t.Helper()
	r := &rig{t: t, store: o.Store}
	o.Promised = func(l scheduler.Letter) { r.letters = append(r.letters, l) }
	var err error
	if r.s, err = scheduler.New(o); err != nil {
		t.Fatal(err)
	}
	return r
}

// pass passes at a time written 2018-01-02 09:00, Beijing time, and returns the letters, a line each.
func (r *rig) pass(at string) []string {
	r.t.Helper()
	return lines(r.passAt(moment(r.t, at)))
}

func (r *rig) passAt(now time.Time) []scheduler.Letter {
	r.t.Helper()
	letters, err := r.tryAt(now)
	if err != nil {
		r.t.Fatalf("pass at %s: %v", now, err)
	}
	return letters
}

// tryAt is passAt for a pass that may fail.
func (r *rig) tryAt(now time.Time) ([]scheduler.Letter, error) {
	before := len(r.letters)
	report, err := r.s.Pass(r.t.Context(), now)
	if n := len(r.letters) - before; report.Messages != n {
		r.t.Errorf("pass at %s: %d messages are reported, and %d promised", now, report.Messages, n)
	}
	return inOrder(r.letters[before:]), err
}

// inOrder sorts the letters of a morning by unit, and what goes to the office in others' place last: who has a copy of
// what others are late with is told after those.
func inOrder(ls []scheduler.Letter) []scheduler.Letter {
	morning := func(l scheduler.Letter) bool {
		return l.Kind == notify.Digest || l.Kind == notify.Correction || strings.HasPrefix(l.Message.Key, "fallback/2")
	}
	begin := slices.IndexFunc(ls, morning)
	if begin < 0 {
		return ls
	}
	end := begin
	for end < len(ls) && morning(ls[end]) {
		end++
	}
	ls = slices.Clone(ls)
	slices.SortStableFunc(ls[begin:end], func(a, b scheduler.Letter) int {
		switch {
		case a.Kind == b.Kind:
		case a.Kind == notify.Fallback:
			return 1
		case b.Kind == notify.Fallback:
			return -1
		}
		return strings.Compare(a.Unit, b.Unit)
	})
	return ls
}

// through passes at each of the times of each day of a range.
func (r *rig) through(from, to string, clocks ...string) []string {
	r.t.Helper()
	var all []string
	for day := date(r.t, from); !day.After(date(r.t, to)); day = day.AddDays(1) {
		for _, c := range clocks {
			all = append(all, r.pass(day.String()+" "+c)...)
		}
	}
	return all
}

func (r *rig) complete(at, key, unit string) scheduler.Completed {
	r.t.Helper()
	r.pages++
	link := fmt.Sprint("https://www.example.invalid/", r.pages)
	c, err := r.s.Complete(r.t.Context(), moment(r.t, at), "clerk", key, unit, link, "")
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *rig) event(at string, e rules.Event) scheduler.Recorded {
	r.t.Helper()
	rec, err := r.s.AddEvents(r.t.Context(), moment(r.t, at), "clerk", []rules.Event{e})
	if err != nil {
		r.t.Fatal(err)
	}
	return rec[0]
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, calendar.Zone())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func date(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// lines shows letters as the transcript has them: when, to whom, what kind, what about.
func lines(ls []scheduler.Letter) []string {
	out := []string{}
	for _, l := range ls {
		var items []string
		for _, it := range l.Items {
			items = append(items, it.Key+"/"+it.Stage)
		}
		out = append(
			out,
			fmt.Sprintf(
				"%s %s %s %s",
				l.At.In(calendar.Zone()).Format("2006-01-02 15:04"),
				l.Unit,
				l.Kind,
				strings.Join(items, " "),
			),
		)
	}
	return out
}

// testKey makes the Message-IDs and codes of a test's mails.
func testKey() *notify.Signer {
	s, err := notify.NewSigner([]byte(strings.Repeat("k", 32)), "example.invalid")
	if err != nil {
		panic(err)
	}
	return s
}
