package scheduler_test

import (
	"errors"
	"flag"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
	"qixian/seeds"
)

var update = flag.Bool("update", false, "write the golden files anew")

func shipped(t testing.TB, lastYear int, c contacts) *scheduler.Plan {
	return plan(t, lastYear, c, rules.Layer{Name: "seeds", FS: seeds.Catalogue()})
}

// happenings are the events of the year, in the order in which they are recorded.
var happenings = []struct {
	recorded string
	event    rules.Event
	at       string
}{
	{"2018-02-14 11:00", rules.Event{Trigger: "policy-published", Unit: "县环保局", Ref: "宁政发〔2018〕3号", Title: "宁阳县打赢蓝天保卫战实施方案"}, "2018-02-14 10:00"},
	{"2018-03-05 15:00", rules.Event{Trigger: "major-decision-planned", Unit: "县住建局", Ref: "2018年第1号"}, "2018-04-12 09:00"},
	{"2018-05-10 09:30", rules.Event{Trigger: "subsistence-allowance-approved", Unit: "泗店镇", Ref: "2018年5月"}, "2018-05-09 16:00"},
	{"2018-06-16 21:45", rules.Event{Trigger: "recall-ordered", Ref: "食药召〔2018〕1号", Title: "某批次乳粉"}, "2018-06-16 21:30"},
	{"2018-08-19 03:20", rules.Event{Trigger: "major-emergency-opinion-found", Unit: "县安监局", Ref: "8·19"}, "2018-08-19 03:00"},
	{"2018-08-27 10:00", rules.Event{Trigger: "enrolment-closed", Ref: "2018"}, "2018-08-24 17:00"},
	{"2018-11-02 14:00", rules.Event{Trigger: "policy-published", Ref: "宁政办发〔2018〕30号", Title: "全县机构改革方案"}, "2018-11-01 09:00"},
}

// TestTranscript lives through 2018 with the table as it is shipped, from a first start on New Year's Day: a clerk in each unit answers
// most mails on the day their items are due, and leaves some for later or for ever; 2019's notice arrives in December. Every mail of the
// year is a line of the golden file, to be read by people; what must hold of each of them is checked besides.
func TestTranscript(t *testing.T) {
	c := contacts{without: []string{"县粮食局", "县旅游局"}}
	r := newRig(t, storetest.Open(t, "sqlite"), shipped(t, 2018, c))
	cal := years(t, 2019)
	next := 0
	for day := date(t, "2018-01-01"); day.Year() == 2018; day = day.AddDays(1) {
		for _, now := range looks(t, day) {
			if now.Equal(moment(t, "2018-12-06 20:00")) {
				r.s.Swap(shipped(t, 2019, c))
			}
			if next < len(happenings) && !moment(t, happenings[next].recorded).After(now) {
				e := happenings[next].event
				e.At = moment(t, happenings[next].at)
				r.event(now.Format("2006-01-02 15:04"), e)
				next++
			}
			answer(r, r.passAt(now), now.Add(7*time.Hour).Truncate(time.Minute))
		}
	}
	checkHours(t, r.letters, cal)
	var lines []string
	for _, l := range r.letters {
		lines = append(lines, transcriptLine(l))
	}
	golden(t, "transcript-2018.golden", strings.Join(lines, "\n")+"\n")
}

// looks returns the times of a day at which the daemon passes: a few that matter, and each quarter of an hour around the
// events of hour rules.
func looks(t *testing.T, day calendar.Date) []time.Time {
	var all []time.Time
	for _, h := range happenings {
		at := moment(t, h.recorded)
		if calendar.DateOf(at) == day {
			all = append(all, at)
		}
		if lag := day.Sub(calendar.DateOf(at)); lag >= 0 && lag <= 2 {
			for q := range 4 * 24 {
				all = append(all, day.At(time.Duration(q)*15*time.Minute))
			}
		}
	}
	for _, hour := range []time.Duration{0, 9, 12, 17, 20} {
		all = append(all, day.At(hour*time.Hour))
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// answer has the clerks of the units answer what their mails ask for.
func answer(r *rig, letters []scheduler.Letter, at time.Time) {
	for _, l := range letters {
		if l.Kind != notify.Digest && l.Kind != notify.Immediate && l.Kind != notify.Fallback {
			continue
		}
		for _, it := range l.Items {
			if it.Stage != diligence(it.Key) {
				continue
			}
			for _, d := range mine(r, it.Key, l.Unit) {
				for range d.Needed - d.Completions {
					_, err := r.s.Complete(r.t.Context(), at, l.Unit, it.Key, d.Unit, "https://www.example.invalid/"+it.Key, "")
					if err != nil && !errors.Is(err, scheduler.ErrClosed) {
						r.t.Fatalf("answer %s: %v", it.Key, err)
					}
				}
			}
		}
	}
}

// mine returns the open deadlines with a key that a unit answers for, or for which the office was told in a unit's place.
func mine(r *rig, key, unit string) []scheduler.Deadline {
	ds, err := r.store.Find(r.t.Context(), key, "")
	if err != nil {
		r.t.Fatal(err)
	}
	rule, _, _ := strings.Cut(key, "@")
	if strings.HasSuffix(rule, ".show") {
		return nil
	}
	return slices.DeleteFunc(ds, func(d scheduler.Deadline) bool {
		return d.State != scheduler.Open || d.Unit != "" && d.Unit != unit || d.Unit == "" && !slices.Contains(d.Lead, unit)
	})
}

// diligence returns the stage at which the clerks act on a key: mostly on the due day, some early, some late, some never.
func diligence(key string) string {
	h := fnv.New32a()
	h.Write([]byte(key))
	switch h.Sum32() % 64 {
	case 0, 1, 2:
		return "late1"
	case 3:
		return "late4"
	case 4:
		return "never"
	case 5, 6, 7, 8, 9, 10:
		return "1wd"
	}
	if rule, _, _ := strings.Cut(key, "@"); strings.Contains(rule, "recall") || strings.Contains(rule, "emergency") {
		return "2h"
	}
	return "0"
}

// checkHours holds what is true of every mail, whatever the year brings.
func checkHours(t *testing.T, letters []scheduler.Letter, cal *calendar.Calendar) {
	t.Helper()
	digests := map[string]bool{}
	for _, l := range letters {
		line := transcriptLine(l)
		day := calendar.DateOf(l.At)
		working := cal.IsWorkday(day) && !l.At.Before(day.At(8*time.Hour+30*time.Minute)) && l.At.Before(day.At(17*time.Hour+30*time.Minute))
		if !working && l.Kind != notify.Immediate && l.Kind != notify.Overview && !strings.HasPrefix(l.Message.Key, "fallback/immediate/") {
			t.Errorf("mailed outside working hours: %s", line)
		}
		if l.Kind == notify.Digest {
			if id := day.String() + l.Unit; digests[id] {
				t.Errorf("a second digest on one day: %s", line)
			} else {
				digests[id] = true
			}
		}
	}
}

func transcriptLine(l scheduler.Letter) string {
	var items []string
	for _, it := range l.Items {
		items = append(items, it.Key+"/"+it.Stage)
	}
	return strings.Join([]string{
		l.At.In(calendar.Zone()).Format("2006-01-02 15:04"), l.Unit, string(l.Kind), l.Subject, strings.Join(items, " "),
	}, "\t")
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s differs; read the difference, then run with -update (-want +got):\n%s", name, d)
	}
}
