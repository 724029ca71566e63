package scheduler_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
	"qixian/seeds"
)

// starts are a record's keys without its events: what was opened, then what was open already.
func starts(r scheduler.Recorded) (opened, already []string) {
	name := func(dl scheduler.Deadline) string { return dl.Rule }
	for _, dl := range r.Deadlines {
		opened = append(opened, name(dl))
	}
	for _, dl := range r.Already {
		already = append(already, name(dl))
	}
	slices.Sort(opened)
	slices.Sort(already)
	return opened, already
}

func wantStarts(t *testing.T, what string, r scheduler.Recorded, opened, already string) {
	t.Helper()
	gotOpened, gotAlready := starts(r)
	if strings.Join(gotOpened, " ") != opened || strings.Join(gotAlready, " ") != already {
		t.Errorf("%s opens %v and knows %v; want %q and %q", what, gotOpened, gotAlready, opened, already)
	}
}

// TestOneDocument records what a bureau does with a document: once, under a group; each mail says what its own clock
// counts from.
func TestOneDocument(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, shipped(t, 2019, contacts{}))
		r.pass("2018-09-03 09:00")
		rec := r.event("2018-09-04 09:00", rules.Event{
			Trigger: "document-issued",
			Subject: "pollution-control-updated normative-document-issued",
			Unit:    "县环保局",
			Ref:     "宁环发〔2018〕3号",
			Title:   "大气污染防治办法",
			At:      moment(t, "2018-09-04 08:00"),
		})
		wantStarts(t, "the document", rec, "gazette-publication pollution-control", "")
		if want := "normative-document-issued pollution-control-updated"; rec.Subject != want {
			t.Errorf("recorded with the subjects %q, want %q", rec.Subject, want)
		}
		es, err := r.s.EventsOnRecord(t.Context(), 0)
		if err != nil || len(es) != 1 || es[0].Subject != rec.Subject {
			t.Errorf("on record are %v, %v", es, err)
		}
		said := ""
		for _, l := range r.passAt(moment(t, "2018-09-05 09:00")) {
			if l.Unit == "县环保局" || l.Unit == office { // who answers for the gazette
				said += l.Message.Text
			}
		}
		for _, title := range []string{"规章或规范性文件印发", "污染防治政策出台或有新的进展、效果"} {
			if !strings.Contains(said, title) {
				t.Errorf("no mail says %s:\n%s", title, said)
			}
		}
		if out, err := r.s.MoveEvent(
			t.Context(), moment(t, "2018-09-05 10:00"), "clerk", rec.ID, moment(t, "2018-09-03 08:00"), "日期有误",
		); err != nil || len(out.Moved) != 2 || out.Subject != rec.Subject {
			t.Errorf("moved: %+v, %v", out, err)
		}
	})
}

// published is the catalogue of an office that starts the gazette with the publication, too.
func published(t *testing.T, lastYear int) *scheduler.Plan {
	return plan(t, lastYear, contacts{}, rules.Layer{Name: "seeds", FS: seeds.Catalogue()}, layer("overrides", `
triggers: {document-published: {subjects: [normative-document-issued], asks: 文件类别}}
`, true))
}

// TestOneDocumentUnderTwoNames holds that a duty is tracked once, whichever name its document was recorded under first,
// and that it outlives the event for which it is.
func TestOneDocumentUnderTwoNames(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, published(t, 2019))
		r.pass("2018-09-03 09:00")
		document := func(trigger, ref string, subjects ...string) rules.Event {
			return rules.Event{
				Trigger: trigger, Subject: strings.Join(subjects, " "), Unit: "县环保局", Ref: ref,
				At: moment(t, "2018-09-04 08:00"),
			}
		}
		wantStarts(
			t,
			"the part",
			r.event("2018-09-04 09:00", document("policy-published", "1")),
			"policy-interpretation",
			"",
		)
		group := document("document-published", "1", "normative-document-issued")
		if seen, err := r.s.Foresee(t.Context(), moment(t, "2018-09-04 09:30"), group); err != nil {
			t.Error(err)
		} else {
			wantStarts(t, "the group, foreseen", seen, "gazette-publication", "policy-interpretation")
		}
		rec := r.event("2018-09-04 10:00", group)
		wantStarts(t, "the group", rec, "gazette-publication", "policy-interpretation")
		wantStarts(t, "another document", r.event("2018-09-04 10:00", document("document-published", "2")),
			"policy-interpretation", "")
		wantStarts(
			t,
			"its part",
			r.event("2018-09-04 10:30", document("policy-published", "2")),
			"",
			"policy-interpretation",
		)
		batch, err := r.s.AddEvents(t.Context(), moment(t, "2018-09-04 11:00"), "clerk", []rules.Event{
			document("document-issued", "3", "normative-document-issued"),
			document("document-published", "3", "normative-document-issued"),
		})
		if err != nil {
			t.Fatal(err)
		}
		wantStarts(t, "what is issued", batch[0], "gazette-publication", "")
		wantStarts(t, "the same, published", batch[1], "policy-interpretation", "gazette-publication")

		moved, err := r.s.MoveEvent(
			t.Context(), moment(t, "2018-09-04 11:30"), "clerk", rec.ID, moment(t, "2018-09-03 08:00"), "日期有误",
		)
		if err != nil || len(moved.Moved) != 1 || len(moved.Elsewhere) != 1 ||
			moved.Elsewhere[0].Rule != "policy-interpretation" {
			t.Errorf("moved: %+v, %v", moved, err)
		}
		part := rec.Already[0].Event
		out, err := r.s.WithdrawEvent(t.Context(), moment(t, "2018-09-04 12:00"), "clerk", part, "重复登记")
		if err != nil || len(out.Withdrawn) != 1 || len(out.Heirs) != 1 || out.Heirs[0].Event != rec.ID {
			t.Errorf("withdrawn: %+v, %v", out, err)
		}
		r.s.Swap(published(t, 2018)) // a new plan reviews what is open, and what was withdrawn
		r.pass("2018-09-05 09:00")
		again := r.event("2018-09-05 10:00", document("policy-published", "1"))
		if !again.New {
			t.Error("it was withdrawn, and is on record")
		}
		wantStarts(t, "the part, again", again, "", "policy-interpretation")
		r.s.Swap(published(t, 2019))
		r.pass("2018-09-05 11:00")
		open, err := st.Deadlines(t.Context(), scheduler.Filter{Unit: "县环保局", Happened: true})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, dl := range open {
			if dl.Rule == "policy-interpretation" {
				n++
			}
		}
		if n != 3 { // of three documents
			t.Errorf("%d interpretations are open", n)
		}
	})
}

// TestTwoDocumentsAtOnce records two documents of one minute without a ref: titles that differ tell them apart, and a
// title that is left out does not.
func TestTwoDocumentsAtOnce(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), shipped(t, 2019, contacts{}))
	r.pass("2018-09-03 09:00")
	document := func(trigger, title string) scheduler.Recorded {
		at := moment(t, "2018-09-04 08:00")
		return r.event("2018-09-04 09:00", rules.Event{Trigger: trigger, Unit: "县环保局", Title: title, At: at})
	}
	wantStarts(t, "one", document("document-published", "甲"), "policy-interpretation", "")
	wantStarts(t, "another", document("policy-published", "乙"), "policy-interpretation", "")
	_, err := r.s.AddEvents(t.Context(), moment(t, "2018-09-04 09:00"), "clerk", []rules.Event{
		{Trigger: "policy-published", Unit: "县环保局", Title: "丙", At: moment(t, "2018-09-04 08:00")},
	})
	if err == nil || !strings.Contains(err.Error(), "(policy-published) is on record") {
		t.Errorf("without a ref: %v", err)
	}
	at := moment(t, "2018-09-05 08:00")
	r.event("2018-09-05 09:00", rules.Event{Trigger: "policy-published", Unit: "县环保局", Title: "丁", At: at})
	nameless := r.event("2018-09-05 09:00", rules.Event{Trigger: "document-published", Unit: "县环保局", At: at})
	wantStarts(t, "without a title", nameless, "", "policy-interpretation")
}

// TestPreviewOneDocument holds that a preview, too, has each duty of a document once.
func TestPreviewOneDocument(t *testing.T) {
	e := rules.Event{Trigger: "policy-published", Unit: "县环保局", Ref: "1", At: moment(t, "2018-09-04 08:00")}
	both := []rules.Event{e, e}
	both[1].Trigger, both[1].Subject = "document-published", "normative-document-issued"
	letters, err := scheduler.Preview(
		options(
			published(t, 2019),
			nil,
		),
		date(t, "2018-09-04"),
		date(t, "2018-09-07"),
		both,
		scheduler.AllAnswered,
	)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, l := range letters {
		for _, it := range l.Items {
			if rule, _, _ := strings.Cut(
				it.Key,
				"@",
			); rule == "policy-interpretation" ||
				rule == "gazette-publication" {
				keys[it.Key] = true
			}
		}
	}
	if len(keys) != 2 {
		t.Errorf("a document under two names has %v", keys)
	}
}

// TestIncompleteEvents holds how events are refused that do not say whose they are, or what they are about.
func TestIncompleteEvents(t *testing.T) {
	eachDriver(t, func(t *testing.T, st scheduler.Store) {
		r := newRig(t, st, shipped(t, 2019, contacts{}))
		add := func(e rules.Event) (scheduler.Recorded, *scheduler.RefusedEvent) {
			t.Helper()
			e.At = moment(t, "2018-09-04 08:00")
			rec, err := r.s.AddEvents(t.Context(), moment(t, "2018-09-04 09:00"), "clerk", []rules.Event{e})
			no, ok := errors.AsType[*scheduler.RefusedEvent](err)
			if err != nil && !ok {
				t.Fatal(err)
			}
			if err != nil {
				return scheduler.Recorded{}, no
			}
			return rec[0], nil
		}
		for _, tt := range []struct {
			event   rules.Event
			why     scheduler.Refusal
			choices int
		}{
			{rules.Event{Trigger: "policy-published", Ref: "1"}, scheduler.NoUnit, 0},
			{rules.Event{Trigger: "document-published", Ref: "1"}, scheduler.NoUnit, 0},
			{rules.Event{Trigger: "permit-granted", Ref: "1", Unit: "县环保局"}, scheduler.NoSubject, 2},
			{
				rules.Event{Trigger: "permit-granted", Ref: "1", Unit: "县环保局", Subject: "food-drug-permit-granted"},
				scheduler.NoSubject, 2,
			},
			{rules.Event{Trigger: "policy-published", Unit: "县环保局", Subject: "x"}, scheduler.NoSubject, 0},
			{rules.Event{Trigger: "permit-granted", Ref: "1", Unit: "县旅游局"}, scheduler.Idle, 0},
			{rules.Event{Trigger: "document-published", Ref: "1", Unit: "各乡镇（街道）"}, scheduler.OfGroup, 0},
			{rules.Event{Trigger: "third-party-asked", Ref: "1", AllUnits: true}, scheduler.NoClock, 0},
		} {
			_, no := add(tt.event)
			if no == nil || no.Why != tt.why || len(no.Choices) != tt.choices {
				t.Errorf("%+v: %v", tt.event, no)
			}
			if no != nil && tt.why == scheduler.NoUnit && !strings.Contains(no.Error(), "--all-units") {
				t.Errorf("%+v: %v", tt.event, no)
			}
		}
		everybody := rules.Event{Trigger: "policy-published", Ref: "1", AllUnits: true}
		if rec, no := add(everybody); no != nil || len(rec.Deadlines) != 1 {
			t.Fatalf("for all units: %+v, %v", rec, no)
		}
		everybody.AllUnits = false
		if rec, no := add(everybody); no != nil || rec.New {
			t.Errorf("one that is on record without a unit: %+v, %v", rec, no)
		}
		if rec, no := add(rules.Event{Trigger: "permit-granted", Ref: "1", Unit: "县食药监局"}); no != nil ||
			rec.Subject != "food-drug-permit-granted" {
			t.Errorf("the only subject: %+v, %v", rec, no)
		}
		for _, subject := range []string{"project-permit-granted", "resource-permit-granted"} {
			rec, no := add(rules.Event{Trigger: "permit-granted", Ref: "1", Unit: "县环保局", Subject: subject})
			if no != nil || !rec.New || len(rec.Deadlines) != 1 {
				t.Errorf("%s: %+v, %v", subject, rec, no)
			}
		}
	})
}

// TestPublishedIsExplainedOnly holds that a document's publication starts no duty to publish it, and that what was
// recorded while it did is kept.
func TestPublishedIsExplainedOnly(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), published(t, 2019))
	r.pass("2018-09-03 09:00")
	e := rules.Event{
		Trigger: "document-published", Subject: "normative-document-issued", Unit: "县环保局", Ref: "1",
		At: moment(t, "2018-09-04 08:00"),
	}
	wantStarts(t, "as before", r.event("2018-09-04 09:00", e), "gazette-publication policy-interpretation", "")
	r.s.Swap(shipped(t, 2019, contacts{}))
	r.pass("2018-09-05 09:00")
	open, err := r.store.Deadlines(t.Context(), scheduler.Filter{Happened: true, Unit: "县环保局"})
	if err != nil {
		t.Fatal(err)
	}
	kept := []string{}
	for _, dl := range open {
		if dl.State == scheduler.Open && dl.Event != "" {
			kept = append(kept, dl.Rule)
		}
	}
	slices.Sort(kept)
	if got := strings.Join(kept, " "); got != "gazette-publication policy-interpretation" {
		t.Errorf("open after the catalogue's change: %s", got)
	}
	e.Ref, e.Subject = "2", ""
	wantStarts(t, "now", r.event("2018-09-05 10:00", e), "policy-interpretation", "")
}

// TestOldFormsEnd upgrades a catalogue under what its old forms have open: village affairs answered for by bureaus, and
// a copy that was due long before what it copies.
func TestOldFormsEnd(t *testing.T) {
	before := layer("before", `
obligations:
  village-affairs-quarterly: {per: obligation, answers: event, act: publish}
  growth-driver-platforms: {rule: {after: growth-driver-progress-formed, within: 1wd}}
`, true)
	seeded := rules.Layer{Name: "seeds", FS: seeds.Catalogue()}
	r := newRig(t, storetest.Open(t, "sqlite"), plan(t, 2018, contacts{}, seeded, before))
	r.pass("2018-09-03 09:00")
	r.event("2018-09-03 10:00", rules.Event{
		Trigger: "growth-driver-progress-formed", Unit: "县发改局", At: moment(t, "2018-09-03 08:00"),
	})
	r.s.Swap(shipped(t, 2018, contacts{}))
	r.pass("2018-09-04 09:00")
	all, err := r.store.Deadlines(
		t.Context(),
		scheduler.Filter{States: []scheduler.State{scheduler.Open, scheduler.Done, scheduler.Withdrawn}},
	)
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, dl := range all {
		if dl.Key == "village-affairs-quarterly@2018-Q3" || dl.Rule == "growth-driver-platforms" {
			states[fmt.Sprint(dl.Rule, " ", dl.State, " ", dl.Unit != "")]++
		}
	}
	want := map[string]int{
		"growth-driver-platforms withdrawn false":   1,
		"village-affairs-quarterly withdrawn false": 1,
		"village-affairs-quarterly open true":       14,
	}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("after the upgrade (-want +got):\n%s", diff)
	}
	if _, err := r.s.Complete(
		t.Context(),
		moment(t, "2018-09-05 10:00"),
		"clerk",
		"village-affairs-quarterly@2018-Q3",
		"泗店镇",
		"",
		"已在村务公开栏公布",
	); err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, l := range r.passAt(moment(t, "2018-09-06 09:00")) {
		if strings.Contains(l.Message.Text, "village-affairs-quarterly@2018-Q3") {
			told[l.Unit] = true
		}
	}
	if !told["县民政局"] || !told["县经管办"] || told["文庙街道"] {
		t.Errorf("of what 泗店镇 has done hear %v", told)
	}
}
