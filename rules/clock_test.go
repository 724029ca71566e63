package rules_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/calendar"
)

const applications = `
units: {县环保局: {aliases: [环保局]}}
triggers:
  received: {title: 收到申请（填申请编号）}
  asked: {title: 征求第三方意见}
  answered: {title: 第三方答复}
  unclear: {title: 要求补正}
  corrected: {title: 收到补正}
obligations:
  old: {row: 0, title: 旧法答复, clause: 按期, kind: after-event, lead: [县环保局], rule: {after: received, within: 15wd, until: 2019-06-04}}
  reply:
    row: 0
    title: 答复申请
    clause: 按期
    kind: after-event
    lead: [县环保局]
    rules:
      workdays:
        after: received
        within: 20wd
        from: 2019-06-13
        cap: {most: 20wd, by: unit, article: 《条例》第三十三条, note: 须经本机关负责人同意，并告知申请人}
        pause:
          - {stop: asked, continue: answered, article: 《条例》第三十三条第三款, remind: 15wd, then: 请登记答复，或按《条例》第三十二条处理}
          - {stop: unclear, restart: corrected, within: 7wd, article: 《条例》第三十条}
      days: {after: received, within: 30d, pause: [{stop: asked, continue: answered, article: 某条}]}
`

func applicationPlanner(t testing.TB) *rules.Planner {
	t.Helper()
	c, err := rules.Load(rules.Layer{FS: fstest.MapFS{"a.yaml": {Data: []byte(applications)}}})
	if err != nil {
		t.Fatal(err)
	}
	return rules.NewPlanner(c, loadCalendar(t), rules.Options{})
}

// happening reads "asked 2026-03-09" as an event of application 1; further words follow the ref.
func happening(t testing.TB, s string) rules.Event {
	t.Helper()
	f := strings.SplitN(s, " ", 3)
	e := rules.Event{Trigger: f[0], Unit: "县环保局", Ref: "1", At: date(t, f[1]).At(10 * time.Hour)}
	if len(f) == 3 {
		e.Ref += " " + f[2]
	}
	return e
}

// The application is received on Monday 2 March 2026; no holiday lies in the days that follow until 清明, 4 to 6 April.
func TestPause(t *testing.T) {
	p := applicationPlanner(t)
	for name, tt := range map[string]struct {
		events []string
		due    string // of the working days
		days   string // of the calendar days
		stands string // since, and what is left
		unfit  string
	}{
		"runs":           {nil, "2026-03-30", "2026-04-01", "", ""},
		"three days":     {[]string{"asked 2026-03-09", "answered 2026-03-11"}, "2026-04-01", "2026-04-03", "", ""},
		"over a weekend": {[]string{"asked 2026-03-13", "answered 2026-03-16"}, "2026-03-31", "2026-04-07", "", ""},
		"a weekend only": {[]string{"asked 2026-03-14", "answered 2026-03-15"}, "2026-03-30", "2026-04-02", "", ""},
		"the same day":   {[]string{"asked 2026-03-10", "answered 2026-03-10"}, "2026-03-30", "2026-04-01", "", ""},
		"the first day":  {[]string{"asked 2026-03-02", "answered 2026-03-03"}, "2026-03-31", "2026-04-02", "", ""},
		"the last day":   {[]string{"asked 2026-03-30", "answered 2026-04-01"}, "2026-04-01", "2026-04-03", "", ""},
		"twice": {
			[]string{"asked 2026-03-09", "answered 2026-03-11", "asked 2026-03-11 再次", "answered 2026-03-12 再次"},
			"2026-04-02", "2026-04-07", "", "",
		},
		"stands":     {[]string{"asked 2026-03-09"}, "2026-03-30", "2026-04-01", "2026-03-09 15wd", ""},
		"still asks": {[]string{"asked 2026-03-30"}, "2026-03-30", "2026-04-01", "2026-03-30 0wd", ""},
		"anew": {
			[]string{"unclear 2026-03-04", "corrected 2026-03-16"},
			"2026-04-14", "2026-04-01", "", "",
		},
		"anew and asked": {
			[]string{"unclear 2026-03-04", "corrected 2026-03-16", "asked 2026-03-17", "answered 2026-03-18"},
			"2026-04-15", "2026-04-02", "", "",
		},
		"asked while unclear": {
			[]string{"unclear 2026-03-04", "asked 2026-03-05", "corrected 2026-03-16"},
			"2026-03-30", "2026-04-01", "2026-03-04 20wd", "",
		},
		"anew while asked": {
			[]string{"asked 2026-03-09", "unclear 2026-03-10", "corrected 2026-03-17"},
			"2026-03-30", "2026-04-01", "2026-03-09 20wd", "",
		},
		"anew while asked, answered": {
			[]string{"asked 2026-03-09", "unclear 2026-03-10", "corrected 2026-03-17", "answered 2026-03-18"},
			"2026-04-16", "2026-04-10", "", "",
		},
		"continued only":   {[]string{"answered 2026-03-09"}, "2026-03-30", "2026-04-01", "", "not-stopped not-stopped"},
		"stopped twice":    {[]string{"asked 2026-03-09", "asked 2026-03-10 再次"}, "2026-03-30", "2026-04-01", "2026-03-09 15wd", "stands stands"},
		"stopped too late": {[]string{"asked 2026-04-08", "answered 2026-04-09"}, "2026-03-30", "2026-04-01", "", "after-due after-due"},
		"anew too late":    {[]string{"unclear 2026-03-31", "corrected 2026-04-09"}, "2026-03-30", "2026-04-01", "", "too-late not-stopped"},
		"anew on the 7th":  {[]string{"unclear 2026-03-11"}, "2026-03-30", "2026-04-01", "2026-03-11 13wd", ""},
		"anew on the 8th":  {[]string{"unclear 2026-03-12"}, "2026-03-30", "2026-04-01", "", "too-late"},
		"before":           {[]string{"asked 2026-02-27"}, "2026-03-30", "2026-04-01", "", "before-start before-start"},
		"another's":        {[]string{"asked 2026-03-09"}, "2026-03-30", "2026-04-01", "2026-03-09 15wd", ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := happening(t, "received 2026-03-02")
			for _, s := range tt.events {
				e.Clock = append(e.Clock, happening(t, s))
			}
			for range 5 { // in whatever order they are on record
				rand.Shuffle(len(e.Clock), func(i, j int) { e.Clock[i], e.Clock[j] = e.Clock[j], e.Clock[i] })
				os, err := p.OnEvent(e)
				if err != nil || len(os) != 2 {
					t.Fatalf("%d occurrences: %v", len(os), err)
				}
				stands := ""
				if s := os[0].Stands; s != nil {
					stands = fmt.Sprintf("%s %s", s.Since, s.Left)
				}
				var unfit []string
				for _, u := range p.Unfit(e) {
					unfit = append(unfit, string(u.Why))
				}
				got := []string{os[0].Due.Date.String(), os[1].Due.Date.String(), stands, strings.Join(unfit, " ")}
				if diff := cmp.Diff([]string{tt.due, tt.days, tt.stands, tt.unfit}, got); diff != "" {
					t.Fatalf("-want +got:\n%s", diff)
				}
				late := os[0].Resumed.After(os[0].Due.Date.At(9 * time.Hour)) // when it ran again nothing was left
				if (stands != "" || late) != (len(os[0].Reminders) == 0) {
					t.Errorf("stands %q with %d reminders", stands, len(os[0].Reminders))
				}
			}
		})
	}
}

// What was told before the clock stood is not due again when it runs, and no reminder lies before that.
func TestPauseReminders(t *testing.T) {
	p := applicationPlanner(t)
	e := happening(t, "received 2026-03-02")
	e.Clock = []rules.Event{happening(t, "asked 2026-03-25"), happening(t, "answered 2026-04-08")}
	os, err := p.OnEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range os[0].Reminders {
		got = append(got, r.Stage.String()+" "+calendar.DateOf(r.At).String())
	}
	if diff := cmp.Diff([]string{"1wd 2026-04-10", "0 2026-04-13"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A practitioner's count: received on 2 November, asked on the 9th, answered on the 16th, five working days are left out.
func TestPauseLeavesFiveDaysOut(t *testing.T) {
	p := applicationPlanner(t)
	e := happening(t, "received 2026-11-02")
	e.Clock = []rules.Event{happening(t, "asked 2026-11-09"), happening(t, "answered 2026-11-16")}
	os, err := p.OnEvent(e)
	if err != nil || os[0].Due.Date.String() != "2026-12-07" || os[0].Stood != 5 {
		t.Errorf("due %s, stood %d: %v", os[0].Due.Date, os[0].Stood, err)
	}
	e.Clock = e.Clock[:1]
	os, err = p.OnEvent(e)
	if err != nil || os[0].Stands == nil || os[0].Stands.Left.String() != "15wd" ||
		os[0].Stands.Remind.Format(time.DateTime) != "2026-11-30 09:00:00" {
		t.Errorf("%+v: %v", os[0].Stands, err)
	}
}

// What was recorded late is told at the next office hour, not before it was known.
func TestAsRecorded(t *testing.T) {
	p := applicationPlanner(t)
	os, err := p.OnEvent(happening(t, "received 2026-03-02"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ at, want string }{
		{"2026-03-10", "record 2026-03-11, 5wd 2026-03-23, 1wd 2026-03-27, 0 2026-03-30"},
		{"2026-03-26", "1wd 2026-03-27, 0 2026-03-30"},
		{"2026-03-31", "0 2026-04-01"},
	} {
		var got []string
		for _, r := range p.AsRecorded(os[0], date(t, tt.at).At(15*time.Hour)).Reminders {
			got = append(got, r.Stage.String()+" "+calendar.DateOf(r.At).String())
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("recorded %s: -want +got:\n%s", tt.at, diff)
		}
	}
}

// Supposed events are wound as those on record are, and what is about no clock among them is refused.
func TestWind(t *testing.T) {
	p := applicationPlanner(t)
	first, asked := happening(t, "received 2026-03-02"), happening(t, "asked 2026-03-09")
	wound, err := p.Wind([]rules.Event{asked, first})
	if err != nil || len(wound) != 1 || len(wound[0].Clock) != 1 {
		t.Errorf("%v %v", wound, err)
	}
	for _, es := range [][]rules.Event{{asked}, {first, happening(t, "asked 2026-04-08")}} {
		if _, err := p.Wind(es); err == nil {
			t.Errorf("%v: nothing stops, and nobody is told", es)
		}
	}
}

// A pause is of one application: it has its number, or the number of the event, and is of the same unit. One with just
// that number goes before one whose number it begins with, and the one for which it was recorded before all.
func TestFirstOf(t *testing.T) {
	p := applicationPlanner(t)
	first, other := happening(t, "received 2026-03-02"), happening(t, "received 2026-03-03 再次")
	second := happening(t, "asked 2026-03-09 再次")
	for _, tt := range []struct {
		of    string
		among []rules.Event
		want  string
	}{
		{"", []rules.Event{first}, first.ID()},
		{"", []rules.Event{first, other}, other.ID()},
		{"", []rules.Event{other, first}, other.ID()},
		{first.ID(), []rules.Event{other, first}, first.ID()},
		{first.ID(), []rules.Event{other}, ""},
	} {
		second.Of = tt.of
		got := ""
		for _, e := range p.FirstOf(&second, tt.among) {
			got += e.ID()
		}
		if got != tt.want {
			t.Errorf("of %q among %d: %q, want %q", tt.of, len(tt.among), got, tt.want)
		}
	}
	for _, tt := range []struct {
		trigger, unit, ref string
		want               bool
	}{
		{"asked", "县环保局", "1", true},
		{"answered", "环保局", "1", true},
		{"asked", "县环保局", "1 再次", true},
		{"asked", "县环保局", first.ID(), true},
		{"asked", "县环保局", "12", false},
		{"asked", "县环保局", "", false},
		{"asked", "", "1", false},
		{"received", "县环保局", "1", false},
	} {
		e := rules.Event{Trigger: tt.trigger, Unit: tt.unit, Ref: tt.ref, At: first.At}
		if got := len(p.FirstOf(&e, []rules.Event{first})) > 0; got != tt.want {
			t.Errorf("%s of %q with ref %q concerns it: %v", tt.trigger, tt.unit, tt.ref, got)
		}
	}
}

// Which text of the law holds follows from the day of receipt, however long the clock stood.
func TestPauseKeepsTheLaw(t *testing.T) {
	p := applicationPlanner(t)
	e := happening(t, "received 2019-05-14")
	e.Clock = []rules.Event{happening(t, "asked 2019-05-20"), happening(t, "answered 2019-07-22")}
	os, err := p.OnEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, o := range os {
		ids = append(ids, o.Rule.ID)
	}
	if slices.Contains(ids, "reply.workdays") || !slices.Contains(ids, "old") {
		t.Errorf("in force: %v", ids)
	}
	found, err := p.Find("old@"+e.ID(), []rules.Event{e})
	if err != nil || found.Due.Date.String() != "2019-06-04" {
		t.Errorf("%v %v", found.Due, err)
	}
}

// An occurrence that is found among events is the one that they open.
func TestFindWithPauses(t *testing.T) {
	p := applicationPlanner(t)
	e := happening(t, "received 2026-03-02")
	all := []rules.Event{e, happening(t, "asked 2026-03-09"), happening(t, "answered 2026-03-11")}
	o, err := p.Find("reply.workdays@"+e.ID(), all)
	if err != nil || o.Due.Date.String() != "2026-04-01" {
		t.Fatalf("%v %v", o.Due, err)
	}
	golden(t, "testdata/explain/pause.golden", account(p.Explain(o)))
	o, err = p.Find("reply.workdays@"+e.ID(), append(all[:2], happening(t, "unclear 2026-03-10")))
	if err != nil {
		t.Fatal(err)
	}
	x := p.Explain(o)
	golden(t, "testdata/explain/paused.golden", account(x))
	o, err = p.Find(
		"reply.workdays@"+e.ID(),
		append(all[:1], happening(t, "unclear 2026-03-10"), happening(t, "corrected 2026-03-12")),
	)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/explain/restarted.golden", account(p.Explain(o)))
}

// account is what an explanation says of the count.
func account(x rules.Explanation) string {
	from := slices.IndexFunc(x.Lines, func(s string) bool { return strings.HasPrefix(s, "起算：") })
	to := slices.IndexFunc(x.Lines, func(s string) bool { return strings.HasPrefix(s, "提醒") })
	return strings.Join(append([]string{x.Paused, x.Short}, x.Lines[from:to]...), "\n") + "\n"
}

func TestLimit(t *testing.T) {
	p := applicationPlanner(t)
	due := rules.Due{Date: date(t, "2026-04-03")} // the Friday before 清明
	hours := rules.Due{Date: date(t, "2026-04-03"), Instant: date(t, "2026-04-03").At(10 * time.Hour)}
	for _, tt := range []struct {
		most string
		due  rules.Due
		want string
	}{
		{"20wd", due, "2026-05-07"},
		{"1d", due, "2026-04-07"},
		{"1d", hours, "2026-04-04"},
		{"1m", due, "2026-05-06"},
	} {
		most, err := rules.ParseSpan(tt.most)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Limit(&rules.Cap{Most: most}, tt.due)
		if err != nil || got.String() != tt.want {
			t.Errorf("%s: %s %v, want %s", tt.most, got, err, tt.want)
		}
	}
}

// The table's own year is the one in which its rules with years: table hold, unless the configuration names others.
func TestOwnYear(t *testing.T) {
	const table = "year: 2025\nunits: {县财政局: {}}\nobligations:\n  yearly: {row: 0, title: 年度, clause: 年度, kind: periodic, lead: [县财政局], rule: {every: year, years: table}}\n"
	c, err := rules.Load(rules.Layer{Name: "seeds", FS: fstest.MapFS{"a.yaml": {Data: []byte(table)}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		years []int
		want  []string
	}{
		{nil, []string{"yearly@2025"}},
		{[]int{2024, 2026}, []string{"yearly@2024", "yearly@2026"}},
	} {
		p := rules.NewPlanner(c, loadCalendar(t), rules.Options{TableYears: tt.years})
		os, err := p.Occurrences(date(t, "2024-01-01"), date(t, "2026-12-31"))
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, o := range os {
			keys = append(keys, o.Key)
		}
		if diff := cmp.Diff(tt.want, keys); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.years, diff)
		}
	}
	p := rules.NewPlanner(c, loadCalendar(t), rules.Options{})
	var said []string
	for _, d := range p.Doubts(date(t, "2026-11-29")) {
		said = append(said, d.Error())
	}
	want := []string{
		"seeds/a.yaml:1:7: the table is of 2025: 1 rules with years: table fall due no more; table_years in the configuration names other years",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
