package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/calendar"
)

// opened returns what an event opens, as "rule due".
func opened(t *testing.T, p *rules.Planner, e rules.Event) []string {
	t.Helper()
	os, err := p.OnEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, o := range os {
		due := o.Due.Date.String()
		if !o.Due.Instant.IsZero() {
			due = o.Due.Instant.Format(time.RFC3339)
		}
		out = append(out, o.Rule.ID+" "+due)
	}
	slices.Sort(out)
	return out
}

func TestDatesAfterEvents(t *testing.T) {
	p := newForms(t, rules.Options{})
	tests := []struct {
		name, trigger, at string
		want              []string
	}{
		{
			"a policy before Spring Festival",
			"policy-published",
			"2018-02-14T20:00",
			[]string{
				"disclosure 2018-03-20",
				"interpretation 2018-02-24",
				"sixty-workdays 2018-05-17",
				"thirty-days 2018-03-16",
				"three-days-preceding 2018-02-22",
				"three-months 2018-05-14",
			},
		},
		{
			"calendar days that end on a day off",
			"policy-published",
			"2018-08-31T10:00",
			[]string{
				"disclosure 2018-09-29",
				"interpretation 2018-09-05",
				"sixty-workdays 2018-11-29",
				"thirty-days 2018-09-30",
				"three-days-preceding 2018-09-03",
				"three-months 2018-11-30",
			},
		},
		{"hours through a holiday", "recall-ordered", "2018-02-14T20:00", []string{
			"quick 2018-02-15T01:00:00+08:00", "recall 2018-02-15T20:00:00+08:00",
		}},
		{
			"on show to the end of a day that is worked",
			"notice-posted",
			"2018-09-21T09:00",
			[]string{"on-show 2018-10-08"},
		},
		{"the first step of a chain", "case-filed", "2018-02-14T09:00", []string{"case.publish 2018-03-06"}},
		{"the second step of a chain", "done:case.publish", "2018-03-06T15:00", []string{"case.show 2018-03-15"}},
		{"nothing follows", "done:case.show", "2018-03-15T15:00", nil},
		{"a rolling rule is done", "done:rolling", "2018-04-02T15:00", []string{"rolling 2018-07-02"}},
		{"a rule that is no rolling one is done", "done:monthly", "2018-04-02T15:00", nil},
		{"the later and the earlier of two dates", "plan-approved", "2018-06-01T09:00", []string{
			"plan-before 2018-05-29", "plan-earlier 2018-06-29", "plan-later 2018-07-02",
		}},
		{"a fixed date that is past when the event comes", "plan-approved", "2018-07-16T09:00", []string{
			"plan-before 2018-06-29", "plan-earlier 2018-08-13", "plan-later 2019-06-28",
		}},
		{"before a meeting after a holiday", "meeting-held", "2018-02-26T14:00", []string{
			"before-meeting 2018-02-24", "hours-ahead 2018-02-26T12:00:00+08:00", "three-ahead 2018-02-22",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := opened(t, p, rules.Event{Trigger: tt.trigger, At: moment(t, tt.at)})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("opened (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEventOfAnotherZone(t *testing.T) {
	p := newForms(t, rules.Options{})
	// 2026-02-13 20:00 UTC is the morning of 14 February in China, a make-up workday.
	e := rules.Event{Trigger: "policy-published", At: time.Date(2026, 2, 13, 20, 0, 0, 0, time.UTC), Unit: "县政府办公室"}
	want := []string{
		"disclosure 2026-03-20", "interpretation 2026-02-26", "sixty-workdays 2026-05-20", "thirty-days 2026-03-16",
		"three-months 2026-05-14",
	}
	if diff := cmp.Diff(want, opened(t, p, e)); diff != "" {
		t.Errorf("opened (-want +got):\n%s", diff)
	}
}

func TestProvisionalEvent(t *testing.T) {
	p := newForms(t, rules.Options{})
	os, err := p.OnEvent(rules.Event{Trigger: "policy-published", At: moment(t, "2026-12-04T10:00")})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(os, func(o rules.Occurrence) bool { return o.Rule.ID == "disclosure" })
	want := rules.Due{Date: date(t, "2027-01-04"), Earliest: date(t, "2026-12-29"), Provisional: true}
	if diff := cmp.Diff(want, os[i].Due, cmp.AllowUnexported(calendar.Date{})); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	marked := []string{"record 2026-12-07T09:00", "5wd 2026-12-22T09:00", "1wd 2026-12-28T09:00", "0 2026-12-29T09:00"}
	if diff := cmp.Diff(marked, marks(os[i].Reminders)); diff != "" {
		t.Errorf("reminders key off the earliest date (-want +got):\n%s", diff)
	}
}

// An event on the last days that a notice covers leaves no room before the earliest date; somebody is still told in
// time.
func TestProvisionalShortly(t *testing.T) {
	p := newForms(t, rules.Options{})
	for day := date(t, "2026-12-25"); !day.After(date(t, "2027-02-20")); day = day.AddDays(1) {
		os, err := p.OnEvent(rules.Event{Trigger: "policy-published", At: day.At(10 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range os {
			last := o.Reminders[len(o.Reminders)-1]
			if last.Stage != rules.OnDue || last.At.After(o.Due.Date.At(24*time.Hour)) {
				t.Errorf(
					"%s of %s, due %s: the last reminder is %s at %s",
					o.Rule.ID,
					day,
					o.Due.Date,
					last.Stage,
					last.At,
				)
			}
		}
	}
}

func TestEventOfAUnit(t *testing.T) {
	p := newForms(t, rules.Options{})
	tests := []struct {
		unit                    string
		lead, responsible, told []string
	}{
		{"", []string{"县政府办公室"}, []string{"文庙街道"}, []string{"县政府办公室", "文庙街道"}},
		{"县政府办公室", []string{"县政府办公室"}, nil, []string{"县政府办公室"}},
		{"县府办", []string{"县政府办公室"}, nil, []string{"县政府办公室"}},
		{"文庙街道", []string{"县政府办公室"}, []string{"文庙街道"}, []string{"文庙街道"}},
		{"各乡镇（街道）", []string{"县政府办公室"}, []string{"文庙街道"}, []string{"文庙街道"}},
	}
	for _, tt := range tests {
		t.Run(tt.unit, func(t *testing.T) {
			os, err := p.OnEvent(
				rules.Event{Trigger: "policy-published", At: moment(t, "2018-02-14T20:00"), Unit: tt.unit},
			)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(os, func(o rules.Occurrence) bool { return o.Rule.ID == "interpretation" })
			if i < 0 {
				t.Fatal("nothing was opened")
			}
			if diff := cmp.Diff(
				[][]string{tt.lead, tt.responsible},
				[][]string{os[i].Lead, os[i].Responsible},
			); diff != "" {
				t.Errorf("lead and responsible (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(
				tt.told,
				os[i].Reminders[0].Units,
			); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
	for _, unit := range []string{"县环保局", "八仙桥街道"} { // not named, and not yet a member of the group
		if got := opened(
			t,
			p,
			rules.Event{Trigger: "policy-published", At: moment(t, "2018-02-14T20:00"), Unit: unit},
		); got != nil {
			t.Errorf("an event of %s opens %v, want nothing", unit, got)
		}
	}
}

func TestUnknownEvents(t *testing.T) {
	p := newForms(t, rules.Options{})
	at := moment(t, "2018-02-14T20:00")
	for want, e := range map[string]rules.Event{
		`unknown trigger "policy-publishd"; did you mean "policy-published"?`:                  {Trigger: "policy-publishd", At: at},
		`trigger "done:case.publsh": unknown rule "case.publsh"; did you mean "case.publish"?`: {Trigger: "done:case.publsh", At: at},
		`unknown unit "文庙街到"; did you mean "文庙街道"?`:                                            {Trigger: "policy-published", Unit: "文庙街到", At: at},
		`plan event policy-published: it has no time`:                                          {Trigger: "policy-published"},
	} {
		if _, err := p.OnEvent(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %s", err, want)
		}
	}
}

func TestEventID(t *testing.T) {
	e := rules.Event{
		Trigger: "policy-published",
		Unit:    "县环保局",
		Ref:     "宁政发〔2026〕12号",
		At:      moment(t, "2026-11-23T10:00"),
		Title:   "通知",
	}
	const want, old = "ee80b83c4e023392dc16c", "ee80b83c4e0"
	if got := e.ID(); got != want {
		t.Errorf("the identity is %s, want %s: it must never change", got, want)
	}
	if got := e.OldID(); got != old {
		t.Errorf("the identity was %s, want %s", got, old)
	}
	recorded := e
	recorded.Record = old
	if got := recorded.ID(); got != old {
		t.Errorf("on record as %s it is %s", old, got)
	}
	same := e
	same.At, same.Title, same.Announced = e.At.Add(time.Hour), "关于…的通知", e.At
	if same.ID() != e.ID() {
		t.Error("with a ref, another time or title makes another event")
	}
	for name, other := range map[string]rules.Event{
		"trigger": {Trigger: "x", Unit: e.Unit, Ref: e.Ref, At: e.At},
		"unit":    {Trigger: e.Trigger, Ref: e.Ref, At: e.At},
		"ref":     {Trigger: e.Trigger, Unit: e.Unit, Ref: "宁政发〔2026〕13号", At: e.At},
		"no ref":  {Trigger: e.Trigger, Unit: e.Unit, At: e.At},
	} {
		if other.ID() == e.ID() {
			t.Errorf("another %s makes the same event", name)
		}
	}
	bare := rules.Event{Trigger: e.Trigger, At: e.At}
	elsewhere := rules.Event{Trigger: e.Trigger, At: e.At.UTC()}
	if bare.ID() != elsewhere.ID() {
		t.Error("the same instant in another zone makes another event")
	}
	if later := (rules.Event{Trigger: e.Trigger, At: e.At.Add(time.Second)}); later.ID() == bare.ID() {
		t.Error("without a ref, another time makes the same event")
	}
}
