package scheduler_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
	"qixian/seeds"
)

// asIssued are what years said before they were amended: 国办发明电〔2018〕15号 and 国办发明电〔2019〕16号.
var asIssued = map[int]struct{ holiday, days string }{
	2019: {"劳动节", "    off: [2019-05-01]\n"},
	2020: {
		"春节",
		"    off: [2020-01-24, 2020-01-25, 2020-01-26, 2020-01-27, 2020-01-28, 2020-01-29, 2020-01-30]\n    work: [2020-01-19, 2020-02-01]\n",
	},
}

// beforeAmendment returns the shipped calendar up to a year as it was before that year's notice was amended.
func beforeAmendment(t testing.TB, year int) *calendar.Calendar {
	t.Helper()
	files := fstest.MapFS{}
	shipped := seeds.Calendar()
	for y := 2018; y <= year; y++ {
		name := fmt.Sprintf("%d.yaml", y)
		data, err := fs.ReadFile(shipped, name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if y == year {
			was := asIssued[year]
			head, rest, _ := strings.Cut(text, "amended:\n")
			_, rest, _ = strings.Cut(rest, "holidays:\n")
			before, after, ok := strings.Cut(rest, "  - name: "+was.holiday+"\n")
			next := strings.Index(after, "  - name: ")
			if !ok || next < 0 {
				t.Fatalf("%s has no %s to put back:\n%s", name, was.holiday, text)
			}
			text = head + "holidays:\n" + before + "  - name: " + was.holiday + "\n" + was.days + after[next:]
		}
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	festivals, err := fs.ReadFile(shipped, "festivals.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files["festivals.yaml"] = &fstest.MapFile{Data: festivals}
	cal, _, err := calendar.Load(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

// noticed is the small catalogue with days that the two amendments touch.
const noticed = `
obligations:
  before-labour-day: {new: true, row: 0, title: 五一前公布, clause: 5月4日前, kind: fixed, rule: {by: "05-04"}, lead: [县教育局], responsible: []}
  before-february: {new: true, row: 0, title: 月初公布, clause: 2月1日前, kind: fixed, rule: {by: "02-01"}, lead: [县教育局], responsible: []}
  in-february: {new: true, row: 0, title: 二月公布, clause: 2月10日前, kind: fixed, rule: {by: "02-10"}, lead: [县教育局], responsible: []}
`

func planOn(t testing.TB, cal *calendar.Calendar, layers ...rules.Layer) *scheduler.Plan {
	t.Helper()
	catalogue, err := rules.Load(
		append([]rules.Layer{layer("test", smallCatalogue, true), layer("noticed", noticed, true)}, layers...)...)
	if err != nil {
		t.Fatal(err)
	}
	composer, err := compose.New(compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &scheduler.Plan{
		Catalogue: catalogue, Calendar: cal, Contacts: contacts{}, Composer: composer,
		Planner: rules.NewPlanner(catalogue, cal, rules.Options{}), Fingerprint: fmt.Sprint(cal.Version(), layers),
	}
}

// live lets time pass in a bubble until a moment, with a pass at each of its office's hours.
func (r *rig) live(until string) []string {
	r.t.Helper()
	var all []string
	for end := moment(r.t, until); ; {
		now := time.Now().In(calendar.Zone())
		all = append(all, lines(r.passAt(now))...)
		next := calendar.DateOf(now).At(9 * time.Hour)
		if !next.After(now) {
			next = calendar.DateOf(now).AddDays(1).At(9 * time.Hour)
		}
		if next.After(end) {
			time.Sleep(time.Until(end))
			return all
		}
		time.Sleep(time.Until(next))
	}
}

func dueDates(r *rig, keys ...string) []string {
	var out []string
	for _, key := range keys {
		d := find(r, key, "")
		text := key + " " + d.DueDate().String()
		if d.IsLate(time.Now()) {
			text += " late"
		}
		out = append(out, text)
	}
	return out
}

func withAny(ls []string, what ...string) []string {
	return slices.DeleteFunc(slices.Clone(ls), func(l string) bool {
		return !slices.ContainsFunc(what, func(w string) bool { return strings.Contains(l, w) })
	})
}

// TestSpringFestival2020 lives through January 2020. The notice of the 26th, a Sunday, takes the month's last working
// days away; it is loaded on the evening of Tuesday, 28 January, when the days to which it moves what was open are
// past. Nobody is late by it.
func TestSpringFestival2020(t *testing.T) {
	before, after := planOn(t, beforeAmendment(t, 2020)), planOn(t, years(t, 2020))
	keys := []string{"air@2019-12", "air@2020-01", "before-february@2020", "in-february@2020"}
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t, "sqlite")
		r := newRig(t, st, before)
		time.Sleep(time.Until(moment(t, "2019-12-02 08:00")))
		r.live("2020-01-22 10:00")
		policy := r.event("2020-01-22 10:00", rules.Event{Trigger: "policy-published", At: moment(t, "2020-01-22 09:30"), Ref: "x", Unit: "县财政局"}).Deadlines[0].Key
		keys := append(keys, policy)
		r.live("2020-01-28 20:00")
		diff(t, "before the notice", dueDates(r, keys...), []string{
			"air@2019-12 2019-12-31 late",
			"air@2020-01 2020-01-31",
			"before-february@2020 2020-02-01",
			"in-february@2020 2020-02-10",
			policy + " 2020-02-01",
		})
		r.s.Swap(after)
		letters := r.live("2020-02-03 08:00")
		diff(t, "while nobody works", letters, nil)
		want := []string{
			"air@2019-12 2019-12-31 late",
			"air@2020-01 2020-02-03",
			"before-february@2020 2020-02-03",
			"in-february@2020 2020-02-10",
			policy + " 2020-02-04",
		}
		diff(t, "with the notice", dueDates(r, keys...), want)

		// a restart recomputes, and so do another year's notice and a plan that differs in reminders alone
		r = newRig(t, st, after)
		r.live("2020-02-03 08:20")
		r.s.Swap(planOn(t, years(t, 2021)))
		r.live("2020-02-03 08:30")
		r.s.Swap(planOn(t, years(t, 2020), layer("stages", "obligations: {air: {rule: {stages: [10wd, 0]}}}", true)))
		letters = r.live("2020-02-03 23:00")
		diff(t, "after a restart and a change of reminders", dueDates(r, keys...), want)
		diff(t, "corrections", only(letters, notify.Correction), []string{
			"2020-02-03 09:00 县教育局 correction before-february@2020/notice-2020-02-01",
			"2020-02-03 09:00 县环保局 correction air@2020-01/notice-2020-01-31",
			"2020-02-03 09:00 县财政局 correction air@2020-01/notice-2020-01-31 " + policy + "/notice-2020-02-01",
		})
		for _, l := range r.letters {
			text := l.Message.Text
			if l.Kind == notify.Correction &&
				!strings.Contains(
					strings.ReplaceAll(text, "\n", ""),
					"国务院办公厅关于延长2020年春节假期的通知（国办发明电〔2020〕1号，2020年1月26日发布）载入后重新推算",
				) {
				t.Errorf("the correction does not name the notice:\n%s", text)
			}
			if l.Kind == notify.Correction && strings.Contains(text, "停机") {
				t.Errorf("the correction waited for a holiday to be over, and says otherwise:\n%s", text)
			}
			if l.Kind == notify.Correction && l.Unit == "县环保局" && !strings.Contains(text, "已来不及，以2020年2月3日（星期一）为准") {
				t.Errorf("the correction does not say why it is due on that day:\n%s", text)
			}
		}
		diff(t, "late on the day itself", withAny(letters, "air@2020-01/late", "before-february@2020/late"), []string{})
		diff(
			t,
			"late from the day after",
			withAny(r.live("2020-02-05 08:00"), "air@2020-01/late", "before-february@2020/late", "correction"),
			[]string{
				"2020-02-04 09:00 县政府办公室 digest air@2019-12/late19 attendance@2019/late19 air@2020-01/late1 before-february@2020/late1",
				"2020-02-04 09:00 县教育局 digest attendance@2019/late19 before-february@2020/late1",
				"2020-02-04 09:00 县环保局 digest air@2019-12/late19 air@2020-01/late1",
			},
		)
	})
}

// TestLabourDay2019 loads the notice of 22 March 2019 in time, and so late that a day to which it moves something is
// past.
func TestLabourDay2019(t *testing.T) {
	before, after := planOn(t, beforeAmendment(t, 2019)), planOn(t, years(t, 2019))
	for _, tt := range []struct{ loaded, due string }{
		{"2019-03-25 10:00", "2019-04-30"},
		{"2019-04-29 18:00", "2019-04-30"},
		{"2019-04-30 10:00", "2019-05-05"},
		{"2019-05-02 10:00", "2019-05-05"},
		{"2019-05-04 10:00", "2019-05-03"}, // it was late already
	} {
		t.Run(tt.loaded, func(t *testing.T) {
			r := newRig(t, storetest.Open(t, "sqlite"), before)
			r.pass("2019-02-25 09:00")
			r.pass(tt.loaded)
			if got := find(r, "before-labour-day@2019", "").DueDate().String(); got != "2019-05-03" {
				t.Fatalf("before the notice it is due on %s", got)
			}
			r.s.Swap(after)
			r.pass(tt.loaded)
			if got := find(r, "before-labour-day@2019", "").DueDate().String(); got != tt.due {
				t.Errorf("due on %s, want %s", got, tt.due)
			}
		})
	}
}

// TestNoticeOverdue loads 2019's notice, by which 31 December 2018 is off and the 29th worked, when these days come and
// are gone.
func TestNoticeOverdue(t *testing.T) {
	for _, tt := range []struct{ loaded, due string }{
		{"2018-12-28 12:00", "2018-12-29"},
		{"2018-12-29 12:00", "2019-01-02"},
		{"2018-12-31 12:00", "2019-01-02"},
		{"2019-01-01 12:00", "2018-12-31"}, // it was late by what anybody knew
	} {
		t.Run(tt.loaded, func(t *testing.T) {
			r := newRig(t, storetest.Open(t, "sqlite"), planOn(t, years(t, 2018)))
			r.pass("2018-12-03 09:00")
			r.pass(tt.loaded)
			r.s.Swap(planOn(t, years(t, 2019)))
			for range 2 {
				r.pass(tt.loaded)
				if got := find(r, "air@2018-12", "").DueDate().String(); got != tt.due {
					t.Errorf("due on %s, want %s", got, tt.due)
				}
			}
		})
	}
}

// TestDaysPutRight puts days of a year right that were typed wrongly: the move names no notice, as none was loaded
// since, though the first start lies between two milliseconds.
func TestDaysPutRight(t *testing.T) {
	right := years(t, 2019).Years()
	right[1].Amended = nil
	cal, err := calendar.New(right, calendar.Festivals{})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, storetest.Open(t, "sqlite"), planOn(t, beforeAmendment(t, 2019)))
	r.passAt(moment(t, "2019-02-25 09:00").Add(123456 * time.Nanosecond))
	r.s.Swap(planOn(t, cal))
	r.pass("2019-02-26 09:00")
	i := slices.IndexFunc(r.letters, func(l scheduler.Letter) bool { return l.Kind == notify.Correction })
	if i < 0 || !strings.Contains(r.letters[i].Message.Text, "更正原因：国务院办公厅节假日安排通知载入后重新推算") {
		t.Errorf("letters %v", lines(r.letters))
	}
}

// TestCountingCorrected opens a database of a program that counted otherwise: what moves is told once, with the reason,
// and nothing is late by it.
func TestCountingCorrected(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		fifth := layer("fifth", `
obligations:
  fifth: {new: true, row: 0, title: 五日前公布, clause: 5日前, kind: periodic, rule: {every: month, due: {day: 5}}, lead: [县环保局], responsible: []}
  sixth: {new: true, row: 0, title: 九日前公布, clause: 9日前, kind: periodic, rule: {every: month, due: {day: 26}}, lead: [县环保局], responsible: []}
`, true)
		p := planOn(t, years(t, 2026), fifth)
		r := newRig(t, st, p)
		r.pass("2025-09-01 09:00")
		// as the program before had it
		for key, was := range map[string]string{"fifth@2025-10": "2025-09-30", "sixth@2025-09": "2025-09-30"} {
			d := find(r, key, "")
			d.Due = rules.Due{Date: date(t, was), Earliest: date(t, was)}
			if err := st.Reschedule(t.Context(), []scheduler.Deadline{d}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := st.SetSetting(t.Context(), "counted", ""); err != nil {
			t.Fatal(err)
		}
		r = newRig(t, st, p)
		letters := r.through("2025-09-26", "2025-09-29", "09:00", "15:00")
		// a make-up Sunday
		for key, want := range map[string]string{"fifth@2025-10": "2025-10-09", "sixth@2025-09": "2025-09-28"} {
			if got := find(r, key, "").DueDate().String(); got != want {
				t.Errorf("%s is due on %s, want %s", key, got, want)
			}
		}
		diff(t, "corrections", only(letters, notify.Correction), []string{
			"2025-09-26 09:00 县环保局 correction sixth@2025-09/counting-2025-09-30 fifth@2025-10/counting-2025-09-30",
		})
		if text := r.letters[slices.IndexFunc(r.letters, func(l scheduler.Letter) bool { return l.Kind == notify.Correction })].Message.Text; !strings.Contains(
			text,
			"推算到期日的办法已更正",
		) {
			t.Errorf("the correction does not say why:\n%s", text)
		}
	})
}
