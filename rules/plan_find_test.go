package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/rules"
	"qixian/rules/calendar"
)

var exactly = cmp.Options{cmp.AllowUnexported(calendar.Date{}), cmpopts.EquateEmpty()}

// What planning lists, Find finds by its key, and it is the same.
func TestFindWhatIsPlanned(t *testing.T) {
	p := newForms(t, rules.Options{})
	for _, want := range between(t, p, "", "2018-01-01", "2019-12-31") {
		got, err := p.Find(want.Key, nil)
		if err != nil {
			t.Errorf("find %s: %v", want.Key, err)
			continue
		}
		if diff := cmp.Diff(want, got, exactly); diff != "" {
			t.Errorf("%s (-planned +found):\n%s", want.Key, diff)
		}
	}
	events := []rules.Event{
		{Trigger: "recall-ordered", At: moment(t, "2018-02-14T20:00")},
		{Trigger: "policy-published", At: moment(t, "2018-02-14T20:00"), Unit: "文庙街道", Ref: "宁政发〔2018〕2号"},
		{Trigger: "done:rolling", At: moment(t, "2018-04-02T15:00")},
	}
	for _, e := range events {
		os, err := p.OnEvent(e)
		if err != nil || len(os) == 0 {
			t.Fatalf("event %s opens %d: %v", e.Trigger, len(os), err)
		}
		for _, want := range os {
			got, err := p.Find(want.Key, events)
			if err != nil {
				t.Errorf("find %s: %v", want.Key, err)
			} else if diff := cmp.Diff(want, got, exactly); diff != "" {
				t.Errorf("%s (-planned +found):\n%s", want.Key, diff)
			}
		}
	}
}

func TestFindSaysWhatIsWrong(t *testing.T) {
	p := newForms(t, rules.Options{})
	e := rules.Event{Trigger: "policy-published", At: moment(t, "2018-02-14T20:00"), Unit: "县环保局"}
	tests := []struct{ key, want string }{
		{"monthly", `"monthly" is no key: want RULE@PERIOD, such as first-workday@2018-09, or RULE@EVENT`},
		{"", `"" is no key`},
		{"@2018-09", `"@2018-09" is no key`},
		{"monthly@", `"monthly@" is no key`},
		{"montly@2018-09", `unknown rule "montly"; did you mean "monthly"?`},
		{"case@2018-09", `unknown rule "case"; the obligation's rules are case.publish, case.show`},
		{"off@2018-09", "obligation off is disabled: 职能已划转"},
		{"monthly@2018-9", `"2018-9" is no period: want 2018-09,`},
		{"monthly@2018-13", `"2018-13" is no period`},
		{"monthly@+018-09", `"+018-09" is no period`},
		{"weekly@2018-W53", `"2018-W53" is no period`},
		{"quarterly@2018-Q5", `"2018-Q5" is no period`},
		{"half-yearly@2018-H3", `"2018-H3" is no period`},
		{"monthly@2018-Q3", "2018-Q3 is a quarter; the rule's periods are each a month, such as 2018-07"},
		{"quarterly@2018-09", "2018-09 is a month; the rule's periods are each a quarter, such as 2018-Q3"},
		{"enrolment@2018-07", "2018-07 is a month; the rule's periods are each a year, such as 2018"},
		{"once@2019", "the rule does not apply to the year 2019"},
		{"valid@2018-01", "it would fall due on 2018-01-31, when the rule is not valid"},
		{"monthly@2016-01", "start is before the first day that a loaded notice covers"},
		{"monthly@e0123456789", "no event e0123456789 is on record"},
		{"interpretation@2018-09", `"2018-09" is no event: the rule interpretation is started by policy-published`},
		{"interpretation@e0123456789", "no event e0123456789 is on record"},
		{"rolling@2018-01-06", `"2018-01-06" is no event: the rule rolling is started by done:rolling`},
		{"recall@" + e.ID(), "is one of policy-published; the rule is started by recall-ordered"},
		{"interpretation@" + e.ID(), "of unit 县环保局 starts nothing here"},
	}
	for _, tt := range tests {
		_, err := p.Find(tt.key, []rules.Event{e})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("find %q: %v, want an error with %q", tt.key, err, tt.want)
		}
	}
}

// FuzzFind holds that a key that is found is the occurrence's key to the letter, and that nothing else does harm.
func FuzzFind(f *testing.F) {
	p := newForms(f, rules.Options{})
	for _, s := range []string{
		"monthly@2018-09", "weekly@2018-W01", "weekly@2020-W53", "quarterly@2018-Q4", "half-yearly@2018-H1", "yearly@2018",
		"monthly@0000-01", "monthly@9999-12", "weekly@0001-W01", "rolling@2018-01-05", "interpretation@e0123456789", "@", "monthly@2018-+9",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		o, err := p.Find(key, nil)
		if err == nil && o.Key != key {
			t.Errorf("find %q found %q", key, o.Key)
		}
	})
}
