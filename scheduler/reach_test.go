package scheduler_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// overridden is the small catalogue's plan with an override.
func overridden(t *testing.T, text string) *scheduler.Plan {
	t.Helper()
	return plan(t, 2019, contacts{}, layer("test", smallCatalogue, true), layer("override", text, true))
}

// monthsOpen returns the keys of a monthly rule that are on record, from one month of 2018 to another.
func monthsOpen(r *rig, rule, unit string, from, to int) []string {
	r.t.Helper()
	keys := []string{}
	for m := from; m <= to; m++ {
		key := fmt.Sprintf("%s@2018-%02d", rule, m)
		ds, err := r.store.Find(r.t.Context(), key, unit)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(ds) > 0 {
			keys = append(keys, key)
		}
	}
	return keys
}

// TestNewRuleDoesNotReachBack adds a monthly duty in September: it begins with September's, and the months before are
// nobody's failure.
func TestNewRuleDoesNotReachBack(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-01-02 09:00")
	r.pass("2018-09-04 09:00")
	r.s.Swap(
		overridden(
			t,
			"obligations: {water: {new: true, row: 0, title: 水质, clause: 按月, kind: periodic, rule: {every: month}, lead: [县教育局], responsible: []}}",
		),
	)
	if got := only(r.pass("2018-09-05 09:00"), notify.Digest); strings.Contains(strings.Join(got, "\n"), "water@") {
		t.Errorf("letters about what was due before it was a duty: %v", got)
	}
	diff(t, "open", monthsOpen(r, "water", "", 1, 9), []string{"water@2018-09"})
}

// TestNewMemberDoesNotReachBack has a unit join a group in September: it answers from September on.
func TestNewMemberDoesNotReachBack(t *testing.T) {
	towns := `
units:
  乡镇: {group: true, members: [县财政局]}
obligations:
  town: {new: true, row: 0, title: 乡镇公开, clause: 按月, kind: periodic, rule: {every: month}, lead: [乡镇], responsible: [], per: unit}
`
	r := newRig(t, storetest.Open(t, "sqlite"), overridden(t, towns))
	r.pass("2018-01-02 09:00")
	r.pass("2018-09-04 09:00")
	r.s.Swap(overridden(t, strings.Replace(towns, "[县财政局]", "[县财政局, 县教育局]", 1)))
	r.pass("2018-09-05 09:00")
	diff(t, "open for who was there", monthsOpen(r, "town", "县财政局", 8, 9), []string{"town@2018-08", "town@2018-09"})
	diff(t, "open for who joined", monthsOpen(r, "town", "县教育局", 1, 9), []string{"town@2018-09"})
}

// TestMemberComesBack takes a unit out of a group and puts it in again with another: the first has its past back, the
// other has none.
func TestMemberComesBack(t *testing.T) {
	towns := func(members string) *scheduler.Plan {
		return overridden(t, `
units:
  乡镇: {group: true, members: [`+members+`]}
obligations:
  town: {new: true, row: 0, title: 乡镇公开, clause: 按月, kind: periodic, rule: {every: month}, lead: [乡镇], responsible: [], per: unit}
`)
	}
	r := newRig(t, storetest.Open(t, "sqlite"), towns("县财政局, 县环保局"))
	r.pass("2018-08-01 09:00")
	r.pass("2018-09-04 09:00")
	r.s.Swap(towns("县财政局"))
	r.pass("2018-09-05 09:00")
	if d := find(r, "town@2018-08", "县环保局"); d.State != scheduler.Withdrawn {
		t.Fatalf("taken out, it is %s", d.State)
	}
	r.s.Swap(towns("县财政局, 县环保局, 县教育局"))
	r.pass("2018-09-06 09:00")
	if d := find(r, "town@2018-08", "县环保局"); d.State != scheduler.Open {
		t.Errorf("put in again, it is %s", d.State)
	}
	diff(t, "open for who is new", monthsOpen(r, "town", "县教育局", 8, 9), []string{"town@2018-09"})
}

// TestMemberJoinsAfterEvent has units join a group while what an event has opened for each member runs, and after it
// was due; and has a rule come that would have counted from the event as well.
func TestMemberJoinsAfterEvent(t *testing.T) {
	towns := func(members, more string) *scheduler.Plan {
		return overridden(t, `
units:
  乡镇: {group: true, members: [`+members+`]}
obligations:
  town: {new: true, row: 0, title: 乡镇公开, clause: 5个工作日内, kind: after-event, rule: {after: recall-ordered, within: 5wd}, lead: [乡镇], responsible: [], per: unit}
`+more)
	}
	const late = "  later: {new: true, row: 0, title: 后来, clause: 9个工作日内, kind: after-event, rule: {after: recall-ordered, within: 9wd}, lead: [乡镇], responsible: [], per: unit}"
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, towns("县财政局", ""))
		r.pass("2018-09-03 09:00")
		key := ""
		for _, d := range r.event("2018-09-03 10:00", rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-09-03 10:00")}).Deadlines {
			if d.Rule == "town" {
				key = d.Key
			}
		}
		r.complete("2018-09-04 10:00", key, "县财政局")
		r.s.Swap(towns("县财政局, 县教育局", late))
		var got []string
		for _, l := range r.through("2018-09-05", "2018-09-06", "09:00") {
			if strings.Contains(l, key) {
				got = append(got, l)
			}
		}
		diff(t, "letters", got, []string{"2018-09-05 09:00 县教育局 digest " + key + "/record"})
		if d := find(r, key, "县教育局"); d.State != scheduler.Open || d.DueDate().String() != "2018-09-10" {
			t.Errorf("who joined in time has it %s, due on %s", d.State, d.DueDate())
		}
		if d := find(r, key, "县财政局"); d.State != scheduler.Done {
			t.Errorf("who had done it has it %s", d.State)
		}
		r.s.Swap(towns("县财政局, 县教育局, 县环保局", late))
		r.pass("2018-09-11 09:00")
		if ds, err := r.store.Find(t.Context(), key, "县环保局"); len(ds) != 0 || err != nil {
			t.Errorf("who joined after it was due has %+v, %v", ds, err)
		}
		if ds := onRecord(r); slices.ContainsFunc(ds, func(d scheduler.Deadline) bool { return d.Rule == "later" }) {
			t.Error("a new rule reaches back to the event")
		}
	})
}

// TestLongStop is away for longer than is tracked ahead: what fell due meanwhile is opened all the same.
func TestLongStop(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-01-02 09:00")
	r = newRig(t, r.store, small(t, 2019, contacts{}))
	r.pass("2018-09-04 09:00")
	diff(t, "open", monthsOpen(r, "air", "", 1, 9), []string{
		"air@2018-01",
		"air@2018-02",
		"air@2018-03",
		"air@2018-04",
		"air@2018-05",
		"air@2018-06",
		"air@2018-07",
		"air@2018-08",
		"air@2018-09",
	})
}

// TestRuleBecomesCountable repairs in March a rule that could not be reckoned since January: what it made due meanwhile
// is opened then, whether the pass before was the same process's or not, and what came with the repair does not reach
// back with it.
func TestRuleBecomesCountable(t *testing.T) {
	water := "obligations: {water: {new: true, row: 0, title: 水质, clause: 定期, kind: periodic, rule: {%s}, lead: [县教育局], responsible: []}%s}"
	broken := overridden(t, fmt.Sprintf(water, "every: half, due: {after_end: 200wd}", ""))
	repaired := overridden(t, fmt.Sprintf(
		water,
		"every: month",
		", soil: {new: true, row: 0, title: 土壤, clause: 按月, kind: periodic, rule: {every: month}, lead: [县教育局], responsible: []}",
	))
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, broken)
		for _, at := range []string{"2018-01-02 09:00", "2018-02-05 09:00", "2018-03-05 09:00"} {
			if _, err := r.s.Pass(t.Context(), moment(t, at)); !errors.Is(err, calendar.ErrBeforeCoverage) {
				t.Errorf("at %s: %v", at, err)
			}
		}
		r = newRig(t, st, repaired)
		r.pass("2018-03-06 09:00")
		diff(t, "open", monthsOpen(r, "water", "", 1, 3), []string{"water@2018-01", "water@2018-02", "water@2018-03"})
		diff(t, "new with the repair", monthsOpen(r, "soil", "", 1, 3), []string{"soil@2018-03"})
		if text, err := st.Setting(t.Context(), "missing"); text != "" || err != nil {
			t.Errorf("still missing: %s, %v", text, err)
		}
	})
}

// TestUncountableRule has a rule that check lets pass and that cannot be reckoned: it is reported, once a day and plan,
// and everything else is tracked and told.
func TestUncountableRule(t *testing.T) {
	for name, rule := range map[string]string{
		"interval from before the calendar": "{interval: 300wd, since: 2017-06-05}",
		"counted from before the calendar":  "{every: half, due: {after_end: 200wd}}",
	} {
		t.Run(name, func(t *testing.T) {
			p := overridden(
				t,
				"obligations: {water: {new: true, row: 0, title: 水质, clause: 定期, kind: periodic, rule: "+rule+", lead: [县教育局], responsible: []}}",
			)
			r := newRig(t, storetest.Open(t, "sqlite"), p)
			letters, err := r.tryAt(moment(t, "2018-01-02 08:00"))
			if !errors.Is(err, calendar.ErrBeforeCoverage) || !strings.Contains(err.Error(), "water@") {
				t.Errorf("the rule is not reported: %v", err)
			}
			if len(letters) != 1 || letters[0].Kind != notify.Overview {
				t.Errorf("letters: %v", lines(letters))
			}
			r.pass("2018-01-02 08:01")
			diff(t, "open", monthsOpen(r, "air", "", 1, 2), []string{"air@2018-01", "air@2018-02"})
		})
	}
}

// TestUpgradeDoesNotReachBack stops on the last day of a month and goes on with another plan on the next working day, as
// an upgrade and a restored backup do: what the new plan adds was nobody's duty when it was due, be it a new rule, a
// known one with more periods, or a unit that has joined; what the earlier plan had is late as it was.
func TestUpgradeDoesNotReachBack(t *testing.T) {
	const was = `
units:
  乡镇: {group: true, members: [县财政局]}
obligations:
  town: {new: true, row: 0, title: 乡镇公开, clause: 按月, kind: periodic, rule: {every: month}, lead: [乡镇], responsible: [], per: unit}
  soil: {new: true, row: 0, title: 土壤, clause: 按年, kind: periodic, rule: {every: year}, lead: [县教育局], responsible: []}
`
	is := strings.NewReplacer("[县财政局]", "[县财政局, 县教育局]", "按年", "按月", "every: year", "every: month").Replace(was) +
		"  water: {new: true, row: 0, title: 水质, clause: 按月, kind: periodic, rule: {every: month}, lead: [县教育局], responsible: []}\n"
	for _, stop := range []struct {
		first, last, next    string
		month                int
		town, joined, ofSoil []string
	}{
		{
			"2018-01-02", "2018-09-30", "2018-10-08", 10,
			[]string{"town@2018-09", "town@2018-10"},
			[]string{"town@2018-10"},
			[]string{"soil@2018-10"},
		},
		{
			"2018-01-02", "2018-01-02", "2018-09-04", 9,
			[]string{"town@2018-08", "town@2018-09"},
			[]string{"town@2018-09"},
			[]string{"soil@2018-08", "soil@2018-09"},
		},
	} {
		st := storetest.Open(t, "sqlite")
		r := newRig(t, st, overridden(t, was))
		r.pass(stop.first + " 09:00")
		r.pass(stop.last + " 09:00")
		r = newRig(t, st, overridden(t, is))
		letters := r.pass(stop.next + " 09:00")
		if text := strings.Join(only(letters, notify.Digest), "\n"); strings.Contains(text, "water@") {
			t.Errorf("after %s, letters about what was due before it was a duty: %s", stop.last, text)
		}
		from := stop.month - 1
		diff(
			t,
			"new rule",
			monthsOpen(r, "water", "", from, stop.month),
			[]string{fmt.Sprintf("water@2018-%02d", stop.month)},
		)
		diff(t, "who was there", monthsOpen(r, "town", "县财政局", from, stop.month), stop.town)
		diff(t, "who joined", monthsOpen(r, "town", "县教育局", from, stop.month), stop.joined)
		diff(t, "more periods", monthsOpen(r, "soil", "", from, stop.month), stop.ofSoil)
	}
}
