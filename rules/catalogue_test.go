package rules_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/calendar"
)

func TestExpand(t *testing.T) {
	c := loadGood(t)
	for _, tc := range []struct {
		name  string
		names []string
		on    string // empty: on any day
		want  []string
	}{
		{"a unit", []string{"县教育局"}, "2018-06-01", []string{"县教育局"}},
		{"an alias", []string{"市生态环境局宁阳分局"}, "2018-06-01", []string{"县环保局"}},
		{"a dated member", []string{"各乡镇（街道）"}, "2018-12-31", []string{"文庙街道", "泗店镇", "磁窑镇", "堽城镇"}},
		{"a member that has left", []string{"各乡镇（街道）"}, "2019-01-01", []string{"文庙街道", "磁窑镇", "堽城镇"}},
		{"any day", []string{"各乡镇（街道）"}, "", []string{"文庙街道", "泗店镇", "磁窑镇", "堽城镇"}},
		{"a group of groups", []string{"全县"}, "2019-01-01", []string{"县环保局", "县教育局", "文庙街道", "磁窑镇", "堽城镇"}},
		{"no doubles", []string{"县教育局", "全县", "县政府各部门"}, "2019-01-01", []string{"县教育局", "县环保局", "文庙街道", "磁窑镇", "堽城镇"}},
		{"an unknown name", []string{"县水利局"}, "2019-01-01", []string{"县水利局"}},
		{"nothing", nil, "2019-01-01", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var on calendar.Date
			if tc.on != "" {
				on = date(t, tc.on)
			}
			if diff := cmp.Diff(tc.want, c.Expand(tc.names, on)); diff != "" {
				t.Errorf("Expand(%v, %s) (-want +got):\n%s", tc.names, tc.on, diff)
			}
		})
	}
}

// Load refuses a group inside itself; a catalogue made otherwise must not hang on one.
func TestExpandEndsOnACircle(t *testing.T) {
	c := &rules.Catalogue{Units: map[string]*rules.Unit{
		"甲": {Name: "甲", Group: true, Members: []rules.Member{{Unit: "乙"}}},
		"乙": {Name: "乙", Group: true, Members: []rules.Member{{Unit: "丙"}, {Unit: "甲"}}},
	}}
	if diff := cmp.Diff([]string{"丙"}, c.Expand([]string{"甲"}, calendar.Date{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCanonical(t *testing.T) {
	c := loadGood(t)
	for name, want := range map[string]string{"县教育局": "县教育局", "县环境保护局": "县环保局", "全县": "全县", "县水利局": ""} {
		if got, ok := c.Canonical(name); got != want || ok != (want != "") {
			t.Errorf("Canonical(%s) = %q, %v; want %q", name, got, ok, want)
		}
	}
}

// The JSON of a rule is what an administrator would write, in the order of the YAML's keys.
func TestRuleAsJSON(t *testing.T) {
	c := loadGood(t)
	want := map[string]string{
		"quarter-first-month": `{"every":"quarter","due":{"month":1,"day":15}}`,
		"after-another":       `{"after":{"done":"enrolment-result.publish"},"within":"30d","roll":"none"}`,
		"later-of-two":        `{"later_of":[{"by":"06-30"},{"every":"year","due":{"workday":120}}]}`,
		"twice-a-year":        `{"every":"year","at_least":2,"stages":["half","20wd",0]}`,
		"rolling":             `{"interval":"90d","since":"2018-01-05"}`,
	}
	for id, want := range want {
		o, ok := c.Obligation(id)
		if !ok {
			t.Fatalf("no obligation %s", id)
		}
		got, err := json.Marshal(o.Rules[0])
		if err != nil || string(got) != want {
			t.Errorf("%s is %s (%v), want %s", id, got, err, want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	c := loadGood(t)
	o, _ := c.Obligation("air-quality")
	r := o.Rules[0]
	same := r.Fingerprint([]string{"县环保局"}, nil)
	if same != r.Fingerprint([]string{"县环保局"}, nil) || len(same) != 10 {
		t.Errorf("fingerprint %q is not stable", same)
	}
	changed := r
	changed.Due.Day = 10
	for name, other := range map[string]string{
		"the day":         changed.Fingerprint([]string{"县环保局"}, nil),
		"the lead unit":   r.Fingerprint([]string{"县教育局"}, nil),
		"who leads":       r.Fingerprint(nil, []string{"县环保局"}),
		"another unit":    r.Fingerprint([]string{"县环保局"}, []string{"文庙街道"}),
		"units' boundary": r.Fingerprint([]string{"县环保局", "文庙街道"}, nil),
	} {
		if other == same {
			t.Errorf("changing %s leaves the fingerprint", name)
		}
	}
}
