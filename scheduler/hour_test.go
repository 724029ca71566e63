package scheduler_test

import (
	"slices"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// withHelp has a recall in which the bureau of finance only takes part.
const withHelp = `
obligations:
  recall: {responsible: [县财政局]}
`

func hours(t *testing.T) *scheduler.Plan {
	return plan(t, 2019, contacts{}, layer("test", smallCatalogue, true), layer("help", withHelp, true))
}

func newHours(t *testing.T, driver string) *rig {
	o := storetest.Options(t, driver)
	return newRig(t, storetest.Reopen(t, o), hours(t))
}

// TestHourOverWhenRecorded records an hour rule's event when its hour is over: its unit has one mail that day, which
// asks to make up for it, and is called late, as the office is told, from the next working day on, and on each.
func TestHourOverWhenRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		r := newHours(t, driver)
		r.pass("2018-09-03 09:00")
		r.pass("2018-09-10 08:59")
		rec := r.event("2018-09-10 11:52", rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-09-07 18:00")})
		key := rec.Deadlines[0].Key
		got := r.through("2018-09-10", "2018-09-10", "11:53", "11:54", "16:00")
		diff(t, "the day", got, []string{"2018-09-10 11:53 县食药监局 immediate " + key + "/2h"})
		if m := r.letters[len(r.letters)-1]; !strings.HasPrefix(m.Subject, "【请立即补发】") ||
			strings.Contains(m.Message.Text, "提醒系统刚刚启用") {
			t.Errorf("the mail: %s\n%s", m.Subject, m.Message.Text)
		}
		got = r.through("2018-09-11", "2018-09-13", "09:00", "12:00")
		var want []string
		for _, day := range []string{"11 09:00|late1", "12 09:00|late3", "13 09:00|late4"} {
			at, stage, _ := strings.Cut(day, "|")
			for _, unit := range []string{office, "县食药监局"} {
				want = append(want, "2018-09-"+at+" "+unit+" digest "+key+"/"+stage)
			}
		}
		diff(t, "from then on", inLines(got), inLines(want))
	})
}

// TestTakesPartInHours has who only takes part in an hour rule told in the next digest, and pressed by nothing.
func TestTakesPartInHours(t *testing.T) {
	r := newHours(t, "sqlite")
	r.pass("2018-09-03 09:00")
	rec := r.event("2018-09-10 16:30", rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-09-10 16:30")})
	key := rec.Deadlines[0].Key
	var mine []scheduler.Letter
	for _, at := range []string{"10 16:31", "10 23:00", "11 04:31", "11 09:00", "11 14:31", "12 09:00"} {
		for _, l := range r.passAt(moment(t, "2018-09-"+at)) {
			if l.Unit == "县财政局" && strings.HasPrefix(l.Items[0].Key, key) {
				mine = append(mine, l)
			}
		}
	}
	if len(mine) != 1 || mine[0].Kind != notify.Digest || mine[0].Subject != "【知悉】召回信息 由县食药监局公开" {
		t.Errorf("who takes part is told %v", lines(mine))
	}
}

// TestLateWhenRecorded records an event whose duty is late already, when its unit has had the day's digest: the office is
// told that it is late with its unit, not before.
func TestLateWhenRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		o := storetest.Options(t, driver)
		r := newRig(t, storetest.Reopen(t, o), small(t, 2019, contacts{}))
		r.through("2018-09-03", "2018-09-24", "09:00")
		diff(t, "the day's digests", r.pass("2018-09-25 09:00"), []string{
			"2018-09-25 09:00 县环保局 digest air@2018-09/5wd",
			"2018-09-25 09:00 县财政局 digest air@2018-09/5wd",
		})
		rec := r.event("2018-09-25 10:00", rules.Event{Trigger: "policy-published", At: moment(t, "2018-09-03 10:00")})
		key := rec.Deadlines[0].Key
		got := r.through("2018-09-25", "2018-09-25", "10:01", "10:05")
		diff(t, "that day", got, []string{"2018-09-25 10:01 县教育局 digest " + key + "/late1"})
		for _, l := range r.letters {
			if strings.Contains(l.Message.Text, "提醒系统刚刚启用") && strings.Contains(l.Message.Text, key) {
				t.Errorf("%s: recorded after the start, it is told as open before", l.Subject)
			}
		}
		got = r.pass("2018-09-26 09:00")
		diff(t, "the next morning", inLines(got), inLines([]string{
			"2018-09-26 09:00 县政府办公室 digest " + key + "/late1",
			"2018-09-26 09:00 县教育局 digest " + key + "/late13",
			"2018-09-26 09:00 县环保局 digest " + key + "/late1",
			"2018-09-26 09:00 县财政局 digest " + key + "/late1",
		}))
	})
}

// TestFirstMail holds that only the first mail about what was open at the start says that it was.
func TestFirstMail(t *testing.T) {
	r := newHours(t, "sqlite")
	r.pass("2018-09-28 09:30") // air@2018-09 is in its last stages
	first := r.letters
	r.event("2018-09-28 10:00", rules.Event{Trigger: "policy-published", At: moment(t, "2018-09-03 10:00")})
	r.pass("2018-09-28 10:01")
	said := map[string]bool{}
	for i, l := range r.letters {
		if strings.Contains(l.Message.Text, "提醒系统刚刚启用") {
			said[l.Unit] = true
			if i >= len(first) {
				t.Errorf("said of what was recorded later: %s %s", l.Unit, l.Message.Text)
			}
		}
	}
	if !said["县环保局"] || !said["县财政局"] {
		t.Errorf("the first mails say nothing of the start: %v", lines(r.letters))
	}
}

// TestHourLight holds that an hour rule near its end is yellow, whatever stages it has.
func TestHourLight(t *testing.T) {
	r := newHours(t, "sqlite")
	r.pass("2018-09-03 09:00")
	rec := r.event("2018-09-10 08:00", rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-09-10 08:00")})
	key := rec.Deadlines[0].Key
	for at, want := range map[string]scheduler.Light{
		"2018-09-10 08:30": scheduler.Green,
		"2018-09-10 20:00": scheduler.Yellow,
		"2018-09-11 00:10": scheduler.Yellow,
		"2018-09-11 08:01": scheduler.Red,
	} {
		st, err := r.s.Status(t.Context(), moment(t, at), scheduler.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range st.Rows {
			if row.Key == key && row.Light != want {
				t.Errorf("at %s it is %s, want %s", at, row.Light, want)
			}
		}
	}
}

// inLines sorts letters that are promised at the same time.
func inLines(ls []string) []string { return slices.Sorted(slices.Values(ls)) }
