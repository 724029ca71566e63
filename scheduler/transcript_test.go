package scheduler_test

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
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
	{
		"2018-02-14 11:00",
		rules.Event{Trigger: "policy-published", Unit: "县环保局", Ref: "宁政发〔2018〕3号", Title: "宁阳县打赢蓝天保卫战实施方案"},
		"2018-02-14 10:00",
	},
	{
		"2018-03-05 15:00",
		rules.Event{Trigger: "major-decision-planned", Unit: "县住建局", Ref: "2018年第1号"},
		"2018-04-12 09:00",
	},
	{
		"2018-05-10 09:30",
		rules.Event{Trigger: "subsistence-allowance-approved", Unit: "泗店镇", Ref: "2018年5月"},
		"2018-05-09 16:00",
	},
	{
		"2018-06-16 21:45",
		rules.Event{Trigger: "recall-ordered", Ref: "食药召〔2018〕1号", Title: "某批次乳粉"},
		"2018-06-16 21:30",
	},
	{
		"2018-08-19 03:20",
		rules.Event{Trigger: "major-emergency-opinion-found", Unit: "县安监局", Ref: "8·19"},
		"2018-08-19 03:00",
	},
	{"2018-08-27 10:00", rules.Event{Trigger: "enrolment-closed", Ref: "2018"}, "2018-08-24 17:00"},
	{
		"2018-11-02 14:00",
		rules.Event{Trigger: "policy-published", Ref: "宁政办发〔2018〕30号", Title: "全县机构改革方案", AllUnits: true},
		"2018-11-01 09:00",
	},
}

// TestTranscript lives through 2018 with the table as it is shipped, from a first start on New Year's Day: a clerk in
// each unit answers most mails on the day their items are due, and leaves some for later or for ever; 2019's notice
// arrives in December. Every mail of the year is a line of the golden file, to be read by people; what must hold of
// each of them is checked besides.
func TestTranscript(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole year takes its time")
	}
	c := contacts{without: []string{"县粮食局", "县旅游局"}}
	st := storetest.Open(t, "sqlite")
	r := weeklyRig(t, st, shipped(t, 2018, c))
	cal := years(t, 2019)
	next := 0
	var later []func(now time.Time) bool // words of clerks that are still to come
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
			later = slices.DeleteFunc(later, func(said func(time.Time) bool) bool { return said(now) })
			letters := r.passAt(now)
			for sent := 0; sent < len(letters); sent += 100 { // as many as refuse claims
				refuse(t, st, "", now)
			}
			at := now.Add(7 * time.Hour).Truncate(time.Minute)
			later = append(later, func(now time.Time) bool {
				if now.Before(at) {
					return false
				}
				answer(r, letters, c.without, at)
				return true
			})
		}
	}
	checkHours(t, r.letters, cal)
	golden(t, "transcript-2018.golden", strings.Join(transcript(r.letters), "\n")+"\n")
}

// transcript writes the letters of a moment in the order of their kinds, what they say and their units. Letters to
// several units that say the same thing share a line.
func transcript(letters []scheduler.Letter) []string {
	units := map[string][]string{}
	var heads []string
	for _, l := range letters {
		head := transcriptHead(l)
		if units[head] == nil {
			heads = append(heads, head)
		}
		units[head] = append(units[head], l.Unit)
	}
	var out []string
	for _, head := range heads {
		out = append(out, head+"\n\t\t→ "+strings.Join(units[head], "、"))
	}
	return out
}

// looks returns the times of a day at which the daemon passes: a few that matter, and each quarter of an hour around
// the events of hour rules.
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
	for _, hour := range []time.Duration{0, 9, 20} {
		all = append(all, day.At(hour*time.Hour))
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// answer has the clerks of the units answer what their mails ask for: each its own, or, where one answers for all, the
// lead unit. What the office gets for units without an address, it passes on.
func answer(r *rig, letters []scheduler.Letter, without []string, at time.Time) {
	for _, l := range letters {
		units := []string{l.Unit}
		if l.Kind == notify.Fallback {
			units = without
		}
		for _, it := range l.Items {
			for _, u := range units {
				if l.Kind != notify.Overview && slices.Contains(diligence(it.Key, u), it.Stage) {
					answerOne(r, it.Key, u, at)
				}
			}
		}
	}
}

// answerOne completes a deadline, a quota as often as it needs: by a link, or, where nothing is to be put on the web, by
// a note. A unit that is not asked says nothing.
func answerOne(r *rig, key, unit string, at time.Time) {
	for closed := false; !closed; {
		r.pages++
		link, note := fmt.Sprint("https://www.example.invalid/", r.pages), ""
		c, err := r.s.Complete(r.t.Context(), at, unit, key, unit, link, note)
		if wrong, ok := errors.AsType[*scheduler.WrongReport](err); ok && wrong.Linked {
			link, note = "", fmt.Sprint("第", r.pages, "次办理完毕")
			c, err = r.s.Complete(r.t.Context(), at, unit, key, unit, link, note)
		}
		switch {
		case errors.Is(err, scheduler.ErrNotAnswering),
			errors.Is(err, scheduler.ErrClosed),
			errors.Is(err, scheduler.ErrNotFound),
			errors.Is(err, scheduler.ErrOnShow):
			return
		case err != nil:
			r.t.Fatalf("answer %s: %v", key, err)
		}
		closed = c.Closed
	}
}

// diligence returns the stages at which a unit's clerk acts on a key: mostly the due day, some early, some late, very
// few never.
func diligence(key, unit string) []string {
	sum := sha256.Sum256([]byte(key + unit))
	switch n := sum[0]; {
	case n < 1:
		return nil
	case n < 4:
		return []string{"late10"}
	case n < 6:
		return []string{"late4"}
	case n < 16:
		return []string{"late1"}
	case n < 48:
		return []string{"1wd", "12h", "0", "2h"}
	default:
		return []string{"0", "2h"}
	}
}

// checkHours holds what is true of every mail, whatever the year brings.
func checkHours(t *testing.T, letters []scheduler.Letter, cal *calendar.Calendar) {
	t.Helper()
	digests := map[string]bool{}
	for _, l := range letters {
		line := l.Unit + " " + transcriptHead(l)
		day := calendar.DateOf(l.At)
		working := cal.IsWorkday(day) && !l.At.Before(day.At(8*time.Hour+30*time.Minute)) &&
			l.At.Before(day.At(17*time.Hour+30*time.Minute))
		if !working && l.Kind != notify.Immediate && l.Kind != notify.Overview &&
			!strings.HasPrefix(l.Message.Key, "fallback/immediate/") {
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

// transcriptHead says when a letter goes out and what it says: its kind, subject, and items with their stages.
func transcriptHead(l scheduler.Letter) string {
	at := l.At.In(calendar.Zone()).Format("2006-01-02 15:04")
	return strings.TrimRight(
		fmt.Sprintf("%s  %s  %s\n\t\t%s", at, l.Kind, l.Subject, strings.Join(itemNames(l), " ")),
		"\n\t",
	)
}

func itemNames(l scheduler.Letter) []string {
	var names []string
	for _, it := range l.Items {
		names = append(names, strings.TrimSuffix(it.Key+"/"+it.Stage, "/"))
	}
	return names
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
